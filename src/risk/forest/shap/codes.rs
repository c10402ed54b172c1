//! Sets of codes: which codes of a feature pass the tests on the way to a leaf.

use super::super::bootstrap::bits_of;
use super::super::order::Order;
use super::super::rule::Rule;
use crate::risk::bins::MISSING;

/// Some of the 256 codes, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CodeSet([u64; 4]);

impl CodeSet {
    /// The codes that go left by this rule; of a category, those whose ranks do.
    pub fn left_of(rule: Rule, order: Option<&Order>) -> Self {
        order.map_or_else(|| Self::up_to(rule), |order| Self::of(|code| rule.goes_left(order.rank(code))))
    }

    fn of(has: impl Fn(u8) -> bool) -> Self {
        let word = |word: usize| (0..64).fold(0, |bits, bit| bits | u64::from(has((word * 64 + bit) as u8)) << bit);
        Self(std::array::from_fn(word))
    }

    fn up_to(rule: Rule) -> Self {
        let (last, bit) = (rule.cut as usize / 64, rule.cut as usize % 64);
        let mut words = [0; 4];
        words[..last].fill(u64::MAX);
        words[last] = u64::MAX >> (63 - bit);
        let missing = 1 << (MISSING % 64);
        words[3] = if rule.is_missing_left { words[3] | missing } else { words[3] & !missing };
        Self(words)
    }

    /// The codes that are not among these.
    pub fn others(self) -> Self {
        Self(self.0.map(|word| !word))
    }

    /// The codes that are among both.
    pub fn and(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }

    #[inline]
    pub fn has(self, code: u8) -> bool {
        self.0[code as usize / 64] >> (code % 64) & 1 == 1
    }

    /// The codes above 0 that are in the set where the code below is not, or the other way round; ascending.
    pub fn changes(self) -> impl Iterator<Item = u8> {
        let mut below = self.0[0] & 1;
        let changes = self.0.map(|word| {
            let changes = word ^ (word << 1 | below);
            below = word >> 63;
            changes
        });
        let words = changes.into_iter().enumerate();
        words.flat_map(|(word, bits)| bits_of(bits).map(move |bit| (word * 64 + bit) as u8))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_the_codes_that_walk_left() {
        for cut in 0..MISSING {
            for is_missing_left in [false, true] {
                let rule = Rule { feature: 0, cut, is_missing_left };
                let left = CodeSet::left_of(rule, None);
                assert!((0..=MISSING).all(|code| left.has(code) == rule.goes_left(code)), "{rule:?}");
                assert!((0..=MISSING).all(|code| left.others().has(code) != rule.goes_left(code)), "{rule:?}");
            }
        }
    }

    #[test]
    fn changes_are_where_a_set_begins_and_ends() {
        let left_of = |cut, is_missing_left| CodeSet::left_of(Rule { feature: 0, cut, is_missing_left }, None);
        let changes = |set: CodeSet| set.changes().collect::<Vec<_>>();
        assert_eq!(changes(left_of(63, false)), [64]);
        assert_eq!(changes(left_of(254, false)), [255]);
        assert!(changes(left_of(254, true)).is_empty());
        assert_eq!(changes(left_of(200, true).and(left_of(63, false).others())), [64, 201, 255]);
    }
}
