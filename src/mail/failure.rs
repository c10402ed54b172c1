//! The short mail about a run that failed: what is wrong, what still holds, what to do.
//!
//! It says what the log says, which holds no borrower's values. Should it not reach anybody, the log says that too; how the
//! run failed stays what counts.

use std::path::Path;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::content::Content;
use super::deliver;
use super::deliveries::{Deliveries, Kind};
use super::message::Letter;
use super::smtp::{Ending, Server};
use crate::config::Config;
use crate::db;
use crate::error::{Error, Result};
use crate::format;
use crate::progress::note;

/// Tells those who look after the job that a run failed, as far as that can be done.
pub fn tell_failure(database: &Path, config: &Config, failure: &Error, now: &dyn Fn() -> DateTime<Utc>) {
    if let Err(error) = tell(database, config, failure, now) {
        note(&format!("nobody could be told by e-mail of this failure: {error}"));
    }
}

fn tell(database: &Path, config: &Config, failure: &Error, now: &dyn Fn() -> DateTime<Utc>) -> Result<()> {
    let mail = &config.mail;
    // Without a database, or with one that cannot be written, there is nowhere to record it, but it is all the more needed.
    let connection = db::open_to_change(database).ok();
    let last = connection.as_ref().map(last_runs).transpose()?.unwrap_or_default();
    let content = content(&format::one_line(&config.lender.name), failure, last.complete.as_deref());
    let name = format!("failure-{}", now().format("%Y%m%dT%H%M%SZ"));
    let letter = Letter::new(mail, mail.told_of_failures(), &content, &name, now())?;
    let recipients: Vec<&String> = mail.told_of_failures().iter().collect();
    let unreached = match &connection {
        Some(connection) if can_record(connection) => {
            let deliveries = Deliveries::new(connection, last.failed, Kind::Failure, &letter.message_id);
            deliver(mail, &letter, &deliveries, recipients, now, &std::thread::sleep)?
        }
        _ => once(config, &letter, recipients)?,
    };
    match unreached.as_slice() {
        [] => Ok(()),
        unreached => {
            let lines = unreached.iter().map(|(to, why)| format!("{to}: {why}"));
            Err(Error::NotFound(lines.collect::<Vec<_>>().join("; ")))
        }
    }
}

/// Whether an attempt can be recorded now; what keeps the run from writing may keep this from it, too.
fn can_record(connection: &Connection) -> bool {
    connection.execute_batch("begin immediate; rollback").is_ok()
}

/// One attempt for each, recorded nowhere.
fn once<'a>(config: &Config, letter: &Letter, recipients: Vec<&'a String>) -> Result<Vec<(&'a String, String)>> {
    let mut server = Server::new(&config.mail.smtp).map_err(Error::NotFound)?;
    let tried = recipients.into_iter().filter_map(|to| match server.send(letter, to) {
        Ending::Sent(_) => None,
        Ending::Refused(why) | Ending::Failed(why) => Some((to, why)),
    });
    let unreached = tried.collect();
    server.close();
    Ok(unreached)
}

/// The day of the last good run, and the number of the last one where that failed.
#[derive(Debug, Default)]
struct LastRuns {
    complete: Option<String>,
    failed: Option<i64>,
}

fn last_runs(connection: &Connection) -> Result<LastRuns> {
    let complete =
        connection.query_row("select as_of_date from shown_run", [], |row| row.get("as_of_date")).optional()?;
    let failed = connection
        .query_row(
            "select run_id from runs where run_id = (select max(run_id) from runs) and status <> 'complete'",
            [],
            |row| row.get("run_id"),
        )
        .optional()?;
    Ok(LastRuns { complete, failed })
}

fn content(lender: &str, failure: &Error, last_good: Option<&str>) -> Content {
    let still = match last_good {
        Some(day) => format!("The last good run, as of {}, is as it was, and so is its report.", format::date(day)),
        None => "There is no earlier run to fall back on.".to_owned(),
    };
    Content {
        subject: format!("{lender}: this week’s run failed (exit code {})", failure.exit_code()),
        text: format!(
            "{lender}\n\nThis week’s run failed, so there is no new report.\n\nrecoup: {failure}\n\n{still}\n\nWhen this is \
             mended, the same command runs again. `recoup doctor` looks at the settings, the database and the disk.\n"
        ),
        html: None,
        attachments: Vec::new(),
    }
}
