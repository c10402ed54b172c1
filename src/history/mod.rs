//! What the weeks say together: why loans left the live book, and from which state to which loans went in a month.
//!
//! The sums are stored with the run, since the loans of earlier weeks may go.

use rusqlite::Connection;

use crate::chance::Chance;
use crate::error::Result;
use crate::risk::evaluate::interval::{Z_95, wilson_of};

/// A share of fewer loans has no interval: it would say nothing.
const LEAST_FOR_AN_INTERVAL: i64 = 20;

/// Stores the exits since the run before and the movements of the month up to the run; without earlier runs there are none.
pub fn store(connection: &Connection, run_id: i64, chance: &Chance) -> Result<u64> {
    let exits = connection.execute(include_str!("exits.sql"), [run_id])?;
    connection.execute(include_str!("transitions.sql"), [run_id])?;
    store_intervals(connection, run_id, chance)?;
    Ok(exits as u64)
}

/// The intervals of the shares of the loans that were there at the start of the month. Loans of one borrower move together, so
/// that they count as fewer.
fn store_intervals(connection: &Connection, run_id: i64, chance: &Chance) -> Result<()> {
    let mut shares = connection.prepare(
        "select position_from, state_from, state_to, loans, loans_from
         from (
             select
                 states.position as position_from, sums.state_from, sums.state_to, sums.loans,
                 sum(sums.loans) over (partition by sums.state_from) as loans_from
             from transition_sums as sums
             join loan_states as states on states.state = sums.state_from
             where sums.run_id = ?1
         )
         where position_from >= 0 and loans_from >= ?2",
    )?;
    let mut update = connection.prepare(
        "update transition_sums set lower_95 = ?4, upper_95 = ?5
         where run_id = ?1 and state_from = ?2 and state_to = ?3",
    )?;
    let mut rows = shares.query((run_id, LEAST_FOR_AN_INTERVAL))?;
    while let Some(row) = rows.next()? {
        let (from, to): (String, String) = (row.get("state_from")?, row.get("state_to")?);
        let (loans, of): (f64, f64) = (row.get("loans")?, row.get("loans_from")?);
        let interval = wilson_of(loans / of, of * chance.independent_share(), Z_95);
        update.execute((run_id, from, to, interval.lower, interval.upper))?;
    }
    Ok(())
}
