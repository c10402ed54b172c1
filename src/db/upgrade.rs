//! Brings the tables of a database up to date: all migrations that are due in one transaction, after a copy was made.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::tables::{MIGRATED, migrations, newest_version};
use super::{copies, views};
use crate::error::Result;

/// Brings the tables up to date, those of a new database too.
pub(super) fn migrate(connection: &mut Connection) -> Result<()> {
    let migrations = migrations();
    let runner = refinery::Runner::new(&migrations);
    let is_migrated = connection.table_exists(None, MIGRATED)?;
    let applied = if is_migrated { runner.get_applied_migrations(connection)? } else { Vec::new() };
    match migrations.strip_prefix(applied.as_slice()) {
        Some([]) => {}
        Some(pending) if applied.is_empty() => upgrade(connection, pending, None)?,
        Some(pending) => {
            let copy = copies::before_upgrade(connection)?;
            if let Err(error) = upgrade(connection, pending, Some(&copy)) {
                // Nothing was changed, so the copy is of no use, and nothing would know of it.
                copies::withdraw(&copy);
                return Err(error);
            }
        }
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
