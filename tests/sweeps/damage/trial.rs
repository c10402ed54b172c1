//! One import after the other, in one scratch database that is rolled back each time, and what each left there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use recoup::Error;
use recoup::parts::{Config, Expected, Imported, SCRATCH_RUN, Source, begin_scratch_run, import, open_scratch};
use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::book::{COLUMNS, Holds, shortest};

/// What an import did with a file.
#[derive(Debug)]
pub enum Ending {
    Refused(Vec<String>),
    Taken(Box<Taken>),
}

#[derive(Debug)]
pub struct Taken {
    pub imported: Imported,
    pub loans: Vec<Loan>,
    pub rejects: Vec<Reject>,
    pub skipped: Vec<Skipped>,
}

/// A loan with its values as plain texts, in the order of the book's columns.
#[derive(Debug)]
pub struct Loan {
    pub line: i64,
    pub values: Vec<Option<String>>,
}

#[derive(Debug)]
pub struct Reject {
    pub line: i64,
    pub column: Option<String>,
    pub is_row_left_out: bool,
}

#[derive(Debug)]
pub struct Skipped {
    pub line: i64,
    pub reason: String,
    pub content: String,
}

/// A scratch database, and a folder for the file.
pub struct Bench {
    connection: Connection,
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        let connection = open_scratch().expect("a scratch database");
        Self { connection, folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("book.csv")
    }

    /// Imports these bytes with these settings.
    pub fn import(&self, bytes: &[u8], settings: &str, expected: &Expected) -> Ending {
        std::fs::write(self.path(), bytes).expect("a file in the test's folder");
        let config = Config::parse(settings).expect("settings of the test");
        let source = Source::find(&self.path()).expect("the file");
        let transaction = self.connection.unchecked_transaction().expect("a transaction");
        begin_scratch_run(&transaction).expect("a run");
        let run = SCRATCH_RUN;
        match import(&transaction, run, &source, &config, expected, &|_| {}) {
            Ok(imported) => Ending::Taken(Box::new(Taken::read(&transaction, imported))),
            Err(Error::Refused(refusal)) => Ending::Refused(refusal.problems),
            Err(error) => panic!("neither loaded nor refused: {error}"),
        }
    }
}

impl Taken {
    fn read(connection: &Connection, imported: Imported) -> Self {
        let rejects = all(connection, "select line, column_name, is_row_left_out from rejects", |row| {
            Ok(Reject { line: row.get(0)?, column: row.get(1)?, is_row_left_out: row.get(2)? })
        });
        let skipped = all(connection, "select line, reason, content from skipped_lines order by line", |row| {
            Ok(Skipped { line: row.get(0)?, reason: row.get(1)?, content: row.get(2)? })
        });
        let loans = all(
            connection,
            "select *
             from loan_snapshots join loan_details using (loan_key, details_number) join loan_register using (loan_key)
             order by line",
            |row| {
                let further: Option<String> = row.get("extra")?;
                let further: BTreeMap<String, String> =
                    further.map_or_else(BTreeMap::new, |json| serde_json::from_str(&json).expect("an object of texts"));
                let values = COLUMNS.iter().map(|column| match column.stored_as {
                    Some(name) => Ok(plain(row.get(name)?)),
                    None => Ok(further.get(column.header).map(|text| plain_further(text, column.holds))),
                });
                Ok(Loan { line: row.get("line")?, values: values.collect::<rusqlite::Result<_>>()? })
            },
        );
        Self { imported, loans, rejects, skipped }
    }

    pub fn is_rejected(&self, line: i64, column: &str) -> bool {
        self.rejects.iter().any(|reject| reject.line == line && reject.column.as_deref() == Some(column))
    }
}

fn all<T>(connection: &Connection, query: &str, read: impl Fn(&Row) -> rusqlite::Result<T>) -> Vec<T> {
    let mut statement = connection.prepare(query).expect("a query");
    let rows = statement.query_map([], |row| read(row)).expect("its rows");
    rows.collect::<rusqlite::Result<_>>().expect("readable rows")
}

fn plain(value: Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Integer(number) => Some(number.to_string()),
        Value::Real(number) => Some(number.to_string()),
        Value::Text(text) => Some(text),
        Value::Blob(_) => unreachable!("the table has no such column"),
    }
}

fn plain_further(text: &str, holds: Holds) -> String {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if holds == Holds::Signed && is_number { shortest(text) } else { text.to_owned() }
}
