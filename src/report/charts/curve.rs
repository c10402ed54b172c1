//! A line from value to value: how the mean score goes with a feature. Several of them share one upright axis, so that
//! their heights can be compared.

use askama::Template;

use super::{Scale, Tick, Words};
use crate::report::format::coordinate;

const WIDTH: f64 = 440.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 416.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 238.0;

struct Mark {
    x: String,
    y: String,
    /// The value in words, at the two ends of the line.
    text: Option<String>,
    text_y: String,
    anchor: &'static str,
}

/// The chart, ready to be placed in a page.
#[derive(Template)]
#[template(path = "charts/curve.svg")]
pub struct Curve {
    words: Words,
    marks: Vec<Mark>,
    line: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    x_label: String,
}

impl askama::filters::HtmlSafe for Curve {}

impl Curve {
    /// A line through the points (value, score), which stand in the order of their values; the upright axis ends at
    /// `highest`, and `write` puts a value in words.
    pub fn new(
        words: Words,
        points: &[(f64, f64)],
        highest: f64,
        x_label: String,
        write: impl Fn(f64) -> String,
    ) -> Self {
        let low = points.first().map_or(0.0, |point| point.0);
        let high = points.last().map_or(1.0, |point| point.0);
        let x = Scale::new((low, high), (LEFT + 8.0, RIGHT - 8.0));
        let y = Scale::new((0.0, highest), (BOTTOM, TOP));
        let last = points.len().saturating_sub(1);
        let is_rising = points.first().zip(points.last()).is_some_and(|(first, last)| last.1 > first.1);
        let mark = |(place, point): (usize, &(f64, f64))| {
            let (across, up) = (x.place(point.0), y.place(point.1));
            Mark {
                x: coordinate(across),
                y: coordinate(up),
                text: (place == 0 || place == last).then(|| format!("{:.2}", point.1)),
                text_y: coordinate(beside(up, is_rising == (place == 0))),
                anchor: if place == 0 { "start" } else { "end" },
            }
        };
        let marks: Vec<_> = points.iter().enumerate().map(mark).collect();
        let line = marks.iter().map(|mark| format!("{},{}", mark.x, mark.y)).collect::<Vec<_>>().join(" ");
        let y_ticks = y.ticks(4, |value| format!("{value:.2}"));
        Self { words, marks, line, x_ticks: x.ticks(5, write), y_ticks, x_label }
    }
}

/// Where the number of a point at this height stands: below it or above, away from the line and within the drawing.
fn beside(up: f64, is_below: bool) -> f64 {
    let is_below = if is_below { up + 22.0 < BOTTOM } else { up - 22.0 < TOP };
    if is_below { up + 20.0 } else { up - 9.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_runs_through_its_points_and_carries_numbers_at_its_ends() {
        let words = Words { id: "c", title: String::new(), description: String::new() };
        let points = [(0.0, 0.1), (50.0, 0.2), (100.0, 0.4)];
        let drawn = Curve::new(words, &points, 0.4, "days".to_owned(), |value| value.to_string());
        assert_eq!(drawn.line, "60,186 234,134 408,30");
        let texts: Vec<_> = drawn.marks.iter().map(|mark| mark.text.as_deref()).collect();
        assert_eq!(texts, [Some("0.10"), None, Some("0.40")]);
        let heights: Vec<_> = drawn.marks.iter().map(|mark| mark.text_y.as_str()).collect();
        assert_eq!((heights[0], heights[2]), ("206", "50"), "off the line, and within the drawing");
    }
}
