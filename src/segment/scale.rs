//! Features on one scale: the logarithm of amounts of money, limited to the middle 98 %, then standardised.

use ndarray::Array2;

use crate::features::FeatureMatrix;
use linfa::dataset::Records;

/// The share of values at each end that is moved to the limit.
const TAIL: f64 = 0.01;

const AMOUNTS: [&str; 5] = ["monthly_income", "loan_amount", "collateral_value", "outstanding", "monthly_emi"];

/// How each feature is limited and standardised.
#[derive(Debug, Clone)]
pub struct Scale {
    features: Vec<FeatureScale>,
}

#[derive(Debug, Clone, Copy)]
struct FeatureScale {
    /// Amounts are skewed: doubling is the same step at any height.
    is_logarithmic: bool,
    lower: f64,
    upper: f64,
    mean: f64,
    /// Zero for a constant feature.
    deviation: f64,
}

impl Scale {
    /// Limits, means and standard deviations of the sampled loans' known values.
    pub fn of(features: &FeatureMatrix, sample: &[usize]) -> Self {
        let column = |feature: usize| {
            let is_logarithmic = AMOUNTS.contains(&features.features()[feature].name.as_str());
            let values = features.column(feature);
            let known = sample.iter().map(|loan| values[*loan]).filter(|value| value.is_finite());
            FeatureScale::of(is_logarithmic, known.map(|value| on_axis(is_logarithmic, value)).collect())
        };
        Self { features: (0..features.nfeatures()).map(column).collect() }
    }

    /// A value in standard deviations from the mean; a missing one counts as the mean.
    pub fn standardised(&self, feature: usize, value: f32) -> f64 {
        let column = self.features[feature];
        if value.is_nan() || column.deviation == 0.0 {
            return 0.0;
        }
        (on_axis(column.is_logarithmic, value).clamp(column.lower, column.upper) - column.mean) / column.deviation
    }

    pub fn varies(&self, feature: usize) -> bool {
        self.features[feature].deviation > 0.0
    }

    /// The chosen features of the given loans as points: loans × chosen features.
    pub fn points(&self, features: &FeatureMatrix, loans: &[usize], chosen: &[usize]) -> Array2<f64> {
        Array2::from_shape_fn((loans.len(), chosen.len()), |(row, column)| {
            self.standardised(chosen[column], features.column(chosen[column])[loans[row]])
        })
    }
}

/// The value, or the logarithm of one more.
fn on_axis(is_logarithmic: bool, value: f32) -> f64 {
    let value = f64::from(value);
    if is_logarithmic { value.ln_1p() } else { value }
}

impl FeatureScale {
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
    use crate::features::Feature;

    fn scale_of(values: Vec<f32>) -> (FeatureMatrix, Scale) {
        let sample: Vec<usize> = (0..values.len()).collect();
        let features = FeatureMatrix::new(vec![Feature::number("age_years")], vec![values]);
        let scale = Scale::of(&features, &sample);
        (features, scale)
    }

    #[test]
    fn known_values_are_standardised_and_missing_ones_stand_at_the_mean() {
        let (_, scale) = scale_of(vec![1.0, 3.0, f32::NAN, 1.0, 3.0]);
        assert_eq!([1.0, 2.0, 3.0].map(|value| scale.standardised(0, value)), [-1.0, 0.0, 1.0]);
        assert_eq!(scale.standardised(0, f32::NAN), 0.0);
    }

    #[test]
    fn one_enormous_value_does_not_set_the_scale() {
        let mut values: Vec<f32> = (0..200).map(|value| value as f32).collect();
        values.push(1e12);
        let (_, scale) = scale_of(values);
        assert!(scale.standardised(0, 1e12) < 2.0);
        assert!(scale.standardised(0, f32::INFINITY) < 2.0);
    }

    #[test]
    fn amounts_are_measured_by_their_logarithm() {
        let incomes = vec![99.0, 9_999.0, 999_999.0];
        let features = FeatureMatrix::new(vec![Feature::number("monthly_income")], vec![incomes.clone()]);
        let scale = Scale::of(&features, &[0, 1, 2]);
        let [low, middle, high] = [0, 1, 2].map(|loan| scale.standardised(0, incomes[loan]));
        assert!(((middle - low) - (high - middle)).abs() < 1e-6, "equal steps for equal ratios");
    }

    #[test]
    fn a_constant_or_empty_feature_tells_nothing() {
        for value in [0.1, f32::NAN] {
            let (_, scale) = scale_of(vec![value; 7]);
            assert_eq!(scale.standardised(0, 5.0), 0.0);
        }
    }
}
