//! What can go wrong with a risk model: each message says what is wrong, where, and what to do.

use super::bins::MOST_FEATURES;
use crate::error::Error;
use crate::features::Feature;
use crate::progress::grouped;

#[derive(Debug, Clone, thiserror::Error)]
pub enum RiskError {
    #[error("no loan has a known outcome, so there is nothing to learn from: add loans that are closed to the book")]
    NoOutcomes,
    #[error(
        "all {} loans with a known outcome were {outcome}, so the two kinds cannot be compared: add loans of the other kind \
         to the book",
        count(.loans)
    )]
    OneOutcome { loans: usize, outcome: &'static str },
    #[error("there is no feature to learn from: the book needs at least one column that the model may see")]
    NoFeatures,
    #[error("{found} features are more than the {MOST_FEATURES} that a forest holds: name fewer in the config")]
    TooManyFeatures { found: usize },
    #[error("{} loans are more than the {} that a forest can learn from", count(.found), count(.most))]
    TooManyLoans { found: usize, most: usize },
    #[error(
        "feature {position} is {found}, but the model learned from {expected} in that place: score with the features that \
         the model was fitted on, or fit it again"
    )]
    FeatureMismatch { position: usize, expected: String, found: String },
    #[error("the stored model has format {found}, but this program reads {expected}: fit the model again")]
    ModelFormat { found: u16, expected: u16 },
    #[error("the stored model is damaged ({0}): fit the model again")]
    DamagedModel(&'static str),
    #[error("{} scores cannot be held against {} outcomes: one of each a loan is needed", count(.scores), count(.outcomes))]
    Lengths { scores: usize, outcomes: usize },
    #[error("score {position} is {value}, which is not a probability from 0 to 1")]
    NotProbability { position: usize, value: f64 },
    #[error(
        "the logistic regression found no solution ({0}): leave out the features that were added last, or report it"
    )]
    Regression(String),
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
}

impl From<RiskError> for Error {
    fn from(error: RiskError) -> Self {
        Self::Risk(Box::new(error))
    }
}

fn count(number: &usize) -> String {
    grouped(*number as u64)
}

/// # Errors
/// [`RiskError::FeatureMismatch`] where a model was fitted on other features than those found.
pub(super) fn check_features(expected: &[Feature], found: &[Feature]) -> Result<(), RiskError> {
    let called = |features: &[Feature], place: usize| {
        features.get(place).map_or("absent".into(), |feature| format!("`{}`", feature.name))
    };
    let differs = |place: &usize| expected.get(*place) != found.get(*place);
    (0..expected.len().max(found.len())).find(differs).map_or(Ok(()), |place| {
        let (expected, found) = (called(expected, place), called(found, place));
        Err(RiskError::FeatureMismatch { position: place + 1, expected, found })
    })
}
