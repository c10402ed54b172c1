//! The e-mail: whether its password can be used, and whom the latest report has not reached.

use rusqlite::{Connection, OptionalExtension};

use super::Finding;
use crate::config::Mail;
use crate::error::Result;
use crate::mail;

const CHECK: &str = "e-mail";

/// The password in its file. One that a service gets from elsewhere cannot be looked at from here.
pub fn password(settings: &Mail) -> Finding {
    if !settings.is_configured() {
        return Finding::ok(CHECK, "nobody is sent any");
    }
    match mail::password_problem(&settings.smtp) {
        None => Finding::ok(CHECK, format!("set up for {} recipients", settings.to.len())),
        Some(problem) => Finding::fault(CHECK, problem, "mend that, or the next report reaches nobody"),
    }
}

/// Who still waits for the latest report; nothing where nobody is to get one, or none could be sent yet.
///
/// # Errors
/// Those of the database.
pub fn unreached(connection: &Connection, settings: &Mail) -> Result<Option<Finding>> {
    if !settings.is_configured() || !connection.table_exists(None, "deliveries")? {
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
                "`recoup mail` sends it to those alone; last_reply in delivery_history says what was wrong",
            )
        }
    }))
}
