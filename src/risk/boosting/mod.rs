//! Gradient boosting on the forest's bins and trees (Friedman, Annals of Statistics 29, 2001).
//!
//! With the penalised Newton steps of XGBoost (KDD 2016); a large book on a quarter of its loans for each tree (2002).

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
use super::cross_fit::LogOddsModel;
use super::error::check_features;
use super::evaluate::line::probability;
use super::forest::tree::Tree;
use super::forest::{Contributions, score, shap};
use crate::features::{Feature, FeatureMatrix};
use linfa::dataset::Records;
pub use params::{BoostingParams, UsedParams};

#[derive(Debug, Clone, PartialEq)]
pub struct Boosting {
    features: Vec<Feature>,
    binning: Binning,
    params: UsedParams,
    base: f64,
    trees: Vec<Tree>,
}

impl LogOddsModel for Boosting {
    fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError> {
        check_features(&self.features, matrix.features())?;
        let sums = score::sums(&self.trees, &self.binning, matrix, rows.len(), |loan| rows[loan]);
        Ok(sums.into_iter().map(|sum| probability(self.base + sum)).collect())
    }

    fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError> {
        check_features(&self.features, matrix.features())?;
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
}

impl Boosting {
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    pub fn params(&self) -> &UsedParams {
        &self.params
    }
}
