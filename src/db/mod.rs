//! The database file: opening, upgrading, closing. Views are created again at every run and upgrade, in its transaction. While
//! a run writes, the file is in WAL mode so that readers go on; afterwards it returns to a rollback journal, so that a plain
//! copy is complete and a user without write permission can open it.

pub mod copies;
mod journal;
mod lock;
mod sound;
mod upgrade;
mod views;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

pub use journal::{settle, switch_journal, tidy};
pub use lock::RunLock;
pub use sound::{check_file, check_version};
pub use upgrade::{add_migration, applied_version, newest_version};
pub use views::{ShownRun, create_views, names as view_names};

use crate::error::{Error, Result};
use crate::progress::note;

/// The cache of a run: holds its index up to about a million loans.
const RUN_CACHE_KIB: i64 = 64 * 1024;

/// The cache of a reader, which reads the book once; several read at the same time.
const READ_CACHE_KIB: i64 = 8 * 1024;

pub const LOCK_WAIT: Duration = Duration::from_secs(2);

/// Opens (or creates) the database for a run, checks it and upgrades its tables. Waits at most `wait` for the lock of another
/// process.
///
/// # Errors
/// [`Error::Busy`] while another run writes. A file that is not a sound database of ours is refused unchanged.
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

/// Opens an existing, current database to change it outside a run, in its present journal mode.
///
/// # Errors
/// [`Error::NotFound`] when there is no such file or it has an earlier version.
pub fn open_to_change(path: &Path) -> Result<Connection> {
    check_current(&open_to_read(path)?, path)?;
    let connection = connect(path, LOCK_WAIT)?;
    sound::release(&connection)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// # Errors
/// [`Error::NotFound`] when there is no such file.
pub fn open_to_read(path: &Path) -> Result<Connection> {
    open_to_read_within(path, LOCK_WAIT)
}

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

/// Returns whether there are tables to read.
fn prepare_to_read(connection: &Connection, path: &Path) -> Result<bool> {
    sound::check_version(connection, path)?;
    connection.pragma_update(None, "cache_size", -READ_CACHE_KIB)?;
    Ok(connection.table_exists(None, "runs")?)
}

/// Readers get a connection that may write too, where the file's permissions allow it: a read-only one could not roll back the
/// journal of a killed run, and would leave files beside a database in WAL mode.
fn connect(path: &Path, wait: Duration) -> Result<Connection> {
    // A connection stays in its thread, so SQLite needs no mutex.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    connection.busy_timeout(wait)?;
    sound::hold(&connection, path)?;
    Ok(connection)
}

fn check(connection: &Connection, path: &Path) -> Result<()> {
    sound::check_version(connection, path)?;
    sound::check_whole(connection, path)?;
    sound::release(connection)
}

/// Refuses a database of an earlier version, which a reader cannot upgrade.
///
/// # Errors
/// [`Error::NotFound`].
pub fn check_current(connection: &Connection, path: &Path) -> Result<()> {
    if Some(newest_version()) > applied_version(connection)? {
        return Err(Error::NotFound(format!(
            "{} was made by an earlier version: the next `recoup run FILE` brings it up to date",
            path.display()
        )));
    }
    Ok(())
}

/// A temporary database, removed when it is closed, to try an import.
pub fn open_scratch() -> Result<Connection> {
    let mut connection = Connection::open("")?;
    upgrade::migrate(&mut connection)?;
    Ok(connection)
}

/// A table or trigger that this program did not make.
#[derive(Debug, PartialEq, Eq)]
pub struct ForeignObject {
    pub kind: String,
    pub name: String,
    pub table: String,
}

/// What another program added to a database of this version. Views are created again by every run, and indexes hold only what
/// their tables hold.
pub fn not_ours(connection: &Connection) -> Result<Vec<ForeignObject>> {
    let query = "select type, name, tbl_name from sqlite_schema
        where type in ('table', 'trigger') and name not like 'sqlite\\_%' escape '\\'
        order by type, name";
    let read = |connection: &Connection| -> Result<Vec<ForeignObject>> {
        let mut statement = connection.prepare(query)?;
        let found = statement.query_map([], |row| {
            Ok(ForeignObject { kind: row.get("type")?, name: row.get("name")?, table: row.get("tbl_name")? })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    };
    let ours = read(&open_scratch()?)?;
    let mut found = read(connection)?;
    found.retain(|other| !ours.contains(other));
    Ok(found)
}

/// The target of a link to the database: its lock and log are beside the file, and a second name must not bypass them. A linked
/// folder does no such harm, so other names stay as typed.
///
/// # Errors
/// [`Error::NotFound`] for a link to nothing; [`Error::Usage`] for what is not a plain file.
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

/// Creates a missing database as an empty file that on Unix only its owner can read; SQLite gives the files beside it the same
/// mode.
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

/// An empty file gets the permissions of one that this program made, if the user owns it; else a note says so.
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

fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    PathBuf::from(name)
}

fn prepare(connection: &Connection, wait: Duration) -> Result<()> {
    // A new file has no readers, so it needs no log.
    let is_new: bool = connection.query_row("select not exists (select 1 from sqlite_schema)", [], |row| row.get(0))?;
    if !is_new && !switch_journal(connection, "wal", wait)? {
        // A reader does not finish. The run can go on; only its commit has to wait.
        note("another program has the database open; the run goes on, and waits for it before storing");
    }
    // The files are written after the commit, which must be on disk by then.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -RUN_CACHE_KIB)?;
    Ok(())
}

/// Changes an existing database outside a run: in one transaction, while no run is at work.
///
/// # Errors
/// When there is none, when it is in use, or what `change` gives; it is then as before.
pub fn change<T>(path: &Path, who: &str, change: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
    // Before a lock is put beside a file that is not ours.
    drop(open_to_change(path)?);
    let _lock = RunLock::take(path, &format!("process {}, {who}", std::process::id()))?;
    let mut connection = open_to_change(path)?;
    let changed = (|| {
        let transaction = begin(&mut connection, path)?;
        create_views(&transaction)?;
        let changed = change(&transaction)?;
        transaction.commit()?;
        Ok(changed)
    })();
    changed.map_err(|error: Error| error.in_database(path))
}

/// Starts the transaction of a run, which keeps all others from writing.
///
/// # Errors
/// [`Error::Busy`] while another process writes.
pub fn begin<'a>(connection: &'a mut Connection, path: &Path) -> Result<rusqlite::Transaction<'a>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| Error::database(path, error))
}
