//! Totals between and below the loans: a line is one only where its balance is the sum of the lines above it.

use std::collections::BTreeSet;

use super::conventions::NumberFormat;
use super::fields::FieldReader;
use super::ids::has_digit;
use super::numbers::DecimalMark;
use super::records::Record;
use super::skip;

/// So many loans have no balance that is by chance the sum of all others'.
const LOANS_BEYOND_CHANCE: u64 = 5;

/// Balances that were added up, with a decimal point and with a comma: which of them the column has is not known before its
/// end.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    minor: [i128; 2],
    loans: u64,
}

/// The sums of all loans, and of those since the last total.
#[derive(Debug, Default)]
pub struct Totals {
    all: Sum,
    since: Sum,
    /// The lines that are totals.
    pub lines: BTreeSet<u64>,
}

/// A balance in minor units with each decimal mark, where it can be read so.
pub type Balance = [Option<i128>; 2];

/// Reads a balance with a decimal point and with a comma.
pub fn balance(fields: &FieldReader, text: &[u8]) -> Balance {
    let read = |mark| {
        let amount = fields.amount(NumberFormat { mark, has_percent: false }, text);
        amount.ok().map(|amount| i128::from(amount.0))
    };
    if text.iter().all(u8::is_ascii_digit) {
        return [read(DecimalMark::Point); 2];
    }
    // `1234.56` is no number with a decimal comma, and nearly all are written so.
    let point = text.iter().position(|byte| *byte == b'.');
    let is_plain = point.is_some_and(|point| text.len() - point == 3 && !text.contains(&b','));
    [read(DecimalMark::Point), if is_plain { None } else { read(DecimalMark::Comma) }]
}

impl Totals {
    /// Adds a loan.
    pub fn add(&mut self, balance: Balance) {
        for sum in [&mut self.all, &mut self.since] {
            for (minor, amount) in sum.minor.iter_mut().zip(balance) {
                *minor += amount.unwrap_or(0);
            }
            sum.loans += 1;
        }
    }

    /// The sums of all balances with a decimal point and with a comma.
    pub fn sums(&self) -> [i128; 2] {
        self.all.minor
    }

    /// Whether a line is a total, which is noted: its balance is the sum of two loans or more above it, and it calls itself a
    /// total, or has no id. One whose id has a digit must add up exactly, over more loans than chance allows.
    pub fn is_total(&mut self, record: &Record, balance: Balance, label: &[u8], id: &[u8]) -> bool {
        let has_number = has_digit(id);
        let least = if has_number { LOANS_BEYOND_CHANCE } else { 2 };
        let adds_up = |sum: &Sum| {
            // Loans may be shown rounded where their total is not.
            let rounding = if has_number { 0 } else { i128::from(sum.loans) };
            let mut pairs = sum.minor.iter().zip(balance);
            sum.loans >= least
                && pairs.any(|(sum, said)| said.is_some_and(|said| said > 0 && (said - sum).abs() <= rounding))
        };
        let is_total = (adds_up(&self.all) || adds_up(&self.since)) && (skip::is_of_totals(label) || id.is_empty());
        if is_total {
            self.lines.insert(record.line);
            self.since = Sum::default();
        }
        is_total
    }
}
