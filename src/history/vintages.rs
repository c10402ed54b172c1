//! How the loans of each month of disbursal do, month by month on the book.
//!
//! What a loan reached first is kept by loan, so that a run reads its own loans and no earlier ones. Each run adds one point a
//! month of disbursal, which stays when the loans go.

use rusqlite::Connection;

use crate::chance::Chance;
use crate::error::Result;
use crate::risk::evaluate::interval::{Z_95, wilson_of};

/// Fewer loans are no point of a curve.
pub const LEAST_FOR_A_POINT: i64 = 30;

pub fn store(connection: &Connection, run_id: i64, chance: &Chance) -> Result<()> {
    connection.execute(include_str!("vintage_entries.sql"), [run_id])?;
    connection.execute(include_str!("vintage_events.sql"), [run_id])?;
    connection.execute(include_str!("vintage_sums.sql"), (run_id, LEAST_FOR_A_POINT))?;
    store_intervals(connection, run_id, chance)
}

fn store_intervals(connection: &Connection, run_id: i64, chance: &Chance) -> Result<()> {
    let mut sums = connection.prepare(
        "select vintage, loans, ever30, ever90, lost
         from vintage_sums
         where run_id = ?1 and loans >= ?2
         order by vintage",
    )?;
    let mut update = connection.prepare(
        "update vintage_sums
         set ever30_lower_95 = ?3, ever30_upper_95 = ?4, ever90_lower_95 = ?5, ever90_upper_95 = ?6,
             lost_lower_95 = ?7, lost_upper_95 = ?8
         where run_id = ?1 and vintage = ?2",
    )?;
    let rows = sums.query_map((run_id, LEAST_FOR_A_POINT), |row| {
        let counts: [f64; 3] = [row.get("ever30")?, row.get("ever90")?, row.get("lost")?];
        Ok((row.get::<_, String>("vintage")?, row.get::<_, f64>("loans")?, counts))
    })?;
    for (vintage, loans, counts) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let independent = loans * chance.independent_share();
        let [ever30, ever90, lost] = counts.map(|count| wilson_of(count / loans, independent, Z_95));
        update.execute((
            run_id,
            vintage,
            ever30.lower,
            ever30.upper,
            ever90.lower,
            ever90.upper,
            lost.lower,
            lost.upper,
        ))?;
    }
    Ok(())
}
