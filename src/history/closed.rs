//! A list of closed loans and their reasons, for loans that left the files without one.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::list;
use super::remake::{Remade, restate};
use crate::config::{Config, Status, letters_of};
use crate::db;
use crate::error::Result;
use crate::import::Source;

#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    pub loans: usize,
    /// In no file so far.
    pub unknown: usize,
    /// Live in the latest file, whatever the list says.
    pub live: usize,
    pub restated: Remade,
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
    let known = "select
            loan_key,
            exists (
                select 1
                from loan_snapshots as loans
                where loans.loan_key = register.loan_key
                    and loans.is_live
                    and loans.run_id
                        = (select run_id from runs where status = 'complete' order by as_of_date desc, place desc limit 1)
            ) as is_live
        from loan_register as register
        where loan_id = ?1";
    let mut known = connection.prepare(known)?;
    let mut insert = connection
        .prepare("insert or replace into closed_loans (loan_key, reason, recorded_at) values (?1, ?2, ?3)")?;
    let (mut loans, mut live) = (0, 0);
    for (loan_id, reason) in reasons {
        let found = known.query_row([loan_id], |row| Ok((row.get::<_, i64>("loan_key")?, row.get("is_live")?)));
        match found.optional()? {
            Some((_, true)) => live += 1,
            Some((loan_key, false)) => loans += insert.execute((loan_key, reason, now))?,
            None => {}
        }
    }
    let affected = "select compared_runs.compared_run_id
        from exits
        join closed_loans using (loan_key)
        join runs using (run_id)
        join compared_runs using (run_id)
        where exits.basis <> 'stated' and exits.reason <> closed_loans.reason
        order by runs.as_of_date, runs.place
        limit 1";
    let after: Option<i64> = connection.query_row(affected, [], |row| row.get(0)).optional()?;
    let restated = after.map_or_else(|| Ok(Remade::default()), |after| restate(connection, after, config, now))?;
    Ok(Closed { loans, unknown: reasons.len() - loans - live, live, restated })
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
