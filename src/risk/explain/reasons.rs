//! The strongest reasons for a loan's score, up and down, that add up to it.
//!
//! A model explains its raw score: a base, and what each feature adds. Calibration then stretches the raw scale. So every
//! loan's contributions are stretched by one factor, that by which the way from base to score was stretched, and what a
//! limited factor leaves over is told as part of the rest: base, reasons and rest are the score.

use serde::{Deserialize, Serialize};

use super::words::Words;
use crate::features::Feature;

/// Reasons of either direction that are told.
const TOLD: usize = 3;
/// A contribution under half a point in a hundred is no reason, but where the score itself is hardly farther from its base,
/// as in a book with few bad loans, one that makes up a tenth of the way is.
const LEAST: f64 = 0.005;
const LEAST_PART: f64 = 0.1;
/// How far a loan's contributions may be stretched or shrunk.
const STRETCH: (f64, f64) = (0.25, 4.0);
/// Where the raw contributions add up to less than this, nothing tells by how much to stretch.
const LEAST_SUM: f64 = 1e-6;

/// Why a loan has its score.
#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    /// The score where nothing is known of the loan.
    pub base: f64,
    /// The strongest first, whichever their direction.
    pub told: Vec<Reason>,
    /// What all that is not told adds.
    pub rest: f64,
}

/// One reason: a feature and its other forms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// The family's name.
    pub feature: String,
    /// What it adds to the score; below zero it lowers the risk.
    pub contribution: f64,
    pub words: String,
}

/// A model's account of one loan, on the raw scale of its scores.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    pub base: f64,
    /// One a feature.
    pub contributions: &'a [f64],
}

/// Families of features: a reason speaks of all forms of one thing together.
#[derive(Debug)]
pub struct Families {
    names: Vec<String>,
    /// Of each feature.
    of_feature: Vec<usize>,
}

impl Families {
    pub fn of(features: &[Feature]) -> Self {
        let mut names: Vec<String> = Vec::new();
        let of_feature = features.iter().map(|feature| {
            names.iter().position(|name| *name == feature.family).unwrap_or_else(|| {
                names.push(feature.family.clone());
                names.len() - 1
            })
        });
        let of_feature = of_feature.collect();
        Self { names, of_feature }
    }
}

/// The reasons for the score of the loan at `loan`, where `calibrated` turns a raw score into one in use.
pub fn reasons(
    account: Account,
    families: &Families,
    words: &Words,
    loan: usize,
    score: f64,
    calibrated: impl Fn(f64) -> f64,
) -> Reasons {
    let mut sums = vec![0.0; families.names.len()];
    for (family, contribution) in families.of_feature.iter().zip(account.contributions) {
        sums[*family] += contribution;
    }
    let base = calibrated(account.base);
    let sum: f64 = sums.iter().sum();
    let stretch = if sum.abs() < LEAST_SUM { 1.0 } else { ((score - base) / sum).clamp(STRETCH.0, STRETCH.1) };
    let mut order: Vec<usize> = (0..sums.len()).collect();
    order.sort_by(|one, other| sums[*other].abs().total_cmp(&sums[*one].abs()));
    let mut told = Vec::with_capacity(2 * TOLD);
    let least = LEAST.min(LEAST_PART * (score - base).abs());
    let (mut up, mut down) = (0, 0);
    for family in order {
        let contribution = sums[family] * stretch;
        let count = if contribution > 0.0 { &mut up } else { &mut down };
        if contribution.abs() < least || contribution == 0.0 || *count == TOLD {
            continue;
        }
        *count += 1;
        let feature = families.names[family].clone();
        let words = words.say(&feature, loan);
        told.push(Reason { feature, contribution: rounded(contribution), words });
    }
    let rest = score - base - told.iter().map(|reason| reason.contribution).sum::<f64>();
    Reasons { base, told, rest }
}

/// To the millionth: what is beyond that would only fill the database.
fn rounded(contribution: f64) -> f64 {
    (contribution * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::FeatureMatrix;
    use crate::format::Style;

    fn loan(names: &[&str], contributions: &[f64], score: f64, calibrated: impl Fn(f64) -> f64) -> Reasons {
        let mut features: Vec<Feature> = names.iter().map(|name| Feature::number(name)).collect();
        for feature in &mut features {
            if feature.name == "dpd_bucket" {
                feature.family = "days_past_due".to_owned();
            }
        }
        let matrix = FeatureMatrix::new(features.clone(), vec![vec![5.0]; names.len()]);
        let account = Account { base: 0.3, contributions };
        reasons(
            account,
            &Families::of(&features),
            &Words::of(&matrix, &Style::of_currency("USD")),
            0,
            score,
            calibrated,
        )
    }

    fn sum(reasons: &Reasons) -> f64 {
        reasons.base + reasons.told.iter().map(|reason| reason.contribution).sum::<f64>() + reasons.rest
    }

    #[test]
    fn forms_of_one_thing_are_one_reason() {
        let found = loan(&["days_past_due", "age_years", "dpd_bucket"], &[0.2, -0.05, 0.1], 0.55, |raw| raw);
        let told: Vec<_> = found.told.iter().map(|reason| (reason.words.as_str(), reason.contribution)).collect();
        assert_eq!(told, [("5 days past due", 0.3), ("borrower is 5", -0.05)]);
        assert!((sum(&found) - 0.55).abs() < 1e-12 && found.rest.abs() < 1e-12);
    }

    #[test]
    fn the_three_strongest_of_either_direction_are_told_and_the_rest_is_a_sum() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let found = loan(&names, &[0.05, 0.20, 0.10, 0.03, -0.04, 0.001], 0.641, |raw| raw);
        let told: Vec<_> = found.told.iter().map(|reason| reason.feature.as_str()).collect();
        assert_eq!(told, ["b", "c", "a", "e"]);
        assert!((found.rest - 0.031).abs() < 1e-9, "{}", found.rest);
    }

    #[test]
    fn contributions_are_stretched_as_the_score_was() {
        let found = loan(&["a", "b"], &[0.2, 0.1], 0.9, |raw| 0.2 + raw / 3.0);
        assert!((found.base - 0.3).abs() < 1e-12);
        assert!((found.told[0].contribution - 0.4).abs() < 1e-12);
        assert!((sum(&found) - 0.9).abs() < 1e-12);
    }

    #[test]
    fn a_score_near_its_base_has_reasons_too() {
        let found = loan(&["a", "b", "c"], &[0.0021, 0.0003, -0.0001], 0.3023, |raw| raw);
        let told: Vec<_> = found.told.iter().map(|reason| (reason.feature.as_str(), reason.contribution)).collect();
        assert_eq!(told, [("a", 0.0021), ("b", 0.0003)]);
    }

    #[test]
    fn contributions_that_cancel_are_not_blown_up() {
        let found = loan(&["a", "b"], &[0.2, -0.2 + 1e-5], 0.35, |raw| raw);
        assert!(found.told.iter().all(|reason| reason.contribution.abs() <= 0.8));
        assert!((sum(&found) - 0.35).abs() < 1e-12);
    }
}
