//! Copies of the database by `vacuum into` a private file beside the target: one state, one file, no free pages and so nothing
//! deleted, while others may read. A copy is checked, synced and renamed, which replaces a symbolic link. The table `backups`
//! has the path of every copy, so that erasing a borrower reaches it.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::journal::switch_journal;
use super::{LOCK_WAIT, beside};
use crate::error::{Error, Result};
use crate::outputs::{folder_of, sync_folder};
use crate::progress::note;

pub const TEMPORARY_PREFIX: &str = ".recoup-copy-";

/// In the name of a copy, before the version of the upgrade.
const BEFORE: &str = ".before-v";

/// Copies before the same version, at most.
const MOST_COPIES: u32 = 99;

/// A copy that is not published yet; dropping it deletes it.
#[derive(Debug)]
pub struct Copy {
    file: NamedTempFile,
    target: PathBuf,
}

impl Copy {
    /// Copies the database of a connection, which is in no transaction, to a file beside `target`.
    ///
    /// # Errors
    /// [`Error::Copy`] when it cannot be written; [`Error::Busy`] while another process writes.
    pub fn make(connection: &Connection, target: &Path) -> Result<Self> {
        let failed = |cause: String| Error::Copy { path: target.to_owned(), cause };
        let folder = folder_of(target);
        // Only its owner can read a temporary file, and SQLite treats an empty file as a new database.
        let file = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder);
        // Only the kind of the error: its text would name the temporary file.
        let file = file.map_err(|error| failed(error.kind().to_string()))?;
        // Marks it as in use while it is open. On other systems SQLite could not write to a locked file.
        #[cfg(unix)]
        let _ = file.as_file().lock_shared();
        let path = utf8(file.path())?;
        match connection.execute("vacuum into ?1", [path]) {
            Ok(_) => Ok(Self { file, target: target.to_owned() }),
            Err(error) => match Error::database(target, error) {
                busy @ Error::Busy { .. } => Err(busy),
                Error::NotWritable { problem, .. } => Err(failed(problem)),
                other => Err(failed(other.to_string())),
            },
        }
    }

    /// A connection to change the copy before it is published.
    pub fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.file.path(), flags)?;
        // A half-changed temporary file is deleted, so a journal beside it would only be left over.
        connection.pragma_update(None, "journal_mode", "memory")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        Ok(connection)
    }

    /// Whether an existing file, not a link, has the same bytes.
    fn is_the_same_as(&self, path: &Path) -> bool {
        let is_file = path.symlink_metadata().is_ok_and(|facts| facts.is_file());
        let same = || -> std::io::Result<bool> {
            let mut ours = BufReader::new(File::open(self.file.path())?);
            let mut theirs = BufReader::new(File::open(path)?);
            loop {
                let (our, their) = (ours.fill_buf()?, theirs.fill_buf()?);
                let length = our.len().min(their.len());
                if our[..length] != their[..length] || our.is_empty() != their.is_empty() {
                    return Ok(false);
                }
                if length == 0 {
                    return Ok(true);
                }
                ours.consume(length);
                theirs.consume(length);
            }
        };
        is_file && same().unwrap_or(false)
    }

    fn with_target(self, target: &Path) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    /// Checks the copy, moves it to its target, and returns its size in bytes.
    ///
    /// # Errors
    /// [`Error::Copy`] when it is not sound, or the target exists and must not be replaced.
    pub fn publish(self, is_replacing: bool) -> Result<u64> {
        let failed = |cause: String| Error::Copy { path: self.target.clone(), cause };
        let reader = Connection::open_with_flags(self.file.path(), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        if let Some(problem) = first_problem(&reader)? {
            return Err(failed(format!("it is not sound ({problem})")));
        }
        drop(reader);
        let written = |error: std::io::Error| failed(error.kind().to_string());
        self.file.as_file().sync_all().map_err(written)?;
        let bytes = self.file.as_file().metadata().map_err(written)?.len();
        let placed =
            if is_replacing { self.file.persist(&self.target) } else { self.file.persist_noclobber(&self.target) };
        placed.map_err(|error| Error::Copy { path: self.target.clone(), cause: error.error.kind().to_string() })?;
        // The file is on disk; at worst its name follows later.
        let _ = sync_folder(folder_of(&self.target));
        Ok(bytes)
    }
}

/// Fails where the database is too damaged to be checked.
pub fn first_problem(connection: &Connection) -> Result<Option<String>> {
    let integrity: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if integrity != "ok" {
        return Ok(Some(integrity));
    }
    let loose: i64 = connection.query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get(0))?;
    Ok((loose > 0).then(|| format!("{loose} rows refer to rows that are not there")))
}

/// A path as the database can store it.
///
/// # Errors
/// [`Error::Usage`] for a path that is not UTF-8.
pub fn utf8(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::Usage(format!("{}: a path in UTF-8 is needed here", path.display())))
}

/// Removes unfinished copies that killed processes left in a folder; those in use stay.
pub fn sweep(folder: &Path) -> Result<()> {
    for path in with_names(folder, |name| name.starts_with(TEMPORARY_PREFIX))? {
        let is_at_work = File::open(&path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        if !is_at_work {
            std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

/// Folds the log of a copy that was opened back into it: SQLite would apply a remaining log to the file that replaces the copy.
///
/// # Errors
/// [`Error::Busy`] while another program has it open.
pub fn fold_log(path: &Path) -> Result<()> {
    let has_log = ["-wal", "-journal", "-shm"].iter().any(|ending| beside(path, ending).symlink_metadata().is_ok());
    if !has_log {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // Reading rolls back an interrupted write.
    let is_folded = first_problem(&connection).and_then(|_| switch_journal(&connection, "delete", LOCK_WAIT));
    if !is_folded.map_err(|error| error.in_database(path))? {
        return Err(Error::Busy { path: path.to_owned(), holder: "a program that has it open".to_owned() });
    }
    Ok(())
}

fn with_names(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::io("read the folder", folder, error);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(&wanted) {
            paths.push(entry.path());
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

/// Copies a database before its tables are upgraded to a version; returns the path of the copy, beside it.
///
/// # Errors
/// [`Error::Copy`]; the tables must then not be changed.
pub fn before_upgrade(connection: &Connection, version: i32) -> Result<PathBuf> {
    let database = Path::new(connection.path().expect("a database with views is in a file")).to_owned();
    sweep(folder_of(&database))?;
    let target = beside(&database, &format!("{BEFORE}{version}"));
    let numbered = (2..=MOST_COPIES).map(|number| beside(&target, &format!("-{number}")));
    let copy = Copy::make(connection, &target)?;
    // A file with the same content was made by a run that was then killed.
    let is_usable = |path: &PathBuf| path.symlink_metadata().is_err() || copy.is_the_same_as(path);
    let usable = std::iter::once(target.clone()).chain(numbered).find(is_usable);
    let Some(target) = usable else {
        let cause = "there are too many copies of that name: remove those that you no longer need".to_owned();
        return Err(Error::Copy { path: target, cause });
    };
    if target.symlink_metadata().is_err() {
        copy.with_target(&target).publish(false)?;
    }
    note(&format!("the database as it was is in {}; to go back to it, copy it over the database", target.display()));
    Ok(target)
}

pub fn record_upgrade(connection: &Connection, copy: &Path) -> Result<()> {
    let path = absolute(copy)?;
    connection.execute(
        "insert into backups (path, reason, run_id, made_at)
         select ?1, 'before a migration', max(run_id), strftime('%Y-%m-%dT%H:%M:%SZ', 'now') from runs",
        [utf8(&path)?],
    )?;
    Ok(())
}

pub fn withdraw(copy: &Path) {
    if let Err(error) = std::fs::remove_file(copy) {
        note(&format!("{} could not be removed: {error}", copy.display()));
    }
}

pub fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Error::io("find", path, error))
}

/// The paths of all copies: those in the table, and those beside the database whose upgrade ended before it was recorded.
pub fn known(connection: &Connection, database: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut known = BTreeSet::new();
    let mut statement = connection.prepare("select path from backups")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        known.insert(PathBuf::from(row.get::<_, String>("path")?));
    }
    let database = absolute(database)?;
    if let Some(name) = database.file_name().and_then(|name| name.to_str()) {
        let beginning = format!("{name}{BEFORE}");
        known.extend(with_names(folder_of(&database), |name| name.starts_with(&beginning))?);
    }
    Ok(known)
}
