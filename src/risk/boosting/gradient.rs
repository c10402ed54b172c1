//! Gradient and curvature of a loan's log loss, in one whole number: a sum is the same in any order.
//!
//! Both are kept in 32,768ths, an error of at most 0.000015 a loan, which the trees that follow mend.

use std::ops::{Add, AddAssign, Sub};

const SCALE: f64 = 32_768.0;
/// A gradient is at most 1, and the sum of this many stays within its 32 bits.
pub const MOST_ROWS: u32 = 65_000;

/// The gradient (upper half, either sign) and the curvature (lower half, never negative) of some loans.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Gradient(i64);

impl Gradient {
    #[inline]
    pub fn of(probability: f64, is_positive: bool) -> Self {
        let curvature = probability * (1.0 - probability);
        // Rounded to the nearest, by cutting off what is above a half more; both are brought above zero for that.
        let gradient = (probability * SCALE + 0.5) as i64 - if is_positive { SCALE as i64 } else { 0 };
        Self((gradient << 32) + (curvature * SCALE + 0.5) as i64)
    }

    #[inline(always)]
    pub fn gradient(self) -> f64 {
        ((self.0 - self.low()) >> 32) as f64 / SCALE
    }

    #[inline(always)]
    pub fn curvature(self) -> f64 {
        self.low() as f64 / SCALE
    }

    pub fn is_nothing(self) -> bool {
        self.0 == 0
    }

    #[inline(always)]
    fn low(self) -> i64 {
        i64::from(self.0 as u32)
    }
}

impl Add for Gradient {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Gradient {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Gradient {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_keep_gradient_and_curvature_apart_whatever_their_signs() {
        for (probability, is_positive) in [(0.25, true), (0.75, false), (0.5, true), (0.0, true), (1.0, false)] {
            let one = Gradient::of(probability, is_positive);
            let all = (0..MOST_ROWS).fold(Gradient::default(), |sum, _| sum + one);
            let gradient = f64::from(MOST_ROWS) * (probability - f64::from(u8::from(is_positive)));
            let curvature = f64::from(MOST_ROWS) * probability * (1.0 - probability);
            assert_eq!((all.gradient(), all.curvature()), (gradient, curvature));
            assert!((all - all).is_nothing());
        }
    }
}
