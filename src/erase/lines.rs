//! Lines that are not loans, such as totals, notes and applications, but have a person's id in a field of its own: the whole
//! line is deleted. An application has its ids in the columns of the loans' ids; an equal value elsewhere, such as an age, does
//! not count.

use rusqlite::Connection;

use super::person::Person;
use crate::error::Result;

struct Kept {
    run_id: i64,
    line: i64,
    content: String,
    is_application: bool,
    separator: Option<String>,
    /// Positions of the columns with loan and borrower ids, from 1.
    loan_place: Option<u16>,
    borrower_place: Option<u16>,
}

pub fn find(connection: &Connection, person: &Person) -> Result<Vec<(i64, i64)>> {
    let mut statement = connection.prepare(include_str!("kept_lines.sql"))?;
    let kept = statement.query_map([], |row| {
        Ok(Kept {
            run_id: row.get("run_id")?,
            line: row.get("line")?,
            content: row.get("content")?,
            is_application: row.get("is_application")?,
            separator: row.get("separator")?,
            loan_place: row.get("loan_place")?,
            borrower_place: row.get("borrower_place")?,
        })
    })?;
    let is_theirs = |line: &Kept| line.is_of(person);
    let found = kept.filter(|line| line.as_ref().map_or(true, is_theirs));
    Ok(found.map(|line| line.map(|line| (line.run_id, line.line))).collect::<rusqlite::Result<_>>()?)
}

pub fn erase(connection: &Connection, person: &Person) -> Result<i64> {
    let lines = find(connection, person)?;
    for line in &lines {
        connection.execute("delete from skipped_lines where run_id = ?1 and line = ?2", *line)?;
    }
    Ok(lines.len() as i64)
}

impl Kept {
    fn is_of(&self, person: &Person) -> bool {
        if !self.is_application {
            // Its columns are unknown, so every field counts.
            let fields = self.content.split([',', ';', '\t', '|']).map(bare);
            return fields.into_iter().any(|field| field == person.borrower_id || person.loan_ids.contains(field));
        }
        let separator = match self.separator.as_deref() {
            Some("semicolon") => b';',
            Some("tab") => b'\t',
            Some("pipe") => b'|',
            _ => b',',
        };
        let mut reader = csv::ReaderBuilder::new();
        let reader = reader.has_headers(false).flexible(true).delimiter(separator);
        let record = reader.from_reader(self.content.as_bytes()).records().next().and_then(std::result::Result::ok);
        let field = |place: Option<u16>| Some(bare(record.as_ref()?.get(usize::from(place?).checked_sub(1)?)?));
        field(self.borrower_place) == Some(person.borrower_id.as_str())
            || field(self.loan_place).is_some_and(|id| person.loan_ids.contains(id))
    }
}

fn bare(field: &str) -> &str {
    field.trim().trim_start_matches('=').trim_matches(['"', '\'']).trim()
}
