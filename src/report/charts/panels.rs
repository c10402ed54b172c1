//! Small multiples: a panel each, with its curve over one for comparison, all on one scale.

use askama::Template;

use super::{Axis, Legend, Tick, WIDTH, Words};
use crate::report::format::{coordinate, whole_share};

const COLUMNS: usize = 3;
const LEFT: f64 = 38.0;
const GAP: f64 = 18.0;
/// From the top of one row of panels to that of the next, and the plot in it.
const ROW: f64 = 122.0;
const PLOT: (f64, f64) = (92.0, 26.0);

/// The axis reaches this share at least, so that a few loans do not look like many.
const LEAST_REACH: f64 = 0.05;

/// Points are a month and a share.
pub struct Panel {
    pub title: String,
    /// The last share, in words.
    pub end: String,
    pub line: Vec<(f64, f64)>,
    pub behind: Vec<(f64, f64)>,
}

struct DrawnPanel {
    title: String,
    end: String,
    left: String,
    right: String,
    title_y: String,
    base: String,
    label_y: String,
    line: String,
    behind: String,
    last: Option<(String, String)>,
    y_ticks: Vec<Tick>,
    /// Whether it stands at the left edge, where the shares are written.
    is_first: bool,
}

#[derive(Template)]
#[template(path = "charts/panels.svg")]
pub struct Panels {
    words: Words,
    height: String,
    width_of_plot: String,
    last_month: String,
    panels: Vec<DrawnPanel>,
    pub legend: Vec<Legend>,
}

impl askama::filters::HtmlSafe for Panels {}

impl Panels {
    pub fn new(words: Words, panels: &[Panel], legend: Vec<Legend>) -> Self {
        let months = panels.iter().filter_map(|panel| panel.line.last()).map(|point| point.0).fold(1.0, f64::max);
        // A longer curve for comparison ends where the longest of the panels does.
        let behind = |panel: &Panel| -> Vec<(f64, f64)> {
            panel.behind.iter().copied().filter(|point| point.0 <= months).collect()
        };
        let shares = panels.iter().flat_map(|panel| panel.line.iter().copied().chain(behind(panel)));
        let highest = shares.map(|point| point.1).fold(LEAST_REACH, f64::max);
        let width = (WIDTH - LEFT) / COLUMNS as f64 - GAP;
        let draw = |(place, panel): (usize, &Panel)| {
            let left = LEFT + (place % COLUMNS) as f64 * (width + GAP);
            let top = (place / COLUMNS) as f64 * ROW;
            let x = Axis::new((0.0, months), (left, left + width));
            let y = Axis::new((0.0, highest), (top + PLOT.0, top + PLOT.1));
            let at = |point: &(f64, f64)| (coordinate(x.at(point.0)), coordinate(y.at(point.1)));
            DrawnPanel {
                title: panel.title.clone(),
                end: panel.end.clone(),
                left: coordinate(left),
                right: coordinate(left + width),
                title_y: coordinate(top + 15.0),
                base: coordinate(top + PLOT.0),
                label_y: coordinate(top + PLOT.0 + 16.0),
                line: polyline(panel.line.iter().map(at)),
                behind: polyline(behind(panel).iter().map(at)),
                last: panel.line.last().map(at),
                y_ticks: y.ticks(2, whole_share),
                is_first: place % COLUMNS == 0,
            }
        };
        Self {
            words,
            height: coordinate(panels.len().div_ceil(COLUMNS) as f64 * ROW + 18.0),
            width_of_plot: coordinate(width),
            last_month: coordinate(months),
            panels: panels.iter().enumerate().map(draw).collect(),
            legend,
        }
    }
}

fn polyline(points: impl Iterator<Item = (String, String)>) -> String {
    points.map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_panels_have_one_scale() {
        let words = Words { id: "p", title: String::new(), description: String::new() };
        let panel = |line: &[(f64, f64)], behind: &[(f64, f64)]| Panel {
            title: String::new(),
            end: String::new(),
            line: line.to_vec(),
            behind: behind.to_vec(),
        };
        let panels = [
            panel(&[(0.0, 0.0), (4.0, 0.2)], &[]),
            panel(&[(0.0, 0.0), (2.0, 0.1)], &[(2.0, 0.2), (4.0, 0.1), (9.0, 0.9)]),
            panel(&[(1.0, 0.1)], &[]),
            panel(&[(1.0, 0.1)], &[]),
        ];
        let drawn = Panels::new(words, &panels, Vec::new());
        assert_eq!(drawn.panels[0].line, "38,92 154,26");
        assert_eq!(
            (drawn.panels[1].line.as_str(), drawn.panels[1].behind.as_str()),
            ("172,92 230,59", "230,26 288,59")
        );
        assert_eq!((drawn.panels[3].left.as_str(), drawn.panels[3].base.as_str()), ("38", "214"));
        assert_eq!(drawn.height, "262");
        let firsts: Vec<bool> = drawn.panels.iter().map(|panel| panel.is_first).collect();
        assert_eq!(firsts, [true, false, false, true]);
    }
}
