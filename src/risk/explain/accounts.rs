//! What each model says that each feature adds to a raw score.
//!
//! The account of forest and boosting is exact TreeSHAP over the trees that give the loan its score; the logistic
//! regression's, its coefficients times the distance from an average loan; the policy's, its points, which begin at 0. What is
//! said of log odds is brought to probability by the slope of the chord between base and score.

use super::reasons::Account;
use crate::config::FULL_POINTS;
use crate::error::Result;
use crate::features::{Book, Feature};
use crate::risk::candidates::Model;
use crate::risk::evaluate::line::probability;
use crate::risk::policy::PolicyScores;

/// Log odds closer than this are the same: the chord is the tangent.
const SAME_LOG_ODDS: f64 = 1e-9;

/// The accounts of some loans.
#[derive(Debug)]
pub struct Accounts {
    features: Vec<Feature>,
    bases: Vec<f64>,
    /// Loans × features.
    contributions: Vec<f64>,
    /// Whether contributions are points in hundredths.
    is_points: bool,
}

impl Accounts {
    /// The accounts of the loans at these rows of the book.
    ///
    /// # Errors
    /// [`crate::risk::RiskError::FeatureMismatch`] when the model is of another book.
    pub fn of(model: &Model, book: &Book, rows: &[usize]) -> Result<Self> {
        match model {
            Model::Forest(fitted) => {
                let found = fitted.contributions(&book.dataset, rows)?;
                let features = fitted.forest.features().to_vec();
                Ok(Self { features, bases: found.base, contributions: found.values, is_points: false })
            }
            Model::Boosting(fitted) => {
                let found = fitted.contributions(book.dataset.records(), rows)?;
                let features = fitted.model.features().to_vec();
                Ok(Self { features, bases: found.base, contributions: found.values, is_points: false }
                    .into_probabilities())
            }
            Model::Logistic(fitted) => {
                let found = fitted.contributions(book.dataset.records(), rows)?;
                let features = fitted.model.features().to_vec();
                Ok(Self { features, bases: found.base, contributions: found.values, is_points: false }
                    .into_probabilities())
            }
            Model::Policy(policy) => Ok(Self::of_policy(policy, rows)),
        }
    }

    /// The same where bases and contributions are of log odds: each loan's brought to probability by one slope.
    fn into_probabilities(mut self) -> Self {
        let loans = self.bases.iter_mut().zip(self.contributions.chunks_mut(self.features.len()));
        for (base, parts) in loans {
            let slope = chord(*base, parts.iter().sum());
            parts.iter_mut().for_each(|part| *part *= slope);
            *base = probability(*base);
        }
        self
    }

    fn of_policy(policy: &PolicyScores, rows: &[usize]) -> Self {
        let features = policy.points.iter().map(|(measure, _)| Feature::number(measure.name())).collect();
        let of_loan = |row: &usize| {
            let row = *row;
            policy.points.iter().map(move |(_, points)| f64::from(points[row]) / FULL_POINTS)
        };
        let contributions = rows.iter().flat_map(of_loan).collect();
        Self { features, bases: vec![0.0; rows.len()], contributions, is_points: true }
    }

    /// The features that contributions speak of, in their order.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The account of the loan that was asked about in this place.
    pub fn account(&self, place: usize) -> Account<'_> {
        let features = self.features.len();
        let contributions = &self.contributions[place * features..(place + 1) * features];
        Account { base: self.bases[place], contributions, is_points: self.is_points }
    }
}

/// The slope from the probability at `base` to that at `base + step`.
fn chord(base: f64, step: f64) -> f64 {
    if step.abs() < SAME_LOG_ODDS {
        let probability = probability(base);
        return probability * (1.0 - probability);
    }
    (probability(base + step) - probability(base)) / step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Measure;

    #[test]
    fn log_odds_come_to_the_difference_of_the_probabilities() {
        for (base, step) in [(-1.0, 2.0), (0.3, -4.0), (2.0, 0.0), (-3.0, 1e-12)] {
            let wanted = probability(base + step) - probability(base);
            assert!((chord(base, step) * step - wanted).abs() < 1e-12);
        }
        assert!((chord(0.0, 0.0) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_account_of_the_scorecard_is_its_points() {
        let points = vec![(Measure::DaysPastDue, vec![0.0, 40.0]), (Measure::Burden, vec![10.0, 0.0])];
        let policy = PolicyScores { scores: vec![0.1, 0.4], points };
        let accounts = Accounts::of_policy(&policy, &[1]);
        let account = accounts.account(0);
        assert!(account.is_points && account.base == 0.0);
        assert_eq!(account.contributions, [0.4, 0.0]);
        assert!((account.base + account.contributions.iter().sum::<f64>() - policy.scores[1]).abs() < 1e-12);
    }
}
