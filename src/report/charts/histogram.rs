//! Columns of equal width, each in one or two parts; boundaries of bands can be marked.

use askama::Template;

use super::{Axis, BOTTOM, Bar, LEFT, Legend, RIGHT, TOP, Tick, WIDTH, Words};
use crate::report::format::{Style, coordinate};
use crate::report::scale::ScoreScale;

/// Loans in the lower and in the upper part of a column.
#[derive(Clone, Copy)]
pub struct HistogramColumn {
    pub below: i64,
    pub above: i64,
}

#[derive(Template)]
#[template(path = "charts/histogram.svg")]
pub struct Histogram {
    words: Words,
    bars: Vec<Bar>,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    boundaries: Vec<Tick>,
    x_label: String,
    pub legend: Vec<Legend>,
}

impl askama::filters::HtmlSafe for Histogram {}

impl Histogram {
    /// Columns from 0, each `step` wide; `classes` colour the lower and the upper part.
    pub fn new(
        words: Words,
        columns: &[HistogramColumn],
        step: f64,
        x_label: String,
        classes: [&'static str; 2],
        style: &Style,
    ) -> Self {
        let highest = columns.iter().map(|column| column.below + column.above).max().unwrap_or(0);
        let y = Axis::new((0.0, highest as f64), (BOTTOM, TOP));
        let slot = (RIGHT - LEFT) / columns.len().max(1) as f64;
        let mut bars = Vec::new();
        for (position, column) in columns.iter().enumerate() {
            let mut from = 0;
            for (class, loans) in classes.into_iter().zip([column.below, column.above]) {
                if loans > 0 {
                    let top = y.at((from + loans) as f64);
                    bars.push(Bar {
                        class,
                        x: coordinate(LEFT + position as f64 * slot + 0.8),
                        y: coordinate(top),
                        width: coordinate((slot - 1.6).max(0.8)),
                        height: coordinate((y.at(from as f64) - top).max(0.6)),
                    });
                    from += loans;
                }
            }
        }
        let x = Axis::new((0.0, step * columns.len() as f64), (LEFT, RIGHT));
        Self {
            words,
            bars,
            x_ticks: x.ticks(5, |value| style.compact(value)),
            y_ticks: y.ticks(4, |value| style.count(value as i64)),
            boundaries: Vec::new(),
            x_label,
            legend: Vec::new(),
        }
    }

    /// Labels the axis from 0 to 1, or to 100 points, and marks where bands begin.
    pub fn with_scores(mut self, boundaries: &[f64], scale: ScoreScale) -> Self {
        let x = Axis::new((0.0, 1.0), (LEFT, RIGHT));
        self.x_ticks = x.ticks(5, |value| scale.written(Some(value), 1));
        let mark = |bound: &f64| Tick { at: coordinate(x.at(*bound)), label: scale.written(Some(*bound), 2) };
        self.boundaries = boundaries.iter().map(mark).collect();
        self
    }
}
