//! The balance by days past due, beside that of the run before.

use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, share};

pub const ARREARS: &str = "\
select
    position, bucket, loans, outstanding, outstanding_percent,
    outstanding_before
from arrears_summary_by_run
where run_id = ?1
order by position;
";

pub struct Arrears {
    pub rows: Vec<ArrearsBucket>,
    /// The day of the earlier balances, where there are any.
    pub since: Option<String>,
}

pub struct ArrearsBucket {
    pub name: String,
    pub loans: String,
    /// "3 loans".
    pub loans_counted: String,
    pub balance: String,
    pub share: String,
    /// Of the bar, in whole percent of the book.
    pub width_percent: u32,
    pub before: String,
    pub change: String,
}

/// `None` where nothing is owed.
pub fn read(shown: ShownRun<'_>, since: Option<&str>, style: &Style) -> Result<Option<Arrears>> {
    let mut statement = shown.prepare(ARREARS)?;
    let mut is_owed = false;
    let mut is_compared = false;
    let rows = statement.query_map([shown.run_id], |row| {
        let percent: Option<f64> = row.get("outstanding_percent")?;
        let now: f64 = row.get("outstanding")?;
        let before: Option<f64> = row.get("outstanding_before")?;
        is_owed |= percent.is_some();
        is_compared |= before.is_some();
        Ok(ArrearsBucket {
            name: row.get("bucket")?,
            loans: style.count(row.get("loans")?),
            loans_counted: style.loans(row.get("loans")?),
            balance: style.money(now),
            share: share(percent.unwrap_or(0.0) / 100.0),
            width_percent: percent.unwrap_or(0.0).round() as u32,
            before: before.map_or_else(|| format::NONE.to_owned(), |before| style.money(before)),
            change: before
                .map_or_else(|| format::NONE.to_owned(), |before| signed(now.round() - before.round(), style)),
        })
    })?;
    let rows: Vec<ArrearsBucket> = rows.collect::<rusqlite::Result<_>>()?;
    let since = since.filter(|_| is_compared).map(str::to_owned);
    Ok(is_owed.then_some(Arrears { rows, since }))
}

fn signed(change: f64, style: &Style) -> String {
    if change > 0.0 { format!("+{}", style.money(change)) } else { style.money(change) }
}
