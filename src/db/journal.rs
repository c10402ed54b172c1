//! The journal mode: WAL during a run, so that readers go on; otherwise a rollback journal, so that the one file is the whole
//! database.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::{open_for_run, sound};
use crate::error::{Error, Result};
use crate::progress::note;

/// A run can go on without the change, so it waits no longer.
const JOURNAL_WAIT: Duration = Duration::from_secs(2);

/// Returns whether the mode was changed within `wait`, two seconds at most. SQLite can change it only while no other process is
/// in a transaction, and does not wait itself.
pub fn switch_journal(connection: &Connection, mode: &str, wait: Duration) -> Result<bool> {
    let (started, wait) = (Instant::now(), wait.min(JOURNAL_WAIT));
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", mode, |row| row.get::<_, String>(0)) {
            Ok(now) if now == mode => return Ok(true),
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => return Err(error.into()),
            _ if started.elapsed() > wait => return Ok(false),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Folds the log into the file and leaves WAL mode; if a reader holds the log, the next run does it.
pub fn settle(connection: &Connection, wait: Duration) {
    // A remaining log is no error: SQLite reads it as part of the database.
    match switch_journal(connection, "delete", wait) {
        Ok(true) => {}
        Ok(false) => note("another program is reading the database; its -wal file stays until the next run"),
        Err(error) => note(&format!("the database's -wal file stays until the next run ({error})")),
    }
}

/// Settles the journals of a killed run. A settled or busy database is left unchanged.
pub fn tidy(path: &Path, wait: Duration) -> Result<()> {
    if sound::is_settled(path) {
        return Ok(());
    }
    match open_for_run(path, wait) {
        Err(Error::Busy { .. }) => Ok(()),
        opened => opened.map(|connection| settle(&connection, wait)),
    }
}
