//! What the user knows about the file from elsewhere: its control totals, and how many loans the last file had.

use crate::config::Config;
use crate::money::Minor;
use crate::progress::grouped;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expected {
    pub rows: Option<u64>,
    /// The sum of all outstanding balances that can be read.
    pub total: Option<Minor>,
    pub last_loans: Option<u64>,
}

impl Expected {
    pub fn problems(&self, loan_lines: u64, sum: Option<i128>, config: &Config) -> Vec<String> {
        let mut problems = Vec::new();
        if let Some(rows) = self.rows
            && rows != loan_lines
        {
            problems.push(format!(
                "the file has {} loans, and {} were expected (--expect-rows): export it again",
                grouped(loan_lines),
                grouped(rows)
            ));
        }
        if let (Some(Minor(total)), Some(sum)) = (self.total, sum)
            && i128::from(total) != sum
        {
            let text = |minor: i128| decimal_text(minor, config.currency.decimals);
            problems.push(format!(
                "the outstanding balances add up to {}, and {} was expected (--expect-total): export the file again",
                text(sum),
                text(total.into())
            ));
        }
        problems
    }

    /// Set when the file is much shorter than the last one. The caller knows which loans were live and decides whether the
    /// file was cut off.
    pub fn shrink(&self, (loan_lines, last_line): (u64, u64), config: &Config) -> Option<String> {
        let least = self.last_loans.map(|loans| loans as f64 * (1.0 - config.import.max_shrink_percent / 100.0));
        let (Some(last), Some(least), None) = (self.last_loans, least, self.rows) else { return None };
        ((loan_lines as f64) < least).then(|| {
            format!(
                "the file ends in line {last_line} after {} loans; the last run had {}. Missing loans are not repaid loans. If the book \
                 really shrank this much, add --expect-rows {loan_lines} (import.max_shrink_percent is {})",
                grouped(loan_lines),
                grouped(last),
                config.import.max_shrink_percent
            )
        })
    }
}

pub fn decimal_text(minor: i128, decimals: u32) -> String {
    let scale = 10_i128.pow(decimals);
    let (sign, minor) = (if minor < 0 { "-" } else { "" }, minor.abs());
    if decimals == 0 {
        return format!("{sign}{minor}");
    }
    format!("{sign}{}.{:0width$}", minor / scale, minor % scale, width = decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(expected: Expected, loans: u64, sum: i128) -> Vec<String> {
        expected.problems(loans, Some(sum), &Config::parse("").unwrap())
    }

    #[test]
    fn control_totals_are_exact() {
        let expected = Expected { rows: Some(3), total: Some(Minor(12_345)), last_loans: None };
        assert!(problems(expected, 3, 12_345).is_empty());
        let reported = problems(expected, 2, 12_344);
        assert!(reported[0].contains("has 2 loans, and 3 were expected"), "{reported:?}");
        assert!(reported[1].contains("add up to 123.44, and 123.45 was expected"), "{reported:?}");
    }

    #[test]
    fn a_file_60_percent_shorter_than_the_last_is_reported_unless_its_length_is_expected() {
        let shrink = |expected: Expected, loans| expected.shrink((loans, 99), &Config::parse("").unwrap());
        let last = Expected { last_loans: Some(1_000), ..Expected::default() };
        assert_eq!(shrink(last, 400), None);
        assert!(shrink(last, 399).unwrap().contains("ends in line 99 after 399 loans; the last run had 1,000"));
        assert_eq!(shrink(Expected { rows: Some(399), ..last }, 399), None);
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(1_234, 0), "1234");
    }
}
