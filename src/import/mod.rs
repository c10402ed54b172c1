//! The import: the lender's CSV, line by line, into `loan_snapshots`, `loan_details` and `rejects`.
//!
//! Every data line is either loaded or in `rejects` with its line number, column and reason; a file that is not worth
//! loading is refused whole, with every problem listed. The file is streamed twice: `survey` finds out how it is written and
//! whether to accept it; `load` stores it. It runs inside the caller's transaction, so a refusal leaves nothing behind.
//!
//! | file | does |
//! |---|---|
//! | `source`, `sniff`, `encoding` | a file that is not CSV; bytes to UTF-8 |
//! | `records`, `ahead` | UTF-8 to records with their lines |
//! | `dialect`, `headers`, `header_map`, `own`, `synonyms` | separator and header; which column is which, or may be |
//! | `numbers`, `dates`, `durations`, `conventions` | what one text can mean; what a column's values decide |
//! | `currency` | signs of currency that contradict each other or the book |
//! | `words` | words for a missing value; spellings of one category |
//! | `status` | unknown words in the status column |
//! | `survey`, `expected` | the first reading: how to read the file; whether it is what was expected |
//! | `lines`, `totals`, `skip`, `ending` | which lines are not loans; how the file ends |
//! | `ids`, `alike` | characters and words that are not part of an id; ids that look alike |
//! | `fields`, `measures`, `parse` | the second reading: one field, by its kind and unit; one record |
//! | `assumed` | values assumed for a loan whose line leaves them open |
//! | `load`, `stored` | loans, rejects and skipped lines into the tables; what a loan's weeks have in common once |
//! | `codes` | numbers that mean a missing value |
//! | `units` | columns that contradict each other in the unit taken |
//! | `worth` | whether what was loaded is worth keeping |

mod ahead;
mod alike;
mod assumed;
mod codes;
mod conventions;
mod currency;
mod dates;
mod dialect;
mod durations;
mod encoding;
mod ending;
mod expected;
mod fields;
mod header_map;
mod headers;
mod ids;
mod lines;
mod load;
mod measures;
mod numbers;
mod own;
mod parse;
mod records;
mod skip;
mod sniff;
mod source;
mod status;
mod stored;
mod survey;
mod synonyms;
mod totals;
mod units;
mod words;
mod worth;

use rusqlite::Connection;
use serde::Serialize;

pub use expected::Expected;
use load::Loader;
use parse::Parser;
use records::Records;
pub use source::Source;

use crate::config::Config;
use crate::error::Result;
use crate::progress::lines;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnRead {
    pub header: String,
    pub standard_name: Option<&'static str>,
    pub taken_for: String,
}

/// A doubt about a file that is loaded all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Names columns and lines, but no values of the file.
    pub text: String,
    /// The ids that it is about: shown, never stored.
    pub examples: Vec<String>,
}

impl Warning {
    fn of(text: String) -> Self {
        Self { text, examples: Vec::new() }
    }

    pub fn words(&self) -> String {
        if self.examples.is_empty() {
            self.text.clone()
        } else {
            format!("{}: {}", self.text, self.examples.join("; "))
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileRead {
    pub encoding: &'static str,
    pub separator: &'static str,
    pub header_line: u64,
    pub columns: Vec<ColumnRead>,
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Imported {
    /// Data lines of the file, blank lines not counted.
    pub lines_read: u64,
    /// Lines that are not loans: above the header, below the data, totals, repeated headers, or empty.
    pub lines_skipped: u64,
    pub loans_loaded: u64,
    pub rows_rejected: u64,
    /// Unreadable fields of loaded lines, treated as missing.
    pub fields_rejected: u64,
    /// The first and the last snapshot; none where no loan was loaded.
    #[serde(skip)]
    pub snapshots: Option<(i64, i64)>,
    pub input_sha256: String,
    #[serde(skip)]
    pub read: FileRead,
    pub columns_found: Vec<&'static str>,
    /// Usual columns that the file lacks.
    pub columns_absent: Vec<&'static str>,
    /// Further columns, kept as text.
    pub columns_kept: Vec<String>,
    pub feature_columns_absent: Vec<String>,
    #[serde(skip)]
    pub warnings: Vec<Warning>,
    /// Set when the file is much shorter than the last one: a refusal, unless the live loans are all there.
    #[serde(skip)]
    pub shrink: Option<String>,
}

impl Imported {
    pub fn words(&self) -> String {
        let skipped = match self.lines_skipped {
            0 => String::new(),
            count => format!("; {} skipped", lines(count)),
        };
        format!(
            "the file was read as {}, separated by a {}, with its header in line {}{skipped}",
            self.read.encoding, self.read.separator, self.read.header_line
        )
    }
}

/// Loads a file as the snapshot of a run that is already in `runs`. `progress` receives the number of bytes loaded.
pub fn import(
    connection: &Connection,
    run_id: i64,
    source: &Source,
    config: &Config,
    expected: &Expected,
    progress: &dyn Fn(u64),
) -> Result<Imported> {
    let reading = survey::survey(source, config, expected)?;
    let (imported, problems) = load((connection, run_id), source, config, &reading, progress)?;
    debug_assert_eq!(imported.lines_read, reading.loan_lines, "both readings find the same loans");
    if problems.is_empty() {
        return Ok(imported);
    }
    Err(source.refused(problems.into_iter().chain(imported.shrink).collect()))
}

/// Loads what can be read of a file, even one that an import refuses, and returns the reasons to refuse it.
pub fn try_out(
    connection: &Connection,
    run_id: i64,
    source: &Source,
    config: &Config,
    expected: &Expected,
) -> Result<(Imported, Vec<String>)> {
    let (reading, mut problems) = survey::look(source, config, expected)?;
    let (imported, further) = load((connection, run_id), source, config, &reading, &|_| {})?;
    // Until it is settled how a column is read, its values prove nothing.
    if reading.unsettled.is_empty() {
        problems.extend(further);
    }
    Ok((imported, problems))
}

fn load(
    (connection, run_id): (&Connection, i64),
    source: &Source,
    config: &Config,
    reading: &survey::Reading,
    progress: &dyn Fn(u64),
) -> Result<(Imported, Vec<String>)> {
    reading.own.store(connection, run_id, &config.feature)?;
    let mut loader = Loader::new(connection, run_id, reading, config)?;
    let day: String =
        connection.query_row("select as_of_date from runs where run_id = ?1", [run_id], |row| row.get(0))?;
    let parser = Parser::new(reading, config, day.parse().ok());
    let stream = source.decode(reading.encoding)?.hashed();
    let mut records = Records::new(source, stream, reading.dialect.separator.byte());
    let map = &reading.dialect.map;
    records.expect_loans(map.line_width, map.numbers(), map.ids());
    let parse = |record: &records::Record| parser.parse(record);
    let input_sha256 = ahead::read_ahead(records, parse, |record, line, bytes| {
        progress(bytes);
        loader.take(record, line)
    })?;
    if input_sha256 != reading.sha256 {
        return Err(source.refused(vec![
            "the file changed while it was being read: run again when its export has finished".to_owned(),
        ]));
    }
    let (imported, units) = loader.finish(input_sha256)?;
    let problems = worth::problems(connection, run_id, config, reading, (&imported, &units))?;
    Ok((imported, problems))
}

pub fn check_expected(source: &Source, config: &Config, expected: &Expected) -> Result<()> {
    survey::survey(source, config, expected).map(|_| ())
}
