//! Random draws that are the same, to the last bit, on every machine with IEEE 754 doubles (every 64-bit one). That standard
//! fixes addition, multiplication, division and rounding; `ln`, `exp`, `powf` and `powi` of the standard library differ by
//! system, so the few functions needed are written out below.

use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rand_xoshiro::{SplitMix64, Xoshiro256PlusPlus};

/// What a stream of draws is for: the borrower, the loan and the outcome never share one.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    Borrower = 1,
    Loan = 2,
    Outcome = 3,
    /// How a borrower pays, and who looks after the loans.
    Person = 4,
    /// A loan from its disbursal on, week by week.
    Life = 5,
    /// What the lender's system loses.
    Fault = 6,
    /// Which loans are granted when.
    Flow = 7,
}

/// One stream of draws, the same for the same seed, purpose and number.
#[derive(Debug, Clone)]
pub struct Draws(Xoshiro256PlusPlus);

impl Draws {
    /// The stream of the `number`th borrower or loan, hashed so that neighbouring seeds and numbers are unrelated.
    pub fn new(seed: u64, purpose: Purpose, number: u64) -> Self {
        let key = mix(mix(mix(seed) ^ purpose as u64) ^ number);
        Self(Xoshiro256PlusPlus::seed_from_u64(key))
    }

    /// A whole number in `0..limit`. The bias of the multiplication is under limit / 2^32.
    pub fn below(&mut self, limit: u32) -> u32 {
        (((self.0.next_u64() >> 32) * u64::from(limit)) >> 32) as u32
    }

    /// A number in `low..high`, uniform.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        let unit = (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        low + (high - low) * unit
    }

    pub fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy, const N: usize>(&mut self, choices: [(T, u32); N]) -> T {
        let mut left = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for (choice, weight) in choices {
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        choices[N - 1].0
    }

    /// Mean 0, standard deviation 1, near normal within ±6: the sum of twelve uniform numbers (Irwin-Hall), which needs
    /// no logarithm.
    pub fn normal(&mut self) -> f64 {
        let sixteen_bits = |word: u64| (0..4).map(|part| (word >> (16 * part)) & 0xFFFF).sum::<u64>();
        let sum: u64 = (0..3).map(|_| sixteen_bits(self.0.next_u64())).sum();
        (sum as f64 - 6.0 * 65_535.0) / 65_536.0
    }
}

fn mix(word: u64) -> u64 {
    SplitMix64::seed_from_u64(word).next_u64()
}

/// e to the power of `x`, for |x| up to 700: a power of two times the Taylor series of what is left.
pub fn exp(x: f64) -> f64 {
    let twos = (x / std::f64::consts::LN_2).round().clamp(-1000.0, 1000.0);
    let rest = x - twos * std::f64::consts::LN_2;
    let series = (1..=13).rev().fold(1.0, |sum, term| 1.0 + sum * rest / f64::from(term));
    series * f64::from_bits(((twos as i64 + 1023) as u64) << 52)
}

pub fn power(mut base: f64, mut exponent: u32) -> f64 {
    let mut product = 1.0;
    while exponent > 0 {
        if exponent & 1 == 1 {
            product *= base;
        }
        base *= base;
        exponent >>= 1;
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_and_power_agree_with_the_standard_library() {
        for step in -400..400 {
            let x = f64::from(step) / 20.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-13, "exp({x})");
        }
        for exponent in [0, 1, 12, 72, 240] {
            let expected = 1.0075_f64.powf(f64::from(exponent));
            assert!((power(1.0075, exponent) / expected - 1.0).abs() < 1e-12, "power {exponent}");
        }
    }

    #[test]
    fn a_normal_draw_has_mean_zero_and_deviation_one() {
        let mut draws = Draws::new(1, Purpose::Loan, 1);
        let values: Vec<f64> = (0..100_000).map(|_| draws.normal()).collect();
        let mean = values.iter().sum::<f64>() / 1e5;
        let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / 1e5;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "mean {mean}, variance {variance}");
    }

    #[test]
    fn streams_of_neighbours_share_nothing() {
        let first = |seed, purpose, number| Draws::new(seed, purpose, number).below(u32::MAX);
        let mut starts: Vec<u32> =
            (0..40).flat_map(|seed| (0..40).map(move |number| first(seed, Purpose::Loan, number))).collect();
        starts.extend((0..40).map(|number| first(0, Purpose::Outcome, number)));
        starts.sort_unstable();
        starts.dedup();
        assert!(starts.len() >= 1638, "{} different of 1640", starts.len());
    }
}
