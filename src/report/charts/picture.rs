//! A tree of questions: yes goes left, no goes right, and every box shows its loans and their mean score.

use askama::Template;

use super::{Words, cut};
use crate::report::format::{Style, coordinate};

const WIDTH: f64 = 1080.0;
const HEIGHT_OF_BOX: f64 = 66.0;
/// From the top of one row of boxes to the top of the next.
const ROW: f64 = 122.0;
const GAP: f64 = 14.0;
/// A question is cut to what fits the width of its box.
const LETTERS_PER_UNIT: f64 = 0.118;

/// The children of node `n` are `2 n` and `2 n + 1`.
#[derive(Clone)]
pub struct TreeNode {
    pub number: u32,
    pub question: Option<String>,
    pub loans: i64,
    pub mean_score: f64,
}

struct NodeBox {
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

#[derive(Template)]
#[template(path = "charts/picture.svg")]
pub struct Picture {
    words: Words,
    height: String,
    nodes: Vec<NodeBox>,
    edges: Vec<Edge>,
}

impl askama::filters::HtmlSafe for Picture {}

impl Picture {
    pub fn new(words: Words, nodes: &[TreeNode], style: &Style) -> Self {
        let depth = nodes.iter().map(|node| depth(node.number)).max().unwrap_or(0);
        let height = coordinate(f64::from(depth) * ROW + HEIGHT_OF_BOX + 2.0);
        let widest = 2.0 * WIDTH / f64::from(1_u32 << depth);
        let edges = nodes.iter().filter(|node| node.number > 1).map(edge).collect();
        Self { words, height, nodes: nodes.iter().map(|node| node_box(node, widest, style)).collect(), edges }
    }
}

/// How many questions are above a node.
fn depth(number: u32) -> u32 {
    number.max(1).ilog2()
}

/// The middle and the top of a node's box: the nodes of one depth share the width equally.
fn position(number: u32) -> (f64, f64) {
    let depth = depth(number);
    let slots = f64::from(1_u32 << depth);
    ((f64::from(number) - slots + 0.5) * WIDTH / slots, f64::from(depth) * ROW + 1.0)
}

fn node_box(node: &TreeNode, widest: f64, style: &Style) -> NodeBox {
    let (middle, top) = position(node.number);
    let slot = WIDTH / f64::from(1_u32 << depth(node.number));
    let width = slot.min(widest) - GAP;
    let (loans, score) = (style.loans(node.loans), format!("score {:.2}", node.mean_score));
    let texts = match &node.question {
        Some(question) => {
            [question_within(question, (width * LETTERS_PER_UNIT) as usize), format!("{loans} · {score}")]
        }
        None => [loans, score],
    };
    let line = |(number, text): (usize, String)| (coordinate(top + 22.0 + 21.0 * number as f64), text);
    NodeBox {
        left: coordinate(middle - width / 2.0),
        top: coordinate(top),
        width: coordinate(width),
        middle: coordinate(middle),
        lines: texts.into_iter().enumerate().map(line).collect(),
        score_width: coordinate(width * node.mean_score.clamp(0.0, 1.0)),
        bar_top: coordinate(top + HEIGHT_OF_BOX - 9.0),
    }
}

fn edge(node: &TreeNode) -> Edge {
    let (middle, top) = position(node.number);
    let (above, above_top) = position(node.number / 2);
    let from = above_top + HEIGHT_OF_BOX;
    let is_yes = node.number.is_multiple_of(2);
    Edge {
        path: format!("M{} {}L{} {}", coordinate(above), coordinate(from), coordinate(middle), coordinate(top)),
        x: coordinate(f64::midpoint(above, middle) + if is_yes { -8.0 } else { 8.0 }),
        y: coordinate(f64::midpoint(from, top) + 3.0),
        answer: if is_yes { "yes" } else { "no" },
        anchor: if is_yes { "end" } else { "start" },
    }
}

/// The question in at most this many letters: it is shortened by a sign before it is cut, so that its number is kept where it can be.
fn question_within(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters { text.to_owned() } else { cut(&text.replace(" at most ", " ≤ "), letters) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(number: u32, question: Option<&str>) -> TreeNode {
        TreeNode { number, question: question.map(str::to_owned), loans: 100, mean_score: 0.25 }
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
        let ends = |node: &NodeBox| {
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
        assert_eq!(question_within("Days past due at most 40?", 25), "Days past due at most 40?");
        assert_eq!(question_within("Share still owed at most 94%?", 25), "Share still owed ≤ 94%?");
        assert_eq!(question_within("A feature with a very long name at most 3?", 12), "A feature w…");
    }
}
