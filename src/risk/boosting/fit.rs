//! Fitting: one model for each fold that is held back and one of all loans, and how many trees of each are kept.

use std::ops::Range;

use linfa::dataset::Records;
use rayon::prelude::*;

use super::grow::{Labelled, TreeGrower};
use super::params::{BoostingValidParams, Steps, UsedParams};
use super::{Boosting, probability};
use crate::features::{FeatureMatrix, Kind, Monotone};
use crate::risk::RiskError;
use crate::risk::bins::{Binning, MOST_FEATURES};
use crate::risk::evaluate::line::{log_loss, log_odds};
use crate::risk::folds::{Drawn, Folds, HeldBack};
use crate::risk::forest::bootstrap::TreeRandom;
use crate::risk::forest::order::Order;
use crate::risk::forest::tally::Tally;
use crate::risk::forest::tree::Tree;
use crate::risk::forest::{Contributions, Dataset, score};

/// Bins of a number: what a tree costs goes with them, and small steps of many trees find the places between.
const BINS: usize = 64;
/// The number of trees is chosen among the multiples of this.
const STAGE_TREES: usize = 10;
/// After so many stages without gain no more trees grow.
const PATIENCE: usize = 5;

/// What came of fitting.
#[derive(Debug, Clone, PartialEq)]
pub struct FittedBoosting {
    /// Learned from the whole sample: for the loans without outcome.
    pub model: Boosting,
    /// A score a loan of the book, 0 to 1, by a model that did not learn from it; `None` where there is no outcome.
    pub out_of_sample: Vec<Option<f64>>,
    held_back: HeldBack<Boosting>,
}

impl FittedBoosting {
    /// What each feature adds to the log odds of the loans at these rows of the book: of a loan that was learned from, by
    /// the model that held it back, as its score is.
    ///
    /// # Errors
    /// As [`Boosting::score_rows`].
    pub fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError> {
        let explain = |model: &Boosting, loans: &[usize]| model.contributions(matrix, loans);
        self.held_back.contributions(&self.model, rows, matrix.nfeatures(), explain)
    }

    /// The probabilities of the loans of `matrix`, each by the model that the loan at the same place of `rows`, a row of the
    /// book, has its score from.
    ///
    /// # Errors
    /// As [`Boosting::score_rows`].
    pub fn score_as(&self, rows: &[usize], matrix: &FeatureMatrix) -> Result<Vec<f64>, RiskError> {
        self.held_back.score_as(&self.model, rows, |model, places| model.score_rows(matrix, places))
    }

    /// Scores the loans with an outcome that were not among the sample by the models that held their folds back too: another
    /// loan of the same borrower may be among the sample.
    fn score_not_drawn(&mut self, matrix: &FeatureMatrix, folds: &Folds) -> Result<(), RiskError> {
        let known = folds.known().map(|(loan, _)| loan);
        let loans: Vec<usize> = known.filter(|loan| self.out_of_sample[*loan].is_none()).collect();
        let score = |model: &Boosting, places: &[usize]| {
            model.score_rows(matrix, &places.iter().map(|place| loans[*place]).collect::<Vec<_>>())
        };
        let scores = self.held_back.score_as(&self.model, &loans, score)?;
        loans.iter().zip(scores).for_each(|(loan, score)| self.out_of_sample[*loan] = Some(score));
        Ok(())
    }
}

impl BoostingValidParams {
    /// Fits the model, and gives each loan with an outcome a score of a model that did not learn from it.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`], [`RiskError::TooManyFeatures`];
    /// [`linfa::Error::MismatchedShapes`] when outcomes or folds are not as many as loans.
    ///
    /// # Panics
    /// When the folds are not those of the book's outcomes: a mistake in the program.
    pub fn fit_out_of_sample(&self, book: &Dataset, folds: &Folds) -> Result<FittedBoosting, RiskError> {
        folds.check(book)?;
        if book.records.nfeatures() > MOST_FEATURES {
            return Err(RiskError::TooManyFeatures { found: book.records.nfeatures() });
        }
        let Drawn { loans, shift } = folds.sample(self.most_loans as usize);
        let sample = Sample::gather(book, folds, &loans, shift);
        let steps = self.for_book(loans.len());
        let mut by_fold = self.grow_all(&sample, &steps, folds.folds() as u8);
        let whole = by_fold.pop().expect("the whole sample is learned from last");
        let mut out_of_sample = vec![None; folds.loans()];
        let mut stages = Vec::with_capacity(by_fold.len());
        for (fold, ensemble) in by_fold.iter().enumerate() {
            let others = by_fold.iter().enumerate().filter(|(other, _)| *other != fold).map(|(_, other)| other);
            let stage = best_stage(others);
            for (row, log_odds) in ensemble.held_back.iter().zip(&ensemble.log_odds[stage]) {
                let loan = loans[*row as usize];
                out_of_sample[loan] = Some(probability(log_odds + shift));
            }
            stages.push(stage);
        }
        let model = whole.into_model(&steps, self.seed, book, &sample, best_stage(by_fold.iter()));
        let of_fold =
            |(ensemble, stage): (Ensemble, usize)| ensemble.into_model(&steps, self.seed, book, &sample, stage);
        let models = by_fold.into_iter().zip(stages).map(of_fold).collect();
        let mut fitted =
            FittedBoosting { model, out_of_sample, held_back: HeldBack { models, folds: folds.of_loans() } };
        fitted.score_not_drawn(&book.records, folds)?;
        Ok(fitted)
    }

    /// One ensemble a fold that is held back, and at the end that of the whole sample. They grow side by side, and end together
    /// when the held-back loans have gained nothing from the last [`PATIENCE`] stages.
    fn grow_all(&self, sample: &Sample, steps: &Steps, folds: u8) -> Vec<Ensemble> {
        let parts: Vec<Option<u8>> = (0..folds).map(Some).chain([None]).collect();
        let mut ensembles: Vec<Ensemble> = parts.into_par_iter().map(|part| Ensemble::of_base(sample, part)).collect();
        for from in (0..steps.trees as usize).step_by(STAGE_TREES) {
            let to = (from + STAGE_TREES).min(steps.trees as usize);
            ensembles.par_iter_mut().for_each(|ensemble| ensemble.grow(steps, self.seed, from..to));
            let by_fold = &ensembles[..folds as usize];
            if best_stage(by_fold.iter()) + PATIENCE <= by_fold.iter().map(Ensemble::stage).min().unwrap_or(0) {
                break;
            }
        }
        ensembles
    }
}

/// The loans that are learned from, gathered once for all folds.
struct Sample {
    binning: Binning,
    /// Row by row, a code a feature.
    codes: Vec<u8>,
    is_positive: Vec<bool>,
    folds: Vec<u8>,
    directions: Vec<Monotone>,
    categories: Vec<usize>,
    /// From the log odds of the sample to those of the book.
    shift: f64,
}

impl Sample {
    fn gather(book: &Dataset, folds: &Folds, loans: &[usize], shift: f64) -> Self {
        let matrix = &book.records;
        let rows: Vec<u32> = loans.iter().map(|loan| *loan as u32).collect();
        let binning = Binning::learn_at_most(BINS, matrix, &rows);
        let is_category = |feature: &usize| matches!(matrix.features()[*feature].kind, Kind::Category(_));
        // A category is ranked by its outcomes, so that there is no direction to keep.
        let direction = |feature: usize| match matrix.features()[feature].kind {
            Kind::Category(_) => Monotone::None,
            Kind::Number => matrix.features()[feature].monotone,
        };
        Self {
            codes: score::encoded(&binning, matrix, loans),
            binning,
            is_positive: loans.iter().map(|loan| book.targets[*loan].expect("the sample has outcomes")).collect(),
            folds: loans.iter().map(|loan| folds.fold_of(*loan).expect("a loan with an outcome has a fold")).collect(),
            directions: (0..matrix.nfeatures()).map(direction).collect(),
            categories: (0..matrix.nfeatures()).filter(is_category).collect(),
            shift,
        }
    }

    fn features(&self) -> usize {
        self.directions.len()
    }

    fn codes_of(&self, row: u32) -> &[u8] {
        &self.codes[row as usize * self.features()..][..self.features()]
    }

    /// The given rows, their categories ranked by these orders.
    fn ranked(&self, rows: &[u32], orders: &[Order]) -> Vec<u8> {
        let mut codes: Vec<u8> = rows.iter().flat_map(|row| self.codes_of(*row)).copied().collect();
        for order in orders {
            let places = codes.iter_mut().skip(order.feature() as usize).step_by(self.features());
            places.for_each(|code| *code = order.rank(*code));
        }
        codes
    }

    fn labelled(&self, rows: &[u32]) -> Labelled {
        let learn = |feature: &usize| {
            let tally = |row: &u32| Tally::new(1, u32::from(self.is_positive[*row as usize]));
            let of_rows = rows.iter().map(|row| (self.codes_of(*row)[*feature], tally(row)));
            Order::learn(*feature as u8, self.binning.bins(*feature), of_rows)
        };
        let orders: Vec<Order> = self.categories.iter().map(learn).collect();
        Labelled {
            codes: self.ranked(rows, &orders),
            is_positive: rows.iter().map(|row| self.is_positive[*row as usize]).collect(),
            directions: self.directions.clone(),
            bins: (0..self.features()).map(|feature| self.binning.bins(feature)).collect(),
            orders,
        }
    }
}

/// The trees that were learned from the sample without one fold, or from all of it, and how they do on that fold.
struct Ensemble {
    part: Option<u8>,
    labelled: Labelled,
    grower: TreeGrower,
    base: f64,
    trees: Vec<Tree>,
    /// The log odds of each loan that is learned from.
    known: Vec<f64>,
    /// The loans of the sample that are held back.
    held_back: Vec<u32>,
    held_back_codes: Vec<u8>,
    held_back_outcomes: Vec<bool>,
    /// After each stage, the first before any tree, the log odds of each of them.
    log_odds: Vec<Vec<f64>>,
    /// After each stage, the sum of their log losses.
    losses: Vec<f64>,
}

impl Ensemble {
    /// Without trees: the same for every loan.
    fn of_base(sample: &Sample, part: Option<u8>) -> Self {
        let is_held_back = |row: &u32| Some(sample.folds[*row as usize]) == part;
        let (held_back, learned): (Vec<u32>, Vec<u32>) = (0..sample.is_positive.len() as u32).partition(is_held_back);
        let labelled = sample.labelled(&learned);
        let held_back_outcomes: Vec<bool> = held_back.iter().map(|row| sample.is_positive[*row as usize]).collect();
        let positives = labelled.is_positive.iter().filter(|is_positive| **is_positive).count();
        // One loan more of each kind keeps the base finite where a small fold held all of one kind back.
        let base = log_odds((positives as f64 + 1.0) / (learned.len() as f64 + 2.0), 0.0);
        let unseen = vec![base; held_back.len()];
        Self {
            part,
            grower: TreeGrower::new(&labelled),
            base,
            trees: Vec::new(),
            known: vec![base; learned.len()],
            held_back_codes: sample.ranked(&held_back, &labelled.orders),
            losses: vec![log_loss(&unseen, &held_back_outcomes)],
            log_odds: vec![unseen],
            held_back_outcomes,
            held_back,
            labelled,
        }
    }

    /// The last stage that is reached.
    fn stage(&self) -> usize {
        self.losses.len() - 1
    }

    /// Grows the trees of these numbers; there is none where the coin draws no loan.
    fn grow(&mut self, steps: &Steps, seed: u64, numbers: Range<usize>) {
        let stride = self.labelled.directions.len();
        let all_held_back: Vec<u32> = (0..self.held_back.len() as u32).collect();
        let mut unseen = self.log_odds.last().expect("there is one before any tree").clone();
        for number in numbers {
            let stream = self.part.map_or(0, |fold| usize::from(fold) + 1) * steps.trees as usize + number;
            let mut random = TreeRandom::new(seed, stream);
            let known = &mut self.known;
            let Some(tree) = self.grower.grow(&self.labelled, steps, |row| probability(known[row]), &mut random) else {
                continue;
            };
            self.grower.steps_of_drawn(|row, step| known[row as usize] += step);
            let left_out = self.grower.left_out();
            tree.walk(&self.labelled.codes, stride, left_out, |row, step| known[row as usize] += step);
            tree.walk(&self.held_back_codes, stride, &all_held_back, |row, step| unseen[row as usize] += step);
            self.trees.push(tree);
            if self.trees.len().is_multiple_of(STAGE_TREES) {
                self.losses.push(log_loss(&unseen, &self.held_back_outcomes));
                self.log_odds.push(unseen.clone());
            }
        }
    }

    /// The model as it was after a stage.
    fn into_model(mut self, steps: &Steps, seed: u64, book: &Dataset, sample: &Sample, stage: usize) -> Boosting {
        self.trees.truncate(stage * STAGE_TREES);
        Boosting {
            features: book.records.features().to_vec(),
            binning: sample.binning.clone(),
            params: UsedParams {
                trees: self.trees.len() as u32,
                max_depth: steps.max_depth,
                learning_rate: steps.learning_rate,
                trained_loans: self.labelled.is_positive.len() as u32,
                seed,
            },
            base: self.base + sample.shift,
            trees: self.trees,
        }
    }
}

/// The stage with the least log loss over the held-back loans of all ensembles; of equals the first.
fn best_stage<'a>(ensembles: impl Iterator<Item = &'a Ensemble>) -> usize {
    let mut sums: Vec<f64> = Vec::new();
    for ensemble in ensembles {
        if sums.is_empty() {
            sums = vec![0.0; ensemble.losses.len()];
        }
        // A stage that an ensemble did not reach is none for any.
        sums.truncate(ensemble.losses.len());
        sums.iter_mut().zip(&ensemble.losses).for_each(|(sum, loss)| *sum += loss);
    }
    let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
    sums.iter().position(|sum| *sum == least).unwrap_or(0)
}
