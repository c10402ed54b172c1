//! How a column's numbers and dates are written, decided from all of its values.
//!
//! A value that can be read in only one of two ways is a witness. If the witnesses contradict each other, or are lacking where
//! one is needed, the file is refused with the line of the configuration that settles it.

use super::currency::{self, SignsSeen};
use super::dates::date;
use super::numbers::Number;
use crate::columns::ColumnKind;
use crate::config::{DateOrder, DecimalMark};

/// The share of witnesses that may be mistakes; each of these values is rejected.
const MISTAKEN_PERCENT: u64 = 1;

/// The share of witnesses needed for an unlikely reading of other values: one damaged value must not decide for a column.
const TELLING_PERCENT: u64 = 10;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Seen {
    count: u64,
    first_line: u64,
}

impl Seen {
    fn add(&mut self, line: u64) {
        if self.count == 0 {
            self.first_line = line;
        }
        self.count += 1;
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Witnesses {
    one: Seen,
    other: Seen,
    either: Seen,
    /// Of those that could be either, the values that each way would read in an unlikely manner.
    unlikely: [u64; 2],
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Open {
    /// Lines that say the one and the other.
    Contradiction(u64, u64),
    /// The line of the first value that could be either.
    Nothing(u64),
}

impl Witnesses {
    fn add(&mut self, is_one: bool, is_other: bool, line: u64) {
        match (is_one, is_other) {
            (true, false) => self.one.add(line),
            (false, true) => self.other.add(line),
            (true, true) => self.either.add(line),
            (false, false) => {}
        }
    }

    fn add_either(&mut self, line: u64, is_unlikely: [bool; 2]) {
        self.either.add(line);
        for (count, is_unlikely) in self.unlikely.iter_mut().zip(is_unlikely) {
            *count += u64::from(is_unlikely);
        }
    }

    /// Whether it is the first way, as configured in `set` or by the witnesses; it is if no value needs a decision.
    fn decide(&self, set: Option<bool>) -> Result<bool, Open> {
        if let Some(is_one) = set {
            return Ok(is_one);
        }
        let few = |seen: Seen, of: Seen| seen.count * 100 <= (seen.count + of.count) * MISTAKEN_PERCENT;
        let is_enough = |seen: Seen, unlikely: u64| seen.count * 100 >= unlikely * TELLING_PERCENT;
        match (self.one.count, self.other.count) {
            (0, 0) if self.either.count > 0 => Err(Open::Nothing(self.either.first_line)),
            _ if few(self.other, self.one) && is_enough(self.one, self.unlikely[0]) => Ok(true),
            _ if few(self.one, self.other) && is_enough(self.other, self.unlikely[1]) => Ok(false),
            (_, 0) | (0, _) => Err(Open::Nothing(self.either.first_line)),
            _ => Err(Open::Contradiction(self.one.first_line, self.other.first_line)),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberFormat {
    pub mark: DecimalMark,
    /// Whether every number carries a percent sign.
    pub has_percent: bool,
    /// Whether the whole numbers of a column are written with three decimals, as 45.000.
    pub has_thousandths: bool,
}

impl NumberFormat {
    /// Digits, and a point before the decimals.
    pub const PLAIN: Self = Self { mark: DecimalMark::Point, has_percent: false, has_thousandths: false };
}

#[derive(Debug, Clone, Default)]
pub struct NumberColumn {
    is_whole: bool,
    is_amount: bool,
    /// Of whole numbers, those with three zeros behind a mark, and all others.
    thousandths: [u64; 2],
    is_of_percents: bool,
    pub signs: SignsSeen,
    /// For a decimal point, and for a comma.
    marks: Witnesses,
    /// Without a percent sign, and with one. Zero is zero either way.
    percents: Witnesses,
    plain: Vec<u8>,
}

impl NumberColumn {
    pub fn new(kind: ColumnKind) -> Self {
        Self {
            is_whole: kind.is_whole(),
            is_amount: kind.is_amount(),
            is_of_percents: matches!(kind, ColumnKind::Decimal { .. } | ColumnKind::Rate),
            ..Self::default()
        }
    }

    /// Looks at a trimmed value. `can_be` says whether a plain number is possible in this column.
    pub fn look_at(&mut self, line: u64, text: &[u8], currency: &str, can_be: impl Fn(&[u8]) -> bool) {
        let is_thousandths = self.is_whole && has_three_zeros(text);
        if self.is_whole && !text.is_empty() {
            self.thousandths[usize::from(!is_thousandths)] += 1;
        }
        if is_unmistakable(text) {
            if self.is_of_percents && text != b"0" {
                self.percents.one.add(line);
            }
            if text.contains(&b'.') {
                self.marks.one.add(line);
            }
            return;
        }
        if !self.is_amount && currency::is_code_with_capital(text, currency) {
            return;
        }
        let Some(number) = Number::of(text, currency) else { return };
        let plain = &mut self.plain;
        let is_point = number.read(DecimalMark::Point, plain);
        let point_can_be = is_point && can_be(plain);
        let with_point = plain.clone();
        let is_comma = number.read(DecimalMark::Comma, plain);
        let comma_can_be = is_comma && can_be(plain);
        if !is_point && !is_comma {
            return;
        }
        for sign in number.signs.into_iter().flatten() {
            self.signs.add(sign, currency, line);
        }
        if self.is_of_percents && (plain.iter().any(|byte| matches!(byte, b'1'..=b'9')) || number.has_percent) {
            self.percents.add(!number.has_percent, number.has_percent, line);
        }
        match (is_point, is_comma) {
            (true, true) if with_point == *plain => {}
            // A whole number that is too large in thousands does not have three decimals.
            (true, true) if is_thousandths && point_can_be != comma_can_be => {}
            (true, true) if !point_can_be && !comma_can_be => {}
            (true, true) if point_can_be != comma_can_be => self.marks.add(point_can_be, comma_can_be, line),
            // Three decimals are rare, and thousands are not.
            (true, true) => self.marks.add_either(line, [text.contains(&b'.'), text.contains(&b',')]),
            _ => self.marks.add(is_point, is_comma, line),
        }
    }

    /// The format of the column, or the question and what settles it; `set` is the configured mark.
    pub fn decide(&self, name: &str, set: Option<DecimalMark>) -> Result<NumberFormat, String> {
        let is_point = self.marks.decide(set.map(|mark| mark == DecimalMark::Point)).map_err(|open| {
            let what = match open {
                Open::Contradiction(point, comma) => {
                    format!("line {point} has a decimal point and line {comma} a decimal comma")
                }
                Open::Nothing(line) => {
                    format!("a number such as that in line {line} can be in thousands or have three decimals")
                }
            };
            format!(
                "{name}: {what}, and no other value decides it. Set {name:?} = \"point\" or \"comma\" under [import.decimal] in the \
                 configuration"
            )
        })?;
        let has_no_percent = self.percents.decide(None).map_err(|open| match open {
            Open::Contradiction(without, with) => format!(
                "{name}: the number in line {with} has a percent sign and that in line {without} has none: write all of them \
                 one way"
            ),
            Open::Nothing(_) => unreachable!("a number has a percent sign or not"),
        })?;
        let mark = if is_point { DecimalMark::Point } else { DecimalMark::Comma };
        let [thousandths, others] = self.thousandths;
        let has_thousandths = others * 100 <= thousandths * MISTAKEN_PERCENT && thousandths > 1;
        Ok(NumberFormat { mark, has_percent: !has_no_percent, has_thousandths })
    }

    pub fn has_marks(&self) -> bool {
        self.marks != Witnesses::default()
    }
}

fn has_three_zeros(text: &[u8]) -> bool {
    matches!(text, [.., b'0'..=b'9', b'.' | b',', b'0', b'0', b'0'])
}

/// Digits, perhaps with a point that cannot separate thousands: the fast path for most values.
fn is_unmistakable(text: &[u8]) -> bool {
    let Some(point) = text.iter().position(|byte| !byte.is_ascii_digit()) else { return !text.is_empty() };
    let decimals = &text[point + 1..];
    text[point] == b'.'
        && point > 0
        && !decimals.is_empty()
        && (decimals.len() != 3 || point > 3 || text[0] == b'0')
        && decimals.iter().all(u8::is_ascii_digit)
}

/// Witnesses for the day first, and for the month first.
#[derive(Debug, Clone, Default)]
pub struct DateColumn(Witnesses);

impl DateColumn {
    pub fn look_at(&mut self, line: u64, text: &str) {
        let (day_first, month_first) = (date(text, DateOrder::DayFirst), date(text, DateOrder::MonthFirst));
        match (day_first, month_first) {
            _ if day_first == month_first => {}
            // With either order, it is unlikely that no day is after the twelfth.
            (Some(_), Some(_)) => self.0.add_either(line, [true, true]),
            _ => self.0.add(day_first.is_some(), month_first.is_some(), line),
        }
    }

    /// The order of day and month, or the question and what settles it; `set` is the configured order.
    pub fn decide(&self, name: &str, set: Option<DateOrder>) -> Result<DateOrder, String> {
        let is_day_first = self.0.decide(set.map(|order| order == DateOrder::DayFirst)).map_err(|open| {
            let what = match open {
                Open::Contradiction(day, month) => {
                    format!("line {day} has the day before the month and line {month} the month before the day")
                }
                Open::Nothing(line) => format!("a date such as that in line {line} can have the day or the month first"),
            };
            format!(
                "{name}: {what}, and no other value decides it. Set {name:?} = \"day-first\" or \"month-first\" under [import.dates] \
                 in the configuration"
            )
        })?;
        Ok(if is_day_first { DateOrder::DayFirst } else { DateOrder::MonthFirst })
    }

    pub fn has_order(&self) -> bool {
        self.0 != Witnesses::default()
    }
}

/// What a column of numbers is taken for, as the log and `check` say it.
pub fn number_words(kind: ColumnKind, format: Option<&NumberFormat>, has_marks: bool) -> String {
    let Some(format) = format else { return format!("{}, undecided", kind.words()) };
    let what = if format.has_percent { "percent" } else { kind.words() };
    let mark = match format.mark {
        DecimalMark::Comma => ", decimal comma",
        DecimalMark::Point if has_marks && !kind.is_whole() => ", decimal point",
        DecimalMark::Point => "",
    };
    format!("{what}{mark}")
}

/// The same of a column of dates; `counts` where their order matters.
pub fn date_words(order: DateOrder, counts: bool) -> String {
    let order = match order {
        _ if !counts => "",
        DateOrder::DayFirst => ", day first",
        DateOrder::MonthFirst => ", month first",
    };
    format!("date{order}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: ColumnKind = ColumnKind::Decimal { from: 0.0, to: 400.0 };

    fn numbers(values: &[&str]) -> Result<NumberFormat, String> {
        let mut column = NumberColumn::new(RATE);
        for (place, value) in values.iter().enumerate() {
            column.look_at(place as u64 + 2, value.as_bytes(), "INR", |_| true);
        }
        column.decide("Amount", None)
    }

    fn mark(values: &[&str]) -> Option<DecimalMark> {
        numbers(values).ok().map(|format| format.mark)
    }

    #[test]
    fn one_value_that_tells_decides_for_all() {
        assert_eq!(mark(&["1,234", "5,000", "1,234.50"]), Some(DecimalMark::Point));
        assert_eq!(mark(&["1.234", "5.000", "12,5"]), Some(DecimalMark::Comma));
        assert_eq!(mark(&["1,234", "1,234,567"]), Some(DecimalMark::Point));
        assert_eq!(mark(&["12", "0", ""]), Some(DecimalMark::Point));
        assert_eq!(mark(&["1234.567", "1.234"]), Some(DecimalMark::Point));
    }

    #[test]
    fn a_column_that_stays_ambiguous_is_refused_with_what_settles_it() {
        let problem = numbers(&["12", "1,234", "45,000"]).unwrap_err();
        for part in ["line 3", "\"Amount\" = \"point\" or \"comma\"", "[import.decimal]"] {
            assert!(problem.contains(part), "{problem}");
        }
        assert!(numbers(&["1.5", "2,5"]).unwrap_err().contains("line 2 has a decimal point and line 3"));
    }

    #[test]
    fn what_is_set_needs_no_witness() {
        let mut column = NumberColumn::new(RATE);
        column.look_at(2, b"1,234", "", |_| true);
        assert_eq!(column.decide("Amount", Some(DecimalMark::Comma)).unwrap().mark, DecimalMark::Comma);
    }

    #[test]
    fn a_mistake_in_a_hundred_does_not_decide() {
        let mut values = vec!["1.5"; 99];
        values.push("2,5");
        assert_eq!(mark(&values), Some(DecimalMark::Point));
        values[0] = "2,5";
        assert_eq!(mark(&values), None);
    }

    #[test]
    fn a_damaged_value_does_not_decide_for_a_column_that_is_open() {
        let mut values = vec!["1,234"; 39];
        values.push("1,23");
        assert!(numbers(&values).unwrap_err().contains("line 2 can be in thousands"));
        // Thousands are what such values are, if any is.
        values[39] = "1,234,567";
        assert_eq!(mark(&values), Some(DecimalMark::Point));
        let mut column = DateColumn::default();
        (2..41).for_each(|line| column.look_at(line, "01/02/2024"));
        column.look_at(41, "01/20/2024");
        assert!(column.decide("Opened", None).unwrap_err().contains("line 2"));
    }

    #[test]
    fn what_a_value_cannot_be_tells_too() {
        let mut column = NumberColumn::new(RATE);
        let is_whole = |plain: &[u8]| !plain.contains(&b'.');
        column.look_at(2, b"1.234", "", is_whole);
        assert_eq!(column.decide("Days", None).unwrap().mark, DecimalMark::Comma);
    }

    #[test]
    fn percent_signs_are_on_all_numbers_or_on_none() {
        assert!(numbers(&["12.5%", "3%", "0"]).unwrap().has_percent);
        assert!(!numbers(&["12.5", "3", "0"]).unwrap().has_percent);
        assert!(numbers(&["12.5%", "0.125"]).unwrap_err().contains("percent"));
    }

    #[test]
    fn dates_are_decided_like_numbers() {
        let order = |values: &[&str]| {
            let mut column = DateColumn::default();
            values.iter().enumerate().for_each(|(place, value)| column.look_at(place as u64 + 2, value));
            column.decide("Opened", None)
        };
        assert_eq!(order(&["03/04/2024", "13/04/2024"]), Ok(DateOrder::DayFirst));
        assert_eq!(order(&["03/04/2024", "04/13/2024"]), Ok(DateOrder::MonthFirst));
        assert_eq!(order(&["2024-04-03", "05/05/2024", "late"]), Ok(DateOrder::DayFirst));
        assert!(order(&["03/04/2024"]).unwrap_err().contains("\"Opened\" = \"day-first\" or \"month-first\""));
        assert!(order(&["13/04/2024", "04/13/2024"]).is_err());
    }

    #[test]
    fn a_percent_sign_at_an_amount_is_not_a_convention() {
        let decided = |values: &[&str]| {
            let mut column = NumberColumn::new(ColumnKind::Money);
            for (place, value) in values.iter().enumerate() {
                column.look_at(place as u64 + 2, value.as_bytes(), "INR", |_| true);
            }
            column.decide("Amount", None)
        };
        assert!(!decided(&["5.5%", "6.5%"]).unwrap().has_percent, "so that each of them is rejected");
    }
}
