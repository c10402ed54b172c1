//! Box plots, one row a group: the box holds the middle half of the loans, the line in it is the median, and the whiskers
//! reach from the 5th to the 95th percentile.

use askama::Template;

use super::{Scale, Tick, Words};
use crate::report::format::{Style, coordinate};

const WIDTH: f64 = 440.0;
const LEFT: f64 = 14.0;
const RIGHT: f64 = 426.0;
const TOP: f64 = 6.0;
const ROW: f64 = 52.0;

/// The quantiles of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles {
    pub label: String,
    pub class: &'static str,
    pub loans: i64,
    pub p5: f64,
    pub p25: f64,
    pub p50: f64,
    pub p75: f64,
    pub p95: f64,
}

struct Row {
    label: String,
    class: &'static str,
    label_y: String,
    middle: String,
    low: String,
    high: String,
    left: String,
    top: String,
    width: String,
    bottom: String,
    median: String,
}

/// Box plots, ready to be placed in a page.
#[derive(Template)]
#[template(path = "charts/boxes.svg")]
pub struct BoxPlot {
    words: Words,
    height: String,
    bottom: String,
    tick_y: String,
    label_y: String,
    rows: Vec<Row>,
    x_ticks: Vec<Tick>,
    x_label: String,
}

impl askama::filters::HtmlSafe for BoxPlot {}

impl BoxPlot {
    /// Box plots of the groups over one axis from 0; `write` puts a value in words.
    pub fn new(
        words: Words,
        groups: &[Quantiles],
        x_label: String,
        style: &Style,
        write: impl Fn(f64) -> String,
    ) -> Self {
        let highest = groups.iter().map(|group| group.p95).fold(0.0, f64::max);
        let x = Scale::new((0.0, highest), (LEFT, RIGHT));
        let bottom = TOP + ROW * groups.len() as f64;
        let rows = groups.iter().enumerate().map(|(position, group)| {
            let top = TOP + ROW * position as f64 + 22.0;
            let left = x.place(group.p25);
            Row {
                label: format!("{}: median {} ({})", group.label, write(group.p50), style.loans(group.loans)),
                class: group.class,
                label_y: coordinate(top - 6.0),
                middle: coordinate(top + 10.0),
                low: coordinate(x.place(group.p5)),
                high: coordinate(x.place(group.p95)),
                left: coordinate(left),
                top: coordinate(top),
                width: coordinate((x.place(group.p75) - left).max(1.0)),
                bottom: coordinate(top + 20.0),
                median: coordinate(x.place(group.p50)),
            }
        });
        Self {
            words,
            height: coordinate(bottom + 50.0),
            bottom: coordinate(bottom),
            tick_y: coordinate(bottom + 18.0),
            label_y: coordinate(bottom + 40.0),
            rows: rows.collect(),
            x_ticks: x.ticks(5, |value| style.compact(value)),
            x_label,
        }
    }
}
