//! The database file: how it is opened, brought up to date, and left behind.
//!
//! Tables change by migrations, all that are due in one transaction with refinery's history of them, so that a kill in
//! between leaves either all or none. Views are not migrated: they are dropped and created again at every run, inside the
//! run's transaction, from one file each; and with a migration of a file that has views, in its transaction, so that no
//! reader ever meets a view over tables that are gone.
//!
//! While a run writes, the file is in WAL mode, so that readers go on; at the end the log is folded back and the file
//! returns to a rollback journal, so that a plain copy is whole and a user without write permission can open it.
//!
//! `tables` are the migrations, `upgrade` applies them after [`copies`] has made a copy. `journal` changes between the two,
//! `lock` is the right to run, `sound` what is asked of a file before anybody relies on it, and `views` what people and later
//! stages read.

pub mod copies;
mod journal;
mod lock;
mod sound;
mod tables;
mod upgrade;
mod views;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub use journal::{settle, switch_journal, tidy};
pub use lock::RunLock;
pub use sound::{check_file, check_version};
pub use tables::{add_migration, applied_version, newest_version};
pub use views::{ShownRun, create_views, names as view_names};

use crate::error::{Error, Result};
use crate::progress::note;

/// Pages that a run keeps in memory: its index stays there up to about a million loans.
const RUN_CACHE_KIB: i64 = 64 * 1024;

/// Pages that a reader keeps: it goes through the book once, and several read at the same time.
const READ_CACHE_KIB: i64 = 8 * 1024;

/// How long a command waits for somebody else's lock, where the configuration does not say it.
pub const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Opens (or creates) the database for a run, looks whether it is sound, and brings its tables up to date. A lock of
/// somebody else is waited for as long as `wait`.
///
/// # Errors
/// [`Error::Busy`] while another run writes; otherwise whatever keeps the file from being a sound database of ours, which
/// is untouched then.
pub fn open_for_run(path: &Path, wait: Duration) -> Result<Connection> {
    check_file(path)?;
    create_private(path)?;
    let mut connection = connect(path, wait)?;
    check(&connection, path).map_err(|error| error.in_database(path))?;
    let prepared = prepare(&connection, wait).and_then(|()| upgrade::migrate(&mut connection));
    if let Err(error) = prepared {
        settle(&connection, wait);
        return Err(error.in_database(path));
    }
    Ok(connection)
}

/// Opens a database that is there and up to date, to change it outside a run. Its journal stays as it is.
///
/// # Errors
/// [`Error::NotFound`] when there is no such file, or one of an earlier version.
pub fn open_to_change(path: &Path) -> Result<Connection> {
    check_current(&open_to_read(path)?, path)?;
    let connection = connect(path, LOCK_WAIT)?;
    sound::release(&connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Opens a database that is there, to read from it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such file.
pub fn open_to_read(path: &Path) -> Result<Connection> {
    open_to_read_within(path, LOCK_WAIT)
}

/// The same, waiting as long as `wait` for somebody else's lock.
pub fn open_to_read_within(path: &Path, wait: Duration) -> Result<Connection> {
    if !path.exists() {
        return Err(Error::NotFound(format!(
            "there is no database {}: `recoup run FILE` makes one, or name another with --db",
            path.display()
        )));
    }
    check_file(path)?;
    let connection = connect(path, wait)?;
    match prepare_to_read(&connection, path) {
        Ok(true) => Ok(connection),
        Ok(false) => Err(Error::NotFound(format!("{} holds no run yet: `recoup run FILE` makes one", path.display()))),
        Err(error) => Err(error.in_database(path)),
    }
}

/// Gives whether there are tables to read.
fn prepare_to_read(connection: &Connection, path: &Path) -> Result<bool> {
    sound::check_version(connection, path)?;
    connection.pragma_update(None, "cache_size", -READ_CACHE_KIB)?;
    Ok(connection.table_exists(None, "runs")?)
}

/// A connection to a file that is there. Readers, who write to their temporary schema only, have one that may write, too,
/// where the file's rights allow it: a read-only one could not undo what a killed run left in a journal, and would leave
/// files beside a database in WAL mode.
fn connect(path: &Path, wait: Duration) -> Result<Connection> {
    // A connection stays with its thread, so SQLite need not guard it.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    connection.busy_timeout(wait)?;
    sound::hold(&connection, path)?;
    Ok(connection)
}

/// All that is asked of a database before a run changes it.
fn check(connection: &Connection, path: &Path) -> Result<()> {
    sound::check_version(connection, path)?;
    sound::check_whole(connection, path)?;
    sound::release(connection)
}

/// Refuses a database whose tables an earlier version made: a reader cannot bring them up to date.
///
/// # Errors
/// [`Error::NotFound`] for such a database.
pub fn check_current(connection: &Connection, path: &Path) -> Result<()> {
    if Some(newest_version()) > applied_version(connection)? {
        return Err(Error::NotFound(format!(
            "{} was made by an earlier version: the next `recoup run FILE` brings it up to date",
            path.display()
        )));
    }
    Ok(())
}

/// A private database that nobody sees and that is gone when it is closed: for trying an import.
///
/// # Errors
/// Whatever keeps SQLite from making a temporary file.
pub fn open_scratch() -> Result<Connection> {
    let mut connection = Connection::open("")?;
    upgrade::migrate(&mut connection)?;
    Ok(connection)
}

/// A table or trigger that this program did not make.
#[derive(Debug, PartialEq, Eq)]
pub struct NotOurs {
    /// "table" or "trigger".
    pub kind: String,
    pub name: String,
    /// The table that a trigger is on.
    pub table: String,
}

/// What another program put into a database of this version. Views are made anew by every run and indexes hold what their
/// table holds.
pub fn not_ours(connection: &Connection) -> Result<Vec<NotOurs>> {
    let query = "select type, name, tbl_name from sqlite_schema
        where type in ('table', 'trigger') and name not like 'sqlite\\_%' escape '\\'
        order by type, name";
    let read = |connection: &Connection| -> Result<Vec<NotOurs>> {
        let mut statement = connection.prepare(query)?;
        let found = statement.query_map([], |row| {
            Ok(NotOurs { kind: row.get("type")?, name: row.get("name")?, table: row.get("tbl_name")? })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    };
    let ours = read(&open_scratch()?)?;
    let mut found = read(connection)?;
    found.retain(|other| !ours.contains(other));
    Ok(found)
}

/// The database itself where this name is a link to it: its lock and its log are beside the file, and another name for it
/// must not go round them. A link in a folder's name does no such harm, so other names stay as they were typed.
///
/// # Errors
/// [`Error::NotFound`] for a link to nothing; [`Error::Usage`] for what cannot be one file that is kept.
pub fn resolve(path: &Path) -> Result<PathBuf> {
    sound::check_plain(path)?;
    if !path.is_symlink() {
        return Ok(path.to_owned());
    }
    path.canonicalize().map_err(|error| {
        Error::NotFound(format!(
            "{} is a link that leads to no file ({error}): mend or remove it, or name another database with --db",
            path.display()
        ))
    })
}

/// Where there is no database yet, makes the empty file first, so that on Unix only its owner may read it; SQLite gives
/// the files beside it the same mode.
fn create_private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            make_empty_private(path);
            Ok(())
        }
        Err(error) => Err(Error::io("make the database", path, error)),
    }
}

/// An empty file becomes this program's, so it gets the rights of one that this program made. Of one that belongs to
/// somebody else the rights cannot be changed: that is told, but no reason not to run.
fn make_empty_private(path: &Path) {
    #[cfg(unix)]
    if path.metadata().is_ok_and(|file| file.is_file() && file.len() == 0) {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        if let Err(error) = std::fs::set_permissions(path, mode) {
            note(&format!("{} could not be made its owner's alone: {error}", path.display()));
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// A file made with these options is for its owner alone, where the system knows owners.
fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// The file that SQLite or this program keeps beside a database.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn prepare(connection: &Connection, wait: Duration) -> Result<()> {
    // A new file has no readers to go on, and needs no log beside it.
    let is_new: bool = connection.query_row("select not exists (select 1 from sqlite_schema)", [], |row| row.get(0))?;
    if !is_new && !switch_journal(connection, "wal", wait)? {
        // Somebody reads and does not end. The run can go on all the same; only its commit has to wait for them.
        note("another program has the database open; the run goes on, and waits for it before storing");
    }
    // The files are written after the commit: it must be on disk by then.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -RUN_CACHE_KIB)?;
    Ok(())
}

/// Starts the one transaction of a run; from here on nobody else can write.
///
/// # Errors
/// [`Error::Busy`] when somebody else is writing.
pub fn begin<'a>(connection: &'a mut Connection, path: &Path) -> Result<rusqlite::Transaction<'a>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| Error::database(path, error))
}
