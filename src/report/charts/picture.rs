//! A tree of questions from top to bottom: yes goes left, no goes right, and every box has its loans and their mean score.

use askama::Template;

use super::Words;
use crate::report::format::{Style, coordinate};

const WIDTH: f64 = 1080.0;
const HEIGHT_OF_BOX: f64 = 66.0;
/// From the top of one row of boxes to the top of the next.
const ROW: f64 = 122.0;
const GAP: f64 = 14.0;
/// A question is cut to what fits the width of its box.
const LETTERS_PER_UNIT: f64 = 0.118;

/// One place of the tree: the children of place `n` are `2 n` and `2 n + 1`.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub number: u32,
    /// What is asked here, where anything is.
    pub question: Option<String>,
    pub loans: i64,
    pub mean_score: f64,
}

impl Place {
    /// How many questions lie above it.
    fn depth(&self) -> u32 {
        self.number.max(1).ilog2()
    }
}

struct Node {
    left: String,
    top: String,
    width: String,
    middle: String,
    lines: Vec<(String, String)>,
    score_width: String,
    bar_top: String,
}

struct Edge {
    path: String,
    x: String,
    y: String,
    answer: &'static str,
    anchor: &'static str,
}

/// The tree, ready to be placed in a page.
#[derive(Template)]
#[template(path = "charts/picture.svg")]
pub struct Picture {
    words: Words,
    height: String,
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl askama::filters::HtmlSafe for Picture {}

impl Picture {
    /// Draws the places, each level in slots of equal width.
    pub fn new(words: Words, places: &[Place], style: &Style) -> Self {
        let depth = places.iter().map(Place::depth).max().unwrap_or(0);
        let height = coordinate(f64::from(depth) * ROW + HEIGHT_OF_BOX + 2.0);
        let widest = 2.0 * WIDTH / f64::from(1_u32 << depth);
        let nodes = places.iter().map(|place| node(place, widest, style)).collect();
        let edges = places.iter().filter(|place| place.number > 1).map(edge).collect();
        Self { words, height, nodes, edges }
    }
}

/// The middle of a place's slot, and the top of its box.
fn spot(number: u32) -> (f64, f64) {
    let depth = number.max(1).ilog2();
    let slots = f64::from(1_u32 << depth);
    ((f64::from(number) - slots + 0.5) * WIDTH / slots, f64::from(depth) * ROW + 1.0)
}

fn node(place: &Place, widest: f64, style: &Style) -> Node {
    let (middle, top) = spot(place.number);
    let slot = WIDTH / f64::from(1_u32 << place.depth());
    let width = slot.min(widest) - GAP;
    let (loans, score) = (style.loans(place.loans), format!("score {:.2}", place.mean_score));
    let texts = match &place.question {
        Some(question) => [cut(question, (width * LETTERS_PER_UNIT) as usize), format!("{loans} · {score}")],
        None => [loans, score],
    };
    let line = |(number, text): (usize, String)| (coordinate(top + 22.0 + 21.0 * number as f64), text);
    Node {
        left: coordinate(middle - width / 2.0),
        top: coordinate(top),
        width: coordinate(width),
        middle: coordinate(middle),
        lines: texts.into_iter().enumerate().map(line).collect(),
        score_width: coordinate(width * place.mean_score.clamp(0.0, 1.0)),
        bar_top: coordinate(top + HEIGHT_OF_BOX - 9.0),
    }
}

fn edge(place: &Place) -> Edge {
    let (middle, top) = spot(place.number);
    let (above, above_top) = spot(place.number / 2);
    let from = above_top + HEIGHT_OF_BOX;
    let is_yes = place.number.is_multiple_of(2);
    Edge {
        path: format!("M{} {}L{} {}", coordinate(above), coordinate(from), coordinate(middle), coordinate(top)),
        x: coordinate(f64::midpoint(above, middle) + if is_yes { -8.0 } else { 8.0 }),
        y: coordinate(f64::midpoint(from, top) + 3.0),
        answer: if is_yes { "yes" } else { "no" },
        anchor: if is_yes { "end" } else { "start" },
    }
}

/// The text within so many letters: first in signs for words, so that the number at its end is not lost.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let text = text.replace(" at most ", " ≤ ");
    if text.chars().count() <= letters {
        return text;
    }
    text.chars().take(letters.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u32, question: Option<&str>) -> Place {
        Place { number, question: question.map(str::to_owned), loans: 100, mean_score: 0.25 }
    }

    #[test]
    fn yes_lies_left_below_its_question_and_no_right() {
        let words = Words { id: "p", title: String::new(), description: String::new() };
        let drawn =
            Picture::new(words, &[place(1, Some("late?")), place(2, None), place(3, None)], &Style::of_currency("USD"));
        let middles: Vec<_> = drawn.nodes.iter().map(|node| node.middle.as_str()).collect();
        assert_eq!(middles, ["540", "270", "810"]);
        let answers: Vec<_> = drawn.edges.iter().map(|edge| (edge.answer, edge.path.as_str())).collect();
        assert_eq!(answers, [("yes", "M540 67L270 123"), ("no", "M540 67L810 123")]);
        assert_eq!(drawn.height, "190");
        assert_eq!(drawn.nodes[1].lines[1].1, "score 0.25");
    }

    #[test]
    fn boxes_of_one_row_do_not_touch_and_stay_in_the_drawing() {
        let words = Words { id: "p", title: String::new(), description: String::new() };
        let places: Vec<_> = (1..16).map(|number| place(number, (number < 8).then_some("asked?"))).collect();
        let drawn = Picture::new(words, &places, &Style::of_currency("USD"));
        let ends = |node: &Node| {
            let left: f64 = node.left.parse().unwrap();
            (left, left + node.width.parse::<f64>().unwrap())
        };
        for pair in drawn.nodes[7..].windows(2) {
            assert!(ends(&pair[0]).1 < ends(&pair[1]).0);
        }
        assert!(drawn.nodes.iter().all(|node| ends(node).0 >= 0.0 && ends(node).1 <= WIDTH));
    }

    #[test]
    fn a_long_question_keeps_its_number() {
        assert_eq!(cut("Days past due at most 40?", 25), "Days past due at most 40?");
        assert_eq!(cut("Share still owed at most 94%?", 25), "Share still owed ≤ 94%?");
        assert_eq!(cut("A feature with a very long name at most 3?", 12), "A feature w…");
    }
}
