//! The loans that the regression learns from, gathered once: their features, the logs of these, outcomes and folds.
//!
//! Folds are learned side by side from the same few thousand loans. Gathering the values here, and taking each log only
//! once, keeps what is done in every fold down to picking.

use linfa::dataset::Records;
use ndarray::Array1;
use rayon::prelude::*;

use crate::features::{Feature, FeatureMatrix, Kind};
use crate::risk::folds::Folds;

/// Segments of a number; with fewer loans there is one: bends would follow the noise.
const SEGMENTS: usize = 3;
const SEGMENTS_FROM: usize = 1_000;

pub(super) struct Sample<'a> {
    features: &'a [Feature],
    columns: Vec<Values>,
    pub is_positive: Vec<bool>,
    pub folds: Vec<u8>,
    pub segments: usize,
}

struct Values {
    plain: Vec<f32>,
    logs: Vec<f32>,
}

impl<'a> Sample<'a> {
    pub fn gather(matrix: &'a FeatureMatrix, outcomes: &Array1<Option<bool>>, folds: &Folds, loans: &[usize]) -> Self {
        let features = matrix.features();
        let columns = (0..matrix.nfeatures()).into_par_iter().map(|feature| {
            let (column, kind) = (matrix.column(feature), &features[feature].kind);
            let plain: Vec<f32> = loans.iter().map(|loan| cleaned(column[*loan], kind)).collect();
            let logs = if *kind == Kind::Number { plain.iter().copied().map(log_of).collect() } else { Vec::new() };
            Values { plain, logs }
        });
        Self {
            features,
            columns: columns.collect(),
            is_positive: loans.iter().map(|loan| outcomes[*loan].expect("the sample has outcomes")).collect(),
            folds: loans.iter().map(|loan| folds.fold_of(*loan).expect("a loan with an outcome has a fold")).collect(),
            segments: if loans.len() < SEGMENTS_FROM { 1 } else { SEGMENTS },
        }
    }

    pub fn loans(&self) -> usize {
        self.is_positive.len()
    }

    pub fn features(&self) -> &[Feature] {
        self.features
    }

    pub fn column(&self, feature: usize) -> &[f32] {
        &self.columns[feature].plain
    }

    pub fn logs(&self, feature: usize) -> &[f32] {
        &self.columns[feature].logs
    }
}

/// The value if it is one: a finite number, or one of the levels of a category; otherwise NaN, which is a gap.
#[inline]
pub(super) fn cleaned(value: f32, kind: &Kind) -> f32 {
    let is_value = match kind {
        Kind::Number => value.is_finite(),
        Kind::Category(levels) => value >= 0.0 && value.fract() == 0.0 && (value as usize) < levels.len(),
    };
    if is_value { value } else { f32::NAN }
}

/// `log(1 + x)`, anything below 0 as 0; NaN for NaN.
#[inline]
pub(super) fn log_of(value: f32) -> f32 {
    (1.0 + f64::from(value.clamp(0.0, f32::MAX))).ln() as f32
}
