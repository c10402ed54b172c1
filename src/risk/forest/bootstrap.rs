//! Each tree's own stream of random numbers, and the rows that it draws.
//!
//! Tree `i` takes its seed from the `i`-th number of a SplitMix64 stream (Steele, Lea and Flood, OOPSLA 2014) that starts
//! at the forest's seed, so no tree depends on which thread grew the one before.

use crate::risk::clusters::{Clusters, Members};
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

const SPLIT_MIX_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

pub(in crate::risk) struct TreeRandom(Xoshiro256PlusPlus);

impl TreeRandom {
    pub fn new(seed: u64, tree: usize) -> Self {
        let state = seed.wrapping_add(SPLIT_MIX_STEP.wrapping_mul(tree as u64));
        let seed_of_tree = SplitMix64::from_seed(state.to_le_bytes()).next_u64();
        Self(Xoshiro256PlusPlus::seed_from_u64(seed_of_tree))
    }

    /// A number below `bound`: the upper half of a product, whose bias is under `bound / 2^64`.
    #[inline]
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u32
    }

    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// What every tree draws its rows from, with replacement.
pub(super) enum Draws {
    Together {
        draws: u32,
    },
    Apart([(Vec<u32>, u32); 2]),
    /// The same where borrowers have several rows: borrowers are drawn, each with its rows of the kind, until there are this
    /// many rows. No row of a borrower that was drawn is out of bag.
    ByBorrower {
        kinds: Vec<(Members, u32)>,
        of_row: Clusters,
        rows: Members,
    },
}

#[derive(Debug, Clone)]
pub(super) struct InBag(Vec<u64>);

impl InBag {
    /// Draws rows, and leaves in `times` how often each was drawn.
    ///
    /// `times` must be as long as there are rows, and all zero.
    pub fn draw(random: &mut TreeRandom, draws: &Draws, times: &mut [u32]) -> Self {
        let mut bits = vec![0u64; times.len().div_ceil(64)];
        let all = times.len() as u32;
        let mark = |bits: &mut [u64], row: usize| bits[row / 64] |= 1 << (row % 64);
        let mut note = |row: u32| {
            times[row as usize] += 1;
            mark(&mut bits, row as usize);
        };
        match draws {
            Draws::Together { draws } => (0..*draws).for_each(|_| note(random.below(all))),
            Draws::Apart(kinds) => {
                for (rows, draws) in kinds {
                    (0..*draws).for_each(|_| note(rows[random.below(rows.len() as u32) as usize]));
                }
            }
            Draws::ByBorrower { kinds, of_row, rows } => {
                for (members, draws) in kinds {
                    let mut left = *draws as usize;
                    while left > 0 {
                        let drawn = members.of(random.below(members.count() as u32) as usize);
                        let drawn = &drawn[..drawn.len().min(left)];
                        drawn.iter().for_each(|row| times[*row as usize] += 1);
                        let borrower = of_row.of_loan(drawn[0] as usize);
                        rows.of(borrower).iter().for_each(|row| mark(&mut bits, *row as usize));
                        left -= drawn.len();
                    }
                }
            }
        }
        Self(bits)
    }

    pub fn contains(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }

    /// The rows in the bag, ascending; where borrowers are drawn, some of theirs were not drawn themselves.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(word, bits)| bits_of(*bits).map(move |bit| word * 64 + bit))
    }

    /// Those of the rows from `start` (a multiple of 64) to `end` that were not drawn, counted from `start`.
    pub fn rows_left_out(&self, start: usize, end: usize) -> impl Iterator<Item = u32> + '_ {
        debug_assert!(start.is_multiple_of(64), "chunks are whole words");
        let words = self.0[start / 64..end.div_ceil(64)].iter().enumerate();
        let places = words.flat_map(|(word, bits)| bits_of(!bits).map(move |bit| (word * 64 + bit) as u32));
        places.take_while(move |place| (*place as usize) < end - start)
    }
}

#[inline]
pub(super) fn bits_of(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(bit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrower_is_in_the_bag_with_all_loans_or_with_none() {
        // Borrowers of one to five loans; every third loan is positive.
        let keys: Vec<u64> = (0..300u64).flat_map(|key| vec![key; 1 + key as usize % 5]).collect();
        let clusters = Clusters::of(&keys);
        let rows = clusters.members(|_| true);
        let of_kind = |kind: bool| clusters.members(|row| (row % 3 == 0) == kind);
        for kinds in [vec![(rows.clone(), 900)], vec![(of_kind(true), 400), (of_kind(false), 500)]] {
            let apart = kinds.len() == 2;
            let draws = Draws::ByBorrower { kinds, of_row: clusters.clone(), rows: rows.clone() };
            let mut times = vec![0; keys.len()];
            let bag = InBag::draw(&mut TreeRandom::new(7, 1), &draws, &mut times);
            assert_eq!(times.iter().sum::<u32>(), 900, "as many draws as were asked for");
            for row in 0..keys.len() {
                let of_borrower = || (0..keys.len()).filter(|other| keys[*other] == keys[row]);
                assert_eq!(bag.contains(row), of_borrower().any(|other| times[other] > 0));
            }
            if apart {
                assert_eq!((0..keys.len()).filter(|row| row % 3 == 0).map(|row| times[row]).sum::<u32>(), 400);
            }
            let out = (0..keys.len()).filter(|row| !bag.contains(*row)).count() as f64 / keys.len() as f64;
            assert!((0.1..0.5).contains(&out), "{out} are out of bag");
        }
    }
}
