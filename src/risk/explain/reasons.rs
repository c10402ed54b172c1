//! The strongest reasons for a loan's score, up and down, that add up to it.
//!
//! A model explains its raw score: a base, and what each feature adds. Calibration then stretches the raw scale. So every
//! loan's contributions are stretched by one factor, that by which the way from base to score was stretched, and what a
//! limited factor leaves over is told as part of the rest: base, reasons and rest are the score. Points are no raw scale: the
//! reasons are the points themselves, from 0 on.

use serde::{Deserialize, Serialize};

use super::sides::Sides;
use super::words::{self, Words};
use crate::features::Feature;

/// Reasons of either direction that are told in any case, and how many are told at most where it takes more until the rest is
/// smaller than the smallest.
const TOLD: usize = 3;
const MOST_TOLD: usize = 10;
/// No borrower may be treated worse for their age, nor hear that they are; what it adds is part of the rest.
const NEVER_TOLD: &str = "age_years";
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
    /// Whether contributions are points in hundredths.
    pub is_points: bool,
}

/// What reasons are told in, and what must bear them out.
#[derive(Debug)]
pub struct Telling<'a> {
    pub families: Families,
    pub sides: Sides<'a>,
    pub words: Words<'a>,
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
    telling: &Telling,
    loan: usize,
    score: f64,
    calibrated: impl Fn(f64) -> f64,
) -> Reasons {
    let Families { names, of_feature } = &telling.families;
    let mut sums = vec![0.0; names.len()];
    for (family, contribution) in of_feature.iter().zip(account.contributions) {
        sums[*family] += contribution;
    }
    let base = calibrated(account.base);
    let sum: f64 = sums.iter().sum();
    let stretch = if sum.abs() < LEAST_SUM { 1.0 } else { ((score - base) / sum).clamp(STRETCH.0, STRETCH.1) };
    let least = LEAST.min(LEAST_PART * (score - base).abs());
    let is_reason = |(family, contribution): &(usize, f64)| {
        let name = &names[*family];
        let is_enough = contribution.abs() >= least && *contribution != 0.0 && !telling.words.is_absent(name);
        is_enough && name != NEVER_TOLD && telling.sides.bear_out(name, loan, *contribution > 0.0)
    };
    let stretched = sums.iter().map(|sum| rounded(sum * stretch)).enumerate();
    let mut strongest: Vec<(usize, f64)> = stretched.filter(is_reason).collect();
    strongest.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let (told, rest) = chosen(&strongest, score - base);
    let told = told.into_iter().map(|(family, contribution)| {
        let feature = names[family].clone();
        let words = telling.say(&feature, loan, contribution, account.is_points);
        Reason { feature, contribution, words }
    });
    Reasons { base, told: told.collect(), rest }
}

/// A family by its place, and what it adds to the score.
type Weighed = (usize, f64);

/// Those of the reasons that are told, the strongest first, and what is left of the way from base to score.
fn chosen(strongest: &[Weighed], way: f64) -> (Vec<Weighed>, f64) {
    let (mut up, mut down) = (0, 0);
    let (mut told, others): (Vec<Weighed>, Vec<Weighed>) = strongest.iter().partition(|(_, contribution)| {
        let count = if *contribution > 0.0 { &mut up } else { &mut down };
        *count += 1;
        *count <= TOLD
    });
    let mut rest = way - told.iter().map(|(_, contribution)| contribution).sum::<f64>();
    let mut smallest = told.last().map_or(0.0, |(_, contribution)| contribution.abs());
    for (family, contribution) in others {
        if rest.abs() < smallest || told.len() == MOST_TOLD {
            break;
        }
        told.push((family, contribution));
        rest -= contribution;
        smallest = smallest.min(contribution.abs());
    }
    told.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    (told, rest)
}

impl Telling<'_> {
    fn say(&self, feature: &str, loan: usize, contribution: f64, is_points: bool) -> String {
        let said = self.words.say(feature, loan);
        if is_points {
            return format!("{said}: {}", words::points(contribution));
        }
        // Collateral of more than the balance is no risk by itself, only against that of other loans.
        let is_covered = feature == "coverage" && self.words.is_covered(loan);
        if is_covered && contribution > 0.0 && self.sides.is_riskier_than_most(feature, loan) {
            return format!("{said}, less than most");
        }
        said
    }
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
        let account = Account { base: 0.3, contributions, is_points: false };
        let style = Style::of_currency("USD");
        let words = Words::of(&matrix, &style);
        let telling = Telling { families: Families::of(&features), sides: Sides::default(), words };
        reasons(account, &telling, 0, score, calibrated)
    }

    fn sum(reasons: &Reasons) -> f64 {
        reasons.base + reasons.told.iter().map(|reason| reason.contribution).sum::<f64>() + reasons.rest
    }

    #[test]
    fn forms_of_one_thing_are_one_reason() {
        let found = loan(&["days_past_due", "burden", "dpd_bucket"], &[0.2, -0.05, 0.1], 0.55, |raw| raw);
        let told: Vec<_> = found.told.iter().map(|reason| (reason.words.as_str(), reason.contribution)).collect();
        assert_eq!(told, [("5 days past due", 0.3), ("EMI takes 500% of income", -0.05)]);
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
    fn reasons_are_told_until_the_rest_is_smaller_than_the_smallest() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let found = loan(&names, &[0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.006], 0.756, |raw| raw);
        let told: Vec<_> = found.told.iter().map(|reason| reason.feature.as_str()).collect();
        assert_eq!(told, ["a", "b", "c", "d", "e"]);
        assert!((found.rest - 0.056).abs() < 1e-9, "less than the 0.06 of the last");
    }

    #[test]
    fn what_the_file_lacks_is_no_reason_and_what_one_loan_lacks_is() {
        let features = vec![Feature::number("missed_payments"), Feature::number("days_past_due")];
        let told = |missed: Vec<f32>| {
            let matrix = FeatureMatrix::new(features.clone(), vec![missed, vec![60.0, 0.0]]);
            let style = Style::of_currency("USD");
            let (families, sides) = (Families::of(&features), Sides::default());
            let telling = Telling { families, sides, words: Words::of(&matrix, &style) };
            let account = Account { base: 0.0, contributions: &[0.01, 0.54], is_points: true };
            let found = reasons(account, &telling, 0, 0.55, |raw| raw);
            assert!((sum(&found) - 0.55).abs() < 1e-12);
            found.told.into_iter().map(|reason| reason.words).collect::<Vec<_>>()
        };
        assert_eq!(told(vec![f32::NAN, f32::NAN]), ["60 days past due: 54 points"]);
        assert_eq!(told(vec![f32::NAN, 2.0]), ["60 days past due: 54 points", "missed payments not known: 1 point"]);
    }

    #[test]
    fn age_is_never_a_reason() {
        let found = loan(&["age_years", "burden"], &[0.3, 0.1], 0.7, |raw| raw);
        let told: Vec<_> = found.told.iter().map(|reason| reason.feature.as_str()).collect();
        assert_eq!(told, ["burden"]);
        assert!((found.rest - 0.3).abs() < 1e-9 && (sum(&found) - 0.7).abs() < 1e-9);
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
