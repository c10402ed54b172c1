//! `recoup doctor`: what is in order, what is not, and what to do. It changes nothing.
//!
//! A fault keeps the next run, its e-mail, a restore or an erasure from working; a warning does not, but needs attention.
//! Findings contain paths, counts and days, never a borrower's values.

mod database;
mod results;
mod surroundings;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, ErrorCode};
use serde::Serialize;

use crate::config::Config;
use crate::db::{self, copies};
use crate::error::{Error, Result};

#[derive(Debug)]
pub struct Installation<'a> {
    pub database: &'a Path,
    pub reports: &'a Path,
    pub config: Option<&'a Path>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Ok,
    Warning,
    Fault,
}

#[derive(Debug, Serialize)]
pub struct Finding {
    pub check: &'static str,
    pub state: State,
    pub found: String,
    pub what_to_do: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Ok, found: found.into(), what_to_do: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { check, state: State::Warning, found: found.into(), what_to_do: Some(what_to_do.into()) }
    }

    fn fault(check: &'static str, found: impl Into<String>, what_to_do: impl Into<String>) -> Self {
        Self { check, state: State::Fault, found: found.into(), what_to_do: Some(what_to_do.into()) }
    }
}

#[derive(Debug, Serialize)]
pub struct Findings {
    pub database: PathBuf,
    pub faults: usize,
    pub warnings: usize,
    pub findings: Vec<Finding>,
}

pub fn examine(installation: &Installation, now: DateTime<Utc>) -> Findings {
    let config = Config::load(installation.config);
    let mut findings = vec![surroundings::config(installation.config, &config)];
    let settings = config.ok().map(|config| config.mail);
    findings.extend(settings.as_ref().and_then(results::mail_server));
    let mut copies = BTreeSet::new();
    match open(installation.database) {
        Err(finding) => findings.push(finding),
        Ok(connection) => {
            let examined = database::examine(&connection).and_then(|mut found| {
                copies = copies::known(&connection, installation.database)?;
                found.append(&mut results::examine(&connection, installation, &copies, now)?);
                if let Some(settings) = &settings {
                    found.extend(results::delivery(&connection, settings)?);
                }
                Ok(found)
            });
            match examined {
                Ok(mut found) => findings.append(&mut found),
                Err(error) => findings.push(Finding::fault("database", error.to_string(), RESTORE)),
            }
            findings.push(surroundings::space(&connection, installation.database));
        }
    }
    findings.append(&mut surroundings::left_over(installation));
    findings.append(&mut surroundings::modes(installation, &copies));
    let count = |state| findings.iter().filter(|finding| finding.state == state).count();
    Findings {
        database: installation.database.to_owned(),
        faults: count(State::Fault),
        warnings: count(State::Warning),
        findings,
    }
}

const RESTORE: &str = "copy the latest good backup over the database, then rerun the files of the weeks since";

fn open(path: &Path) -> std::result::Result<Connection, Finding> {
    let what_to_do = |error: &Error| match error {
        Error::NotFound(_) => "run `recoup run FILE` once, or name the database with --db",
        Error::Newer(_) => "use the newer program that made it, or restore the copy made before its upgrade",
        Error::NotOurs(_) => "name the database with --db, or copy the latest good backup over it",
        Error::Busy { .. } => "wait until the other process finishes, then check again",
        Error::Damaged { .. } => RESTORE,
        Error::Database(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => RESTORE,
        _ => "let this user read the database and write to its folder: opening it rolls back an interrupted write",
    };
    db::open_to_read(path).map_err(|error| Finding::fault("database", error.to_string(), what_to_do(&error)))
}

impl Findings {
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (state, word) in [(State::Fault, "FAULT"), (State::Warning, "warning"), (State::Ok, "ok")] {
            for finding in self.findings.iter().filter(|finding| finding.state == state) {
                writeln!(text, "{word:<8} {:<12} {}", finding.check, finding.found)
                    .expect("a string accepts every line");
                if let Some(what_to_do) = &finding.what_to_do {
                    writeln!(text, "{:<21} -> {what_to_do}", "").expect("a string accepts every line");
                }
            }
        }
        text
    }

    pub fn into_verdict(self) -> Result<()> {
        if self.faults == 0 { Ok(()) } else { Err(Error::Faults(self.faults)) }
    }
}
