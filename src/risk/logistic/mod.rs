//! A logistic regression with a ridge penalty (le Cessie and van Houwelingen, Applied Statistics 41, 1992).
//!
//! A large book is sampled: some thousand loans say all that a few dozen coefficients can learn.

mod design;
mod model;
mod sample;
mod solve;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::RiskError;
use super::cross_fit::{CrossFitted, HeldOut, SampleFit, cross_fit};
use super::evaluate::line::log_loss;
use super::folds::Folds;
use super::forest::Dataset;
use crate::features::Monotone;
use design::{Design, DesignColumn, Meaning};
pub use model::Logistic;
use sample::Sample;
use solve::{Problem, Solution};

/// Strengths of the penalty from which the best is chosen, strongest first: alpha for each loan learned from. At the first
/// almost only the share of positives is left; at the last, almost no penalty.
const STRENGTHS: [f64; 4] = [1.0, 0.1, 0.02, 0.004];
/// With 16 features, five thousand loans come within 0.001 of the AUC that forty thousand give (0.8411 against 0.8420).
const DEFAULT_MOST_LOANS: u32 = 5_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogisticParams {
    pub most_loans: u32,
    /// Segments of a number, between which its line bends. Left out: three, and one where fewer than 1,000 loans are learned
    /// from, since bends would follow the noise.
    pub segments: Option<u32>,
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self { most_loans: DEFAULT_MOST_LOANS, segments: None }
    }
}

impl LogisticParams {
    /// Fits the model, and scores each loan with an outcome by a model that did not learn from it.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`]; [`RiskError::Regression`] when
    /// linfa's solver gives up; [`linfa::Error::MismatchedShapes`] when outcomes or folds are not as many as loans.
    pub fn cross_fit(&self, book: &Dataset, folds: &Folds) -> Result<CrossFitted<Logistic>, RiskError> {
        folds.check(book)?;
        let drawn = folds.sample(self.most_loans as usize);
        let mut sample = Sample::gather(&book.records, &book.targets, folds, &drawn.loans);
        if let Some(segments) = self.segments {
            sample.segments = segments as usize;
        }
        // The whole sample takes longest, so it goes first.
        let parts: Vec<Option<u8>> = std::iter::once(None).chain((0..folds.folds() as u8).map(Some)).collect();
        let paths = parts.into_par_iter().map(|fold| PenaltyPath::learn(&sample, fold));
        let mut paths: Vec<PenaltyPath> = paths.collect::<Result<_, _>>()?;
        paths.rotate_left(1);
        cross_fit(book, folds, &drawn, paths, |path, strength| path.into_model(&sample, strength, drawn.shift))
    }
}

struct PenaltyPath {
    fold: Option<u8>,
    design: Design,
    problem: Problem,
    solutions: Vec<Solution>,
    held_out: HeldOut,
}

impl SampleFit for PenaltyPath {
    fn held_out(&self) -> &HeldOut {
        &self.held_out
    }
}

impl PenaltyPath {
    fn learn(sample: &Sample, fold: Option<u8>) -> Result<Self, RiskError> {
        let is_held_out = |loan: &u32| Some(sample.folds[*loan as usize]) == fold;
        let (rows, learned): (Vec<u32>, Vec<u32>) = (0..sample.loans() as u32).partition(is_held_out);
        let design = Design::learn(sample, &learned);
        let outcomes =
            |loans: &[u32]| loans.iter().map(|loan| sample.is_positive[*loan as usize]).collect::<Vec<bool>>();
        let direction = |column: DesignColumn| match column.meaning {
            Meaning::Value { .. } => sample.features()[column.feature].monotone,
            _ => Monotone::None,
        };
        let directions = design.columns().map(direction).collect();
        let problem = Problem::new(design.matrix(sample, &learned), outcomes(&learned)).with_directions(directions);
        let solutions = problem.path(STRENGTHS.into_iter().map(|strength| strength * learned.len() as f64))?;
        let cells = design.matrix(sample, &rows);
        let log_odds: Vec<Vec<f64>> = solutions.iter().map(|solution| solution.log_odds(&cells, rows.len())).collect();
        let happened = outcomes(&rows);
        let losses = log_odds.iter().map(|log_odds| log_loss(log_odds, &happened)).collect();
        Ok(Self { fold, design, problem, solutions, held_out: HeldOut { rows, log_odds, losses } })
    }

    /// The model at one of the strengths: without a fold as it scored that fold, of the whole sample solved to the end.
    fn into_model(mut self, sample: &Sample, strength: usize, shift: f64) -> Result<Logistic, RiskError> {
        let trained_loans = sample.loans() - self.held_out.rows.len();
        let alpha = STRENGTHS[strength] * trained_loans as f64;
        let mut solution = match self.fold {
            Some(_) => self.solutions.swap_remove(strength),
            None => self.problem.refined(alpha, &self.solutions[strength])?,
        };
        solution.intercept += shift;
        Ok(Logistic {
            features: sample.features().to_vec(),
            design: self.design,
            solution,
            alpha,
            trained_loans: trained_loans as u32,
        })
    }
}
