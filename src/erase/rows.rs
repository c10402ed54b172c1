//! A borrower in one database: finding and deleting their rows. Scores and decisions go with the loan, by the foreign keys.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::mentions::{self, Mentions};
use super::person::{Person, prepare_marks};
use super::{lines, naming};
use crate::error::Result;
use crate::register;

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Snapshots of their loans: a loan counts once in each run.
    pub loans: i64,
    pub rejects: i64,
    pub mentions: i64,
}

impl Found {
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Marks the person's loans and lines; returns the runs that they are in, with the number of loans in each.
fn mark(connection: &Connection, person: &Person) -> Result<BTreeMap<i64, i64>> {
    prepare_marks(connection, &person.loan_ids)?;
    let id = &person.borrower_id;
    // A loan without a borrower belongs to this one if its id does.
    let loans = "insert into temp.erased_loans (snapshot_id)
        select snapshot_id
        from temp.owned_loans
        where borrower_id = ?1
            or (borrower_id is null and loan_id in (select loan_id from temp.erased_loan_ids))";
    connection.execute(loans, [id])?;
    // A rejected line is theirs if a value in it is their id or that of their loan. An id that looks like no other value (?2)
    // counts in any column.
    let lines = "insert or ignore into temp.erased_lines (run_id, line)
        select run_id, line
        from loan_snapshots
        where snapshot_id in (select snapshot_id from temp.erased_loans)
        union all
        select run_id, line
        from rejects
        where borrower_id = ?1
            or (trim(value) = ?1 and (?2 or column_name = 'Borrower_ID'))
            or (column_name = 'Loan_ID' and trim(value) in (select loan_id from temp.erased_loan_ids))
            or (borrower_id is null and loan_key in (
                select loan_key from loan_register where loan_id in (select loan_id from temp.erased_loan_ids)
            ))";
    connection.execute(lines, (id, naming::is_unmistakable(id)))?;
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

pub fn days(connection: &Connection, person: &Person) -> Result<BTreeSet<String>> {
    let runs = mark(connection, person)?;
    let Mentions { runs: naming, .. } = mentions::visit(connection, person, false)?;
    let mut statement = connection.prepare("select as_of_date from runs where run_id = ?1")?;
    let runs: BTreeSet<i64> = runs.into_keys().chain(naming).collect();
    runs.iter().map(|run_id| Ok(statement.query_row([run_id], |row| row.get(0))?)).collect()
}

/// Deletes a person, in the caller's transaction, and records in `runs` how many loans were erased, and when.
pub fn erase(connection: &Connection, person: &Person, erased_at: &str) -> Result<Found> {
    let runs = mark(connection, person)?;
    let lines = "delete from rejects where (run_id, line) in (select run_id, line from temp.erased_lines)";
    let rejects = connection.execute(lines, [])?;
    // The register may keep the loan, if its id is another borrower's in other runs.
    for table in ["exits", "arrears_events", "vintage_events", "closed_loans"] {
        let history = format!(
            "delete from {table}
             where loan_key in (select loan_key from loan_snapshots join temp.erased_loans using (snapshot_id))"
        );
        connection.execute(&history, [])?;
    }
    let snapshots = "delete from loan_snapshots where snapshot_id in (select snapshot_id from temp.erased_loans)";
    let loans = connection.execute(snapshots, [])?;
    register::remove_borrower(connection, &person.borrower_id)?;
    let mentions = lines::erase(connection, person)? + mentions::visit(connection, person, true)?.count;
    for (run_id, loans) in runs {
        connection.execute(include_str!("narrow_run.sql"), [run_id])?;
        let note = "update runs set erased_loans = coalesce(erased_loans, 0) + ?2, erased_at = ?3 where run_id = ?1";
        connection.execute(note, (run_id, loans, erased_at))?;
    }
    Ok(Found { loans: loans as i64, rejects: rejects as i64, mentions })
}
