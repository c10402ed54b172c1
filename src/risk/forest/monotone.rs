//! What makes a tree monotone: its leaves get the values nearest to their shares that keep every direction.
//!
//! Splits against the direction of their feature are not taken, but two leaves far apart in the tree may still stand in the
//! wrong order. So, once a tree is grown, each leaf is held against all others: where a loan of the one could become a
//! loan of the other by moves that may only raise the risk, its value may not be the higher one. Values that keep this order
//! and are near the shares are found by pooling leaves, each by its rows, from the lowest on (the relabelling of
//! van de Kamp, Feelders and Barile, "Isotonic Classification Trees", IDA 2009; the pooling of Burdakov, Sysoev, Grimvall
//! and Hussian, "An O(n²) Algorithm for Isotonic Regression", 2006). A tree so made is monotone in each feature whatever
//! the others are, hence so is the forest. Pooling keeps sums, so the mean score stays where it was; bounds that are set while
//! a tree grows (the "basic" method of LightGBM and XGBoost) bind leaves that no loan can compare, and cost accuracy.
//!
//! A missing value has no place in the order: it is only ever compared with a missing one.

use super::prior::Prior;
use super::rule::Rule;
use super::tally::Tally;
use crate::features::Monotone;
use crate::risk::bins::MISSING;

/// Features that are compared side by side, in one register of the processor.
const LANES: usize = 16;
const YES: u8 = u8::MAX;

/// The codes that lead to a place, by feature: those of values from `low` to `high`, and whether there are any; and whether
/// missing does. Places beyond the features hold all codes.
#[derive(Debug, Clone, Copy)]
struct Ranges {
    low: [u8; LANES],
    high: [u8; LANES],
    has_values: [u8; LANES],
    has_missing: [u8; LANES],
}

/// Which way the risk may go by each of these features.
#[derive(Debug, Clone, Copy)]
struct Directions {
    is_up: [u8; LANES],
    is_down: [u8; LANES],
}

/// The codes that lead to a place.
#[derive(Debug, Clone)]
pub(super) struct Region(Vec<Ranges>);

impl Region {
    /// All codes of so many features.
    pub fn whole(features: usize) -> Self {
        let all =
            Ranges { low: [0; LANES], high: [MISSING - 1; LANES], has_values: [YES; LANES], has_missing: [YES; LANES] };
        Self(vec![all; features.div_ceil(LANES)])
    }

    /// What goes left and what goes right.
    pub fn parted(&self, rule: Rule) -> [Self; 2] {
        let (mut left, mut right) = (self.clone(), self.clone());
        let (block, lane) = (rule.feature as usize / LANES, rule.feature as usize % LANES);
        let (to_left, to_right) = (&mut left.0[block], &mut right.0[block]);
        to_left.high[lane] = to_left.high[lane].min(rule.cut);
        to_left.has_missing[lane] &= mask(rule.is_missing_left);
        to_right.low[lane] = to_right.low[lane].max(rule.cut + 1);
        to_right.has_missing[lane] &= mask(!rule.is_missing_left);
        for side in [to_left, to_right] {
            side.has_values[lane] = mask(side.low[lane] <= side.high[lane]);
        }
        [left, right]
    }

    /// Whether a loan here could become one there by moves of which none may lower the risk.
    fn can_rise_to(&self, other: &Self, directions: &[Directions]) -> bool {
        let mut ranges = self.0.iter().zip(&other.0).zip(directions);
        ranges.all(|((one, other), directions)| one.can_rise_to(other, directions))
    }
}

impl Ranges {
    #[inline]
    fn can_rise_to(&self, other: &Self, directions: &Directions) -> bool {
        let mut all = YES;
        for lane in 0..LANES {
            let is_not_below = mask(self.low[lane] <= other.high[lane]) | directions.is_down[lane];
            let is_not_above = mask(other.low[lane] <= self.high[lane]) | directions.is_up[lane];
            let by_value = self.has_values[lane] & other.has_values[lane] & is_not_below & is_not_above;
            all &= by_value | (self.has_missing[lane] & other.has_missing[lane]);
        }
        all == YES
    }
}

#[inline(always)]
fn mask(is_so: bool) -> u8 {
    0u8.wrapping_sub(u8::from(is_so))
}

/// The directions in lanes, those beyond the features free.
fn in_lanes(directions: &[Monotone]) -> Vec<Directions> {
    let of_lanes = |directions: &[Monotone]| {
        let marks = |wanted: Monotone| std::array::from_fn(|lane| mask(directions.get(lane) == Some(&wanted)));
        Directions { is_up: marks(Monotone::Up), is_down: marks(Monotone::Down) }
    };
    directions.chunks(LANES).map(of_lanes).collect()
}

/// A leaf that is to be held against the others.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub place: u32,
    pub region: Region,
    pub tally: Tally,
}

/// Leaves that share one value.
struct Pool {
    leaves: Vec<usize>,
    tally: Tally,
    /// The leaves that may not be higher, a bit each.
    below: Vec<u64>,
}

/// A value for each of the leaves, which stand so that none can rise to one before it.
pub(super) fn values(leaves: &[Leaf], directions: &[Monotone], prior: Prior) -> Vec<f32> {
    let words = leaves.len().div_ceil(64);
    let directions = in_lanes(directions);
    let mut pools: Vec<Option<Pool>> = Vec::with_capacity(leaves.len());
    let mut pool_of: Vec<usize> = Vec::with_capacity(leaves.len());
    for (number, leaf) in leaves.iter().enumerate() {
        let mut below = vec![0u64; words];
        for (other, lower) in leaves[..number].iter().enumerate() {
            below[other / 64] |= u64::from(lower.region.can_rise_to(&leaf.region, &directions)) << (other % 64);
        }
        let mut pool = Pool { leaves: vec![number], tally: leaf.tally, below };
        while let Some(higher) = pool.highest_above_it(&pools, &pool_of).and_then(|other| pools[other].take()) {
            pool.absorb(higher);
        }
        pool_of.push(number);
        pool.leaves.iter().for_each(|leaf| pool_of[*leaf] = number);
        pools.push(Some(pool));
    }
    let mut values = vec![0.0; leaves.len()];
    for pool in pools.into_iter().flatten() {
        let value = prior.value(pool.tally);
        pool.leaves.iter().for_each(|leaf| values[*leaf] = value);
    }
    values
}

impl Pool {
    /// Of the pools that may not be higher, the highest that is.
    fn highest_above_it(&self, pools: &[Option<Pool>], pool_of: &[usize]) -> Option<usize> {
        let mut highest = None;
        let mut most = self.tally;
        for (word, bits) in self.below.iter().enumerate() {
            for bit in super::bootstrap::bits_of(*bits) {
                let number = pool_of[word * 64 + bit];
                if let Some(pool) = &pools[number]
                    && pool.tally.has_higher_share_than(most)
                {
                    (highest, most) = (Some(number), pool.tally);
                }
            }
        }
        highest
    }

    fn absorb(&mut self, other: Self) {
        self.leaves.extend(other.leaves);
        self.tally += other.tally;
        self.below.iter_mut().zip(other.below).for_each(|(one, other)| *one |= other);
    }
}
