//! The quality of the data and the identity of the run. Rejected values are never shown: they are personal.

use super::format::{self, Style};
use super::model::checks;
use super::model::trust::ScoreDecision;
use super::table::Table;
use crate::db::ShownRun;
use crate::error::Result;

pub const DATA_QUALITY: &str = "\
select position, column_name, loans, filled, missing, values_unreadable
from data_quality_by_run
where run_id = ?1
order by position;
";
pub const REJECTS: &str = "\
select line, column_name, reason, is_row_left_out
from rejects
where run_id = ?1
order by line, column_name, reject_id
limit 20;
";
pub const WARNINGS: &str = "\
select warning
from run_warnings
where run_id = ?1
order by position
";
pub const RUN: &str = include_str!("queries/run.sql");

pub struct RunFacts {
    /// That the history up to the run was made again after it, and when.
    pub restated: Option<String>,
    /// With these the run can be repeated.
    pub facts: Vec<(&'static str, String)>,
    pub lines_read: Option<i64>,
    /// Not known for runs of the first version.
    pub lines_skipped: Option<i64>,
    pub loans_loaded: Option<i64>,
    pub rows_rejected: Option<i64>,
    pub problems: i64,
    pub values_unreadable: i64,
    pub decision: ScoreDecision,
}

pub fn run(shown: ShownRun<'_>) -> Result<RunFacts> {
    let large_shifts = checks::large_shifts(shown)?;
    let is_unlike_live = checks::is_unlike_live(shown)?;
    Ok(shown.query_row(RUN, |row| {
        let as_of: String = row.get("as_of_date")?;
        let hash = |name| -> rusqlite::Result<String> {
            Ok(row.get::<_, Option<String>>(name)?.unwrap_or_else(|| format::NONE.to_owned()))
        };
        let restated: Option<String> = row.get("restated_at")?;
        Ok(RunFacts {
            restated: restated.map(|at| {
                let day = at.split('T').next().unwrap_or_default();
                format!("Restated on {}, after an earlier week was corrected.", format::date(day))
            }),
            facts: vec![
                ("Run", row.get::<_, i64>("run_id")?.to_string()),
                ("As-of date", format::date(&as_of)),
                ("Input file", row.get("input_name")?),
                ("Input SHA-256", hash("input_sha256")?),
                ("Configuration SHA-256", hash("config_sha256")?),
                ("Program", format!("recoup {}", row.get::<_, String>("program_version")?)),
                ("Seed", row.get::<_, i64>("seed")?.to_string()),
            ],
            lines_read: row.get("lines_read")?,
            lines_skipped: row.get("lines_skipped")?,
            loans_loaded: row.get("loans_loaded")?,
            rows_rejected: row.get("rows_rejected")?,
            problems: row.get("problems")?,
            values_unreadable: row.get("values_unreadable")?,
            decision: ScoreDecision {
                source: row.get("score_source")?,
                gate_reason: row.get("gate_reason")?,
                is_doubted: row.get("is_doubted")?,
                forced_model: row.get("forced_model")?,
                is_unlike_live,
                large_shifts,
            },
        })
    })?)
}

pub struct DataQuality {
    pub sentence: String,
    /// Sentences.
    pub warnings: Vec<String>,
    pub columns: Table,
    pub empty_columns: Option<String>,
    pub rejects: Option<Table>,
}

pub fn data_quality(shown: ShownRun<'_>, run: &RunFacts, style: &Style) -> Result<DataQuality> {
    let mut statement = shown.prepare(DATA_QUALITY)?;
    let mut rows = statement.query([shown.run_id])?;
    let (mut lines, mut empty) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let name: String = row.get("column_name")?;
        let (filled, unreadable): (i64, i64) = (row.get("filled")?, row.get("values_unreadable")?);
        if filled == 0 && unreadable == 0 {
            empty.push(name);
            continue;
        }
        lines.push(vec![name, style.count(filled), style.count(row.get("missing")?), style.count(unreadable)]);
    }
    let labels = ["Column", "#Filled", "#Missing", "#Unreadable"];
    let empty_columns = (!empty.is_empty()).then(|| format!("Empty or not in the file: {}.", format::list(&empty)));
    Ok(DataQuality {
        sentence: sentence(run, style),
        warnings: warnings(shown)?,
        columns: Table::new("Loans with and without a value, by column of the file", &labels, lines),
        empty_columns,
        rejects: rejects(shown, run, style)?,
    })
}

fn warnings(shown: ShownRun<'_>) -> Result<Vec<String>> {
    // A warning begins with the name of a column, which keeps its case.
    Ok(shown.rows(WARNINGS, |row| Ok(format!("Check the file: {}.", row.get::<_, String>("warning")?)))?)
}

fn sentence(run: &RunFacts, style: &Style) -> String {
    let number = |value: Option<i64>| value.map_or_else(|| format::NONE.to_owned(), |value| style.count(value));
    format!(
        "Data lines read: {}; loaded as loans: {}; left out: {}. Lines skipped because they are not loans: {}. {}",
        number(run.lines_read),
        number(run.loans_loaded),
        number(run.rows_rejected),
        number(run.lines_skipped),
        match run.problems {
            0 => "No value was unreadable.".to_owned(),
            1 => "1 problem was found. An unreadable value counts as missing unless the loan needs it.".to_owned(),
            problems => format!(
                "{} problems were found. An unreadable value counts as missing unless the loan needs it.",
                style.count(problems)
            ),
        }
    )
}

fn rejects(shown: ShownRun<'_>, run: &RunFacts, style: &Style) -> Result<Option<Table>> {
    if run.problems == 0 {
        return Ok(None);
    }
    let rows: Vec<Vec<String>> = shown.rows(REJECTS, |row| {
        let is_left_out: bool = row.get("is_row_left_out")?;
        Ok(vec![
            style.count(row.get("line")?),
            row.get::<_, Option<String>>("column_name")?.unwrap_or_else(|| "whole line".to_owned()),
            row.get("reason")?,
            if is_left_out { "line left out" } else { "counted as missing" }.to_owned(),
        ])
    })?;
    let caption = format!(
        "The first {} of {} problems; the values are in the table rejects",
        rows.len(),
        style.count(run.problems)
    );
    Ok(Some(Table::new(caption, &["#Line", "Column", "Reason", "What was done"], rows)))
}
