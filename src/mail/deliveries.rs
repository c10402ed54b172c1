//! Who was reached: one row an attempt and recipient, begun before it is made.

use chrono::{DateTime, Utc};
use rusqlite::Connection;

use super::smtp::Ending;
use crate::error::Result;
use crate::run::timestamp;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Report,
    Failure,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Report => "report",
            Self::Failure => "failure",
        }
    }
}

/// The record of one message.
pub struct Deliveries<'a> {
    connection: &'a Connection,
    run_id: Option<i64>,
    kind: Kind,
    message_id: &'a str,
}

impl<'a> Deliveries<'a> {
    pub fn new(connection: &'a Connection, run_id: Option<i64>, kind: Kind, message_id: &'a str) -> Self {
        Self { connection, run_id, kind, message_id }
    }

    /// Whom this run's mail of this kind has reached.
    pub fn reached(&self) -> Result<Vec<String>> {
        let mut statement = self
            .connection
            .prepare("select distinct recipient from deliveries where run_id = ?1 and kind = ?2 and status = 'sent'")?;
        let recipients = statement.query_map((self.run_id, self.kind.word()), |row| row.get("recipient"))?;
        Ok(recipients.collect::<rusqlite::Result<_>>()?)
    }

    /// Records that an attempt is made; gives its row.
    pub fn start(&self, recipient: &str, attempt: u32, now: DateTime<Utc>) -> Result<i64> {
        let row = self.connection.query_row(
            "insert into deliveries (run_id, kind, recipient, message_id, attempt, status, started_at)
             values (?1, ?2, ?3, ?4, ?5, 'started', ?6)
             returning delivery_id",
            (self.run_id, self.kind.word(), recipient, self.message_id, attempt, timestamp(now)),
            |row| row.get("delivery_id"),
        )?;
        Ok(row)
    }

    /// Records how it ended.
    pub fn finish(&self, delivery_id: i64, ending: &Ending, now: DateTime<Utc>) -> Result<()> {
        let (status, reply) = match ending {
            Ending::Sent(reply) => ("sent", reply),
            Ending::Refused(why) => ("refused", why),
            Ending::Failed(why) => ("failed", why),
        };
        self.connection.execute(
            "update deliveries set status = ?2, reply = ?3, finished_at = ?4 where delivery_id = ?1",
            (delivery_id, status, reply, timestamp(now)),
        )?;
        Ok(())
    }
}
