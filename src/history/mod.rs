//! What the weeks say together: why loans left the live book, which states they went through in a month, which fell behind and
//! caught up, what was paid, also by branch, officer and product, and how the loans of each month of disbursal do.
//!
//! The sums are stored with the run, since the loans of earlier weeks may go.

mod closed;
mod cures;
mod groups;
mod list;
mod remake;
mod renumber;
mod vintages;
mod weeks;

pub use closed::take_reasons;
pub use remake::{rebuild, restate};
pub use renumber::renumber;
pub use vintages::LEAST_FOR_A_POINT;
pub use weeks::lines;

use rusqlite::Connection;

use crate::chance::Chance;
use crate::config::Config;
use crate::error::Result;
use crate::risk::evaluate::interval::{Z_95, wilson_of};

/// A share of fewer loans has no interval: it would say nothing.
const LEAST_FOR_AN_INTERVAL: i64 = 20;

/// Stores what run `run_id` adds to the weeks before it, of which there may be none. Returns the number of loans that left.
pub fn store(connection: &Connection, run_id: i64, config: &Config, chance: &Chance) -> Result<u64> {
    let history = &config.history;
    connection.execute(include_str!("movements.sql"), [run_id])?;
    let exits = connection.execute(include_str!("exits.sql"), [run_id])?;
    connection.execute(include_str!("balance.sql"), (run_id, history.balance.basis()))?;
    connection.execute(include_str!("moves.sql"), [run_id])?;
    connection.execute(include_str!("transitions.sql"), [run_id])?;
    groups::store(connection, run_id, chance)?;
    connection.execute("drop table temp.month_moves", [])?;
    store_intervals(connection, run_id, chance)?;
    let weeks = (run_id, history.cure_days, history.probation_weeks, history.gap_weeks);
    connection.execute(include_str!("events.sql"), weeks)?;
    cures::store(connection, run_id, history, chance)?;
    vintages::store(connection, run_id, chance)?;
    Ok(exits as u64)
}

/// The intervals of the shares of what was there at the start of the month. Loans of one borrower move together, and large loans
/// weigh more in a balance, so that both count as fewer.
fn store_intervals(connection: &Connection, run_id: i64, chance: &Chance) -> Result<()> {
    let mut shares = connection.prepare(include_str!("shares.sql"))?;
    let mut update = connection.prepare(
        "update transition_sums
         set lower_95 = ?4, upper_95 = ?5, balance_lower_95 = ?6, balance_upper_95 = ?7
         where run_id = ?1 and state_from = ?2 and state_to = ?3",
    )?;
    let mut rows = shares.query((run_id, LEAST_FOR_AN_INTERVAL))?;
    while let Some(row) = rows.next()? {
        let (from, to): (String, String) = (row.get("state_from")?, row.get("state_to")?);
        let loans: f64 = row.get("loans_from")?;
        let of_loans = wilson_of(row.get("share_of_loans")?, loans * chance.independent_share(), Z_95);
        let of_balance = wilson_of(row.get("share_of_balance")?, row.get("independent_balances")?, Z_95);
        update.execute((run_id, from, to, of_loans.lower, of_loans.upper, of_balance.lower, of_balance.upper))?;
    }
    Ok(())
}
