//! All that a database holds, as lines that can be compared: without what says when, how fast, in which order of the
//! file's rows, and from which bytes.

use rusqlite::Connection;

use crate::workdir::{rows, texts};

/// Columns that differ from run to run by their nature: times, places in the file, and what the file's bytes are.
const LEFT_OUT: [&str; 12] = [
    "made_at",
    // Where a copy is, which is the folder of the test.
    "path",
    "started_at",
    "finished_at",
    "applied_on",
    "seconds",
    "line",
    // Numbered in the order of the file's rows.
    "reject_id",
    "input_sha256",
    "first_snapshot_id",
    "last_snapshot_id",
    "message",
];

/// Every table of the database, sorted. Loans are identified by their id and not by their number in the database, runs by their
/// place among the complete ones; runs that failed are left out.
pub fn dump(db: &Connection) -> Vec<String> {
    let tables = texts(db, "select name from sqlite_schema where type = 'table' order by name");
    tables.iter().flat_map(|table| table_lines(db, table)).collect()
}

/// The number of tables in a dump, so that a test can assert that it compared something.
pub fn tables(lines: &[String]) -> usize {
    let mut names: Vec<&str> = lines.iter().map(|line| line.split(' ').next().expect("a table's name")).collect();
    names.dedup();
    names.len()
}

fn table_lines(db: &Connection, table: &str) -> Vec<String> {
    let columns = texts(db, &format!("select name from pragma_table_info('{table}') order by cid"));
    let is_complete = "in (select run_id from runs where status = 'complete')";
    let mut values = Vec::new();
    for column in columns.iter().filter(|column| !LEFT_OUT.contains(&column.as_str())) {
        values.push(match column.as_str() {
            "snapshot_id" if table == "loan_snapshots" => continue,
            "position" if table == "run_stages" => continue,
            "loan_key" if table == "loan_register" => continue,
            "loan_key" => "(select loan_id from loan_register where loan_key = it.loan_key)".to_owned(),
            "snapshot_id" => "(select loan_id from loan_snapshots join loan_register using (loan_key)
                where snapshot_id = it.snapshot_id)"
                .to_owned(),
            "run_id" | "before_run_id" | "learnt_run_id" | "start_run_id" | "place" => {
                format!("(select count(*) from runs where run_id <= it.{column} and run_id {is_complete})")
            }
            _ => format!("hex({column})"),
        });
    }
    let mut query = format!("select {} from {table} as it", values.join(", "));
    if columns.iter().any(|column| column == "run_id") {
        query += &format!(" where run_id {is_complete}");
    }
    if table == "run_stages" {
        query += " and is_complete";
    }
    let mut lines: Vec<String> = rows(db, &query).into_iter().map(|row| format!("{table} {row}")).collect();
    lines.sort();
    lines
}
