//! Bars from zero, one per row, each with its number and its interval if it has one.

use askama::Template;

use super::{Axis, WIDTH, Words, cut};
use crate::report::format::coordinate;

const LEFT: f64 = 172.0;
const RIGHT: f64 = 384.0;
const ROW: f64 = 26.0;
/// A longer label is cut here, so that it ends where the bars begin.
const LONGEST_LABEL: usize = 22;

/// One bar.
pub struct Weight {
    pub label: String,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
    /// The value in words.
    pub text: String,
}

struct WeightRow {
    label: String,
    text: String,
    text_y: String,
    top: String,
    left: String,
    width: String,
    whisker: Option<String>,
}

#[derive(Template)]
#[template(path = "charts/weights.svg")]
pub struct Weights {
    words: Words,
    height: String,
    zero: String,
    rows: Vec<WeightRow>,
}

impl askama::filters::HtmlSafe for Weights {}

impl Weights {
    /// Bars over one axis, which reaches from the lowest to the highest end and at least to `reach`.
    pub fn new(words: Words, weights: &[Weight], reach: f64) -> Self {
        let ends = |weight: &Weight| weight.interval.unwrap_or((weight.value, weight.value));
        let low = weights.iter().map(|weight| ends(weight).0.min(weight.value)).fold(0.0, f64::min);
        let high = weights.iter().map(|weight| ends(weight).1.max(weight.value)).fold(reach, f64::max);
        let x = Axis::new((low, high), (LEFT, RIGHT));
        let rows = weights.iter().enumerate().map(|(position, weight)| {
            let top = ROW * position as f64 + 4.0;
            let (from, to) = (x.at(weight.value.min(0.0)), x.at(weight.value.max(0.0)));
            let whisker = weight.interval.map(|(lower, upper)| {
                format!("M{} {}H{}", coordinate(x.at(lower)), coordinate(top + 8.0), coordinate(x.at(upper)))
            });
            WeightRow {
                label: cut(&weight.label, LONGEST_LABEL),
                text: weight.text.clone(),
                text_y: coordinate(top + 12.5),
                top: coordinate(top),
                left: coordinate(from),
                width: coordinate((to - from).max(0.8)),
                whisker,
            }
        });
        let height = coordinate(ROW * weights.len() as f64 + 4.0);
        Self { words, height, zero: coordinate(x.at(0.0)), rows: rows.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(label: &str, value: f64, interval: Option<(f64, f64)>) -> Weight {
        Weight { label: label.to_owned(), value, interval, text: value.to_string() }
    }

    #[test]
    fn bars_run_from_zero_and_whiskers_along_the_interval() {
        let words = Words { id: "w", title: String::new(), description: String::new() };
        let drawn = Weights::new(words, &[weight("a", 0.8, Some((0.6, 1.0))), weight("b", 0.0, None)], 0.0);
        assert_eq!((drawn.zero.as_str(), drawn.rows[0].left.as_str()), ("172", "172"));
        assert_eq!(drawn.rows[0].width, "169.6");
        assert_eq!(drawn.rows[0].whisker.as_deref(), Some("M299.2 12H384"));
        assert_eq!((drawn.rows[1].width.as_str(), &drawn.rows[1].whisker), ("0.8", &None));
        let words = Words { id: "w", title: String::new(), description: String::new() };
        let below = Weights::new(words, &[weight("a", -0.5, None), weight("b", 0.5, None)], 0.0);
        assert_eq!(
            (below.zero.as_str(), below.rows[0].left.as_str(), below.rows[0].width.as_str()),
            ("278", "172", "106")
        );
    }

    #[test]
    fn a_long_label_is_cut_before_the_bars() {
        assert_eq!(cut("outstanding balance", LONGEST_LABEL), "outstanding balance");
        assert_eq!(cut("how many years at the present address", LONGEST_LABEL), "how many years at the…");
        assert_eq!(cut(&"ß".repeat(40), LONGEST_LABEL).chars().count(), LONGEST_LABEL);
    }
}
