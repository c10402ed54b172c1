//! Counts of rows and of positives among them, in one word, so that a histogram takes one addition a row.
//!
//! They are whole numbers: a sum is the same in any order, which is why a forest is the same on any number of threads.

use std::ops::{Add, AddAssign, Sub};

/// Rows (upper half) and positives among them (lower half).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::risk) struct Tally(u64);

impl Tally {
    pub fn new(total: u32, positives: u32) -> Self {
        Self(u64::from(total) << 32 | u64::from(positives))
    }

    #[inline(always)]
    pub fn total(self) -> u32 {
        (self.0 >> 32) as u32
    }

    #[inline(always)]
    pub fn positives(self) -> u32 {
        self.0 as u32
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn is_pure(self) -> bool {
        self.positives() == 0 || self.positives() == self.total()
    }

    #[inline(always)]
    pub fn share(self) -> f64 {
        f64::from(self.positives()) / f64::from(self.total())
    }

    /// Whether the share of positives is higher, exactly.
    pub fn has_higher_share_than(self, other: Self) -> bool {
        let crossed = |one: Self, other: Self| u64::from(one.positives()) * u64::from(other.total());
        crossed(self, other) > crossed(other, self)
    }

    pub fn checked_add(self, other: Self) -> Option<Self> {
        let total = self.total().checked_add(other.total())?;
        Some(Self::new(total, self.positives() + other.positives()))
    }
}

impl Add for Tally {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Tally {
    #[inline(always)]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Tally {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}
