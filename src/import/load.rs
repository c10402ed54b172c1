//! The second reading: each line into the tables of loans, or into `rejects`, or kept as skipped.

use std::collections::BTreeSet;

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use super::alike::Prints;
use super::assumed::AssumedSeen;
use super::numbers::trimmed;
use super::parse::{Cell, Line, Loan, Problem};
use super::records::Record;
use super::stored::Stored;
use super::survey::Reading;
use super::units::UnitsSeen;
use super::{Imported, Warning};
use crate::columns::{BORROWER_ID, COLUMNS, LOAN_ID};
use crate::config::Config;
use crate::error::Result;
use crate::register::Register;

/// The longest text of a skipped line that is kept, in characters.
const LONGEST_SKIPPED: usize = 1_000;

/// So much of a rejected value is kept, in bytes.
const LONGEST_VALUE: usize = 1_000;

/// One run's loading: the prepared statements, and what is counted on the way.
pub struct Loader<'run> {
    connection: &'run Connection,
    run_id: i64,
    reading: &'run Reading,
    register: Register<'run>,
    stored: Stored<'run>,
    /// The loans of this run have snapshot ids from here on.
    first_snapshot_id: i64,
    reject: CachedStatement<'run>,
    /// Loan ids that the file has more than once.
    repeated: BTreeSet<Vec<u8>>,
    /// The loans' ids and their borrowers', to find those that look alike.
    prints: [Prints; 2],
    lines_read: u64,
    lines_skipped: u64,
    loans_loaded: u64,
    rows_rejected: u64,
    units: UnitsSeen,
    assumed: AssumedSeen,
}

/// A text of the file, which stores invalid UTF-8 as replacement characters.
#[derive(Clone, Copy)]
struct Text<'line>(&'line [u8]);

impl ToSql for Text<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match String::from_utf8_lossy(self.0) {
            std::borrow::Cow::Borrowed(_) => ToSqlOutput::Borrowed(ValueRef::Text(self.0)),
            std::borrow::Cow::Owned(text) => ToSqlOutput::Owned(text.into()),
        })
    }
}

/// What of a line goes into `rejects`.
struct Reject<'line> {
    line: u64,
    borrower: Option<Text<'line>>,
    loan_key: Option<i64>,
    column: Option<&'line str>,
    value: Option<&'line [u8]>,
    reason: &'line str,
    is_row_left_out: bool,
}

impl<'run> Loader<'run> {
    /// Prepares for loading a file that has been surveyed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn new(connection: &'run Connection, run_id: i64, reading: &'run Reading, config: &Config) -> Result<Self> {
        let next = "select coalesce(max(snapshot_id), 0) + 1 from loan_snapshots";
        Ok(Self {
            connection,
            run_id,
            reading,
            register: Register::open(connection, run_id)?,
            first_snapshot_id: connection.query_row(next, [], |row| row.get(0))?,
            stored: Stored::open(connection, run_id)?,
            reject: connection.prepare_cached(
                "insert into rejects (
                     run_id, line, borrower_id, column_name, value, reason, is_row_left_out, loan_key
                 )
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?,
            repeated: BTreeSet::new(),
            prints: [Prints::default(), Prints::default()],
            lines_read: 0,
            lines_skipped: 0,
            loans_loaded: 0,
            rows_rejected: 0,
            units: UnitsSeen::new(config),
            assumed: AssumedSeen::default(),
        })
    }

    /// Stores what a record is.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take(&mut self, record: &Record, line: &Line) -> Result<()> {
        match line {
            Line::Header => Ok(()),
            Line::Skipped(reason) => self.keep_skipped(record, reason),
            Line::Unreadable(reason) => {
                // Nothing of it is kept: nobody knows whose it is.
                self.lines_read += 1;
                self.rows_rejected += 1;
                self.reject(Reject {
                    line: record.line,
                    borrower: None,
                    loan_key: None,
                    column: None,
                    value: None,
                    reason,
                    is_row_left_out: true,
                })
            }
            Line::Loan(loan) => self.load(record, loan),
        }
    }

    fn keep_skipped(&mut self, record: &Record, reason: &str) -> Result<()> {
        self.lines_skipped += 1;
        let content: String = String::from_utf8_lossy(record.raw()).chars().take(LONGEST_SKIPPED).collect();
        let mut insert = self
            .connection
            .prepare_cached("insert into skipped_lines (run_id, line, reason, content) values (?1, ?2, ?3, ?4)")?;
        insert.execute((self.run_id, record.line as i64, reason, content))?;
        Ok(())
    }

    fn load(&mut self, record: &Record, loan: &Loan) -> Result<()> {
        self.lines_read += 1;
        let line = record.line;
        let text = |slot: usize| {
            let field = self.reading.dialect.map.fields[slot].filter(|_| loan.cells[slot] == Cell::Text);
            field.and_then(|field| self.reading.kept(field, trimmed(record.field(field)))).map(Text)
        };
        let (loan_id, borrower) = (text(LOAN_ID), text(BORROWER_ID));
        let is_left_out = loan.is_left_out();
        let loan_key =
            loan_id.filter(|_| is_left_out).map(|loan_id| self.register.key_of(loan_id)).transpose()?.flatten();
        self.reject_fields((record, borrower, loan_key), &loan.problems, is_left_out)?;
        let Some(loan_id) = loan_id else {
            self.rows_rejected += 1;
            return Ok(());
        };
        if !self.repeated.is_empty() && self.repeated.contains(loan_id.0) {
            return self.leave_out_repeated(line, borrower, loan_id);
        }
        if is_left_out {
            // Another line with this id cannot be trusted to be the loan either.
            self.withdraw(loan_id)?;
            self.rows_rejected += 1;
            return Ok(());
        }
        self.reject_fields((record, borrower, None), &loan.further_problems, false)?;
        if self.insert(record, loan, loan_id, borrower)? {
            self.loans_loaded += 1;
            self.units.look_at(line, loan);
            self.assumed.look_at(loan.assumed);
            for (prints, print) in self.prints.iter_mut().zip(loan.prints) {
                print.into_iter().for_each(|print| prints.add(print, line));
            }
            return Ok(());
        }
        self.withdraw(loan_id)?;
        self.leave_out_repeated(line, borrower, loan_id)
    }

    /// Gives whether the loan could be inserted; not so when its id is there already.
    fn insert(&mut self, record: &Record, loan: &Loan, loan_id: Text, borrower: Option<Text>) -> Result<bool> {
        let registered = self.register.loan(loan_id, borrower)?;
        let is_inserted = self.stored.insert(&registered, self.reading, (record, loan))?;
        if is_inserted {
            self.register.keep_borrower(&registered, borrower)?;
        }
        Ok(is_inserted)
    }

    /// Records that an id is on more than one line, and rejects the loan that was already loaded under it.
    fn withdraw(&mut self, loan_id: Text) -> Result<()> {
        if let Some((first, borrower)) = self.register.withdraw(loan_id)? {
            self.loans_loaded -= 1;
            let borrower = borrower.as_ref().map(|borrower| Text(borrower.as_bytes()));
            self.leave_out_repeated(first as u64, borrower, loan_id)?;
        }
        self.repeated.insert(loan_id.0.to_vec());
        Ok(())
    }

    fn leave_out_repeated(&mut self, line: u64, borrower: Option<Text>, loan_id: Text) -> Result<()> {
        self.connection.execute(
            "update rejects set is_row_left_out = 1 where run_id = ?1 and line = ?2",
            (self.run_id, line as i64),
        )?;
        self.rows_rejected += 1;
        let loan_key = self.register.key_of(loan_id)?;
        self.reject(Reject {
            line,
            borrower,
            loan_key,
            column: Some(COLUMNS[LOAN_ID].name),
            value: Some(loan_id.0),
            reason: "this loan id is on more than one line",
            is_row_left_out: true,
        })
    }

    fn reject_fields(
        &mut self,
        (record, borrower, loan_key): (&Record, Option<Text>, Option<i64>),
        problems: &[Problem],
        is_row_left_out: bool,
    ) -> Result<()> {
        for Problem { field, reason, .. } in problems {
            let (column, value) = (self.reading.name_of(*field), Some(record.field(*field)));
            let column = Some(column);
            self.reject(Reject { line: record.line, borrower, loan_key, column, value, reason, is_row_left_out })?;
        }
        Ok(())
    }

    fn reject(&mut self, reject: Reject) -> Result<()> {
        let Reject { line, borrower, loan_key, column, value, reason, is_row_left_out } = reject;
        self.reject.execute((
            self.run_id,
            line as i64,
            borrower,
            column,
            value.map(|value| Text(&value[..value.len().min(LONGEST_VALUE)])),
            reason,
            is_row_left_out,
            loan_key,
        ))?;
        Ok(())
    }

    /// What was done, after the last line, and what the loans say of their units.
    ///
    /// # Errors
    /// Those of the database.
    pub fn finish(self, input_sha256: String) -> Result<(Imported, UnitsSeen)> {
        let fields_rejected: i64 = self.connection.query_row(
            "select count(*) from rejects where run_id = ?1 and not is_row_left_out",
            [self.run_id],
            |row| row.get(0),
        )?;
        let last: Option<i64> = self.connection.query_row(
            "select max(snapshot_id) from loan_snapshots where snapshot_id >= ?1",
            [self.first_snapshot_id],
            |row| row.get(0),
        )?;
        let mut warnings = self.reading.warnings.clone();
        for (prints, slot) in self.prints.into_iter().zip([LOAN_ID, BORROWER_ID]) {
            warnings.extend(prints.warning(slot, self.connection, self.first_snapshot_id)?);
        }
        let of_units = self.units.warnings().into_iter().map(|text| Warning { text, examples: Vec::new() });
        warnings.extend(of_units);
        warnings.extend(self.assumed.warnings());
        let Reading { dialect, own, .. } = self.reading;
        let map = &dialect.map;
        let named = |found: bool| {
            let is_named = |slot: &usize| map.fields[*slot].is_some() == found && (found || COLUMNS[*slot].is_usual);
            let slots = (0..COLUMNS.len()).filter(is_named);
            slots.map(|slot| COLUMNS[slot].name).collect()
        };
        let imported = Imported {
            lines_read: self.lines_read,
            lines_skipped: self.lines_skipped,
            loans_loaded: self.loans_loaded,
            rows_rejected: self.rows_rejected,
            snapshots: last.map(|last| (self.first_snapshot_id, last)),
            fields_rejected: fields_rejected as u64,
            input_sha256,
            read: self.reading.file_read(),
            columns_found: named(true),
            columns_absent: named(false),
            columns_kept: map.extras.iter().map(|(_, header)| header.clone()).collect(),
            feature_columns_absent: own.absent.clone(),
            warnings,
            shrink: self.reading.shrink.clone(),
        };
        Ok((imported, self.units))
    }
}
