//! Arbitrary bytes as the lender's file: whatever they are, the import must refuse them or account for every line.
//!
//! The first byte chooses the settings, and whether a header is put before the rest, since chance writes none. Held to:
//! no panic, and no failure but a refusal; loaded and rejected lines make up the lines read; no line has two fates; and
//! where the file is UTF-8, each loan id is in it.

#![no_main]

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use recoup::Error;
use recoup::parts::{Config, Expected, Imported, SCRATCH_RUN, Source, begin_scratch_run, import, open_scratch};
use rusqlite::Connection;

const SEPARATORS: [&str; 4] = [",", ";", "\t", "|"];
const HEADER: [&str; 7] =
    ["Loan_ID", "Outstanding_Loan_Amount", "Days_Past_Due", "Interest_Rate", "Age", "Opened", "Score"];

/// What all inputs share: making it costs more than an import.
struct Bench {
    connection: Connection,
    folder: tempfile::TempDir,
}

thread_local! {
    static BENCH: OnceCell<Bench> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((choice, rest)) = data.split_first() else { return };
    BENCH.with(|bench| {
        let bench = bench.get_or_init(|| Bench {
            connection: open_scratch().expect("a scratch database"),
            folder: tempfile::tempdir().expect("a temporary folder"),
        });
        bench.try_file(*choice, rest);
    });
});

impl Bench {
    fn path(&self) -> PathBuf {
        self.folder.path().join("book.csv")
    }

    fn try_file(&self, choice: u8, rest: &[u8]) {
        let header =
            if choice & 4 == 0 { HEADER.join(SEPARATORS[usize::from(choice & 3)]) + "\n" } else { String::new() };
        let bytes = [header.as_bytes(), rest].concat();
        std::fs::write(self.path(), &bytes).expect("room for the file");
        let config = Config::parse(&settings(choice)).expect("settings that hold");
        let source = Source::find(&self.path()).expect("the file");
        let transaction = self.connection.unchecked_transaction().expect("a transaction");
        begin_scratch_run(&transaction).expect("a run");
        let expected = Expected::default();
        match import(&transaction, SCRATCH_RUN, &source, &config, &expected, &|_| {}) {
            Ok(imported) => hold(&transaction, &imported, &bytes),
            Err(Error::Refused(refusal)) => assert!(!refusal.problems.is_empty(), "refused without a reason"),
            Err(error) => panic!("neither loaded nor refused: {error}"),
        }
    }
}

fn settings(choice: u8) -> String {
    let dates = if choice & 4 == 0 { "[import.dates]\nOpened = \"auto\"\n" } else { "" };
    let feature = "[[feature]]\nname = \"score\"\ncolumn = \"Score\"\nkind = \"number\"\n";
    let (is_open, encoding) =
        (choice & 8 != 0, ["auto", "utf-8", "utf-16le", "windows-1252"][usize::from(choice >> 6)]);
    format!(
        "[import]\nmax_rejected_percent = 100\naccept_open_end = {is_open}\nencoding = \"{encoding}\"\n{dates}{feature}"
    )
}

/// The lines that a query gives, each once.
fn lines(connection: &Connection, query: &str) -> BTreeSet<u64> {
    let mut statement = connection.prepare(query).expect("a query");
    let rows: Vec<u64> = statement
        .query_map([], |row| row.get::<_, i64>(0))
        .expect("rows")
        .map(|line| line.expect("a line") as u64)
        .collect();
    let lines: BTreeSet<u64> = rows.iter().copied().collect();
    assert_eq!(lines.len(), rows.len(), "a line has two fates: {query}");
    lines
}

fn hold(connection: &Connection, imported: &Imported, bytes: &[u8]) {
    let loaded = lines(connection, "select line from loan_snapshots");
    let rejected = lines(connection, "select distinct line from rejects where is_row_left_out");
    let skipped = lines(connection, "select line from skipped_lines");
    let all: BTreeSet<u64> = loaded.iter().chain(&rejected).chain(&skipped).copied().collect();
    assert_eq!(all.len(), loaded.len() + rejected.len() + skipped.len(), "a line has two fates");
    assert!(!all.contains(&imported.read.header_line), "the header is no loan");
    assert_eq!(imported.loans_loaded, loaded.len() as u64);
    assert_eq!(imported.rows_rejected, rejected.len() as u64);
    assert_eq!(imported.lines_skipped, skipped.len() as u64);
    assert_eq!(imported.lines_read, imported.loans_loaded + imported.rows_rejected);
    let ends = bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64;
    if imported.read.encoding != "UTF-8" {
        return;
    }
    assert!(all.last().is_none_or(|last| *last <= ends + 1), "a line beyond the last");
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut statement = connection.prepare("select loan_id from loan_register").expect("a query");
    for id in statement.query_map([], |row| row.get::<_, String>(0)).expect("rows") {
        let id = id.expect("an id");
        assert!(text.contains(&id) || text.contains(&id.replace('"', "\"\"")), "the id {id:?} is not in the file");
    }
}
