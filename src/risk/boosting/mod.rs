//! Gradient boosting for the probability that a loan is not recovered: small trees, each of which mends what those before it
//! got wrong.
//!
//! Friedman, "Greedy Function Approximation: A Gradient Boosting Machine", Annals of Statistics 29 (2001), in a large book on a
//! quarter of the loans for each tree ("Stochastic Gradient Boosting", 2002), with the penalised Newton steps of Chen and Guestrin
//! ("XGBoost", KDD 2016), on the same binned columns and with the same trees as the forest. Sums are of log odds. Where a
//! feature has a direction, the risk never goes against it.
//!
//! How many trees are kept is chosen out of sample, as the strength of the logistic regression's penalty is: a fold's
//! scores are of as many trees as have the least log loss over the *other* folds, so no loan's
//! own loss counts for the number behind its score. The models behind those losses did learn from the loan, which can tip a
//! close choice, and no more. Growing ends where more trees gain nothing. A large book is sampled in the same way too.
//!
//! | file | holds |
//! |---|---|
//! | [`params`] | parameters: unchecked, checked, and as used |
//! | [`fit`] | one model a fold and one of all loans, and the number of trees of each |
//! | `grow` | one tree |
//! | `split` | the best split at one place |
//! | `gradient` | gradients and curvatures in one whole number, so that their sums are exact |
//! | `stored` | the model as bytes |
//!
//! Folds go side by side, each alone in its thread, and sums are of whole numbers, so the bits of a score depend neither on
//! the threads nor on the order of the rows.

pub mod fit;
mod gradient;
mod grow;
pub mod params;
mod split;
mod stored;
#[cfg(test)]
mod tests;

use super::RiskError;
use super::bins::Binning;
use super::evaluate::line::probability;
use super::forest::tree::Tree;
use super::forest::{Contributions, score, shap};
use crate::features::{Feature, FeatureMatrix};
pub use fit::FittedBoosting;
use linfa::dataset::Records;
pub use params::{BoostingParams, UsedParams};

/// A boosted model: [`Boosting::score_rows`] gives probabilities, [`Boosting::to_bytes`] what is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Boosting {
    features: Vec<Feature>,
    binning: Binning,
    params: UsedParams,
    /// The log odds of a loan before any tree speaks.
    base: f64,
    trees: Vec<Tree>,
}

impl Boosting {
    /// The probability of each loan at the given rows of the matrix, 0 to 1.
    ///
    /// For a loan with an outcome, take its out-of-sample score instead.
    ///
    /// # Errors
    /// [`RiskError::FeatureMismatch`] when the features are not those that the model was fitted on, in their order.
    ///
    /// # Panics
    /// When a row lies beyond the matrix.
    pub fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError> {
        RiskError::of_other_features(&self.features, matrix.features()).map_or(Ok(()), Err)?;
        let sums = score::sums(&self.trees, &self.binning, matrix, rows.len(), |loan| rows[loan]);
        Ok(sums.into_iter().map(|sum| probability(self.base + sum)).collect())
    }

    /// What each feature adds to the log odds of the loans at the given rows, by exact path-dependent TreeSHAP; base and
    /// contributions add up to the log odds of the score.
    ///
    /// # Errors
    /// As [`Boosting::score_rows`].
    ///
    /// # Panics
    /// As [`Boosting::score_rows`].
    pub fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError> {
        RiskError::of_other_features(&self.features, matrix.features()).map_or(Ok(()), Err)?;
        let features = matrix.nfeatures();
        if self.trees.is_empty() {
            return Ok(Contributions { base: vec![self.base; rows.len()], values: vec![0.0; rows.len() * features] });
        }
        let codes = score::encoded(&self.binning, matrix, rows);
        let mut means = shap::contributions(&self.trees, &codes, features, |_, _| true);
        let trees = self.trees.len() as f64;
        means.base.iter_mut().for_each(|mean| *mean = self.base + *mean * trees);
        means.values.iter_mut().for_each(|mean| *mean *= trees);
        Ok(means)
    }

    /// The features that the model was fitted on, in the order of their columns.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The parameters that it was grown with.
    pub fn params(&self) -> &UsedParams {
        &self.params
    }
}
