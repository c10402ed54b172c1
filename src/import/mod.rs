//! The import: the lender's CSV, line by line, into `loan_snapshots` and `rejects`.
//!
//! Every data line is either loaded or in `rejects` with its line number, column and reason; a file that is not worth
//! loading is refused whole, with every problem listed. The file is streamed: memory holds one line, not the book.
//! All of it happens inside the caller's transaction, so a refusal leaves nothing behind.

mod columns;
mod fields;
mod source;

use std::collections::{BTreeMap, BTreeSet};

use csv::ByteRecord;
use rusqlite::{CachedStatement, Connection, OptionalExtension};
use serde::Serialize;

use columns::{COLUMNS, HeaderMap, LOAN_ID};
pub use columns::{normalised, unknown_columns};
use fields::{FieldReader, Value};
pub use source::Source;

use crate::config::Config;
use crate::error::{Error, Result};

/// A field longer than this, in bytes, is a quotation mark that was never closed, not a value.
const LONGEST_FIELD: usize = 64 * 1024;

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
}

/// Loads a file as the snapshot of a run that is already in `runs`.
///
/// `progress` is told how many bytes have been read.
///
/// # Errors
/// [`Error::Refused`] with every problem of the file; those of the database.
pub fn import(
    connection: &Connection,
    run_id: i64,
    source: &Source,
    config: &Config,
    progress: &dyn Fn(u64),
) -> Result<Imported> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 18).from_reader(source.open()?);
    let header = read_header(&mut reader, source, config)?;
    let mut loader = Loader::new(connection, run_id, config, header)?;
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|error| unreadable(source, error))? {
        let line = record.position().map_or(0, csv::Position::line);
        if record.as_slice().len() > LONGEST_FIELD && record.iter().any(|field| field.len() > LONGEST_FIELD) {
            return Err(source.refused(vec![format!(
                "line {line} holds a field of more than {LONGEST_FIELD} bytes: a quotation mark is not closed there"
            )]));
        }
        loader.load(line, &record)?;
        if loader.lines_read.is_multiple_of(1024) {
            progress(reader.get_ref().bytes());
        }
    }
    if !reader.get_ref().quotes_are_paired() && loader.last_line_span.1 {
        return Err(source.refused(vec![format!(
            "a quotation mark in line {} is never closed, so the rest of the file was read as one field",
            loader.last_line_span.0
        )]));
    }
    let imported = loader.finish(reader.get_ref().sha256());
    check_worth(connection, run_id, source, config, &imported)?;
    Ok(imported)
}

fn read_header<R: std::io::Read>(reader: &mut csv::Reader<R>, source: &Source, config: &Config) -> Result<HeaderMap> {
    let fields = reader.byte_headers().map_err(|error| unreadable(source, error))?;
    if matches!(fields.get(0), Some([0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])) {
        return Err(source.refused(vec!["the file is UTF-16: save it as CSV in UTF-8".to_owned()]));
    }
    let headers: Vec<String> =
        fields.iter().map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned()).collect();
    if headers.iter().all(String::is_empty) {
        return Err(source.refused(vec!["the file is empty: a header line and one loan are the least".to_owned()]));
    }
    if let [only] = headers.as_slice()
        && let Some(separator) = [';', '\t', '|'].into_iter().find(|separator| only.contains(*separator))
    {
        return Err(source.refused(vec![format!(
            "the columns are separated by {separator:?}: save the file with commas between them"
        )]));
    }
    HeaderMap::new(&headers, &config.columns).map_err(|problems| source.refused(problems))
}

fn unreadable(source: &Source, error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Error::io("read", &source.path, error),
        other => source.refused(vec![format!("the file is not CSV: {other:?}")]),
    }
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
        imported.rows_rejected, imported.lines_read, config.import.max_rejected_percent
    )];
    let mut statement = connection.prepare(include_str!("reasons.sql"))?;
    let mut rows = statement.query((run_id, LISTED_PROBLEMS as i64))?;
    while let Some(row) = rows.next()? {
        let column: Option<String> = row.get("column_name")?;
        let reason: String = row.get("reason_kind")?;
        let (lines, first): (i64, i64) = (row.get("lines")?, row.get("first_line")?);
        let column = column.map_or_else(String::new, |column| format!("{column}: "));
        let lines = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        problems.push(format!("{column}{reason} ({lines}, the first is line {first})"));
    }
    Err(source.refused(problems))
}

/// One run's loading: the prepared statements, and what is counted on the way.
struct Loader<'run> {
    connection: &'run Connection,
    run_id: i64,
    header: HeaderMap,
    fields: FieldReader,
    insert: CachedStatement<'run>,
    reject: CachedStatement<'run>,
    /// Loan ids that the file has more than once.
    repeated: BTreeSet<String>,
    lines_read: u64,
    loans_loaded: u64,
    rows_rejected: u64,
    fields_rejected: u64,
    /// The last line, and whether a field of it spans several lines of the file.
    last_line_span: (u64, bool),
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
            header,
            fields: FieldReader::new(config.currency.decimals, &config.outcome),
            insert: connection.prepare_cached(include_str!("insert_snapshot.sql"))?,
            reject: connection.prepare_cached(include_str!("insert_reject.sql"))?,
            repeated: BTreeSet::new(),
            lines_read: 0,
            loans_loaded: 0,
            rows_rejected: 0,
            fields_rejected: 0,
            last_line_span: (0, false),
        })
    }

    /// Loads one line, or rejects it.
    fn load(&mut self, line: u64, record: &ByteRecord) -> Result<()> {
        self.lines_read += 1;
        self.last_line_span = (line, record.as_slice().contains(&b'\n'));
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
        let extra = match self.extra(record) {
            Ok(extra) => extra,
            Err((header, reason)) => return self.leave_out(line, Some(&header), None, &reason),
        };
        let is_left_out = problems.iter().any(|problem| COLUMNS[problem.slot].is_required);
        for problem in &problems {
            let field = self.header.fields[problem.slot].map_or(&b""[..], |field| &record[field]);
            let column = COLUMNS[problem.slot].name;
            self.record_reject(line, Some(column), Some(field), &problem.reason, is_left_out)?;
        }
        if is_left_out {
            self.rows_rejected += 1;
            return Ok(());
        }
        self.insert(line, &values, extra.as_deref(), problems.len() as u64)
    }

    fn insert(&mut self, line: u64, values: &[Value; COLUMNS.len()], extra: Option<&str>, faults: u64) -> Result<()> {
        let Value::Text(loan_id) = values[LOAN_ID] else { unreachable!("a line without a loan id is left out before") };
        if self.repeated.contains(loan_id) {
            return self.leave_out_repeated(line, loan_id);
        }
        for (slot, value) in values.iter().enumerate() {
            self.insert.raw_bind_parameter(slot + 1, value)?;
        }
        let outcome = match values.iter().zip(&COLUMNS).find(|(_, column)| column.kind == columns::Kind::Status) {
            Some((Value::Text(status), _)) => self.fields.outcome(status),
            _ => None,
        };
        self.insert.raw_bind_parameter(COLUMNS.len() + 1, self.run_id)?;
        self.insert.raw_bind_parameter(COLUMNS.len() + 2, line as i64)?;
        self.insert.raw_bind_parameter(COLUMNS.len() + 3, outcome)?;
        self.insert.raw_bind_parameter(COLUMNS.len() + 4, extra)?;
        if self.insert.raw_execute()? == 1 {
            self.loans_loaded += 1;
            self.fields_rejected += faults;
            return Ok(());
        }
        // The id is there already: neither line can be trusted to be the loan.
        let first: Option<i64> = self
            .connection
            .query_row(include_str!("delete_repeated.sql"), (self.run_id, loan_id), |row| row.get("line"))
            .optional()?;
        if let Some(first) = first {
            self.loans_loaded -= 1;
            self.leave_out_repeated(first as u64, loan_id)?;
        }
        self.repeated.insert(loan_id.to_owned());
        self.leave_out_repeated(line, loan_id)
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

    /// The lender's further columns as a JSON object of texts; empty ones are left out.
    fn extra(&self, record: &ByteRecord) -> std::result::Result<Option<String>, (String, String)> {
        if self.header.extras.is_empty() {
            return Ok(None);
        }
        let mut texts: BTreeMap<&str, &str> = BTreeMap::new();
        for (field, header) in &self.header.extras {
            let text = fields::text(record[*field].trim_ascii()).map_err(|reason| (header.clone(), reason))?;
            if !text.is_empty() {
                texts.insert(header, text);
            }
        }
        Ok(Some(serde_json::to_string(&texts).expect("texts are always JSON")))
    }

    fn finish(self, input_sha256: String) -> Imported {
        let is_found = |slot: usize| self.header.fields[slot].is_some();
        let named =
            |found| (0..COLUMNS.len()).filter(|slot| is_found(*slot) == found).map(|slot| COLUMNS[slot].name).collect();
        Imported {
            lines_read: self.lines_read,
            loans_loaded: self.loans_loaded,
            rows_rejected: self.rows_rejected,
            fields_rejected: self.fields_rejected,
            input_sha256,
            columns_found: named(true),
            columns_absent: named(false),
            columns_kept: self.header.extras.into_iter().map(|(_, header)| header).collect(),
        }
    }
}
