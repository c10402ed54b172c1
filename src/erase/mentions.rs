//! Texts in other rows that may name a person: the lender's further columns, reasons, messages, lines that are not loans, and
//! texts that models learnt from. `naming` decides what a name is.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::naming::{Context, without};
use super::person::Person;
use crate::error::Result;
use crate::risk::learnt_texts;

/// A text column that may name a person. `select` reads the rows with an id in it: a key of two numbers, the text and, for a
/// value, the header of its column; `run` finds the runs of a row.
struct TextColumn {
    table: &'static str,
    select: &'static str,
    update: &'static str,
    run: &'static str,
}

impl TextColumn {
    fn context<'a>(&self, header: Option<&'a str>) -> Context<'a> {
        Context { header, inner: if self.table == "runs" { "" } else { "_-" } }
    }
}

/// The statements of a column, by its table, its key of two columns, and the header.
macro_rules! text_column {
    ($table:literal, ($key:literal, $second:literal), $text:literal, $header:literal, $run:expr) => {
        TextColumn {
            table: $table,
            select: concat!(
                "select ",
                $key,
                ", ",
                $second,
                ", ",
                $text,
                ", ",
                $header,
                " from ",
                $table,
                " where instr(",
                $text,
                ", ?1) > 0"
            ),
            update: concat!("update ", $table, " set ", $text, " = ?3 where ", $key, " = ?1 and ", $second, " = ?2"),
            run: $run,
        }
    };
}

const KEYED_BY_RUN: &str = "select ?1 where ?2 >= 0";
const OF_REJECT: &str = "select run_id from rejects where reject_id = ?1 and ?2 = 0";
const OF_MODEL: &str = "select run_id from models where model_id = ?1 and ?2 = 0";
const OF_DETAILS: &str = "select distinct run_id from loan_snapshots where loan_key = ?1 and details_number = ?2";
const OF_SNAPSHOT: &str = "select run_id from loan_snapshots where snapshot_id = ?1 and ?2 = 0";

const TEXT_COLUMNS: [TextColumn; 16] = [
    text_column!("rejects", ("reject_id", "0"), "value", "column_name", OF_REJECT),
    text_column!("rejects", ("reject_id", "0"), "reason", "null", OF_REJECT),
    text_column!("skipped_lines", ("run_id", "line"), "content", "null", KEYED_BY_RUN),
    text_column!("runs", ("run_id", "0"), "message", "null", KEYED_BY_RUN),
    text_column!("runs", ("run_id", "0"), "input_name", "null", KEYED_BY_RUN),
    text_column!("models", ("model_id", "0"), "parameters", "null", OF_MODEL),
    text_column!("input_columns", ("run_id", "position"), "header", "null", KEYED_BY_RUN),
    text_column!("picture_nodes", ("run_id", "node"), "feature", "null", KEYED_BY_RUN),
    text_column!("audit_findings", ("run_id", "position"), "reason", "null", KEYED_BY_RUN),
    text_column!("loan_details", ("loan_key", "details_number"), "branch", "'Branch'", OF_DETAILS),
    text_column!("loan_details", ("loan_key", "details_number"), "officer", "'Officer'", OF_DETAILS),
    text_column!("loan_details", ("loan_key", "details_number"), "product", "'Product'", OF_DETAILS),
    text_column!("group_summaries", ("run_id", "position"), "group_name", "dimension", KEYED_BY_RUN),
    text_column!("score_reasons", ("snapshot_id", "0"), "raised_by", "null", OF_SNAPSHOT),
    text_column!("score_reasons", ("snapshot_id", "0"), "lowered_by", "null", OF_SNAPSHOT),
    text_column!("score_reasons", ("snapshot_id", "0"), "reasons", "null", OF_SNAPSHOT),
];

#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub(super) count: i64,
    pub(super) runs: BTreeSet<i64>,
}

impl Mentions {
    fn add(&mut self, runs: impl IntoIterator<Item = i64>) {
        self.count += 1;
        self.runs.extend(runs);
    }
}

pub(super) fn visit(connection: &Connection, person: &Person, is_erasing: bool) -> Result<Mentions> {
    let mut found = Mentions::default();
    for (id, written) in forms(person) {
        for column in &TEXT_COLUMNS {
            for (first, second, text) in in_column(connection, column, &written)? {
                found.add(runs_of(connection, column.run, (first, second))?);
                if is_erasing {
                    connection.execute(column.update, (first, second, text))?;
                }
            }
        }
        in_further_columns(connection, id, &written, is_erasing, &mut found)?;
        if id == written {
            in_models(connection, id, is_erasing, &mut found)?;
            in_labels(connection, id, is_erasing, &mut found)?;
        }
    }
    Ok(found)
}

fn forms(person: &Person) -> Vec<(&str, String)> {
    let mut forms = Vec::new();
    for id in person.ids() {
        forms.push((id, id.to_owned()));
        let json = serde_json::to_string(id).expect("a text is JSON");
        let inner = json[1..json.len() - 1].to_owned();
        if inner != id {
            forms.push((id, inner));
        }
    }
    forms
}

fn in_column(connection: &Connection, column: &TextColumn, id: &str) -> Result<Vec<(i64, i64, String)>> {
    let mut statement = connection.prepare(column.select)?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (text, header): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        if let Some(without) = without(&text, id, column.context(header.as_deref())) {
            found.push((row.get(0)?, row.get(1)?, without));
        }
    }
    Ok(found)
}

fn in_further_columns(
    connection: &Connection,
    id: &str,
    written: &str,
    is_erasing: bool,
    found: &mut Mentions,
) -> Result<()> {
    let mut statement =
        connection.prepare("select loan_key, details_number, extra from loan_details where instr(extra, ?1) > 0")?;
    let rows = statement.query_map([written], |row| {
        Ok(((row.get("loan_key")?, row.get("details_number")?), row.get::<_, String>("extra")?))
    })?;
    for (key, extra) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let Some(extra) = without_in_json(&extra, id)? else { continue };
        found.add(runs_of(connection, OF_DETAILS, key)?);
        if is_erasing {
            let update = "update loan_details set extra = ?3 where loan_key = ?1 and details_number = ?2";
            connection.execute(update, (key.0, key.1, extra))?;
        }
    }
    Ok(())
}

fn runs_of(connection: &Connection, query: &str, key: (i64, i64)) -> Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(query)?;
    let runs = statement.query_map(key, |row| row.get(0))?;
    Ok(runs.collect::<rusqlite::Result<_>>()?)
}

/// An object of values by header without the person; nothing if it does not name them.
fn without_in_json(extra: &str, id: &str) -> Result<Option<String>> {
    let values: Map<String, Value> = serde_json::from_str(extra)?;
    let mut is_changed = false;
    let mut kept = Map::new();
    for (header, value) in values {
        let text = value.as_str();
        let new = text.and_then(|text| without(text, id, Context { header: Some(&header), ..Context::TEXT }));
        let new_header = without(&header, id, Context::TEXT);
        is_changed |= new.is_some() || new_header.is_some();
        kept.insert(new_header.unwrap_or(header), new.map_or(value, Value::String));
    }
    if is_changed { Ok(Some(serde_json::to_string(&kept)?)) } else { Ok(None) }
}

/// Models that learnt from texts that name the person. A text cannot be cut out of a model, so the whole model is erased; its
/// metrics stay.
fn in_models(connection: &Connection, id: &str, is_erasing: bool, found: &mut Mentions) -> Result<()> {
    // Only the lender's own columns of categories may have taught a model texts.
    let mut statement = connection.prepare(
        "select model_id, run_id, content
        from models
        where run_id in (select run_id from own_features where kind = 'category')",
    )?;
    let mut rows = statement.query([])?;
    let mut holding = Vec::new();
    while let Some(row) = rows.next()? {
        let run_id: i64 = row.get("run_id")?;
        if names_in_model(connection, run_id, row.get_ref("content")?.as_blob().unwrap_or_default(), id)? {
            found.add(Some(run_id));
            holding.push(row.get::<_, i64>("model_id")?);
        }
    }
    drop(rows);
    if is_erasing {
        for model_id in holding {
            connection.execute("update models set content = x'' where model_id = ?1", [model_id])?;
        }
    }
    Ok(())
}

fn names_in_model(connection: &Connection, run_id: i64, content: &[u8], id: &str) -> Result<bool> {
    let Some(features) = learnt_texts(content) else {
        // From another version of the program: erase one model too many rather than one too few.
        return Ok(memchr::memmem::find(content, id.as_bytes()).is_some());
    };
    for (feature, texts) in features {
        let header = header_of(connection, run_id, &feature)?;
        let context = Context { header: Some(header.as_deref().unwrap_or(&feature)), ..Context::TEXT };
        if texts.iter().any(|text| without(text, id, context).is_some()) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn header_of(connection: &Connection, run_id: i64, feature: &str) -> Result<Option<String>> {
    let query = "select column_name from own_features where run_id = ?1 and name = ?2";
    Ok(connection.query_row(query, (run_id, feature), |row| row.get(0)).optional()?)
}

fn in_labels(connection: &Connection, id: &str, is_erasing: bool, found: &mut Mentions) -> Result<()> {
    let mut statement = connection.prepare(
        "select distinct models.model_id, models.run_id, partial_dependences.feature, partial_dependences.label
        from partial_dependences
        join models using (model_id)
        where instr(partial_dependences.label, ?1) > 0",
    )?;
    let labels = statement.query_map([id], |row| {
        Ok((row.get::<_, i64>("model_id")?, row.get::<_, i64>("run_id")?, row.get("feature")?, row.get("label")?))
    })?;
    let labels: Vec<(i64, i64, String, String)> = labels.collect::<rusqlite::Result<_>>()?;
    for (model_id, run_id, feature, label) in labels {
        let header = header_of(connection, run_id, &feature)?;
        let context = Context { header: Some(header.as_deref().unwrap_or(&feature)), ..Context::TEXT };
        let Some(new) = without(&label, id, context) else { continue };
        found.add(Some(run_id));
        if is_erasing {
            let update =
                "update partial_dependences set label = ?4 where model_id = ?1 and feature = ?2 and label = ?3";
            connection.execute(update, (model_id, feature, label, new))?;
        }
    }
    Ok(())
}
