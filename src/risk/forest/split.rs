//! The best split of the rows at one place by Gini impurity: a histogram of codes a feature, one pass over its bins.
//!
//! For two outcomes that is the largest `(p_l n - p n_l)^2 / (n_l n_r)`, of `p` positives and `n` rows: one division a candidate.
//! Of equal splits the first feature of the matrix wins, then the lower cut.

use super::bootstrap::bits_of;
use super::rule::Rule;
use super::tally::Tally;
use crate::features::Monotone;
use crate::risk::bins::MISSING;

const CODES: usize = 256;
/// With fewer rows than this, noting which codes occur costs less than looking through all of them.
const SPARSE_ROWS: usize = 256;

/// Features whose histograms are filled in one pass over the rows: enough that additions to the same bin do not wait for
/// each other, few enough that all stay in the innermost cache.
const TOGETHER: usize = 4;

#[derive(Debug, Clone, Copy)]
pub(super) struct Row<const WIDTH: usize> {
    pub codes: [u8; WIDTH],
    pub tally: Tally,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub rule: Rule,
    pub left: Tally,
    gain: f64,
}

/// Finds splits; keeps its histograms, which are empty between calls.
pub(super) struct SplitFinder {
    histograms: Box<[Histogram; TOGETHER]>,
    min_leaf: u32,
    directions: Vec<Monotone>,
}

/// Rows by code, and which codes have any, a bit a code: a place with few rows costs a look at few bins.
#[derive(Clone, Copy)]
struct Histogram {
    tallies: [Tally; CODES],
    occupied: [u64; CODES / 64],
}

impl SplitFinder {
    pub fn new(min_leaf: u32, directions: Vec<Monotone>) -> Self {
        let empty = Histogram { tallies: [Tally::default(); CODES], occupied: [0; CODES / 64] };
        Self { histograms: Box::new([empty; TOGETHER]), min_leaf, directions }
    }

    /// Looks for the best split of the rows, whose sum is `all`, by one of the features, which are in ascending order.
    pub fn find<const WIDTH: usize>(&mut self, rows: &[Row<WIDTH>], all: Tally, features: &[u8]) -> Search {
        let (min_leaf, direction) = (self.min_leaf, Monotone::None);
        let mut search = Search { best: None, are_all_constant: true, all, min_leaf, direction };
        let (fours, rest) = features.as_chunks::<TOGETHER>();
        for four in fours {
            self.look(rows, four, &mut search);
        }
        for feature in rest {
            self.look(rows, &[*feature], &mut search);
        }
        search
    }

    fn look<const WIDTH: usize, const N: usize>(
        &mut self,
        rows: &[Row<WIDTH>],
        features: &[u8; N],
        search: &mut Search,
    ) {
        let is_sparse = rows.len() < SPARSE_ROWS;
        if is_sparse {
            self.fill::<WIDTH, N, true>(rows, features);
        } else {
            self.fill::<WIDTH, N, false>(rows, features);
        }
        for (histogram, feature) in self.histograms.iter_mut().zip(features) {
            if !is_sparse {
                histogram.note_occupied();
            }
            search.direction = self.directions[*feature as usize];
            histogram.scan(*feature, search);
            histogram.clear(is_sparse);
        }
    }

    fn fill<const WIDTH: usize, const N: usize, const NOTES_OCCUPIED: bool>(
        &mut self,
        rows: &[Row<WIDTH>],
        features: &[u8; N],
    ) {
        for row in rows {
            for (histogram, feature) in self.histograms.iter_mut().zip(features) {
                let code = row.codes[*feature as usize] as usize;
                histogram.tallies[code] += row.tally;
                if NOTES_OCCUPIED {
                    histogram.occupied[code / 64] |= 1 << (code % 64);
                }
            }
        }
    }
}

impl Histogram {
    fn note_occupied(&mut self) {
        for (word, tallies) in self.occupied.iter_mut().zip(self.tallies.as_chunks::<64>().0) {
            let bits = tallies.iter().enumerate().map(|(bit, tally)| u64::from(!tally.is_empty()) << bit);
            *word = bits.fold(0, |word, bit| word | bit);
        }
    }

    fn clear(&mut self, is_sparse: bool) {
        if is_sparse {
            for code in set_bits(self.occupied) {
                self.tallies[code] = Tally::default();
            }
        } else {
            self.tallies = [Tally::default(); CODES];
        }
        self.occupied = [0; CODES / 64];
    }

    /// Offers every cut between two bins that hold rows, with the missing on either side; and the missing against the rest.
    fn scan(&self, feature: u8, search: &mut Search) {
        let missing = self.tallies[MISSING as usize];
        let present = search.all - missing;
        let mut left = Tally::default();
        let mut last = None;
        for bin in set_bits(self.occupied).take_while(|code| *code != MISSING as usize) {
            if let Some(last) = last {
                // Half way between the bins that hold rows, for values that training did not see here.
                search.offer_cut(feature, ((last + bin - 1) / 2) as u8, left, missing);
            }
            left += self.tallies[bin];
            search.are_all_constant &= left == present;
            if (search.all - left).total() < search.min_leaf {
                break;
            }
            last = Some(bin);
        }
        if !missing.is_empty() && !present.is_empty() {
            search.are_all_constant = false;
            search.direction = Monotone::None;
            search.offer(Rule { feature, cut: MISSING - 1, is_missing_left: false }, present);
        }
    }
}

fn set_bits(words: [u64; CODES / 64]) -> impl Iterator<Item = usize> {
    words.into_iter().enumerate().flat_map(|(word, bits)| bits_of(bits).map(move |bit| word * 64 + bit))
}

pub(super) struct Search {
    pub best: Option<Split>,
    pub are_all_constant: bool,
    all: Tally,
    min_leaf: u32,
    direction: Monotone,
}

impl Search {
    #[inline]
    fn offer_cut(&mut self, feature: u8, cut: u8, left: Tally, missing: Tally) {
        if missing.is_empty() {
            // No row shows where missing belongs: it goes with the larger part.
            let is_missing_left = left.total() >= (self.all - left).total();
            return self.offer(Rule { feature, cut, is_missing_left }, left);
        }
        self.offer(Rule { feature, cut, is_missing_left: false }, left);
        self.offer(Rule { feature, cut, is_missing_left: true }, left + missing);
    }

    #[inline]
    fn offer(&mut self, rule: Rule, left: Tally) {
        let right = self.all - left;
        if left.total() < self.min_leaf || right.total() < self.min_leaf {
            return;
        }
        let difference = i64::from(left.positives()) * i64::from(self.all.total())
            - i64::from(self.all.positives()) * i64::from(left.total());
        let difference = difference as f64;
        let gain = difference * difference / (f64::from(left.total()) * f64::from(right.total()));
        if self.best.is_none_or(|best| gain > best.gain) && !self.is_against(difference) {
            self.best = Some(Split { rule, left, gain });
        }
    }

    /// Whether a left side with a higher (lower, if negative) share than all rows goes against the direction.
    #[inline]
    fn is_against(&self, left_is_higher_by: f64) -> bool {
        match self.direction {
            Monotone::None => false,
            Monotone::Up => left_is_higher_by > 0.0,
            Monotone::Down => left_is_higher_by < 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn row(codes: [u8; 2], times: u32, is_positive: bool) -> Row<2> {
        Row { codes, tally: Tally::new(times, if is_positive { times } else { 0 }) }
    }

    fn sum<'a>(rows: impl Iterator<Item = &'a Row<2>>) -> Tally {
        rows.fold(Tally::default(), |sum, row| sum + row.tally)
    }

    fn left_of(rows: &[Row<2>], rule: Rule) -> Tally {
        sum(rows.iter().filter(|row| rule.goes_left(row.codes[rule.feature as usize])))
    }

    const FREE: [Monotone; 2] = [Monotone::None; 2];

    fn find(rows: &[Row<2>], min_leaf: u32, directions: [Monotone; 2]) -> Search {
        SplitFinder::new(min_leaf, directions.to_vec()).find(rows, sum(rows.iter()), &[0, 1])
    }

    /// Whether the rule separates only the missing from all others.
    fn only_parts_missing(rule: Rule) -> bool {
        rule.cut == MISSING - 1 && !rule.is_missing_left
    }

    fn is_allowed(rule: Rule, left: Tally, right: Tally, directions: [Monotone; 2]) -> bool {
        match directions[rule.feature as usize] {
            _ if only_parts_missing(rule) => true,
            Monotone::None => true,
            Monotone::Up => left.share() <= right.share(),
            Monotone::Down => left.share() >= right.share(),
        }
    }

    /// Gini impurity times rows.
    fn impurity(tally: Tally) -> f64 {
        2.0 * f64::from(tally.total()) * tally.share() * (1.0 - tally.share())
    }

    /// The lowest impurity times rows that any rule leaves, by trying every rule.
    fn lowest_impurity(rows: &[Row<2>], min_leaf: u32, directions: [Monotone; 2]) -> Option<f64> {
        let all = sum(rows.iter());
        let sides = (0..2).flat_map(|feature| (0..MISSING).map(move |cut| (feature, cut)));
        let rules = sides
            .flat_map(|(feature, cut)| [false, true].map(|is_missing_left| Rule { feature, cut, is_missing_left }));
        let halves = rules.map(|rule| (rule, left_of(rows, rule))).map(|(rule, left)| (rule, left, all - left));
        let large = halves.filter(|(_, left, right)| left.total().min(right.total()) >= min_leaf);
        let allowed = large.filter(|(rule, left, right)| is_allowed(*rule, *left, *right, directions));
        allowed.map(|(_, left, right)| impurity(left) + impurity(right)).min_by(f64::total_cmp)
    }

    #[test]
    fn equally_good_features_and_cuts_go_to_the_first() {
        let rows = [row([0, 0], 1, false), row([5, 5], 1, true), row([9, 9], 1, false)];
        let rule = find(&rows, 1, FREE).best.unwrap().rule;
        assert_eq!((rule.feature, rule.cut), (0, 2), "half way between the bins 0 and 5");
    }

    #[test]
    fn features_that_separate_no_rows_are_constant() {
        let same = [row([3, MISSING], 1, false), row([3, MISSING], 1, true)];
        assert!(find(&same, 1, FREE).are_all_constant);
        let separated_by_missing = [row([3, MISSING], 1, false), row([3, 0], 1, true)];
        assert!(!find(&separated_by_missing, 1, FREE).are_all_constant);
        let too_few_to_split = find(&separated_by_missing, 2, FREE);
        assert!(!too_few_to_split.are_all_constant && too_few_to_split.best.is_none());
    }

    #[test]
    fn a_feature_is_not_split_against_its_direction_but_its_missing_may_be() {
        let falling = [row([1, 0], 4, true), row([5, 0], 4, false)];
        assert_eq!(find(&falling, 1, FREE).best.unwrap().rule.cut, 2);
        let search = find(&falling, 1, [Monotone::Up; 2]);
        assert!(search.best.is_none() && !search.are_all_constant);
        let separated_by_missing = [row([1, 0], 4, true), row([MISSING, 0], 4, false)];
        assert!(only_parts_missing(find(&separated_by_missing, 1, [Monotone::Up; 2]).best.unwrap().rule));
    }

    proptest! {
        /// Few rows and many take different ways through the histograms: repeating the rows must change nothing.
        #[test]
        fn no_rule_leaves_less_impurity_than_the_one_found(
            rows in prop::collection::vec((prop::sample::select(vec![0u8, 1, 2, 7, 200, 254, 255]), 250u8.., 1u32..4, any::<bool>()), 2..40),
            min_leaf in 1u32..12,
            directions in prop::array::uniform2(prop::sample::select(vec![Monotone::Up, Monotone::Down, Monotone::None])),
        ) {
            let rows: Vec<Row<2>> = rows.into_iter().map(|(one, other, times, outcome)| row([one, other], times, outcome)).collect();
            let found = find(&rows, min_leaf, directions).best;
            let lowest = lowest_impurity(&rows, min_leaf, directions);
            prop_assert_eq!(found.is_some(), lowest.is_some());
            if let (Some(found), Some(lowest)) = (found, lowest) {
                let all = sum(rows.iter());
                prop_assert_eq!(left_of(&rows, found.rule), found.left);
                prop_assert!((impurity(found.left) + impurity(all - found.left) - lowest).abs() < 1e-9);
                let many = rows.repeat(SPARSE_ROWS);
                let among_many = find(&many, min_leaf * SPARSE_ROWS as u32, directions).best;
                prop_assert_eq!(among_many.map(|split| split.rule), Some(found.rule));
            }
        }
    }
}
