//! Partial dependence: the mean score if every loan had a certain value of one feature (Friedman, Annals of Statistics 29, 2001).
//!
//! The other forms of the feature change with it, so that no loan is 95 days past due and in the bucket of current loans.

use linfa::dataset::Records;

use crate::features::{FeatureMatrix, Kind};
use crate::risk::RiskError;
use crate::terms::dpd_bucket;

const SAMPLE_LOANS: usize = 200;
const MOST_POINTS: usize = 10;

#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub feature: String,
    pub points: Vec<Point>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub value: f64,
    pub label: Option<String>,
    pub mean_score: f64,
}

/// The curve of the feature of this name; none where there is no such feature or it never varies. `score` gives the scores
/// of all loans of a matrix with the same features.
pub fn curve(
    matrix: &FeatureMatrix,
    name: &str,
    score: &dyn Fn(&FeatureMatrix) -> Result<Vec<f64>, RiskError>,
) -> Result<Option<Curve>, RiskError> {
    let Some(place) = matrix.features().iter().position(|feature| feature.name == name) else { return Ok(None) };
    let values = grid(matrix.column(place));
    if values.len() < 2 {
        return Ok(None);
    }
    let stride = matrix.nsamples().div_ceil(SAMPLE_LOANS).max(1);
    let sample: Vec<usize> = (0..matrix.nsamples()).step_by(stride).collect();
    let scores = score(&with_each(matrix, name, &values, &sample))?;
    let points = values.iter().zip(scores.chunks(sample.len())).map(|(value, scores)| Point {
        value: f64::from(*value),
        label: label(&matrix.features()[place].kind, *value),
        mean_score: scores.iter().sum::<f64>() / scores.len() as f64,
    });
    Ok(Some(Curve { feature: name.to_owned(), points: points.collect() }))
}

fn label(kind: &Kind, value: f32) -> Option<String> {
    match kind {
        Kind::Number => None,
        Kind::Category(levels) => levels.get(value as usize).cloned(),
    }
}

fn grid(column: &[f32]) -> Vec<f32> {
    let mut known: Vec<f32> = column.iter().copied().filter(|value| value.is_finite()).collect();
    known.sort_unstable_by(f32::total_cmp);
    let mut distinct = known.clone();
    distinct.dedup();
    if distinct.len() <= MOST_POINTS {
        return distinct;
    }
    let at = |part: usize| known[(2 * part + 1) * known.len() / (2 * MOST_POINTS)];
    let mut values: Vec<f32> = (0..MOST_POINTS).map(at).collect();
    values.dedup();
    values
}

fn with_each(matrix: &FeatureMatrix, name: &str, values: &[f32], sample: &[usize]) -> FeatureMatrix {
    let place = |name: &str| matrix.features().iter().position(|feature| feature.name == name);
    let tenure = place("tenure_months").map(|tenure| matrix.column(tenure));
    let outstanding = place("outstanding").map(|outstanding| matrix.column(outstanding));
    let changed = |form: &str, value: f32, loan: usize| -> Option<f32> {
        match (name, form) {
            _ if name == form => Some(value),
            ("days_past_due", "dpd_bucket") => Some(dpd_bucket(value)),
            ("missed_payments", "missed_share") => Some(tenure.map_or(f32::NAN, |months| share(value, months[loan]))),
            ("coverage", "collateral_value") => outstanding.map(|owed| value * owed[loan]),
            ("coverage", "is_secured") => Some(f32::from(u8::from(value > 0.0))),
            _ => None,
        }
    };
    let column = |feature: usize| -> Vec<f32> {
        let (form, known) = (&matrix.features()[feature].name, matrix.column(feature));
        let each = values.iter().flat_map(|value| sample.iter().map(move |loan| (*value, *loan)));
        each.map(|(value, loan)| changed(form, value, loan).unwrap_or(known[loan])).collect()
    };
    FeatureMatrix::new(matrix.features().to_vec(), (0..matrix.nfeatures()).map(column).collect())
}

/// As in the view: missing where there is nothing to divide by.
fn share(part: f32, whole: f32) -> f32 {
    if whole > 0.0 { part / whole } else { f32::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Feature, Monotone};

    /// A score that is a tenth of the bucket, and a hundredth of the age.
    fn score(matrix: &FeatureMatrix) -> Result<Vec<f64>, RiskError> {
        let loans = 0..matrix.nsamples();
        Ok(loans.map(|loan| f64::from(matrix.column(1)[loan] / 10.0 + matrix.column(2)[loan] / 100.0)).collect())
    }

    fn matrix() -> FeatureMatrix {
        let features = ["days_past_due", "dpd_bucket", "age_years"].map(Feature::number).to_vec();
        FeatureMatrix::new(
            features,
            vec![vec![0.0, 10.0, 45.0, 100.0], vec![0.0, 1.0, 2.0, 4.0], vec![20.0, 30.0, 40.0, 50.0]],
        )
    }

    #[test]
    fn the_forms_of_a_feature_change_with_it() {
        let curve = curve(&matrix(), "days_past_due", &score).unwrap().unwrap();
        let points: Vec<_> =
            curve.points.iter().map(|point| (point.value, (point.mean_score * 1000.0).round())).collect();
        assert_eq!(points, [(0.0, 350.0), (10.0, 450.0), (45.0, 550.0), (100.0, 750.0)]);
    }

    #[test]
    fn collateral_goes_with_coverage_as_the_balance_has_it() {
        let features = ["coverage", "collateral_value", "outstanding", "is_secured"].map(Feature::number).to_vec();
        let columns = vec![vec![0.0, 2.0], vec![0.0, 600.0], vec![100.0, 300.0], vec![0.0, 1.0]];
        let matrix = FeatureMatrix::new(features, columns);
        let each = with_each(&matrix, "coverage", &[0.0, 2.0], &[0, 1]);
        assert_eq!(each.column(1), [0.0, 0.0, 200.0, 600.0]);
        assert_eq!(each.column(3), [0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn many_values_are_ten_points_that_follow_the_loans() {
        let column: Vec<f32> = (0..1000).map(|loan| (loan as f32).powi(2)).collect();
        let values = grid(&column);
        assert_eq!(values.len(), 10);
        assert_eq!((values[0], values[9]), (2_500.0, 902_500.0));
    }

    #[test]
    fn a_feature_without_variation_or_without_a_column_has_no_curve() {
        let flat = FeatureMatrix::new(vec![Feature::number("x")], vec![vec![3.0, f32::NAN, 3.0]]);
        assert_eq!(curve(&flat, "x", &|_| Ok(vec![])).unwrap(), None);
        assert_eq!(curve(&flat, "y", &|_| Ok(vec![])).unwrap(), None);
    }

    #[test]
    fn a_level_is_labelled() {
        let branch = Feature {
            kind: Kind::Category(vec!["East".to_owned(), "West".to_owned()]),
            monotone: Monotone::None,
            ..Feature::number("branch")
        };
        let matrix = FeatureMatrix::new(vec![branch], vec![vec![0.0, 1.0, f32::NAN]]);
        let score = |matrix: &FeatureMatrix| Ok(matrix.column(0).iter().map(|level| f64::from(*level)).collect());
        let labels = curve(&matrix, "branch", &score).unwrap().unwrap().points.into_iter().map(|point| point.label);
        assert_eq!(labels.collect::<Vec<_>>(), [Some("East".to_owned()), Some("West".to_owned())]);
    }
}
