//! Lines that are no loans, such as totals and notes, but hold a person's id in a field of its own: they are the person's
//! whole, with whatever else stands in them.

use rusqlite::Connection;

use super::rows::Person;
use crate::error::Result;

/// The run and line of each.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &Connection, person: &Person) -> Result<Vec<(i64, i64)>> {
    let mut found = Vec::new();
    // Tables of an earlier version keep no such lines.
    if !connection.table_exists(None, "skipped_lines")? {
        return Ok(found);
    }
    let mut statement = connection.prepare("select run_id, line, content from skipped_lines")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let content: String = row.get("content")?;
        if has_field_of(&content, person) {
            found.push((row.get("run_id")?, row.get("line")?));
        }
    }
    Ok(found)
}

/// Deletes them; gives how many there were.
///
/// # Errors
/// Those of the database.
pub fn erase(connection: &Connection, person: &Person) -> Result<i64> {
    let lines = find(connection, person)?;
    for line in &lines {
        connection.execute("delete from skipped_lines where run_id = ?1 and line = ?2", *line)?;
    }
    Ok(lines.len() as i64)
}

/// Whether a field, whatever separates them, is an id of the person and nothing else.
fn has_field_of(content: &str, person: &Person) -> bool {
    content.split([',', ';', '\t', '|']).any(|field| {
        let field = field.trim().trim_matches(['"', '\'']).trim();
        field == person.borrower_id || person.loan_ids.contains(field)
    })
}
