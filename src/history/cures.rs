//! What became of loans that fell over 30 days behind, by the calendar month in which they did.

use rusqlite::{Connection, Row};

use crate::chance::Chance;
use crate::config::History;
use crate::error::Result;
use crate::risk::evaluate::interval::{Z_95, wilson_of};

struct Behind {
    month: String,
    weeks_behind: Option<f64>,
    is_unpaid: bool,
    exit_reason: Option<String>,
    is_cured: Option<bool>,
    is_redefaulted: Option<bool>,
}

impl Behind {
    fn of_row(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            month: row.get("month")?,
            weeks_behind: row.get("weeks_behind")?,
            // Not known where instalments are interest alone.
            is_unpaid: row.get::<_, Option<bool>>("is_paid")? == Some(false),
            exit_reason: row.get("exit_reason")?,
            is_cured: row.get("is_cured")?,
            is_redefaulted: row.get("is_redefaulted")?,
        })
    }

    fn left_as(&self, reasons: &[&str]) -> bool {
        self.exit_reason.as_deref().is_some_and(|reason| reasons.contains(&reason))
    }
}

pub fn store(connection: &Connection, run_id: i64, history: &History, chance: &Chance) -> Result<()> {
    // Nothing more becomes of a month whose weeks have all passed, and its loans may be removed.
    connection.execute(include_str!("final_cures.sql"), [run_id])?;
    let mut statement = connection.prepare(include_str!("cures.sql"))?;
    let rows = statement.query_map((run_id, history.probation_weeks, history.redefault_weeks), Behind::of_row)?;
    let loans: Vec<Behind> = rows.collect::<rusqlite::Result<_>>()?;
    for of_month in loans.chunk_by(|one, other| one.month == other.month) {
        store_month(connection, run_id, of_month, chance)?;
    }
    Ok(())
}

fn store_month(connection: &Connection, run_id: i64, loans: &[Behind], chance: &Chance) -> Result<()> {
    let count = |is_counted: &dyn Fn(&Behind) -> bool| loans.iter().filter(|loan| is_counted(loan)).count() as i64;
    let weeks: Vec<f64> = loans.iter().filter_map(|loan| loan.weeks_behind).collect();
    let (all, caught_up) = (loans.len() as f64, weeks.len() as f64);
    let interval = wilson_of(caught_up / all, all * chance.independent_share(), Z_95);
    let is_known = |flag: &dyn Fn(&Behind) -> Option<bool>| loans.iter().all(|loan| flag(loan).is_some());
    let cured = |loan: &Behind| loan.is_cured == Some(true);
    connection.execute(
        "insert into cure_sums (
             run_id, month, loans, caught_up, caught_up_unpaid, paid_off, refinanced, lost, unknown,
             half_caught_up_weeks, lower_95, upper_95, cured, redefaulted
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        (
            run_id,
            &loans[0].month,
            loans.len() as i64,
            weeks.len() as i64,
            count(&|loan| loan.weeks_behind.is_some() && loan.is_unpaid),
            count(&|loan| loan.left_as(&["fully_recovered"])),
            count(&|loan| loan.left_as(&["refinanced"])),
            count(&|loan| loan.left_as(&["written_off", "partially_recovered"])),
            count(&|loan| loan.left_as(&["unknown"])),
            // The rows come in the order of the weeks.
            (!weeks.is_empty()).then(|| weeks[(weeks.len() - 1) / 2]),
            interval.lower,
            interval.upper,
            is_known(&|loan| loan.is_cured).then(|| count(&cured)),
            is_known(&|loan| loan.is_redefaulted)
                .then(|| count(&|loan| cured(loan) && loan.is_redefaulted == Some(true))),
        ),
    )?;
    Ok(())
}
