//! The paired bootstrap by borrower of the mean errors of several scores (Efron and Tibshirani, 1993).
//!
//! Above a thousand borrowers, random blocks of them are drawn: the spread is the same, known from a thousand blocks within
//! about 2 %, at two million additions a score.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use crate::risk::clusters::Clusters;
use crate::risk::evaluate::Interval;

pub(super) const RESAMPLES: usize = 2_000;
const MOST_BLOCKS: usize = 1_000;
/// Resamples drawn from one stream of random numbers. Streams do not overlap, and none depends on a thread.
const DRAWN_TOGETHER: usize = 100;
const BEYOND: usize = RESAMPLES / 40;

/// The mean error of each of `SCORES` scores, in the book and in each resample.
pub(super) struct MeanErrors<const SCORES: usize> {
    in_book: [f64; SCORES],
    in_resamples: Vec<[f64; SCORES]>,
}

#[derive(Clone, Copy)]
struct Block<const SCORES: usize> {
    loans: f64,
    errors: [f64; SCORES],
}

impl<const SCORES: usize> Block<SCORES> {
    const EMPTY: Self = Self { loans: 0.0, errors: [0.0; SCORES] };

    #[inline]
    fn add(&mut self, other: &Self) {
        self.loans += other.loans;
        for (sum, error) in self.errors.iter_mut().zip(&other.errors) {
            *sum += error;
        }
    }

    fn mean(&self) -> [f64; SCORES] {
        self.errors.map(|sum| sum / self.loans)
    }
}

impl<const SCORES: usize> MeanErrors<SCORES> {
    /// Resamples the loans by borrower, given the errors of all scores on each; there must be one loan at least.
    pub fn resampled(errors: &[[f64; SCORES]], borrowers: &Clusters, seed: u64) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        let blocks = dealt(&of_borrowers(errors, borrowers), &mut random);
        let mut whole = Block::EMPTY;
        blocks.iter().for_each(|block| whole.add(block));
        let mut streams = Vec::with_capacity(RESAMPLES / DRAWN_TOGETHER);
        for _ in 0..RESAMPLES / DRAWN_TOGETHER {
            random.jump();
            streams.push(random.clone());
        }
        let draw = |mut random: Xoshiro256PlusPlus| -> Vec<[f64; SCORES]> {
            (0..DRAWN_TOGETHER).map(|_| resample(&blocks, &mut random)).collect()
        };
        let in_resamples: Vec<Vec<[f64; SCORES]>> = streams.into_par_iter().map(draw).collect();
        Self { in_book: whole.mean(), in_resamples: in_resamples.concat() }
    }

    pub fn difference(&self, one: usize, other: usize) -> Interval {
        let mut differences = self.differences(one, other);
        differences.sort_unstable_by(f64::total_cmp);
        let (lower, upper) = (differences[BEYOND - 1], differences[RESAMPLES - BEYOND]);
        Interval { value: self.in_book[one] - self.in_book[other], lower, upper }
    }

    pub fn standard_error(&self, one: usize, other: usize) -> f64 {
        let differences = self.differences(one, other);
        let mean = differences.iter().sum::<f64>() / RESAMPLES as f64;
        let squares: f64 = differences.iter().map(|difference| (difference - mean).powi(2)).sum();
        (squares / (RESAMPLES - 1) as f64).sqrt()
    }

    fn differences(&self, one: usize, other: usize) -> Vec<f64> {
        self.in_resamples.iter().map(|means| means[one] - means[other]).collect()
    }
}

fn of_borrowers<const SCORES: usize>(errors: &[[f64; SCORES]], borrowers: &Clusters) -> Vec<Block<SCORES>> {
    let mut blocks = vec![Block::EMPTY; borrowers.count()];
    for (loan, errors) in errors.iter().enumerate() {
        blocks[borrowers.of_loan(loan)].add(&Block { loans: 1.0, errors: *errors });
    }
    blocks
}

fn dealt<const SCORES: usize>(borrowers: &[Block<SCORES>], random: &mut Xoshiro256PlusPlus) -> Vec<Block<SCORES>> {
    let a_block = borrowers.len().div_ceil(MOST_BLOCKS);
    let mut order: Vec<u32> = (0..borrowers.len() as u32).collect();
    if a_block > 1 {
        for place in (1..order.len()).rev() {
            order.swap(place, below(random.next_u64() as u32, place + 1));
        }
    }
    let mut blocks = vec![Block::EMPTY; borrowers.len().div_ceil(a_block)];
    for (place, borrower) in order.into_iter().enumerate() {
        let block = place % blocks.len();
        blocks[block].add(&borrowers[borrower as usize]);
    }
    blocks
}

/// The mean errors of as many blocks as there are, drawn with replacement, two with each random number.
fn resample<const SCORES: usize>(blocks: &[Block<SCORES>], random: &mut Xoshiro256PlusPlus) -> [f64; SCORES] {
    let mut sum = Block::EMPTY;
    for _ in 0..blocks.len() / 2 {
        let number = random.next_u64();
        sum.add(&blocks[below(number as u32, blocks.len())]);
        sum.add(&blocks[below((number >> 32) as u32, blocks.len())]);
    }
    if blocks.len() % 2 == 1 {
        sum.add(&blocks[below(random.next_u64() as u32, blocks.len())]);
    }
    sum.mean()
}

/// A number below `bound` from 32 random bits: the upper half of a product, whose bias is under `bound / 2^32`.
#[inline]
fn below(bits: u32, bound: usize) -> usize {
    ((u64::from(bits) * bound as u64) >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::risk::evaluate::interval::Z_95;

    /// Numbers from 0 to 1 without pattern.
    fn noise(seed: u64, count: usize) -> Vec<f64> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..count).map(|_| random.next_u64() as f64 / u64::MAX as f64).collect()
    }

    /// Two errors that share their noise, and differ by less noise of their own.
    fn paired(count: usize) -> Vec<[f64; 2]> {
        let pair = |(shared, own): (f64, f64)| [shared + 0.1 * own, shared];
        noise(1, count).into_iter().zip(noise(2, count)).map(pair).collect()
    }

    #[test]
    fn the_spread_of_a_difference_is_that_of_the_central_limit_theorem_in_loans_and_in_blocks() {
        for count in [700, 40_003] {
            let errors = MeanErrors::resampled(&paired(count), &Clusters::single(count), 5);
            // 0.1 times a uniform number has mean 0.05 and variance 0.01 / 12.
            let expected = (0.01 / 12.0 / count as f64).sqrt();
            let error = errors.standard_error(0, 1);
            assert!((error / expected - 1.0).abs() < 0.1, "{count} loans: {error} for {expected}");
            let difference = errors.difference(0, 1);
            assert!((difference.value - 0.05).abs() < 4.0 * expected);
            let width = (difference.upper - difference.lower) / (2.0 * Z_95);
            assert!((width / expected - 1.0).abs() < 0.15, "{count} loans: {width} for {expected}");
            assert!(difference.contains(difference.value));
        }
    }

    #[test]
    fn blocks_are_a_thousand_at_most_and_of_one_size_or_one_less() {
        for count in [1, 2, 999, 1_000, 1_001, 1_999, 75_013] {
            let blocks =
                dealt(&vec![Block { loans: 1.0, errors: [1.0] }; count], &mut Xoshiro256PlusPlus::seed_from_u64(3));
            assert!(
                blocks.len() <= MOST_BLOCKS && blocks.len() * 2 > count.min(MOST_BLOCKS),
                "{} blocks",
                blocks.len()
            );
            assert_eq!(blocks.iter().map(|block| block.errors[0]).sum::<f64>(), count as f64);
            let most = blocks.iter().map(|block| block.loans).fold(0.0, f64::max);
            assert!(blocks.iter().all(|block| block.loans == most || block.loans == most - 1.0));
        }
    }

    #[test]
    fn the_seed_fixes_every_bit() {
        let lower = |seed| MeanErrors::resampled(&paired(3_000), &Clusters::single(3_000), seed).difference(0, 1).lower;
        assert_eq!(lower(7).to_bits(), lower(7).to_bits());
        assert_ne!(lower(7).to_bits(), lower(8).to_bits());
    }

    #[test]
    fn loans_of_one_borrower_that_go_alike_count_as_one() {
        // Five times the same pair of errors: the spread is that of a fifth as many.
        for borrowers in [300, 4_000] {
            let few = paired(borrowers);
            let many: Vec<[f64; 2]> = (0..5 * borrowers).map(|loan| few[loan / 5]).collect();
            let keys: Vec<u64> = (0..5 * borrowers as u64).map(|loan| loan / 5).collect();
            let error = |errors: &[[f64; 2]], of: &Clusters| MeanErrors::resampled(errors, of, 5).standard_error(0, 1);
            let of_few = error(&few, &Clusters::single(borrowers));
            assert!((error(&many, &Clusters::of(&keys)) / of_few - 1.0).abs() < 0.1);
            assert!((error(&many, &Clusters::single(many.len())) / of_few - 0.2f64.sqrt()).abs() < 0.1);
        }
    }
}
