//! Checks that refuse a foreign, newer or damaged database unchanged. [`check_file`] reads the first bytes without SQLite,
//! which might roll back a journal or make files beside it; [`check_whole`] lets SQLite check every page and reference, in
//! 0.03 s for a book of 100,000 loans (27 MB).

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::beside;
use super::upgrade::{APPLICATION_ID, MIGRATED, newest_version};
use crate::error::{Error, Result};

const HEADER_BYTES: usize = 100;

/// Refuses a path that is not a plain file: it could not be opened, or would block, or only SQLite takes it for a database.
///
/// # Errors
/// [`Error::Usage`].
pub fn check_plain(path: &Path) -> Result<()> {
    let name = path.to_string_lossy();
    let what = match path.metadata() {
        _ if name.is_empty() => "is no name",
        _ if name.starts_with(":memory:") => "is gone when the command ends",
        _ if name.starts_with("file:") => "is a URI",
        Ok(facts) if facts.is_dir() => "is a folder",
        Ok(facts) if !facts.is_file() => "is a device, a pipe or a socket",
        _ => return Ok(()),
    };
    Err(Error::Usage(format!(
        "--db {name:?} {what}: name a plain file, such as --db recoup.db, which a run makes where there is none"
    )))
}

/// Refuses a file of another program or a later version by its first bytes; a missing or empty one is allowed.
///
/// # Errors
/// [`Error::Usage`] for a path that is not a plain file; [`Error::NotOurs`], [`Error::Newer`], or [`Error::Io`] when it cannot be read.
pub fn check_file(path: &Path) -> Result<()> {
    check_plain(path)?;
    let header = read_header(path).map_err(|error| Error::io("read the database", path, error))?;
    if header.is_empty() {
        return Ok(());
    }
    if header.len() < HEADER_BYTES || !header.starts_with(b"SQLite format 3\0") {
        return Err(Error::NotOurs(path.to_owned()));
    }
    let number = |at: usize| i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (user_version, application_id) = (number(60), number(68));
    if application_id != APPLICATION_ID {
        return Err(Error::NotOurs(path.to_owned()));
    }
    if user_version > newest_version() {
        return Err(Error::Newer(path.to_owned()));
    }
    Ok(())
}

fn read_header(path: &Path) -> io::Result<Vec<u8>> {
    let mut header = Vec::with_capacity(HEADER_BYTES);
    match File::open(path) {
        Ok(file) => file.take(HEADER_BYTES as u64).read_to_end(&mut header).map(|_| header),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(header),
        Err(error) => Err(error),
    }
}

/// Whether the file alone is the database, in the journal mode that a run leaves.
pub fn is_settled(path: &Path) -> bool {
    const IN_WAL_MODE: u8 = 2;
    let has_log = ["-wal", "-journal"].iter().any(|ending| beside(path, ending).exists());
    !has_log && read_header(path).is_ok_and(|header| header.get(18) != Some(&IN_WAL_MODE))
}

/// Keeps an existing log unchanged until [`release`]: closing the last connection would otherwise fold it into a file that was
/// refused.
pub fn hold(connection: &Connection, path: &Path) -> Result<()> {
    let has_log = beside(path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    Ok(())
}

pub fn release(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Refuses a database of a later version or another program, including changes still in its log.
///
/// # Errors
/// [`Error::NotOurs`] and [`Error::Newer`].
pub fn check_version(connection: &Connection, path: &Path) -> Result<()> {
    let query = "select application_id, user_version, exists (select 1 from sqlite_schema)
        from pragma_application_id, pragma_user_version";
    let marks = connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let (application_id, user_version, has_tables): (i32, i32, bool) =
        marks.map_err(|error| Error::database(path, error))?;
    if has_tables && application_id != APPLICATION_ID {
        return Err(Error::NotOurs(path.to_owned()));
    }
    let applied = if connection.table_exists(None, MIGRATED)? {
        let newest = "select coalesce(max(version), 0) from refinery_schema_history";
        connection.query_row(newest, [], |row| row.get(0))?
    } else {
        0
    };
    if user_version.max(applied) > newest_version() { Err(Error::Newer(path.to_owned())) } else { Ok(()) }
}

/// Refuses a database with a damaged page or a missing reference.
///
/// # Errors
/// [`Error::Damaged`] with the first finding.
pub fn check_whole(connection: &Connection, path: &Path) -> Result<()> {
    let damaged = |finding| Err(Error::Damaged { path: path.to_owned(), finding });
    let failed = |error| Error::database(path, error);
    let finding: String = connection.query_row("pragma quick_check(1)", [], |row| row.get(0)).map_err(failed)?;
    if finding != "ok" {
        return damaged(finding.lines().collect::<Vec<_>>().join(" "));
    }
    let mut orphans = connection.prepare("select \"table\", parent from pragma_foreign_key_check limit 1")?;
    let mut rows = orphans.query([])?;
    match rows.next().map_err(failed)? {
        None => Ok(()),
        Some(row) => {
            let (table, parent): (String, String) = (row.get("table")?, row.get("parent")?);
            damaged(format!("a row of {table} refers to one of {parent} that is not there"))
        }
    }
}
