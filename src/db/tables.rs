//! The tables of this version: the migrations that make them, and their number.

use std::sync::OnceLock;

use rusqlite::Connection;

use crate::error::Result;

mod embedded {
    refinery::embed_migrations!("migrations");
}

/// A migration that this version does not have.
static NEXT: OnceLock<refinery::Migration> = OnceLock::new();

/// Where refinery keeps which migrations were applied.
pub(super) const MIGRATED: &str = "refinery_schema_history";

/// What the first migration marks a database with.
pub(super) const APPLICATION_ID: i32 = 1_382_249_840;

/// The version of the tables of a database.
pub fn applied_version(connection: &Connection) -> Result<Option<i32>> {
    Ok(connection.query_row("select max(version) from refinery_schema_history", [], |row| row.get(0))?)
}

/// The version of the tables that this program makes.
pub fn newest_version() -> i32 {
    migrations().iter().map(refinery::Migration::version).max().expect("there is a first migration")
}

pub(super) fn migrations() -> Vec<refinery::Migration> {
    let ours = embedded::migrations::runner().get_migrations().clone();
    ours.into_iter().chain(NEXT.get().cloned()).collect()
}

/// Makes this process a later version of the program, with one migration more: how upgrades are tested, since the program
/// itself has one migration only.
///
/// # Panics
/// When its name is none for a migration, or one was added before.
#[doc(hidden)]
pub fn add_migration(name: &str, sql: &str) {
    let migration = refinery::Migration::unapplied(name, sql).expect("a name such as V2__what_it_does");
    assert!(NEXT.set(migration).is_ok(), "one migration can be added");
}
