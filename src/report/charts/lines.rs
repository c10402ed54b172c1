//! Lines through marks: how the mean score goes with a feature, and how often predictions came true.

use askama::Template;

use super::{Axis, BOTTOM, LEFT, RIGHT, TOP, Tick, WIDTH, Words};
use crate::report::format::{coordinate, whole_share};

struct EndMark {
    x: String,
    y: String,
    /// The value in words, at the two ends of the line.
    text: Option<String>,
    text_y: String,
    anchor: &'static str,
}

#[derive(Template)]
#[template(path = "charts/curve.svg")]
pub struct Curve {
    words: Words,
    marks: Vec<EndMark>,
    line: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
    x_label: String,
}

impl askama::filters::HtmlSafe for Curve {}

impl Curve {
    /// A line through points (value, score) in the order of their values. Curves that end at the same `highest` can be
    /// compared; `write` puts a value in words.
    pub fn new(
        words: Words,
        points: &[(f64, f64)],
        highest: f64,
        x_label: String,
        write: impl Fn(f64) -> String,
    ) -> Self {
        let low = points.first().map_or(0.0, |point| point.0);
        let high = points.last().map_or(1.0, |point| point.0);
        let x = Axis::new((low, high), (LEFT + 8.0, RIGHT - 8.0));
        let y = Axis::new((0.0, highest), (BOTTOM, TOP));
        let last = points.len().saturating_sub(1);
        let is_rising = points.first().zip(points.last()).is_some_and(|(first, last)| last.1 > first.1);
        let mark = |(position, point): (usize, &(f64, f64))| {
            let (across, up) = (x.at(point.0), y.at(point.1));
            EndMark {
                x: coordinate(across),
                y: coordinate(up),
                text: (position == 0 || position == last).then(|| format!("{:.2}", point.1)),
                text_y: coordinate(beside(up, is_rising == (position == 0))),
                anchor: if position == 0 { "start" } else { "end" },
            }
        };
        let marks: Vec<_> = points.iter().enumerate().map(mark).collect();
        let line = line(marks.iter().map(|mark| (&mark.x, &mark.y)));
        let y_ticks = y.ticks(4, |value| format!("{value:.2}"));
        Self { words, marks, line, x_ticks: x.ticks(5, write), y_ticks, x_label }
    }
}

/// The height of the number of a point: below or above it, away from the line and within the drawing.
fn beside(up: f64, is_below: bool) -> f64 {
    let is_below = if is_below { up + 22.0 < BOTTOM } else { up - 22.0 < TOP };
    if is_below { up + 20.0 } else { up - 9.0 }
}

fn line<'a>(marks: impl Iterator<Item = (&'a String, &'a String)>) -> String {
    marks.map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

/// Shares predicted on average and observed, over the loans with scores in one step.
#[derive(Debug, Clone, Copy)]
pub struct ScoreStep {
    pub predicted: f64,
    pub observed: f64,
    pub loans: i64,
}

struct SizedMark {
    x: String,
    y: String,
    radius: String,
}

/// Predicted against observed shares: where the scores are right, the marks lie on the diagonal.
#[derive(Template)]
#[template(path = "charts/reliability.svg")]
pub struct Reliability {
    words: Words,
    marks: Vec<SizedMark>,
    line: String,
    x_ticks: Vec<Tick>,
    y_ticks: Vec<Tick>,
}

impl askama::filters::HtmlSafe for Reliability {}

impl Reliability {
    /// One mark per step, larger for more loans.
    pub fn new(words: Words, steps: &[ScoreStep]) -> Self {
        let (x, y) = (Axis::new((0.0, 1.0), (LEFT, RIGHT)), Axis::new((0.0, 1.0), (BOTTOM, TOP)));
        let most = steps.iter().map(|step| step.loans).max().unwrap_or(1).max(1) as f64;
        let mark = |step: &ScoreStep| SizedMark {
            x: coordinate(x.at(step.predicted)),
            y: coordinate(y.at(step.observed)),
            radius: coordinate(3.0 + 6.0 * (step.loans as f64 / most).sqrt()),
        };
        let marks: Vec<_> = steps.iter().map(mark).collect();
        let line = line(marks.iter().map(|mark| (&mark.x, &mark.y)));
        Self { words, marks, line, x_ticks: x.ticks(5, whole_share), y_ticks: y.ticks(5, whole_share) }
    }
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
