//! A list of closed loans and their reasons, for loans that left the files without one.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::list;
use super::remake::restate;
use crate::config::{Config, Status, letters_of};
use crate::db;
use crate::error::Result;
use crate::import::Source;

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
    let statuses = config.outcome.statuses();
    let lines = list::read(source, ["Loan_ID", "Recovery_Status"], config, |id, word| reason(id, word, &statuses))?;
    Ok(lines.into_iter().collect())
}

fn reason(
    id: &str,
    word: &str,
    statuses: &BTreeMap<String, Status>,
) -> std::result::Result<(String, &'static str), String> {
    if id.is_empty() {
        return Err("the loan id is empty".to_owned());
    }
    match statuses.get(&letters_of(word)) {
        Some(Status::Loan { outcome: Some("outstanding"), .. } | Status::NotALoan) => {
            Err(format!("{word:?} is no reason why a loan was closed"))
        }
        Some(Status::Loan { outcome, .. }) => Ok((id.to_owned(), outcome.unwrap_or("refinanced"))),
        None => Err(format!(
            "the meaning of {word:?} is unknown: add it under [outcome] in recoup.toml to fully_recovered, \
             partially_recovered, written_off or refinanced"
        )),
    }
}
