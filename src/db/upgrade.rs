//! The migrations, and how they bring the tables of a database up to date: all that are due in one transaction, after a copy
//! was made.

use std::path::Path;
use std::sync::OnceLock;

use rusqlite::{Connection, TransactionBehavior};

use super::{copies, views};
use crate::error::Result;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A migration that tests add.
static NEXT: OnceLock<refinery::Migration> = OnceLock::new();

/// refinery's table of the migrations applied.
pub(super) const MIGRATED: &str = "refinery_schema_history";

/// Set by the first migration.
pub(super) const APPLICATION_ID: i32 = 1_382_249_840;

pub fn applied_version(connection: &Connection) -> Result<Option<i32>> {
    Ok(connection.query_row("select max(version) from refinery_schema_history", [], |row| row.get(0))?)
}

pub fn newest_version() -> i32 {
    migrations().iter().map(refinery::Migration::version).max().expect("there is a first migration")
}

pub(super) fn migrations() -> Vec<refinery::Migration> {
    let ours = embedded::migrations::runner().get_migrations().clone();
    ours.into_iter().chain(NEXT.get().cloned()).collect()
}

/// Adds a migration, so that upgrades can be tested although the program has only one.
///
/// # Panics
/// When the name is not that of a migration, or one was added before.
#[doc(hidden)]
pub fn add_migration(name: &str, sql: &str) {
    let migration = refinery::Migration::unapplied(name, sql).expect("a name such as V2__what_it_does");
    assert!(NEXT.set(migration).is_ok(), "one migration can be added");
}

/// Brings the tables up to date, also those of a new database. After an error nothing is changed.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let migrations = migrations();
    let runner = refinery::Runner::new(&migrations);
    let is_migrated = connection.table_exists(None, MIGRATED)?;
    let applied = if is_migrated { runner.get_applied_migrations(connection)? } else { Vec::new() };
    match migrations.strip_prefix(applied.as_slice()) {
        Some([]) => {}
        Some(pending) if applied.is_empty() => upgrade(connection, pending, None)?,
        Some(pending) => {
            let copy = copies::before_upgrade(connection, newest_version())?;
            if let Err(error) = upgrade(connection, pending, Some(&copy)) {
                // Nothing was changed, so the copy is of no use.
                copies::withdraw(&copy);
                return Err(error);
            }
        }
        // refinery refuses a history that is not the beginning of ours.
        None => {
            runner.run(connection)?;
        }
    }
    let is_set: bool =
        connection
            .query_row("select user_version = ?1 from pragma_user_version", [newest_version()], |row| row.get(0))?;
    if !is_set {
        connection.pragma_update(None, "user_version", newest_version())?;
    }
    Ok(())
}

/// Upgrades the tables, their history and version and existing views in one transaction. refinery would commit them one by one,
/// and a kill in between would leave a database that no version recognises, or views over missing tables.
fn upgrade(connection: &mut Connection, pending: &[refinery::Migration], copy: Option<&Path>) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(
        "\
-- As refinery itself makes it.
create table if not exists refinery_schema_history (
    version int4 primary key,
    name varchar(255),
    applied_on varchar(255),
    checksum varchar(255)
)
",
    )?;
    let mut record = transaction.prepare(
        "\
-- As refinery itself writes it.
insert into refinery_schema_history (version, name, applied_on, checksum)
values (?1, ?2, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?3)
",
    )?;
    for migration in pending {
        transaction.execute_batch(migration.sql().expect("an embedded migration has its SQL"))?;
        record.execute((migration.version(), migration.name(), migration.checksum().to_string()))?;
        transaction.pragma_update(None, "user_version", migration.version())?;
    }
    drop(record);
    if views::has_view(&transaction, "latest_run")? {
        views::create_views(&transaction)?;
    }
    if let Some(copy) = copy {
        copies::record_upgrade(&transaction, copy)?;
    }
    transaction.commit()?;
    Ok(())
}
