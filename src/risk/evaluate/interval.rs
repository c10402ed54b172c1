//! Estimates with the ends of their 95 % intervals: proportions, and differences of two estimates.
//!
//! Proportions have Wilson's interval, which stays within 0 to 1 and keeps its promise for few loans, and differences
//! have Newcombe's, made of the ends of the two. An interval is never given where there is nothing to estimate from.

use serde::{Deserialize, Serialize};

pub(crate) const Z_95: f64 = 1.959_963_984_540_054;

/// An estimate and the ends of its interval; 95 % unless its giver says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub value: f64,
    pub lower: f64,
    pub upper: f64,
}

impl Interval {
    pub fn of_error(value: f64, standard_error: f64) -> Self {
        let margin = Z_95 * standard_error;
        Self { value, lower: value - margin, upper: value + margin }
    }

    pub fn clamped(self, lowest: f64, highest: f64) -> Self {
        Self { lower: self.lower.max(lowest), upper: self.upper.min(highest), ..self }
    }

    pub fn moved(self, by: f64) -> Self {
        Self { value: self.value + by, lower: self.lower + by, upper: self.upper + by }
    }

    pub fn contains(&self, value: f64) -> bool {
        (self.lower..=self.upper).contains(&value)
    }
}

/// The share `count / of` with its 95 % score interval (Wilson, Journal of the American Statistical Association 22, 1927);
/// `None` of nothing.
pub fn wilson(count: u64, of: u64) -> Option<Interval> {
    (of > 0).then(|| wilson_of(count as f64 / of as f64, of as f64, Z_95))
}

pub(crate) fn wilson_of(share: f64, total: f64, z: f64) -> Interval {
    let middle = share + z * z / (2.0 * total);
    let margin = z * (share * (1.0 - share) / total + (z / (2.0 * total)).powi(2)).sqrt();
    let scale = 1.0 + z * z / total;
    // The ends of "none" and "all" are 0 and 1 but for rounding.
    let lower = if share == 0.0 { 0.0 } else { (middle - margin) / scale };
    let upper = if share == 1.0 { 1.0 } else { (middle + margin) / scale };
    Interval { value: share, lower, upper }
}

/// `one - other` of two independent estimates, its ends by squaring and adding theirs (Newcombe, Statistics in Medicine 17,
/// 1998, method 10, where both have Wilson's interval; in general Zou and Donner, Statistics in Medicine 27, 2008).
pub fn difference(one: Interval, other: Interval) -> Interval {
    let value = one.value - other.value;
    let below = (one.value - one.lower).hypot(other.upper - other.value);
    let above = (one.upper - one.value).hypot(other.value - other.lower);
    Interval { value, lower: value - below, upper: value + above }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(interval: Interval, lower: f64, upper: f64) {
        assert!((interval.lower - lower).abs() < 5e-5 && (interval.upper - upper).abs() < 5e-5, "{interval:?}");
    }

    #[test]
    fn shares_have_the_published_intervals() {
        // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3.
        close(wilson(81, 263).unwrap(), 0.2553, 0.3662);
        close(wilson(15, 148).unwrap(), 0.0624, 0.1605);
        close(wilson(0, 20).unwrap(), 0.0, 0.1611);
        close(wilson(1, 29).unwrap(), 0.0061, 0.1718);
        assert_eq!(wilson(20, 20).unwrap().upper, 1.0);
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn differences_have_the_published_intervals() {
        // Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
        let shares =
            |one, of_one, other, of_other| difference(wilson(one, of_one).unwrap(), wilson(other, of_other).unwrap());
        close(shares(56, 70, 48, 80), 0.0524, 0.3339);
        close(shares(9, 10, 3, 10), 0.1705, 0.8090);
        close(shares(10, 10, 0, 20), 0.6791, 1.0);
    }
}
