//! A scatter with one shape per group. Points beyond an axis lie on its edge.

use askama::Template;

use super::{Axis, BOTTOM, LEFT, Legend, RIGHT, Shape, TOP, Tick, WIDTH, Words};
use crate::report::format::Style;

/// The points of one group, as (x, y).
pub struct ScatterGroup {
    pub label: String,
    pub class: String,
    pub points: Vec<(f64, f64)>,
}

struct Layer {
    class: String,
    mark_class: &'static str,
    path: String,
}

#[derive(Template)]
#[template(path = "charts/scatter.svg")]
pub struct Scatter {
    words: Words,
    layers: Vec<Layer>,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    x_label: String,
    y_label: String,
    pub legend: Vec<Legend>,
}

impl askama::filters::HtmlSafe for Scatter {}

impl Scatter {
    /// Axes go from 0 to the given ends.
    pub fn new(
        words: Words,
        groups: &[ScatterGroup],
        ends: (f64, f64),
        labels: (String, String),
        style: &Style,
    ) -> Self {
        let x = Axis::new((0.0, ends.0), (LEFT, RIGHT));
        let y = Axis::new((0.0, ends.1), (BOTTOM, TOP));
        let mut layers = Vec::new();
        let mut legend = Vec::new();
        for (group, shape) in groups.iter().zip(Shape::ALL.into_iter().cycle()) {
            let marks = group.points.iter().map(|point| shape.path(x.at(point.0), y.at(point.1)));
            layers.push(Layer { class: group.class.clone(), mark_class: shape.class(), path: marks.collect() });
            let label = format!("{} ({})", group.label, style.count(group.points.len() as i64));
            legend.push(Legend::of_mark(group.class.clone(), shape, label));
        }
        Self {
            words,
            layers,
            x_ticks: x.ticks(5, |value| style.compact(value)),
            y_ticks: y.ticks(5, |value| style.compact(value)),
            x_label: labels.0,
            y_label: labels.1,
            legend,
        }
    }
}
