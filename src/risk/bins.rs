//! Columns of numbers as codes of one byte, with a code for "missing"; a category has a bin for each level.
//!
//! Cuts are learned from loans with a known outcome only: loans that are merely scored have no say in the model.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::features::{FeatureMatrix, Kind};
use linfa::dataset::Records;

pub const MISSING: u8 = 255;
pub const MOST_BINS: usize = 255;
/// Features that a code matrix can hold, so that a feature's index is one byte too.
pub const MOST_FEATURES: usize = 256;
/// Loans from which the cuts of a feature with many values are learned. At 255 bins a cut then lies within about 0.3 % of
/// the loans from its place, less than the width of a bin.
const SAMPLE_ROWS: usize = 100_000;

/// The cuts of every feature, in the order of the matrix.
///
/// A value's bin is the number of cuts below it, so a value equal to a cut belongs to the left of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Binning {
    cuts: Vec<Vec<f32>>,
}

impl Binning {
    /// Learns the cuts from the given rows (ascending, each below the number of loans).
    ///
    /// A feature with at most 255 different values gets a bin for each, with cuts half way between neighbours; otherwise
    /// bins hold about equally many of at most 100,000 evenly spaced rows, and a value that alone fills a bin gets it alone.
    /// The code of a category is the place of its level; levels from the 255th on share the last code.
    pub fn learn(matrix: &FeatureMatrix, rows: &[u32]) -> Self {
        Self::learn_at_most(MOST_BINS, matrix, rows)
    }

    pub fn learn_at_most(bins: usize, matrix: &FeatureMatrix, rows: &[u32]) -> Self {
        assert!((2..=MOST_BINS).contains(&bins), "bins have codes of one byte");
        let cuts = |feature: usize| match &matrix.features()[feature].kind {
            Kind::Number => cuts_of(matrix.column(feature), rows, bins),
            Kind::Category(levels) => (1..levels.len().min(MOST_BINS)).map(|level| level as f32 - 0.5).collect(),
        };
        Self { cuts: (0..matrix.nfeatures()).into_par_iter().map(cuts).collect() }
    }

    pub fn features(&self) -> usize {
        self.cuts.len()
    }

    pub fn bins(&self, feature: usize) -> usize {
        self.cuts[feature].len() + 1
    }

    /// Writes the codes of the given rows into `codes`, row by row, `stride` places a row; places beyond the features
    /// stay as they are.
    pub fn encode(
        &self,
        matrix: &FeatureMatrix,
        rows: impl Iterator<Item = usize> + Clone,
        stride: usize,
        codes: &mut [u8],
    ) {
        for (feature, cuts) in self.cuts.iter().enumerate() {
            let column = matrix.column(feature);
            for (place, row) in codes[feature..].iter_mut().step_by(stride).zip(rows.clone()) {
                *place = code(cuts, column[row]);
            }
        }
    }

    pub fn is_sound(&self) -> bool {
        let ascends = |cuts: &Vec<f32>| cuts.windows(2).all(|pair| pair[0] < pair[1]);
        let is_few = |cuts: &Vec<f32>| cuts.len() < MOST_BINS && !cuts.iter().any(|cut| cut.is_nan());
        self.cuts.iter().all(|cuts| is_few(cuts) && ascends(cuts))
    }
}

fn code(cuts: &[f32], value: f32) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    cuts.partition_point(|cut| *cut < value) as u8
}

fn cuts_of(column: &[f32], rows: &[u32], bins: usize) -> Vec<f32> {
    match few_values(column, rows, bins) {
        Some(values) => values.windows(2).map(|pair| half_way(pair[0], pair[1])).collect(),
        None => equal_count_cuts(&sorted_sample(column, rows), bins),
    }
}

fn few_values(column: &[f32], rows: &[u32], most: usize) -> Option<Vec<f32>> {
    let mut values: Vec<f32> = Vec::with_capacity(most + 1);
    for value in rows.iter().map(|row| column[*row as usize]).filter(|value| !value.is_nan()) {
        let place = values.partition_point(|known| *known < value);
        if values.get(place) != Some(&value) {
            values.insert(place, value);
        }
        if values.len() > most {
            return None;
        }
    }
    Some(values)
}

fn sorted_sample(column: &[f32], rows: &[u32]) -> Vec<f32> {
    let step = rows.len().div_ceil(SAMPLE_ROWS).max(1);
    let mut sample: Vec<f32> =
        rows.iter().step_by(step).map(|row| column[*row as usize]).filter(|value| !value.is_nan()).collect();
    sample.sort_unstable_by(f32::total_cmp);
    sample
}

fn equal_count_cuts(sorted: &[f32], bins: usize) -> Vec<f32> {
    let mut cuts = Vec::with_capacity(bins - 1);
    let (mut in_bin, mut left_over) = (0, sorted.len());
    let mut runs = sorted.chunk_by(|one, other| one == other).peekable();
    while let Some(run) = runs.next() {
        in_bin += run.len();
        let bins_left = bins - cuts.len();
        let share = left_over as f64 / bins_left as f64;
        let Some(next) = runs.peek() else { break };
        let is_full = in_bin as f64 >= share || next.len() as f64 >= share;
        if bins_left > 1 && is_full {
            cuts.push(half_way(run[0], next[0]));
            left_over -= in_bin;
            in_bin = 0;
        }
    }
    cuts
}

/// A cut between two values, the first the lower: at or above it, and below the second, even at the ends of the range.
fn half_way(low: f32, high: f32) -> f32 {
    let middle = (f64::from(low) + (f64::from(high) - f64::from(low)) / 2.0) as f32;
    if middle >= low && middle < high { middle } else { low }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::Feature;

    fn binning(column: Vec<f32>) -> Binning {
        let rows: Vec<u32> = (0..column.len() as u32).collect();
        Binning::learn(&FeatureMatrix::new(vec![Feature::number("x")], vec![column]), &rows)
    }

    #[test]
    fn few_values_keep_apart_with_cuts_half_way() {
        let binning = binning(vec![4.0, 1.0, f32::NAN, 2.0, 1.0]);
        assert_eq!(binning.cuts, [[1.5, 3.0]]);
        let codes = [0.0, 1.0, 1.5, 1.6, 2.0, 3.5, 99.0, f32::NAN].map(|value| code(&binning.cuts[0], value));
        assert_eq!(codes, [0, 0, 0, 1, 1, 2, 2, MISSING]);
    }

    #[test]
    fn as_many_values_as_bins_still_keep_apart() {
        let binning = binning((0..255).map(|value| value as f32).collect());
        assert_eq!(
            (0..255).map(|value| code(&binning.cuts[0], value as f32)).collect::<Vec<_>>(),
            (0..255).collect::<Vec<u8>>()
        );
    }

    #[test]
    fn many_values_share_bins_evenly() {
        let binning = binning((0..25_500).map(|value| value as f32).collect());
        let mut loans = [0; 256];
        (0..25_500).for_each(|value| loans[code(&binning.cuts[0], value as f32) as usize] += 1);
        assert!(loans[..255].iter().all(|count| *count == 100), "{loans:?}");
    }

    #[test]
    fn a_value_that_most_loans_have_gets_a_bin_of_its_own() {
        let mut column = vec![0.0; 9000];
        column.extend((1..=1000).flat_map(|value| [value as f32, -value as f32]));
        let binning = binning(column);
        let zero = code(&binning.cuts[0], 0.0);
        assert!(code(&binning.cuts[0], -1.0) < zero && code(&binning.cuts[0], 1.0) > zero);
        assert!(binning.cuts[0].len() > 200, "the rest is still cut finely");
    }

    #[test]
    fn rows_without_outcome_have_no_say() {
        let matrix = FeatureMatrix::new(vec![Feature::number("x")], vec![vec![1.0, 50.0, 3.0]]);
        assert_eq!(Binning::learn(&matrix, &[0, 2]).cuts, [[2.0]]);
    }

    #[test]
    fn a_level_has_its_place_as_code_though_no_loan_has_it() {
        let learn = |levels: usize, column: Vec<f32>| {
            let kind = Kind::Category((0..levels).map(|level| level.to_string()).collect());
            Binning::learn(&FeatureMatrix::new(vec![Feature { kind, ..Feature::number("x") }], vec![column]), &[0, 1])
        };
        let four = learn(4, vec![2.0, f32::NAN]);
        assert_eq!([0.0, 1.0, 2.0, 3.0, f32::NAN].map(|level| code(&four.cuts[0], level)), [0, 1, 2, 3, MISSING]);
        let many = learn(300, vec![0.0, 1.0]);
        assert!(many.is_sound());
        assert_eq!([0.0, 253.0, 254.0, 255.0, 299.0].map(|level| code(&many.cuts[0], level)), [0, 253, 254, 254, 254]);
        assert_eq!([learn(0, vec![]).bins(0), four.bins(0), many.bins(0)], [1, 4, 255]);
    }

    #[test]
    fn nothing_known_of_a_feature_leaves_one_bin() {
        let binning = binning(vec![f32::NAN; 5]);
        assert_eq!((code(&binning.cuts[0], 1.0), code(&binning.cuts[0], f32::NAN)), (0, MISSING));
    }

    #[test]
    fn the_ends_of_the_range_of_numbers_keep_apart() {
        let ends = [f32::NEG_INFINITY, f32::MIN, -1.0, 0.0, f32::from_bits(1), 1.0, f32::MAX, f32::INFINITY];
        let binning = binning(ends.to_vec());
        assert_eq!(ends.map(|value| code(&binning.cuts[0], value)), [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    proptest! {
        #[test]
        fn codes_keep_the_order_of_values(column in prop::collection::vec(prop::num::f32::ANY, 0..600)) {
            let binning = binning(column.clone());
            prop_assert!(binning.is_sound());
            let mut values: Vec<f32> = column.into_iter().filter(|value| !value.is_nan()).collect();
            values.sort_unstable_by(f32::total_cmp);
            let codes: Vec<u8> = values.iter().map(|value| code(&binning.cuts[0], *value)).collect();
            prop_assert!(codes.is_sorted() && !codes.contains(&MISSING));
            for (pair, code) in values.windows(2).zip(codes.windows(2)) {
                prop_assert!(pair[0] != pair[1] || code[0] == code[1]);
            }
        }
    }
}
