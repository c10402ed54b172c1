//! Whom to erase: a borrower, and the ids of their loans in every database that is known of.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::error::Result;

#[derive(Debug)]
pub struct Person {
    pub borrower_id: String,
    /// Their loans, in any run of any database.
    pub loan_ids: BTreeSet<String>,
    /// Ids of theirs under which somebody else has a loan, too.
    shared_ids: BTreeSet<String>,
}

impl Person {
    pub fn new(borrower_id: &str) -> Self {
        Self { borrower_id: borrower_id.to_owned(), loan_ids: BTreeSet::new(), shared_ids: BTreeSet::new() }
    }

    /// Adds the loans that a database knows of. An id under which somebody else has a loan, too, does not say whose it is.
    pub fn learn_loans(&mut self, connection: &Connection) -> Result<()> {
        for query in [include_str!("loan_ids.sql"), include_str!("loan_ids_left_out.sql")] {
            self.loan_ids.append(&mut texts(connection, query, &self.borrower_id)?);
        }
        prepare_marks(connection, &self.loan_ids)?;
        self.shared_ids.append(&mut texts(connection, include_str!("held_by_others.sql"), &self.borrower_id)?);
        self.loan_ids.retain(|id| !self.shared_ids.contains(id));
        Ok(())
    }

    pub fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.borrower_id).chain(&self.loan_ids).map(String::as_str)
    }
}

fn texts(connection: &Connection, query: &str, borrower_id: &str) -> Result<BTreeSet<String>> {
    let mut statement = connection.prepare(query)?;
    let ids = statement.query_map([borrower_id], |row| row.get("loan_id"))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

/// Makes the lists of this connection, and fills in the ids of the loans. They are in memory and nobody else's.
pub(super) fn prepare_marks(connection: &Connection, loan_ids: &BTreeSet<String>) -> Result<()> {
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.execute_batch(include_str!("marks.sql"))?;
    let mut insert = connection.prepare("insert into temp.erased_loan_ids (loan_id) values (?1)")?;
    for loan_id in loan_ids {
        insert.execute([loan_id])?;
    }
    Ok(())
}
