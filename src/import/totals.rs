//! Totals between and below the loans: a line is one only if its balance is the sum of the lines above it, and a word, a
//! missing id or its other amounts confirm it.

use std::collections::BTreeSet;

use super::Warning;
use super::conventions::NumberFormat;
use super::expected::decimal_text;
use super::fields::FieldReader;
use super::header_map::HeaderMap;
use super::ids::{form, has_digit};
use super::records::Record;
use super::skip;
use crate::columns::{COLUMNS, OUTSTANDING};
use crate::config::DecimalMark;

/// With this many loans, no balance is the sum of the others by chance.
const LOANS_BEYOND_CHANCE: u64 = 5;

/// The most remembered totals, for finding the total of several groups.
const MOST_TOTALS: usize = 1_000;

/// With this many different balances, no line with another form of id has their sum by chance.
const DIFFERENT_BALANCES: usize = 10;

/// With more forms, ids have no common form.
const MOST_FORMS: usize = 2;

/// The sum of a column of amounts, and how many are above zero, with a decimal point and with a comma: the mark is known only at
/// the end.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    minor: [i128; 2],
    loans: [u64; 2],
}

impl Sum {
    fn add(&mut self, amount: Balance) {
        for (mark, amount) in amount.into_iter().enumerate() {
            let amount = amount.unwrap_or(0);
            self.minor[mark] += amount;
            self.loans[mark] += u64::from(amount > 0);
        }
    }

    /// Whether an amount is exactly the sum since then, over enough loans.
    fn is_since(&self, then: &Self, amount: Balance) -> bool {
        amount.into_iter().enumerate().any(|(mark, said)| {
            self.loans[mark] - then.loans[mark] >= LOANS_BEYOND_CHANCE
                && said == Some(self.minor[mark] - then.minor[mark])
        })
    }
}

const LISTED_CONTRADICTIONS: usize = 5;

#[derive(Debug)]
struct Contradiction {
    line: u64,
    said: Balance,
    /// The nearer sum: of all loans above, or of those since the last total.
    sum: Balance,
}

#[derive(Debug)]
pub struct Amounts {
    pub balance: Balance,
    /// The other columns of amounts, in order; nothing for an empty field.
    others: Vec<Option<Balance>>,
}

impl Amounts {
    /// A damaged record has none.
    pub fn of(record: &Record, map: &HeaderMap, fields: &FieldReader) -> Self {
        if record.fault.is_some() {
            return Self { balance: [None; 2], others: Vec::new() };
        }
        let text = |place: usize| skip::field(record, place);
        let amounts = COLUMNS.iter().zip(map.fields).enumerate().filter(|(_, (column, _))| column.kind.is_amount());
        let others = amounts.filter(|(slot, _)| *slot != OUTSTANDING).filter_map(|(_, (_, field))| field).map(text);
        Self {
            balance: balance(fields, map.fields[OUTSTANDING].map_or(b"", text)),
            others: others.map(|text| (!fields.is_missing(text)).then(|| balance(fields, text))).collect(),
        }
    }
}

#[derive(Debug, Default)]
struct Above {
    balances: BTreeSet<Balance>,
    /// The forms of the ids, at most one more than [`MOST_FORMS`].
    forms: BTreeSet<Vec<u8>>,
}

impl Above {
    fn add(&mut self, balance: Balance, id: &[u8]) {
        if self.balances.len() < DIFFERENT_BALANCES {
            self.balances.insert(balance);
        }
        if self.forms.len() <= MOST_FORMS {
            self.forms.insert(form(id));
        }
    }

    fn has_no_form_of(&self, id: &[u8]) -> bool {
        self.forms.len() <= MOST_FORMS && !self.forms.contains(&form(id))
    }
}

/// The sums of all loans above a line, and at each total above it.
#[derive(Debug, Default)]
pub struct Totals {
    above: Above,
    others: Vec<Sum>,
    others_at_last_total: Vec<Sum>,
    all: Sum,
    /// At the first loan, and at each total.
    at_totals: Vec<Sum>,
    pub lines: BTreeSet<u64>,
    contradictions: Vec<Contradiction>,
}

/// A balance in minor units with each decimal mark.
pub type Balance = [Option<i128>; 2];

pub fn balance(fields: &FieldReader, text: &[u8]) -> Balance {
    let read = |mark| {
        let balance = fields.balance(NumberFormat { mark, ..NumberFormat::PLAIN }, text);
        balance.ok().map(i128::from)
    };
    if text.iter().all(u8::is_ascii_digit) {
        return [read(DecimalMark::Point); 2];
    }
    // `1234.56`, the usual form, is not a number with a decimal comma.
    let point = text.iter().position(|byte| *byte == b'.');
    let is_plain = point.is_some_and(|point| text.len() - point == 3 && !text.contains(&b','));
    [read(DecimalMark::Point), if is_plain { None } else { read(DecimalMark::Comma) }]
}

impl Totals {
    pub fn new() -> Self {
        Self { at_totals: vec![Sum::default()], ..Self::default() }
    }

    pub fn add(&mut self, amounts: &Amounts, id: &[u8]) {
        self.above.add(amounts.balance, id);
        self.all.add(amounts.balance);
        self.others.resize(amounts.others.len(), Sum::default());
        for (sum, amount) in self.others.iter_mut().zip(&amounts.others) {
            sum.add(amount.unwrap_or_default());
        }
    }

    pub fn sums(&self) -> [i128; 2] {
        self.all.minor
    }

    /// Whether a line is a total, which is recorded: its balance is the sum of at least two loans above it, from the first or
    /// from a total on, and it is called a total or has no id. A line whose id has a digit, or that is a total only by its
    /// amounts, must add up exactly, over enough loans.
    pub fn is_total(&mut self, record: &Record, amounts: &Amounts, label: &[u8], id: &[u8]) -> bool {
        let balance = amounts.balance;
        let has_number = has_digit(id);
        let least = if has_number { LOANS_BEYOND_CHANCE } else { 2 };
        let adds_up_from = |from: &Sum| {
            balance.into_iter().enumerate().any(|(mark, said)| {
                let loans = self.all.loans[mark] - from.loans[mark];
                // Loans may be rounded and their total not.
                let rounding = if has_number { 0 } else { i128::from(loans) };
                let sum = self.all.minor[mark] - from.minor[mark];
                loans >= least && said.is_some_and(|said| (said - sum).abs() <= rounding)
            })
        };
        let (first, last) = (&self.at_totals[0], &self.at_totals[self.at_totals.len() - 1]);
        let adds_up = match has_number {
            // Nearly every line is a loan.
            true => adds_up_from(first) || adds_up_from(last),
            false => self.at_totals.iter().any(adds_up_from),
        };
        let is_called_so = adds_up && (skip::is_of_totals(label) || id.is_empty());
        let is_total = is_called_so || self.adds_up_throughout(amounts, id);
        if is_total {
            self.lines.insert(record.line);
            self.others_at_last_total.clone_from(&self.others);
            if self.at_totals.len() < MOST_TOTALS {
                self.at_totals.push(self.all);
            }
        }
        is_total
    }

    /// Whether all amounts of a line are exactly the sums of those above it, from the first loan or the last total on: different
    /// sums in two columns, or the balance alone if the id differs from the loans'.
    fn adds_up_throughout(&self, amounts: &Amounts, id: &[u8]) -> bool {
        let (first, last_total) = (Sum::default(), self.at_totals[self.at_totals.len() - 1]);
        if ![first, last_total].iter().any(|then| self.all.is_since(then, amounts.balance)) {
            return false;
        }
        let nothing = vec![Sum::default(); self.others.len()];
        let mut last = self.others_at_last_total.clone();
        last.resize(self.others.len(), Sum::default());
        [(&first, &nothing), (&last_total, &last)].into_iter().any(|(balance, others)| {
            if !self.all.is_since(balance, amounts.balance) {
                return false;
            }
            let filled = amounts.others.iter().zip(&self.others).zip(others);
            let filled = filled.filter_map(|((amount, sum), then)| Some((sum, then, (*amount)?)));
            let mut different = BTreeSet::from([amounts.balance]);
            for (sum, then, amount) in filled {
                if !sum.is_since(then, amount) {
                    return false;
                }
                different.insert(amount);
            }
            self.above.balances.len() >= DIFFERENT_BALANCES && self.above.has_no_form_of(id)
                || self.above.balances.len() > 1 && different.len() > 1
        })
    }

    /// Records a line with a balance that should be a total but is not.
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

    pub fn warnings(&self, mark: DecimalMark, decimals: u32) -> Vec<Warning> {
        let place = usize::from(mark == DecimalMark::Comma);
        let listed = self.contradictions.iter().filter_map(|Contradiction { line, said, sum }| {
            let [said, sum] = [said[place]?, sum[place]?].map(|minor| decimal_text(minor, decimals));
            Some(format!(
                "line {line} is not a loan but has a balance of {said}, like a total, and the loans above it add up to {sum}: lines may \
                 be missing or changed. Compare both with the loan system"
            ))
        });
        let mut texts: Vec<String> = listed.take(LISTED_CONTRADICTIONS + 1).collect();
        if texts.len() > LISTED_CONTRADICTIONS {
            texts[LISTED_CONTRADICTIONS] = "more totals do not add up either".to_owned();
        }
        texts.into_iter().map(Warning::of).collect()
    }
}
