//! Scores from trees: sums and means of the values of the leaves where a loan ends.
//!
//! Rows go by chunks, each chunk through all trees in their order, so a chunk's codes stay in the cache and the sums have
//! the same bits whichever thread does them.

use rayon::prelude::*;

use super::bootstrap::InBag;
use super::tree::Tree;
use crate::features::FeatureMatrix;
use crate::risk::bins::Binning;

/// Loans scored together: their codes fit the innermost cache beside a tree. A multiple of 64, as bags are read by the word.
const CHUNK: usize = 1024;

pub(super) fn all_trees(
    trees: &[Tree],
    binning: &Binning,
    matrix: &FeatureMatrix,
    loans: usize,
    loan_at: impl Fn(usize) -> usize + Sync,
) -> Vec<f64> {
    let mut scores = sums(trees, binning, matrix, loans, loan_at);
    scores.par_iter_mut().for_each(|score| *score /= trees.len() as f64);
    scores
}

pub(in crate::risk) fn sums(
    trees: &[Tree],
    binning: &Binning,
    matrix: &FeatureMatrix,
    loans: usize,
    loan_at: impl Fn(usize) -> usize + Sync,
) -> Vec<f64> {
    let mut scores = vec![0.0; loans];
    let stride = binning.features();
    scores.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, scores)| {
        let start = chunk * CHUNK;
        let mut codes = vec![0; scores.len() * stride];
        binning.encode(matrix, (start..start + scores.len()).map(&loan_at), stride, &mut codes);
        let rows: Vec<u32> = (0..scores.len() as u32).collect();
        let mut codes = CodesForTrees::new(&codes, stride);
        for tree in trees {
            tree.walk(codes.of(tree), stride, &rows, |row, value| scores[row as usize] += value);
        }
    });
    scores
}

pub(in crate::risk) fn encoded(binning: &Binning, matrix: &FeatureMatrix, rows: &[usize]) -> Vec<u8> {
    let stride = binning.features();
    let mut codes = vec![0; rows.len() * stride];
    if !rows.is_empty() {
        binning.encode(matrix, rows.iter().copied(), stride, &mut codes);
    }
    codes
}

/// The mean over the trees that did not draw the row, a score a training row; `None` where every tree drew it.
pub(super) fn out_of_bag<const WIDTH: usize>(
    trees: &[Tree],
    bags: &[InBag],
    codes: &[[u8; WIDTH]],
) -> Vec<Option<f64>> {
    let mut scores = vec![None; codes.len()];
    let chunks = scores.par_chunks_mut(CHUNK).zip(codes.par_chunks(CHUNK)).enumerate();
    chunks.for_each(|(chunk, (scores, codes))| {
        let mut sums = vec![(0.0, 0u32); codes.len()];
        let mut rows = Vec::with_capacity(codes.len());
        let end = chunk * CHUNK + codes.len();
        let mut codes = CodesForTrees::new(codes.as_flattened(), WIDTH);
        for (tree, bag) in trees.iter().zip(bags) {
            rows.clear();
            rows.extend(bag.rows_left_out(chunk * CHUNK, end));
            tree.walk(codes.of(tree), WIDTH, &rows, |row, value| {
                let (sum, trees) = &mut sums[row as usize];
                *sum += value;
                *trees += 1;
            });
        }
        for (score, (sum, trees)) in scores.iter_mut().zip(sums) {
            *score = (trees > 0).then(|| sum / f64::from(trees));
        }
    });
    scores
}

/// The codes of some loans, row by row, as each tree in turn reads them: itself for a tree without categories.
pub(super) struct CodesForTrees<'a> {
    codes: &'a [u8],
    stride: usize,
    ranked: Vec<u8>,
}

impl<'a> CodesForTrees<'a> {
    pub fn new(codes: &'a [u8], stride: usize) -> Self {
        Self { codes, stride, ranked: Vec::new() }
    }

    pub fn of(&mut self, tree: &Tree) -> &[u8] {
        if tree.orders().is_empty() {
            return self.codes;
        }
        if self.ranked.is_empty() {
            self.ranked.extend_from_slice(self.codes);
        }
        for order in tree.orders() {
            let first = order.feature() as usize;
            let places = self.ranked.iter_mut().skip(first).step_by(self.stride);
            for (place, code) in places.zip(self.codes.iter().skip(first).step_by(self.stride)) {
                *place = order.rank(*code);
            }
        }
        &self.ranked
    }
}
