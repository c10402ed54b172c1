//! Bars of one length, one row a group, each divided by shares: how a group is made up.

use askama::Template;

use super::{Legend, Words};
use crate::report::format::{coordinate, ratio, whole_share};

const WIDTH: f64 = 440.0;
const ROW: f64 = 52.0;
/// A part narrower than this has no room for its number.
const ROOM_FOR_LABEL: f64 = 40.0;

/// One part of a bar.
#[derive(Debug, Clone)]
pub struct Share {
    pub class: &'static str,
    pub loans: i64,
}

/// One bar.
#[derive(Debug, Clone)]
pub struct ShareRow {
    pub label: String,
    pub parts: Vec<Share>,
}

struct Part {
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
    parts: Vec<Part>,
}

/// The bars, ready to be placed in a page.
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
    /// The bars of the rows; the legend names the parts.
    pub fn new(words: Words, rows: &[ShareRow], legend: Vec<Legend>) -> Self {
        let bars = rows.iter().enumerate().map(|(position, row)| {
            let top = ROW * position as f64 + 20.0;
            Bar {
                label: row.label.clone(),
                label_y: coordinate(top - 5.0),
                top: coordinate(top),
                text_y: coordinate(top + 17.5),
                parts: parts(&row.parts),
            }
        });
        Self { words, height: coordinate(ROW * rows.len() as f64), bars: bars.collect(), legend }
    }
}

fn parts(shares: &[Share]) -> Vec<Part> {
    let total: i64 = shares.iter().map(|share| share.loans).sum();
    let mut from = 0.0;
    let mut parts = Vec::new();
    for share in shares.iter().filter(|share| share.loans > 0) {
        let part = ratio(share.loans as f64, total as f64);
        let width = part * WIDTH;
        parts.push(Part {
            class: share.class,
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
        let share = |class, loans| Share { class, loans };
        let drawn = parts(&[share("a", 3), share("b", 0), share("c", 96), share("d", 1)]);
        let widths: Vec<_> = drawn.iter().map(|part| part.width.as_str()).collect();
        assert_eq!(widths, ["13.2", "422.4", "4.4"]);
        let labels: Vec<_> = drawn.iter().map(|part| part.label.as_deref()).collect();
        assert_eq!(labels, [None, Some("96%"), None]);
    }
}
