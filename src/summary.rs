//! The lines at the end of a run: where the report is, and the headline numbers.

use std::path::Path;

use rusqlite::OptionalExtension;

use crate::config::Config;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style};
use crate::progress;
use crate::report::{self, large_shifts};

pub fn lines(shown: ShownRun<'_>, folder: &Path, config: &Config) -> Result<Vec<String>> {
    let code: String = shown.query_row("select currency_code from runs where run_id = ?1", |row| row.get(0))?;
    let style = config.currency.style(&code);
    let book = shown.query_row("select * from portfolio_by_run where run_id = ?1", |row| {
        let percent = |column: &str| -> rusqlite::Result<String> {
            Ok(row
                .get::<_, Option<f64>>(column)?
                .map_or("not defined".to_owned(), |percent| format::share(percent / 100.0)))
        };
        let live: i64 = row.get("live_loans")?;
        let ended = row.get::<_, f64>("closed_outstanding")? + row.get::<_, f64>("written_off_outstanding")?;
        let ended = if ended > 0.0 {
            format!("; {} on loans closed or written off", style.money(ended))
        } else {
            String::new()
        };
        let book = format!(
            "Book      {}, {} live with {} outstanding{ended}{}",
            style.loans(row.get("loans")?),
            style.count(live),
            style.money(row.get::<_, Option<f64>>("outstanding")?.unwrap_or(0.0)),
            lines_without_loan(shown)?
        );
        let at_risk = row.get::<_, Option<f64>>("balance_at_risk")?.filter(|_| live > 0);
        let at_risk = at_risk.map(|at_risk| format!("At risk   {} of the outstanding", style.money(at_risk)));
        let arrears = format!("Arrears   PAR30 {}, PAR90 {}", percent("par30_percent")?, percent("par90_percent")?);
        Ok([Some(book), at_risk, Some(arrears)])
    })?;
    let mut lines = vec![format!("Report    {}", folder.join("report.html").display())];
    lines.extend(book.into_iter().flatten());
    lines.push(format!("To do     {}", to_do(shown, &style)?));
    lines.push(format!("Scores    {}", scores(shown)?));
    Ok(lines)
}

/// The loans on the worklist, then the others, by strategy; where no loan is live, advice.
fn to_do(shown: ShownRun<'_>, style: &Style) -> Result<String> {
    let query = "select strategy, loans from strategy_summary_by_run
         where run_id = ?1 and loans > 0 and is_on_worklist = ?2
         order by position";
    let mut statement = shown.prepare(query)?;
    let mut by_strategy = |is_on_worklist: bool| -> Result<String> {
        let strategies = statement.query_map((shown.run_id, is_on_worklist), |row| {
            Ok(format!("{} {}", style.count(row.get("loans")?), row.get::<_, String>("strategy")?))
        })?;
        Ok(strategies.collect::<rusqlite::Result<Vec<_>>>()?.join("; "))
    };
    match (by_strategy(true)?.as_str(), by_strategy(false)?.as_str()) {
        ("", "") => {
            let advice = report::how_to_collect(shown)?.map_or_else(String::new, |advice| format!(". {advice}"));
            Ok(format!("nothing: no loan is live{advice}"))
        }
        ("", counted) => Ok(format!("nothing; not listed: {counted}")),
        (listed, "") => Ok(listed.to_owned()),
        (listed, counted) => Ok(format!("{listed}; not listed: {counted}")),
    }
}

/// The lines of the file that are not in the book.
fn lines_without_loan(shown: ShownRun<'_>) -> rusqlite::Result<String> {
    let query = "select coalesce(rows_rejected, 0), coalesce(lines_skipped, 0) from runs where run_id = ?1";
    let counts = shown.query_row(query, |row| Ok([row.get::<_, i64>(0)?, row.get(1)?])).optional()?;
    let kinds = counts.unwrap_or_default().into_iter().zip(["left out", "skipped"]).filter(|(lines, _)| *lines > 0);
    Ok(kinds.map(|(count, what)| format!("; {} {what}", progress::lines(count as u64))).collect())
}

fn scores(shown: ShownRun<'_>) -> Result<String> {
    let query = "select score_source, gate_reason from runs where run_id = ?1";
    let (source, reason) = shown.query_row(query, |row| {
        let reason: Option<String> = row.get("gate_reason")?;
        Ok((row.get::<_, String>("score_source")?, reason.unwrap_or_default()))
    })?;
    match source.as_str() {
        "policy" => Ok(format!("policy points: {reason}")),
        model => Ok(format!("{model}: {}", auc(shown, !reason.is_empty())?)),
    }
}

/// The AUC of the scores in use, with a warning where they cannot be relied on. Without a gate, the interval decides.
fn auc(shown: ShownRun<'_>, is_judged: bool) -> Result<String> {
    let query = "select auc, auc_lower_95, auc_upper_95, is_accepted from model_comparison_by_run
        where run_id = ?1 and is_in_use";
    let measured = shown.query_row(query, |row| {
        let [auc, lower, upper]: [Option<f64>; 3] =
            [row.get("auc")?, row.get("auc_lower_95")?, row.get("auc_upper_95")?];
        Ok((auc.zip(lower).zip(upper), row.get::<_, bool>("is_accepted")?))
    });
    let Some((Some(((auc, lower), upper)), is_accepted)) = measured.optional()? else {
        return Ok("not measured".to_owned());
    };
    let warning = match (is_judged, is_accepted, lower > 0.5) {
        (true, false, _) => ": refused by the gate, in use as requested",
        (false, _, false) => ": no better than chance, do not act on these scores",
        _ => "",
    };
    let query = "select group_concat(subject, ', ') from feature_audit_by_run
        where run_id = ?1 and verdict = 'warned'";
    let doubted = match shown.query_row(query, |row| row.get::<_, Option<String>>(0))? {
        Some(subjects) => format!(": written down after the outcome? {subjects}"),
        None => String::new(),
    };
    let shifted = match &large_shifts(shown)?[..] {
        [] => String::new(),
        subjects => format!(": may not hold for live loans, which differ a lot in {}", format::list(subjects)),
    };
    Ok(format!("out-of-sample AUC {auc:.2} ({lower:.2} to {upper:.2}; chance 0.50){warning}{doubted}{shifted}"))
}
