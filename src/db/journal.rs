//! In which mode a database keeps what is being written: a log while a run is at work, so that readers go on; a rollback
//! journal, which is gone, at all other times, so that the one file is the whole database.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode};

use super::{open_for_run, sound};
use crate::error::{Error, Result};
use crate::progress::note;

/// A change of the journal waits no longer than this, since a run can go on without it.
const JOURNAL_WAIT: Duration = Duration::from_secs(2);

/// Changes the journal mode, which SQLite does only while nobody else has the file open in a transaction; gives whether it
/// was done within `wait`, two seconds at most. SQLite itself does not wait for this.
///
/// # Errors
/// Those of the database but for its being in use.
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

/// Folds the log back into the file and leaves WAL mode, so that one file is the whole database. Where a reader holds the
/// log, it stays, and the next run folds it.
pub fn settle(connection: &Connection, wait: Duration) {
    // Neither is a fault: SQLite reads the log as part of the database for as long as it is there.
    match switch_journal(connection, "delete", wait) {
        Ok(true) => {}
        Ok(false) => note("another program is reading the database; its -wal file stays until the next run"),
        Err(error) => note(&format!("the database's -wal file stays until the next run ({error})")),
    }
}

/// Settles what a killed run left of its journals; a database that is settled, or that somebody is at work on, is not
/// touched.
pub fn tidy(path: &Path, wait: Duration) -> Result<()> {
    if sound::is_settled(path) {
        return Ok(());
    }
    match open_for_run(path, wait) {
        Err(Error::Busy { .. }) => Ok(()),
        opened => opened.map(|connection| settle(&connection, wait)),
    }
}
