//! The borrower to erase, with the ids of their loans in every known database.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::error::Result;

#[derive(Debug)]
pub struct Person {
    pub borrower_id: String,
    pub loan_ids: BTreeSet<String>,
    /// Ids of theirs that are also the id of another borrower's loan.
    shared_ids: BTreeSet<String>,
}

impl Person {
    pub fn new(borrower_id: &str) -> Self {
        Self { borrower_id: borrower_id.to_owned(), loan_ids: BTreeSet::new(), shared_ids: BTreeSet::new() }
    }

    /// Adds the loans in a database. A loan id that another borrower has too identifies nobody.
    pub fn learn_loans(&mut self, connection: &Connection) -> Result<()> {
        let loaded = "select loan_id from loan_register where borrower_id = ?1
            union
            select loan_id
            from former_borrowers join loan_register using (loan_key)
            where former_borrowers.borrower_id = ?1";
        let renumbered = "select former_loan_ids.loan_id
            from former_loan_ids
            join loan_register using (loan_key)
            left join former_borrowers using (loan_key)
            where ?1 in (loan_register.borrower_id, former_borrowers.borrower_id)";
        let left_out = "select distinct trim(value) as loan_id
            from rejects
            where borrower_id = ?1 and column_name = 'Loan_ID' and value is not null";
        for query in [loaded, renumbered, left_out] {
            self.loan_ids.append(&mut texts(connection, query, &self.borrower_id)?);
        }
        prepare_marks(connection, &self.loan_ids)?;
        let shared = "select distinct loan_id
            from temp.owned_loans
            where loan_id in (select loan_id from temp.erased_loan_ids) and borrower_id <> ?1";
        self.shared_ids.append(&mut texts(connection, shared, &self.borrower_id)?);
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

/// Makes the temporary tables for what is theirs, and lists the ids of their loans there.
pub(super) fn prepare_marks(connection: &Connection, loan_ids: &BTreeSet<String>) -> Result<()> {
    connection.pragma_update(None, "temp_store", "memory")?;
    connection.execute_batch(include_str!("marks.sql"))?;
    let mut insert = connection.prepare("insert into temp.erased_loan_ids (loan_id) values (?1)")?;
    for loan_id in loan_ids {
        insert.execute([loan_id])?;
    }
    Ok(())
}
