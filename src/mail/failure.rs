//! The short mail about a run that failed: what is wrong, what still holds, what to do.
//!
//! It says what the log says, which holds no borrower's values. Should it not reach everybody, the log says that too; how the
//! run failed stays what counts.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::content::Content;
use super::deliver;
use super::deliveries::{Deliveries, Kind};
use super::message::Letter;
use crate::config::Config;
use crate::db;
use crate::error::{Error, Result};
use crate::format;
use crate::progress::note;

/// The number of the newest run, failed ones too, so that it can be told afterwards whether there is a newer one; none where
/// the database cannot be read or holds none.
pub fn newest_run(database: &Path) -> Option<i64> {
    let connection = db::open_to_read(database).ok()?;
    connection.query_row("select max(run_id) from runs", [], |row| row.get(0)).ok()?
}

/// Tells those who look after the job that a run failed, as far as that can be done. `newest_before` is what [`newest_run`]
/// gave before it.
pub fn tell_failure(
    database: &Path,
    config: &Config,
    failure: &Error,
    newest_before: Option<i64>,
    now: &dyn Fn() -> DateTime<Utc>,
) {
    if let Err(error) = tell(database, config, failure, newest_before, now) {
        note(&format!("this failure could not be reported to every recipient by e-mail: {error}"));
    }
}

fn tell(
    database: &Path,
    config: &Config,
    failure: &Error,
    newest_before: Option<i64>,
    now: &dyn Fn() -> DateTime<Utc>,
) -> Result<()> {
    let mail = &config.mail;
    let content = content(&format::one_line(&config.lender.name), failure, &LastGood::read(database));
    let name = format!("failure-{}", now().format("%Y%m%dT%H%M%SZ"));
    let letter = Arc::new(Letter::new(mail, mail.told_of_failures(), &content, &name, now())?);
    // A run that failed early left no row; then an earlier one must not stand for it.
    let run_id = newest_run(database).filter(|newest| Some(*newest) > newest_before);
    // Without a database, or with one that cannot be written, there is nowhere to record it, but it is all the more needed.
    let connection = db::open_to_change(database).ok();
    let deliveries = Deliveries::new(connection.as_ref(), run_id, Kind::Failure, &letter.message_id);
    let recipients = mail.told_of_failures().iter().collect();
    let unreached = deliver(mail, &letter, &deliveries, recipients, now, &std::thread::sleep)?;
    match unreached.as_slice() {
        [] => Ok(()),
        unreached => {
            let lines = unreached.iter().map(|(to, why)| format!("{to}: {why}"));
            Err(Error::NotFound(lines.collect::<Vec<_>>().join("; ")))
        }
    }
}

enum LastGood {
    /// The day of the latest complete run.
    Day(String),
    Nothing,
    /// The database cannot be looked at.
    Unknown,
}

impl LastGood {
    fn read(database: &Path) -> Self {
        match db::open_to_read(database).and_then(|connection| latest_day(&connection)) {
            Ok(Some(day)) => Self::Day(day),
            Ok(None) | Err(Error::NotFound(_)) => Self::Nothing,
            Err(_) => Self::Unknown,
        }
    }
}

/// From the table: a damaged database may lack the views.
fn latest_day(connection: &Connection) -> Result<Option<String>> {
    let query = "select as_of_date from runs where status = 'complete' order by run_id desc limit 1";
    Ok(connection.query_row(query, [], |row| row.get("as_of_date")).optional()?)
}

fn content(lender: &str, failure: &Error, last_good: &LastGood) -> Content {
    let code = failure.exit_code();
    let has_run = matches!(failure, Error::Output { .. });
    let (in_short, first) = if has_run {
        ("this week’s run is done, but not its files", "This week’s run is done, but its files could not be written.")
    } else {
        ("this week’s run failed", "This week’s run failed, so there is no new report.")
    };
    let still = match last_good {
        LastGood::Day(day) if has_run => format!("The run, as of {}, is in the database.", format::date(day)),
        LastGood::Day(day) => {
            format!("The last good run, as of {}, is as it was, and so is its report.", format::date(day))
        }
        LastGood::Nothing => "There is no earlier run to fall back on.".to_owned(),
        LastGood::Unknown => {
            "Whether an earlier run is there to fall back on could not be seen in the database.".to_owned()
        }
    };
    Content {
        subject: format!("{lender}: {in_short} (exit code {code})"),
        text: format!(
            "{lender}\n\n{first}\n\nrecoup: {failure}\n\n{still}\n\nWhen this is mended, the same command runs again. \
             `recoup doctor` looks at the settings, the database and the disk.\n"
        ),
        html: None,
        attachments: Vec::new(),
    }
}
