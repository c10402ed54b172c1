//! Charts as SVG templates: this module turns values into coordinates. Each chart has a title and a description for readers
//! who cannot see it. The style sheet gives the colours, for light, dark and print, and no colour is the only sign: marks have
//! shapes, bars have numbers.

mod bars;
mod boxes;
mod histogram;
mod lines;
mod marks;
mod panels;
mod picture;
mod scatter;
mod stack;
mod weights;

pub use bars::ShareBars;
pub use boxes::{BoxPlot, Quantiles};
pub use histogram::{Histogram, HistogramColumn};
pub use lines::{Curve, Reliability, ScoreStep};
pub use marks::{Legend, LegendList, Shape};
pub use panels::{Panel, Panels};
pub use picture::{Picture, TreeNode};
pub use scatter::{Scatter, ScatterGroup};
pub use stack::{StackedBars, StackedColumn};
pub use weights::{Weight, Weights};

use super::format::coordinate;
use super::table::Table;

/// The width of most drawings, and the edges of the plot within it, as in `axes.svg`.
const WIDTH: f64 = 440.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 416.0;
const TOP: f64 = 30.0;
const BOTTOM: f64 = 238.0;

/// A chart, the sentence that reads it, and the numbers that it draws.
pub struct Exhibit<T> {
    pub chart: T,
    pub sentence: String,
    pub table: Table,
}

pub struct Words {
    /// Unique in the page.
    pub id: &'static str,
    pub title: String,
    pub description: String,
}

/// A rectangle of the style's class.
struct Bar {
    class: &'static str,
    x: String,
    y: String,
    width: String,
    height: String,
}

/// A labelled position on an axis.
pub struct Tick {
    pub at: String,
    pub label: String,
}

/// A linear map from values to coordinates.
pub struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// Puts `low` at `from` and `high` at `to`; a range without width gets one.
    pub fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, from, to }
    }

    /// A value outside the range is put on its edge.
    pub fn at(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// About this many round values within the range.
    pub fn ticks(&self, about: usize, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let step = nice_step((self.high - self.low) / about as f64);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|number| number as f64 * step)
            .map(|value| Tick { at: coordinate(self.at(value)), label: label(value) })
            .collect()
    }
}

/// The least of 1, 2, 5 times a power of ten that is not below `raw` (Heckbert, "Nice numbers for graph labels", Graphics
/// Gems, 1990).
fn nice_step(raw: f64) -> f64 {
    let power = 10_f64.powf(raw.log10().floor());
    let mantissa = [1.0, 2.0, 5.0].into_iter().find(|mantissa| mantissa * power >= raw * (1.0 - 1e-9));
    mantissa.unwrap_or(10.0) * power
}

/// The text, or as much of it as fits in this many letters.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_a_straight_line_that_stops_at_its_edges() {
        let axis = Axis::new((0.0, 10.0), (100.0, 0.0));
        for (value, place) in [(0.0, 100.0), (2.5, 75.0), (10.0, 0.0), (99.0, 0.0), (-1.0, 100.0)] {
            assert!((axis.at(value) - place).abs() < 1e-9, "{value}");
        }
        assert!(Axis::new((3.0, 3.0), (0.0, 1.0)).at(3.0).is_finite());
    }

    #[test]
    fn ticks_fall_on_round_values_inside_the_range() {
        let labels = |range, about| {
            Axis::new(range, (0.0, 1.0)).ticks(about, |value| value.to_string()).into_iter().map(|tick| tick.label)
        };
        assert_eq!(labels((0.0, 95.0), 5).collect::<Vec<_>>(), ["0", "20", "40", "60", "80"]);
        assert_eq!(labels((0.0, 1.0), 2).collect::<Vec<_>>(), ["0", "0.5", "1"]);
        assert_eq!(labels((120.0, 480.0), 4).collect::<Vec<_>>(), ["200", "300", "400"]);
    }
}
