//! One copy of the book for as long as a report is made.
//!
//! The public views join half a dozen tables for each loan, and a report asks them a dozen times. So the joined rows are
//! copied once into the connection's temporary schema, where SQLite looks for a name first, under the name of the view
//! they come from; the public views are created over the copy. The very queries that the report shows then run unchanged.
//! All of it happens in a savepoint that is rolled back: the connection is left as it was found, and the file unwritten.

use rusqlite::Connection;

use crate::db;
use crate::error::Result;

/// The view that is copied: one row a loan.
const JOINED: &str = "int_loans_decided";

/// Copied too: which loans moved since the run before, for which every loan of both is looked up.
const MOVED: &str = "loan_movements";

/// The public views that read them, each after those it reads.
const OVER_THE_COPY: [&str; 10] = [
    "loans",
    "risk_scores",
    "worklist",
    "segment_summary",
    "strategy_summary",
    "portfolio",
    "arrears_summary",
    "alert_loans",
    "alerts",
    "portfolio_changes",
];

/// Runs `work` on the connection while the public views read the copy.
///
/// # Errors
/// Those of the database, and those of `work`.
pub fn with_copy<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    // A copy of up to 32 MiB stays in memory; beyond that SQLite keeps the rest in a file that nobody sees.
    connection.execute_batch("pragma temp.cache_size = -32768; savepoint report")?;
    let result = copy(connection).and_then(|()| work(connection));
    connection.execute_batch("rollback to report; release report")?;
    result
}

fn copy(connection: &Connection) -> Result<()> {
    // The columns that no figure reads stay null: they are there because the views name them.
    connection.execute_batch(include_str!("queries/copy.sql"))?;
    for name in OVER_THE_COPY.iter().rev() {
        connection.execute_batch(&format!("drop view if exists temp.{name}"))?;
    }
    for (copied, name) in [("report_book", JOINED), ("report_movements", MOVED)] {
        connection.execute_batch(&format!("drop view if exists temp.{name}; alter table {copied} rename to {name}"))?;
    }
    for (_, definition) in db::VIEWS.iter().filter(|(name, _)| OVER_THE_COPY.contains(name)) {
        connection.execute_batch(&definition.replacen("create view", "create temp view", 1))?;
    }
    Ok(())
}
