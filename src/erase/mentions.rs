//! Places where somebody else's row, or a run's, may name a person: the lender's further columns, reasons and messages,
//! lines that are no loans, and what models learnt from texts.
//!
//! A name is looked for only where it cannot be mistaken: an id such as `7` stands in many a column and means other things
//! there. Within a text it must stand alone, so that `B-10` is not found in `B-101`. It is replaced by [`ERASED`].

use std::borrow::Cow;

use rusqlite::Connection;

use super::rows::Person;
use crate::error::Result;

/// Stands where a name stood.
const ERASED: &str = "(erased)";

/// A text column of a table: how the rows with a name in it are read, by a key of two numbers, and how one is written.
struct Place {
    table: &'static str,
    select: &'static str,
    update: &'static str,
}

impl Place {
    /// What goes on with a word, beside letters and digits: in an id these may, in the name of a file they part words.
    fn inner(&self) -> &'static str {
        if self.table == "runs" { "" } else { "_-" }
    }
}

const PLACES: [Place; 9] = [
    Place {
        table: "loan_snapshots",
        select: "select snapshot_id, 0, extra from loan_snapshots where instr(extra, ?1) > 0",
        update: "update loan_snapshots set extra = ?3 where snapshot_id = ?1 and ?2 = 0",
    },
    Place {
        table: "rejects",
        select: "select reject_id, 0, value from rejects where instr(value, ?1) > 0",
        update: "update rejects set value = ?3 where reject_id = ?1 and ?2 = 0",
    },
    Place {
        table: "rejects",
        select: "select reject_id, 0, reason from rejects where instr(reason, ?1) > 0",
        update: "update rejects set reason = ?3 where reject_id = ?1 and ?2 = 0",
    },
    Place {
        table: "skipped_lines",
        select: "select run_id, line, content from skipped_lines where instr(content, ?1) > 0",
        update: "update skipped_lines set content = ?3 where run_id = ?1 and line = ?2",
    },
    Place {
        table: "runs",
        select: "select run_id, 0, message from runs where instr(message, ?1) > 0",
        update: "update runs set message = ?3 where run_id = ?1 and ?2 = 0",
    },
    Place {
        table: "runs",
        select: "select run_id, 0, input_name from runs where instr(input_name, ?1) > 0",
        update: "update runs set input_name = ?3 where run_id = ?1 and ?2 = 0",
    },
    Place {
        table: "models",
        select: "select model_id, 0, parameters from models where instr(parameters, ?1) > 0",
        update: "update models set parameters = ?3 where model_id = ?1 and ?2 = 0",
    },
    Place {
        table: "input_columns",
        select: "select run_id, position, header from input_columns where instr(header, ?1) > 0",
        update: "update input_columns set header = ?3 where run_id = ?1 and position = ?2",
    },
    Place {
        table: "picture_nodes",
        select: "select run_id, node, feature from picture_nodes where instr(feature, ?1) > 0",
        update: "update picture_nodes set feature = ?3 where run_id = ?1 and node = ?2",
    },
];

/// How many places name the person.
///
/// # Errors
/// Those of the database.
pub fn find(connection: &Connection, person: &Person) -> Result<i64> {
    let mut found = 0;
    for (_, id) in forms(person) {
        for place in &PLACES {
            found += in_place(connection, place, &id)?.len() as i64;
        }
        found += learnt(connection, &id)?.len() as i64;
    }
    Ok(found)
}

/// Takes the names out; gives how many places had one.
///
/// # Errors
/// Those of the database.
pub fn erase(connection: &Connection, person: &Person) -> Result<i64> {
    let mut erased = 0;
    for (is_plain, id) in forms(person) {
        for place in &PLACES {
            for (first, second, text) in in_place(connection, place, &id)? {
                connection.execute(place.update, (first, second, text))?;
                erased += 1;
            }
        }
        for model_id in learnt(connection, &id)? {
            // A model is one sealed piece: without the text it is another one. Its measures stay.
            connection.execute("update models set content = x'' where model_id = ?1", [model_id])?;
            erased += 1;
        }
        if is_plain && connection.table_exists(None, "partial_dependences")? {
            let update = "update partial_dependences set label = ?2 where label = ?1";
            erased += connection.execute(update, (&id, ERASED))? as i64;
        }
    }
    Ok(erased)
}

/// The ids as they are written, and as JSON writes them where that differs.
fn forms(person: &Person) -> Vec<(bool, String)> {
    let mut forms = Vec::new();
    for id in person.telling_ids() {
        forms.push((true, id.to_owned()));
        let json = serde_json::to_string(id).expect("a text is JSON");
        let inner = json[1..json.len() - 1].to_owned();
        if inner != id {
            forms.push((false, inner));
        }
    }
    forms
}

/// The rows of a place that name an id, with the text as it is to be.
fn in_place(connection: &Connection, place: &Place, id: &str) -> Result<Vec<(i64, i64, String)>> {
    if !connection.table_exists(None, place.table)? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(place.select)?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(2)?;
        if let Cow::Owned(without) = without(&text, id, place.inner()) {
            found.push((row.get(0)?, row.get(1)?, without));
        }
    }
    Ok(found)
}

/// Models that hold an id among the texts that they learnt from: there a text follows its length.
fn learnt(connection: &Connection, id: &str) -> Result<Vec<i64>> {
    if !connection.table_exists(None, "own_features")? {
        return Ok(Vec::new());
    }
    let Ok(length) = u8::try_from(id.len()) else { return Ok(Vec::new()) };
    let stored = [&[length], id.as_bytes()].concat();
    let mut statement = connection.prepare(include_str!("learnt_texts.sql"))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let content: Vec<u8> = row.get("content")?;
        if memchr::memmem::find(&content, &stored).is_some() {
            found.push(row.get("model_id")?);
        }
    }
    Ok(found)
}

/// Whether an id is one wherever it stands: letters and digits, or digits so many that they are no amount.
pub fn is_telling(id: &str) -> bool {
    let has_digit = id.chars().any(|letter| letter.is_ascii_digit());
    let has_letter = id.chars().any(char::is_alphabetic);
    let length = id.chars().count();
    length >= 7 || (length >= 4 && has_digit && has_letter)
}

/// The text with [`ERASED`] for every place where the id stands alone.
fn without<'text>(text: &'text str, id: &str, inner: &str) -> Cow<'text, str> {
    let is_inner =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || inner.contains(letter));
    let mut kept = String::new();
    let mut from = 0;
    for (place, _) in text.match_indices(id) {
        let end = place + id.len();
        if !is_inner(text[..place].chars().next_back()) && !is_inner(text[end..].chars().next()) {
            kept.push_str(&text[from..place]);
            kept.push_str(ERASED);
            from = end;
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    kept.push_str(&text[from..]);
    Cow::Owned(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_out_where_it_stands_alone_and_nowhere_else() {
        assert_eq!(without("B-10, B-101; AB-10 (B-10)", "B-10", "_-"), "(erased), B-101; AB-10 ((erased))");
        assert_eq!(without("B-10", "B-10", "_-"), "(erased)");
        assert!(matches!(without("B-101", "B-10", "_-"), Cow::Borrowed("B-101")));
        assert_eq!(without("é:B-10é", "B-10", "_-"), "é:B-10é");
    }

    #[test]
    fn a_short_number_is_no_name() {
        for (id, is) in
            [("7", false), ("1500", false), ("20260331", true), ("BR_1", true), ("Male", false), ("", false)]
        {
            assert_eq!(is_telling(id), is, "{id}");
        }
    }
}
