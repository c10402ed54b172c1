//! Deliveries: one row for each attempt and recipient, begun before the attempt.
//!
//! A report that cannot be recorded is not sent, or it would be sent again and again. A failure mail is sent all the same: the
//! cause that kept the run from writing keeps its record from being written, too.

use std::cell::Cell;
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::smtp::Ending;
use crate::config::bare_address;
use crate::error::Result;
use crate::progress::note;
use crate::run::timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    Report,
    Failure,
}

pub struct Deliveries<'a> {
    /// None if nothing can be recorded, or no longer.
    connection: Cell<Option<&'a Connection>>,
    run_id: Option<i64>,
    kind: MailKind,
    message_id: &'a str,
}

impl<'a> Deliveries<'a> {
    pub fn new(connection: Option<&'a Connection>, run_id: Option<i64>, kind: MailKind, message_id: &'a str) -> Self {
        Self { connection: Cell::new(connection), run_id, kind, message_id }
    }

    pub fn start(&self, recipient: &str, attempt: u32, now: DateTime<Utc>) -> Result<Option<i64>> {
        let kind = if self.kind == MailKind::Report { "report" } else { "failure" };
        self.record(|connection| {
            connection.query_row(
                "insert into deliveries (run_id, kind, recipient, message_id, attempt, status, started_at)
                 values (?1, ?2, ?3, ?4, ?5, 'started', ?6)
                 returning delivery_id",
                (self.run_id, kind, recipient, self.message_id, attempt, timestamp(now)),
                |row| row.get("delivery_id"),
            )
        })
    }

    pub fn finish(&self, delivery_id: Option<i64>, ending: &Ending, now: DateTime<Utc>) -> Result<()> {
        let (status, reply) = match ending {
            Ending::Sent(reply) => ("sent", reply),
            Ending::Refused(why) => ("refused", why),
            Ending::Failed(why) => ("failed", why),
        };
        self.record(|connection| {
            connection.execute(
                "update deliveries set status = ?2, reply = ?3, finished_at = ?4 where delivery_id = ?1",
                (delivery_id, status, reply, timestamp(now)),
            )
        })?;
        Ok(())
    }

    fn record<T>(&self, write: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<Option<T>> {
        let Some(connection) = self.connection.get() else { return Ok(None) };
        match write(connection) {
            Ok(written) => Ok(Some(written)),
            Err(error) if self.kind == MailKind::Failure => {
                note(&format!("the e-mail about this failure is sent but not recorded: {error}"));
                self.connection.set(None);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

pub fn reached(connection: &Connection, run_id: i64) -> Result<BTreeSet<String>> {
    let mut statement = connection.prepare(
        "select distinct recipient from deliveries where run_id = ?1 and kind = 'report' and status = 'sent'",
    )?;
    let recipients = statement.query_map([run_id], |row| Ok(bare_address(&row.get::<_, String>("recipient")?)))?;
    Ok(recipients.collect::<rusqlite::Result<_>>()?)
}
