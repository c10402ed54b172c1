//! The e-mail: whether it can be sent, and whom the latest report has not reached.

use rusqlite::{Connection, OptionalExtension};

use super::Finding;
use crate::config::Mail;
use crate::error::Result;
use crate::mail;

pub fn server(settings: &Mail) -> Option<Finding> {
    if !settings.is_configured() {
        return None;
    }
    let check = "e-mail";
    let smtp = &settings.smtp;
    let found = format!("goes to {} recipients by {}:{}", settings.to.len(), smtp.host, smtp.port);
    Some(match mail::check_server(smtp) {
        Ok(()) => Finding::ok(check, found),
        Err(why) => Finding::fault(check, why, "correct [mail.smtp]; `recoup mail` then sends what is missing"),
    })
}

pub fn unreached(connection: &Connection, settings: &Mail) -> Result<Option<Finding>> {
    if !settings.is_configured() {
        return Ok(None);
    }
    let latest = "select run_id from runs where status = 'complete' order by run_id desc limit 1";
    let Some(run_id) = connection.query_row(latest, [], |row| row.get::<_, i64>("run_id")).optional()? else {
        return Ok(None);
    };
    Ok(Some(match mail::unreached(connection, settings, run_id)?.as_slice() {
        [] => Finding::ok("delivery", format!("run {run_id} has reached all {} recipients", settings.to.len())),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            Finding::warning(
                "delivery",
                format!("run {run_id} has not reached {first}{more}"),
                "`recoup mail` sends it to them only; last_reply in delivery_history says what was wrong",
            )
        }
    }))
}
