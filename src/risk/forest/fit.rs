//! Fitting: the loans with a known outcome as rows of codes, the trees that grow on them, and what is kept of the bags.

use linfa::dataset::Records;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::bootstrap::{Draws, InBag};
use super::fitted::Fitted;
use super::grow::{TrainingRows, TreeGrower};
use super::params::{ForestParams, UsedParams};
use super::prior::Prior;
use super::tree::Tree;
use super::{Dataset, Forest, score};
use crate::features::{FeatureMatrix, Kind, Monotone};
use crate::risk::RiskError;
use crate::risk::bins::{Binning, MOST_FEATURES};
use crate::risk::clusters::Clusters;

const MOST_LOANS: usize = 100_000_000;
const ENCODED_TOGETHER: usize = 4096;

struct KnownLoans {
    rows: Vec<u32>,
    is_positive: Vec<bool>,
    borrowers: Clusters,
}

impl ForestParams {
    /// Fits the forest, scores each loan with an outcome out of bag, and keeps which loans each tree drew. `borrowers` has one
    /// place for each loan with an outcome: no tree that drew one loan of a borrower scores the others.
    ///
    /// `progress` is called after each tree, from any thread, with the number of trees so far.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`], [`RiskError::TooManyFeatures`],
    /// [`RiskError::TooManyLoans`]; [`linfa::Error::MismatchedShapes`] when outcomes are not as many as loans.
    pub fn fit_out_of_bag(
        &self,
        book: &Dataset,
        borrowers: &Clusters,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<Fitted, RiskError> {
        let matrix = &book.records;
        let known = KnownLoans::of(book, borrowers)?;
        let params = self.for_book(known.rows.len() as u32, known.positives(), matrix.nfeatures());
        let binning = Binning::learn(matrix, &known.rows);
        let fit = Fit { matrix, known: &known, binning: &binning, params: &params, progress };
        let (trees, bags, scores) = match matrix.nfeatures() {
            0..=8 => fit.grow_all::<8>(),
            9..=16 => fit.grow_all::<16>(),
            17..=24 => fit.grow_all::<24>(),
            25..=32 => fit.grow_all::<32>(),
            33..=64 => fit.grow_all::<64>(),
            _ => fit.grow_all::<MOST_FEATURES>(),
        };
        let mut out_of_bag = vec![None; book.nsamples()];
        for (row, score) in known.rows.iter().zip(scores) {
            out_of_bag[*row as usize] = score;
        }
        let forest = Forest { features: matrix.features().to_vec(), binning, params, trees };
        Ok(Fitted { forest, out_of_bag, known_rows: known.rows, bags })
    }
}

impl KnownLoans {
    fn of(book: &Dataset, borrowers: &Clusters) -> Result<Self, RiskError> {
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
            _ => Ok(Self { borrowers: borrowers.clone(), rows, is_positive }),
        }
    }

    fn positives(&self) -> u32 {
        self.is_positive.iter().map(|is_positive| u32::from(*is_positive)).sum()
    }

    fn draws(&self, draws: u32, positive_draws: Option<u32>) -> Draws {
        if !self.borrowers.is_single() {
            return self.draws_by_borrower(draws, positive_draws);
        }
        let Some(positive_draws) = positive_draws else { return Draws::Together { draws } };
        let (positives, others) = (0..self.rows.len() as u32).partition(|row| self.is_positive[*row as usize]);
        Draws::Apart([(positives, positive_draws), (others, draws - positive_draws)])
    }

    fn draws_by_borrower(&self, draws: u32, positive_draws: Option<u32>) -> Draws {
        let rows = self.borrowers.members(|_| true);
        let kinds = match positive_draws {
            None => vec![(rows.clone(), draws)],
            Some(positive_draws) => vec![
                (self.borrowers.members(|row| self.is_positive[row]), positive_draws),
                (self.borrowers.members(|row| !self.is_positive[row]), draws - positive_draws),
            ],
        };
        Draws::ByBorrower { kinds, of_row: self.borrowers.clone(), rows }
    }
}

struct Fit<'a> {
    matrix: &'a FeatureMatrix,
    known: &'a KnownLoans,
    binning: &'a Binning,
    params: &'a UsedParams,
    progress: &'a (dyn Fn(usize) + Sync),
}

impl Fit<'_> {
    fn grow_all<const WIDTH: usize>(&self) -> (Vec<Tree>, Vec<InBag>, Vec<Option<f64>>) {
        let codes = self.encode::<WIDTH>();
        let rows = self.training_rows(&codes);
        let trees_done = AtomicUsize::new(0);
        let grow = |grower: &mut TreeGrower<WIDTH>, number| {
            let grown = grower.grow(&rows, self.params, number);
            (self.progress)(trees_done.fetch_add(1, Ordering::Relaxed) + 1);
            grown
        };
        let (trees, bags): (Vec<Tree>, Vec<InBag>) = (0..self.params.trees as usize)
            .into_par_iter()
            .map_init(|| TreeGrower::new(&rows, self.params), grow)
            .unzip();
        let scores = score::out_of_bag(&trees, &bags, &codes);
        (trees, bags, scores)
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
            draws: self.known.draws(rows_per_tree, positive_draws),
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
