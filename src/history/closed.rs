//! A list of closed loans and their reasons, for loans that left the files without one.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::remake::restate;
use crate::columns::normalised;
use crate::config::{Config, Status, letters_of};
use crate::db;
use crate::error::{Error, Result};
use crate::import::Source;

/// Named in a refusal at most.
const MOST_PROBLEMS: usize = 10;

#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    pub loans: usize,
    /// In no file so far.
    pub unknown: usize,
    /// Runs whose history was made again.
    pub restated: usize,
}

/// Takes the reasons of a CSV with a loan id and a status a line, and makes the history of the runs again in which such loans
/// left.
///
/// # Errors
/// When a line or a word cannot be understood; then nothing is changed.
pub fn take_reasons(source: &Source, database: &Path, config: &Config, now: DateTime<Utc>) -> Result<Closed> {
    let reasons = read(source, config)?;
    let now = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    db::change(database, "reading closed loans", |connection| store(connection, &reasons, config, &now))
}

fn store(connection: &Connection, reasons: &BTreeMap<String, &str>, config: &Config, now: &str) -> Result<Closed> {
    let mut known = connection.prepare("select loan_key from loan_register where loan_id = ?1")?;
    let mut insert = connection
        .prepare("insert or replace into closed_loans (loan_key, reason, recorded_at) values (?1, ?2, ?3)")?;
    let mut loans = 0;
    for (loan_id, reason) in reasons {
        if let Some(loan_key) = known.query_row([loan_id], |row| row.get::<_, i64>(0)).optional()? {
            insert.execute((loan_key, reason, now))?;
            loans += 1;
        }
    }
    let affected = "select compared_runs.compared_run_id
        from exits
        join closed_loans using (loan_key)
        join runs using (run_id)
        join compared_runs using (run_id)
        where exits.basis <> 'stated' and exits.reason <> closed_loans.reason
        order by runs.place
        limit 1";
    let after: Option<i64> = connection.query_row(affected, [], |row| row.get(0)).optional()?;
    let restated = after.map_or_else(|| Ok(Vec::new()), |after| restate(connection, after, config, now))?;
    Ok(Closed { loans, unknown: reasons.len() - loans, restated: restated.len() })
}

/// The reason of each loan; the last line of a loan counts.
fn read(source: &Source, config: &Config) -> Result<BTreeMap<String, &'static str>> {
    let bytes = std::fs::read(&source.path).map_err(|error| Error::io("read", &source.path, error))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| source.refused(vec!["it is not UTF-8: save it as “CSV UTF-8”".to_owned()]))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let first = text.lines().next().unwrap_or_default();
    let separator =
        [b',', b';', b'\t'].into_iter().max_by_key(|mark| first.bytes().filter(|byte| byte == mark).count());
    let mut lines = csv::ReaderBuilder::new().delimiter(separator.unwrap_or(b',')).from_reader(text.as_bytes());
    let header = lines.headers().map_err(|error| source.refused(vec![error.to_string()]))?.clone();
    let column = |standard: &str| {
        let own = config.columns.get(standard).map_or(standard, String::as_str);
        header.iter().position(|name| [standard, own].iter().any(|wanted| normalised(wanted) == normalised(name)))
    };
    let (Some(id), Some(status)) = (column("Loan_ID"), column("Recovery_Status")) else {
        let found: Vec<&str> = header.iter().collect();
        return Err(source.refused(vec![format!(
            "it needs the columns Loan_ID and Recovery_Status, or those that [columns] in recoup.toml names; it has {}",
            found.join(", ")
        )]));
    };
    let statuses = config.outcome.statuses();
    let (mut reasons, mut problems) = (BTreeMap::new(), Vec::new());
    for (number, line) in (2..).zip(lines.records()) {
        match line.map_err(|error| error.to_string()).and_then(|line| reason(&line, id, status, &statuses)) {
            Ok((loan, reason)) => drop(reasons.insert(loan, reason)),
            Err(problem) => problems.push(format!("line {number}: {problem}")),
        }
    }
    if problems.is_empty() {
        return Ok(reasons);
    }
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    problems.truncate(MOST_PROBLEMS);
    if more > 0 {
        problems.push(format!("and {more} more lines"));
    }
    Err(source.refused(problems))
}

fn reason(
    line: &csv::StringRecord,
    id: usize,
    status: usize,
    statuses: &BTreeMap<String, Status>,
) -> std::result::Result<(String, &'static str), String> {
    let field = |place: usize| line.get(place).unwrap_or_default().trim();
    if field(id).is_empty() {
        return Err("the loan id is empty".to_owned());
    }
    let word = field(status);
    match statuses.get(&letters_of(word)) {
        Some(Status::Loan { outcome: Some("outstanding"), .. } | Status::NotALoan) => {
            Err(format!("{word:?} is no reason why a loan was closed"))
        }
        Some(Status::Loan { outcome, .. }) => Ok((field(id).to_owned(), outcome.unwrap_or("refinanced"))),
        None => Err(format!(
            "the meaning of {word:?} is unknown: add it under [outcome] in recoup.toml to fully_recovered, \
             partially_recovered, written_off or refinanced"
        )),
    }
}
