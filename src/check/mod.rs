//! `recoup check`: what an import of a file would do.
//!
//! It runs the import of a run into a temporary database, so the two cannot disagree. For a file that would be refused, it
//! continues and reports what else is wrong.

use std::fmt::Write;

use chrono::NaiveDate;
use rusqlite::Connection;
use serde::Serialize;

use crate::config::Config;
use crate::db;
use crate::error::{Error, Refusal, Result};
use crate::import::{self, Expected, FileRead, Imported, Source, Warning};
use crate::progress;
use crate::run::{self, Accepted};

const SHOWN_REJECTS: i64 = 20;
const SHOWN_REASONS: i64 = 10;
const SHOWN_SKIPPED: i64 = 10;

pub const SCRATCH_RUN: i64 = 1;

#[derive(Debug, Serialize)]
pub struct CheckResult {
    file: String,
    is_accepted: bool,
    problems: Vec<String>,
    file_read: Option<FileRead>,
    warnings: Vec<Warning>,
    /// What would be loaded, or, for a refused file, what can be read.
    import: Option<Imported>,
    reject_reasons: Vec<RejectReason>,
    /// Without the values, which may be personal.
    first_rejects: Vec<Reject>,
    first_skipped: Vec<Skipped>,
    #[serde(skip)]
    refusal: Option<Refusal>,
}

#[derive(Debug, Serialize)]
struct RejectReason {
    column: Option<String>,
    reason: String,
    is_row_left_out: bool,
    lines: i64,
    first_line: i64,
}

#[derive(Debug, Serialize)]
struct Reject {
    line: i64,
    column: Option<String>,
    reason: String,
    is_row_left_out: bool,
}

#[derive(Debug, Serialize)]
struct Skipped {
    line: i64,
    reason: String,
    content: String,
}

#[derive(Debug)]
pub struct Since<'a> {
    pub earlier_runs: Option<&'a Connection>,
    pub day: NaiveDate,
    pub accepted: Accepted,
}

/// Imports the file into a temporary database. A refusal is a result, not an error.
pub fn check(source: &Source, config: &Config, expected: &Expected, since: &Since) -> Result<CheckResult> {
    let mut connection = db::open_scratch()?;
    let connection = connection.transaction()?;
    begin_scratch_run(&connection)?;
    connection.execute("update runs set as_of_date = ?1", [since.day.to_string()])?;
    let (import, refusal) = match import::try_out(&connection, SCRATCH_RUN, source, config, expected) {
        Ok((mut imported, mut problems)) => {
            let shrink = imported.shrink.take();
            if let Some(shrink) = shrink
                && (!problems.is_empty() || !keeps_live_loans(&connection, &imported, config, since)?)
            {
                problems.push(shrink);
            }
            if problems.is_empty() {
                problems = problems_since(&connection, &imported, config, since)?;
            }
            let refusal = (!problems.is_empty()).then(|| Refusal { file: source.path.clone(), problems });
            (Some(imported), refusal)
        }
        Err(Error::Refused(refusal)) => (None, Some(refusal)),
        Err(error) => return Err(error),
    };
    let mut statement = connection
        .prepare("select line, column_name, reason, is_row_left_out from rejects order by line, reject_id limit ?1")?;
    let first_rejects = statement.query_map([SHOWN_REJECTS], |row| {
        Ok(Reject {
            line: row.get("line")?,
            column: row.get("column_name")?,
            reason: row.get("reason")?,
            is_row_left_out: row.get("is_row_left_out")?,
        })
    })?;
    let mut statement = connection.prepare("select line, reason, content from skipped_lines order by line limit ?1")?;
    let first_skipped = statement.query_map([SHOWN_SKIPPED], |row| {
        Ok(Skipped { line: row.get("line")?, reason: row.get("reason")?, content: row.get("content")? })
    })?;
    Ok(CheckResult {
        file: source.name(),
        warnings: import.as_ref().map(|import| import.warnings.clone()).unwrap_or_default(),
        file_read: import.as_ref().map(|import| import.read.clone()),
        is_accepted: refusal.is_none(),
        problems: refusal.as_ref().map(|refusal| refusal.problems.clone()).unwrap_or_default(),
        import,
        reject_reasons: reject_reasons(&connection)?,
        first_rejects: first_rejects.collect::<rusqlite::Result<_>>()?,
        first_skipped: first_skipped.collect::<rusqlite::Result<_>>()?,
        refusal,
    })
}

fn reject_reasons(connection: &Connection) -> Result<Vec<RejectReason>> {
    let mut statement = connection.prepare(include_str!("reject_reasons.sql"))?;
    let reasons = statement.query_map([SHOWN_REASONS], |row| {
        Ok(RejectReason {
            column: row.get("column_name")?,
            reason: row.get("reason")?,
            is_row_left_out: row.get("is_row_left_out")?,
            lines: row.get("lines")?,
            first_line: row.get("first_line")?,
        })
    })?;
    Ok(reasons.collect::<rusqlite::Result<_>>()?)
}

fn problems_since(connection: &Connection, imported: &Imported, config: &Config, since: &Since) -> Result<Vec<String>> {
    let Some(earlier_runs) = since.earlier_runs else { return Ok(Vec::new()) };
    let accepted = since.accepted.or_configured(config);
    run::problems_since((connection, imported.snapshots), earlier_runs, since.day, config, accepted)
}

fn keeps_live_loans(connection: &Connection, imported: &Imported, config: &Config, since: &Since) -> Result<bool> {
    let Some(earlier_runs) = since.earlier_runs else { return Ok(false) };
    run::keeps_live_loans((connection, imported.snapshots), earlier_runs, run::latest(earlier_runs, config)?)
}

pub fn begin_scratch_run(connection: &Connection) -> Result<()> {
    connection.execute(
        "insert into runs (
            run_id, status, as_of_date, input_name, config_sha256, program_version, currency_code, currency_scale, seed,
            started_at, finished_at
        )
        values (?1, 'complete', '', '', '', '', '', 1, 0, '', '')",
        [SCRATCH_RUN],
    )?;
    Ok(())
}

impl CheckResult {
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let mut line = |what: &str, value: &str| writeln!(text, "{what:<18} {value}").expect("text takes every line");
        line("file", &self.file);
        line("verdict", if self.is_accepted { "would be loaded" } else { "would be refused" });
        if let Some(read) = &self.file_read {
            line("encoding", read.encoding);
            line("separator", read.separator);
            line("header", &format!("in line {}", read.header_line));
            for column in &read.columns {
                let what = column.standard_name.unwrap_or("kept");
                line("column", &format!("{}: {what}, {}", column.header, column.taken_for));
            }
        }
        if let Some(import) = &self.import {
            line("lines skipped", &import.lines_skipped.to_string());
            line("lines read", &import.lines_read.to_string());
            line(if self.is_accepted { "loans loaded" } else { "loans readable" }, &import.loans_loaded.to_string());
            line("lines left out", &import.rows_rejected.to_string());
            line("fields unreadable", &format!("{} (treated as missing)", import.fields_rejected));
            if !import.columns_absent.is_empty() {
                line("columns absent", &format!("{} (all values missing)", import.columns_absent.join(", ")));
            }
            if !import.feature_columns_absent.is_empty() {
                line("features absent", &format!("{} (not in the file)", import.feature_columns_absent.join(", ")));
            }
        }
        for warning in &self.warnings {
            line("warning", &warning.words());
        }
        for skipped in &self.first_skipped {
            line(&format!("line {}", skipped.line), &format!("skipped: {} ({:?})", skipped.reason, skipped.content));
        }
        for RejectReason { column, reason, is_row_left_out, lines, first_line } in &self.reject_reasons {
            line(
                &progress::lines(*lines as u64),
                &format!("{} (the first is line {first_line})", words(column, reason, *is_row_left_out)),
            );
        }
        for Reject { line: number, column, reason, is_row_left_out } in &self.first_rejects {
            line(&format!("line {number}"), &words(column, reason, *is_row_left_out));
        }
        text
    }

    pub fn into_verdict(self) -> Result<()> {
        self.refusal.map_or(Ok(()), |refusal| Err(Error::Refused(refusal)))
    }
}

fn words(column: &Option<String>, reason: &str, is_row_left_out: bool) -> String {
    let column = column.as_deref().map_or_else(String::new, |column| format!("{column}: "));
    let effect = if is_row_left_out { "line left out" } else { "field treated as missing" };
    format!("{column}{reason} ({effect})")
}
