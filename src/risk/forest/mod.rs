//! A random forest for the probability that a loan is not recovered.
//!
//! Breiman, "Random Forests", Machine Learning 45 (2001), with averaged leaf shares in place of votes (as scikit-learn
//! does), on columns binned to bytes (as LightGBM does). A book goes in whole; only loans with a known outcome are learned
//! from, and each of those has an out-of-bag score from the trees that did not draw it. Where a feature has a direction, the
//! risk never goes against it; where one kind of outcome is rare, it is drawn more often, which the leaves undo.
//!
//! | file | holds |
//! |---|---|
//! | [`params`] | parameters: unchecked, checked, and as used |
//! | `fit` | from a book to trees |
//! | `bootstrap` | a tree's random numbers and the rows that it draws |
//! | `prior` | how often either kind of outcome is drawn, and how leaves undo it |
//! | `order` | categories as ranks, by the shares of each tree's own rows |
//! | `tally` | rows and positives among them, in one word |
//! | `split` | the best split at one place |
//! | `monotone` | the values nearest to the leaves' shares that keep every direction |
//! | `grow` | one tree on its bootstrap |
//! | `rule` | how a tree divides loans at one place |
//! | `tree` | a grown tree, and loans that walk through it |
//! | `codes` | codes as each tree reads them |
//! | `score` | probabilities from all trees, or from those that did not draw the loan |
//! | [`fitted`] | the forest, its out-of-bag scores, and which loans each tree drew |
//! | [`importance`] | how much worse the scores get when a feature is shuffled |
//! | `dependence` | the mean score when a feature is set to each of some values |
//! | `stored` | the forest as bytes |
//!
//! Trees grow in parallel, then rows are scored in parallel, each through the trees in their order, so the bits of a score
//! do not depend on the threads. Beside the matrix, fitting `n` rows on 16 features keeps 16 bytes a row for codes, 16 for
//! each copy of the scores and, with 200 trees, 25 for the bags: about 80 MB for a million; and 10 MB a thread.

pub(in crate::risk) mod bootstrap;
mod codes;
mod dependence;
mod fit;
pub mod fitted;
mod grow;
pub mod importance;
mod monotone;
pub(in crate::risk) mod order;
pub mod params;
mod prior;
pub(in crate::risk) mod rule;
pub(in crate::risk) mod score;
pub(in crate::risk) mod shap;
mod split;
mod stored;
pub(in crate::risk) mod tally;
#[cfg(test)]
mod tests;
pub(in crate::risk) mod tree;

use linfa::dataset::{DatasetBase, Records};
use linfa::traits::PredictInplace;
use ndarray::Array1;

use super::RiskError;
use super::bins::{Binning, MOST_FEATURES};
use crate::features::{Feature, FeatureMatrix};
pub use fitted::Fitted;
pub use importance::Importance;
pub use params::{ForestParams, UsedParams};
pub use shap::Contributions;
use tree::Tree;

/// The whole book: features of every loan, and the outcome where it is known (`Some(true)`: not fully recovered).
pub type Dataset = DatasetBase<FeatureMatrix, Array1<Option<bool>>>;

/// A fitted forest: [`Forest::score`] gives probabilities, [`Forest::to_bytes`] what is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    features: Vec<Feature>,
    binning: Binning,
    params: UsedParams,
    trees: Vec<Tree>,
}

impl Forest {
    /// The probability of each loan of the matrix, 0 to 1, with or without outcome, by all trees.
    ///
    /// For a loan that the forest learned from, take its out-of-bag score instead: all trees includes those that saw it.
    ///
    /// # Errors
    /// [`RiskError::FeatureMismatch`] when the features are not those that the forest was fitted on, in their order.
    pub fn score(&self, matrix: &FeatureMatrix) -> Result<Vec<f64>, RiskError> {
        self.check_features(matrix)?;
        Ok(score::all_trees(&self.trees, &self.binning, matrix, matrix.nsamples(), |loan| loan))
    }

    /// As [`Forest::score`], for the loans at the given rows only, a score each: those without outcome, say, where the
    /// others have their out-of-bag score.
    ///
    /// # Errors
    /// As [`Forest::score`].
    ///
    /// # Panics
    /// When a row lies beyond the matrix.
    pub fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError> {
        self.check_features(matrix)?;
        Ok(score::all_trees(&self.trees, &self.binning, matrix, rows.len(), |loan| rows[loan]))
    }

    fn check_features(&self, matrix: &FeatureMatrix) -> Result<(), RiskError> {
        RiskError::of_other_features(&self.features, matrix.features()).map_or(Ok(()), Err)
    }

    /// The features that the forest was fitted on, in the order of their columns.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The parameters that it was grown with.
    pub fn params(&self) -> &UsedParams {
        &self.params
    }

    /// Leaves over all trees.
    pub fn leaves(&self) -> usize {
        self.trees.iter().map(Tree::leaves).sum()
    }

    /// How much each feature lowered the Gini impurity over all trees, as a share: 0 to 1, summing to 1, or all 0 where no
    /// tree split (mean decrease in impurity: Breiman 2001; it favours features with many values).
    pub fn importances(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.features.len()];
        for (feature, gain) in self.trees.iter().flat_map(Tree::gains) {
            gains[feature] += gain;
        }
        let sum: f64 = gains.iter().sum();
        if sum > 0.0 {
            gains.iter_mut().for_each(|gain| *gain /= sum);
        }
        gains
    }
}

impl PredictInplace<FeatureMatrix, Array1<f64>> for Forest {
    /// # Panics
    /// When the features are not those that the forest was fitted on; [`Forest::score`] gives an error instead.
    fn predict_inplace<'a>(&'a self, matrix: &'a FeatureMatrix, scores: &mut Array1<f64>) {
        match self.score(matrix) {
            Ok(found) => *scores = Array1::from(found),
            Err(error) => panic!("{error}"),
        }
    }

    fn default_target(&self, matrix: &FeatureMatrix) -> Array1<f64> {
        Array1::zeros(matrix.nsamples())
    }
}
