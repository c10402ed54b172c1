//! The register of loans: each loan once, by its id, with its borrower of the latest file. What no snapshot needs any more is
//! removed from it, with the loan's details.

use rusqlite::{CachedStatement, Connection, OptionalExtension, ToSql};

use crate::error::Result;

const DELETE_UNUSED_DETAILS: &str = "\
delete from loan_details
where not exists (
    select 1
    from loan_snapshots as loans
    where loans.loan_key = loan_details.loan_key
        and loans.details_number = loan_details.details_number
)";

pub struct Register<'run> {
    connection: &'run Connection,
    run_id: i64,
    find: CachedStatement<'run>,
    add: CachedStatement<'run>,
    /// New loans mostly follow new ones, and known ones known ones: what the last was is tried first.
    was_new: bool,
}

#[derive(Debug)]
pub struct RegisteredLoan {
    pub loan_key: i64,
    pub is_new: bool,
    /// The register has another borrower than the file.
    is_of_another: bool,
}

impl<'run> Register<'run> {
    pub fn open(connection: &'run Connection, run_id: i64) -> Result<Self> {
        Ok(Self {
            connection,
            run_id,
            find: connection
                .prepare_cached("select loan_key, borrower_id is not ?2 from loan_register where loan_id = ?1")?,
            add: connection.prepare_cached(
                "insert into loan_register (loan_id, borrower_id) values (?1, ?2) on conflict (loan_id) do nothing",
            )?,
            was_new: true,
        })
    }

    /// Finds the loan, or adds it with its borrower.
    pub fn loan(&mut self, loan_id: impl ToSql, borrower: impl ToSql) -> Result<RegisteredLoan> {
        let known = if self.was_new { None } else { self.find(&loan_id, &borrower)? };
        if let Some(known) = known {
            return Ok(known);
        }
        self.was_new = self.add.execute((&loan_id, &borrower))? == 1;
        if self.was_new {
            return Ok(RegisteredLoan {
                loan_key: self.connection.last_insert_rowid(),
                is_new: true,
                is_of_another: false,
            });
        }
        Ok(self.find(&loan_id, &borrower)?.expect("an id that cannot be added is there"))
    }

    /// The key of a loan that the register has already.
    pub fn key_of(&mut self, loan_id: impl ToSql) -> Result<Option<i64>> {
        Ok(self.find(loan_id, None::<String>)?.map(|loan| loan.loan_key))
    }

    fn find(&mut self, loan_id: impl ToSql, borrower: impl ToSql) -> Result<Option<RegisteredLoan>> {
        let found = self.find.query_row((loan_id, borrower), |row| {
            Ok(RegisteredLoan { loan_key: row.get(0)?, is_new: false, is_of_another: row.get(1)? })
        });
        Ok(found.optional()?)
    }

    /// Stores a changed borrower, after the snapshot of the loan.
    pub fn keep_borrower(&self, loan: &RegisteredLoan, borrower: impl ToSql) -> Result<()> {
        if !loan.is_of_another {
            return Ok(());
        }
        self.connection
            .prepare_cached(
                "insert into former_borrowers (loan_key, before_run_id, borrower_id)
                 select loan_key, ?2, borrower_id from loan_register where loan_key = ?1",
            )?
            .execute((loan.loan_key, self.run_id))?;
        self.connection
            .prepare_cached("update loan_register set borrower_id = ?2, is_borrower_changed = 1 where loan_key = ?1")?
            .execute((loan.loan_key, borrower))?;
        Ok(())
    }

    /// Removes this run's snapshot of a loan and what the register learnt from it; returns its line and borrower.
    pub fn withdraw(&self, loan_id: impl ToSql) -> Result<Option<(i64, Option<String>)>> {
        let snapshot = self
            .connection
            .prepare_cached(
                "select loans.snapshot_id, loan_key, loans.line, register.borrower_id
                 from loan_register as register
                 join loan_snapshots as loans using (loan_key)
                 where register.loan_id = ?1 and loans.run_id = ?2",
            )?
            .query_row((loan_id, self.run_id), |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, (row.get(2)?, row.get(3)?)))
            })
            .optional()?;
        let Some((snapshot_id, loan_key, found)) = snapshot else { return Ok(None) };
        let of_run = (loan_key, self.run_id);
        self.connection.execute("delete from loan_snapshots where snapshot_id = ?1", [snapshot_id])?;
        self.connection.execute(&format!("{DELETE_UNUSED_DETAILS} and loan_key = ?1"), [loan_key])?;
        self.connection.execute(
            "update loan_register
             set borrower_id = former.borrower_id
             from former_borrowers as former
             where loan_register.loan_key = ?1
                 and former.loan_key = ?1
                 and former.before_run_id = ?2",
            of_run,
        )?;
        self.connection.execute("delete from former_borrowers where loan_key = ?1 and before_run_id = ?2", of_run)?;
        self.connection.execute(
            "delete from loan_register
             where loan_key = ?1
                 and not exists (select 1 from loan_snapshots where loan_key = ?1)",
            [loan_key],
        )?;
        Ok(Some(found))
    }
}

/// Removes what no snapshot refers to: details, loans and former borrowers.
pub fn remove_unused(connection: &Connection) -> Result<()> {
    connection.execute(DELETE_UNUSED_DETAILS, [])?;
    connection.execute(
        "delete from loan_register
         where not exists (select 1 from loan_snapshots where loan_snapshots.loan_key = loan_register.loan_key)",
        [],
    )?;
    // A former borrower belongs to the snapshots between two changes.
    connection.execute(
        "delete from former_borrowers as former
         where not exists (
             select 1
             from loan_snapshots as loans
             where loans.loan_key = former.loan_key
                 and loans.run_id < former.before_run_id
                 and loans.run_id >= coalesce(
                     (
                         select max(earlier.before_run_id)
                         from former_borrowers as earlier
                         where earlier.loan_key = former.loan_key
                             and earlier.before_run_id < former.before_run_id
                     ),
                     0
                 )
         )",
        [],
    )?;
    // Where the snapshots since the last change are gone, the borrower before it is the latest.
    let is_latest = "not exists (
             select 1
             from former_borrowers as later
             where later.loan_key = former.loan_key and later.before_run_id > former.before_run_id
         )
         and not exists (
             select 1
             from loan_snapshots as loans
             where loans.loan_key = former.loan_key and loans.run_id >= former.before_run_id
         )";
    connection.execute(
        &format!(
            "update loan_register
             set borrower_id = former.borrower_id
             from former_borrowers as former
             where former.loan_key = loan_register.loan_key and {is_latest}"
        ),
        [],
    )?;
    connection.execute(&format!("delete from former_borrowers as former where {is_latest}"), [])?;
    Ok(())
}

/// Removes a borrower whose snapshots are gone, and the loans that only they had.
pub fn remove_borrower(connection: &Connection, borrower_id: &str) -> Result<()> {
    remove_unused(connection)?;
    connection.execute("update loan_register set borrower_id = null where borrower_id = ?1", [borrower_id])?;
    connection.execute("update former_borrowers set borrower_id = null where borrower_id = ?1", [borrower_id])?;
    Ok(())
}
