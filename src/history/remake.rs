//! The history of runs made again, after an earlier week was corrected or when asked for.
//!
//! Only a run whose loans, and those of the weeks that it is measured from, are all still there can be made again; of others the
//! stored sums stay.

use std::path::Path;

use rusqlite::Connection;

use crate::chance::Chance;
use crate::config::Config;
use crate::db::{self, ShownRun};
use crate::error::Result;

const TABLES: [&str; 9] = [
    "movement_summaries",
    "exits",
    "transition_sums",
    "group_summaries",
    "balance_checks",
    "arrears_events",
    "cure_sums",
    "vintage_events",
    "vintage_sums",
];

/// Makes the history of all runs again, as `recoup history --rebuild` asks. Returns how many there were.
pub fn rebuild(database: &Path, config: &Config) -> Result<usize> {
    db::change(database, "making history again", |connection| Ok(remake(connection, None, config)?.len()))
}

/// Makes the history of every complete run again that comes after run `after` and describes a later day in its currency, or of
/// all runs. Returns their numbers, in the order in which the runs follow each other.
fn remake(connection: &Connection, after: Option<i64>, config: &Config) -> Result<Vec<i64>> {
    let mut statement = connection.prepare(include_str!("remade_runs.sql"))?;
    let run_ids: Vec<i64> = statement.query_map([after], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for run_id in &run_ids {
        for table in TABLES {
            connection.execute(&format!("delete from {table} where run_id = ?1"), [run_id])?;
        }
    }
    for run_id in &run_ids {
        let chance = Chance::of_run(ShownRun { connection, run_id: *run_id })?;
        super::store(connection, *run_id, config, &chance)?;
    }
    Ok(run_ids)
}

/// As [`remake`], and marks the runs as restated at `now`.
pub fn restate(connection: &Connection, after: i64, config: &Config, now: &str) -> Result<Vec<i64>> {
    let run_ids = remake(connection, Some(after), config)?;
    for run_id in &run_ids {
        connection.execute("update runs set restated_at = ?2 where run_id = ?1", (run_id, now))?;
    }
    Ok(run_ids)
}
