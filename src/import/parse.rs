//! Parses one record: a line to skip, an unreadable line, or a loan with its values and problems. Pure, so that a second thread
//! can do it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::alike::Print;
use super::assumed::{self, Assumed};
use super::dates;
use super::fields::{self, FieldReader, Value};
use super::numbers::trimmed;
use super::own::OwnColumns;
use super::records::Record;
use super::skip;
use super::status::is_number;
use super::survey::Reading;
use super::words::MissingWords;
use crate::columns::{
    BORROWER_ID, COLUMNS, ColumnKind, DAYS_PAST_DUE, DEPENDENTS, LOAN_ID, MATURITY, OUTSTANDING, STATUS,
};
use crate::config::{Config, Status};

/// This many different unreadable texts mean that the fields of the line are shifted.
const FIELDS_OF_A_SHIFT: usize = 3;

const NO_DATE: &str = "not a date";

/// No loan of a live book matured before this year.
const EARLIEST_MATURITY: i32 = 1990;

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly every line is a loan")]
pub enum Line {
    Header,
    Skipped(&'static str),
    Unreadable(String),
    Loan(Loan),
}

#[derive(Debug, Default)]
pub struct Loan {
    /// For each of [`COLUMNS`].
    pub cells: [Cell; COLUMNS.len()],
    pub outcome: Option<&'static str>,
    /// Whether its status says so.
    pub is_closed: bool,
    /// The overpaid amount in minor units.
    pub overpaid: Option<i64>,
    /// The lender's further columns as a JSON object of texts.
    pub extra: Option<String>,
    pub own_numbers: Vec<(usize, f64)>,
    pub problems: Vec<Problem>,
    pub further_problems: Vec<Problem>,
    pub prints: [Option<Print>; 2],
    pub assumed: Assumed,
}

impl Loan {
    pub fn is_left_out(&self) -> bool {
        self.problems.iter().any(|problem| problem.is_required)
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum Cell {
    #[default]
    Missing,
    /// The record's field after [`Reading::kept`].
    Text,
    Integer(i64),
    Real(f64),
    Date(NaiveDate),
}

#[derive(Debug)]
pub struct Problem {
    pub field: usize,
    pub is_required: bool,
    pub reason: String,
}

pub struct Parser<'run> {
    reading: &'run Reading,
    fields: FieldReader,
    /// The day that the file describes.
    day: Option<NaiveDate>,
}

impl<'run> Parser<'run> {
    pub fn new(reading: &'run Reading, config: &Config, day: Option<NaiveDate>) -> Self {
        let mut fields = FieldReader::new(config);
        fields.ranges.clone_from(&reading.ranges);
        Self { reading, fields, day }
    }

    pub fn parse(&self, record: &Record) -> Line {
        let (header_line, below_line) = (self.reading.dialect.header_line, self.reading.below_line);
        match record.line {
            line if line == header_line => return Line::Header,
            line if line < header_line => return Line::Skipped("above the header"),
            _ if skip::is_empty(record) => return Line::Skipped("empty"),
            line if below_line.is_some_and(|below| line >= below) => return Line::Skipped("below the data"),
            line => {
                if let Some(reason) = self.reading.set_aside.get(&line) {
                    return Line::Skipped(reason);
                }
            }
        }
        let map = &self.reading.dialect.map;
        match record.fault {
            Some(fault) => Line::Unreadable(fault.to_owned()),
            None if record.len() != map.line_width => {
                let others = if map.line_width == map.width { "the header has" } else { "the other lines have" };
                Line::Unreadable(format!("{} fields where {others} {}", record.len(), map.line_width))
            }
            None if record.fields().skip(map.width).any(|field| !trimmed(field).is_empty()) => {
                Line::Unreadable("a value after the last column of the header".to_owned())
            }
            None if self.is_not_a_loan(record) => Line::Skipped("not a loan"),
            None => Line::Loan(self.loan(record)),
        }
    }

    fn is_not_a_loan(&self, record: &Record) -> bool {
        let status = self.reading.dialect.map.fields[STATUS].map(|field| trimmed(record.field(field)));
        status.is_some_and(|word| self.fields.is_not_a_loan(word))
    }

    fn loan(&self, record: &Record) -> Loan {
        let mut loan = Loan::default();
        for (slot, column) in COLUMNS.iter().enumerate() {
            let Some(field) = self.reading.dialect.map.fields[slot] else { continue };
            let kept = self.reading.kept(field, trimmed(record.field(field)));
            match kept.filter(|kept| !self.fields.is_no_value(column.kind, kept)) {
                Some(kept) => self.take(slot, field, kept, &mut loan),
                None => self.take_missing(slot, field, kept.is_none(), &mut loan),
            }
        }
        if !loan.problems.is_empty() && !self.reject_shifted(record, &mut loan) {
            self.reject_strays(record, &mut loan);
        }
        if loan.cells[LOAN_ID] == Cell::Text && !loan.is_left_out() {
            for (print, slot) in loan.prints.iter_mut().zip([LOAN_ID, BORROWER_ID]) {
                let field = self.reading.dialect.map.fields[slot].filter(|_| loan.cells[slot] == Cell::Text);
                *print = field.map(|field| Print::of(trimmed(record.field(field))));
            }
            loan.extra = self.extra(record, &mut loan.own_numbers, &mut loan.further_problems);
        }
        loan
    }

    fn take(&self, slot: usize, field: usize, text: &[u8], loan: &mut Loan) {
        let (kind, format) = (COLUMNS[slot].kind, self.reading.numbers[field]);
        let least = if slot == DEPENDENTS { assumed::least(text) } else { None };
        loan.assumed.at_least |= least.is_some();
        let read = match self.fields.read(kind, format, least.unwrap_or(text)) {
            Ok(Value::Text) if slot == LOAN_ID => {
                self.no_id(text).map_or(Ok(Value::Text), |no_id| Err(no_id.to_owned()))
            }
            Ok(Value::Text) if kind == ColumnKind::Date => self.date(slot, field, text),
            read => read,
        };
        loan.cells[slot] = match read {
            Ok(Value::Missing) => Cell::Missing,
            Ok(Value::Text) => Cell::Text,
            Ok(Value::Status(status)) => {
                if let Status::Loan { outcome, is_closed } = status {
                    (loan.outcome, loan.is_closed) = (outcome, is_closed);
                }
                Cell::Text
            }
            Ok(Value::Integer(balance @ ..0)) if slot == OUTSTANDING => {
                loan.overpaid = Some(-balance);
                Cell::Integer(0)
            }
            Ok(Value::Integer(number)) => Cell::Integer(number),
            Ok(Value::Real(number)) => Cell::Real(number),
            Ok(Value::Date(date)) => Cell::Date(date),
            Err(_) if self.reading.unsettled.contains(&field) => {
                if kind.is_number() && COLUMNS[slot].is_required {
                    Cell::Integer(0)
                } else {
                    Cell::Missing
                }
            }
            Err(reason) => {
                // A loan with an unknown status is neither live nor closed.
                let is_required = COLUMNS[slot].is_required || kind == ColumnKind::Status;
                loan.problems.push(Problem { field, is_required, reason });
                Cell::Missing
            }
        };
    }

    fn date(&self, slot: usize, field: usize, text: &[u8]) -> Result<Value, String> {
        let order = self.reading.dates[field].ok_or("the order of day and month is not settled")?;
        match dates::date(fields::text(text)?, order) {
            None => Err(NO_DATE.to_owned()),
            // A year of two digits, "35", is 1935.
            Some(date) if slot == MATURITY && date.year() < EARLIEST_MATURITY => {
                Err("a maturity in the past century: write the year with four digits".to_owned())
            }
            Some(date) if slot != MATURITY && self.day.is_some_and(|day| date > day) => {
                Err("a date after the day that the file describes".to_owned())
            }
            Some(date) => Ok(Value::Date(date)),
        }
    }

    /// `is_code` says that the field contains a code for a missing value.
    fn take_missing(&self, slot: usize, field: usize, is_code: bool, loan: &mut Loan) {
        let missing = match COLUMNS[slot].kind {
            ColumnKind::Lateness if is_code => Ok(Value::Missing),
            kind => self.fields.missing_value(kind),
        };
        match missing {
            Ok(Value::Integer(number)) => loan.cells[slot] = Cell::Integer(number),
            _ if loan.is_closed && matches!(slot, OUTSTANDING | DAYS_PAST_DUE) => {
                // A closed loan is not collected, so 0 is enough.
                loan.cells[slot] = Cell::Integer(0);
                loan.assumed.no_balance |= slot == OUTSTANDING;
                loan.assumed.no_days |= slot == DAYS_PAST_DUE;
            }
            missing if COLUMNS[slot].is_required => {
                let reason = missing.err().unwrap_or_else(|| "empty, but required".to_owned());
                loan.problems.push(Problem { field, is_required: true, reason });
            }
            _ => {}
        }
    }

    fn no_id(&self, id: &[u8]) -> Option<&'static str> {
        if skip::is_certain_total(id) {
            // As a loan, it would count every loan above it again.
            return Some("a word for a total, but its balance is not the sum of the lines above it");
        }
        self.reading.id_rule.is_broken(id).then_some(
            "an id without a digit, unlike the others: a total, or a damaged line; if such ids are correct, set \
             accept_ids_without_digits = true under [import] in recoup.toml",
        )
    }

    /// How many words of other columns a loan has in place of numbers. A single word counts only if its own column has another
    /// text in this line.
    fn strays(&self, record: &Record, loan: &Loan) -> usize {
        let fields = &self.reading.dialect.map.fields;
        let is_of_numbers =
            |field: usize| (0..COLUMNS.len()).any(|slot| fields[slot] == Some(field) && COLUMNS[slot].kind.is_number());
        let words: BTreeSet<&[u8]> = loan
            .problems
            .iter()
            .filter(|problem| is_of_numbers(problem.field))
            .map(|problem| trimmed(record.field(problem.field)))
            .filter(|text| text.iter().any(u8::is_ascii_alphabetic))
            .collect();
        let has_status = fields[STATUS].is_some() && loan.cells[STATUS] == Cell::Text;
        let is_status = |word: &[u8]| fields::text(word).is_ok_and(|word| self.fields.status(word).is_some());
        let (mut known, mut misplaced) = (0, 0);
        for word in words {
            let homes: Vec<usize> =
                (0..self.reading.usual.len()).filter(|home| self.reading.usual[*home].contains(word)).collect();
            let is_of_status = fields[STATUS].is_some() && is_status(word);
            let is_taken = |home: &usize| self.reading.usual[*home].contains(trimmed(record.field(*home)));
            known += usize::from(is_of_status || !homes.is_empty());
            misplaced += usize::from(is_of_status && !has_status || !homes.is_empty() && !homes.iter().any(is_taken));
        }
        if known >= 2 { known } else { misplaced }
    }

    /// Leaves out a line that has words of other columns in place of numbers, or a number as its status.
    fn reject_strays(&self, record: &Record, loan: &mut Loan) {
        let status = self.reading.dialect.map.fields[STATUS];
        for problem in loan.problems.iter_mut().filter(|problem| Some(problem.field) == status) {
            if is_number(trimmed(record.field(problem.field))) {
                problem.reason =
                    "a number where the other lines have a word: the line is shifted or damaged".to_owned();
            }
        }
        if let Some(field) = self.reading.dialect.map.fields[LOAN_ID].filter(|_| self.strays(record, loan) > 0) {
            let reason = "a word of another column where a number should be: the line is shifted or damaged".to_owned();
            loan.problems.push(Problem { field, is_required: true, reason });
        }
    }

    /// Leaves out a line with several different unreadable fields, which belong to other columns; returns whether it did. The
    /// same text in several columns may just mean a missing value.
    fn reject_shifted(&self, record: &Record, loan: &mut Loan) -> bool {
        let texts = loan.problems.iter().map(|problem| trimmed(record.field(problem.field)));
        let different: BTreeSet<&[u8]> = texts.filter(|text| text.iter().any(u8::is_ascii_alphanumeric)).collect();
        let Some(field) = self.reading.dialect.map.fields[LOAN_ID].filter(|_| different.len() >= FIELDS_OF_A_SHIFT)
        else {
            return false;
        };
        let reason = format!("{} fields cannot be read: the line is shifted or damaged", different.len());
        loan.problems.push(Problem { field, is_required: true, reason });
        true
    }

    /// The lender's further columns as a JSON object of texts, without empty ones. Dates become 2024-01-31 and numbers of
    /// features plain decimals; unreadable ones stay as written and are problems.
    fn extra(&self, record: &Record, numbers: &mut Vec<(usize, f64)>, problems: &mut Vec<Problem>) -> Option<String> {
        let extras = &self.reading.dialect.map.extras;
        if extras.is_empty() {
            return None;
        }
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (field, header) in extras {
            let Some(text) = self.reading.kept(*field, trimmed(record.field(*field))) else { continue };
            let is_doubtful = self.reading.own.is_number(*field) && MissingWords::is_doubtful(text);
            if self.fields.is_missing(text) || is_doubtful {
                continue;
            }
            let read = fields::text(text).and_then(|text| {
                let read = self.further(*field, text);
                let number = read.as_ref().ok().filter(|_| self.reading.own.is_number(*field));
                numbers.extend(number.and_then(|number| Some((*field, number.parse().ok()?))));
                texts.insert(header, read.as_ref().map_or(text, String::as_str).to_owned());
                read
            });
            if let Err(reason) = read {
                problems.push(Problem { field: *field, is_required: false, reason });
            }
        }
        Some(serde_json::to_string(&texts).expect("texts are JSON"))
    }

    fn further(&self, field: usize, text: &str) -> Result<String, String> {
        if let Some(order) = self.reading.dates[field] {
            return dates::date(text, order).map(|date| date.to_string()).ok_or_else(|| NO_DATE.to_owned());
        }
        if self.reading.own.is_number(field) {
            return self.fields.plain_number(OwnColumns::NUMBER, self.reading.numbers[field], text.as_bytes());
        }
        Ok(text.to_owned())
    }
}
