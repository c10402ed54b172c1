//! Reads one field by its column's type, range and format. An empty field or a word for it is a missing value, never zero.
//! Reasons contain no values, since they also go to logs.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;

use super::conventions::NumberFormat;
use super::currency;
use super::durations::RangesSeen;
use super::numbers::Number;
use super::words::MissingWords;
use crate::columns::ColumnKind;
use crate::config::{Config, DaysPastDue, DecimalMark, Status, Units, letters_of};
use crate::money::Minor;

const LONGEST_TEXT: usize = 1_000;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// For a check of the range only.
const LENIENT: NumberFormat = NumberFormat { has_thousandths: true, ..NumberFormat::PLAIN };

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    Missing,
    Text,
    Status(Status),
    /// A whole number, or an amount in minor units.
    Integer(i64),
    Real(f64),
    Date(NaiveDate),
}

#[derive(Debug)]
pub struct FieldReader {
    decimals: u32,
    currency: String,
    pub(super) units: Units,
    pub(super) days_past_due: DaysPastDue,
    pub(super) ranges: RangesSeen,
    missing: MissingWords,
    /// By the letters of the word.
    statuses: BTreeMap<String, Status>,
    /// By the usual spelling of the word: the fast path.
    statuses_as_spelt: HashMap<String, Status>,
}

impl FieldReader {
    pub fn new(config: &Config) -> Self {
        let statuses = config.outcome.statuses();
        let spelt =
            config.outcome.words().filter_map(|word| Some((word.to_owned(), *statuses.get(&letters_of(word))?)));
        Self {
            statuses_as_spelt: spelt.collect(),
            statuses,
            decimals: config.currency.decimals,
            currency: config.currency.code.clone(),
            units: config.import.units,
            days_past_due: config.dpd,
            ranges: RangesSeen::default(),
            missing: MissingWords::new(&config.import.missing),
        }
    }

    pub fn read(&self, kind: ColumnKind, format: NumberFormat, field: &[u8]) -> Result<Value, String> {
        if self.is_no_value(kind, field) {
            return self.missing_value(kind);
        }
        if kind.is_number() && !kind.is_amount() && currency::is_code_with_capital(field, &self.currency) {
            return Err("not a number".to_owned());
        }
        match kind {
            ColumnKind::Text | ColumnKind::Date => text(field).map(|_| Value::Text),
            ColumnKind::Id => id(field).map(|()| Value::Text),
            ColumnKind::Status => {
                let status = self.status(text(field)?).ok_or("a status that is in no list under [outcome]")?;
                Ok(Value::Status(status))
            }
            ColumnKind::Money => self.amount(format, field).map(|Minor(amount)| Value::Integer(amount)),
            ColumnKind::Balance => self.balance(format, field).map(Value::Integer),
            ColumnKind::Integer { from, to } => {
                self.with_plain(format, field, |plain| integer(plain, format, from, to)).map(Value::Integer)
            }
            ColumnKind::Tenure => self.tenure(format, field).map(Value::Integer),
            ColumnKind::Lateness => self.lateness(format, field).map(Value::Integer),
            ColumnKind::Rate => self.rate(format, field).map(Value::Real),
            ColumnKind::Decimal { from, to } => {
                self.with_plain(format, field, |plain| decimal(plain, from, to)).map(Value::Real)
            }
        }
    }

    pub fn is_missing(&self, field: &[u8]) -> bool {
        self.missing.has(field)
    }

    /// The same for a field of this kind, in which more words may mean a missing value.
    pub fn is_no_value(&self, kind: ColumnKind, field: &[u8]) -> bool {
        let is_exact = kind.is_number() || kind == ColumnKind::Date;
        self.is_missing(field) || is_exact && MissingWords::is_doubtful(field)
    }

    pub fn status(&self, word: &str) -> Option<Status> {
        self.statuses_as_spelt.get(word).or_else(|| self.statuses.get(&letters_of(word))).copied()
    }

    pub fn is_not_a_loan(&self, word: &[u8]) -> bool {
        !self.is_missing(word) && text(word).is_ok_and(|word| self.status(word) == Some(Status::NotALoan))
    }

    fn amount(&self, format: NumberFormat, field: &[u8]) -> Result<Minor, String> {
        match self.signed_amount(format, field)? {
            Minor(amount) if amount < 0 => Err("a negative amount".to_owned()),
            amount => Ok(amount),
        }
    }

    pub(super) fn signed_amount(&self, format: NumberFormat, field: &[u8]) -> Result<Minor, String> {
        self.with_plain(format, field, |plain| Minor::parse(plain, self.decimals).map_err(|error| error.to_string()))
    }

    pub fn plain_number(&self, kind: ColumnKind, format: NumberFormat, field: &[u8]) -> Result<String, String> {
        self.read(kind, format, field)?;
        self.with_plain(format, field, |plain| Ok(String::from_utf8_lossy(plain).into_owned()))
    }

    /// Whether plain decimal text is possible as a number of this kind. An amount can be any.
    pub fn can_be(&self, kind: ColumnKind, plain: &[u8]) -> bool {
        kind.is_amount() || self.read(kind, LENIENT, plain).is_ok()
    }

    pub(super) fn with_plain<T>(
        &self,
        format: NumberFormat,
        field: &[u8],
        then: impl FnOnce(&[u8]) -> Result<T, String>,
    ) -> Result<T, String> {
        if format == NumberFormat::PLAIN && field.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
            return then(field);
        }
        let number = Number::of(field, &self.currency).ok_or("not a number")?;
        let mut plain = Vec::with_capacity(field.len());
        if !number.read(format.mark, &mut plain) {
            let mark = match format.mark {
                DecimalMark::Point => "point",
                DecimalMark::Comma => "comma",
            };
            return Err(format!("not a number with a decimal {mark}, which this column uses"));
        }
        let is_zero = !plain.iter().any(|byte| matches!(byte, b'1'..=b'9'));
        match (number.has_percent, format.has_percent) {
            (true, false) => Err("a percent sign, unlike the rest of this column".to_owned()),
            (false, true) if !is_zero => Err("no percent sign, unlike the rest of this column".to_owned()),
            _ => then(&plain),
        }
    }
}

/// Readable text: UTF-8, without control or replacement characters, of limited length.
pub fn text(field: &[u8]) -> Result<&str, String> {
    if field.len() > LONGEST_TEXT {
        return Err(format!("longer than {LONGEST_TEXT} bytes"));
    }
    let text = std::str::from_utf8(field).map_err(|_| "not valid in the file's encoding".to_owned())?;
    if field.iter().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(text);
    }
    for letter in text.chars() {
        if letter.is_control() && !matches!(letter, '\n' | '\r' | '\t') {
            return Err("contains a control character".to_owned());
        }
        if letter == char::REPLACEMENT_CHARACTER {
            return Err("contains a character that was lost (U+FFFD)".to_owned());
        }
        // It is invisible, but makes another loan id.
        if letter == BYTE_ORDER_MARK {
            return Err("contains a byte order mark (U+FEFF), as when two files were joined".to_owned());
        }
    }
    Ok(text)
}

/// An id as written; not one that a spreadsheet turned into a number or showed as ###.
fn id(field: &[u8]) -> Result<(), String> {
    text(field)?;
    let is_invisible = |letter: char| matches!(letter, '\u{200b}' | '\u{2060}');
    if text(field)?.contains(is_invisible) {
        return Err("an id with an invisible character".to_owned());
    }
    if is_rounded(field) {
        return Err("an id that a spreadsheet has rounded, such as 1.23E+15: export it again as text".to_owned());
    }
    if field.iter().all(|byte| *byte == b'#') {
        return Err("an id that a spreadsheet shows as ###: widen the column and export again".to_owned());
    }
    Ok(())
}

/// Whether it looks like a large number of a spreadsheet: `1.23E+15`.
fn is_rounded(field: &[u8]) -> bool {
    let field = field.strip_prefix(b"-").unwrap_or(field);
    let Some(place) = field.iter().position(|byte| matches!(byte, b'E' | b'e')) else { return false };
    let (digits, power) = (&field[..place], &field[place + 1..]);
    let marks = digits.iter().filter(|byte| matches!(byte, b'.' | b',')).count();
    // `12E4` may be an id; with a plus or a decimal mark it is not.
    let (has_plus, power) = power.strip_prefix(b"+").map_or((false, power), |power| (true, power));
    (has_plus || marks == 1)
        && digits.first().is_some_and(u8::is_ascii_digit)
        && marks <= 1
        && digits.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
        && !power.is_empty()
        && power.iter().all(u8::is_ascii_digit)
}

/// A whole number; `12.0` for 12, from spreadsheets and data frames, is accepted.
pub(super) fn integer(plain: &[u8], format: NumberFormat, from: i64, to: i64) -> Result<i64, String> {
    let whole = match plain.iter().position(|byte| *byte == b'.') {
        Some(point) if plain[point + 1..].iter().all(|digit| *digit == b'0') => {
            no_thousands(plain, format)?;
            &plain[..point]
        }
        _ => plain,
    };
    let number = std::str::from_utf8(whole).ok().and_then(|digits| digits.parse::<i64>().ok());
    within(number.ok_or("not a whole number")?, from, to)
}

pub(super) fn within(number: i64, from: i64, to: i64) -> Result<i64, String> {
    if (from..=to).contains(&number) { Ok(number) } else { Err(format!("outside {from} to {to}")) }
}

/// `40,000` days are not 40 with three decimals, unless all days of the file have three.
pub(super) fn no_thousands(plain: &[u8], format: NumberFormat) -> Result<(), String> {
    let decimals = plain.iter().rev().position(|byte| *byte == b'.');
    if decimals == Some(3) && !format.has_thousandths {
        return Err("three digits after the mark, in a column of whole numbers: thousands or decimals?".to_owned());
    }
    Ok(())
}

pub(super) fn decimal(plain: &[u8], from: f64, to: f64) -> Result<f64, String> {
    let number = std::str::from_utf8(plain).ok().and_then(|digits| digits.parse::<f64>().ok());
    match number {
        Some(number) if (from..=to).contains(&number) => Ok(number),
        Some(_) => Err(format!("outside {from} to {to}")),
        None => Err("not a number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn reader() -> FieldReader {
        FieldReader::new(&Config::parse("").unwrap())
    }

    fn read_as(kind: ColumnKind, format: NumberFormat, field: &str) -> Result<Value, String> {
        reader().read(kind, format, field.as_bytes())
    }

    fn read(kind: ColumnKind, field: &str) -> Result<Value, String> {
        reader().read(kind, NumberFormat::PLAIN, field.as_bytes())
    }

    #[test]
    fn empty_is_missing_and_never_zero() {
        for kind in [ColumnKind::Text, ColumnKind::Money, ColumnKind::Integer { from: 0, to: 9 }, ColumnKind::Status] {
            assert_eq!(read(kind, ""), Ok(Value::Missing));
        }
    }

    #[test]
    fn whole_numbers_may_be_written_by_a_data_frame() {
        let age = ColumnKind::Integer { from: 15, to: 120 };
        assert_eq!(read(age, "42.0"), Ok(Value::Integer(42)));
        assert_eq!(read(age, "42.5"), Err("not a whole number".to_owned()));
        for text in ["forty", "1e2", "4 2", "inf"] {
            assert!(read(age, text).is_err(), "{text}");
        }
        assert_eq!(read(age, "-3"), Err("outside 15 to 120".to_owned()));
    }

    #[test]
    fn malformed_numbers_are_refused() {
        let rate = ColumnKind::Decimal { from: 0.0, to: 400.0 };
        assert_eq!(read(rate, "12.39"), Ok(Value::Real(12.39)));
        assert_eq!(read(rate, "NaN"), Ok(Value::Missing));
        for text in ["inf", "1e999", "12%", "1-2", "1.2.3", "."] {
            assert!(read(rate, text).is_err(), "{text}");
        }
        assert!(read(ColumnKind::Money, "-5").is_err());
        assert!(read(ColumnKind::Text, "a\0b").is_err());
        assert!(reader().read(ColumnKind::Text, NumberFormat::PLAIN, b"caf\xe9").is_err());
    }

    #[test]
    fn a_status_says_what_the_configuration_says() {
        let closed = |outcome| Ok(Value::Status(Status::Loan { outcome: Some(outcome), is_closed: true }));
        assert_eq!(read(ColumnKind::Status, "fully-RECOVERED"), closed("fully_recovered"));
        assert_eq!(read(ColumnKind::Status, "Charged off"), closed("written_off"));
        assert!(read(ColumnKind::Status, "Lost at sea").is_err());
    }

    #[test]
    fn ids_stay_text_unless_a_spreadsheet_destroyed_them() {
        for text in ["007", "1,234", "12E4", "E+15", "A1.2E+3", "-12"] {
            assert_eq!(read(ColumnKind::Id, text), Ok(Value::Text));
        }
        for text in ["1.23E+15", "1,23457E+11", "9E+99", "1.2e+05", "1.23E15", "-1.23E+15", "#####", "L1\u{200b}"] {
            assert!(read(ColumnKind::Id, text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_their_column_is_written() {
        let comma = NumberFormat { mark: DecimalMark::Comma, ..NumberFormat::PLAIN };
        assert_eq!(read_as(ColumnKind::Money, comma, "1.234,56"), Ok(Value::Integer(123_456)));
        assert_eq!(read_as(ColumnKind::Money, comma, "1.234"), Ok(Value::Integer(123_400)));
        for text in ["1234.56", "(5,00)"] {
            assert!(read_as(ColumnKind::Money, comma, text).is_err(), "{text}");
        }
        let percent = NumberFormat { has_percent: true, ..NumberFormat::PLAIN };
        let rate = ColumnKind::Decimal { from: 0.0, to: 400.0 };
        assert_eq!(read_as(rate, percent, "12.5%"), Ok(Value::Real(12.5)));
        assert_eq!(read_as(rate, percent, "0"), Ok(Value::Real(0.0)));
        assert!(read_as(rate, percent, "12.5").is_err());
    }

    #[test]
    fn three_decimals_are_not_a_whole_number_unless_all_have_them() {
        let thousandths = NumberFormat { has_thousandths: true, ..NumberFormat::PLAIN };
        for kind in [ColumnKind::Lateness, ColumnKind::Tenure, ColumnKind::Integer { from: 0, to: 99 }] {
            assert!(read(kind, "40.000").is_err());
            assert_eq!(read(kind, "40.00"), Ok(Value::Integer(40)));
            assert_eq!(read_as(kind, thousandths, "40.000"), Ok(Value::Integer(40)));
        }
    }

    #[test]
    fn a_lost_character_is_not_a_text() {
        assert!(read(ColumnKind::Text, "B\u{fffd}atrice").is_err());
        assert!(read(ColumnKind::Id, "\u{feff}L5").is_err());
    }

    #[test]
    fn a_word_for_no_value_may_begin_with_a_digit() {
        let config = Config::parse("[import]\nmissing = [\"9999\", \"n.a.\"]").unwrap();
        let read =
            |field: &str| FieldReader::new(&config).read(ColumnKind::Money, NumberFormat::PLAIN, field.as_bytes());
        assert_eq!((read("9999"), read("N.A.")), (Ok(Value::Missing), Ok(Value::Missing)));
        assert_eq!(read("99990"), Ok(Value::Integer(9_999_000)));
    }
}
