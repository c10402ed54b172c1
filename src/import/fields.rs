//! One field of text, read as its column's type and range.
//!
//! An empty field is a missing value, never zero. What cannot be read is said in words that hold no value, since they
//! also go to logs.

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};

use super::columns::{Kind, letters, normalised};
use crate::config::OutcomeWords;
use crate::money::Minor;

/// The longest text that a field may hold, in bytes.
const LONGEST_TEXT: usize = 1_000;

/// A field's value, on its way to the database.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'line> {
    Missing,
    Text(&'line str),
    Integer(i64),
    Money(Minor),
    Real(f64),
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Missing => ValueRef::Null,
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Integer(number) | Self::Money(Minor(number)) => ValueRef::Integer(number),
            Self::Real(number) => ValueRef::Real(number),
        }))
    }
}

/// The words that mean each outcome, ready to compare, and the decimals of money.
#[derive(Debug)]
pub struct FieldReader {
    decimals: u32,
    outcomes: Vec<(String, &'static str)>,
}

impl FieldReader {
    pub fn new(decimals: u32, words: &OutcomeWords) -> Self {
        let lists = [
            ("fully_recovered", &words.fully_recovered),
            ("partially_recovered", &words.partially_recovered),
            ("written_off", &words.written_off),
            ("outstanding", &words.outstanding),
        ];
        let outcomes = lists.into_iter().flat_map(|(outcome, list)| list.iter().map(move |word| (word, outcome)));
        Self { decimals, outcomes: outcomes.map(|(word, outcome)| (normalised(word), outcome)).collect() }
    }

    /// Reads one trimmed field.
    ///
    /// # Errors
    /// Why the text is not a value of this kind.
    pub fn read<'line>(&self, kind: Kind, field: &'line [u8]) -> Result<Value<'line>, String> {
        if field.is_empty() {
            return Ok(Value::Missing);
        }
        match kind {
            Kind::Text => text(field).map(Value::Text),
            Kind::Status => {
                let status = text(field)?;
                self.outcome(status).map(|_| Value::Text(status)).ok_or_else(|| {
                    "a status that no list under [outcome] in the configuration has: add it to one".to_owned()
                })
            }
            Kind::Money => match Minor::parse(field, self.decimals) {
                Ok(amount) if amount >= Minor(0) => Ok(Value::Money(amount)),
                Ok(_) => Err("a negative amount".to_owned()),
                Err(error) => Err(error.to_string()),
            },
            Kind::Integer { from, to } => integer(field, from, to),
            Kind::Decimal { from, to } => decimal(field, from, to),
        }
    }

    /// The outcome that a status means, if any list has it.
    pub fn outcome(&self, status: &str) -> Option<&'static str> {
        let means = |word: &str| letters(status).eq(word.chars());
        self.outcomes.iter().find(|(word, _)| means(word)).map(|(_, outcome)| *outcome)
    }
}

/// Readable text: UTF-8, no control characters, not endless.
///
/// # Errors
/// What is wrong with it.
pub fn text(field: &[u8]) -> Result<&str, String> {
    if field.len() > LONGEST_TEXT {
        return Err(format!("longer than {LONGEST_TEXT} bytes"));
    }
    let text = std::str::from_utf8(field).map_err(|_| "not UTF-8: save the file as UTF-8".to_owned())?;
    if text.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')) {
        return Err("holds a control character".to_owned());
    }
    Ok(text)
}

/// A whole number; spreadsheets and data frames write `12.0` for 12, which is taken as well.
fn integer(field: &[u8], from: i64, to: i64) -> Result<Value<'_>, String> {
    let whole = match field.iter().position(|byte| *byte == b'.') {
        Some(point) if field[point + 1..].iter().all(|digit| *digit == b'0') => &field[..point],
        _ => field,
    };
    let number = std::str::from_utf8(whole).ok().and_then(|digits| digits.parse::<i64>().ok());
    match number {
        Some(number) if (from..=to).contains(&number) => Ok(Value::Integer(number)),
        Some(_) => Err(format!("outside {from} to {to}")),
        None => Err("not a whole number".to_owned()),
    }
}

fn decimal(field: &[u8], from: f64, to: f64) -> Result<Value<'_>, String> {
    let is_plain = field.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'));
    let digits = std::str::from_utf8(field).ok().filter(|_| is_plain);
    match digits.and_then(|digits| digits.parse::<f64>().ok()) {
        Some(number) if (from..=to).contains(&number) => Ok(Value::Real(number)),
        Some(_) => Err(format!("outside {from} to {to}")),
        None => Err("not a plain decimal number such as 12.5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn reader() -> FieldReader {
        FieldReader::new(2, &Config::parse("").unwrap().outcome)
    }

    fn read(kind: Kind, field: &str) -> Result<Value<'_>, String> {
        reader().read(kind, field.as_bytes())
    }

    #[test]
    fn empty_is_missing_and_never_zero() {
        for kind in [Kind::Text, Kind::Money, Kind::Integer { from: 0, to: 9 }, Kind::Status] {
            assert_eq!(read(kind, ""), Ok(Value::Missing));
        }
    }

    #[test]
    fn whole_numbers_may_be_written_by_a_data_frame() {
        let age = Kind::Integer { from: 15, to: 120 };
        assert_eq!(read(age, "42.0"), Ok(Value::Integer(42)));
        for text in ["42.5", "forty", "1e2", "4 2"] {
            assert_eq!(read(age, text), Err("not a whole number".to_owned()), "{text}");
        }
        assert_eq!(read(age, "-3"), Err("outside 15 to 120".to_owned()));
    }

    #[test]
    fn numbers_that_are_no_numbers_are_refused() {
        let rate = Kind::Decimal { from: 0.0, to: 400.0 };
        assert_eq!(read(rate, "12.39"), Ok(Value::Real(12.39)));
        for text in ["NaN", "inf", "1e999", "12%", "1-2"] {
            assert!(read(rate, text).is_err(), "{text}");
        }
        assert!(read(Kind::Money, "-5").is_err());
        assert!(read(Kind::Text, "a\0b").is_err());
        assert!(reader().read(Kind::Text, b"caf\xe9").is_err());
    }

    #[test]
    fn a_status_means_what_the_configuration_says() {
        assert_eq!(reader().outcome("fully-RECOVERED"), Some("fully_recovered"));
        assert_eq!(reader().outcome("Charged off"), Some("written_off"));
        assert!(read(Kind::Status, "Lost at sea").is_err());
    }
}
