//! The lender's own columns as features, from the view `own_feature_values_by_run`.

use std::collections::BTreeMap;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::{Feature, Kind, Monotone, SnapshotPositions};
use crate::error::Result;

struct OwnColumn {
    feature: Feature,
    values: Vec<f32>,
    /// The texts of a category with their order of appearance, until all are known.
    levels: BTreeMap<String, f32>,
}

pub fn read(
    connection: &Connection,
    run_id: i64,
    places: &SnapshotPositions,
    loans: usize,
) -> Result<(Vec<Feature>, Vec<Vec<f32>>)> {
    let mut columns = declared(connection, run_id, loans)?;
    if columns.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let mut statement =
        connection.prepare("select snapshot_id, position, value from own_feature_values_by_run where run_id = ?1")?;
    let mut rows = statement.query([run_id])?;
    while let Some(row) = rows.next()? {
        let column = &mut columns[row.get::<_, u32>(1)? as usize - 1];
        let value = match row.get_ref(2)? {
            ValueRef::Null => continue,
            ValueRef::Text(text) => column.level(text),
            _ => row.get::<_, f64>(2)? as f32,
        };
        column.values[places.of(row.get(0)?)] = value;
    }
    Ok(columns.into_iter().map(OwnColumn::finished).unzip())
}

fn declared(connection: &Connection, run_id: i64, loans: usize) -> Result<Vec<OwnColumn>> {
    let mut statement =
        connection.prepare("select name, kind, monotone from own_features where run_id = ?1 order by position")?;
    let columns = statement.query_map([run_id], |row| {
        let name: String = row.get("name")?;
        let is_category = row.get_ref("kind")?.as_str()? == "category";
        let monotone = match row.get_ref("monotone")?.as_str()? {
            "up" => Monotone::Up,
            "down" => Monotone::Down,
            _ => Monotone::None,
        };
        let kind = if is_category { Kind::Category(Vec::new()) } else { Kind::Number };
        let label = name.replace('_', " ");
        let feature = Feature { label, kind, monotone, ..Feature::number(&name) };
        Ok(OwnColumn { feature, values: vec![f32::NAN; loans], levels: BTreeMap::new() })
    })?;
    Ok(columns.collect::<rusqlite::Result<_>>()?)
}

impl OwnColumn {
    fn level(&mut self, text: &[u8]) -> f32 {
        let text = String::from_utf8_lossy(text);
        if let Some(level) = self.levels.get(text.as_ref()) {
            return *level;
        }
        let level = self.levels.len() as f32;
        self.levels.insert(text.into_owned(), level);
        level
    }

    /// Numbers the texts of a category in their order.
    fn finished(mut self) -> (Feature, Vec<f32>) {
        if let Kind::Category(texts) = &mut self.feature.kind {
            let mut ranks = vec![0.0; self.levels.len()];
            for (rank, (text, level)) in self.levels.into_iter().enumerate() {
                ranks[level as usize] = rank as f32;
                texts.push(text);
            }
            for value in self.values.iter_mut().filter(|value| !value.is_nan()) {
                *value = ranks[*value as usize];
            }
        }
        (self.feature, self.values)
    }
}
