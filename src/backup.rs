//! `recoup backup`: a copy of the database that can be relied on, and that the database knows of.
//!
//! Its path is noted before the file is there, so that no copy is ever made that erasing a borrower does not reach; what is
//! noted is withdrawn again when the copy fails. While a run is at work there is no copy: exit code 4.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::db::copies::{self, Copy};
use crate::db::{self, RunLock};
use crate::error::{Error, Result};
use crate::outputs;
use crate::progress::grouped;
use crate::run::timestamp;

#[derive(Debug)]
pub struct Made {
    pub path: PathBuf,
    pub bytes: u64,
    /// The latest complete run in it, and the day that it describes.
    pub run_id: i64,
    pub as_of: String,
}

impl Made {
    pub fn to_text(&self) -> String {
        format!(
            "Backup    {}, {} KiB, checked: run {}, as of {}\n\
             Restore   copy it over the database while no run is at work, and remove a -wal or -journal beside that",
            self.path.display(),
            grouped(self.bytes.div_ceil(1024)),
            self.run_id,
            self.as_of
        )
    }
}

/// Copies a database to `target`, or beside itself under a name with the day and the number of the latest run.
///
/// # Errors
/// [`Error::Busy`] while a run is at work; [`Error::Usage`] when the target is there already and not to be replaced;
/// [`Error::Copy`] when it cannot be made.
pub fn backup(database: &Path, target: Option<&Path>, is_replacing: bool, now: DateTime<Utc>) -> Result<Made> {
    let (connection, _lock) = open(database, now)?;
    let latest = connection.query_row("select run_id, as_of_date from latest_run", [], |row| {
        Ok((row.get::<_, i64>("run_id")?, row.get::<_, String>("as_of_date")?))
    });
    let Some((run_id, as_of)) = latest.optional()? else {
        return Err(Error::NotFound(format!(
            "{} holds no complete run yet: there is nothing to keep",
            database.display()
        )));
    };
    let target = target.map_or_else(|| beside(database, run_id, &as_of), Path::to_owned);
    check_target(database, &target, is_replacing)?;
    let folder = outputs::folder_of(&target);
    if !folder.is_dir() {
        return Err(Error::NotFound(format!(
            "the copy {} could not be made: the folder {} is not there; make it, or name another with --out",
            target.display(),
            folder.display()
        )));
    }
    let path = copies::absolute(&target)?;
    let noted = copies::utf8(&path)?;
    copies::sweep(folder).map_err(|error| Error::Copy { path: target.clone(), cause: error.to_string() })?;
    let is_new = note(&connection, database, noted, run_id, now)?;
    match Copy::make(&connection, &target).and_then(|copy| copy.publish(is_replacing)) {
        Ok(bytes) => Ok(Made { path: target, bytes, run_id, as_of }),
        Err(error) => {
            if is_new {
                connection.execute("delete from backups where path = ?1", [noted])?;
            }
            Err(error)
        }
    }
}

/// Strikes a copy that is no more from what the database knows of.
///
/// # Errors
/// [`Error::NotFound`] when no such copy is known; [`Error::Usage`] while it is there.
pub fn forget(database: &Path, copy: &Path, now: DateTime<Utc>) -> Result<()> {
    let (connection, _lock) = open(database, now)?;
    if copy.symlink_metadata().is_ok() {
        let path = copy.display();
        return Err(Error::Usage(format!(
            "{path} is there: remove it first, or else nothing erases a borrower from it"
        )));
    }
    let path = copies::absolute(copy)?;
    let forgotten = connection.execute("delete from backups where path = ?1", [copies::utf8(&path)?]);
    match forgotten.map_err(|error| Error::database(database, error))? {
        0 => Err(Error::NotFound(format!("no copy {} is known: `recoup doctor` lists them", copy.display()))),
        _ => Ok(()),
    }
}

fn open(database: &Path, now: DateTime<Utc>) -> Result<(Connection, RunLock)> {
    // First whether there is a database at all: a lock beside none would only be left over.
    let connection = db::open_to_change(database)?;
    let who = format!("process {}, a backup, started {}", std::process::id(), timestamp(now));
    Ok((connection, RunLock::take(database, &who)?))
}

/// `recoup-2026-03-31-run-7.db` for `recoup.db`.
fn beside(database: &Path, run_id: i64, as_of: &str) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let stem = part(database.file_stem()).unwrap_or_default();
    let extension = part(database.extension()).map_or_else(String::new, |extension| format!(".{extension}"));
    database.with_file_name(format!("{stem}-{as_of}-run-{run_id}{extension}"))
}

/// Nothing but another copy of ours is ever replaced, and that only where it is asked for.
fn check_target(database: &Path, target: &Path, is_replacing: bool) -> Result<()> {
    let Ok(facts) = target.symlink_metadata() else { return Ok(()) };
    let path = target.display();
    if !is_replacing {
        return Err(Error::Usage(format!(
            "{path} is there already: name another with --out, or replace it with --force"
        )));
    }
    if !facts.is_file() {
        return Err(Error::Usage(format!("{path} is no plain file and was not touched: name another with --out")));
    }
    if std::fs::canonicalize(target).ok() == std::fs::canonicalize(database).ok() {
        return Err(Error::Usage(format!("{path} is the database itself: name another with --out")));
    }
    db::open_to_read(target)?;
    copies::fold_log(target)
}

/// Notes the path of a copy; gives whether it was not known before.
fn note(connection: &Connection, database: &Path, path: &str, run_id: i64, now: DateTime<Utc>) -> Result<bool> {
    let known = connection
        .query_row("select backup_id from backups where path = ?1", [path], |row| row.get::<_, i64>(0))
        .optional()?;
    connection
        .execute(
            "insert into backups (path, reason, run_id, made_at)
             values (?1, 'asked for', ?2, ?3)
             on conflict (path) do update set reason = excluded.reason, run_id = ?2, made_at = ?3",
            (path, run_id, timestamp(now)),
        )
        .map_err(|error| Error::database(database, error))?;
    Ok(known.is_none())
}
