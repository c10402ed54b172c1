//! Dates as people and programs write them: `2024-01-31`, `31-Jan-24`, `31/01/2024`, `01/31/2024`, and Excel's day numbers.
//!
//! A text can mean two dates, depending on the order of day and month, so the whole column decides ([`super::conventions`]).

use crate::config::DateOrder;
use chrono::{Days, Month, NaiveDate};

/// From here on, years of two digits are in the 1900s, as in Excel.
const FIRST_YEAR_OF_1900S: i32 = 30;

const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// The date of a trimmed text with this order of day and month; a time of day is ignored.
pub fn date(text: &str, order: DateOrder) -> Option<NaiveDate> {
    if let Some(date) = iso(text) {
        return Some(date);
    }
    let text = without_time(text);
    // In Excel, the time of day is a fraction of the day.
    let (days, part) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits(days) && is_digits(part) {
        return digits_only(days).filter(|_| part.is_empty() || days.len() == 5);
    }
    let parts: Vec<&str> =
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let &[first, second, third] = parts.as_slice() else { return None };
    let separators = text.len() - parts.iter().map(|part| part.len()).sum::<usize>();
    if separators > 4 {
        return None;
    }
    if first.len() == 4 {
        return from_parts(number(first)?, month_of(second)?, number(third)?);
    }
    if first.starts_with(char::is_alphabetic) {
        return from_parts(year_of(third)?, month_of(first)?, number(second)?);
    }
    if second.starts_with(char::is_alphabetic) || order == DateOrder::DayFirst {
        return from_parts(year_of(third)?, month_of(second)?, number(first)?);
    }
    from_parts(year_of(third)?, month_of(first)?, number(second)?)
}

/// `2024-01-31`: the fast path.
fn iso(text: &str) -> Option<NaiveDate> {
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i32::from(digit - b'0')))
    };
    from_parts(number(&[a, b, c, d])?, number(&[e, f])?.unsigned_abs(), number(&[g, h])?)
}

/// The text without a time of day at its end, such as `T10:30:00Z` or ` 12:00 AM`.
fn without_time(text: &str) -> &str {
    let is_date_end = |letter: char| matches!(letter, ' ' | 'T');
    let time = text.char_indices().find(|(at, letter)| {
        let rest = &text[at + letter.len_utf8()..];
        let hour = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_time = |byte: u8| byte.is_ascii_digit() || b":.+-Z APMapm".contains(&byte);
        is_date_end(*letter)
            && (1..=2).contains(&hour)
            && rest[hour..].starts_with(':')
            && rest[hour + 1..].starts_with(|next: char| next.is_ascii_digit())
            && rest.bytes().all(is_time)
    });
    time.map_or(text, |(at, _)| text[..at].trim_end())
}

/// `20240131`, or the days that Excel counts from the end of 1899.
fn digits_only(text: &str) -> Option<NaiveDate> {
    match text.len() {
        8 => from_parts(number(&text[..4])?, number(&text[4..6])?.try_into().ok()?, number(&text[6..])?),
        5 if !text.starts_with('0') => {
            NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(text.parse().ok()?))
        }
        _ => None,
    }
}

fn from_parts(year: i32, month: u32, day: i32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day.try_into().ok()?).filter(|_| YEARS.contains(&year))
}

fn number(digits: &str) -> Option<i32> {
    (digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.parse().ok())?
}

fn year_of(digits: &str) -> Option<i32> {
    match (digits.len(), number(digits)?) {
        (4, year) => Some(year),
        (2, year) if year >= FIRST_YEAR_OF_1900S => Some(1900 + year),
        (2, year) => Some(2000 + year),
        _ => None,
    }
}

fn month_of(text: &str) -> Option<u32> {
    if text.len() <= 2 {
        return number(text)?.try_into().ok();
    }
    let name = if text.eq_ignore_ascii_case("sept") { "sep" } else { text };
    name.parse::<Month>().ok().map(|month| month.number_from_month())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads(text: &str, day_first: &str, month_first: &str) {
        let read = |order| date(text, order).map_or(String::new(), |date| date.to_string());
        assert_eq!(
            (read(DateOrder::DayFirst), read(DateOrder::MonthFirst)),
            (day_first.into(), month_first.into()),
            "{text}"
        );
    }

    #[test]
    fn dates_that_mean_one_day_are_read() {
        for text in [
            "2024-01-31",
            "2024/01/31",
            "2024.1.31",
            "20240131",
            "31-Jan-24",
            "31-JAN-2024",
            "31 January 2024",
            "Jan 31, 2024",
            "2024-01-31T10:30:00Z",
            "2024-01-31 00:00:00",
            "31-Jan-24 12:00 AM",
            "2024-01-31T00:00:00+05:30",
            "45322",
            "2024-Jan-31",
        ] {
            reads(text, "2024-01-31", "2024-01-31");
        }
        reads("36526.75", "2000-01-01", "2000-01-01");
        reads("36526", "2000-01-01", "2000-01-01");
        reads("1-Feb-30", "1930-02-01", "1930-02-01");
        reads("1-Feb-29", "2029-02-01", "2029-02-01");
        reads("05/05/2024", "2024-05-05", "2024-05-05");
    }

    #[test]
    fn the_order_of_day_and_month_counts_only_where_both_are_digits() {
        reads("31/01/2024", "2024-01-31", "");
        reads("01/31/2024", "", "2024-01-31");
        reads("03/04/2024", "2024-04-03", "2024-03-04");
        reads("3.4.24", "2024-04-03", "2024-03-04");
    }

    #[test]
    fn what_is_not_a_date_is_not_read() {
        for text in [
            "",
            "soon",
            "31",
            "2024",
            "31-02-2024",
            "2024-13-01",
            "1/2/3",
            "1/2/024",
            "12-34-56-78",
            "2024-01-31 late",
            "0000-00-00",
            "123456",
            "-45322",
            "31-Janu-24",
            "1 / / 2 / 2024",
            "é-1-2024",
            "éé-1-2024",
            "12345.1.2024",
        ] {
            reads(text, "", "");
        }
    }
}
