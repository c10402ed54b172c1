//! Predicted against observed: where the scores are right, the points lie on the diagonal.

use askama::Template;

use super::{Scale, Tick, Words};
use crate::report::format::{coordinate, whole_share};

const WIDTH: f64 = 440.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 416.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 238.0;

/// Loans with scores in one step: what was predicted on average, what came about, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    pub predicted: f64,
    pub observed: f64,
    pub loans: i64,
}

struct Mark {
    x: String,
    y: String,
    radius: String,
}

/// The chart, ready to be placed in a page.
#[derive(Template)]
#[template(path = "charts/reliability.svg")]
pub struct Reliability {
    words: Words,
    marks: Vec<Mark>,
    line: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
}

impl askama::filters::HtmlSafe for Reliability {}

impl Reliability {
    /// A mark a step, larger for more loans.
    pub fn new(words: Words, steps: &[Step]) -> Self {
        let x = Scale::new((0.0, 1.0), (LEFT, RIGHT));
        let y = Scale::new((0.0, 1.0), (BOTTOM, TOP));
        let most = steps.iter().map(|step| step.loans).max().unwrap_or(1).max(1) as f64;
        let marks: Vec<_> = steps
            .iter()
            .map(|step| Mark {
                x: coordinate(x.place(step.predicted)),
                y: coordinate(y.place(step.observed)),
                radius: coordinate(3.0 + 6.0 * (step.loans as f64 / most).sqrt()),
            })
            .collect();
        let line = marks.iter().map(|mark| format!("{},{}", mark.x, mark.y)).collect::<Vec<_>>().join(" ");
        Self { words, marks, line, x_ticks: x.ticks(5, whole_share), y_ticks: y.ticks(5, whole_share) }
    }
}
