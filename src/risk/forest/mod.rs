//! A random forest of averaged leaf shares on binned columns (Breiman, "Random Forests", Machine Learning 45, 2001).
//!
//! Each loan with an outcome is scored by the trees that did not draw it. Trees grow in parallel, then rows are scored through
//! the trees in their order, so no bit depends on the threads. A million loans take about 80 MB, and 10 MB a thread.

pub(in crate::risk) mod bootstrap;
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
use ndarray::Array1;

use super::RiskError;
use super::bins::{Binning, MOST_FEATURES};
use super::error::check_features;
use crate::features::{Feature, FeatureMatrix};
pub use fitted::Fitted;
pub use importance::Importance;
pub use params::{ForestParams, UsedParams};
pub use shap::Contributions;
use tree::Tree;

/// The whole book: features of every loan, and the outcome where it is known (`Some(true)`: not fully recovered).
pub type Dataset = DatasetBase<FeatureMatrix, Array1<Option<bool>>>;

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
        check_features(&self.features, matrix.features())?;
        Ok(score::all_trees(&self.trees, &self.binning, matrix, matrix.nsamples(), |loan| loan))
    }

    pub fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError> {
        check_features(&self.features, matrix.features())?;
        Ok(score::all_trees(&self.trees, &self.binning, matrix, rows.len(), |loan| rows[loan]))
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    pub fn params(&self) -> &UsedParams {
        &self.params
    }
}
