//! Numbers with a sign or a unit: balances, tenures, days past due and rates, as configured.

use super::conventions::NumberFormat;
use super::durations::{DaysRange, Duration};
use super::fields::{FieldReader, Value, decimal, integer, no_thousands, within};
use crate::columns::ColumnKind;
use crate::config::{BalanceSign, Buckets, EmptyDays, LatenessUnit, NegativeDays, RateUnit, TenureUnit};
use crate::money::Minor;

/// The longest tenure, in months; the highest rate, in percent a year; the most days past due.
const LONGEST_TENURE: i64 = 720;
const HIGHEST_RATE: f64 = 400.0;
const MOST_DAYS: i64 = 36_500;

const NO_DAYS: &str =
    "empty, but required; if an empty value means not late, set empty = \"current\" under [dpd] in recoup.toml";
const NEGATIVE_DAYS: &str = "below 0; if that means not yet due, set negative = \"ahead\" under [dpd] in recoup.toml";
const BUCKET: &str =
    "a range such as \"31-60\"; to use its lower edge, set buckets = \"lower-edge\" under [dpd] in recoup.toml";

impl FieldReader {
    pub(super) fn missing_value(&self, kind: ColumnKind) -> Result<Value, String> {
        match (kind, self.days_past_due.empty) {
            (ColumnKind::Lateness, EmptyDays::Current) => Ok(Value::Integer(0)),
            (ColumnKind::Lateness, EmptyDays::Reject) => Err(NO_DAYS.to_owned()),
            _ => Ok(Value::Missing),
        }
    }

    /// In minor units; a negative balance was overpaid.
    pub(super) fn balance(&self, format: NumberFormat, field: &[u8]) -> Result<i64, String> {
        let Minor(amount) = self.signed_amount(format, field)?;
        Ok(if self.units.outstanding == BalanceSign::OwedNegative { -amount } else { amount })
    }

    /// A tenure in whole months.
    pub(super) fn tenure(&self, format: NumberFormat, field: &[u8]) -> Result<i64, String> {
        let of_number = |plain: &[u8]| -> Result<i64, String> {
            let days_of_one = match self.units.loan_tenure {
                TenureUnit::Auto | TenureUnit::Months => return integer(plain, format, 1, LONGEST_TENURE),
                TenureUnit::Years => return Ok(Duration::of_months(12.0 * number(plain, format)?).months()),
                TenureUnit::Weeks => 7.0,
                TenureUnit::Days => 1.0,
            };
            Ok(Duration::of_days(days_of_one * number(plain, format)?).months())
        };
        let read = self.with_plain(format, field, of_number);
        let months = read.or_else(|reason| Duration::of_words(field).map(Duration::months).ok_or(reason))?;
        within(months, 1, LONGEST_TENURE)
    }

    pub(super) fn lateness(&self, format: NumberFormat, field: &[u8]) -> Result<i64, String> {
        let of_number = |plain: &[u8]| -> Result<i64, String> {
            if plain.first() == Some(&b'-') && number(plain, format)? < 0.0 {
                return match self.days_past_due.negative {
                    NegativeDays::Ahead => Ok(0),
                    NegativeDays::Reject => Err(NEGATIVE_DAYS.to_owned()),
                };
            }
            match self.units.days_past_due {
                LatenessUnit::Auto | LatenessUnit::Days => integer(plain, format, 0, MOST_DAYS),
                LatenessUnit::Months => Ok(Duration::of_months(number(plain, format)?).days()),
            }
        };
        let days = match self.with_plain(format, field, of_number) {
            Ok(days) => days,
            Err(reason) => match (Duration::of_words(field), DaysRange::of(field), self.days_past_due.buckets) {
                (Some(duration), _, _) => duration.days(),
                (None, Some(range), Buckets::LowerEdge) => self.ranges.lower_edge(range),
                (None, Some(_), Buckets::Reject) => return Err(BUCKET.to_owned()),
                (None, None, _) => return Err(reason),
            },
        };
        within(days, 0, MOST_DAYS)
    }

    /// A rate in percent a year. A percent sign overrides the configured unit.
    pub(super) fn rate(&self, format: NumberFormat, field: &[u8]) -> Result<f64, String> {
        let factor = match self.units.interest_rate {
            _ if format.has_percent => 1.0,
            RateUnit::Auto | RateUnit::Percent => 1.0,
            RateUnit::PercentAMonth => 12.0,
            RateUnit::Fraction => 100.0,
        };
        self.with_plain(format, field, |plain| decimal(plain, 0.0, HIGHEST_RATE / factor))
            // 0.1356 as a fraction is 13.56 percent to the last bit.
            .map(|rate| if factor == 1.0 { rate } else { (rate * factor * 1e8).round() / 1e8 })
    }
}

fn number(plain: &[u8], format: NumberFormat) -> Result<f64, String> {
    no_thousands(plain, format)?;
    decimal(plain, f64::MIN, f64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_unit_that_is_set_holds_for_plain_numbers_only() {
        let config = Config::parse(
            "[import.units]\nInterest_Rate = \"fraction\"\nLoan_Tenure = \"years\"\nDays_Past_Due = \"months\"",
        );
        let reader = FieldReader::new(&config.unwrap());
        let read = |kind, field: &str| reader.read(kind, NumberFormat::PLAIN, field.as_bytes());
        assert_eq!(read(ColumnKind::Rate, "0.1356"), Ok(Value::Real(13.56)));
        assert!(read(ColumnKind::Rate, "13.56").is_err());
        assert_eq!(
            (read(ColumnKind::Tenure, "3"), read(ColumnKind::Tenure, "36 months")),
            (Ok(Value::Integer(36)), Ok(Value::Integer(36)))
        );
        assert_eq!(
            (read(ColumnKind::Lateness, "2"), read(ColumnKind::Lateness, "2 days")),
            (Ok(Value::Integer(61)), Ok(Value::Integer(2)))
        );
        let percent = NumberFormat { has_percent: true, ..NumberFormat::PLAIN };
        assert_eq!(reader.read(ColumnKind::Rate, percent, b"12.5%"), Ok(Value::Real(12.5)));
    }
}
