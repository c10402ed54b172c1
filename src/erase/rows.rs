//! A borrower in one database: what is found there, and how it goes.
//!
//! What was found out and decided about a loan goes with the loan, by the foreign keys.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::mentions::{self, Mentions};
use super::person::{Person, prepare_marks};
use super::{lines, naming};
use crate::error::Result;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Snapshots of their loans: a loan counts once in each run.
    pub loans: i64,
    pub rejects: i64,
    /// Places of others that name them.
    pub mentions: i64,
}

impl Found {
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Lists the loans and lines that are the person's; gives the runs that they are of, with the loans of each.
fn mark(connection: &Connection, person: &Person) -> Result<BTreeMap<i64, i64>> {
    prepare_marks(connection, &person.loan_ids)?;
    let id = &person.borrower_id;
    connection.execute(include_str!("mark_loans.sql"), [id])?;
    connection.execute(include_str!("mark_loan_lines.sql"), [])?;
    connection.execute(include_str!("mark_value_lines.sql"), (id, naming::is_unmistakable(id)))?;
    connection.execute(include_str!("mark_borrower_lines.sql"), [id])?;
    let mut statement = connection.prepare(include_str!("count_by_run.sql"))?;
    let runs = statement.query_map([], |row| Ok((row.get("run_id")?, row.get("loans")?)))?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

pub fn find(connection: &Connection, person: &Person) -> Result<Found> {
    let runs = mark(connection, person)?;
    let rejects = "select count(*) from rejects join temp.erased_lines using (run_id, line)";
    Ok(Found {
        loans: runs.values().sum(),
        rejects: connection.query_row(rejects, [], |row| row.get(0))?,
        mentions: lines::find(connection, person)?.len() as i64 + mentions::visit(connection, person, false)?.count,
    })
}

/// The days of the runs that hold a person's loans, or name them elsewhere.
pub fn days(connection: &Connection, person: &Person) -> Result<BTreeSet<String>> {
    let runs = mark(connection, person)?;
    let Mentions { runs: naming, .. } = mentions::visit(connection, person, false)?;
    let mut statement = connection.prepare("select as_of_date from runs where run_id = ?1")?;
    let runs: BTreeSet<i64> = runs.into_keys().chain(naming).collect();
    runs.iter().map(|run_id| Ok(statement.query_row([run_id], |row| row.get(0))?)).collect()
}

/// Takes a person out, in the caller's transaction, and leaves in the runs how many loans went, and when.
pub fn erase(connection: &Connection, person: &Person, erased_at: &str) -> Result<Found> {
    let runs = mark(connection, person)?;
    let rejects = connection.execute(include_str!("delete_lines.sql"), [])?;
    let loans = connection.execute(include_str!("delete_loans.sql"), [])?;
    let mentions = lines::erase(connection, person)? + mentions::visit(connection, person, true)?.count;
    for (run_id, loans) in runs {
        connection.execute(include_str!("narrow_run.sql"), [run_id])?;
        connection.execute(include_str!("note_run.sql"), (run_id, loans, erased_at))?;
    }
    Ok(Found { loans: loans as i64, rejects: rejects as i64, mentions })
}
