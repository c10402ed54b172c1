//! A fitted logistic regression: scores, and what each feature adds to one.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::design::{Design, DesignColumn, Encoding, Scale, Values, term};
use super::sample::{cleaned, log_of};
use super::solve::Solution;
use crate::features::{Feature, FeatureMatrix};
use crate::risk::RiskError;
use crate::risk::cross_fit::LogOddsModel;
use crate::risk::error::check_features;
use crate::risk::evaluate::line::probability;
use crate::risk::forest::Contributions;
use crate::risk::sealed;

const MARK: [u8; 4] = *b"RCPL";
/// Changes whenever the bytes that follow change their meaning.
const FORMAT: u16 = 1;
const CHUNK: usize = 4096;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    pub(super) features: Vec<Feature>,
    pub(super) design: Design,
    pub(super) solution: Solution,
    pub(super) alpha: f64,
    pub(super) trained_loans: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Coefficient {
    /// What the column says, in words: "log income", "loan burden missing", "Loan_Type = Home".
    pub term: String,
    pub feature: usize,
    pub value: f64,
}

struct Part {
    of_gap: f64,
    of_value: PartOfValue,
}

enum PartOfValue {
    Constant(f64),
    Lines { is_log: bool, segments: Vec<Line>, of_no_gap: f64 },
    Table(Vec<f64>),
}

/// The way through one segment: what it adds at its low end, and by how much more for each unit up to its high end.
struct Line {
    low: f32,
    high: f32,
    mean: f64,
    slope: f64,
}

impl LogOddsModel for Logistic {
    fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError> {
        check_features(&self.features, matrix.features())?;
        let parts = self.parts();
        let mut scores = vec![self.solution.intercept; rows.len()];
        scores.par_chunks_mut(CHUNK).zip(rows.par_chunks(CHUNK)).for_each(|(scores, rows)| {
            for (feature, part) in parts.iter().enumerate() {
                let (column, kind) = (matrix.column(feature), &self.features[feature].kind);
                for (score, row) in scores.iter_mut().zip(rows) {
                    *score += part.of(cleaned(column[*row], kind));
                }
            }
            scores.iter_mut().for_each(|score| *score = probability(*score));
        });
        Ok(scores)
    }

    fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError> {
        check_features(&self.features, matrix.features())?;
        let parts = self.parts();
        let of_loan = |row: &usize| {
            let of_feature = |(feature, part): (usize, &Part)| {
                part.of(cleaned(matrix.column(feature)[*row], &self.features[feature].kind))
            };
            parts.iter().enumerate().map(of_feature).collect::<Vec<f64>>()
        };
        let values = rows.iter().flat_map(of_loan).collect();
        Ok(Contributions { base: vec![self.solution.intercept; rows.len()], values })
    }
}

impl Logistic {
    pub fn to_bytes(&self) -> Vec<u8> {
        sealed::stored(MARK, FORMAT, self)
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RiskError> {
        let model: Self = sealed::read(MARK, FORMAT, bytes)?;
        if !model.is_sound() {
            return Err(RiskError::DamagedModel("its parts do not fit together"));
        }
        Ok(model)
    }

    pub fn coefficients(&self) -> Vec<Coefficient> {
        let columns = self.design.columns().zip(&self.solution.weights);
        let coefficient = |(column, value): (DesignColumn, &f64)| Coefficient {
            term: term(column, &self.features),
            feature: column.feature,
            value: *value,
        };
        columns.map(coefficient).collect()
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The strength of the penalty: half of it times the sum of the squared coefficients was added to the sum of log losses.
    pub fn alpha(&self) -> f64 {
        self.alpha
    }

    pub fn trained_loans(&self) -> u32 {
        self.trained_loans
    }

    pub(super) fn is_sound(&self) -> bool {
        let Solution { weights, intercept } = &self.solution;
        let fits = |(encoding, feature): (&Encoding, &Feature)| encoding.fits(&feature.kind);
        self.features.len() == self.design.encodings.len()
            && self.design.encodings.iter().zip(&self.features).all(fits)
            && self.design.columns().count() == weights.len()
            && is_moderate(*intercept)
            && self.parts().iter().all(Part::is_moderate)
    }

    fn parts(&self) -> Vec<Part> {
        let mut weights = &self.solution.weights[..];
        let part = |encoding: &Encoding| {
            let (own, rest) = weights.split_at(encoding.columns());
            weights = rest;
            Part::new(encoding, own)
        };
        self.design.encodings.iter().map(part).collect()
    }
}

impl Part {
    fn new(encoding: &Encoding, weights: &[f64]) -> Self {
        let (of_values, of_gap) = weights.split_at(weights.len() - usize::from(encoding.missing_share.is_some()));
        let (share, of_gap) = (encoding.missing_share.unwrap_or(0.0), of_gap.first().copied().unwrap_or(0.0));
        let of_no_gap = -share * of_gap;
        let of_value = match &encoding.values {
            Values::Nothing => PartOfValue::Constant(of_no_gap),
            Values::Number(segments) => {
                let line = |(scale, weight): (&Scale, &f64)| {
                    let Scale { low, high, mean, deviation, .. } = *scale;
                    Line { low, high, mean, slope: weight / deviation }
                };
                let is_log = segments.first().is_some_and(|scale| scale.is_log);
                let segments = segments.iter().zip(of_values).map(line).collect();
                PartOfValue::Lines { is_log, segments, of_no_gap }
            }
            Values::Category(levels) => {
                let of_levels = levels.places.iter().map(|place| levels.weighed(*place, of_values) + of_no_gap);
                PartOfValue::Table(of_levels.collect())
            }
        };
        Self { of_gap: (1.0 - share) * of_gap, of_value }
    }

    #[inline]
    fn of(&self, value: f32) -> f64 {
        if value.is_nan() {
            return self.of_gap;
        }
        match &self.of_value {
            PartOfValue::Constant(part) => *part,
            PartOfValue::Lines { is_log, segments, of_no_gap } => {
                let value = if *is_log { log_of(value) } else { value };
                segments.iter().fold(*of_no_gap, |sum, line| sum + line.at(value))
            }
            PartOfValue::Table(of_levels) => of_levels[value as usize],
        }
    }

    fn is_moderate(&self) -> bool {
        let of_value = match &self.of_value {
            PartOfValue::Constant(part) => is_moderate(*part),
            // Between its ends a line lies between its values there.
            PartOfValue::Lines { segments, of_no_gap, .. } => {
                let ends = segments.iter().flat_map(|line| [line.at(line.low), line.at(line.high)]);
                ends.chain([*of_no_gap]).all(is_moderate)
            }
            PartOfValue::Table(of_levels) => of_levels.iter().all(|part| is_moderate(*part)),
        };
        of_value && is_moderate(self.of_gap)
    }
}

impl Line {
    #[inline]
    fn at(&self, value: f32) -> f64 {
        (f64::from(value.clamp(self.low, self.high)) - self.mean) * self.slope
    }
}

/// Small enough that sums of as many as there can be features stay finite.
fn is_moderate(part: f64) -> bool {
    part.abs() < 1e100
}
