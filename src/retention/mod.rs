//! How long loans are kept, and what stays of a run without them.
//!
//! At its end, every run leaves its key figures in `run_summaries`, `segment_summaries` and `strategy_summaries`, from the
//! very views that the report reads. They are stored then, and not when the loans go, so that they are the figures that
//! the report of that day shows, whatever a later version of the program computes or a later erasure takes away. It costs
//! one more pass over the book. Runs of earlier versions get theirs with the first run after.
//!
//! Where `[retention] weeks` says so, the loans of runs that describe an older day are then removed, with all that hangs on
//! them and with the rejected lines, whose values may be personal. The run's row, figures, rules, models and measures stay.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use rusqlite::Connection;

use crate::db;
use crate::error::Result;
use crate::run::timestamp;

/// Keeps the figures of the run that the views show, then removes the loans of the runs that are too old by its day; gives
/// how many runs these are. Part of the run's transaction.
///
/// # Errors
/// Those of the database.
pub fn keep(connection: &Connection, run_id: i64, as_of: NaiveDate, weeks: u32, now: DateTime<Utc>) -> Result<usize> {
    store_figures(connection)?;
    for earlier in run_ids(connection, include_str!("without_summary.sql"), [run_id])? {
        db::show_run(connection, earlier)?;
        store_figures(connection)?;
        db::show_latest(connection)?;
    }
    let Some(first_kept) = first_day_kept(as_of, weeks) else { return Ok(0) };
    let outlived = run_ids(connection, include_str!("outlived.sql"), (first_kept.to_string(), run_id))?;
    for earlier in &outlived {
        remove_loans(connection, *earlier, now)?;
    }
    Ok(outlived.len())
}

/// The first day whose loans are kept; none where all are.
fn first_day_kept(as_of: NaiveDate, weeks: u32) -> Option<NaiveDate> {
    if weeks == 0 {
        return None;
    }
    as_of.checked_sub_signed(TimeDelta::weeks(i64::from(weeks)))
}

fn store_figures(connection: &Connection) -> Result<()> {
    connection.execute(include_str!("store_run.sql"), [])?;
    connection.execute(include_str!("store_segments.sql"), [])?;
    connection.execute(include_str!("store_strategies.sql"), [])?;
    Ok(())
}

fn run_ids(connection: &Connection, query: &str, parameters: impl rusqlite::Params) -> Result<Vec<i64>> {
    let mut statement = connection.prepare(query)?;
    let ids = statement.query_map(parameters, |row| row.get("run_id"))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// What was decided about a loan goes with it, by its foreign keys.
fn remove_loans(connection: &Connection, run_id: i64, now: DateTime<Utc>) -> Result<()> {
    connection.execute("delete from loan_snapshots where run_id = ?1", [run_id])?;
    connection.execute("delete from rejects where run_id = ?1", [run_id])?;
    connection.execute("delete from skipped_lines where run_id = ?1", [run_id])?;
    connection.execute(include_str!("mark_removed.sql"), (run_id, timestamp(now)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_as_old_as_the_weeks_say_is_kept_and_a_day_older_is_not() {
        let as_of = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        assert_eq!(first_day_kept(as_of, 2), NaiveDate::from_ymd_opt(2026, 3, 17));
        assert_eq!(first_day_kept(as_of, 0), None);
    }
}
