//! The exports: `worklist.csv` for collectors, `scores.csv` for analysis. Both are the public views, so `sqlite3` finds each
//! line again. A text that a spreadsheet would run as a formula is guarded with an apostrophe.

use std::borrow::Cow;
use std::io::Write;

use rusqlite::types::ValueRef;

use crate::db::ShownRun;
use crate::error::Result;

/// Columns of the worklist that are left out unless the file has them.
const OPTIONAL: [&str; 2] = ["branch", "officer"];

/// The live loans that need work, most money at risk first.
pub fn worklist(shown: ShownRun<'_>, out: &mut dyn Write) -> Result<()> {
    let given = "select lower(standard_name) from input_columns where run_id = ?1 and standard_name is not null";
    let given: Vec<String> = shown.rows(given, |row| row.get(0))?;
    let absent: Vec<&str> = OPTIONAL.into_iter().filter(|column| !given.iter().any(|name| name == column)).collect();
    write_query(shown, include_str!("worklist.sql"), &absent, out, &|_| {})
}

/// Every loan with its score and strategy, by loan id; `progress` gets the number of loans written.
pub fn scores(shown: ShownRun<'_>, out: &mut dyn Write, progress: &dyn Fn(u64)) -> Result<()> {
    write_query(shown, include_str!("scores.sql"), &[], out, progress)
}

/// Rows between two reports of progress.
const PROGRESS_ROWS: u64 = 4_096;

fn write_query(
    shown: ShownRun<'_>,
    query: &str,
    absent: &[&str],
    out: &mut dyn Write,
    progress: &dyn Fn(u64),
) -> Result<()> {
    let mut statement = shown.prepare(query)?;
    let mut writer = csv::Writer::from_writer(out);
    let names = statement.column_names();
    let columns: Vec<usize> = (0..names.len()).filter(|column| !absent.contains(&names[*column])).collect();
    writer.write_record(columns.iter().map(|column| names[*column]))?;
    let mut rows = statement.query([shown.run_id])?;
    let mut written = 0;
    while let Some(row) = rows.next()? {
        for column in &columns {
            match row.get_ref(*column)? {
                ValueRef::Null | ValueRef::Blob(_) => writer.write_field("")?,
                ValueRef::Integer(number) => writer.write_field(number.to_string())?,
                ValueRef::Real(number) => writer.write_field(number.to_string())?,
                ValueRef::Text(text) => writer.write_field(&*guarded(text))?,
            }
        }
        writer.write_record(None::<&[u8]>)?;
        written += 1;
        if written % PROGRESS_ROWS == 0 {
            progress(written);
        }
    }
    writer.flush().map_err(csv::Error::from)?;
    Ok(())
}

/// Puts an apostrophe before a text that a spreadsheet would take for a formula, also after spaces and invisible characters,
/// which some spreadsheets drop, and for full-width signs, which some read.
fn guarded(text: &[u8]) -> Cow<'_, [u8]> {
    let is_control = matches!(text, [b'\t' | b'\r' | b'\n', ..]);
    let seen = String::from_utf8_lossy(text);
    let first = seen.chars().find(|letter| !is_invisible(*letter));
    match first {
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠') => Cow::Owned([b"'", text].concat()),
        _ if is_control => Cow::Owned([b"'", text].concat()),
        _ => Cow::Borrowed(text),
    }
}

/// Spaces, controls, and marks without a shape: of direction, joining, and byte order.
fn is_invisible(letter: char) -> bool {
    letter.is_whitespace()
        || letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_other_texts_left_alone() {
        let formulas = ["=HYPERLINK(1)", "-7", "+1", "@SUM(1)", "\tx", "\rx", "\nx", " =1", "\u{a0}=1", "\u{feff}=1"];
        let hidden = ["\u{200b}+1", "\u{202e}@x", "\u{3000}=1", "＝1", "＋1", "－1", "＠x", " ＝1"];
        for text in formulas.iter().chain(&hidden) {
            assert_eq!(guarded(text.as_bytes()), [b"'", text.as_bytes()].concat(), "{text:?}");
        }
        for text in ["LN_1", "", "7-3", "a=b", " x", "'=1", "–7", "\u{202e}abc"] {
            assert_eq!(guarded(text.as_bytes()), text.as_bytes(), "{text:?}");
        }
    }
}
