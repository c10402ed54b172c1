//! The policy score: points by the lender's rules, for every loan of every book, with or without outcomes.
//!
//! The rules of a run are rows of `policy_points`; the view `policy_scores` gives each loan its points. This file writes the
//! ones and reads the others, and adds up what the view gives in the same order as the view does: asking the view for the
//! sum as well would make it look for every band twice.

use rusqlite::Connection;

use crate::config::{FULL_POINTS, Measure, PolicyRule};
use crate::error::{Error, Result};
use crate::features::{Book, Places};

/// What the policy says of the loans of a book, in its order.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyScores {
    /// The points of each loan in hundredths, 0 to 1.
    pub scores: Vec<f64>,
    /// The points that each loan gets for each measure that has a rule, 0 to 100, in the order of [`Measure::ALL`].
    pub points: Vec<(Measure, Vec<f32>)>,
}

/// Writes the rules that a run goes by: a row a band, and one for a missing value.
///
/// # Errors
/// Those of the database.
pub fn store_rules(connection: &Connection, run_id: i64, rules: &[PolicyRule]) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into policy_points (run_id, position, measure, lower_bound, points) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    let bands = rules.iter().flat_map(|rule| {
        let bands = rule.bands.iter().map(|(bound, points)| (Some(*bound), *points));
        bands.chain([(None, rule.missing)]).map(|(bound, points)| (rule.measure.name(), bound, points))
    });
    for (position, (measure, bound, points)) in (1_i64..).zip(bands) {
        insert.execute((run_id, position, measure, bound, points))?;
    }
    Ok(())
}

/// Reads the points of the shown run's loans, which must be those of the book, and their scores.
///
/// # Errors
/// [`Error::NotFound`] when the run has no policy, as runs of an earlier version; those of the database.
pub fn read_scores(connection: &Connection, book: &Book) -> Result<PolicyScores> {
    let places = Places::new(&book.snapshot_ids);
    let mut scores = vec![0.0; book.loans()];
    let mut points = Measure::ALL.map(|measure| (measure, vec![f32::NAN; book.loans()]));
    let mut statement = connection.prepare(include_str!("read_policy_points.sql"))?;
    let mut rows = statement.query([])?;
    let mut read = 0;
    while let Some(row) = rows.next()? {
        let place = places.of(row.get(0)?);
        let mut sum = 0.0;
        for (field, (_, column)) in points.iter_mut().enumerate() {
            if let Some(given) = row.get::<_, Option<f64>>(field + 1)? {
                column[place] = given as f32;
                sum += given;
            }
        }
        scores[place] = (sum / FULL_POINTS).min(1.0);
        read += 1;
    }
    if read != book.loans() {
        return Err(Error::NotFound("the run has no policy, so its loans have no policy score".to_owned()));
    }
    // A measure without a rule has no points for any loan.
    let points = points.into_iter().filter(|(_, column)| column.first().is_some_and(|given| !given.is_nan())).collect();
    Ok(PolicyScores { scores, points })
}
