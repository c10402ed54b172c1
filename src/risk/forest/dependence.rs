//! How the mean score goes with one feature: partial dependence (Friedman, "Greedy Function Approximation", Annals of
//! Statistics 29, 2001).

use rayon::prelude::*;

use super::Forest;
use super::codes::CodesForTrees;
use super::score;
use crate::features::FeatureMatrix;
use crate::risk::RiskError;

impl Forest {
    /// The mean score of the loans at the given rows with the feature, a column of the matrix, set to each of the values in
    /// turn and all others as they are: a mean a value, each 0 to 1; NaN where there are no rows.
    ///
    /// Other forms of the same feature stay as they are too, so days past due moves without its bucket.
    ///
    /// # Errors
    /// As [`Forest::score`].
    ///
    /// # Panics
    /// When a row or the feature lies beyond the matrix.
    pub fn partial_dependence(
        &self,
        matrix: &FeatureMatrix,
        rows: &[usize],
        feature: usize,
        values: &[f32],
    ) -> Result<Vec<f64>, RiskError> {
        self.check_features(matrix)?;
        assert!(feature < self.features.len(), "a feature of the matrix");
        let stride = self.features.len();
        let codes = score::encoded(&self.binning, matrix, rows);
        let moving = self.moving(&codes, feature);
        let steady: f64 = moving.iter().map(|moving| moving.sum_of_others).sum();
        let sum_at = |value: &f32| {
            let mut codes = codes.clone();
            let code = self.binning.code(feature, *value);
            codes.iter_mut().skip(feature).step_by(stride).for_each(|place| *place = code);
            let mut codes = CodesForTrees::new(&codes, stride);
            let mut sum = steady;
            for (tree, moving) in self.trees.iter().zip(&moving) {
                tree.walk(codes.of(tree), stride, &moving.loans, |_, value| sum += value);
            }
            sum
        };
        let scores = (rows.len() * self.trees.len()) as f64;
        Ok(values.par_iter().map(|value| sum_at(value) / scores).collect())
    }

    /// For each tree, the loans whose way through it is split by the feature.
    fn moving(&self, codes: &[u8], feature: usize) -> Vec<Moving> {
        let stride = self.features.len();
        let loans: Vec<u32> = (0..(codes.len() / stride) as u32).collect();
        let mut marks = vec![0; stride];
        marks[feature] = 1;
        let mut codes = CodesForTrees::new(codes, stride);
        let of_tree = |tree: &super::Tree| {
            let above = tree.marks_above(&marks);
            let mut moving = Moving { loans: Vec::new(), sum_of_others: 0.0 };
            tree.walk_to_leaves(codes.of(tree), stride, &loans, |loan, leaf| match above[leaf as usize] {
                0 => moving.sum_of_others += tree.value(leaf),
                _ => moving.loans.push(loan),
            });
            moving
        };
        self.trees.iter().map(of_tree).collect()
    }
}

/// The loans whose leaf may change with a feature, and the sum of the leaves of the others.
struct Moving {
    loans: Vec<u32>,
    sum_of_others: f64,
}
