//! A logistic regression for the probability that a loan is not recovered: a challenger of the forest.
//!
//! Its penalty (ridge: le Cessie and van Houwelingen, Applied Statistics 41, 1992) is chosen out of sample, and every loan
//! with an outcome is scored by a model that did not learn from it.
//!
//! | file | holds |
//! |---|---|
//! | `sample` | the loans to learn from, gathered once |
//! | `design` | from features to columns: logs, cut-offs, scales, gaps, categories |
//! | `solve` | coefficients at one strength of the penalty, by linfa-logistic |
//! | `model` | the fitted model: scores, coefficients, what each feature adds |
//! | `stored` | the model as bytes |
//!
//! For each fold, design and coefficients are learned without it, at every strength of the penalty. The strength of a fold's
//! scores is the one with the least log loss over the *other* folds, so no loan's own loss counts for the strength behind its
//! score. The models behind those losses did learn from the loan, which can tip a close choice between two of the strengths,
//! and no more. The model that is kept learns from all folds, at the strength that is best over all of them.
//!
//! Some thousand loans say all that a few dozen coefficients can learn, so a large book is sampled, from all folds alike, and
//! all of a kind of outcome that is rare. The loans with an outcome that were not drawn are scored by the model that is kept:
//! it never saw them, and they had no say in its strength. Folds go side by side, each alone in its thread, and what comes of
//! them is added up in their order, so the bits do not depend on the threads.

mod design;
mod model;
mod sample;
mod solve;
mod stored;
#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering};

use linfa::ParamGuard;
use linfa::dataset::Records;
use rayon::prelude::*;

use super::RiskError;
use super::evaluate::line::log_loss;
use super::folds::{Drawn, Folds, HeldBack};
use super::forest::{Contributions, Dataset};
use crate::features::{FeatureMatrix, Monotone};
use design::{Column, Design, Meaning};
pub use model::Logistic;
use model::probability;
use sample::Sample;
use solve::{Problem, Solution};

/// Strengths of the penalty from which the best is chosen, strongest first: alpha for each loan learned from. At the first
/// hardly anything but the share of positives is left; at the last, hardly any penalty.
const STRENGTHS: [f64; 4] = [1.0, 0.1, 0.02, 0.004];
/// With 16 features, five thousand loans come within 0.001 of the AUC that forty thousand give (0.8411 against 0.8420).
const DEFAULT_MOST_LOANS: u32 = 5_000;
const LEAST_MOST_LOANS: u32 = 10;
const MOST_MOST_LOANS: u32 = 1_000_000;
const MOST_SEGMENTS: u32 = 10;

/// Parameters of a logistic regression, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogisticParams(LogisticValidParams);

/// Checked parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogisticValidParams {
    most_loans: u32,
    segments: Option<u32>,
}

/// What came of fitting.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedLogistic {
    /// Learned from the whole sample: for the loans without outcome.
    pub model: Logistic,
    /// A score a loan of the book, 0 to 1, by a model that did not learn from it; `None` where there is no outcome.
    pub out_of_sample: Vec<Option<f64>>,
    held_back: HeldBack<Logistic>,
}

impl FittedLogistic {
    /// What each feature adds to the log odds of the loans at these rows of the book: of a loan that was learnt from, by the
    /// model that held it back, as its score is. The base of each, and loans x features.
    ///
    /// # Errors
    /// As [`Logistic::score_rows`].
    pub fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError> {
        let explain = |model: &Logistic, loans: &[usize]| model.contributions(matrix, loans);
        self.held_back.contributions(&self.model, rows, matrix.nfeatures(), explain)
    }

    /// The probabilities of the loans of `matrix`, each by the model that the loan at the same place of `rows`, a row of the
    /// book, has its score from.
    ///
    /// # Errors
    /// As [`Logistic::score_rows`].
    pub fn score_as(&self, rows: &[usize], matrix: &FeatureMatrix) -> Result<Vec<f64>, RiskError> {
        self.held_back.score_as(&self.model, rows, |model, places| model.score_rows(matrix, places))
    }

    /// Scores the loans with an outcome that were not among the sample by the models that held their folds back too: another
    /// loan of the same borrower may be among the sample.
    fn score_not_drawn(&mut self, matrix: &FeatureMatrix, folds: &Folds) -> Result<(), RiskError> {
        let known = folds.known().map(|(loan, _)| loan);
        let loans: Vec<usize> = known.filter(|loan| self.out_of_sample[*loan].is_none()).collect();
        let score = |model: &Logistic, places: &[usize]| {
            model.score_rows(matrix, &places.iter().map(|place| loans[*place]).collect::<Vec<_>>())
        };
        let scores = self.held_back.score_as(&self.model, &loans, score)?;
        loans.iter().zip(scores).for_each(|(loan, score)| self.out_of_sample[*loan] = Some(score));
        Ok(())
    }
}

impl Default for LogisticParams {
    fn default() -> Self {
        Self::new()
    }
}

impl LogisticParams {
    /// Learns from at most 5,000 loans.
    pub fn new() -> Self {
        Self(LogisticValidParams { most_loans: DEFAULT_MOST_LOANS, segments: None })
    }

    /// The loans to learn from at most, 10 to 1,000,000: time grows with them.
    pub fn most_loans(mut self, most_loans: u32) -> Self {
        self.0.most_loans = most_loans;
        self
    }

    /// Segments of a number, 1 to 10: between them its line bends. Left out: three, and one where fewer than 1,000 loans are
    /// learned from, since bends would follow the noise.
    pub fn segments(mut self, segments: u32) -> Self {
        self.0.segments = Some(segments);
        self
    }
}

impl ParamGuard for LogisticParams {
    type Checked = LogisticValidParams;
    type Error = RiskError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let most_loans = self.0.most_loans;
        let refusal = |name, value: u32, must_be| RiskError::Parameter { name, value: u64::from(value), must_be };
        if !(LEAST_MOST_LOANS..=MOST_MOST_LOANS).contains(&most_loans) {
            return Err(refusal("most_loans", most_loans, "from 10 to 1,000,000"));
        }
        match self.0.segments {
            Some(segments) if !(1..=MOST_SEGMENTS).contains(&segments) => {
                Err(refusal("segments", segments, "from 1 to 10"))
            }
            _ => Ok(&self.0),
        }
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl LogisticValidParams {
    /// Fits the model, and scores each loan with an outcome by a model that did not learn from it.
    ///
    /// `progress` is called after each fold and after the whole sample, from any thread, with the number of these so far: at
    /// the end, one more than there are folds.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`]; [`RiskError::Regression`] when
    /// linfa's solver gives up; [`linfa::Error::MismatchedShapes`] when outcomes or folds are not as many as loans.
    ///
    /// # Panics
    /// When the folds are not those of the book's outcomes: a mistake in the program.
    pub fn fit_out_of_sample(
        &self,
        book: &Dataset,
        folds: &Folds,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<FittedLogistic, RiskError> {
        folds.check(book)?;
        let Drawn { loans, shift } = folds.sample(self.most_loans as usize);
        let mut sample = Sample::gather(&book.records, &book.targets, folds, &loans);
        if let Some(segments) = self.segments {
            sample.segments = segments as usize;
        }
        let done = AtomicUsize::new(0);
        let learn = |held_back: Option<u8>| {
            let learned = Lesson::learn(&sample, held_back);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            learned
        };
        // The whole sample takes longest, so it goes first.
        let lessons: Vec<Option<u8>> = std::iter::once(None).chain((0..folds.folds() as u8).map(Some)).collect();
        let mut learned: Vec<Lesson> = lessons.into_par_iter().map(learn).collect::<Result<_, _>>()?;
        let by_fold = learned.split_off(1);
        let whole = learned.pop().expect("the whole sample was learned first");
        let mut model = whole.into_model(&sample, best_strength(by_fold.iter()))?;
        model.solution.intercept += shift;
        let mut out_of_sample = vec![None; folds.loans()];
        let mut strengths = Vec::with_capacity(by_fold.len());
        for (fold, lesson) in by_fold.iter().enumerate() {
            let others = by_fold.iter().enumerate().filter(|(other, _)| *other != fold).map(|(_, other)| other);
            let chosen = best_strength(others);
            for (loan, log_odds) in lesson.held_back.iter().zip(&lesson.log_odds[chosen]) {
                let loan = loans[*loan as usize];
                out_of_sample[loan] = Some(probability(log_odds + shift));
            }
            strengths.push(chosen);
        }
        let of_fold = |(lesson, strength): (Lesson, usize)| lesson.into_rough_model(&sample, strength, shift);
        let models = by_fold.into_iter().zip(strengths).map(of_fold).collect();
        let mut fitted =
            FittedLogistic { model, out_of_sample, held_back: HeldBack { models, folds: folds.of_loans() } };
        fitted.score_not_drawn(&book.records, folds)?;
        Ok(fitted)
    }
}

/// What was learned from the sample without one fold, or from all of it.
struct Lesson {
    design: Design,
    problem: Problem,
    /// At each strength.
    solutions: Vec<Solution>,
    /// The loans of the sample that were held back.
    held_back: Vec<u32>,
    /// At each strength, the log-odds of each of them.
    log_odds: Vec<Vec<f64>>,
    /// At each strength, the sum of their log losses.
    losses: Vec<f64>,
}

impl Lesson {
    fn learn(sample: &Sample, fold: Option<u8>) -> Result<Self, RiskError> {
        let is_held_back = |loan: &u32| Some(sample.folds[*loan as usize]) == fold;
        let (held_back, learned): (Vec<u32>, Vec<u32>) = (0..sample.loans() as u32).partition(is_held_back);
        let design = Design::learn(sample, &learned);
        let outcomes =
            |loans: &[u32]| loans.iter().map(|loan| sample.is_positive[*loan as usize]).collect::<Vec<bool>>();
        let direction = |column: Column| match column.meaning {
            Meaning::Value { .. } => sample.features()[column.feature].monotone,
            _ => Monotone::None,
        };
        let directions = design.columns().map(direction).collect();
        let problem = Problem::new(design.matrix(sample, &learned), outcomes(&learned)).with_directions(directions);
        let solutions = problem.path(STRENGTHS.into_iter().map(|strength| strength * learned.len() as f64))?;
        let cells = design.matrix(sample, &held_back);
        let log_odds: Vec<Vec<f64>> =
            solutions.iter().map(|solution| solution.log_odds(&cells, held_back.len())).collect();
        let happened = outcomes(&held_back);
        let losses = log_odds.iter().map(|log_odds| log_loss(log_odds, &happened)).collect();
        Ok(Self { design, problem, solutions, held_back, log_odds, losses })
    }

    /// The model at one of the strengths, as it scored the loans that were held back.
    fn into_rough_model(mut self, sample: &Sample, strength: usize, shift: f64) -> Logistic {
        let mut solution = self.solutions.swap_remove(strength);
        solution.intercept += shift;
        let trained_loans = sample.loans() - self.held_back.len();
        Logistic {
            features: sample.features().to_vec(),
            design: self.design,
            solution,
            alpha: STRENGTHS[strength] * trained_loans as f64,
            trained_loans: trained_loans as u32,
        }
    }

    /// The model at one of the strengths, solved to the end.
    fn into_model(self, sample: &Sample, strength: usize) -> Result<Logistic, RiskError> {
        let alpha = STRENGTHS[strength] * sample.loans() as f64;
        let solution = self.problem.refined(alpha, &self.solutions[strength])?;
        Ok(Logistic {
            features: sample.features().to_vec(),
            design: self.design,
            solution,
            alpha,
            trained_loans: sample.loans() as u32,
        })
    }
}

/// The strength with the least log loss over the held-back loans of all lessons; of equals the strongest.
fn best_strength<'a>(lessons: impl Iterator<Item = &'a Lesson>) -> usize {
    let mut sums = [0.0; STRENGTHS.len()];
    for lesson in lessons {
        sums.iter_mut().zip(&lesson.losses).for_each(|(sum, loss)| *sum += loss);
    }
    let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
    sums.iter().position(|sum| *sum == least).unwrap_or(0)
}
