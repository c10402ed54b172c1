//! Copies of the database: whole, checked, for their owner alone, and known of.
//!
//! A copy is made by `vacuum into` a file beside its target: from one state of the book, while others may read; with no
//! free pages, so that nothing that was deleted is in it; in one file, whatever log the database has. It is checked,
//! synced, and renamed, which replaces a symbolic link instead of following it. Whoever restores it copies it over the
//! database. It costs the database's size on the disk, once.
//!
//! The table `backups` has the path of every copy, so that erasing a borrower reaches it.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};
use tempfile::NamedTempFile;

use super::LOCK_WAIT;
use super::journal::switch_journal;
use super::tables::newest_version;
use crate::error::{Error, Result};
use crate::outputs::{folder_of, sync_folder};
use crate::progress::note;

/// How the names of copies begin that are not in their place yet.
pub const TEMPORARY_PREFIX: &str = ".recoup-copy-";

/// Between a database's name and the version that its copy was made before.
const BEFORE: &str = ".before-v";

/// As many copies before one and the same version may lie beside a database.
const MOST_COPIES: u32 = 99;

/// A copy that is not in its place yet; dropped, it is gone.
#[derive(Debug)]
pub struct Copy {
    file: NamedTempFile,
    target: PathBuf,
}

impl Copy {
    /// Copies the database of a connection, which is in no transaction, to a file beside `target`.
    ///
    /// # Errors
    /// [`Error::Copy`] when it cannot be written; [`Error::Busy`] when somebody else writes just then.
    pub fn make(connection: &Connection, target: &Path) -> Result<Self> {
        let failed = |cause: String| Error::Copy { path: target.to_owned(), cause };
        let folder = folder_of(target);
        // A temporary file is made for its owner alone, and SQLite takes an empty file for a new one.
        let file = tempfile::Builder::new().prefix(TEMPORARY_PREFIX).tempfile_in(folder);
        // The error's kind alone: its text would name the temporary file.
        let file = file.map_err(|error| failed(error.kind().to_string()))?;
        // Says that somebody is at work on it, for as long as it is open. Elsewhere SQLite could not write to it then.
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

    /// A connection to the copy, to change it before it is put in its place.
    pub fn open(&self) -> Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(self.file.path(), flags)?;
        // Half a change of a temporary file is thrown away with it: a journal beside it would only be left over.
        connection.pragma_update(None, "journal_mode", "memory")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        Ok(connection)
    }

    /// Whether a file that is there, and no link, holds the very same bytes.
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

    /// Checks the copy, puts it in its place, and gives its size in bytes.
    ///
    /// # Errors
    /// [`Error::Copy`] when it is not sound, or the place is taken and not to be given to it.
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
        // The file itself is on the disk; where only its name is not yet, it soon will be.
        let _ = sync_folder(folder_of(&self.target));
        Ok(bytes)
    }
}

/// What is wrong with a database, if anything is.
///
/// # Errors
/// Those of the database, where it is too damaged to be looked at.
pub fn first_problem(connection: &Connection) -> Result<Option<String>> {
    let integrity: String = connection.query_row("pragma integrity_check(1)", [], |row| row.get(0))?;
    if integrity != "ok" {
        return Ok(Some(integrity));
    }
    let loose: i64 = connection.query_row("select count(*) from pragma_foreign_key_check", [], |row| row.get(0))?;
    Ok((loose > 0).then(|| format!("{loose} rows refer to rows that are not there")))
}

/// A path as the database can hold it.
///
/// # Errors
/// [`Error::Usage`] for one that is no text.
pub fn utf8(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| Error::Usage(format!("{}: a path in UTF-8 is needed here", path.display())))
}

/// Removes the halves of copies that killed processes left in a folder; those that somebody is at work on stay.
pub fn sweep(folder: &Path) -> Result<()> {
    for path in with_names(folder, |name| name.starts_with(TEMPORARY_PREFIX))? {
        let is_at_work = File::open(&path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)));
        if !is_at_work {
            std::fs::remove_file(&path).map_err(|error| Error::io("remove", &path, error))?;
        }
    }
    Ok(())
}

/// Folds what somebody who opened a copy left beside it back into it. A log that stayed would be taken for one of the file
/// that replaces the copy.
///
/// # Errors
/// [`Error::Busy`] while somebody has it open; those of the database.
pub fn fold_log(path: &Path) -> Result<()> {
    let has_log = ["-wal", "-journal", "-shm"].iter().any(|ending| {
        let mut log = path.as_os_str().to_owned();
        log.push(ending);
        PathBuf::from(log).symlink_metadata().is_ok()
    });
    if !has_log {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    // To read is to take back an interrupted write.
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

/// Copies a database before its tables are changed; gives where the copy is: beside it, under a name that says before
/// which version.
///
/// # Errors
/// [`Error::Copy`]; the tables must not be changed then.
pub fn before_upgrade(connection: &Connection) -> Result<PathBuf> {
    let database = Path::new(connection.path().expect("a database with views is in a file")).to_owned();
    sweep(folder_of(&database))?;
    let version = newest_version();
    let mut target = database.clone().into_os_string();
    target.push(format!("{BEFORE}{version}"));
    let numbered = (2..=MOST_COPIES).map(|number| {
        let mut path = target.clone();
        path.push(format!("-{number}"));
        path
    });
    let copy = Copy::make(connection, Path::new(&target))?;
    // One that is there with the same content was made by a run that was killed before it could go on.
    let is_usable = |path: &PathBuf| path.symlink_metadata().is_err() || copy.is_the_same_as(path);
    let usable = std::iter::once(target.clone()).chain(numbered).map(PathBuf::from).find(is_usable);
    let Some(target) = usable else {
        let cause = "too many of that name are there: remove those that you need no more".to_owned();
        return Err(Error::Copy { path: target.into(), cause });
    };
    if target.symlink_metadata().is_err() {
        copy.with_target(&target).publish(false)?;
    }
    note(&format!("the database as it was is in {}; to go back to it, copy it over the database", target.display()));
    Ok(target)
}

/// Notes a copy that was made before an upgrade, in the transaction of that upgrade.
pub fn record_upgrade(connection: &Connection, copy: &Path) -> Result<()> {
    let path = absolute(copy)?;
    connection.execute(
        "insert into backups (path, reason, run_id, made_at)
         select ?1, 'before a migration', max(run_id), strftime('%Y-%m-%dT%H:%M:%SZ', 'now') from runs",
        [utf8(&path)?],
    )?;
    Ok(())
}

/// Removes a copy that was made for nothing.
pub fn withdraw(copy: &Path) {
    if let Err(error) = std::fs::remove_file(copy) {
        note(&format!("{} could not be removed: {error}", copy.display()));
    }
}

/// A path that is right from any folder.
pub fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| Error::io("find", path, error))
}

/// The paths of all copies that are known of: those in the table, and those beside the database whose upgrade was cut
/// short before it could be noted.
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
