//! The import: the lender's CSV, line by line, into `loan_snapshots` and `rejects`.
//!
//! Every data line is either loaded or in `rejects` with its line number, column and reason; a file that is not worth
//! loading is refused whole, with every problem listed. The file is streamed: memory holds one line, not the book.
//! All of it happens inside the caller's transaction, so a refusal leaves nothing behind.

mod columns;
mod fields;
mod lines;
mod own;
mod records;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use csv::ByteRecord;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde::Serialize;

use columns::{COLUMNS, HeaderMap, LOAN_ID, RECOVERY_STATUS};
pub use columns::{naming_problems, normalised};
use fields::{FieldReader, Value};
use own::OwnColumns;
pub use own::{Origin, origin};
use records::Records;
pub use source::Source;

use crate::config::Config;
use crate::error::Result;
use crate::progress::grouped;

/// How many kinds of problem a refusal lists.
const LISTED_PROBLEMS: usize = 10;

/// What an import did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// Data lines of the file, blank lines not counted.
    pub lines_read: u64,
    pub loans_loaded: u64,
    /// Lines left out.
    pub rows_rejected: u64,
    /// Fields of loaded lines that could not be read and were taken as missing.
    pub fields_rejected: u64,
    /// SHA-256 of the file, in hex.
    pub input_sha256: String,
    /// Standard columns that the file has.
    pub columns_found: Vec<&'static str>,
    /// Standard columns that it has not; all their values are missing.
    pub columns_absent: Vec<&'static str>,
    /// Further columns, kept as text.
    pub columns_kept: Vec<String>,
    /// Columns that the configuration makes features, but the file has not; all their values are missing.
    pub feature_columns_absent: Vec<String>,
}

/// Loads a file as the snapshot of a run that is already in `runs`.
///
/// `progress` is told how many bytes have been read.
///
/// # Errors
/// [`crate::error::Error::Refused`] with every problem of the file; those of the database.
pub fn import(
    connection: &Connection,
    run_id: i64,
    source: &Source,
    config: &Config,
    progress: &dyn Fn(u64),
) -> Result<Imported> {
    let mut records = Records::open(source)?;
    let header = read_header(&mut records, source, config)?;
    let mut loader = Loader::new(connection, run_id, config, header)?;
    let input_sha256 = records.read_ahead(|line, record, bytes| {
        progress(bytes);
        loader.load(line, record)
    })?;
    let imported = loader.finish(input_sha256)?;
    check_worth(connection, run_id, source, config, &imported)?;
    Ok(imported)
}

fn read_header(records: &mut Records<'_>, source: &Source, config: &Config) -> Result<HeaderMap> {
    let mut fields = ByteRecord::new();
    if records.next(&mut fields)?.is_none() {
        return Err(source.refused(vec!["the file is empty: a header line and one loan are the least".to_owned()]));
    }
    if matches!(fields.get(0), Some([0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])) || fields.as_slice().contains(&0) {
        return Err(source.refused(vec!["the file is not UTF-8, perhaps UTF-16: save it as CSV in UTF-8".to_owned()]));
    }
    let headers: Vec<String> =
        fields.iter().map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned()).collect();
    if let [only] = headers.as_slice()
        && let Some(separator) = [';', '\t', '|'].into_iter().find(|separator| only.contains(*separator))
    {
        return Err(source.refused(vec![format!(
            "the columns are separated by {separator:?}: save the file with commas between them"
        )]));
    }
    HeaderMap::new(&headers, &config.columns).map_err(|problems| source.refused(problems))
}

/// A file without loans, or with too many rejected lines, is a mistake in the export: better last week's book than half
/// of this week's.
fn check_worth(
    connection: &Connection,
    run_id: i64,
    source: &Source,
    config: &Config,
    imported: &Imported,
) -> Result<()> {
    if imported.lines_read == 0 {
        return Err(source.refused(vec!["there is no data line under the header".to_owned()]));
    }
    let percent = imported.rows_rejected as f64 * 100.0 / imported.lines_read as f64;
    if percent <= config.import.max_rejected_percent && imported.loans_loaded > 0 {
        return Ok(());
    }
    let mut problems = vec![format!(
        "{} of {} lines cannot be loaded ({percent:.1} %; at most {} % may be rejected: import.max_rejected_percent)",
        grouped(imported.rows_rejected),
        grouped(imported.lines_read),
        config.import.max_rejected_percent
    )];
    let mut statement = connection.prepare(include_str!("reasons.sql"))?;
    let mut rows = statement.query((run_id, LISTED_PROBLEMS as i64))?;
    while let Some(row) = rows.next()? {
        let column: Option<String> = row.get("column_name")?;
        let reason: String = row.get("reason_kind")?;
        let (lines, first): (i64, i64) = (row.get("lines")?, row.get("first_line")?);
        let column = column.map_or_else(String::new, |column| format!("{column}: "));
        let lines = if lines == 1 { "1 line".to_owned() } else { format!("{} lines", grouped(lines as u64)) };
        problems.push(format!("{column}{reason} ({lines}, the first is line {first})"));
    }
    Err(source.refused(problems))
}

/// One run's loading: the prepared statements, and what is counted on the way.
struct Loader<'run> {
    connection: &'run Connection,
    run_id: i64,
    header: HeaderMap,
    own: OwnColumns,
    fields: FieldReader,
    insert: CachedStatement<'run>,
    reject: CachedStatement<'run>,
    /// Loan ids that the file has more than once.
    repeated: BTreeSet<String>,
    lines_read: u64,
    loans_loaded: u64,
    rows_rejected: u64,
}

/// A field that could not be read.
struct Problem {
    slot: usize,
    reason: String,
}

impl<'run> Loader<'run> {
    fn new(connection: &'run Connection, run_id: i64, config: &Config, header: HeaderMap) -> Result<Self> {
        Ok(Self {
            connection,
            run_id,
            own: OwnColumns::store(connection, run_id, &config.feature, &config.columns, &header)?,
            header,
            fields: FieldReader::new(config.currency.decimals, &config.outcome),
            insert: connection.prepare_cached(include_str!("insert_snapshot.sql"))?,
            reject: connection.prepare_cached(include_str!("insert_reject.sql"))?,
            repeated: BTreeSet::new(),
            lines_read: 0,
            loans_loaded: 0,
            rows_rejected: 0,
        })
    }

    /// Loads one line, or rejects it.
    fn load(&mut self, line: u64, record: &ByteRecord) -> Result<()> {
        self.lines_read += 1;
        if record.len() != self.header.width {
            let reason = format!("{} fields where the header has {}", record.len(), self.header.width);
            return self.leave_out(line, None, None, &reason);
        }
        let mut values = [Value::Missing; COLUMNS.len()];
        let mut problems = Vec::new();
        for (slot, column) in COLUMNS.iter().enumerate() {
            let Some(field) = self.header.fields[slot] else { continue };
            match self.fields.read(column.kind, record[field].trim_ascii()) {
                Ok(Value::Missing) if column.is_required => {
                    problems.push(Problem { slot, reason: "empty, but required".to_owned() });
                }
                Ok(value) => values[slot] = value,
                Err(reason) => problems.push(Problem { slot, reason }),
            }
        }
        let is_left_out = problems.iter().any(|problem| COLUMNS[problem.slot].is_required);
        for problem in &problems {
            let field = self.header.fields[problem.slot].map_or(&b""[..], |field| &record[field]);
            let column = COLUMNS[problem.slot].name;
            self.record_reject(line, Some(column), Some(field), &problem.reason, is_left_out)?;
        }
        let Value::Text(loan_id) = values[LOAN_ID] else {
            self.rows_rejected += 1;
            return Ok(());
        };
        if self.repeated.contains(loan_id) {
            return self.leave_out_repeated(line, loan_id);
        }
        if is_left_out {
            // Another line with this id cannot be trusted to be the loan either.
            self.withdraw(loan_id)?;
            self.rows_rejected += 1;
            return Ok(());
        }
        let extra = self.extra(line, record)?;
        if self.insert(line, &values, extra.as_deref())? {
            self.loans_loaded += 1;
            return Ok(());
        }
        self.withdraw(loan_id)?;
        self.leave_out_repeated(line, loan_id)
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
        let first: Option<i64> = delete.query_row((self.run_id, loan_id), |row| row.get("line")).optional()?;
        drop(delete);
        if let Some(first) = first {
            self.loans_loaded -= 1;
            self.leave_out_repeated(first as u64, loan_id)?;
        }
        self.repeated.insert(loan_id.to_owned());
        Ok(())
    }

    fn leave_out_repeated(&mut self, line: u64, loan_id: &str) -> Result<()> {
        let name = COLUMNS[LOAN_ID].name;
        self.connection.execute(
            "update rejects set is_row_left_out = 1 where run_id = ?1 and line = ?2",
            (self.run_id, line as i64),
        )?;
        self.leave_out(line, Some(name), Some(loan_id.as_bytes()), "this loan id stands on more than one line")
    }

    fn leave_out(&mut self, line: u64, column: Option<&str>, value: Option<&[u8]>, reason: &str) -> Result<()> {
        self.rows_rejected += 1;
        self.record_reject(line, column, value, reason, true)
    }

    fn record_reject(
        &mut self,
        line: u64,
        column: Option<&str>,
        value: Option<&[u8]>,
        reason: &str,
        is_row_left_out: bool,
    ) -> Result<()> {
        let value = value.map(|bytes| String::from_utf8_lossy(bytes));
        self.reject.execute((self.run_id, line as i64, column, value, reason, is_row_left_out))?;
        Ok(())
    }

    /// The lender's further columns as a JSON object of texts; empty ones are left out, unreadable ones rejected. A text
    /// that is not the number that a feature needs is rejected too, but stays as it was written.
    fn extra(&mut self, line: u64, record: &ByteRecord) -> Result<Option<String>> {
        if self.header.extras.is_empty() {
            return Ok(None);
        }
        let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
        for (field, header) in &self.header.extras {
            let readable = match fields::text(record[*field].trim_ascii()) {
                Ok("") => Ok(()),
                Ok(text) => {
                    texts.insert(header, text);
                    self.own.check(&self.fields, *field, text)
                }
                Err(reason) => Err(reason),
            };
            if let Err(reason) = readable {
                let value = String::from_utf8_lossy(&record[*field]);
                self.reject.execute((self.run_id, line as i64, header, value, reason, false))?;
            }
        }
        Ok(Some(serde_json::to_string(&texts)?))
    }

    fn finish(self, input_sha256: String) -> Result<Imported> {
        let fields_rejected: i64 = self.connection.query_row(
            "select count(*) from rejects where run_id = ?1 and not is_row_left_out",
            [self.run_id],
            |row| row.get(0),
        )?;
        let is_found = |slot: usize| self.header.fields[slot].is_some();
        let named =
            |found| (0..COLUMNS.len()).filter(|slot| is_found(*slot) == found).map(|slot| COLUMNS[slot].name).collect();
        Ok(Imported {
            lines_read: self.lines_read,
            loans_loaded: self.loans_loaded,
            rows_rejected: self.rows_rejected,
            fields_rejected: fields_rejected as u64,
            input_sha256,
            columns_found: named(true),
            columns_absent: named(false),
            columns_kept: self.header.extras.into_iter().map(|(_, header)| header).collect(),
            feature_columns_absent: self.own.absent,
        })
    }
}
