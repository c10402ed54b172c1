//! Why a loan has its score: how much each feature contributes to it, by exact path-dependent TreeSHAP.
//!
//! Contributions are Shapley values of the game in which a tree's value for a set of known features is its mean over the
//! training rows that the known ones leave possible (Lundberg, Erion and Lee, "Consistent individualized feature attribution
//! for tree ensembles", 2018, arXiv:1802.03888, algorithm 1). They are exact, and with the base add up to the score. They
//! say what moved the model, never what caused the loan to go bad.
//!
//! | file | holds |
//! |---|---|
//! | `codes` | sets of codes that pass the tests of one feature |
//! | `quadrature` | integrals of polynomials |
//! | `leaf` | what one leaf contributes, for each set of passed tests |
//! | `unit` | several leaves with one table |
//! | `lookup` | look-ups of many loans in the tables of a tree |
//! | `deep` | leaves with too many features for a table |
//! | `plan` | a tree as units |
//!
//! Tables cost about as much as 2,000 loans do, so this is for many loans at a time. Trees are made ready in parallel, a few
//! at a time; then loans go in parallel, each through these trees in their order, so that the bits of a loan's
//! contributions depend neither on the threads nor on the other loans. Beside the result, memory holds the tables of a few
//! trees: some 0.3 MB a tree of 60 leaves, 4 MB a tree of 350.

mod codes;
mod deep;
mod leaf;
mod lookup;
mod plan;
mod quadrature;
#[cfg(test)]
mod tests;
mod unit;

use linfa::dataset::Records;
use rayon::prelude::*;

use super::Forest;
use super::score::encoded;
use super::tree::Tree;
use crate::features::FeatureMatrix;
use crate::risk::RiskError;
use lookup::{BLOCK, Codes, Places};
use plan::Plan;

/// Trees whose tables are held at the same time.
const TREES_TOGETHER: usize = 8;
/// Loans that a thread takes at a time: enough that a tree's tables serve many while they are in the cache, few enough
/// that the threads finish together.
const LEAST_LOANS: usize = 256;
const MOST_LOANS: usize = 4096;

/// Contributions of each feature to the raw (uncalibrated) score of some loans.
///
/// A score is the mean over the trees that a loan uses; its base and its contributions add up to it within 1e-12. For a loan
/// that uses no tree, all are NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    /// The score of a loan of which nothing is known, a loan each: the mean of what its trees expect of the training rows.
    pub base: Vec<f64>,
    /// What each feature adds to the score of each loan, loans x features, row by row.
    pub values: Vec<f64>,
}

impl Forest {
    /// What each feature contributes to the scores of the loans at the given rows.
    ///
    /// `uses` says whether a tree (by its number) has a say in the score of a loan (by its place among `rows`): for the score
    /// of a loan that the forest learned from, only the trees that did not draw it.
    ///
    /// # Errors
    /// As [`Forest::score`].
    ///
    /// # Panics
    /// When a row lies beyond the matrix.
    pub fn contributions(
        &self,
        matrix: &FeatureMatrix,
        rows: &[usize],
        uses: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<Contributions, RiskError> {
        self.check_features(matrix)?;
        let features = matrix.nfeatures();
        let codes = encoded(&self.binning, matrix, rows);
        Ok(contributions(&self.trees, &codes, features, features, uses))
    }
}

/// What each of so many features contributes to the score of each loan.
///
/// `codes` holds `stride` codes a loan, the first of them one a feature; `uses` says whether a tree has a say in the score
/// of a loan.
pub(in crate::risk) fn contributions(
    trees: &[Tree],
    codes: &[u8],
    stride: usize,
    features: usize,
    uses: impl Fn(usize, usize) -> bool + Sync,
) -> Contributions {
    let loans = codes.len() / stride;
    let at_a_time = loans.div_ceil(2 * rayon::current_num_threads()).clamp(LEAST_LOANS, MOST_LOANS);
    let chunks = codes.chunks(at_a_time * stride).enumerate();
    let mut chunks: Vec<Chunk> =
        chunks.map(|(chunk, codes)| Chunk::new(chunk * at_a_time, codes, stride, features)).collect();
    let mut plans: Vec<Plan> = trees.iter().take(TREES_TOGETHER).map(|_| Plan::default()).collect();
    for (group, trees) in trees.chunks(TREES_TOGETHER).enumerate() {
        plans.par_iter_mut().zip(trees).for_each(|(plan, tree)| plan.make(tree));
        chunks.par_iter_mut().for_each(|chunk| {
            for (number, plan) in plans[..trees.len()].iter().enumerate() {
                let tree = group * TREES_TOGETHER + number;
                chunk.explain(plan, |loan| uses(tree, loan));
            }
        });
    }
    let finished: Vec<Contributions> = chunks.into_par_iter().map(Chunk::finish).collect();
    let mut all = Contributions { base: Vec::with_capacity(loans), values: Vec::with_capacity(loans * features) };
    for part in finished {
        all.base.extend(part.base);
        all.values.extend(part.values);
    }
    all
}

/// Some loans on their way through the trees.
struct Chunk<'a> {
    first_loan: usize,
    codes: &'a [u8],
    stride: usize,
    bases: Vec<f64>,
    /// Sums of contributions, loan by loan, for one feature after the other.
    sums: Vec<f64>,
    /// How many trees each loan has used.
    trees: Vec<u32>,
    /// The loans that use a tree, and their codes by feature, by the block.
    used: Vec<u32>,
    block: Vec<Codes>,
    places: Places,
}

impl<'a> Chunk<'a> {
    fn new(first_loan: usize, codes: &'a [u8], stride: usize, features: usize) -> Self {
        let loans = codes.len() / stride;
        Self {
            first_loan,
            codes,
            stride,
            bases: vec![0.0; loans],
            sums: vec![0.0; loans * features],
            trees: vec![0; loans],
            used: Vec::with_capacity(loans),
            block: vec![[0; BLOCK]; features],
            places: Places::default(),
        }
    }

    fn explain(&mut self, plan: &Plan, uses: impl Fn(usize) -> bool) {
        let Self { first_loan, codes, stride, bases, sums, trees, used, block, places } = self;
        let loans = bases.len();
        used.clear();
        used.extend((0..loans as u32).filter(|loan| uses(*first_loan + *loan as usize)));
        for loan in &*used {
            bases[*loan as usize] += plan.expectation;
            trees[*loan as usize] += 1;
        }
        for used in used.chunks(BLOCK) {
            for (place, loan) in used.iter().enumerate() {
                let codes = &codes[*loan as usize * *stride..];
                block.iter_mut().zip(codes).for_each(|(column, code)| column[place] = *code);
            }
            let mut add = |feature: u8, of_block: &[f64; BLOCK]| {
                let sums = &mut sums[feature as usize * loans..][..loans];
                for (loan, sum) in used.iter().zip(of_block) {
                    sums[*loan as usize] += sum;
                }
            };
            plan.lookups.find_places(block, used.len(), places);
            plan.lookups.sum(places, used.len(), &mut add);
            for leaf in &plan.deep_leaves {
                leaf.sum(block, used.len(), &mut add);
            }
        }
    }

    /// Means in place of sums, and rows in place of columns.
    fn finish(self) -> Contributions {
        let Self { mut bases, sums, trees, .. } = self;
        let loans = bases.len();
        bases.iter_mut().zip(&trees).for_each(|(base, trees)| *base /= f64::from(*trees));
        let of_loan = |loan: usize| sums.iter().skip(loan).step_by(loans).map(move |sum| (loan, sum));
        let values = (0..loans).flat_map(of_loan).map(|(loan, sum)| sum / f64::from(trees[loan]));
        Contributions { values: values.collect(), base: bases }
    }
}
