//! Bars of equal length, one per group, each divided by shares.

use askama::Template;

use super::{Legend, WIDTH, Words};
use crate::report::format::{coordinate, ratio, whole_share};

const ROW: f64 = 52.0;
/// A part narrower than this has no room for its number.
const ROOM_FOR_LABEL: f64 = 40.0;

struct BarPart {
    class: &'static str,
    x: String,
    width: String,
    middle: String,
    label: Option<String>,
}

struct Bar {
    label: String,
    label_y: String,
    top: String,
    text_y: String,
    parts: Vec<BarPart>,
}

#[derive(Template)]
#[template(path = "charts/bars.svg")]
pub struct ShareBars {
    words: Words,
    height: String,
    bars: Vec<Bar>,
    pub legend: Vec<Legend>,
}

impl askama::filters::HtmlSafe for ShareBars {}

impl ShareBars {
    /// One bar per (label, parts), each part being (class, loans); the legend names the classes.
    pub fn new(words: Words, rows: &[(String, Vec<(&'static str, i64)>)], legend: Vec<Legend>) -> Self {
        let bars = rows.iter().enumerate().map(|(position, (label, shares))| {
            let top = ROW * position as f64 + 20.0;
            Bar {
                label: label.clone(),
                label_y: coordinate(top - 5.0),
                top: coordinate(top),
                text_y: coordinate(top + 17.5),
                parts: parts(shares),
            }
        });
        Self { words, height: coordinate(ROW * rows.len() as f64), bars: bars.collect(), legend }
    }
}

fn parts(shares: &[(&'static str, i64)]) -> Vec<BarPart> {
    let total: i64 = shares.iter().map(|(_, loans)| loans).sum();
    let mut from = 0.0;
    let mut parts = Vec::new();
    for (class, loans) in shares.iter().filter(|(_, loans)| *loans > 0) {
        let part = ratio(*loans as f64, total as f64);
        let width = part * WIDTH;
        parts.push(BarPart {
            class,
            x: coordinate(from),
            width: coordinate(width),
            middle: coordinate(from + width / 2.0),
            label: (width >= ROOM_FOR_LABEL).then(|| whole_share(part)),
        });
        from += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_fill_it_and_narrow_ones_carry_no_number() {
        let drawn = parts(&[("a", 3), ("b", 0), ("c", 96), ("d", 1)]);
        let widths: Vec<_> = drawn.iter().map(|part| part.width.as_str()).collect();
        assert_eq!(widths, ["13.2", "422.4", "4.4"]);
        let labels: Vec<_> = drawn.iter().map(|part| part.label.as_deref()).collect();
        assert_eq!(labels, [None, Some("96%"), None]);
    }
}
