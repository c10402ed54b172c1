//! The short mail about a failed run: what is wrong, what is unaffected, what to do. Like the log, it has no borrower's values.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::content::Content;
use super::deliveries::{Deliveries, MailKind};
use super::message::Letter;
use super::{deliver, reasons};
use crate::config::Config;
use crate::db;
use crate::error::{Error, Result};
use crate::format;
use crate::progress::note;

/// The number of the newest run, even a failed one; nothing if the database has none or cannot be read.
pub fn newest_run(database: &Path) -> Option<i64> {
    let connection = db::open_to_read(database).ok()?;
    connection.query_row("select max(run_id) from runs", [], |row| row.get(0)).ok()?
}

/// Sends the mail about a failed run; if it does not reach everyone, the log says so. `newest_before` is what [`newest_run`]
/// returned before the run.
pub fn send_failure(
    database: &Path,
    config: &Config,
    failure: &Error,
    newest_before: Option<i64>,
    now: &dyn Fn() -> DateTime<Utc>,
) {
    let mail = &config.mail;
    let send = || -> Result<()> {
        let content = content(&format::one_line(&config.lender.name), failure, &last_good_day(database));
        let name = format!("failure-{}", now().format("%Y%m%dT%H%M%SZ"));
        let letter = Arc::new(Letter::new(mail, mail.failure_recipients(), &content, &name, now())?);
        // A run that failed early left no row; an earlier run must not be taken for it.
        let run_id = newest_run(database).filter(|newest| Some(*newest) > newest_before);
        // If the database is missing or cannot be written, the mail is needed all the more, recorded or not.
        let connection = db::open_to_change(database).ok();
        let deliveries = Deliveries::new(connection.as_ref(), run_id, MailKind::Failure, &letter.message_id);
        let recipients = mail.failure_recipients().iter().collect();
        let unreached = deliver(mail, &letter, &deliveries, recipients, now, &std::thread::sleep)?;
        if unreached.is_empty() { Ok(()) } else { Err(Error::NotFound(reasons(unreached).join("; "))) }
    };
    if let Err(error) = send() {
        note(&format!("this failure could not be reported to every recipient by e-mail: {error}"));
    }
}

/// The day of the latest complete run, if there is one. It is read from the table: a damaged database may lack the views.
fn last_good_day(database: &Path) -> Result<Option<String>> {
    let query = "select as_of_date from runs where status = 'complete' order by place desc limit 1";
    match db::open_to_read(database) {
        Ok(connection) => Ok(connection.query_row(query, [], |row| row.get("as_of_date")).optional()?),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn content(lender: &str, failure: &Error, last_good: &Result<Option<String>>) -> Content {
    let code = failure.exit_code();
    let has_run = matches!(failure, Error::Output { .. });
    let (in_short, first) = if has_run {
        ("this week’s run is done, but not its files", "This week’s run is done, but its files could not be written.")
    } else {
        ("this week’s run failed", "This week’s run failed, so there is no new report.")
    };
    let still = match last_good {
        Ok(Some(day)) if has_run => format!("The run, as of {}, is in the database.", format::date(day)),
        Ok(Some(day)) => format!("The last good run, as of {}, and its report are unchanged.", format::date(day)),
        Ok(None) => "There is no earlier run to fall back on.".to_owned(),
        Err(_) => "The database could not be read to see if there is an earlier run to fall back on.".to_owned(),
    };
    Content {
        subject: format!("{lender}: {in_short} (exit code {code})"),
        text: format!(
            "{lender}\n\n{first}\n\nrecoup: {failure}\n\n{still}\n\nFix this, then run the same command again. \
             `recoup doctor` checks the settings, the database and the disk.\n"
        ),
        html: None,
        attachments: Vec::new(),
    }
}
