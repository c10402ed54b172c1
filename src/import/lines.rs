//! Classifies each line of the file: a loan, complete or damaged, a total, a note below the loans, a repeated header or an
//! error message. Some lines can be classified only once later lines are known.

use std::collections::BTreeMap;

use super::Warning;
use super::dialect::Dialect;
use super::ending::{OpenEnd, is_error_message};
use super::fields::FieldReader;
use super::header_map::HeaderMap;
use super::headers::{Again, HeaderNames};
use super::ids::{IdRule, Ids};
use super::numbers::trimmed;
use super::records::Record;
use super::skip;
use super::totals::{Amounts, Totals};
use crate::columns::{LOAN_ID, STATUS};
use crate::config::Config;
use crate::progress::{self, grouped};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Loan,
    Other,
}

#[derive(Debug)]
pub struct Lines {
    names: HeaderNames,
    totals: Totals,
    ids: Ids,
    end: OpenEnd,
    loan_lines: u64,
    /// The first of the last lines that are not loans, and how many.
    below: Option<(u64, u64)>,
    headers_again: Vec<u64>,
    /// The first header of other columns.
    other_header: Option<u64>,
    /// The first error message below the loans, or a certain one between them.
    error_message: Option<ErrorMessage>,
    /// Status words of applications, and how many have each.
    applications: BTreeMap<String, u64>,
    /// The first line whose id was cleaned, and how many.
    cleaned: Option<(u64, u64)>,
    last_line: u64,
    /// Whether the last line has a line end.
    is_ended: bool,
}

#[derive(Debug, Clone, Copy)]
struct ErrorMessage {
    line: u64,
    /// Whether it cannot be a damaged loan.
    is_certain: bool,
    /// Whether a loan follows.
    is_between: bool,
}

pub struct LinesFound {
    pub below_line: Option<u64>,
    pub set_aside: BTreeMap<u64, &'static str>,
    pub loan_lines: u64,
    pub last_line: u64,
    pub id_rule: IdRule,
    pub totals: Totals,
    pub problems: Vec<String>,
    pub warnings: Vec<Warning>,
}

impl Lines {
    pub fn new(dialect: &Dialect, config: &Config) -> Self {
        Self {
            names: HeaderNames::new(dialect.header_names.clone(), &config.columns),
            totals: Totals::new(),
            ids: Ids::new(),
            end: OpenEnd::default(),
            loan_lines: 0,
            below: None,
            headers_again: Vec::new(),
            other_header: None,
            error_message: None,
            applications: BTreeMap::new(),
            cleaned: None,
            last_line: 0,
            is_ended: true,
        }
    }

    pub fn look_at(&mut self, record: &Record, amounts: &Amounts, map: &HeaderMap, fields: &FieldReader) -> What {
        (self.last_line, self.is_ended) = (record.line, record.is_ended);
        if skip::is_empty(record) {
            return What::Other;
        }
        let is_complete = skip::is_complete(record, map);
        if !is_complete && self.is_header_or_error(record) {
            return What::Other;
        }
        let id = map.fields[LOAN_ID].map_or(&b""[..], |at| skip::field(record, at));
        let label = skip::label(record);
        if self.totals.is_total(record, amounts, label, id) {
            // It is below the loans, unless one follows.
            self.below = self.below.or(Some((record.line, 0)));
            return What::Other;
        }
        let is_below = !is_complete && skip::may_be_below(record, map);
        if skip::should_be_total(label, id, is_below) {
            self.totals.contradict(record.line, amounts.balance);
        }
        if is_below {
            let (first, count) = self.below.unwrap_or((record.line, 0));
            self.below = Some((first, count + 1));
            return What::Other;
        }
        if let Some(word) = word_of_application(record, map, fields) {
            *self.applications.entry(String::from_utf8_lossy(word).into_owned()).or_default() += 1;
            return What::Other;
        }
        // The lines that seemed to be below the loans are between them.
        self.loan_lines += 1 + self.below.take().map_or(0, |(_, count)| count);
        if is_complete {
            self.error_message = self.error_message.filter(|message| message.is_certain);
            self.error_message.iter_mut().for_each(|message| message.is_between = true);
        }
        self.end.look_at(record, map);
        if record.len() == map.line_width {
            self.totals.add(amounts, id);
            self.ids.look_at(id);
            if record.has_cleaned_id {
                let (first, count) = self.cleaned.unwrap_or((record.line, 0));
                self.cleaned = Some((first, count + 1));
            }
        }
        What::Loan
    }

    /// Whether an incomplete line is a header. Also records an error message.
    fn is_header_or_error(&mut self, record: &Record) -> bool {
        if self.error_message.is_none() && is_error_message(record.raw()) {
            let is_certain = skip::is_text(record) && is_error_message(skip::label(record));
            self.error_message = Some(ErrorMessage { line: record.line, is_certain, is_between: false });
        }
        match self.names.look_at(record) {
            Some(Again::Same) => self.headers_again.push(record.line),
            Some(Again::Other) => self.other_header = self.other_header.or(Some(record.line)),
            None => return false,
        }
        true
    }

    pub fn decide(self, dialect: &Dialect, config: &Config) -> LinesFound {
        let (problems, warnings) = (self.problems(dialect, config), self.warnings(dialect));
        let totals = self.totals.lines.iter().map(|line| (*line, "total"));
        let headers = self.headers_again.iter().chain(&self.other_header).map(|line| (*line, "header again"));
        let id_rule = if config.import.accept_ids_without_digits { IdRule::ANY } else { self.ids.rule() };
        LinesFound {
            below_line: self.below.map(|(first, _)| first),
            set_aside: totals.chain(headers).collect(),
            loan_lines: self.loan_lines,
            last_line: self.last_line,
            id_rule,
            totals: self.totals,
            problems,
            warnings,
        }
    }

    fn problems(&self, dialect: &Dialect, config: &Config) -> Vec<String> {
        let mut problems = Vec::new();
        if self.loan_lines == 0 {
            problems.push(self.no_loans());
        }
        if let Some(line) = self.other_header {
            problems.push(format!(
                "line {line} is a second header whose columns differ from line {}, so the lines below it would be misread: \
                 export the loans under one header, or split the file before line {line}",
                dialect.header_line
            ));
        }
        if let Some(ErrorMessage { line, is_between, .. }) = self.error_message {
            let place = if is_between { "between" } else { "below" };
            problems.push(format!(
                "line {line}, {place} the loans, is an error message, so the export failed there and loans may be missing: \
                 export the file again, or remove the line if it is not an error"
            ));
        }
        if !self.is_ended && !config.import.accept_open_end && !self.end.is_whole() {
            problems.push(format!(
                "line {}, the last, has no line end, so the file may have been cut off there: export it again, or, if it is \
                 complete, end it with a line break or set accept_open_end = true under [import] in recoup.toml",
                self.last_line
            ));
        }
        problems
    }

    fn no_loans(&self) -> String {
        if self.applications.is_empty() {
            return "there is no data line under the header".to_owned();
        }
        let lines = match self.applications.values().sum() {
            1 => "the only line under the header is an application".to_owned(),
            count => format!("all {} lines under the header are applications", grouped(count)),
        };
        let words: Vec<String> = self.applications.keys().map(|word| format!("{word:?}")).collect();
        let words = words.join(", ");
        format!(
            "{lines}, not loans: their status is {words}, which [outcome] lists under not_a_loan. Export the loans that were paid \
             out, or, if these were, set outstanding = [{words}] under [outcome] in recoup.toml"
        )
    }

    fn warnings(&self, dialect: &Dialect) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |text: String| warnings.push(Warning::of(text));
        for header in &dialect.cleaned_headers {
            warn(format!("the header {header:?} contained invisible characters, which were removed"));
        }
        if let Some((first, count)) = self.cleaned {
            let lines = progress::lines(count);
            warn(format!(
                "the ids of {lines} contained invisible characters or began with an apostrophe, first in line {first}: these \
                 were removed"
            ));
        }
        warnings
    }
}

fn word_of_application<'record>(
    record: &'record Record,
    map: &HeaderMap,
    fields: &FieldReader,
) -> Option<&'record [u8]> {
    let field = map.fields[STATUS].filter(|_| record.fault.is_none() && record.len() == map.line_width)?;
    Some(trimmed(record.field(field))).filter(|word| fields.is_not_a_loan(word))
}
