//! Numbers that mean a missing value, such as 9999 and -1: repeated, and unlike all others of their column.

use crate::columns::{ColumnKind, StandardColumn};
use crate::progress::grouped;

/// Numbers that mean a missing value in many systems.
const CODES: [i64; 9] = [99, 999, 9_999, 99_999, 999_999, 9_999_999, 99_999_999, 999_999_999, 9_999_999_999];

/// The same below zero, if no other number is.
const NEGATIVE: [i64; 7] = [-1, -9, -99, -999, -9_999, -99_999, -999_999];

/// In amounts, a code must be this large, and this many times the largest other one: prices end in 9, too.
const LEAST_AMOUNT: i64 = 99_999;
const AMOUNTS_BEYOND: f64 = 10.0;

const LEAST_NEGATIVE: u64 = 2;

#[derive(Debug, Clone, Copy, Default)]
pub struct CodesSeen {
    /// How many loans have each of [`CODES`], and the first line.
    counts: [(u64, u64); CODES.len()],
    /// The same for those of [`NEGATIVE`].
    negative: [(u64, u64); NEGATIVE.len()],
    /// Whether another value is below zero.
    has_negative: bool,
    /// The largest of all other values, and how many there are.
    largest: f64,
    others: u64,
}

impl CodesSeen {
    /// Adds an amount with `scale` minor units in a major unit.
    pub fn add(&mut self, value: i64, scale: i64, line: u64) {
        let major = value / scale;
        if major % 10 == 9
            && value % scale == 0
            && let Some(place) = CODES.iter().position(|code| *code == major)
        {
            note(&mut self.counts[place], line);
            return;
        }
        self.add_other(value as f64 / scale as f64);
    }

    pub fn add_number(&mut self, value: f64, line: u64) {
        match NEGATIVE.iter().position(|code| *code as f64 == value) {
            Some(place) => note(&mut self.negative[place], line),
            None if value.fract() == 0.0 => self.add(value as i64, 1, line),
            None => self.add_other(value),
        }
    }

    fn add_other(&mut self, value: f64) {
        self.others += 1;
        self.has_negative |= value < 0.0;
        self.largest = self.largest.max(value);
    }

    pub fn problem(&self, column: &StandardColumn) -> Option<String> {
        let is_amount = matches!(column.kind, ColumnKind::Money | ColumnKind::Balance);
        let is_code = |code: i64, count: u64| match code {
            code if is_amount => {
                count >= 2 && code >= LEAST_AMOUNT && self.others > 0 && code as f64 >= AMOUNTS_BEYOND * self.largest
            }
            // A few borrowers are nearly that old, but not several at this age and none a little younger.
            99 if column.name == "Age" => count >= 3 && self.largest <= 85.0,
            code => self.is_beyond(code, count),
        };
        let (code, (count, line)) =
            CODES.into_iter().zip(self.counts).rev().find(|(code, (count, _))| is_code(*code, *count))?;
        Some(question(column.name, code, count, line, "far below"))
    }

    pub fn problem_of_own(&self, header: &str) -> Option<String> {
        let beyond = CODES.into_iter().zip(self.counts).rev().find(|(code, (count, _))| self.is_beyond(*code, *count));
        if let Some((code, (count, line))) = beyond {
            return Some(question(header, code, count, line, "far below"));
        }
        let mut negative = NEGATIVE.into_iter().zip(self.negative).filter(|(_, (count, _))| *count > 0);
        let (code, (count, line)) = negative.next().filter(|_| !self.has_negative && self.others > 0)?;
        let is_code = count >= LEAST_NEGATIVE && negative.next().is_none();
        is_code.then(|| question(header, code, count, line, "0 or above"))
    }

    fn is_beyond(&self, code: i64, count: u64) -> bool {
        let least = if code == 99 { 3 } else { 2 };
        count >= least && (code != 99 || self.others > 0) && self.largest * 2.0 <= code as f64
    }
}

fn note((count, first_line): &mut (u64, u64), line: u64) {
    if *count == 0 || line < *first_line {
        *first_line = line;
    }
    *count += 1;
}

fn question(name: &str, code: i64, count: u64, line: u64, others: &str) -> String {
    let is_bare = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    let key = if name.chars().all(is_bare) { name.to_owned() } else { format!("{name:?}") };
    format!(
        "{name}: {code} is on {} lines (the first is line {line}), and all other values are {others}. If it means a missing value, set \
         {key} = [\"{code}\"] under [import.missing_values] in recoup.toml; if it is a real number, set {key} = []",
        grouped(count),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::COLUMNS;

    #[test]
    fn codes_are_repeated_and_far_beyond_all_others() {
        let reported = |column: &str, values: &[i64]| {
            let column = COLUMNS.iter().find(|known| known.name == column).unwrap();
            let mut codes = CodesSeen::default();
            (2..).zip(values).for_each(|(line, value)| codes.add(*value, 1, line));
            codes.problem(column).is_some()
        };
        assert!(reported("Days_Past_Due", &[0, 9_999, 30, 9_999]));
        assert!(reported("Days_Past_Due", &[9_999, 9_999]), "even where there is no other");
        assert!(!reported("Days_Past_Due", &[0, 9_999, 30]) && !reported("Days_Past_Due", &[999, 999, 600]));
        assert!(reported("Age", &[20, 99, 70, 99, 99]) && !reported("Age", &[20, 99, 93, 99, 99]));
        assert!(!reported("Days_Past_Due", &[99, 99, 60]) && reported("Num_Missed_Payments", &[99, 99, 3, 99]));
        assert!(!reported("Monthly_EMI", &[999, 999, 10]) && reported("Monthly_EMI", &[999_999, 999_999, 10]));
    }

    #[test]
    fn a_number_below_zero_is_a_code_where_it_is_repeated_and_no_other_is_below_zero() {
        let reported = |values: &[f64]| {
            let mut codes = CodesSeen::default();
            (2..).zip(values).for_each(|(line, value)| codes.add_number(*value, line));
            codes.problem_of_own("Branch rating")
        };
        let text = reported(&[3.0, -1.0, 4.5, -1.0]).unwrap();
        assert!(text.contains("-1 is on 2 lines (the first is line 3)"), "{text}");
        assert!(text.contains("set \"Branch rating\" = [\"-1\"] under"), "{text}");
        assert!(reported(&[300.0, 9_999.0, 850.0, 9_999.0]).is_some());
        for values in [&[3.0, -1.0, 4.0][..], &[-1.0, -1.0, -2.5, 3.0], &[-1.0, -1.0], &[-1.0, -9.0, -1.0, 2.0], &[2.0]]
        {
            assert_eq!(reported(values), None, "{values:?}");
        }
    }
}
