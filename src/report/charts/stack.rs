//! A column a month, in parts by days past due.

use askama::Template;

use super::{Axis, BOTTOM, Bar, LEFT, Legend, RIGHT, TOP, Tick, WIDTH, Words};
use crate::report::format::{Style, coordinate};

pub struct StackedColumn {
    /// Empty of a month without a file.
    pub label: String,
    pub parts: [f64; 6],
}

#[derive(Template)]
#[template(path = "charts/stack.svg")]
pub struct StackedBars {
    words: Words,
    parts: Vec<Bar>,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    y_label: String,
    pub legend: Vec<Legend>,
}

impl askama::filters::HtmlSafe for StackedBars {}

impl StackedBars {
    /// Of the parts, from the lowest up.
    pub const CLASSES: [&'static str; 6] = ["dpd0", "dpd1", "dpd2", "dpd3", "dpd4", "dpd5"];

    pub fn new(words: Words, columns: &[StackedColumn], y_label: String, legend: Vec<Legend>, style: &Style) -> Self {
        let highest = columns.iter().map(|column| column.parts.iter().sum::<f64>()).fold(0.0, f64::max);
        let y = Axis::new((0.0, highest), (BOTTOM, TOP));
        let slot = (RIGHT - LEFT) / columns.len().max(1) as f64;
        let mut parts = Vec::new();
        for (place, column) in columns.iter().enumerate() {
            let mut from = 0.0;
            for (class, amount) in Self::CLASSES.into_iter().zip(column.parts).filter(|(_, amount)| *amount > 0.0) {
                let top = y.at(from + amount);
                parts.push(Bar {
                    class,
                    x: coordinate(LEFT + place as f64 * slot + 2.0),
                    y: coordinate(top),
                    width: coordinate(slot - 4.0),
                    height: coordinate(y.at(from) - top),
                });
                from += amount;
            }
        }
        let tick = |(place, column): (usize, &StackedColumn)| Tick {
            at: coordinate(LEFT + (place as f64 + 0.5) * slot),
            label: column.label.clone(),
        };
        let x_ticks = columns.iter().enumerate().filter(|(_, column)| !column.label.is_empty()).map(tick).collect();
        Self { words, parts, x_ticks, y_ticks: y.ticks(4, |value| style.compact(value)), y_label, legend }
    }
}
