//! The best split of the rows at one place: a histogram of codes for each feature, and one pass over its bins.
//!
//! Impurity is Gini's. For two kinds of outcome, the split that lowers it most is the one with the largest
//! `(p_l n - p n_l)^2 / (n_l n_r)`, where `p` are positives and `n` rows: one division a candidate, from whole numbers.
//! Where two splits are equally good, the feature that comes first in the matrix wins, then the lower cut.

use super::tally::Tally;
use super::tree::Rule;
use crate::risk::bins::MISSING;

/// Features whose histograms are filled in one pass over the rows: enough that additions to the same bin do not wait for
/// each other, few enough that all stay in the innermost cache.
const TOGETHER: usize = 4;

/// One training row as a tree sees it: its codes, and how often it was drawn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<const WIDTH: usize> {
    pub codes: [u8; WIDTH],
    pub tally: Tally,
}

/// A split, and what goes left by it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub rule: Rule,
    pub left: Tally,
    gain: f64,
}

/// Finds splits; keeps its histograms, which are empty between calls.
pub(super) struct SplitFinder {
    histograms: Box<[Histogram; TOGETHER]>,
    pub min_leaf: u32,
}

type Histogram = [Tally; 256];

impl SplitFinder {
    pub fn new(min_leaf: u32) -> Self {
        Self { histograms: Box::new([[Tally::default(); 256]; TOGETHER]), min_leaf }
    }

    /// Looks for the best split of the rows, whose sum is `all`, by one of the features, which are in ascending order.
    pub fn find<const WIDTH: usize>(&mut self, rows: &[Row<WIDTH>], all: Tally, features: &[u8]) -> Search {
        let mut search = Search { best: None, are_all_constant: true };
        let (fours, rest) = features.as_chunks::<TOGETHER>();
        for four in fours {
            self.fill(rows, four);
            self.scan(four, all, &mut search);
        }
        for feature in rest {
            self.fill(rows, &[*feature]);
            self.scan(&[*feature], all, &mut search);
        }
        search
    }

    fn fill<const WIDTH: usize, const N: usize>(&mut self, rows: &[Row<WIDTH>], features: &[u8; N]) {
        for row in rows {
            for (histogram, feature) in self.histograms.iter_mut().zip(features) {
                histogram[row.codes[*feature as usize] as usize] += row.tally;
            }
        }
    }

    fn scan(&mut self, features: &[u8], all: Tally, search: &mut Search) {
        for (histogram, feature) in self.histograms.iter_mut().zip(features) {
            scan_one(histogram, *feature, all, self.min_leaf, search);
            histogram.fill(Tally::default());
        }
    }
}

/// What a look at some features came to.
pub(super) struct Search {
    pub best: Option<Split>,
    /// None of the features told any two rows apart.
    pub are_all_constant: bool,
}

impl Search {
    /// Takes a split where it is better than the best so far and leaves enough rows on both sides.
    #[inline]
    fn offer(&mut self, rule: Rule, left: Tally, all: Tally, min_leaf: u32) {
        let right = all - left;
        if left.total() < min_leaf || right.total() < min_leaf {
            return;
        }
        let difference =
            i64::from(left.positives()) * i64::from(all.total()) - i64::from(all.positives()) * i64::from(left.total());
        let difference = difference as f64;
        let gain = difference * difference / (f64::from(left.total()) * f64::from(right.total()));
        if self.best.is_none_or(|best| gain > best.gain) {
            self.best = Some(Split { rule, left, gain });
        }
    }
}

/// Offers every cut between two bins that hold rows, with the missing on either side; and the missing against the rest.
fn scan_one(histogram: &Histogram, feature: u8, all: Tally, min_leaf: u32, search: &mut Search) {
    let missing = histogram[MISSING as usize];
    let present = all - missing;
    let mut left = Tally::default();
    let mut last = None;
    for (bin, tally) in histogram[..MISSING as usize].iter().enumerate().filter(|(_, tally)| !tally.is_empty()) {
        if let Some(last) = last {
            // Half way between the bins that hold rows, for values that training did not see here.
            let cut = ((last + bin - 1) / 2) as u8;
            offer_both_ways(feature, cut, left, missing, all, min_leaf, search);
            search.are_all_constant = false;
        }
        left += *tally;
        last = Some(bin);
        if left == present {
            break;
        }
    }
    if !missing.is_empty() && !present.is_empty() {
        search.are_all_constant = false;
        search.offer(Rule { feature, cut: MISSING - 1, is_missing_left: false }, present, all, min_leaf);
    }
}

fn offer_both_ways(feature: u8, cut: u8, left: Tally, missing: Tally, all: Tally, min_leaf: u32, search: &mut Search) {
    if missing.is_empty() {
        // Nothing was seen to tell where missing belongs: it goes with the larger part.
        let is_missing_left = left.total() >= (all - left).total();
        search.offer(Rule { feature, cut, is_missing_left }, left, all, min_leaf);
        return;
    }
    search.offer(Rule { feature, cut, is_missing_left: false }, left, all, min_leaf);
    search.offer(Rule { feature, cut, is_missing_left: true }, left + missing, all, min_leaf);
}
