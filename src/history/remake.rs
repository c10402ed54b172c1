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
use crate::progress::counted;

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

/// Reports named in a message, at most.
const MOST_NAMED: usize = 3;

/// The runs whose history was made again, in the order of their days.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Remade {
    pub run_ids: Vec<i64>,
    /// Others, of which loans are no longer there: their sums stay as they are.
    pub left: usize,
}

impl Remade {
    /// What a user has to know of it.
    pub fn in_words(&self) -> Option<String> {
        let made = (!self.run_ids.is_empty()).then(|| {
            let runs: Vec<String> =
                self.run_ids.iter().rev().map(|run| format!("`recoup report --run {run}`")).collect();
            let named = &runs[..runs.len().min(MOST_NAMED)];
            let and_so_on = if named.len() < runs.len() { " and so on" } else { "" };
            let (write, theirs) = if runs.len() == 1 { ("writes", "its report") } else { ("write", "their reports") };
            format!(
                "Made again the history of {}: {}{and_so_on} {write} {theirs} anew.",
                counted(runs.len() as u64, "run"),
                named.join(", ")
            )
        });
        let left = (self.left > 0).then(|| {
            let (stays, its) = if self.left == 1 { ("stays", "its") } else { ("stay", "their") };
            format!(
                "The sums of {} {stays} as before: some of {its} loans were erased or removed.",
                counted(self.left as u64, "run")
            )
        });
        let said: Vec<String> = made.into_iter().chain(left).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// Makes the history of all runs again, as `recoup history --rebuild` asks.
pub fn rebuild(database: &Path, config: &Config) -> Result<Remade> {
    db::change(database, "making history again", |connection| remake(connection, None, config))
}

/// Makes the history of every complete run again that describes a later day in the currency of run `after`, or of all runs.
fn remake(connection: &Connection, after: Option<i64>, config: &Config) -> Result<Remade> {
    let mut statement = connection.prepare(include_str!("remade_runs.sql"))?;
    let runs = statement.query_map([after], |row| Ok((row.get("run_id")?, row.get("can_be_made")?)))?;
    let runs: Vec<(i64, bool)> = runs.collect::<rusqlite::Result<_>>()?;
    let run_ids: Vec<i64> = runs.iter().filter(|(_, can_be_made)| *can_be_made).map(|(run_id, _)| *run_id).collect();
    for run_id in &run_ids {
        for table in TABLES {
            connection.execute(&format!("delete from {table} where run_id = ?1"), [run_id])?;
        }
    }
    for run_id in &run_ids {
        let chance = Chance::of_run(ShownRun { connection, run_id: *run_id })?;
        super::store(connection, *run_id, config, &chance)?;
    }
    Ok(Remade { left: runs.len() - run_ids.len(), run_ids })
}

/// As [`remake`], and marks the runs as restated at `now`.
pub fn restate(connection: &Connection, after: i64, config: &Config, now: &str) -> Result<Remade> {
    let remade = remake(connection, Some(after), config)?;
    for run_id in &remade.run_ids {
        connection.execute("update runs set restated_at = ?2 where run_id = ?1", (run_id, now))?;
    }
    Ok(remade)
}
