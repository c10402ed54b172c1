//! Fitting: one model for each fold that is held back and one of all loans, and how many trees of each are kept.

use std::ops::Range;

use linfa::dataset::Records;
use rayon::prelude::*;

use super::grow::{Labelled, TreeGrower};
use super::params::{BoostingParams, Steps, UsedParams};
use super::{Boosting, probability};
use crate::features::{Kind, Monotone};
use crate::risk::RiskError;
use crate::risk::bins::{Binning, MOST_FEATURES};
use crate::risk::cross_fit::{CrossFitted, HeldOut, SampleFit, best_setting, cross_fit};
use crate::risk::evaluate::line::{log_loss, log_odds};
use crate::risk::folds::{Drawn, Folds};
use crate::risk::forest::bootstrap::TreeRandom;
use crate::risk::forest::order::Order;
use crate::risk::forest::tally::Tally;
use crate::risk::forest::tree::Tree;
use crate::risk::forest::{Dataset, score};

/// Bins of a number: what a tree costs goes with them, and small steps of many trees find the places between.
const BINS: usize = 64;
const STAGE_TREES: usize = 10;
const PATIENCE: usize = 5;

impl BoostingParams {
    /// Fits the model, and scores each loan with an outcome by a model that did not learn from it.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`], [`RiskError::TooManyFeatures`];
    /// [`linfa::Error::MismatchedShapes`] when outcomes or folds are not as many as loans.
    pub fn cross_fit(&self, book: &Dataset, folds: &Folds) -> Result<CrossFitted<Boosting>, RiskError> {
        folds.check(book)?;
        if book.records.nfeatures() > MOST_FEATURES {
            return Err(RiskError::TooManyFeatures { found: book.records.nfeatures() });
        }
        let drawn = folds.sample(self.most_loans as usize);
        let sample = Sample::gather(book, folds, &drawn);
        let steps = self.for_book(drawn.loans.len());
        let ensembles = self.grow_all(&sample, &steps, folds.folds() as u8);
        let model_at = |ensemble: Ensemble, stage| Ok(ensemble.into_model(&steps, self.seed, book, &sample, stage));
        cross_fit(book, folds, &drawn, ensembles, model_at)
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
            if best_setting(by_fold.iter()) + PATIENCE <= by_fold.iter().map(Ensemble::stage).min().unwrap_or(0) {
                break;
            }
        }
        ensembles
    }
}

struct Sample {
    binning: Binning,
    codes: Vec<u8>,
    is_positive: Vec<bool>,
    folds: Vec<u8>,
    directions: Vec<Monotone>,
    categories: Vec<usize>,
    /// From the log odds of the sample to those of the book.
    shift: f64,
}

impl Sample {
    fn gather(book: &Dataset, folds: &Folds, drawn: &Drawn) -> Self {
        let (matrix, loans) = (&book.records, &drawn.loans);
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
            shift: drawn.shift,
        }
    }

    fn features(&self) -> usize {
        self.directions.len()
    }

    fn codes_of(&self, row: u32) -> &[u8] {
        &self.codes[row as usize * self.features()..][..self.features()]
    }

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
    known: Vec<f64>,
    held_out: HeldOut,
    held_out_codes: Vec<u8>,
    held_out_outcomes: Vec<bool>,
}

impl SampleFit for Ensemble {
    fn held_out(&self) -> &HeldOut {
        &self.held_out
    }
}

impl Ensemble {
    fn of_base(sample: &Sample, part: Option<u8>) -> Self {
        let is_held_out = |row: &u32| Some(sample.folds[*row as usize]) == part;
        let (rows, learned): (Vec<u32>, Vec<u32>) = (0..sample.is_positive.len() as u32).partition(is_held_out);
        let labelled = sample.labelled(&learned);
        let held_out_outcomes: Vec<bool> = rows.iter().map(|row| sample.is_positive[*row as usize]).collect();
        let positives = labelled.is_positive.iter().filter(|is_positive| **is_positive).count();
        // One loan more of each kind keeps the base finite where a small fold held all of one kind back.
        let base = log_odds((positives as f64 + 1.0) / (learned.len() as f64 + 2.0), 0.0);
        let unseen = vec![base; rows.len()];
        Self {
            part,
            grower: TreeGrower::new(&labelled),
            base,
            trees: Vec::new(),
            known: vec![base; learned.len()],
            held_out_codes: sample.ranked(&rows, &labelled.orders),
            held_out: HeldOut { losses: vec![log_loss(&unseen, &held_out_outcomes)], log_odds: vec![unseen], rows },
            held_out_outcomes,
            labelled,
        }
    }

    fn stage(&self) -> usize {
        self.held_out.losses.len() - 1
    }

    fn grow(&mut self, steps: &Steps, seed: u64, numbers: Range<usize>) {
        let stride = self.labelled.directions.len();
        let all_held_out: Vec<u32> = (0..self.held_out.rows.len() as u32).collect();
        let mut unseen = self.held_out.log_odds.last().expect("there is one before any tree").clone();
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
            tree.walk(&self.held_out_codes, stride, &all_held_out, |row, step| unseen[row as usize] += step);
            self.trees.push(tree);
            if self.trees.len().is_multiple_of(STAGE_TREES) {
                self.held_out.losses.push(log_loss(&unseen, &self.held_out_outcomes));
                self.held_out.log_odds.push(unseen.clone());
            }
        }
    }

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
