//! A feature of a loan in a person's words, with the loan's own values: "94 days past due", "EMI takes 61 % of income".
//!
//! The values are those that are known of the loan, also where the feature was kept from the models: the policy goes by them
//! all the same, and a person must not read that a value is unknown which stands in the file.

use crate::features::{FeatureMatrix, Kind};
use crate::format::Style;

/// Says in words what each family of features is for a loan.
pub struct Words<'a> {
    matrix: &'a FeatureMatrix,
    style: &'a Style,
}

impl<'a> Words<'a> {
    pub fn of(matrix: &'a FeatureMatrix, style: &'a Style) -> Self {
        Self { matrix, style }
    }

    /// What the family of features (by its name) is for the loan at this row of the matrix.
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
            "missed_payments" => {
                with(value(family), "missed payments", |missed| self.missed_of(missed, value("tenure_months")))
            }
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
            "age_years" => with(value(family), "age", |years| format!("borrower is {years:.0}")),
            "monthly_income" => with(value(family), "income", |income| format!("income of {} a month", money(income))),
            "loan_amount" => with(value(family), "loan amount", |amount| format!("loan of {}", money(amount))),
            "tenure_months" => with(value(family), "tenure", |months| format!("loan over {months:.0} months")),
            "interest_rate_percent" => {
                with(value(family), "interest rate", |rate| format!("interest of {}", number(rate, " %")))
            }
            "outstanding" => with(value(family), "balance", |amount| format!("{} outstanding", money(amount))),
            "monthly_emi" => with(value(family), "EMI", |amount| format!("EMI of {}", money(amount))),
            own => self.own(own, loan),
        }
    }

    fn missed_of(&self, missed: f64, tenure_months: Option<f64>) -> String {
        let count = |payments: f64| self.style.count(payments as i64);
        match (missed as u64, tenure_months) {
            (0, _) => "no payment missed".to_owned(),
            (_, Some(months)) if missed <= months => format!("{} of {} payments missed", count(missed), count(months)),
            (1, _) => "1 payment missed".to_owned(),
            (_, _) => format!("{} payments missed", count(missed)),
        }
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

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 1.0 { "under 1 %".to_owned() } else { format!("{percent:.0} %") }
}

/// A number of the lender's own, with as many decimals as tell something.
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
            ("burden", 0.614, "EMI takes 61 % of income"),
            ("burden", 0.004, "EMI takes under 1 % of income"),
            ("burden", f32::NAN, "income or EMI not known"),
            ("coverage", 0.0, "no collateral"),
            ("coverage", 1.36, "collateral covers 136 % of the balance"),
            ("coverage", f32::NAN, "collateral not known"),
            ("share_owed", 0.83, "83 % of the loan still owed"),
            ("share_owed", f32::NAN, "loan amount not known"),
            ("monthly_income", 54_000.0, "income of $54 k a month"),
            ("interest_rate_percent", 12.4, "interest of 12.4 %"),
            ("bureau_score", 612.0, "bureau_score: 612"),
        ];
        for (family, value, words) in cases {
            assert_eq!(say(&[(family, value)], family), words);
        }
        assert_eq!(
            say(&[("missed_payments", 7.0), ("tenure_months", 36.0)], "missed_payments"),
            "7 of 36 payments missed"
        );
        assert_eq!(say(&[("coverage", f32::NAN), ("collateral_value", 0.0)], "coverage"), "no collateral");
        assert_eq!(say(&[("burden", f32::NAN), ("monthly_income", 0.0)], "burden"), "no income");
    }

    #[test]
    fn a_value_that_was_kept_from_the_models_is_known_all_the_same() {
        let features = ["days_past_due", "age_years"].map(Feature::number).to_vec();
        let mut matrix = FeatureMatrix::new(features, vec![vec![333.0], vec![41.0]]);
        matrix.keep(&[false, true]);
        assert_eq!(matrix.features().len(), 1);
        assert_eq!(Words::of(&matrix, &Style::of_currency("USD")).say("days_past_due", 0), "333 days past due");
        assert_eq!(Words::of(&matrix, &Style::of_currency("USD")).say("age_years", 0), "borrower is 41");
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
