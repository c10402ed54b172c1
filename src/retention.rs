//! The retention of loans: with `[retention] weeks`, a run removes the loans of runs for older days, with everything that
//! depends on them and the rejected lines, whose values may be personal. The run's row, figures, rules, models and metrics stay;
//! so does what loans reached by their month of disbursal, which no longer says whose it is. The run that the new one is
//! compared with stays until the next, since the report follows its loans.

use chrono::{NaiveDate, TimeDelta};
use rusqlite::Connection;

use crate::error::Result;
use crate::register;

/// What became of the loans that fell behind in a month is known by then: caught up within 12 weeks, not late again for 12 and for
/// another 26, which are 54 weeks from the first of the month; and there is a file before.
const WEEKS_UNTIL_KNOWN: u32 = 56;

/// What the weeks after a late loan cannot say when loans go so soon. The setting is obeyed, since it may be a duty.
pub fn what_is_lost(weeks: u32) -> Option<String> {
    let is_too_soon = (1..WEEKS_UNTIL_KNOWN).contains(&weeks);
    is_too_soon.then(|| {
        format!(
            "[retention] weeks = {weeks} removes loans before it is known what became of them: loans that leave the book are then \
             missing among the cures. {WEEKS_UNTIL_KNOWN} weeks keep what these need"
        )
    })
}

pub fn remove_old_loans(
    connection: &Connection,
    run_id: i64,
    as_of: NaiveDate,
    weeks: u32,
    now: &str,
) -> Result<usize> {
    let Some(first_kept) = first_day_kept(as_of, weeks) else { return Ok(0) };
    let query = "select run_id
        from runs
        where status in ('complete', 'replaced') and loans_removed_at is null and as_of_date < ?1 and run_id <> ?2
            and run_id is not (select compared_run_id from compared_runs where run_id = ?2)
        order by run_id";
    let mut statement = connection.prepare(query)?;
    let ids = statement.query_map((first_kept.to_string(), run_id), |row| row.get("run_id"))?;
    let outlived: Vec<i64> = ids.collect::<rusqlite::Result<_>>()?;
    for earlier in &outlived {
        remove_loans(connection, *earlier, now)?;
    }
    if !outlived.is_empty() {
        register::remove_unused(connection)?;
    }
    Ok(outlived.len())
}

fn first_day_kept(as_of: NaiveDate, weeks: u32) -> Option<NaiveDate> {
    if weeks == 0 {
        return None;
    }
    as_of.checked_sub_signed(TimeDelta::weeks(i64::from(weeks)))
}

/// Decisions go with their loan, by its foreign keys.
fn remove_loans(connection: &Connection, run_id: i64, now: &str) -> Result<()> {
    let snapshots = "delete from loan_snapshots
        where snapshot_id between (select first_snapshot_id from runs where run_id = ?1)
            and (select last_snapshot_id from runs where run_id = ?1)";
    connection.execute(snapshots, [run_id])?;
    connection.execute("delete from rejects where run_id = ?1", [run_id])?;
    connection.execute("delete from skipped_lines where run_id = ?1", [run_id])?;
    let mark = "update runs
        set loans_removed_at = ?2, first_snapshot_id = null, last_snapshot_id = null
        where run_id = ?1";
    connection.execute(mark, (run_id, now))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_a_year_is_said_to_be_too_short() {
        assert_eq!([0, 56, 5_200].map(what_is_lost), [None, None, None]);
        assert!(what_is_lost(55).unwrap().contains("weeks = 55 removes loans before it is known"));
    }

    #[test]
    fn a_run_as_old_as_the_weeks_say_is_kept_and_a_day_older_is_not() {
        let as_of = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        assert_eq!(first_day_kept(as_of, 2), NaiveDate::from_ymd_opt(2026, 3, 17));
        assert_eq!(first_day_kept(as_of, 0), None);
    }
}
