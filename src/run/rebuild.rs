//! The history of all runs made again from their loans, as `recoup history --rebuild` asks.

use std::path::Path;

use crate::config::Config;
use crate::error::{Error, Result};
use crate::{db, history};

/// Returns how many runs were made again: those whose loans, and those of the weeks before, are all still there.
///
/// # Errors
/// When the database is in use or cannot be written; it is then as before.
pub fn rebuild_history(database: &Path, config: &Config) -> Result<usize> {
    db::check_file(database)?;
    let _lock = db::RunLock::take(database, &format!("process {}, making history again", std::process::id()))?;
    let in_database = |error: Error| error.in_database(database);
    let mut connection = db::open_for_run(database, config.database.wait())?;
    let remade = (|| {
        let transaction = db::begin(&mut connection, database)?;
        db::create_views(&transaction)?;
        let remade = history::remake(&transaction, None, config)?;
        transaction.commit()?;
        Ok(remade.len())
    })();
    db::settle(&connection, config.database.wait());
    remade.map_err(in_database)
}
