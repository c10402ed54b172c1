//! Box plots, one per group: the box is the middle half of the loans, the line in it the median, and the whiskers reach from
//! the 5th to the 95th percentile.

use askama::Template;

use super::{Axis, Tick, WIDTH, Words};
use crate::report::format::{Style, coordinate};

const LEFT: f64 = 14.0;
const RIGHT: f64 = 426.0;
const TOP: f64 = 6.0;
const ROW: f64 = 52.0;

/// The quantiles of one group.
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

struct BoxRow {
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

#[derive(Template)]
#[template(path = "charts/boxes.svg")]
pub struct BoxPlot {
    words: Words,
    height: String,
    bottom: String,
    tick_y: String,
    label_y: String,
    rows: Vec<BoxRow>,
    x_ticks: Vec<Tick>,
    x_label: String,
}

impl askama::filters::HtmlSafe for BoxPlot {}

impl BoxPlot {
    /// Boxes over one axis from 0; `write` puts a value in words.
    pub fn new(
        words: Words,
        groups: &[Quantiles],
        x_label: String,
        style: &Style,
        write: impl Fn(f64) -> String,
    ) -> Self {
        let highest = groups.iter().map(|group| group.p95).fold(0.0, f64::max);
        let x = Axis::new((0.0, highest), (LEFT, RIGHT));
        let bottom = TOP + ROW * groups.len() as f64;
        let rows = groups.iter().enumerate().map(|(position, group)| {
            let top = TOP + ROW * position as f64 + 22.0;
            let left = x.at(group.p25);
            BoxRow {
                label: format!("{}: median {} ({})", group.label, write(group.p50), style.loans(group.loans)),
                class: group.class,
                label_y: coordinate(top - 6.0),
                middle: coordinate(top + 10.0),
                low: coordinate(x.at(group.p5)),
                high: coordinate(x.at(group.p95)),
                left: coordinate(left),
                top: coordinate(top),
                width: coordinate((x.at(group.p75) - left).max(1.0)),
                bottom: coordinate(top + 20.0),
                median: coordinate(x.at(group.p50)),
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
