//! Whether the loaded book is worth keeping: many unreadable lines or values, or contradictory units, mean a faulty export. Last
//! week's book is better than half of this week's.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::Imported;
use super::survey::Reading;
use super::units::UnitsSeen;
use crate::columns::COLUMNS;
use crate::config::Config;
use crate::error::Result;
use crate::format::share;
use crate::progress::{self, grouped};

const LISTED_PROBLEMS: usize = 10;

/// A single unreadable value of a column is a slip.
const LEAST_UNREADABLE: u64 = 2;

/// The fewest lines that share a word for a missing value, and its longest length in characters.
const LEAST_SHARED: u64 = 3;
const LONGEST_CODE: usize = 12;

pub fn problems(
    connection: &Connection,
    run_id: i64,
    config: &Config,
    reading: &Reading,
    (imported, units): (&Imported, &UnitsSeen),
) -> Result<Vec<String>> {
    let mut problems = left_out(connection, run_id, config, imported)?;
    problems.extend(unreadable(connection, run_id, config, reading)?);
    problems.extend(units.problems(config, reading));
    Ok(problems)
}

fn left_out(connection: &Connection, run_id: i64, config: &Config, imported: &Imported) -> Result<Vec<String>> {
    let percent = percent(imported.rows_rejected, imported.lines_read);
    let is_empty = imported.lines_read == 0;
    if is_empty || percent <= config.import.max_rejected_percent && imported.loans_loaded > 0 {
        return Ok(Vec::new());
    }
    let mut problems = vec![format!(
        "{} of {} lines cannot be loaded ({}; at most {}% may be rejected: import.max_rejected_percent)",
        grouped(imported.rows_rejected),
        grouped(imported.lines_read),
        share(percent / 100.0),
        config.import.max_rejected_percent
    )];
    let mut statement = connection.prepare(include_str!("reasons.sql"))?;
    let mut rows = statement.query((run_id, LISTED_PROBLEMS as i64))?;
    while let Some(row) = rows.next()? {
        let column: Option<String> = row.get("column_name")?;
        let reason: String = row.get("reason_kind")?;
        let (lines, first): (i64, i64) = (row.get("lines")?, row.get("first_line")?);
        let column = column.map_or_else(String::new, |column| format!("{column}: "));
        let lines = progress::lines(lines as u64);
        problems.push(format!("{column}{reason} ({lines}, the first is line {first})"));
    }
    Ok(problems)
}

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole as f64
}

struct Unreadable {
    values: u64,
    first_line: u64,
    reason: String,
    /// The value that all lines with this reason share.
    only_value: Option<String>,
}

/// Columns with too many unreadable values. Required columns count in [`left_out`].
fn unreadable(connection: &Connection, run_id: i64, config: &Config, reading: &Reading) -> Result<Vec<String>> {
    let mut columns: BTreeMap<String, Unreadable> = BTreeMap::new();
    let mut statement = connection.prepare(include_str!("unreadable.sql"))?;
    let mut rows = statement.query([run_id])?;
    while let Some(row) = rows.next()? {
        let name: String = row.get("column_name")?;
        let (values, first_line) = (row.get::<_, i64>("lines")? as u64, row.get::<_, i64>("first_line")? as u64);
        if let Some(known) = columns.get_mut(&name) {
            known.values += values;
            known.first_line = known.first_line.min(first_line);
            continue;
        }
        let (least, greatest): (Option<String>, Option<String>) = (row.get("least_value")?, row.get("greatest_value")?);
        let only_value = least.filter(|value| greatest.as_ref() == Some(value));
        columns.insert(name, Unreadable { values, first_line, reason: row.get("reason")?, only_value });
    }
    let is_required = |name: &str| COLUMNS.iter().any(|column| column.is_required && column.name == name);
    let fields = (0..reading.values.len()).filter(|field| !is_required(reading.name_of(*field)));
    Ok(fields.filter_map(|field| columns.get(reading.name_of(field))?.problem(field, config, reading)).collect())
}

impl Unreadable {
    fn problem(&self, field: usize, config: &Config, reading: &Reading) -> Option<String> {
        let (name, of) = (reading.name_of(field), reading.values[field].max(self.values));
        let percent = percent(self.values, of);
        if self.values < LEAST_UNREADABLE || percent <= config.import.max_unreadable_percent {
            return None;
        }
        let code = self.only_value.as_deref().map(str::trim).filter(|value| is_code(value, self.values));
        let advice = code.map_or_else(String::new, |code| {
            format!(
                ". All of these are {code:?}: if that means a missing value, set {name:?} = [{code:?}] under \
                 [import.missing_values] in recoup.toml"
            )
        });
        Some(format!(
            "{name}: {} of {} values cannot be read ({}; at most {}% may be: import.max_unreadable_percent); most \
             often: {} (the first is line {}){advice}",
            grouped(self.values),
            grouped(of),
            share(percent / 100.0),
            config.import.max_unreadable_percent,
            self.reason,
            self.first_line
        ))
    }
}

/// Whether a value that this many lines share may mean a missing value: a short number, such as 0, -1 or 999, or a word on more
/// lines than one person has loans.
fn is_code(value: &str, lines: u64) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    let is_number = digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_word = lines >= LEAST_SHARED && value.chars().any(char::is_alphabetic);
    value.chars().count() <= LONGEST_CODE && (is_number || is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_short_numbers_and_words_that_many_share() {
        for value in ["99", "9999.0", "-1", "0", "-99", "1"] {
            assert!(is_code(value, 2), "{value}");
        }
        for value in ["", "-", "9x", "Anna", "?!", "9999999999999"] {
            assert!(!is_code(value, 2), "{value}");
        }
        assert!(is_code("never", 3) && !is_code("a sentence of some words", 3));
    }
}
