//! The scores as a tree of at most three questions, drawn and told: each way down the tree is one line of the table.

use crate::db::ShownRun;
use crate::error::Result;
use crate::report::charts::{Picture, Place, Words};
use crate::report::format::{Style, sentence_case, whole_share};
use crate::report::table::Table;
use crate::report::terms;

pub const PICTURE: &str = "\
-- Below node n lie 2n, the loans with at most the threshold, and 2n + 1.
select node, feature, threshold, loans, mean_score
from picture_nodes
where run_id = ?1
order by node;
";

/// Deeper places are no picture that a person takes in.
const LAST_PLACE: i64 = 15;

/// The picture with its words.
pub struct Read {
    pub chart: Picture,
    pub sentence: String,
    pub table: Table,
}

/// A question on the way to a place, and the answer taken.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    feature: String,
    threshold: f64,
    is_at_most: bool,
}

struct Node {
    place: Place,
    question: Option<(String, f64)>,
}

/// Reads the tree; `None` where the run drew none. `explained` is the share of the variance of the scores that it tells.
///
/// # Errors
/// Those of the database.
pub fn read(shown: ShownRun<'_>, explained: Option<f64>, style: &Style) -> Result<Option<Read>> {
    let mut statement = shown.prepare(PICTURE)?;
    let nodes = statement.query_map([shown.run_id], |row| {
        let feature: Option<String> = row.get("feature")?;
        let threshold: Option<f64> = row.get("threshold")?;
        let question = feature.zip(threshold);
        let asked = question.as_ref().map(|(feature, threshold)| {
            sentence_case(&format!("{}?", terms::condition(feature, *threshold, true, style)))
        });
        let place = Place {
            number: row.get::<_, i64>("node")?.clamp(1, LAST_PLACE) as u32,
            question: asked,
            loans: row.get("loans")?,
            mean_score: row.get("mean_score")?,
        };
        Ok(Node { place, question })
    })?;
    let nodes: Vec<Node> = nodes.collect::<rusqlite::Result<_>>()?;
    // One place alone asks nothing.
    if nodes.len() < 3 {
        return Ok(None);
    }
    let mut sentence = "Each loan starts at the top and goes left for yes, right for no.".to_owned();
    if let Some(explained) = explained {
        sentence = format!(
            "At most three questions explain {} of the differences between scores. {sentence}",
            whole_share(explained.clamp(0.0, 1.0))
        );
    }
    let words = Words {
        id: "picture",
        title: "The scores as a tree of at most three questions".to_owned(),
        description: format!("{sentence} The table has every way down the tree."),
    };
    let leaves = nodes.iter().filter(|node| node.question.is_none());
    let mut ends: Vec<_> = leaves.map(|node| (way(&nodes, node.place.number, style), &node.place)).collect();
    ends.sort_by(|one, other| other.1.mean_score.total_cmp(&one.1.mean_score));
    let row = |(way, place): &(String, &Place)| {
        vec![way.clone(), style.count(place.loans), format!("{:.2}", place.mean_score)]
    };
    let table = Table::new(
        "The ends of the tree, the highest mean score first",
        &["Loans with", "#Loans", "#Mean score"],
        ends.iter().map(row).collect(),
    );
    let places: Vec<_> = nodes.iter().map(|node| node.place.clone()).collect();
    Ok(Some(Read { chart: Picture::new(words, &places, style), sentence, table }))
}

/// What holds for the loans at a place, of two bounds on the same side the tighter one.
fn way(nodes: &[Node], number: u32, style: &Style) -> String {
    let mut steps: Vec<Step> = Vec::new();
    let mut place = number;
    while place > 1 {
        let above = nodes.iter().find(|node| node.place.number == place / 2);
        if let Some((feature, threshold)) = above.and_then(|node| node.question.clone()) {
            let step = Step { feature, threshold, is_at_most: place.is_multiple_of(2) };
            // Going up, the bound met first is the tighter one.
            if !steps.iter().any(|known| known.feature == step.feature && known.is_at_most == step.is_at_most) {
                steps.push(step);
            }
        }
        place /= 2;
    }
    let told = steps.iter().rev().map(|step| terms::condition(&step.feature, step.threshold, step.is_at_most, style));
    sentence_case(&told.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(number: u32, question: Option<(&str, f64)>) -> Node {
        Node {
            place: Place { number, question: None, loans: 1, mean_score: 0.5 },
            question: question.map(|(feature, threshold)| (feature.to_owned(), threshold)),
        }
    }

    #[test]
    fn a_way_down_the_tree_keeps_the_tighter_of_two_bounds() {
        let nodes = [
            node(1, Some(("days_past_due", 60.5))),
            node(2, Some(("days_past_due", 30.5))),
            node(3, Some(("burden", 0.5))),
            node(4, None),
            node(5, Some(("missed_payments", 2.5))),
        ];
        assert_eq!(way(&nodes, 4, &Style::of_currency("INR")), "Days past due at most 30");
        assert_eq!(
            way(&nodes, 11, &Style::of_currency("INR")),
            "Days past due at most 60, days past due over 30, missed payments over 2"
        );
        assert_eq!(way(&nodes, 7, &Style::of_currency("INR")), "Days past due over 60, loan burden over 50%");
    }
}
