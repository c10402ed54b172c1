//! A feature of a loan in a person's words, with the loan's own values: "94 days past due", "EMI takes 61% of income".
//!
//! The values are those that are known of the loan, also where the feature was kept from the models: the policy goes by them
//! all the same, and a person must not read that a value is unknown that is in the file.

use std::collections::HashSet;

use crate::config::FULL_POINTS;
use crate::features::{FeatureMatrix, Kind};
use crate::format::Style;

const MONTH_DAYS: f64 = 30.4375;
/// An instalment that is farther than this from the one that amount, rate and tenure give does not follow from them.
const INSTALMENT_TOLERANCE: f64 = 0.02;

#[derive(Debug)]
pub struct Words<'a> {
    matrix: &'a FeatureMatrix,
    style: &'a Style,
    absent: HashSet<&'a str>,
}

impl<'a> Words<'a> {
    pub fn of(matrix: &'a FeatureMatrix, style: &'a Style) -> Self {
        let is_absent = |values: &[f32]| values.iter().all(|value| value.is_nan());
        let absent = matrix.all().filter(|(_, values)| is_absent(values)).map(|(feature, _)| feature.name.as_str());
        Self { matrix, style, absent: absent.collect() }
    }

    pub fn say(&self, family: &str, loan: usize) -> String {
        let value = |name: &str| self.value(name, loan);
        // Features are single floats, which hold seven figures at most.
        let money = |amount: f64| self.style.short_money(amount.abs()).replace('\u{a0}', " ");
        match family {
            "days_past_due" => with(value(family), "days past due", |days| match days as u64 {
                0 => "not past due".to_owned(),
                1 => "1 day past due".to_owned(),
                days => format!("{} days past due", self.style.count(days as i64)),
            }),
            "missed_payments" => with(value(family), "missed payments", |missed| self.missed(missed, loan)),
            "burden" => match (value(family), value("monthly_income")) {
                (Some(burden), _) => format!("EMI takes {} of income", percent(burden)),
                (None, Some(0.0)) => "no income".to_owned(),
                (None, _) => "income or EMI not known".to_owned(),
            },
            "coverage" => coverage(value("coverage"), value("collateral_value"), money),
            // A file always has the balance.
            "share_owed" => {
                with(value(family), "loan amount", |share| format!("{} of the loan still owed", percent(share)))
            }
            "monthly_income" => with(value(family), "income", |income| format!("income of {} a month", money(income))),
            "loan_amount" => with(value(family), "loan amount", |amount| format!("loan of {}", money(amount))),
            "tenure_months" => with(value(family), "tenure", |months| format!("loan over {months:.0} months")),
            "interest_rate_percent" => {
                with(value(family), "interest rate", |rate| format!("interest of {}", number(rate, "%")))
            }
            "outstanding" => with(value(family), "balance", |amount| format!("{} outstanding", money(amount))),
            "monthly_emi" => with(value(family), "EMI", |amount| format!("EMI of {}", money(amount))),
            own => self.own(own, loan),
        }
    }

    /// Whether no loan of the book has a value: what the file lacks says nothing of one loan.
    pub(super) fn is_absent(&self, family: &str) -> bool {
        self.absent.contains(family)
    }

    pub(super) fn is_covered(&self, loan: usize) -> bool {
        self.value("coverage", loan).is_some_and(|coverage| coverage >= 1.0)
    }

    fn missed(&self, missed: f64, loan: usize) -> String {
        let count = |payments: f64| self.style.count(payments as i64);
        let due = self.instalments_due(loan).filter(|due| missed <= *due);
        match (missed as u64, due) {
            (0, _) => "no payment missed".to_owned(),
            (_, Some(due)) => format!("{} of about {} instalments due so far missed", count(missed), count(due)),
            (1, None) => "1 payment missed".to_owned(),
            (_, None) => format!("{} payments missed", count(missed)),
        }
    }

    /// About how many instalments have fallen due: those that the balance shows as paid, and those that are late. A file has
    /// no day of disbursal, so none is given where the instalment does not follow from amount, rate and tenure.
    fn instalments_due(&self, loan: usize) -> Option<f64> {
        let value = |name: &str| self.value(name, loan);
        let (amount, tenure, instalment) = (value("loan_amount")?, value("tenure_months")?, value("monthly_emi")?);
        let (owed, days) = (value("outstanding")?, value("days_past_due")?);
        let monthly_rate = value("interest_rate_percent")? / 1_200.0;
        let growth = 1.0 + monthly_rate;
        let scheduled =
            if monthly_rate > 0.0 { amount * monthly_rate / (1.0 - growth.powf(-tenure)) } else { amount / tenure };
        let follows = (instalment - scheduled).abs() <= INSTALMENT_TOLERANCE * scheduled;
        if !follows || owed > amount {
            return None;
        }
        let paid = if monthly_rate > 0.0 {
            let interest_only = instalment / monthly_rate;
            ((interest_only - owed) / (interest_only - amount)).ln() / growth.ln()
        } else {
            (amount - owed) / instalment
        };
        Some((paid + (days / MONTH_DAYS).ceil()).round().min(tenure))
    }

    fn value(&self, name: &str, loan: usize) -> Option<f64> {
        let value = self.matrix.known(name)?.1[loan];
        (!value.is_nan()).then_some(f64::from(value))
    }

    fn own(&self, name: &str, loan: usize) -> String {
        let Some((feature, _)) = self.matrix.known(name) else { return name.replace('_', " ") };
        let value = self.value(name, loan);
        match (&feature.kind, value) {
            (_, None) => format!("{} not known", feature.label),
            (Kind::Number, Some(value)) => format!("{}: {}", feature.label, number(value, "")),
            (Kind::Category(levels), Some(value)) => {
                let level = levels.get(value as usize).map_or("another", String::as_str);
                format!("{}: {level}", feature.label)
            }
        }
    }
}

fn with(value: Option<f64>, what: &str, say: impl Fn(f64) -> String) -> String {
    value.map_or_else(|| format!("{what} not known"), say)
}

fn coverage(coverage: Option<f64>, collateral: Option<f64>, money: impl Fn(f64) -> String) -> String {
    match (coverage, collateral) {
        (Some(0.0), _) | (_, Some(0.0)) => "no collateral".to_owned(),
        (Some(share), _) if share < 10.0 => format!("collateral covers {} of the balance", percent(share)),
        (Some(_), _) => "collateral covers the balance many times over".to_owned(),
        (None, Some(worth)) => format!("collateral of {}", money(worth)),
        (None, None) => "collateral not known".to_owned(),
    }
}

pub(super) fn points(score: f64) -> String {
    let points = score * FULL_POINTS;
    let shown = if points >= 10.0 { format!("{points:.0}") } else { number((points * 10.0).round() / 10.0, "") };
    format!("{shown} {}", if shown == "1" { "point" } else { "points" })
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 { "under 1%".to_owned() } else { format!("{percent:.0}%") }
}

fn number(value: f64, unit: &str) -> String {
    let decimals = if value.fract() == 0.0 || value.abs() >= 1_000.0 { 0 } else { 2 };
    let text = format!("{value:.decimals$}");
    let text = if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{Feature, Monotone};

    fn say(values: &[(&str, f32)], family: &str) -> String {
        let features = values.iter().map(|(name, _)| Feature::number(name)).collect();
        let columns = values.iter().map(|(_, value)| vec![*value]).collect();
        Words::of(&FeatureMatrix::new(features, columns), &Style::of_currency("USD")).say(family, 0)
    }

    #[test]
    fn a_loan_is_described_by_its_own_values() {
        let cases = [
            ("days_past_due", 94.0, "94 days past due"),
            ("days_past_due", 0.0, "not past due"),
            ("days_past_due", f32::NAN, "days past due not known"),
            ("missed_payments", 1.0, "1 payment missed"),
            ("burden", 0.614, "EMI takes 61% of income"),
            ("burden", 0.004, "EMI takes under 1% of income"),
            ("burden", f32::NAN, "income or EMI not known"),
            ("coverage", 0.0, "no collateral"),
            ("coverage", 1.36, "collateral covers 136% of the balance"),
            ("coverage", f32::NAN, "collateral not known"),
            ("share_owed", 0.83, "83% of the loan still owed"),
            ("share_owed", f32::NAN, "loan amount not known"),
            ("monthly_income", 54_000.0, "income of $54 k a month"),
            ("interest_rate_percent", 12.4, "interest of 12.4%"),
            ("bureau_score", 612.0, "bureau_score: 612"),
        ];
        for (family, value, words) in cases {
            assert_eq!(say(&[(family, value)], family), words);
        }
        assert_eq!(say(&[("missed_payments", 7.0), ("tenure_months", 36.0)], "missed_payments"), "7 payments missed");
        assert_eq!(say(&[("coverage", f32::NAN), ("collateral_value", 0.0)], "coverage"), "no collateral");
        assert_eq!(say(&[("burden", f32::NAN), ("monthly_income", 0.0)], "burden"), "no income");
    }

    #[test]
    fn missed_payments_are_held_against_the_instalments_due_so_far() {
        // 12,000 over 12 months at 12 %: an instalment of 1,066.19, and 6,179.13 left after six.
        let loan = |owed: f32, days: f32, instalment: f32| {
            let values = [
                ("missed_payments", 2.0),
                ("loan_amount", 12_000.0),
                ("tenure_months", 12.0),
                ("interest_rate_percent", 12.0),
                ("monthly_emi", instalment),
                ("outstanding", owed),
                ("days_past_due", days),
            ];
            say(&values, "missed_payments")
        };
        assert_eq!(loan(6_179.13, 0.0, 1_066.19), "2 of about 6 instalments due so far missed");
        assert_eq!(loan(6_179.13, 45.0, 1_066.19), "2 of about 8 instalments due so far missed");
        assert_eq!(loan(6_179.13, 900.0, 1_066.19), "2 of about 12 instalments due so far missed");
        assert_eq!(loan(12_000.0, 0.0, 1_066.19), "2 payments missed", "more than fell due");
        assert_eq!(
            loan(13_000.0, 45.0, 1_066.19),
            "2 payments missed",
            "the balance does not follow from the schedule"
        );
        assert_eq!(loan(6_179.13, 45.0, 500.0), "2 payments missed", "the instalment does not follow from the loan");
    }

    #[test]
    fn points_have_a_decimal_where_they_are_few() {
        for (score, words) in [(0.314, "31 points"), (0.0149, "1.5 points"), (0.01, "1 point"), (0.02, "2 points")] {
            assert_eq!(points(score), words);
        }
    }

    #[test]
    fn a_value_that_was_kept_from_the_models_is_known_all_the_same() {
        let features = ["days_past_due", "age_years"].map(Feature::number).to_vec();
        let mut matrix = FeatureMatrix::new(features, vec![vec![333.0], vec![41.0]]);
        matrix.keep(&[false, true]);
        assert_eq!(matrix.features().len(), 1);
        let style = Style::of_currency("USD");
        assert_eq!(Words::of(&matrix, &style).say("days_past_due", 0), "333 days past due");
    }

    #[test]
    fn a_category_is_named_by_its_level() {
        let branch = Feature {
            name: "branch".to_owned(),
            label: "branch".to_owned(),
            family: "branch".to_owned(),
            kind: Kind::Category(vec!["East".to_owned(), "West".to_owned()]),
            monotone: Monotone::None,
        };
        let matrix = FeatureMatrix::new(vec![branch], vec![vec![1.0, f32::NAN]]);
        assert_eq!(Words::of(&matrix, &Style::of_currency("USD")).say("branch", 0), "branch: West");
        assert_eq!(Words::of(&matrix, &Style::of_currency("USD")).say("branch", 1), "branch not known");
    }
}
