//! The e-mail with the report: one message, sent to each recipient separately, so that it is known whom it reached. `content`
//! writes it, `message` encodes it, `server` limits the time of an `smtp` conversation over a `connection`, `deliveries`
//! records each attempt before it is made, and `failure` reports a failed run. Sending changes neither the run nor its files.

mod connection;
mod content;
mod deliveries;
mod failure;
mod message;
mod secret;
mod server;
mod smtp;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

pub use failure::{newest_run, send_failure};

use crate::config::{Config, Mail, Smtp, bare_address};
use crate::db::{self, RunLock};
use crate::error::{Error, Result};
use crate::outputs;
use crate::progress::note;
use content::Content;
use deliveries::{Deliveries, MailKind};
use message::Letter;
use server::Server;
use smtp::Ending;

#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    pub database: &'a Path,
    pub config: &'a Config,
    pub run_id: Option<i64>,
    /// Whether to send also to those who have it.
    pub is_again: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Sent {
    pub run_id: i64,
    pub reached: usize,
    pub reached_before: usize,
}

pub fn check_configured(config: &Config) -> Result<()> {
    if config.mail.is_configured() {
        return Ok(());
    }
    Err(Error::Usage(
        "no e-mail is configured: set mail.from, mail.to and mail.smtp.host in recoup.toml (`recoup init --out FILE` \
         writes every key explained)"
            .to_owned(),
    ))
}

/// Checks the password file and the encryption, without sending. Systemd credentials are visible only to their service, so
/// they are not checked.
pub fn check_server(smtp: &Smtp) -> std::result::Result<(), String> {
    secret::password_of(smtp)?;
    smtp::encryption(smtp).map(drop)
}

/// Sends a run's report to everyone who does not have it.
///
/// # Errors
/// [`Error::Undelivered`] when it did not reach everyone; [`Error::Unsent`] when an attempt could not be recorded and so was
/// not made; [`Error::NotFound`] when there is no such run.
pub fn send(post: &Post, now: &dyn Fn() -> DateTime<Utc>) -> Result<Sent> {
    check_configured(post.config)?;
    let mail = &post.config.mail;
    let (run_id, content) = content_of(post)?;
    let connection = db::open_to_change(post.database)?;
    let who = format!("process {}, sending e-mail, started {}", std::process::id(), crate::run::timestamp(now()));
    let _lock = RunLock::take(post.database, &who)?;
    let letter = Arc::new(Letter::new(mail, &mail.to, &content, &format!("run-{run_id}"), now())?);
    let deliveries = Deliveries::new(Some(&connection), Some(run_id), MailKind::Report, &letter.message_id);
    let pending = if post.is_again { mail.to.iter().collect() } else { unreached(&connection, mail, run_id)? };
    let wanted = pending.len();
    let unreached = deliver(mail, &letter, &deliveries, pending, now, &std::thread::sleep)
        .map_err(|error| Error::Unsent { cause: Box::new(error.in_database(post.database)) })?;
    if unreached.is_empty() {
        return Ok(Sent { run_id, reached: wanted, reached_before: mail.to.len() - wanted });
    }
    Err(Error::Undelivered(reasons(unreached)))
}

fn reasons(unreached: Vec<(&String, String)>) -> Vec<String> {
    unreached.into_iter().map(|(to, why)| format!("{to}: {why}")).collect()
}

pub fn unreached<'a>(connection: &Connection, mail: &'a Mail, run_id: i64) -> Result<Vec<&'a String>> {
    let reached = deliveries::reached(connection, run_id)?;
    Ok(mail.to.iter().filter(|to| !reached.contains(&bare_address(to))).collect())
}

pub fn write(post: &Post, file: &Path, now: DateTime<Utc>) -> Result<()> {
    check_configured(post.config)?;
    let mail = &post.config.mail;
    let (run_id, content) = content_of(post)?;
    let letter = Letter::new(mail, &mail.to, &content, &format!("run-{run_id}"), now)?;
    outputs::write_whole(file, |out| {
        std::io::Write::write_all(out, &letter.bytes).map_err(|error| Error::io("write", file, error))
    })
}

fn content_of(post: &Post) -> Result<(i64, Content)> {
    let connection = db::open_to_read_within(post.database, post.config.database.wait())?;
    db::check_current(&connection, post.database)?;
    let shown = db::ShownRun::find(&connection, post.run_id)?;
    let content = content::content(shown, post.config).map_err(|error| error.in_database(post.database))?;
    Ok((shown.run_id, content))
}

/// Tries every recipient as often as is allowed; returns those whom it did not reach, and why.
fn deliver<'a>(
    mail: &Mail,
    letter: &Arc<Letter>,
    deliveries: &Deliveries,
    mut pending: Vec<&'a String>,
    now: &dyn Fn() -> DateTime<Utc>,
    pause: &dyn Fn(Duration),
) -> Result<Vec<(&'a String, String)>> {
    let mut unreached = Vec::new();
    if pending.is_empty() {
        return Ok(unreached);
    }
    let mut server = match Server::new(&mail.smtp) {
        Ok(server) => server,
        Err(why) => return Ok(pending.into_iter().map(|to| (to, why.clone())).collect()),
    };
    for attempt in 1..=mail.smtp.attempts {
        if attempt > 1 {
            let wait = mail.smtp.pause_before(attempt);
            note(&format!(
                "the e-mail is tried again in {} s, for {} of its recipients",
                wait.as_secs(),
                pending.len()
            ));
            pause(wait);
        }
        let mut again = Vec::new();
        let mut ending: Option<Ending> = None;
        for to in std::mem::take(&mut pending) {
            // If the server itself is down, the result for the first recipient holds for the others.
            if ending.is_none() || !server.is_down {
                let delivery = deliveries.start(to, attempt, now())?;
                let ended = server.send(letter, to);
                deliveries.finish(delivery, &ended, now())?;
                ending = Some(ended);
            }
            match ending.clone() {
                None | Some(Ending::Sent(_)) => {}
                Some(Ending::Refused(why)) => unreached.push((to, why)),
                Some(Ending::Failed(why)) => again.push((to, why)),
            }
        }
        server.close();
        if again.is_empty() {
            break;
        }
        if attempt == mail.smtp.attempts {
            unreached.append(&mut again);
        }
        pending = again.into_iter().map(|(to, _)| to).collect();
    }
    Ok(unreached)
}
