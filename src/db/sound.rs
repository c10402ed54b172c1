//! Checks that refuse a foreign, newer or damaged database unchanged. [`check_file`] reads the first bytes without SQLite,
//! which might roll back a journal or make files beside it; [`check_whole`] lets SQLite check every page, and the
//! references of what the next run builds on.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};

use super::beside;
use super::upgrade::{APPLICATION_ID, MIGRATED, newest_version};
use crate::error::{Error, Result};

const HEADER_BYTES: usize = 100;

/// Tables that get a row for each loan and week.
const GROWING: [&str; 3] = ["loan_snapshots", "decisions", "score_reasons"];

const LATEST: &str = "run_id = (select run_id from runs where status = 'complete' order by place desc limit 1)";

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

/// Refuses a database with a damaged page or a missing reference. Of the tables that grow by every loan and week, only the
/// references of the latest run are followed: `doctor` follows all.
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
    let mut tables =
        connection.prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")?;
    let tables = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>().map_err(failed)?;
    for table in &tables {
        let parent = if GROWING.contains(&table.as_str()) {
            orphan_of_latest_run(connection, table)
        } else {
            let orphan = "select parent from pragma_foreign_key_check(?1) limit 1";
            connection.query_row(orphan, [table], |row| row.get(0)).optional()
        };
        if let Some(parent) = parent.map_err(failed)? {
            return damaged(format!("a row of {table} refers to one of {parent} that is not there"));
        }
    }
    Ok(())
}

/// The table that a row of the latest run's loans refers to in vain.
fn orphan_of_latest_run(connection: &Connection, table: &str) -> rusqlite::Result<Option<String>> {
    let references = "select
            keys.\"table\" as parent,
            group_concat('parent.' || coalesce(keys.\"to\", ids.name) || ' = child.' || keys.\"from\", ' and ') as is_parent,
            group_concat('child.' || keys.\"from\" || ' is not null', ' and ') as is_given
        from pragma_foreign_key_list(?1) as keys
        left join pragma_table_info(keys.\"table\") as ids on ids.pk = keys.seq + 1
        group by keys.id";
    let mut references = connection.prepare(references)?;
    let mut rows = references.query([table])?;
    while let Some(row) = rows.next()? {
        let (parent, is_parent, is_given): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let orphan = format!(
            "select exists (
                 select 1
                 from {table} as child
                 where child.snapshot_id between (select first_snapshot_id from runs where {LATEST})
                         and (select last_snapshot_id from runs where {LATEST})
                     and {is_given}
                     and not exists (select 1 from {parent} as parent where {is_parent})
             )"
        );
        if connection.query_row(&orphan, [], |row| row.get(0))? {
            return Ok(Some(parent));
        }
    }
    Ok(None)
}
