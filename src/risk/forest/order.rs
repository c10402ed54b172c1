//! Categories as ranks by each tree's own share of positives, so that ordinary cuts split them (Wright and König, PeerJ 7:e6339).
//!
//! Shares are drawn towards the tree's base rate, lest a level of one row come first or last; an unseen level has that rate.

use serde::{Deserialize, Serialize};

use super::tally::Tally;
use crate::risk::RiskError;
use crate::risk::bins::MOST_BINS;

const SMOOTHING_ROWS: f64 = 10.0;

const CODES: usize = 256;

/// Where one tree ranks the levels of one category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::risk) struct Order {
    feature: u8,
    ranks: Box<[u8; CODES]>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::risk) struct StoredOrder {
    pub feature: u8,
    pub ranks: Vec<u8>,
}

impl Order {
    /// Ranks this many levels by the rows of the bag, each a code and its tally; equal shares keep the order of their codes.
    pub fn learn(feature: u8, levels: usize, rows: impl Iterator<Item = (u8, Tally)>) -> Self {
        let (mut of_code, mut all) = ([Tally::default(); CODES], Tally::default());
        for (code, tally) in rows {
            of_code[code as usize] += tally;
            all += tally;
        }
        let share = |code: u8| {
            let tally = of_code[code as usize];
            (f64::from(tally.positives()) + SMOOTHING_ROWS * all.share()) / (f64::from(tally.total()) + SMOOTHING_ROWS)
        };
        let mut codes: Vec<u8> = (0..levels.min(MOST_BINS)).map(|code| code as u8).collect();
        codes.sort_by(|one, other| share(*one).total_cmp(&share(*other)));
        let mut ranks = identity();
        for (rank, code) in codes.into_iter().enumerate() {
            ranks[code as usize] = rank as u8;
        }
        Self { feature, ranks }
    }

    pub fn feature(&self) -> u8 {
        self.feature
    }

    pub fn rank(&self, code: u8) -> u8 {
        self.ranks[code as usize]
    }

    pub fn to_stored(&self, levels: usize) -> StoredOrder {
        StoredOrder { feature: self.feature, ranks: self.ranks[..levels].to_vec() }
    }

    /// # Errors
    /// [`RiskError::DamagedModel`] when the ranks are not those of this many levels, each once.
    pub fn from_stored(stored: &StoredOrder, levels: usize) -> Result<Self, RiskError> {
        let mut is_taken = [false; CODES];
        stored.ranks.iter().for_each(|rank| is_taken[*rank as usize] = true);
        if stored.ranks.len() != levels || !is_taken[..levels].iter().all(|is_taken| *is_taken) {
            return Err(RiskError::DamagedModel("a category with impossible ranks"));
        }
        let mut ranks = identity();
        ranks[..levels].copy_from_slice(&stored.ranks);
        Ok(Self { feature: stored.feature, ranks })
    }
}

fn identity() -> Box<[u8; CODES]> {
    Box::new(std::array::from_fn(|code| code as u8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::bins::MISSING;

    fn rows(of_levels: &[(u8, u32, u32)]) -> impl Iterator<Item = (u8, Tally)> {
        of_levels.iter().map(|(code, total, positives)| (*code, Tally::new(*total, *positives)))
    }

    #[test]
    fn levels_stand_by_their_share_and_the_unseen_at_the_base_rate() {
        let order = Order::learn(3, 5, rows(&[(0, 100, 90), (1, 100, 10), (2, 100, 50), (MISSING, 10, 5)]));
        // Levels 3 and 4 are not in the bag; the base rate is 0.5, as is the share of level 2, and equal ones keep their order.
        assert_eq!([0, 1, 2, 3, 4].map(|code| order.rank(code)), [4, 0, 1, 2, 3]);
        assert_eq!(order.rank(MISSING), MISSING);
    }

    #[test]
    fn a_level_of_one_row_stands_between_those_of_many() {
        let order = Order::learn(0, 3, rows(&[(0, 1, 1), (1, 100, 70), (2, 100, 30)]));
        assert_eq!([2, 0, 1].map(|code| order.rank(code)), [0, 1, 2]);
    }

    #[test]
    fn as_many_levels_as_bins_are_ranked() {
        let order = Order::learn(0, 255, (0..=254).map(|code| (code, Tally::new(1000, 254 - u32::from(code)))));
        assert!((0..=254).all(|code| order.rank(code) == 254 - code));
    }

    #[test]
    fn stored_ranks_are_each_level_once() {
        let order = Order::learn(2, 3, rows(&[(0, 9, 9), (1, 9, 1), (2, 9, 5)]));
        let stored = order.to_stored(3);
        assert_eq!(stored.ranks, [2, 0, 1]);
        assert_eq!(Order::from_stored(&stored, 3).unwrap(), order);
        for (ranks, levels) in [(vec![2, 0, 1], 4), (vec![0, 0, 1], 3), (vec![3, 0, 1], 3), (vec![0, 1], 1)] {
            assert!(Order::from_stored(&StoredOrder { feature: 2, ranks }, levels).is_err());
        }
    }
}
