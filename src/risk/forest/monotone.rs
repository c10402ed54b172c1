//! Leaf values nearest to their shares that keep every direction: of two comparable leaves the riskier is not the lower.
//!
//! Leaves are relabelled after growth (van de Kamp and others, IDA 2009) by pooling (Burdakov and others, 2006); bounds while
//! growing, as in LightGBM, bind leaves that no loan can compare. Missing is only compared with missing.

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

#[derive(Debug, Clone, Copy)]
struct Directions {
    is_up: [u8; LANES],
    is_down: [u8; LANES],
}

#[derive(Debug, Clone)]
pub(super) struct Region(Vec<Ranges>);

impl Region {
    pub fn whole(features: usize) -> Self {
        let all =
            Ranges { low: [0; LANES], high: [MISSING - 1; LANES], has_values: [YES; LANES], has_missing: [YES; LANES] };
        Self(vec![all; features.div_ceil(LANES)])
    }

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

fn in_lanes(directions: &[Monotone]) -> Vec<Directions> {
    let of_lanes = |directions: &[Monotone]| {
        let marks = |wanted: Monotone| std::array::from_fn(|lane| mask(directions.get(lane) == Some(&wanted)));
        Directions { is_up: marks(Monotone::Up), is_down: marks(Monotone::Down) }
    };
    directions.chunks(LANES).map(of_lanes).collect()
}

#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub place: u32,
    pub region: Region,
    pub tally: Tally,
}

struct Pool {
    leaves: Vec<usize>,
    tally: Tally,
    below: Vec<u64>,
}

/// A value for each of the leaves, ordered so that none can rise to one before it.
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
