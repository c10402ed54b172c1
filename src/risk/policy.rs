//! The scorecard: points by the lender's rules, for every loan of every book, with or without outcomes.
//!
//! The rules of a run are rows of `policy_points`, by which the view `policy_scores` gives each loan its points. A run gives
//! them by the same rules from its matrix: in a large book, the view takes several seconds.

use rusqlite::Connection;

use crate::config::{FULL_POINTS, Measure, PolicyRule};
use crate::error::Result;
use crate::features::Book;

#[derive(Debug, Clone, PartialEq)]
pub struct PolicyScores {
    pub scores: Vec<f64>,
    /// The points that each loan gets for each measure that has a rule, 0 to 100, in the order of [`Measure::ALL`].
    pub points: Vec<(Measure, Vec<f32>)>,
}

pub fn store_rules(connection: &Connection, run_id: i64, rules: &[PolicyRule]) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into policy_points (run_id, position, measure, lower_bound, points, next_points)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let bands = rules.iter().flat_map(|rule| {
        let next = rule.bands.iter().skip(1).map(|(_, points)| Some(*points)).chain([None]);
        let bands = rule.bands.iter().zip(next).map(|((bound, points), next)| (Some(*bound), *points, next));
        let all = bands.chain([(None, rule.missing, None)]);
        all.map(|(bound, points, next)| (rule.measure.name(), bound, points, next))
    });
    for (position, (measure, bound, points, next)) in (1_i64..).zip(bands) {
        insert.execute((run_id, position, measure, bound, points, next))?;
    }
    Ok(())
}

pub fn scores(book: &Book, rules: &[PolicyRule]) -> PolicyScores {
    let matrix = book.dataset.records();
    let mut sums = vec![0.0; book.loans()];
    let mut points = Vec::new();
    for measure in Measure::ALL {
        let rule = rules.iter().find(|rule| rule.measure == measure);
        let Some((rule, (_, values))) = rule.zip(matrix.known(measure.name())) else { continue };
        let given = values.iter().zip(&mut sums).map(|(value, sum)| {
            let given = rule.points((!value.is_nan()).then_some(f64::from(*value)));
            *sum += given;
            given as f32
        });
        points.push((measure, given.collect()));
    }
    PolicyScores { scores: sums.iter().map(|sum| (sum / FULL_POINTS).min(1.0)).collect(), points }
}
