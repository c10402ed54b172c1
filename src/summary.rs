//! The six lines at the end of a run: where the report is, and the headline numbers.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::progress::grouped;

/// The lines, from the public views of the shown run.
///
/// # Errors
/// Those of the database.
pub fn lines(connection: &Connection, folder: &Path) -> Result<[String; 6]> {
    let book = connection.query_row("select * from portfolio", [], |row| {
        let money = |column: &str| -> rusqlite::Result<String> {
            let currency: String = row.get("currency_code")?;
            let amount: Option<f64> = row.get(column)?;
            Ok(format!("{currency} {}", grouped(amount.unwrap_or(0.0).round() as u64)))
        };
        let percent = |column: &str| -> rusqlite::Result<String> {
            Ok(row.get::<_, Option<f64>>(column)?.map_or("not defined".to_owned(), |share| format!("{share:.1} %")))
        };
        let loans: u64 = row.get::<_, i64>("loans")? as u64;
        let to_collect: u64 = row.get::<_, i64>("loans_to_collect")? as u64;
        let at_risk = match row.get::<_, Option<f64>>("balance_at_risk")? {
            Some(_) => format!("{} of {}", money("balance_at_risk")?, money("outstanding_to_collect")?),
            None => format!("no scores; {}", money("outstanding_to_collect")?),
        };
        Ok([
            format!("Book      {} loans, {} outstanding", grouped(loans), money("outstanding")?),
            format!("At risk   {at_risk} still to be collected on {} loans", grouped(to_collect)),
            format!("Arrears   PAR30 {}, PAR90 {}", percent("par30_percent")?, percent("par90_percent")?),
        ])
    })?;
    let mut statement = connection.prepare("select strategy, loans from strategy_summary order by position")?;
    let strategies = statement.query_map([], |row| {
        Ok(format!("{} {}", grouped(row.get::<_, i64>("loans")? as u64), row.get::<_, String>("strategy")?))
    })?;
    let strategies = strategies.collect::<rusqlite::Result<Vec<_>>>()?.join("; ");
    let [book, at_risk, arrears] = book;
    Ok([
        format!("Report    {}", folder.join("report.html").display()),
        book,
        at_risk,
        arrears,
        format!("To do     {strategies}"),
        format!("Scores    {}", scores(connection)?),
    ])
}

/// How good the scores are, or why there are none.
fn scores(connection: &Connection) -> Result<String> {
    let auc = connection
        .query_row("select value, lower_95, upper_95 from model_card where metric = 'auc'", [], |row| {
            Ok((row.get::<_, f64>("value")?, row.get::<_, f64>("lower_95")?, row.get::<_, f64>("upper_95")?))
        })
        .optional()?;
    if let Some((auc, lower, upper)) = auc {
        let verdict = if lower > 0.5 { "" } else { ": no better than chance, do not act on them" };
        return Ok(format!("out-of-bag AUC {auc:.2} ({lower:.2} to {upper:.2}; chance 0.50){verdict}"));
    }
    let reason: Option<String> =
        connection.query_row("select no_score_reason from shown_run", [], |row| row.get(0)).optional()?.flatten();
    Ok(format!("none: {}", reason.unwrap_or_default()))
}
