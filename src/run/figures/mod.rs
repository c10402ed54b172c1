//! The key figures of a run, stored as sums.
//!
//! They are stored with the run, so that they stay what its report shows, whatever a later version of the program computes or
//! a later erasure takes away, and when its loans go. Views, report, mail and terminal read them there.

use rusqlite::Connection;

use crate::error::Result;

const FIGURES: [&str; 5] = [
    include_str!("run.sql"),
    include_str!("segments.sql"),
    include_str!("strategies.sql"),
    include_str!("arrears.sql"),
    include_str!("movements.sql"),
];

/// Stores the figures of a run whose decisions are made. Part of the run's transaction.
pub(crate) fn store(connection: &Connection, run_id: i64) -> Result<()> {
    for query in FIGURES {
        connection.execute(query, [run_id])?;
    }
    Ok(())
}
