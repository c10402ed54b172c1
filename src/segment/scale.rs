//! The traits on one scale: the logarithm of amounts of money, limited to the middle 98 %, then standardised. The segments keep
//! the scale of the run that learnt them, so that a loan whose figures stay the same stays where it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::profile::TRAITS;
use crate::error::Result;
use crate::features::{FeatureMatrix, position};

/// The share of values at each end that is moved to the limit.
const TAIL: f64 = 0.01;

const AMOUNTS: [&str; 2] = ["monthly_income", "loan_amount"];

/// A loan, or a centre, in standard deviations from the mean, in the order of [`TRAITS`].
pub(super) type Point = [f64; TRAITS.len()];

/// How each of [`TRAITS`] is limited and standardised.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scale([TraitScale; TRAITS.len()]);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TraitScale {
    /// Amounts are skewed: doubling is the same step at any height.
    is_logarithmic: bool,
    lower: f64,
    upper: f64,
    /// A missing value counts as this.
    mean: f64,
    /// Zero for a constant trait.
    deviation: f64,
}

impl Scale {
    /// Limits, means and standard deviations of the sampled loans' known values.
    pub fn of(features: &FeatureMatrix, sample: &[usize]) -> Self {
        Self(TRAITS.map(|name| {
            let is_logarithmic = is_logarithmic(name);
            let values = features.column(position(name));
            let known = sample.iter().map(|loan| values[*loan]).filter(|value| value.is_finite());
            TraitScale::of(is_logarithmic, known.map(|value| on_axis(is_logarithmic, value)).collect())
        }))
    }

    /// A value in standard deviations from the mean; a missing one counts as the mean.
    pub fn standardised(&self, place: usize, value: f32) -> f64 {
        self.0[place].standardised(value)
    }

    pub fn varies(&self, place: usize) -> bool {
        self.0[place].deviation > 0.0
    }

    pub fn points(&self, features: &FeatureMatrix, loans: &[usize]) -> Vec<Point> {
        let columns = TRAITS.map(|name| features.column(position(name)));
        let point = |loan: &usize| std::array::from_fn(|place| self.standardised(place, columns[place][*loan]));
        loans.iter().map(point).collect()
    }

    pub fn to_json(&self) -> Result<String> {
        Ok(serde_json::to_string(&by_trait(&self.0))?)
    }

    /// `None` where it is a scale of other traits.
    pub fn from_json(text: &str) -> Result<Option<Self>> {
        Ok(of_traits(&serde_json::from_str(text)?).map(Self))
    }
}

pub(super) fn is_logarithmic(name: &str) -> bool {
    AMOUNTS.contains(&name)
}

pub(super) fn by_trait<T: Copy>(values: &[T; TRAITS.len()]) -> BTreeMap<&'static str, T> {
    TRAITS.into_iter().zip(values.iter().copied()).collect()
}

/// `None` unless there is a value for each of [`TRAITS`], and no other.
pub(super) fn of_traits<T: Copy>(values: &BTreeMap<String, T>) -> Option<[T; TRAITS.len()]> {
    let known: Option<Vec<T>> = TRAITS.iter().map(|name| values.get(*name).copied()).collect();
    known.filter(|_| values.len() == TRAITS.len())?.try_into().ok()
}

/// The value, or the logarithm of one more.
fn on_axis(is_logarithmic: bool, value: f32) -> f64 {
    let value = f64::from(value);
    if is_logarithmic { value.ln_1p() } else { value }
}

impl TraitScale {
    fn standardised(&self, value: f32) -> f64 {
        if value.is_nan() || self.deviation == 0.0 {
            return 0.0;
        }
        (on_axis(self.is_logarithmic, value).clamp(self.lower, self.upper) - self.mean) / self.deviation
    }

    fn of(is_logarithmic: bool, mut known: Vec<f64>) -> Self {
        if known.is_empty() {
            return Self { is_logarithmic, lower: 0.0, upper: 0.0, mean: 0.0, deviation: 0.0 };
        }
        known.sort_by(f64::total_cmp);
        let tail = (known.len() as f64 * TAIL) as usize;
        let (lower, upper) = (known[tail], known[known.len() - 1 - tail]);
        let limited = || known.iter().map(|value| value.clamp(lower, upper));
        let mean = limited().sum::<f64>() / known.len() as f64;
        let variance = limited().map(|value| (value - mean).powi(2)).sum::<f64>() / known.len() as f64;
        // Rounding leaves a little variance in a constant feature.
        let deviation = if variance.sqrt() > 1e-12 * mean.abs().max(1.0) { variance.sqrt() } else { 0.0 };
        Self { is_logarithmic, lower, upper, mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale_of(is_logarithmic: bool, values: &[f32]) -> TraitScale {
        let known = values.iter().filter(|value| value.is_finite());
        TraitScale::of(is_logarithmic, known.map(|value| on_axis(is_logarithmic, *value)).collect())
    }

    #[test]
    fn known_values_are_standardised_and_missing_ones_are_at_the_mean() {
        let scale = scale_of(false, &[1.0, 3.0, f32::NAN, 1.0, 3.0]);
        assert_eq!([1.0, 2.0, 3.0].map(|value| scale.standardised(value)), [-1.0, 0.0, 1.0]);
        assert_eq!(scale.standardised(f32::NAN), 0.0);
    }

    #[test]
    fn one_enormous_value_does_not_set_the_scale() {
        let mut values: Vec<f32> = (0..200).map(|value| value as f32).collect();
        values.push(1e12);
        let scale = scale_of(false, &values);
        assert!(scale.standardised(1e12) < 2.0);
        assert!(scale.standardised(f32::INFINITY) < 2.0);
    }

    #[test]
    fn amounts_are_measured_by_their_logarithm() {
        let incomes = [99.0, 9_999.0, 999_999.0];
        let scale = scale_of(true, &incomes);
        let [low, middle, high] = incomes.map(|income| scale.standardised(income));
        assert!(((middle - low) - (high - middle)).abs() < 1e-6, "equal steps for equal ratios");
    }

    #[test]
    fn a_constant_or_empty_trait_tells_nothing() {
        for value in [0.1, f32::NAN] {
            assert_eq!(scale_of(false, &[value; 7]).standardised(5.0), 0.0);
        }
    }

    #[test]
    fn a_scale_is_stored_to_the_last_bit() {
        // Numbers that a parser which only comes close reads as their neighbours are among these.
        let mut bits = 0x0123_4567_89ab_cdef_u64;
        for _ in 0..2_000 {
            let numbers: [f64; 4] = std::array::from_fn(|_| {
                bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                f64::from_bits((bits >> 2) | (1 << 61))
            });
            let [lower, upper, mean, deviation] = numbers;
            let scale = Scale([TraitScale { is_logarithmic: true, lower, upper, mean, deviation }; 5]);
            assert_eq!(Scale::from_json(&scale.to_json().unwrap()).unwrap(), Some(scale));
        }
        assert_eq!(Scale::from_json("{}").unwrap(), None);
    }
}
