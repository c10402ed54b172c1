//! The second reading: each line into `loan_snapshots`, or into `rejects`, or kept as skipped.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{CachedStatement, Connection, OptionalExtension};

use super::columns::{BORROWER_ID, COLUMNS, LOAN_ID, RECOVERY_STATUS};
use super::dates;
use super::fields::{self, FieldReader, Value};
use super::numbers::trimmed;
use super::own::OwnColumns;
use super::records::Record;
use super::survey::Reading;
use super::{Imported, skip};
use crate::config::Config;
use crate::error::Result;

/// The longest text of a skipped line that is kept, in characters.
const LONGEST_SKIPPED: usize = 1_000;

/// One run's loading: the prepared statements, and what is counted on the way.
pub struct Loader<'run> {
    connection: &'run Connection,
    run_id: i64,
    reading: &'run Reading,
    fields: FieldReader,
    insert: CachedStatement<'run>,
    reject: CachedStatement<'run>,
    /// Loan ids that the file has more than once.
    repeated: BTreeSet<String>,
    lines_read: u64,
    lines_skipped: u64,
    loans_loaded: u64,
    rows_rejected: u64,
}

/// A field that could not be read.
struct Problem {
    slot: usize,
    reason: String,
}

impl<'run> Loader<'run> {
    /// Prepares for loading a file as the survey says.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(connection: &'run Connection, run_id: i64, config: &Config, reading: &'run Reading) -> Result<Self> {
        Ok(Self {
            connection,
            run_id,
            reading,
            fields: FieldReader::new(config),
            insert: connection.prepare_cached(include_str!("insert_snapshot.sql"))?,
            reject: connection.prepare_cached(include_str!("insert_reject.sql"))?,
            repeated: BTreeSet::new(),
            lines_read: 0,
            lines_skipped: 0,
            loans_loaded: 0,
            rows_rejected: 0,
        })
    }

    /// Loads one line, or rejects it, or keeps it as skipped.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take(&mut self, record: &Record) -> Result<()> {
        let header_line = self.reading.dialect.header_line;
        let skipped = match record.line {
            line if line == header_line => return Ok(()),
            line if line < header_line => Some("above the header"),
            _ if skip::is_empty(record) => Some("empty"),
            line if self.reading.below_line.is_some_and(|below| line >= below) => Some("below the data"),
            _ => None,
        };
        match skipped {
            Some(reason) => self.keep_skipped(record, reason),
            None => self.load(record),
        }
    }

    fn keep_skipped(&mut self, record: &Record, reason: &str) -> Result<()> {
        self.lines_skipped += 1;
        let content: String = String::from_utf8_lossy(record.raw()).chars().take(LONGEST_SKIPPED).collect();
        let mut insert = self.connection.prepare_cached(include_str!("insert_skipped_line.sql"))?;
        insert.execute((self.run_id, record.line as i64, reason, content))?;
        Ok(())
    }

    fn load(&mut self, record: &Record) -> Result<()> {
        self.lines_read += 1;
        let line = record.line;
        if let Some(fault) = record.fault {
            return self.leave_out(line, fault);
        }
        let map = &self.reading.dialect.map;
        if record.len() != map.width {
            let reason = format!("{} fields where the header has {}", record.len(), map.width);
            return self.leave_out(line, &reason);
        }
        let mut values = [Value::Missing; COLUMNS.len()];
        let mut problems = Vec::new();
        for (slot, column) in COLUMNS.iter().enumerate() {
            let Some(field) = map.fields[slot] else { continue };
            match self.fields.read(column.kind, self.reading.numbers[field], trimmed(record.field(field))) {
                Ok(Value::Missing) if column.is_required => {
                    problems.push(Problem { slot, reason: "empty, but required".to_owned() });
                }
                Ok(value) => values[slot] = value,
                Err(reason) => problems.push(Problem { slot, reason }),
            }
        }
        let is_left_out = problems.iter().any(|problem| COLUMNS[problem.slot].is_required);
        let borrower = Self::borrower(&values);
        for problem in &problems {
            let field = map.fields[problem.slot].map_or(&b""[..], |field| record.field(field));
            let column = COLUMNS[problem.slot].name;
            self.record_reject(line, borrower, Some(column), Some(field), &problem.reason, is_left_out)?;
        }
        let Value::Text(loan_id) = values[LOAN_ID] else {
            self.rows_rejected += 1;
            return Ok(());
        };
        if self.repeated.contains(loan_id) {
            return self.leave_out_repeated(line, borrower, loan_id);
        }
        if is_left_out {
            // Another line with this id cannot be trusted to be the loan either.
            self.withdraw(loan_id)?;
            self.rows_rejected += 1;
            return Ok(());
        }
        let extra = self.extra(line, borrower, record)?;
        if self.insert(line, &values, extra.as_deref())? {
            self.loans_loaded += 1;
            return Ok(());
        }
        self.withdraw(loan_id)?;
        self.leave_out_repeated(line, borrower, loan_id)
    }

    fn borrower<'line>(values: &[Value<'line>; COLUMNS.len()]) -> Option<&'line str> {
        match values[BORROWER_ID] {
            Value::Text(borrower) => Some(borrower),
            _ => None,
        }
    }

    /// Gives whether the loan could be inserted; not so when its id is there already.
    fn insert(&mut self, line: u64, values: &[Value; COLUMNS.len()], extra: Option<&str>) -> Result<bool> {
        for (slot, value) in values.iter().enumerate() {
            self.insert.raw_bind_parameter(slot + 1, value)?;
        }
        let outcome = match values[RECOVERY_STATUS] {
            Value::Text(status) => self.fields.outcome(status),
            _ => None,
        };
        self.insert.raw_bind_parameter(COLUMNS.len() + 1, self.run_id)?;
        self.insert.raw_bind_parameter(COLUMNS.len() + 2, line as i64)?;
        self.insert.raw_bind_parameter(COLUMNS.len() + 3, outcome)?;
        self.insert.raw_bind_parameter(COLUMNS.len() + 4, extra)?;
        Ok(self.insert.raw_execute()? == 1)
    }

    /// Notes that an id stands on several lines, and takes out again the loan that was loaded under it.
    fn withdraw(&mut self, loan_id: &str) -> Result<()> {
        let delete = include_str!("delete_repeated.sql");
        let mut delete = self.connection.prepare_cached(delete)?;
        let first: Option<(i64, Option<String>)> = delete
            .query_row((self.run_id, loan_id), |row| Ok((row.get("line")?, row.get("borrower_id")?)))
            .optional()?;
        drop(delete);
        if let Some((first, borrower)) = first {
            self.loans_loaded -= 1;
            self.leave_out_repeated(first as u64, borrower.as_deref(), loan_id)?;
        }
        self.repeated.insert(loan_id.to_owned());
        Ok(())
    }

    fn leave_out_repeated(&mut self, line: u64, borrower: Option<&str>, loan_id: &str) -> Result<()> {
        let name = COLUMNS[LOAN_ID].name;
        self.connection.execute(
            "update rejects set is_row_left_out = 1 where run_id = ?1 and line = ?2",
            (self.run_id, line as i64),
        )?;
        self.rows_rejected += 1;
        let reason = "this loan id stands on more than one line";
        self.record_reject(line, borrower, Some(name), Some(loan_id.as_bytes()), reason, true)
    }

    /// Leaves out a line whose fields cannot be told apart, so that nothing of it is kept.
    fn leave_out(&mut self, line: u64, reason: &str) -> Result<()> {
        self.rows_rejected += 1;
        self.record_reject(line, None, None, None, reason, true)
    }

    fn record_reject(
        &mut self,
        line: u64,
        borrower: Option<&str>,
        column: Option<&str>,
        value: Option<&[u8]>,
        reason: &str,
        is_row_left_out: bool,
    ) -> Result<()> {
        let value = value.map(|bytes| String::from_utf8_lossy(bytes));
        self.reject.execute((self.run_id, line as i64, borrower, column, value, reason, is_row_left_out))?;
        Ok(())
    }

    /// The lender's further columns as a JSON object of texts; empty ones are left out, unreadable ones rejected. Dates are
    /// written as 2024-01-31 and numbers of features as plain decimals; what is neither, though it must be, is rejected too,
    /// but stays as it was written.
    fn extra(&mut self, line: u64, borrower: Option<&str>, record: &Record) -> Result<Option<String>> {
        let extras = &self.reading.dialect.map.extras;
        if extras.is_empty() {
            return Ok(None);
        }
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for (field, header) in extras {
            let text = trimmed(record.field(*field));
            if self.fields.is_missing(text) {
                continue;
            }
            let read = fields::text(text).and_then(|text| {
                let read = self.read_further(*field, text);
                texts.insert(header, read.as_ref().map_or(text, String::as_str).to_owned());
                read
            });
            if let Err(reason) = read {
                self.record_reject(line, borrower, Some(header), Some(record.field(*field)), &reason, false)?;
            }
        }
        Ok(Some(serde_json::to_string(&texts)?))
    }

    /// The text of a further column as it is kept.
    fn read_further(&self, field: usize, text: &str) -> std::result::Result<String, String> {
        if let Some(order) = self.reading.dates[field] {
            return dates::date(text, order).map(|date| date.to_string()).ok_or_else(|| "not a date".to_owned());
        }
        if self.reading.own.is_number(field) {
            return self.fields.plain_number(OwnColumns::NUMBER, self.reading.numbers[field], text.as_bytes());
        }
        Ok(text.to_owned())
    }

    /// What was done, after the last line.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(self, input_sha256: String) -> Result<Imported> {
        let fields_rejected: i64 = self.connection.query_row(
            "select count(*) from rejects where run_id = ?1 and not is_row_left_out",
            [self.run_id],
            |row| row.get(0),
        )?;
        let Reading { encoding, dialect, own, .. } = self.reading;
        let map = &dialect.map;
        let named = |found: bool| {
            let slots = (0..COLUMNS.len()).filter(|slot| map.fields[*slot].is_some() == found);
            slots.map(|slot| COLUMNS[slot].name).collect()
        };
        Ok(Imported {
            lines_read: self.lines_read,
            lines_skipped: self.lines_skipped,
            loans_loaded: self.loans_loaded,
            rows_rejected: self.rows_rejected,
            fields_rejected: fields_rejected as u64,
            input_sha256,
            encoding: encoding.encoding.name(),
            separator: dialect.separator.name(),
            header_line: dialect.header_line,
            columns: self.reading.columns(),
            columns_found: named(true),
            columns_absent: named(false),
            columns_kept: map.extras.iter().map(|(_, header)| header.clone()).collect(),
            feature_columns_absent: own.absent.clone(),
        })
    }
}
