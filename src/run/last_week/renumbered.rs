//! Whether the loans that are gone are in the file under other ids that no spelling explains: a loan of the same borrower, the
//! same amount, and about the same balance.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::Connection;

use super::{Before, EarlierRun};
use crate::error::Result;

/// The same loan may have been paid since, or charged.
const BALANCE_WITHIN_PERCENT: i64 = 10;

/// One row a loan whose borrower and amount are known.
const LOANS: &str = "\
select
    register.loan_id,
    register.borrower_id,
    details.loan_amount_minor,
    loans.outstanding_minor
from loan_snapshots as loans
join loan_register as register using (loan_key)
join loan_details as details using (loan_key, details_number)
where loans.snapshot_id between ?1 and ?2
    and loans.is_live
    and register.borrower_id is not null
    and details.loan_amount_minor is not null
order by register.loan_id
";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Renumbered {
    pub(super) loans: u64,
    pub(super) before: String,
    pub(super) now: String,
}

/// What was gone and is there under another id, at least half of what is gone, with the first such loan.
pub(super) fn renumbered(
    (book, range): (&Connection, (i64, i64)),
    (earlier_runs, earlier): (&Connection, &EarlierRun),
    missing: &HashMap<String, Before>,
) -> Result<Option<Renumbered>> {
    let known = ids(earlier_runs, earlier.range)?;
    let mut new: BTreeMap<(String, i64), Vec<(String, i64)>> = BTreeMap::new();
    each(book, range, |id, loan, balance| {
        if !known.contains(&id) {
            new.entry(loan).or_default().push((id, balance));
        }
    })?;
    let (mut loans, mut first) = (0, None);
    each(earlier_runs, earlier.range, |id, loan, balance| {
        let Some(of_loan) = new.get_mut(&loan).filter(|_| missing.contains_key(&id)) else { return };
        let is_near = |now: i64| (now - balance).abs() * 100 <= balance * BALANCE_WITHIN_PERCENT;
        if let Some(place) = of_loan.iter().position(|(_, now)| is_near(*now)) {
            let (now, _) = of_loan.remove(place);
            loans += 1;
            first.get_or_insert((id, now));
        }
    })?;
    let found = first.filter(|_| loans * 2 >= missing.len() as u64);
    Ok(found.map(|(before, now)| Renumbered { loans, before, now }))
}

fn ids(connection: &Connection, range: (i64, i64)) -> Result<HashSet<String>> {
    let mut statement = connection.prepare(super::LOANS)?;
    let ids = statement.query_map(range, |row| row.get("loan_id"))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

fn each(connection: &Connection, range: (i64, i64), mut of_loan: impl FnMut(String, (String, i64), i64)) -> Result<()> {
    let mut statement = connection.prepare(LOANS)?;
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        of_loan(row.get(0)?, (row.get(1)?, row.get(2)?), row.get(3)?);
    }
    Ok(())
}
