//! Stores a loan: what its snapshots have in common once, in `loan_details`, and what may change every week in
//! `loan_snapshots`. A week that says the same as the one before adds only the latter, which is a third of the bytes.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection};

use super::numbers::trimmed;
use super::parse::{Cell, Loan};
use super::records::Record;
use super::survey::Reading;
use crate::columns::{BORROWER_ID, COLLECTION_ATTEMPTS, COLUMNS, DAYS_PAST_DUE, MISSED_PAYMENTS, OUTSTANDING};
use crate::error::Result;
use crate::register::RegisteredLoan;

/// The columns of a snapshot. The two ids are in the register, and all others in the details.
const OF_SNAPSHOT: [usize; 4] = [OUTSTANDING, MISSED_PAYMENTS, DAYS_PAST_DUE, COLLECTION_ATTEMPTS];

/// The first parameters of the statements before those of the columns.
const DETAILS_FROM: usize = 3;
const SNAPSHOT_FROM: usize = 8;

pub struct Stored<'run> {
    run_id: i64,
    latest_details: CachedStatement<'run>,
    insert_details: CachedStatement<'run>,
    insert_snapshot: CachedStatement<'run>,
}

impl<'run> Stored<'run> {
    pub fn open(connection: &'run Connection, run_id: i64) -> Result<Self> {
        Ok(Self {
            run_id,
            latest_details: connection.prepare_cached(include_str!("latest_details.sql"))?,
            insert_details: connection.prepare_cached(include_str!("insert_details.sql"))?,
            insert_snapshot: connection.prepare_cached(include_str!("insert_snapshot.sql"))?,
        })
    }

    /// Gives whether the loan could be inserted; not so when the run has it already.
    pub fn insert(
        &mut self,
        registered: &RegisteredLoan,
        reading: &Reading,
        (record, loan): (&Record, &Loan),
    ) -> Result<bool> {
        let details_number = self.details(registered, reading, (record, loan))?;
        let insert = &mut self.insert_snapshot;
        insert.raw_bind_parameter(1, self.run_id)?;
        insert.raw_bind_parameter(2, registered.loan_key)?;
        insert.raw_bind_parameter(3, details_number)?;
        insert.raw_bind_parameter(4, record.line as i64)?;
        insert.raw_bind_parameter(5, loan.outcome)?;
        insert.raw_bind_parameter(6, loan.is_closed)?;
        insert.raw_bind_parameter(7, loan.overpaid)?;
        for (place, slot) in OF_SNAPSHOT.into_iter().enumerate() {
            bind(insert, SNAPSHOT_FROM + place, slot, reading, (record, loan))?;
        }
        Ok(insert.raw_execute()? == 1)
    }

    /// The number of the loan's details: the latest if nothing has changed, or new ones.
    fn details(
        &mut self,
        registered: &RegisteredLoan,
        reading: &Reading,
        (record, loan): (&Record, &Loan),
    ) -> Result<i64> {
        let mut latest = 0;
        if !registered.is_new {
            bind_details(&mut self.latest_details, registered, reading, (record, loan))?;
            let mut rows = self.latest_details.raw_query();
            if let Some(row) = rows.next()? {
                latest = row.get("details_number")?;
                if row.get("is_same")? {
                    return Ok(latest);
                }
            }
        }
        self.insert_details.raw_bind_parameter(2, latest + 1)?;
        bind_details(&mut self.insert_details, registered, reading, (record, loan))?;
        self.insert_details.raw_execute()?;
        Ok(latest + 1)
    }
}

fn bind_details(
    statement: &mut CachedStatement,
    registered: &RegisteredLoan,
    reading: &Reading,
    (record, loan): (&Record, &Loan),
) -> Result<()> {
    statement.raw_bind_parameter(1, registered.loan_key)?;
    let slots = (BORROWER_ID + 1..COLUMNS.len()).filter(|slot| !OF_SNAPSHOT.contains(slot));
    let mut parameter = DETAILS_FROM;
    for slot in slots {
        bind(statement, parameter, slot, reading, (record, loan))?;
        parameter += 1;
    }
    statement.raw_bind_parameter(parameter, loan.extra.as_deref())?;
    Ok(())
}

fn bind(
    statement: &mut CachedStatement,
    parameter: usize,
    slot: usize,
    reading: &Reading,
    (record, loan): (&Record, &Loan),
) -> Result<()> {
    let value = match loan.cells[slot] {
        Cell::Missing => ValueRef::Null,
        Cell::Text => {
            let kept = |field: usize| reading.kept(field, trimmed(record.field(field)));
            ValueRef::Text(reading.dialect.map.fields[slot].and_then(kept).unwrap_or_default())
        }
        Cell::Integer(number) => ValueRef::Integer(number),
        Cell::Real(number) => ValueRef::Real(number),
        Cell::Date(date) => {
            statement.raw_bind_parameter(parameter, date.to_string())?;
            return Ok(());
        }
    };
    statement.raw_bind_parameter(parameter, ToSqlOutput::Borrowed(value))?;
    Ok(())
}
