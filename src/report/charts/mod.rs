//! Charts as SVG templates: this module turns values into places on the drawing, the templates place them.
//!
//! A chart has a title and a description for those who do not see it, labels in words, and classes for its colours, which
//! the style sheet gives (so that dark mode and print can differ). No colour speaks alone: marks have shapes, bars have
//! numbers. Source for the tick steps: Heckbert, "Nice numbers for graph labels", Graphics Gems, 1990.

mod bars;
mod boxes;
mod curve;
mod histogram;
mod marks;
mod picture;
mod reliability;
mod scatter;
mod weights;

pub use bars::{Share, ShareBars, ShareRow};
pub use boxes::{BoxPlot, Quantiles};
pub use curve::Curve;
pub use histogram::{Column, Histogram};
pub use marks::{Legend, LegendList, Shape};
pub use picture::{Picture, Place};
pub use reliability::{Reliability, Step};
pub use scatter::{Group, Scatter};
pub use weights::{Weight, Weights};

use super::format::coordinate;

/// What a chart is called and what it shows, in words.
#[derive(Debug, Clone)]
pub struct Words {
    /// Unique in the page.
    pub id: &'static str,
    pub title: String,
    pub description: String,
}

/// A place on an axis with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: String,
    pub label: String,
}

/// A straight line from values to places.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// The scale that puts `low` at `from` and `high` at `to`; a range without width is given one.
    pub fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, from, to }
    }

    /// The place of a value; a value outside the range is put on its edge.
    pub fn place(&self, value: f64) -> f64 {
        let share = ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// Round values within the range, about as many as asked, each with its label.
    pub fn ticks(&self, about: usize, label: impl Fn(f64) -> String) -> Vec<Tick> {
        let step = nice_step((self.high - self.low) / about as f64);
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last)
            .map(|number| number as f64 * step)
            .map(|value| Tick { at: coordinate(self.place(value)), label: label(value) })
            .collect()
    }
}

/// The least of 1, 2, 5 times a power of ten that is not below `raw`.
fn nice_step(raw: f64) -> f64 {
    let power = 10_f64.powf(raw.log10().floor());
    let mantissa = [1.0, 2.0, 5.0].into_iter().find(|mantissa| mantissa * power >= raw * (1.0 - 1e-9));
    mantissa.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_straight_line_that_stops_at_its_edges() {
        let scale = Scale::new((0.0, 10.0), (100.0, 0.0));
        for (value, place) in [(0.0, 100.0), (2.5, 75.0), (10.0, 0.0), (99.0, 0.0), (-1.0, 100.0)] {
            assert!((scale.place(value) - place).abs() < 1e-9, "{value}");
        }
        assert!(Scale::new((3.0, 3.0), (0.0, 1.0)).place(3.0).is_finite());
    }

    #[test]
    fn ticks_fall_on_round_values_inside_the_range() {
        let labels = |range, about| {
            Scale::new(range, (0.0, 1.0)).ticks(about, |value| value.to_string()).into_iter().map(|tick| tick.label)
        };
        assert_eq!(labels((0.0, 95.0), 5).collect::<Vec<_>>(), ["0", "20", "40", "60", "80"]);
        assert_eq!(labels((0.0, 1.0), 2).collect::<Vec<_>>(), ["0", "0.5", "1"]);
        assert_eq!(labels((120.0, 480.0), 4).collect::<Vec<_>>(), ["200", "300", "400"]);
    }
}
