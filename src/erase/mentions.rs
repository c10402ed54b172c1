//! Places where somebody else's row, or a run's, may name a person: the lender's further columns, reasons and messages,
//! lines that are no loans, and what models learnt from texts. What a name is, `naming` says.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::naming::{Context, without};
use super::person::Person;
use crate::error::Result;
use crate::risk::learnt_texts;

/// A text column of a table: how the rows with an id in it are read, by a key of two numbers and with the header of its
/// column if it is a value; how one is written; and which run it is of.
struct Place {
    table: &'static str,
    select: &'static str,
    update: &'static str,
    run: &'static str,
}

impl Place {
    fn context<'a>(&self, header: Option<&'a str>) -> Context<'a> {
        Context { header, inner: if self.table == "runs" { "" } else { "_-" } }
    }
}

const PLACES: [Place; 12] = [
    Place {
        table: "rejects",
        select: "select reject_id, 0, value, column_name from rejects where instr(value, ?1) > 0",
        update: "update rejects set value = ?3 where reject_id = ?1 and ?2 = 0",
        run: "select run_id from rejects where reject_id = ?1 and ?2 = 0",
    },
    Place {
        table: "rejects",
        select: "select reject_id, 0, reason, null from rejects where instr(reason, ?1) > 0",
        update: "update rejects set reason = ?3 where reject_id = ?1 and ?2 = 0",
        run: "select run_id from rejects where reject_id = ?1 and ?2 = 0",
    },
    Place {
        table: "skipped_lines",
        select: "select run_id, line, content, null from skipped_lines where instr(content, ?1) > 0",
        update: "update skipped_lines set content = ?3 where run_id = ?1 and line = ?2",
        run: "select ?1 where ?2 > 0",
    },
    Place {
        table: "runs",
        select: "select run_id, 0, message, null from runs where instr(message, ?1) > 0",
        update: "update runs set message = ?3 where run_id = ?1 and ?2 = 0",
        run: "select ?1 where ?2 = 0",
    },
    Place {
        table: "runs",
        select: "select run_id, 0, input_name, null from runs where instr(input_name, ?1) > 0",
        update: "update runs set input_name = ?3 where run_id = ?1 and ?2 = 0",
        run: "select ?1 where ?2 = 0",
    },
    Place {
        table: "models",
        select: "select model_id, 0, parameters, null from models where instr(parameters, ?1) > 0",
        update: "update models set parameters = ?3 where model_id = ?1 and ?2 = 0",
        run: "select run_id from models where model_id = ?1 and ?2 = 0",
    },
    Place {
        table: "input_columns",
        select: "select run_id, position, header, null from input_columns where instr(header, ?1) > 0",
        update: "update input_columns set header = ?3 where run_id = ?1 and position = ?2",
        run: "select ?1 where ?2 > 0",
    },
    Place {
        table: "picture_nodes",
        select: "select run_id, node, feature, null from picture_nodes where instr(feature, ?1) > 0",
        update: "update picture_nodes set feature = ?3 where run_id = ?1 and node = ?2",
        run: "select ?1 where ?2 > 0",
    },
    Place {
        table: "audit_findings",
        select: "select run_id, position, reason, null from audit_findings where instr(reason, ?1) > 0",
        update: "update audit_findings set reason = ?3 where run_id = ?1 and position = ?2",
        run: "select ?1 where ?2 > 0",
    },
    Place {
        table: "score_reasons",
        select: "select snapshot_id, 0, raised_by, null from score_reasons where instr(raised_by, ?1) > 0",
        update: "update score_reasons set raised_by = ?3 where snapshot_id = ?1 and ?2 = 0",
        run: "select run_id from loan_snapshots where snapshot_id = ?1 and ?2 = 0",
    },
    Place {
        table: "score_reasons",
        select: "select snapshot_id, 0, lowered_by, null from score_reasons where instr(lowered_by, ?1) > 0",
        update: "update score_reasons set lowered_by = ?3 where snapshot_id = ?1 and ?2 = 0",
        run: "select run_id from loan_snapshots where snapshot_id = ?1 and ?2 = 0",
    },
    Place {
        table: "score_reasons",
        select: "select snapshot_id, 0, reasons, null from score_reasons where instr(reasons, ?1) > 0",
        update: "update score_reasons set reasons = ?3 where snapshot_id = ?1 and ?2 = 0",
        run: "select run_id from loan_snapshots where snapshot_id = ?1 and ?2 = 0",
    },
];

#[derive(Debug, Default)]
pub(super) struct Mentions {
    pub(super) count: i64,
    pub(super) runs: BTreeSet<i64>,
}

impl Mentions {
    fn add(&mut self, run_id: Option<i64>) {
        self.count += 1;
        self.runs.extend(run_id);
    }
}

/// Which places name the person; takes the names out if `is_to_go`.
pub(super) fn visit(connection: &Connection, person: &Person, is_to_go: bool) -> Result<Mentions> {
    let mut found = Mentions::default();
    for (id, written) in forms(person) {
        for place in &PLACES {
            for (first, second, text) in in_place(connection, place, &written)? {
                found.add(connection.query_row(place.run, (first, second), |row| row.get(0)).optional()?);
                if is_to_go {
                    connection.execute(place.update, (first, second, text))?;
                }
            }
        }
        in_further_columns(connection, id, &written, is_to_go, &mut found)?;
        if id == written {
            in_models(connection, id, is_to_go, &mut found)?;
            in_labels(connection, id, is_to_go, &mut found)?;
        }
    }
    Ok(found)
}

/// The ids, each as it is and, where that differs, as JSON writes it.
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

/// The rows of a place that name an id, with the text as it is to be.
fn in_place(connection: &Connection, place: &Place, id: &str) -> Result<Vec<(i64, i64, String)>> {
    let mut statement = connection.prepare(place.select)?;
    let mut rows = statement.query([id])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (text, header): (String, Option<String>) = (row.get(2)?, row.get(3)?);
        if let Some(without) = without(&text, id, place.context(header.as_deref())) {
            found.push((row.get(0)?, row.get(1)?, without));
        }
    }
    Ok(found)
}

fn in_further_columns(
    connection: &Connection,
    id: &str,
    written: &str,
    is_to_go: bool,
    found: &mut Mentions,
) -> Result<()> {
    let select = "select snapshot_id, run_id, extra from loan_snapshots where instr(extra, ?1) > 0";
    let mut statement = connection.prepare(select)?;
    let mut rows = statement.query([written])?;
    let mut changed = Vec::new();
    while let Some(row) = rows.next()? {
        let extra: String = row.get("extra")?;
        if let Some(extra) = without_in_json(&extra, id)? {
            found.add(Some(row.get("run_id")?));
            changed.push((row.get::<_, i64>("snapshot_id")?, extra));
        }
    }
    drop(rows);
    if is_to_go {
        let mut update = connection.prepare("update loan_snapshots set extra = ?2 where snapshot_id = ?1")?;
        for row in changed {
            update.execute(row)?;
        }
    }
    Ok(())
}

/// An object of values by header without the person; none where it does not name them.
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

/// Models that learnt from texts that name the person. A model is one sealed piece: without the text it is another one, so
/// it goes whole. Its measures stay.
fn in_models(connection: &Connection, id: &str, is_to_go: bool, found: &mut Mentions) -> Result<()> {
    let mut statement = connection.prepare(include_str!("learnt_texts.sql"))?;
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
    if is_to_go {
        for model_id in holding {
            connection.execute("update models set content = x'' where model_id = ?1", [model_id])?;
        }
    }
    Ok(())
}

fn names_in_model(connection: &Connection, run_id: i64, content: &[u8], id: &str) -> Result<bool> {
    let Some(features) = learnt_texts(content) else {
        // One of another version of the program: rather one model too many.
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

fn in_labels(connection: &Connection, id: &str, is_to_go: bool, found: &mut Mentions) -> Result<()> {
    let mut statement = connection.prepare(include_str!("labels.sql"))?;
    let labels = statement.query_map([id], |row| {
        Ok((row.get::<_, i64>("model_id")?, row.get::<_, i64>("run_id")?, row.get("feature")?, row.get("label")?))
    })?;
    let labels: Vec<(i64, i64, String, String)> = labels.collect::<rusqlite::Result<_>>()?;
    for (model_id, run_id, feature, label) in labels {
        let header = header_of(connection, run_id, &feature)?;
        let context = Context { header: Some(header.as_deref().unwrap_or(&feature)), ..Context::TEXT };
        let Some(new) = without(&label, id, context) else { continue };
        found.add(Some(run_id));
        if is_to_go {
            let update =
                "update partial_dependences set label = ?4 where model_id = ?1 and feature = ?2 and label = ?3";
            connection.execute(update, (model_id, feature, label, new))?;
        }
    }
    Ok(())
}
