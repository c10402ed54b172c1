//! Totals between and below the loans: a line is one only where its balance is the sum of the lines above it.

use std::collections::BTreeSet;

use super::Warning;
use super::conventions::NumberFormat;
use super::expected::decimal_text;
use super::fields::FieldReader;
use super::ids::has_digit;
use super::records::Record;
use super::skip;
use crate::config::DecimalMark;

/// So many loans have no balance that is by chance the sum of all others'.
const LOANS_BEYOND_CHANCE: u64 = 5;

/// So many totals are remembered, to find those of several groups of loans together.
const MOST_TOTALS: usize = 1_000;

/// Balances that were added up, with a decimal point and with a comma: which of them the column has is not known before its
/// end. And how many owe anything.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    minor: [i128; 2],
    loans: [u64; 2],
}

/// So many contradictions are told one by one.
const TOLD_CONTRADICTIONS: usize = 5;

/// A line that should be a total, although its balance is no sum of the loans above it: some may be lost.
#[derive(Debug)]
struct Contradiction {
    line: u64,
    said: Balance,
    /// The sum that comes nearest, of all loans above or of those since the total before.
    sum: Balance,
}

/// The sums of all loans above a line, and at each total above it.
#[derive(Debug)]
pub struct Totals {
    all: Sum,
    /// At the first loan, and at each total.
    at_totals: Vec<Sum>,
    /// The lines that are totals.
    pub lines: BTreeSet<u64>,
    contradictions: Vec<Contradiction>,
}

/// A balance in minor units with each decimal mark, where it can be read so.
pub type Balance = [Option<i128>; 2];

/// Reads a balance with a decimal point and with a comma.
pub fn balance(fields: &FieldReader, text: &[u8]) -> Balance {
    let read = |mark| {
        let balance = fields.balance(NumberFormat { mark, ..NumberFormat::PLAIN }, text);
        balance.ok().map(i128::from)
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
    pub fn new() -> Self {
        Self {
            all: Sum::default(),
            at_totals: vec![Sum::default()],
            lines: BTreeSet::new(),
            contradictions: Vec::new(),
        }
    }

    /// Adds a loan.
    pub fn add(&mut self, balance: Balance) {
        for (mark, amount) in balance.into_iter().enumerate() {
            let amount = amount.unwrap_or(0);
            self.all.minor[mark] += amount;
            self.all.loans[mark] += u64::from(amount > 0);
        }
    }

    /// The sums of all balances with a decimal point and with a comma.
    pub fn sums(&self) -> [i128; 2] {
        self.all.minor
    }

    /// Whether a line is a total, which is noted: its balance is the sum of two loans or more above it, from the first or
    /// from a total on, and it calls itself a total, or has no id. One whose id has a digit must add up exactly, over more
    /// loans than chance allows.
    pub fn is_total(&mut self, record: &Record, balance: Balance, label: &[u8], id: &[u8]) -> bool {
        let has_number = has_digit(id);
        let least = if has_number { LOANS_BEYOND_CHANCE } else { 2 };
        let adds_up_from = |from: &Sum| {
            balance.into_iter().enumerate().any(|(mark, said)| {
                let loans = self.all.loans[mark] - from.loans[mark];
                // Loans may be shown rounded where their total is not.
                let rounding = if has_number { 0 } else { i128::from(loans) };
                let sum = self.all.minor[mark] - from.minor[mark];
                loans >= least && said.is_some_and(|said| (said - sum).abs() <= rounding)
            })
        };
        let (first, last) = (&self.at_totals[0], &self.at_totals[self.at_totals.len() - 1]);
        let adds_up = match has_number {
            // Nearly every line: it is a loan.
            true => adds_up_from(first) || adds_up_from(last),
            false => self.at_totals.iter().any(adds_up_from),
        };
        let is_total = adds_up && (skip::is_of_totals(label) || id.is_empty());
        if is_total {
            self.lines.insert(record.line);
            if self.at_totals.len() < MOST_TOTALS {
                self.at_totals.push(self.all);
            }
        }
        is_total
    }
    /// Notes a line that should be a total, but has not been found to be one. Without a balance, it says nothing.
    pub fn contradict(&mut self, line: u64, said: Balance) {
        let last = self.at_totals[self.at_totals.len() - 1];
        let sum_of = |mark: usize| {
            let (all, latest) = (self.all.minor[mark], self.all.minor[mark] - last.minor[mark]);
            let is_latest = said[mark].is_some_and(|said| (said - latest).abs() < (said - all).abs());
            said[mark].map(|_| if is_latest { latest } else { all })
        };
        let sum = [sum_of(0), sum_of(1)];
        if self.all.loans == [0; 2] || sum == [None; 2] {
            return;
        }
        self.contradictions.push(Contradiction { line, said, sum });
        if self.at_totals.len() < MOST_TOTALS {
            self.at_totals.push(self.all);
        }
    }

    /// What a person should know of totals that do not add up, where the balances have this mark.
    pub fn warnings(&self, mark: DecimalMark, decimals: u32) -> Vec<Warning> {
        let place = usize::from(mark == DecimalMark::Comma);
        let told = self.contradictions.iter().filter_map(|Contradiction { line, said, sum }| {
            let [said, sum] = [said[place]?, sum[place]?].map(|minor| decimal_text(minor, decimals));
            Some(format!(
                "line {line} is no loan and has {said} as its balance, as a total would, but the loans above it add up to {sum}: lines \
                 may be lost, or changed. Compare both with the loan system"
            ))
        });
        let mut texts: Vec<String> = told.take(TOLD_CONTRADICTIONS + 1).collect();
        if texts.len() > TOLD_CONTRADICTIONS {
            texts[TOLD_CONTRADICTIONS] = "further totals do not add up, either".to_owned();
        }
        texts.into_iter().map(|text| Warning { text, examples: Vec::new() }).collect()
    }
}
