//! `recoup backup`: a checked copy of the database, recorded in the database.
//!
//! Its path is recorded before the file exists, so that erasing a borrower reaches every copy, and removed again if the copy
//! fails. No copy is made during a run: exit code 4.

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
    pub run_id: i64,
    pub as_of: String,
}

impl Made {
    pub fn to_text(&self) -> String {
        format!(
            "Backup    {}, {} KiB, checked: run {}, as of {}\n\
             Restore   copy it over the database while no run is in progress, and delete any -wal or -journal file beside it",
            self.path.display(),
            grouped(self.bytes.div_ceil(1024)),
            self.run_id,
            self.as_of
        )
    }
}

pub fn backup(database: &Path, target: Option<&Path>, is_replacing: bool, now: DateTime<Utc>) -> Result<Made> {
    let (connection, _lock) = open(database, now)?;
    let latest = connection.query_row("select run_id, as_of_date from latest_run", [], |row| {
        Ok((row.get::<_, i64>("run_id")?, row.get::<_, String>("as_of_date")?))
    });
    let Some((run_id, as_of)) = latest.optional()? else {
        let path = database.display();
        return Err(Error::NotFound(format!("{path} has no complete run yet: there is nothing to back up")));
    };
    let target = target.map_or_else(|| beside(database, run_id, &as_of), Path::to_owned);
    check_target(database, &target, is_replacing)?;
    let folder = outputs::folder_of(&target);
    if !folder.is_dir() {
        return Err(Error::NotFound(format!(
            "the copy {} could not be made: the folder {} does not exist; create it, or name another with --out",
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

/// Removes a copy that no longer exists from the database's record of copies.
pub fn forget(database: &Path, copy: &Path, now: DateTime<Utc>) -> Result<()> {
    let (connection, _lock) = open(database, now)?;
    if copy.symlink_metadata().is_ok() {
        let path = copy.display();
        return Err(Error::Usage(format!("{path} exists: delete it first, or erasing a borrower will not reach it")));
    }
    let path = copies::absolute(copy)?;
    let forgotten = connection.execute("delete from backups where path = ?1", [copies::utf8(&path)?]);
    match forgotten.map_err(|error| Error::database(database, error))? {
        0 => Err(Error::NotFound(format!("no copy {} is recorded: `recoup doctor` lists them", copy.display()))),
        _ => Ok(()),
    }
}

fn open(database: &Path, now: DateTime<Utc>) -> Result<(Connection, RunLock)> {
    // First check that the database exists, so that no lock file is left without one.
    let connection = db::open_to_change(database)?;
    let who = format!("process {}, a backup, started {}", std::process::id(), timestamp(now));
    Ok((connection, RunLock::take(database, &who)?))
}

fn beside(database: &Path, run_id: i64, as_of: &str) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.map(|part| part.to_string_lossy().into_owned());
    let stem = part(database.file_stem()).unwrap_or_default();
    let extension = part(database.extension()).map_or_else(String::new, |extension| format!(".{extension}"));
    database.with_file_name(format!("{stem}-{as_of}-run-{run_id}{extension}"))
}

/// Only another copy of ours is ever replaced, and only on request.
fn check_target(database: &Path, target: &Path, is_replacing: bool) -> Result<()> {
    let Ok(facts) = target.symlink_metadata() else { return Ok(()) };
    let path = target.display();
    if !is_replacing {
        return Err(Error::Usage(format!(
            "{path} already exists: name another with --out, or replace it with --force"
        )));
    }
    if !facts.is_file() {
        return Err(Error::Usage(format!("{path} is not a regular file and was left alone: name another with --out")));
    }
    if std::fs::canonicalize(target).ok() == std::fs::canonicalize(database).ok() {
        return Err(Error::Usage(format!("{path} is the database itself: name another with --out")));
    }
    db::open_to_read(target)?;
    copies::fold_log(target)
}

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
