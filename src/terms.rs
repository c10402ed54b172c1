//! The readable names of features, and their values with units. Reports never show column names; a lender's own feature or a
//! column of the file is shown by its name with spaces.

use crate::features::FEATURES;
use crate::format::{Style, share, whole_share};

/// The last day of each bucket of days past due in the table `arrears_buckets`, whose last one has no end.
const BUCKET_ENDS: [u32; 5] = [0, 30, 60, 90, 180];

const LAST_END: u32 = BUCKET_ENDS[BUCKET_ENDS.len() - 1];

/// The bucket that days past due fall into, as in the feature `dpd_bucket`.
pub fn dpd_bucket(days: f32) -> f32 {
    BUCKET_ENDS.iter().filter(|end| days > **end as f32).count() as f32
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Whole,
    Money,
    Share,
    Percent,
    Bucket,
    YesNo,
    Number,
}

fn unit(name: &str) -> Unit {
    match name {
        "age_years" | "tenure_months" | "missed_payments" | "days_past_due" => Unit::Whole,
        "monthly_income" | "loan_amount" | "collateral_value" | "outstanding" | "monthly_emi" => Unit::Money,
        "burden" | "coverage" | "share_owed" | "missed_share" => Unit::Share,
        "interest_rate_percent" => Unit::Percent,
        "dpd_bucket" => Unit::Bucket,
        "is_secured" => Unit::YesNo,
        _ => Unit::Number,
    }
}

pub fn label(name: &str) -> String {
    FEATURES
        .iter()
        .find(|feature| feature.name == name)
        .map_or_else(|| name.replace('_', " "), |feature| feature.label.to_owned())
}

pub fn value(name: &str, value: f64, style: &Style) -> String {
    match unit(name) {
        Unit::Whole => style.count(value.round() as i64),
        Unit::Money => style.compact(value),
        Unit::Share if value.abs() < 0.0995 && value != 0.0 => share(value),
        Unit::Share => whole_share(value),
        Unit::Percent => format!("{}%", number(value, style)),
        Unit::Bucket if value < 1.0 => "0".to_owned(),
        Unit::Bucket => match BUCKET_ENDS.get(value as usize) {
            Some(end) => format!("up to {end}"),
            None => format!("over {LAST_END}"),
        },
        Unit::YesNo => if value > 0.5 { "yes" } else { "no" }.to_owned(),
        Unit::Number => number(value, style),
    }
}

/// The values from this one on, or up to it, after "loans with"; `None` for a feature without ranges.
pub fn range(name: &str, end: f64, is_upwards: bool, style: &Style) -> Option<String> {
    let side = if is_upwards { "over" } else { "under" };
    (!matches!(unit(name), Unit::Bucket | Unit::YesNo)).then(|| format!("{} and {side}", value(name, end, style)))
}

pub fn after_with(name: &str, number: f64, style: &Style) -> String {
    match unit(name) {
        Unit::YesNo => if number > 0.5 { "collateral" } else { "no collateral" }.to_owned(),
        Unit::Bucket => format!("{} {}", value(name, number, style), label("days_past_due")),
        _ => value(name, number, style),
    }
}

pub fn condition(name: &str, threshold: f64, is_at_most: bool, style: &Style) -> String {
    let side = if is_at_most { "at most" } else { "over" };
    match unit(name) {
        // All thresholds between two whole numbers are equivalent.
        Unit::Whole => format!("{} {side} {}", label(name), style.count(threshold.floor() as i64)),
        Unit::Bucket => {
            let end = BUCKET_ENDS.get(threshold.max(0.0) as usize).unwrap_or(&LAST_END);
            format!("{} {side} {end}", label("days_past_due"))
        }
        Unit::YesNo if is_at_most => "no collateral".to_owned(),
        Unit::YesNo => "with collateral".to_owned(),
        _ => format!("{} {side} {}", label(name), value(name, threshold, style)),
    }
}

/// A number with about three figures, without zeros at its end.
fn number(value: f64, style: &Style) -> String {
    let places = match value.abs() {
        size if size >= 99.95 => return style.compact(value),
        size if size >= 9.995 => 1,
        size if size >= 0.0995 => 2,
        _ => 4,
    };
    let text = format!("{value:.places$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if matches!(text, "" | "-0") { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_reads_as_a_condition_in_the_units_of_its_feature() {
        let style = Style::of_currency("USD");
        for (name, threshold, at_most, over) in [
            ("days_past_due", 34.5, "days past due at most 34", "days past due over 34"),
            ("dpd_bucket", 1.5, "days past due at most 30", "days past due over 30"),
            ("burden", 0.6149, "loan burden at most 61%", "loan burden over 61%"),
            ("loan_amount", 123_456.0, "loan amount at most 123\u{a0}k", "loan amount over 123\u{a0}k"),
            ("interest_rate_percent", 12.55, "interest rate at most 12.6%", "interest rate over 12.6%"),
            ("is_secured", 0.5, "no collateral", "with collateral"),
            ("branch_rating", 0.25, "branch rating at most 0.25", "branch rating over 0.25"),
        ] {
            assert_eq!(condition(name, threshold, true, &style), at_most);
            assert_eq!(condition(name, threshold, false, &style), over);
        }
    }

    #[test]
    fn values_follow_the_loans_that_have_them() {
        let style = Style::of_currency("USD");
        assert_eq!(range("burden", f64::from(0.005_555_555_7_f32), false, &style).as_deref(), Some("0.6% and under"));
        assert_eq!(range("missed_payments", 4.0, true, &style).as_deref(), Some("4 and over"));
        assert_eq!(range("is_secured", 1.0, true, &style), None);
        assert_eq!(after_with("is_secured", 0.0, &style), "no collateral");
        assert_eq!(after_with("dpd_bucket", 5.0, &style), "over 180 days past due");
        assert_eq!(after_with("loan_amount", 12_500.0, &style), "12.5\u{a0}k");
    }

    #[test]
    fn the_buckets_are_those_of_the_database() {
        let db = crate::db::open_scratch().unwrap();
        let mut statement = db.prepare("select position, first_day, last_day from arrears_buckets").unwrap();
        let buckets = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let buckets: Vec<(f32, f32, f32)> = buckets.collect::<rusqlite::Result<_>>().unwrap();
        assert_eq!(buckets.len(), BUCKET_ENDS.len() + 1);
        for (position, first, last) in buckets {
            assert_eq!([dpd_bucket(first), dpd_bucket(last)], [position; 2]);
        }
    }

    #[test]
    fn values_carry_their_unit_and_no_needless_zeros() {
        let style = Style::of_currency("USD");
        for (name, number, text) in [
            ("share_owed", 0.034, "3.4%"),
            ("share_owed", 0.0, "0%"),
            ("dpd_bucket", 5.0, "over 180"),
            ("dpd_bucket", 4.0, "up to 180"),
            ("dpd_bucket", 0.0, "0"),
            ("dpd_bucket", 2.0, "up to 60"),
            ("is_secured", 1.0, "yes"),
            ("own", 0.0, "0"),
            ("own", 12.0, "12"),
            ("own", -0.000_01, "0"),
            ("own", 0.001_25, "0.0013"),
            ("own", 1_234.5, "1,235"),
        ] {
            assert_eq!(value(name, number, &style), text, "{name} {number}");
        }
        assert_eq!(label("Collection_Attempts"), "Collection Attempts");
    }
}
