//! A histogram: columns of equal width, each in one or two parts, with boundaries marked where there are any.

use askama::Template;

use super::{Legend, Scale, Tick, Words};
use crate::report::format::{Style, coordinate};
use crate::report::scale::ScoreScale;

const WIDTH: f64 = 440.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 416.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 238.0;

/// One column: the part below and the part above it.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub below: i64,
    pub above: i64,
}

struct Bar {
    class: &'static str,
    x: String,
    y: String,
    width: String,
    height: String,
}

/// A histogram, ready to be placed in a page.
#[derive(Template)]
#[template(path = "charts/histogram.svg")]
pub struct Histogram {
    words: Words,
    bars: Vec<Bar>,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    boundaries: Vec<Tick>,
    x_label: String,
    y_label: &'static str,
    pub legend: Vec<Legend>,
}

impl askama::filters::HtmlSafe for Histogram {}

impl Histogram {
    /// Columns from 0 on, each `step` wide; `classes` colour the lower and the upper part.
    pub fn new(
        words: Words,
        columns: &[Column],
        step: f64,
        x_label: String,
        classes: [&'static str; 2],
        style: &Style,
    ) -> Self {
        let highest = columns.iter().map(|column| column.below + column.above).max().unwrap_or(0);
        let y = Scale::new((0.0, highest as f64), (BOTTOM, TOP));
        let slot = (RIGHT - LEFT) / columns.len().max(1) as f64;
        let mut bars = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            let mut from = 0;
            for (class, loans) in classes.into_iter().zip([column.below, column.above]) {
                if loans > 0 {
                    let top = y.place((from + loans) as f64);
                    bars.push(Bar {
                        class,
                        x: coordinate(LEFT + position as f64 * slot + 0.8),
                        y: coordinate(top),
                        width: coordinate((slot - 1.6).max(0.8)),
                        height: coordinate((y.place(from as f64) - top).max(0.6)),
                    });
                    from += loans;
                }
            }
        }
        let x = Scale::new((0.0, step * columns.len() as f64), (LEFT, RIGHT));
        Self {
            words,
            bars,
            x_ticks: x.ticks(5, |value| style.compact(value)),
            y_ticks: y.ticks(4, |value| style.count(value as i64)),
            boundaries: Vec::new(),
            x_label,
            y_label: "loans",
            legend: Vec::new(),
        }
    }

    /// Labels the axis from 0 to 1 or 100, and marks where bands begin.
    pub fn with_scores(mut self, boundaries: &[f64], scale: ScoreScale) -> Self {
        let x = Scale::new((0.0, 1.0), (LEFT, RIGHT));
        self.x_ticks = x.ticks(5, |value| scale.written(Some(value), 1));
        let mark = |bound: &f64| Tick { at: coordinate(x.place(*bound)), label: scale.written(Some(*bound), 2) };
        self.boundaries = boundaries.iter().map(mark).collect();
        self
    }
}
