//! A random forest for the probability that a loan is not recovered.
//!
//! Breiman, "Random Forests", Machine Learning 45 (2001), with averaged leaf shares in place of votes (as scikit-learn
//! does), on columns binned to bytes (as LightGBM does). A book goes in whole; only loans with a known outcome are learned
//! from, and each of those has an out-of-bag score from the trees that did not draw it.
//!
//! | file | holds |
//! |---|---|
//! | [`params`] | parameters: unchecked, checked, and as used |
//! | `bootstrap` | a tree's random numbers and the rows that it draws |
//! | `tally` | rows and positives among them, in one word |
//! | `split` | the best split at one place |
//! | `grow` | one tree on its bootstrap |
//! | `tree` | a grown tree, and loans that walk through it |
//! | `score` | probabilities from all trees, or from those that did not draw the loan |
//! | `stored` | the forest as bytes |
//!
//! Trees grow in parallel, then rows are scored in parallel, each through the trees in their order, so the bits of a score
//! do not depend on the threads. Beside the matrix, fitting `n` rows on 16 features keeps 16 bytes a row for codes, 16 for
//! each copy of the scores and, with 200 trees, 25 for the bags: about 80 MB for a million; and 10 MB a thread.

mod bootstrap;
mod grow;
pub mod params;
mod score;
mod split;
mod stored;
mod tally;
#[cfg(test)]
mod tests;
mod tree;

use linfa::dataset::{DatasetBase, Records};
use linfa::traits::{Fit, PredictInplace};
use ndarray::Array1;
use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::RiskError;
use super::bins::{Binning, MOST_FEATURES};
use crate::features::{Feature, FeatureMatrix};
use bootstrap::InBag;
use grow::{TrainingRows, Workshop};
pub use params::{ForestParams, ForestValidParams, UsedParams};
use tree::Tree;

/// Row numbers and counts are 32 bits wide.
const MOST_LOANS: usize = 100_000_000;
/// Training rows whose codes are made together.
const ENCODED_TOGETHER: usize = 4096;

/// The whole book: features of every loan, and the outcome where it is known (`Some(true)`: not fully recovered).
pub type Dataset = DatasetBase<FeatureMatrix, Array1<Option<bool>>>;

/// A fitted forest: [`Forest::score`] gives probabilities, [`Forest::to_bytes`] what is to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Forest {
    features: Vec<Feature>,
    binning: Binning,
    params: UsedParams,
    trees: Vec<Tree>,
}

/// The loans with a known outcome.
struct Known {
    /// Their places in the book, ascending.
    rows: Vec<u32>,
    is_positive: Vec<bool>,
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
    /// Fits the forest, and gives each loan its out-of-bag score: the mean over the trees that did not draw it.
    ///
    /// Scores are as many as loans, each 0 to 1; `None` for a loan without outcome, or that every tree drew (practically
    /// none with 200 trees). `progress` is called after each tree, from any thread, with the number of trees so far.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`], [`RiskError::TooManyFeatures`],
    /// [`RiskError::TooManyLoans`]; [`linfa::Error::MismatchedShapes`] when outcomes are not as many as loans.
    pub fn fit_out_of_bag(
        &self,
        book: &Dataset,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<(Forest, Vec<Option<f64>>), RiskError> {
        let known = Known::of(book)?;
        let (forest, of_known) = self.fit_known(&book.records, &known, true, progress);
        let mut scores = vec![None; book.nsamples()];
        for (row, score) in known.rows.iter().zip(of_known) {
            scores[*row as usize] = score;
        }
        Ok((forest, scores))
    }

    fn fit_known(
        &self,
        matrix: &FeatureMatrix,
        known: &Known,
        wants_scores: bool,
        progress: &(dyn Fn(usize) + Sync),
    ) -> (Forest, Vec<Option<f64>>) {
        let params = self.for_book(known.rows.len() as u32, matrix.nfeatures());
        let binning = Binning::learn(matrix, &known.rows);
        let lesson = Lesson { matrix, known, binning: &binning, params: &params, wants_scores, progress };
        let (trees, scores) = match matrix.nfeatures() {
            0..=8 => lesson.learn::<8>(),
            9..=16 => lesson.learn::<16>(),
            17..=24 => lesson.learn::<24>(),
            25..=32 => lesson.learn::<32>(),
            33..=64 => lesson.learn::<64>(),
            _ => lesson.learn::<MOST_FEATURES>(),
        };
        (Forest { features: matrix.features().to_vec(), binning, params, trees }, scores)
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
        match (rows.len(), positives) {
            (0, _) => Err(RiskError::NoOutcomes),
            (loans, 0) => Err(RiskError::OneOutcome { loans, outcome: "fully recovered" }),
            (loans, positives) if loans == positives => {
                Err(RiskError::OneOutcome { loans, outcome: "not fully recovered" })
            }
            _ => Ok(Self { rows, is_positive }),
        }
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

impl Lesson<'_> {
    fn learn<const WIDTH: usize>(&self) -> (Vec<Tree>, Vec<Option<f64>>) {
        let codes = self.encode::<WIDTH>();
        let rows =
            TrainingRows { codes: &codes, is_positive: &self.known.is_positive, features: self.matrix.nfeatures() };
        let trees_done = AtomicUsize::new(0);
        let grow = |workshop: &mut Workshop<WIDTH>, number| {
            let grown = workshop.grow(&rows, self.params, number);
            (self.progress)(trees_done.fetch_add(1, Ordering::Relaxed) + 1);
            grown
        };
        let (trees, bags): (Vec<Tree>, Vec<InBag>) = (0..self.params.trees as usize)
            .into_par_iter()
            .map_init(|| Workshop::new(codes.len(), self.params), grow)
            .unzip();
        let scores = if self.wants_scores { score::out_of_bag(&trees, &bags, &codes) } else { Vec::new() };
        (trees, scores)
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

impl Forest {
    /// The probability of each loan of the matrix, 0 to 1, with or without outcome, by all trees.
    ///
    /// For a loan that the forest learned from, take its out-of-bag score instead: all trees includes those that saw it.
    ///
    /// # Errors
    /// [`RiskError::FeatureMismatch`] when the features are not those that the forest was fitted on, in their order.
    pub fn score(&self, matrix: &FeatureMatrix) -> Result<Vec<f64>, RiskError> {
        self.check_features(matrix)?;
        Ok(score::all_trees(&self.trees, &self.binning, matrix, matrix.nsamples(), |loan| loan))
    }

    /// As [`Forest::score`], for the loans at the given rows only, a score each: those without outcome, say, where the
    /// others have their out-of-bag score.
    ///
    /// # Errors
    /// As [`Forest::score`].
    ///
    /// # Panics
    /// When a row lies beyond the matrix.
    pub fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError> {
        self.check_features(matrix)?;
        Ok(score::all_trees(&self.trees, &self.binning, matrix, rows.len(), |loan| rows[loan]))
    }

    fn check_features(&self, matrix: &FeatureMatrix) -> Result<(), RiskError> {
        let called = |features: &[Feature], place: usize| {
            features.get(place).map_or("absent".into(), |feature| format!("`{}`", feature.name))
        };
        let (expected, found) = (&self.features[..], matrix.features());
        let differs = |place: &usize| expected.get(*place) != found.get(*place);
        match (0..expected.len().max(found.len())).find(differs) {
            None => Ok(()),
            Some(place) => Err(RiskError::FeatureMismatch {
                position: place + 1,
                expected: called(expected, place),
                found: called(found, place),
            }),
        }
    }

    /// The features that the forest was fitted on, in the order of their columns.
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The parameters that it was grown with.
    pub fn params(&self) -> &UsedParams {
        &self.params
    }

    /// How much each feature lowered the Gini impurity over all trees, as a share: 0 to 1, summing to 1, or all 0 where no
    /// tree split (mean decrease in impurity: Breiman 2001; it favours features with many values).
    pub fn importances(&self) -> Vec<f64> {
        let mut gains = vec![0.0; self.features.len()];
        for (feature, gain) in self.trees.iter().flat_map(Tree::gains) {
            gains[feature] += gain;
        }
        let sum: f64 = gains.iter().sum();
        if sum > 0.0 {
            gains.iter_mut().for_each(|gain| *gain /= sum);
        }
        gains
    }
}

impl PredictInplace<FeatureMatrix, Array1<f64>> for Forest {
    /// # Panics
    /// When the features are not those that the forest was fitted on; [`Forest::score`] gives an error instead.
    fn predict_inplace<'a>(&'a self, matrix: &'a FeatureMatrix, scores: &mut Array1<f64>) {
        match self.score(matrix) {
            Ok(found) => *scores = Array1::from(found),
            Err(error) => panic!("{error}"),
        }
    }

    fn default_target(&self, matrix: &FeatureMatrix) -> Array1<f64> {
        Array1::zeros(matrix.nsamples())
    }
}
