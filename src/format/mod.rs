//! Formats values for people: grouped, rounded, with their unit. A missing value is a dash, never a zero.

mod style;
pub use style::Style;

pub const NONE: &str = "–";

pub fn decimal(value: Option<f64>, places: usize) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| fixed(value, places))
}

pub fn fixed(value: f64, places: usize) -> String {
    let text = format!("{value:.places$}");
    match text.strip_prefix('-') {
        Some(size) if !size.contains(|digit: char| ('1'..='9').contains(&digit)) => size.to_owned(),
        _ => text,
    }
}

/// A share from 0 to 1 as a percentage with one decimal.
pub fn share(value: f64) -> String {
    format!("{}%", fixed(value * 100.0, 1))
}

pub fn share_or_none(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), share)
}

pub fn whole_share(value: f64) -> String {
    format!("{}%", fixed(value * 100.0, 0))
}

pub fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

/// `2026-01-31` as `31 January 2026`; another text is left as it is.
pub fn date(iso: &str) -> String {
    chrono::NaiveDate::parse_from_str(iso, "%Y-%m-%d")
        .map_or_else(|_| iso.to_owned(), |date| date.format("%-d %B %Y").to_string())
}

pub fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").unwrap_or(&text).to_owned()
}

/// The letter, or a space for a control character or one that reverses the text after it, which may be an amount.
pub fn plain(letter: char) -> char {
    let is_steering = letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if is_steering { ' ' } else { letter }
}

/// A text of the file or the settings in one line, cut to a sensible length.
pub fn one_line(text: &str) -> String {
    const MOST_LETTERS: usize = 80;
    let line = |text: &str| text.chars().map(plain).collect::<String>();
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", line(&text[..end]).trim_end()),
        None => line(text),
    }
}

pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

pub fn sentence_case(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_dates_and_gaps_read_as_a_person_writes_them() {
        assert_eq!([share(0.1234), share(-0.0002), whole_share(-0.001)], ["12.3%", "0.0%", "0%"]);
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
    fn a_foreign_text_is_one_line_and_not_long() {
        assert_eq!(one_line("Hill\r\nDale"), "Hill  Dale");
        assert_eq!(one_line("\u{202e}LN_1\u{2066}"), " LN_1 ");
        assert_eq!(one_line(&"ß".repeat(80)), "ß".repeat(80));
        assert_eq!(one_line(&"ß".repeat(70_000)).chars().count(), 81);
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        let items = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        assert_eq!(list(&items(&["a"])), "a");
        assert_eq!(list(&items(&["a", "b", "c"])), "a, b and c");
        assert_eq!(sentence_case("loans"), "Loans");
    }
}
