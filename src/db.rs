//! The database file: how it is opened, brought up to date, and left behind.
//!
//! Tables change by migrations, which refinery applies all in one transaction with its own history, so that a kill in
//! between leaves either all or none. Views are not migrated: they are dropped and created again at every run, inside the
//! run's transaction, from one file each; and with a migration of a file that has views, in its transaction, so that no
//! reader ever meets a view over tables that are gone.
//!
//! While a run writes, the file is in WAL mode, so that readers go on; at the end the log is folded back and the file
//! returns to a rollback journal, so that a plain copy is whole and a user without write permission can open it.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use crate::copies;
use crate::error::{Error, Result};

mod views;

pub use views::{VIEWS, create_views, show_latest, show_run};

mod tables {
    refinery::embed_migrations!("migrations");
}

/// Where refinery keeps which migrations were applied.
const MIGRATED: &str = "refinery_schema_history";

/// What the first migration marks a database with.
const APPLICATION_ID: i64 = 1_382_249_840;

/// Pages that a run keeps in memory: its index stays there up to about a million loans.
const RUN_CACHE_KIB: i64 = 64 * 1024;

/// Pages that a reader keeps: it goes through the book once, and several read at the same time.
const READ_CACHE_KIB: i64 = 8 * 1024;

/// How long a command waits for somebody else's lock.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The right to run, held from before the first change until the files are in their place. It ends with the process, so
/// that a killed run is no obstacle; SQLite's own locks still guard the data.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    path: PathBuf,
}

impl RunLock {
    /// Takes the right to run on a database, or says who has it. `who` describes this process, for the others to read.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process has it; [`Error::Io`] when the lock's file cannot be made.
    pub fn take(database: &Path, who: &str) -> Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let failed = |error| Error::io("make the lock", &path, error);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        private(&mut options);
        let mut file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let is_told = file.read_to_string(&mut holder).is_ok_and(|length| length > 0);
                let holder = if is_told { format!("another run ({holder})") } else { "another run".to_owned() };
                return Err(Error::Busy { path: database.to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        file.set_len(0).and_then(|()| file.write_all(who.as_bytes())).map_err(failed)?;
        Ok(Self { file, path })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // What stays of a lock is only an empty sign: nobody holds it.
        let removed = std::fs::remove_file(&self.path).and_then(|()| self.file.unlock());
        if let Err(error) = removed {
            eprintln!("note: {} could not be removed: {error}", self.path.display());
        }
    }
}

/// Opens (or creates) the database for a run and brings its tables up to date.
///
/// # Errors
/// [`Error::Busy`] while another run writes; otherwise whatever keeps the file from being a database of ours.
pub fn open_for_run(path: &Path) -> Result<Connection> {
    create_private(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    prepare(&mut connection, path).map_err(|error| error.in_database(path))?;
    if let Err(error) = migrate(&mut connection) {
        settle(&connection);
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
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    connection.busy_timeout(LOCK_WAIT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    Ok(connection)
}

/// Opens a database that is there, to read from it.
///
/// # Errors
/// [`Error::NotFound`] when there is no such file.
pub fn open_to_read(path: &Path) -> Result<Connection> {
    if !path.exists() {
        return Err(Error::NotFound(format!(
            "there is no database {}: `recoup run FILE` makes one, or name another with --db",
            path.display()
        )));
    }
    // A connection stays with its thread, so SQLite need not guard it.
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    connection.busy_timeout(LOCK_WAIT)?;
    check_ours(&connection, path)?;
    if !connection.table_exists(None, "runs")? {
        return Err(Error::NotFound(format!("{} holds no run yet: `recoup run FILE` makes one", path.display())));
    }
    connection.pragma_update(None, "cache_size", -READ_CACHE_KIB)?;
    Ok(connection)
}

/// Refuses a database whose tables an earlier version made: a reader cannot bring them up to date.
///
/// # Errors
/// [`Error::NotFound`] for such a database.
pub fn check_current(connection: &Connection, path: &Path) -> Result<()> {
    if current_version() > applied_version(connection)? {
        return Err(Error::NotFound(format!(
            "{} was made by an earlier version: the next `recoup run FILE` brings it up to date",
            path.display()
        )));
    }
    Ok(())
}

/// The version of the tables that this program works with.
pub fn current_version() -> Option<i64> {
    tables::migrations::runner().get_migrations().last().map(|migration| i64::from(migration.version()))
}

/// The version of the tables of a database.
///
/// # Errors
/// Those of the database.
pub fn applied_version(connection: &Connection) -> Result<Option<i64>> {
    Ok(connection.query_row("select max(version) from refinery_schema_history", [], |row| row.get(0))?)
}

/// A private database that nobody sees and that is gone when it is closed: for trying an import.
///
/// # Errors
/// Whatever keeps SQLite from making a temporary file.
pub fn open_scratch() -> Result<Connection> {
    let mut connection = Connection::open("")?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Where there is no database yet, makes the empty file first, so that on Unix only its owner may read it; SQLite gives
/// the files beside it the same mode.
fn create_private(path: &Path) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private(&mut options);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::io("make the database", path, error)),
    }
}

/// A file made with these options is for its owner alone, where the system knows owners.
fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

/// Refuses a file that is another program's, before anything in it is touched.
///
/// # Errors
/// [`Error::NotOurs`] for such a file.
pub fn check_ours(connection: &Connection, path: &Path) -> Result<()> {
    let mark: std::result::Result<(i64, bool), _> = connection.query_row(
        "select (select application_id from pragma_application_id), exists (select 1 from sqlite_schema)",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    );
    match mark {
        Ok((APPLICATION_ID, _) | (_, false)) => Ok(()),
        Ok(_) => Err(Error::NotOurs(path.to_owned())),
        Err(error) => Err(Error::database(path, error)),
    }
}

fn prepare(connection: &mut Connection, path: &Path) -> Result<()> {
    connection.busy_timeout(LOCK_WAIT)?;
    check_ours(connection, path)?;
    // A new file has no readers to go on, and needs no log beside it.
    let is_new: bool = connection.query_row("select not exists (select 1 from sqlite_schema)", [], |row| row.get(0))?;
    if !is_new && !switch_journal(connection, "wal")? {
        // Somebody reads and does not end. The run can go on all the same; only its commit has to wait for them.
        eprintln!("note: somebody has the database open; the run goes on and ends when they let it");
    }
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -RUN_CACHE_KIB)?;
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let runner = tables::migrations::runner().set_grouped(true);
    if connection.table_exists(None, MIGRATED)? && views::has_view(connection, "shown_run")? {
        let applied = runner.get_applied_migrations(connection)?;
        // A history that is not the beginning of ours is for refinery to refuse.
        if let Some(pending @ [_, ..]) = runner.get_migrations().strip_prefix(applied.as_slice()) {
            let copy = copies::before_upgrade(connection)?;
            if let Err(error) = upgrade(connection, pending, &copy) {
                // Nothing was changed, so the copy is of no use, and nothing would know of it.
                copies::withdraw(&copy);
                return Err(error);
            }
        }
    }
    runner.run(connection)?;
    Ok(())
}

/// Brings the tables of a file that has views up to date, and the views with them. refinery would commit before the views
/// are made again.
fn upgrade(connection: &mut Connection, pending: &[refinery::Migration], copy: &Path) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut record = transaction.prepare(include_str!("record_migration.sql"))?;
    for migration in pending {
        transaction.execute_batch(migration.sql().expect("an embedded migration has its SQL"))?;
        record.execute((migration.version(), migration.name(), migration.checksum().to_string()))?;
    }
    drop(record);
    create_views(&transaction)?;
    copies::record_upgrade(&transaction, copy)?;
    transaction.commit()?;
    Ok(())
}

/// Changes the journal mode, which SQLite does only while nobody else has the file open in a transaction; gives whether it
/// was done within the time that a command waits for a lock. SQLite itself does not wait for this.
///
/// # Errors
/// Those of the database but for its being in use.
pub fn switch_journal(connection: &Connection, mode: &str) -> Result<bool> {
    let started = Instant::now();
    loop {
        match connection.pragma_update_and_check(None, "journal_mode", mode, |row| row.get::<_, String>(0)) {
            Ok(now) if now == mode => return Ok(true),
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => return Err(error.into()),
            _ if started.elapsed() > LOCK_WAIT => return Ok(false),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

/// Starts the one transaction of a run; from here on nobody else can write.
///
/// # Errors
/// [`Error::Busy`] when somebody else is writing.
pub fn begin<'a>(connection: &'a mut Connection, path: &Path) -> Result<rusqlite::Transaction<'a>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| Error::database(path, error))
}

/// Folds the log back into the file and leaves WAL mode, so that one file is the whole database. Where a reader holds the
/// log, it stays, and the next run folds it.
pub fn settle(connection: &Connection) {
    // Neither is a fault: SQLite reads the log as part of the database for as long as it is there.
    match switch_journal(connection, "delete") {
        Ok(true) => {}
        Ok(false) => eprintln!("note: somebody is reading the database; its -wal file stays until the next run"),
        Err(error) => eprintln!("note: the database's -wal file stays until the next run ({error})"),
    }
}
