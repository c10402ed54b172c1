//! How values read: grouped, rounded to what a person can use, with their unit. Everything that the templates place has
//! gone through here; a missing value is a dash, never a zero.

/// What stands where there is no value.
pub const NONE: &str = "–";

/// `1234567` as `1,234,567`.
pub fn count(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count with its noun, `1 loan` and `2 loans`.
pub fn loans(number: i64) -> String {
    format!("{} {}", count(number), if number == 1 { "loan" } else { "loans" })
}

/// An amount in whole units, grouped, without the currency.
pub fn amount(value: f64) -> String {
    count(value.round() as i64)
}

/// An amount that may be missing.
pub fn amount_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), amount)
}

/// An amount short enough for an axis: `950`, `12.5 k`, `1.2 M`, `3.4 bn`, with a space that does not break.
pub fn compact(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        size if size >= 999_500_000.0 => (value / 1e9, "\u{a0}bn"),
        size if size >= 999_500.0 => (value / 1e6, "\u{a0}M"),
        size if size >= 9_999.5 => (value / 1e3, "\u{a0}k"),
        _ => return amount(value),
    };
    let places = usize::from(scaled.abs() < 99.95);
    let text = format!("{scaled:.places$}");
    format!("{}{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// A number with a fixed count of decimals, or a dash.
pub fn decimal(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| fixed(value, places))
}

/// A number with a fixed count of decimals; what rounds to nothing has no sign.
pub fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(size) if !size.contains(|digit: char| ('1'..='9').contains(&digit)) => size.to_owned(),
        _ => text,
    }
}

/// A share from 0 to 1 as a percentage with one decimal.
pub fn share(value: f64) -> String {
    format!("{:.1}%", value * 100.0)
}

/// A share that may be missing.
pub fn share_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), share)
}

/// A share in whole percent, for labels inside a chart.
pub fn whole_share(value: f64) -> String {
    format!("{:.0}%", value * 100.0)
}

/// `part` of `whole` as a share; nothing of nothing is nothing.
pub fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// `2026-01-31` as `31 January 2026`; another text is left as it is.
pub fn date(iso: &str) -> String {
    chrono::NaiveDate::parse_from_str(iso, "%Y-%m-%d")
        .map_or_else(|_| iso.to_owned(), |date| date.format("%-d %B %Y").to_string())
}

/// A coordinate of a drawing: a tenth of a unit is finer than a screen shows.
pub fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The same with a capital first letter.
pub fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (-1_234_567, "-1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(loans(1), "1 loan");
        assert_eq!(loans(12_000), "12,000 loans");
        assert_eq!(amount(1_727_997.6), "1,727,998");
    }

    #[test]
    fn short_amounts_keep_two_or_three_figures() {
        for (value, text) in [
            (0.0, "0"),
            (950.0, "950"),
            (9_999.0, "9,999"),
            (12_500.0, "12.5\u{a0}k"),
            (999_499.0, "999\u{a0}k"),
            (999_500.0, "1\u{a0}M"),
            (1_234_567.0, "1.2\u{a0}M"),
            (123_456_789.0, "123\u{a0}M"),
            (3_400_000_000.0, "3.4\u{a0}bn"),
            (-20_000.0, "-20\u{a0}k"),
        ] {
            assert_eq!(compact(value), text);
        }
    }

    #[test]
    fn shares_dates_and_gaps_read_as_a_person_writes_them() {
        assert_eq!(share(0.1234), "12.3%");
        assert_eq!(whole_share(0.999), "100%");
        assert_eq!(date("2026-01-31"), "31 January 2026");
        assert_eq!(date("soon"), "soon");
        assert_eq!(decimal(None, 2), NONE);
        assert_eq!([-0.004, -0.0, -0.006].map(|value| fixed(value, 2)), ["0.00", "0.00", "-0.01"]);
        assert!((ratio(1.0, 0.0)).abs() < f64::EPSILON);
        assert_eq!(coordinate(12.0), "12");
        assert_eq!(coordinate(12.34), "12.3");
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        let items = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(list(&items(&["a"])), "a");
        assert_eq!(list(&items(&["a", "b", "c"])), "a, b and c");
        assert_eq!(sentence_case("loans"), "Loans");
    }
}
