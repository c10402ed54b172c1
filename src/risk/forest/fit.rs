//! Fitting: the loans with a known outcome as rows of codes, the trees that grow on them, and what is kept of the bags.

use linfa::dataset::Records;
use linfa::traits::Fit;
use ndarray::Array1;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::bootstrap::{InBag, Lottery};
use super::fitted::Fitted;
use super::grow::{TrainingRows, Workshop};
use super::params::{ForestValidParams, UsedParams};
use super::prior::Prior;
use super::tree::Tree;
use super::{Dataset, Forest, score};
use crate::features::{FeatureMatrix, Kind, Monotone};
use crate::risk::RiskError;
use crate::risk::bins::{Binning, MOST_FEATURES};
use crate::risk::clusters::Clusters;

/// Row numbers and counts are 32 bits wide.
const MOST_LOANS: usize = 100_000_000;
/// Training rows whose codes are made together.
const ENCODED_TOGETHER: usize = 4096;

/// The loans with a known outcome.
struct Known {
    /// Their places in the book, ascending.
    rows: Vec<u32>,
    is_positive: Vec<bool>,
    borrowers: Clusters,
}

impl Fit<FeatureMatrix, Array1<Option<bool>>, RiskError> for ForestValidParams {
    type Object = Forest;

    /// # Errors
    /// As [`ForestValidParams::fit_out_of_bag`].
    fn fit(&self, book: &Dataset) -> Result<Forest, RiskError> {
        let known = Known::of(book)?;
        Ok(self.fit_known(&book.records, &known, false, &|_| ()).0)
    }
}

impl ForestValidParams {
    /// Fits the forest, gives each loan its out-of-bag score, and keeps which loans each tree drew.
    ///
    /// `progress` is called after each tree, from any thread, with the number of trees so far.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`], [`RiskError::TooManyFeatures`],
    /// [`RiskError::TooManyLoans`]; [`linfa::Error::MismatchedShapes`] when outcomes are not as many as loans.
    pub fn fit_out_of_bag(&self, book: &Dataset, progress: &(dyn Fn(usize) + Sync)) -> Result<Fitted, RiskError> {
        let known = book.targets.iter().flatten().count();
        self.fit_by_borrower(book, &Clusters::single(known), progress)
    }

    /// The same where some of the loans with an outcome, which `borrowers` has one place each for, are of one borrower: no
    /// tree that drew one of them scores the others.
    ///
    /// # Errors
    /// As [`ForestValidParams::fit_out_of_bag`].
    pub fn fit_by_borrower(
        &self,
        book: &Dataset,
        borrowers: &Clusters,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Fitted, RiskError> {
        let known = Known { borrowers: borrowers.clone(), ..Known::of(book)? };
        let (forest, bags, of_known) = self.fit_known(&book.records, &known, true, progress);
        let mut out_of_bag = vec![None; book.nsamples()];
        for (row, score) in known.rows.iter().zip(of_known) {
            out_of_bag[*row as usize] = score;
        }
        Ok(Fitted::new(forest, out_of_bag, known.rows, bags))
    }

    fn fit_known(
        &self,
        matrix: &FeatureMatrix,
        known: &Known,
        wants_scores: bool,
        progress: &(dyn Fn(usize) + Sync),
    ) -> (Forest, Vec<InBag>, Vec<Option<f64>>) {
        let params = self.for_book(known.rows.len() as u32, known.positives(), matrix.nfeatures());
        let binning = Binning::learn(matrix, &known.rows);
        let lesson = Lesson { matrix, known, binning: &binning, params: &params, wants_scores, progress };
        let Learned { trees, bags, scores } = match matrix.nfeatures() {
            0..=8 => lesson.learn::<8>(),
            9..=16 => lesson.learn::<16>(),
            17..=24 => lesson.learn::<24>(),
            25..=32 => lesson.learn::<32>(),
            33..=64 => lesson.learn::<64>(),
            _ => lesson.learn::<MOST_FEATURES>(),
        };
        (Forest { features: matrix.features().to_vec(), binning, params, trees }, bags, scores)
    }
}

impl Known {
    fn of(book: &Dataset) -> Result<Self, RiskError> {
        let (loans, features) = (book.records.nsamples(), book.records.nfeatures());
        if features == 0 {
            return Err(RiskError::NoFeatures);
        }
        if features > MOST_FEATURES {
            return Err(RiskError::TooManyFeatures { found: features });
        }
        if loans > MOST_LOANS {
            return Err(RiskError::TooManyLoans { found: loans, most: MOST_LOANS });
        }
        if loans != book.targets.len() {
            return Err(linfa::Error::MismatchedShapes(loans, book.targets.len()).into());
        }
        let outcomes = book.targets.iter().enumerate().filter_map(|(row, outcome)| Some((row as u32, (*outcome)?)));
        let (rows, is_positive): (Vec<u32>, Vec<bool>) = outcomes.unzip();
        let positives = is_positive.iter().filter(|is_positive| **is_positive).count();
        let loans_known = rows.len();
        match (loans_known, positives) {
            (0, _) => Err(RiskError::NoOutcomes),
            (loans, 0) => Err(RiskError::OneOutcome { loans, outcome: "fully recovered" }),
            (loans, positives) if loans == positives => {
                Err(RiskError::OneOutcome { loans, outcome: "not fully recovered" })
            }
            _ => Ok(Self { borrowers: Clusters::single(loans_known), rows, is_positive }),
        }
    }

    fn positives(&self) -> u32 {
        self.is_positive.iter().map(|is_positive| u32::from(*is_positive)).sum()
    }

    /// So many draws, of them the given number among the positives, if any is given.
    fn lottery(&self, draws: u32, positive_draws: Option<u32>) -> Lottery {
        if !self.borrowers.is_single() {
            return self.lottery_by_borrower(draws, positive_draws);
        }
        let Some(positive_draws) = positive_draws else { return Lottery::Together { draws } };
        let (positives, others) = (0..self.rows.len() as u32).partition(|row| self.is_positive[*row as usize]);
        Lottery::Apart([(positives, positive_draws), (others, draws - positive_draws)])
    }

    fn lottery_by_borrower(&self, draws: u32, positive_draws: Option<u32>) -> Lottery {
        let rows = self.borrowers.members(|_| true);
        let kinds = match positive_draws {
            None => vec![(rows.clone(), draws)],
            Some(positive_draws) => vec![
                (self.borrowers.members(|row| self.is_positive[row]), positive_draws),
                (self.borrowers.members(|row| !self.is_positive[row]), draws - positive_draws),
            ],
        };
        Lottery::ByBorrower { kinds, of_row: self.borrowers.clone(), rows }
    }
}

/// All that fitting takes, so that it can be compiled once for each width of a row of codes.
struct Lesson<'a> {
    matrix: &'a FeatureMatrix,
    known: &'a Known,
    binning: &'a Binning,
    params: &'a UsedParams,
    wants_scores: bool,
    progress: &'a (dyn Fn(usize) + Sync),
}

/// The trees, the bag of each, and the out-of-bag scores of the known loans, if they were wanted.
struct Learned {
    trees: Vec<Tree>,
    bags: Vec<InBag>,
    scores: Vec<Option<f64>>,
}

impl Lesson<'_> {
    fn learn<const WIDTH: usize>(&self) -> Learned {
        let codes = self.encode::<WIDTH>();
        let rows = self.training_rows(&codes);
        let trees_done = AtomicUsize::new(0);
        let grow = |workshop: &mut Workshop<WIDTH>, number| {
            let grown = workshop.grow(&rows, self.params, number);
            (self.progress)(trees_done.fetch_add(1, Ordering::Relaxed) + 1);
            grown
        };
        let (trees, bags): (Vec<Tree>, Vec<InBag>) = (0..self.params.trees as usize)
            .into_par_iter()
            .map_init(|| Workshop::new(&rows, self.params), grow)
            .unzip();
        let scores = if self.wants_scores { score::out_of_bag(&trees, &bags, &codes) } else { Vec::new() };
        Learned { trees, bags, scores }
    }

    fn training_rows<'a, const WIDTH: usize>(&'a self, codes: &'a [[u8; WIDTH]]) -> TrainingRows<'a, WIDTH> {
        let UsedParams { rows_per_tree, positive_draws, .. } = *self.params;
        let features = self.matrix.features();
        let is_category = |feature: usize| matches!(features[feature].kind, Kind::Category(_));
        // The ranks of a category differ from tree to tree, so that there is no direction to keep.
        let direction = |feature: usize| if is_category(feature) { Monotone::None } else { features[feature].monotone };
        let categories = (0..features.len()).filter(|feature| is_category(*feature));
        TrainingRows {
            codes,
            is_positive: &self.known.is_positive,
            directions: (0..features.len()).map(direction).collect(),
            categories: categories.map(|feature| (feature as u8, self.binning.bins(feature))).collect(),
            lottery: self.known.lottery(rows_per_tree, positive_draws),
            prior: Prior::new(codes.len() as u32, self.known.positives(), rows_per_tree, positive_draws),
        }
    }

    fn encode<const WIDTH: usize>(&self) -> Vec<[u8; WIDTH]> {
        let mut codes = vec![[0; WIDTH]; self.known.rows.len()];
        let chunks = codes.par_chunks_mut(ENCODED_TOGETHER).zip(self.known.rows.par_chunks(ENCODED_TOGETHER));
        chunks.for_each(|(codes, rows)| {
            let rows = rows.iter().map(|row| *row as usize);
            self.binning.encode(self.matrix, rows, WIDTH, codes.as_flattened_mut());
        });
        codes
    }
}
