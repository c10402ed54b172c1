//! The model card: what the scores in use are for, what they were made from, how good they are, and what they are not.

use std::collections::BTreeMap;

use rusqlite::types::Value;

use crate::db::ShownRun;
use crate::error::Result;
use crate::format::Style;
use crate::report::{format, terms};

pub const MODEL: &str = "\
select section, item, value, lower_95, upper_95
from model_card_by_run
where run_id = ?1
order by position, item;
";

pub const METRICS: &str = "metrics";
/// A measure of the picture of the scores, which shows it.
const PICTURE_EXPLAINED: &str = "picture_explained";

/// A measure, with its 95 % interval where it has one.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

impl Metric {
    pub fn text(&self, places: usize) -> String {
        let fixed = |value| format::fixed(value, places);
        let ends = |(lower, upper)| format!(" ({} to {})", fixed(lower), fixed(upper));
        format!("{}{}", fixed(self.value), self.interval.map_or_else(String::new, ends))
    }
}

#[derive(Debug, Clone)]
pub struct CardPart {
    pub name: String,
    pub items: Vec<(String, String)>,
}

/// The view `model_card`.
#[derive(Default)]
pub struct Card {
    pub parts: Vec<CardPart>,
    metrics: BTreeMap<String, Metric>,
}

impl Card {
    pub fn read(shown: ShownRun<'_>, style: &Style) -> Result<Self> {
        let mut statement = shown.prepare(MODEL)?;
        let mut rows = statement.query([shown.run_id])?;
        let mut card = Self::default();
        while let Some(row) = rows.next()? {
            let (section, item): (String, String) = (row.get("section")?, row.get("item")?);
            let lower: Option<f64> = row.get("lower_95")?;
            let upper: Option<f64> = row.get("upper_95")?;
            let value: Value = row.get("value")?;
            let text = match (&value, section.as_str()) {
                (Value::Real(value), METRICS) => {
                    let metric = Metric { value: *value, interval: lower.zip(upper) };
                    card.metrics.insert(item.clone(), metric);
                    written(metric, style)
                }
                (Value::Text(names), "features") if item == "seen by the model" => {
                    names.split(", ").map(terms::label).collect::<Vec<_>>().join(", ")
                }
                (Value::Integer(number), "data") => style.count(*number),
                _ => in_words(&value),
            };
            if !is_elsewhere(&section, &item) {
                card.add(format::sentence_case(&section), named(&item), text);
            }
        }
        Ok(card)
    }

    fn add(&mut self, section: String, item: String, text: String) {
        match self.parts.last_mut() {
            Some(part) if part.name == section => part.items.push((item, text)),
            _ => self.parts.push(CardPart { name: section, items: vec![(item, text)] }),
        }
    }

    pub fn metric(&self, name: &str) -> Option<Metric> {
        self.metrics.get(name).copied()
    }

    pub fn value(&self, name: &str) -> Option<f64> {
        self.metric(name).map(|metric| metric.value)
    }

    pub fn count(&self, name: &str, style: &Style) -> String {
        self.value(name).map_or_else(|| format::NONE.to_owned(), |value| style.count(value as i64))
    }

    /// The measures with this prefix, by the rest of their name.
    pub fn beginning<'a>(&'a self, prefix: &'a str) -> impl DoubleEndedIterator<Item = (&'a str, f64)> {
        self.metrics.iter().filter_map(move |(name, metric)| Some((name.strip_prefix(prefix)?, metric.value)))
    }
}

/// Whether the report shows it in a table of its own, or only a program can read it.
fn is_elsewhere(section: &str, item: &str) -> bool {
    let is_for_programs = ["parameters", "calibration"].contains(&item);
    section == "gate" || is_for_programs || section == METRICS && (item.contains('@') || item == PICTURE_EXPLAINED)
}

fn named(item: &str) -> String {
    match item.split_once(": ") {
        Some((what, feature)) => format!("{}: {}", format::sentence_case(what), terms::label(feature)),
        None if matches!(item, "auc" | "ks") => item.to_uppercase(),
        None => format::sentence_case(&item.replace('_', " ")),
    }
}

fn written(metric: Metric, style: &Style) -> String {
    if metric.value.fract() == 0.0 && metric.value.abs() >= 2.0 {
        return style.count(metric.value as i64);
    }
    metric.text(4)
}

fn in_words(value: &Value) -> String {
    match value {
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Blob(_) => format::NONE.to_owned(),
    }
}
