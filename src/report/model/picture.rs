//! The scores as a tree of at most three questions; each way down the tree is one line of the table.

use crate::db::ShownRun;
use crate::error::Result;
use crate::report::charts::{Exhibit, Picture, TreeNode, Words};
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

/// The last node at a depth of three.
const LAST_NODE: i64 = 15;

/// What a node asks: whether a feature is at most a threshold.
struct Question {
    feature: String,
    threshold: f64,
}

/// Reads the tree. `explained` is the share of the variance of the scores that it explains.
pub fn read(shown: ShownRun<'_>, explained: Option<f64>, style: &Style) -> Result<Option<Exhibit<Picture>>> {
    let mut statement = shown.prepare(PICTURE)?;
    let nodes = statement.query_map([shown.run_id], |row| {
        let feature: Option<String> = row.get("feature")?;
        let threshold: Option<f64> = row.get("threshold")?;
        let question = feature.zip(threshold).map(|(feature, threshold)| Question { feature, threshold });
        let node = TreeNode {
            number: row.get::<_, i64>("node")?.clamp(1, LAST_NODE) as u32,
            question: question.as_ref().map(|question| {
                let condition = terms::condition(&question.feature, question.threshold, true, style);
                sentence_case(&format!("{condition}?"))
            }),
            loans: row.get("loans")?,
            mean_score: row.get("mean_score")?,
        };
        Ok((node, question))
    })?;
    let (nodes, questions): (Vec<TreeNode>, Vec<Option<Question>>) =
        nodes.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().unzip();
    // A single node asks nothing.
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
    let mut leaves: Vec<_> = nodes.iter().filter(|node| node.question.is_none()).collect();
    leaves.sort_by(|one, other| other.mean_score.total_cmp(&one.mean_score));
    let asked_at = |number: u32| questions.get(nodes.iter().position(|node| node.number == number)?)?.as_ref();
    let row = |leaf: &&TreeNode| {
        vec![conditions(leaf.number, asked_at, style), style.count(leaf.loans), format!("{:.2}", leaf.mean_score)]
    };
    let table = Table::new(
        "The ends of the tree, the highest mean score first",
        &["Loans with", "#Loans", "#Mean score"],
        leaves.iter().map(row).collect(),
    );
    Ok(Some(Exhibit { chart: Picture::new(words, &nodes, style), sentence, table }))
}

/// The conditions that hold for the loans at a node; of two bounds on the same side, the tighter one.
fn conditions<'a>(mut number: u32, asked_at: impl Fn(u32) -> Option<&'a Question>, style: &Style) -> String {
    let mut answers: Vec<(&Question, bool)> = Vec::new();
    while number > 1 {
        let is_yes = number.is_multiple_of(2);
        number /= 2;
        if let Some(question) = asked_at(number) {
            // Going up, the bound met first is the tighter one.
            if !answers.iter().any(|(known, is_known_yes)| known.feature == question.feature && *is_known_yes == is_yes)
            {
                answers.push((question, is_yes));
            }
        }
    }
    let text = |(question, is_yes): &(&Question, bool)| {
        terms::condition(&question.feature, question.threshold, *is_yes, style)
    };
    sentence_case(&answers.iter().rev().map(text).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_down_the_tree_keeps_the_tighter_of_two_bounds() {
        let questions: Vec<(u32, Question)> =
            [(1, "days_past_due", 60.5), (2, "days_past_due", 30.5), (3, "burden", 0.5), (5, "missed_payments", 2.5)]
                .map(|(number, feature, threshold)| (number, Question { feature: feature.to_owned(), threshold }))
                .into();
        let asked_at = |number| questions.iter().find(|(known, _)| *known == number).map(|(_, question)| question);
        for (number, expected) in [
            (4, "Days past due at most 30"),
            (11, "Days past due at most 60, days past due over 30, missed payments over 2"),
            (7, "Days past due over 60, loan burden over 50%"),
        ] {
            assert_eq!(conditions(number, asked_at, &Style::of_currency("INR")), expected);
        }
    }
}
