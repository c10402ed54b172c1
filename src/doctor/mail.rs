//! The e-mail: whether it could be sent, and whom the latest report has not reached.

use std::path::Path;

use rusqlite::Connection;

use super::Finding;
use crate::config::Config;
use crate::error::Result;
use crate::mail;

/// What the configuration says of the e-mail; nothing where nobody is to get one.
pub fn settings(config: Option<&Path>) -> Vec<Finding> {
    // That it cannot be read is told elsewhere.
    let Ok(config) = Config::load(config) else { return Vec::new() };
    if !config.mail.is_configured() {
        return Vec::new();
    }
    let smtp = &config.mail.smtp;
    let found = format!("goes to {} recipients by {}:{}", config.mail.to.len(), smtp.host, smtp.port);
    vec![match mail::check_server(smtp) {
        Ok(()) => Finding::ok("e-mail", found),
        Err(why) => {
            Finding::fault("e-mail", why, "mend it under [mail.smtp]; `recoup mail` then sends what is missing")
        }
    }]
}

/// Recipients whom the report of the latest run was sent to in vain.
pub fn unreached(connection: &Connection) -> Result<Vec<Finding>> {
    if !connection.table_exists(None, "deliveries")? {
        return Ok(Vec::new());
    }
    let query = "select count(distinct recipient) from deliveries as tried
        where run_id = (select run_id from shown_run) and kind = 'report'
            and not exists (
                select 1 from deliveries as sent
                where sent.run_id = tried.run_id and sent.kind = tried.kind and sent.recipient = tried.recipient
                    and sent.status = 'sent'
            )";
    let unreached: i64 = connection.query_row(query, [], |row| row.get(0))?;
    if unreached == 0 {
        return Ok(Vec::new());
    }
    let found = format!("the report of the latest run has not reached {unreached} of those it was sent to");
    let what_to_do = "`select * from delivery_history` says whom, and why; `recoup mail` sends it to them";
    Ok(vec![Finding::warning("e-mail", found, what_to_do)])
}
