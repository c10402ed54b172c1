//! The strongest reasons for a loan's score, up and down; base, reasons and rest add up to it.
//!
//! Calibration stretches the raw scale, so all contributions of a loan are stretched by one factor; points stay as they are.

use serde::{Deserialize, Serialize};

use super::sides::Sides;
use super::words::{self, Words};
use crate::features::Feature;

/// Reasons of either direction that are shown in any case, and how many are shown at most where it takes more until the rest is
/// smaller than the smallest.
const SHOWN: usize = 3;
const MOST_SHOWN: usize = 10;
/// Age is never given as a reason, because no borrower may be treated worse for it; what it adds is part of the rest.
const NEVER_SHOWN: &str = "age_years";
/// A contribution under half a point in a hundred is no reason, but where the score itself is hardly farther from its base,
/// as in a book with few bad loans, one that makes up a tenth of the way is.
const LEAST: f64 = 0.005;
const LEAST_PART: f64 = 0.1;
const STRETCH: (f64, f64) = (0.25, 4.0);
/// Where the raw contributions add up to less than this, the stretch cannot be estimated.
const LEAST_SUM: f64 = 1e-6;

#[derive(Debug, Clone, PartialEq)]
pub struct Reasons {
    pub base: f64,
    pub shown: Vec<Reason>,
    pub rest: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub feature: String,
    pub contribution: f64,
    pub words: String,
}

#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    pub base: f64,
    pub contributions: &'a [f64],
    /// Whether contributions are points in hundredths.
    pub is_points: bool,
}

#[derive(Debug)]
pub struct ReasonContext<'a> {
    pub families: Families,
    pub sides: Sides<'a>,
    pub words: Words<'a>,
}

/// Families of features: a reason covers all forms of one thing together.
#[derive(Debug)]
pub struct Families {
    names: Vec<String>,
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

pub fn reasons(
    account: Account,
    context: &ReasonContext,
    loan: usize,
    score: f64,
    calibrated: impl Fn(f64) -> f64,
) -> Reasons {
    let Families { names, of_feature } = &context.families;
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
        let is_enough = contribution.abs() >= least && *contribution != 0.0 && !context.words.is_absent(name);
        is_enough && name != NEVER_SHOWN && context.sides.bear_out(name, loan, *contribution > 0.0)
    };
    let stretched = sums.iter().map(|sum| rounded(sum * stretch)).enumerate();
    let mut strongest: Vec<(usize, f64)> = stretched.filter(is_reason).collect();
    strongest.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let (shown, rest) = chosen(&strongest, score - base);
    let shown = shown.into_iter().map(|(family, contribution)| {
        let feature = names[family].clone();
        let words = context.say(&feature, loan, contribution, account.is_points);
        Reason { feature, contribution, words }
    });
    Reasons { base, shown: shown.collect(), rest }
}

type Weighed = (usize, f64);

fn chosen(strongest: &[Weighed], way: f64) -> (Vec<Weighed>, f64) {
    let (mut up, mut down) = (0, 0);
    let (mut shown, others): (Vec<Weighed>, Vec<Weighed>) = strongest.iter().partition(|(_, contribution)| {
        let count = if *contribution > 0.0 { &mut up } else { &mut down };
        *count += 1;
        *count <= SHOWN
    });
    let mut rest = way - shown.iter().map(|(_, contribution)| contribution).sum::<f64>();
    let mut smallest = shown.last().map_or(0.0, |(_, contribution)| contribution.abs());
    for (family, contribution) in others {
        if rest.abs() < smallest || shown.len() == MOST_SHOWN {
            break;
        }
        shown.push((family, contribution));
        rest -= contribution;
        smallest = smallest.min(contribution.abs());
    }
    shown.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    (shown, rest)
}

impl ReasonContext<'_> {
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
        let context = ReasonContext { families: Families::of(&features), sides: Sides::default(), words };
        reasons(account, &context, 0, score, calibrated)
    }

    fn sum(reasons: &Reasons) -> f64 {
        reasons.base + reasons.shown.iter().map(|reason| reason.contribution).sum::<f64>() + reasons.rest
    }

    #[test]
    fn forms_of_one_thing_are_one_reason() {
        let found = loan(&["days_past_due", "burden", "dpd_bucket"], &[0.2, -0.05, 0.1], 0.55, |raw| raw);
        let shown: Vec<_> = found.shown.iter().map(|reason| (reason.words.as_str(), reason.contribution)).collect();
        assert_eq!(shown, [("5 days past due", 0.3), ("EMI takes 500% of income", -0.05)]);
        assert!((sum(&found) - 0.55).abs() < 1e-12 && found.rest.abs() < 1e-12);
    }

    #[test]
    fn the_three_strongest_of_either_direction_are_given_and_the_rest_is_a_sum() {
        let names = ["a", "b", "c", "d", "e", "f"];
        let found = loan(&names, &[0.05, 0.20, 0.10, 0.03, -0.04, 0.001], 0.641, |raw| raw);
        let shown: Vec<_> = found.shown.iter().map(|reason| reason.feature.as_str()).collect();
        assert_eq!(shown, ["b", "c", "a", "e"]);
        assert!((found.rest - 0.031).abs() < 1e-9, "{}", found.rest);
    }

    #[test]
    fn reasons_are_given_until_the_rest_is_smaller_than_the_smallest() {
        let names = ["a", "b", "c", "d", "e", "f", "g"];
        let found = loan(&names, &[0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.006], 0.756, |raw| raw);
        let shown: Vec<_> = found.shown.iter().map(|reason| reason.feature.as_str()).collect();
        assert_eq!(shown, ["a", "b", "c", "d", "e"]);
        assert!((found.rest - 0.056).abs() < 1e-9, "less than the 0.06 of the last");
    }

    #[test]
    fn what_the_file_lacks_is_no_reason_and_what_one_loan_lacks_is() {
        let features = vec![Feature::number("missed_payments"), Feature::number("days_past_due")];
        let shown = |missed: Vec<f32>| {
            let matrix = FeatureMatrix::new(features.clone(), vec![missed, vec![60.0, 0.0]]);
            let style = Style::of_currency("USD");
            let (families, sides) = (Families::of(&features), Sides::default());
            let context = ReasonContext { families, sides, words: Words::of(&matrix, &style) };
            let account = Account { base: 0.0, contributions: &[0.01, 0.54], is_points: true };
            let found = reasons(account, &context, 0, 0.55, |raw| raw);
            assert!((sum(&found) - 0.55).abs() < 1e-12);
            found.shown.into_iter().map(|reason| reason.words).collect::<Vec<_>>()
        };
        assert_eq!(shown(vec![f32::NAN, f32::NAN]), ["60 days past due: 54 points"]);
        assert_eq!(shown(vec![f32::NAN, 2.0]), ["60 days past due: 54 points", "missed payments not known: 1 point"]);
    }

    #[test]
    fn age_is_never_a_reason() {
        let found = loan(&["age_years", "burden"], &[0.3, 0.1], 0.7, |raw| raw);
        let shown: Vec<_> = found.shown.iter().map(|reason| reason.feature.as_str()).collect();
        assert_eq!(shown, ["burden"]);
        assert!((found.rest - 0.3).abs() < 1e-9 && (sum(&found) - 0.7).abs() < 1e-9);
    }

    #[test]
    fn contributions_are_stretched_as_the_score_was() {
        let found = loan(&["a", "b"], &[0.2, 0.1], 0.9, |raw| 0.2 + raw / 3.0);
        assert!((found.base - 0.3).abs() < 1e-12);
        assert!((found.shown[0].contribution - 0.4).abs() < 1e-12);
        assert!((sum(&found) - 0.9).abs() < 1e-12);
    }

    #[test]
    fn a_score_near_its_base_has_reasons_too() {
        let found = loan(&["a", "b", "c"], &[0.0021, 0.0003, -0.0001], 0.3023, |raw| raw);
        let shown: Vec<_> = found.shown.iter().map(|reason| (reason.feature.as_str(), reason.contribution)).collect();
        assert_eq!(shown, [("a", 0.0021), ("b", 0.0003)]);
    }

    #[test]
    fn contributions_that_cancel_are_not_blown_up() {
        let found = loan(&["a", "b"], &[0.2, -0.2 + 1e-5], 0.35, |raw| raw);
        assert!(found.shown.iter().all(|reason| reason.contribution.abs() <= 0.8));
        assert!((sum(&found) - 0.35).abs() < 1e-12);
    }
}
