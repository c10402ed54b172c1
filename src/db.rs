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
//! `journal` changes between the two, `lock` is the right to run, and `sound` what is asked of a file before anybody relies
//! on it.

mod journal;
mod lock;
mod sound;

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use journal::switch_journal;
pub use journal::{settle, tidy};
pub use lock::RunLock;
pub use sound::check_file;

use crate::error::{Error, Result};
use crate::progress::note;

mod tables {
    refinery::embed_migrations!("migrations");
}

/// Where refinery keeps which migrations were applied.
const MIGRATED: &str = "refinery_schema_history";

/// What the first migration marks a database with.
const APPLICATION_ID: i32 = 1_382_249_840;

/// Pages that a run keeps in memory: its index stays there up to about a million loans.
const RUN_CACHE_KIB: i64 = 64 * 1024;

/// Pages that a reader keeps: it goes through the book once, and several read at the same time.
const READ_CACHE_KIB: i64 = 8 * 1024;

/// How long a command waits for somebody else's lock, where the configuration does not say it.
const LOCK_WAIT: Duration = Duration::from_secs(2);

macro_rules! views {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../migrations/views/", $name, ".sql")))),+]
    };
}

/// Every view by name, each after those it reads.
pub const VIEWS: [(&str, &str); 28] = views![
    "shown_run",
    "stg_loans",
    "int_loan_ratios_computed",
    "loan_features",
    "loan_targets",
    "own_feature_values",
    "int_policy_bands_pivoted",
    "policy_scores",
    "int_loans_decided",
    "loans",
    "risk_scores",
    "worklist",
    "segment_summary",
    "strategy_summary",
    "portfolio",
    "data_quality",
    "model_comparison",
    "score_deciles",
    "feature_importance",
    "partial_dependence",
    "feature_audit",
    "fairness_screen",
    "fairness_differences",
    "fairness_to_collect",
    "population_stability",
    "score_reasons_told",
    "model_card",
    "run_history",
];

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
    let prepared = prepare(&connection, wait).and_then(|()| migrate(&mut connection));
    if let Err(error) = prepared {
        settle(&connection, wait);
        return Err(error.in_database(path));
    }
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
///
/// # Errors
/// As [`open_to_read`].
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
    let applied = connection.query_row("select max(version) from refinery_schema_history", [], |row| row.get(0))?;
    if Some(newest_version()) > applied {
        return Err(Error::NotFound(format!(
            "{} was made by an earlier version: the next `recoup run FILE` brings it up to date",
            path.display()
        )));
    }
    Ok(())
}

/// The version of the tables that this program makes.
fn newest_version() -> i32 {
    let newest = tables::migrations::runner().get_migrations().iter().map(refinery::Migration::version).max();
    newest.expect("there is a first migration")
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
        note("somebody has the database open; the run goes on and ends when they let it");
    }
    // The files are written after the commit: it must be on disk by then.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -RUN_CACHE_KIB)?;
    Ok(())
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let runner = tables::migrations::runner();
    let is_migrated = connection.table_exists(None, MIGRATED)?;
    let applied = if is_migrated { runner.get_applied_migrations(connection)? } else { Vec::new() };
    match runner.get_migrations().strip_prefix(applied.as_slice()) {
        Some([]) => {}
        Some(pending) => upgrade(connection, pending)?,
        // A history that is not the beginning of ours is for refinery to refuse.
        None => {
            runner.run(connection)?;
        }
    }
    let is_told: bool =
        connection
            .query_row("select user_version = ?1 from pragma_user_version", [newest_version()], |row| row.get(0))?;
    if !is_told {
        connection.pragma_update(None, "user_version", newest_version())?;
    }
    Ok(())
}

/// Brings the tables up to date in one transaction, with their history, their version and, in a file that has them, the
/// views. refinery itself would commit the history's table before the first of ours, and the tables before the views: a
/// kill in between would leave a database that nobody recognises, or views over tables that are gone.
fn upgrade(connection: &mut Connection, pending: &[refinery::Migration]) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(include_str!("db/create_migrations.sql"))?;
    let mut record = transaction.prepare(include_str!("record_migration.sql"))?;
    for migration in pending {
        transaction.execute_batch(migration.sql().expect("an embedded migration has its SQL"))?;
        record.execute((migration.version(), migration.name(), migration.checksum().to_string()))?;
        transaction.pragma_update(None, "user_version", migration.version())?;
    }
    drop(record);
    if has_view(&transaction, "shown_run")? {
        create_views(&transaction)?;
    }
    transaction.commit()?;
    Ok(())
}

fn has_view(connection: &Connection, name: &str) -> Result<bool> {
    let query = "select exists (select 1 from sqlite_schema where type = 'view' and name = ?1)";
    Ok(connection.query_row(query, [name], |row| row.get(0))?)
}

/// Drops the views and creates them again, as this version of the program has them.
///
/// # Errors
/// Those of the database.
pub fn create_views(connection: &Connection) -> Result<()> {
    for (name, definition) in VIEWS {
        if has_view(connection, name)? {
            connection.execute_batch(&format!("drop view {name}"))?;
        }
        connection.execute_batch(definition)?;
    }
    Ok(())
}

/// Makes the views of this connection, and of no other, show an earlier run.
///
/// The same views are created in the connection's temporary schema, which SQLite looks in first, over a `shown_run` that
/// holds the chosen run. Nothing is written to the file.
///
/// # Errors
/// [`Error::NotFound`] when there is no complete run of that number.
pub fn show_run(connection: &Connection, run_id: i64) -> Result<()> {
    let is_there: bool = connection.query_row(
        "select exists (select 1 from main.runs where run_id = ?1 and status = 'complete')",
        [run_id],
        |row| row.get(0),
    )?;
    if !is_there {
        return Err(Error::NotFound(format!(
            "there is no complete run {run_id}: `select run_id, status, as_of_date from run_history` lists them"
        )));
    }
    connection.execute("create temp table shown_run as select * from main.runs where run_id = ?1", [run_id])?;
    for (_, definition) in VIEWS.iter().filter(|(name, _)| *name != "shown_run") {
        connection.execute_batch(&definition.replacen("create view", "create temp view", 1))?;
    }
    Ok(())
}

/// Starts the one transaction of a run; from here on nobody else can write.
///
/// # Errors
/// [`Error::Busy`] when somebody else is writing.
pub fn begin<'a>(connection: &'a mut Connection, path: &Path) -> Result<rusqlite::Transaction<'a>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(|error| Error::database(path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_view_file_is_created_and_opens_with_its_grain() {
        let listed: Vec<_> = VIEWS.iter().map(|(name, _)| format!("{name}.sql")).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/views");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(listed.contains(&name), "{name} is never created");
        }
        for (name, definition) in VIEWS {
            assert!(definition.starts_with("-- Grain: "), "{name} does not state its grain");
        }
    }
}
