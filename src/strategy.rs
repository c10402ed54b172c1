//! The lender's policy applied: a score and the rules give an action. All that was decided about a loan is written here.
//!
//! The same score under the same rules is always the same action. Nothing here takes legal action; a rule may say that
//! somebody has to approve it first.

use rusqlite::Connection;

use crate::config::{Config, Strategy};
use crate::error::Result;
use crate::features::Book;

/// Progress is told every so many loans.
const PROGRESS_LOANS: usize = 4_096;

/// The scores of a book, each slice in the book's order; a candidate that the book could not feed has none.
#[derive(Debug, Clone, Copy)]
pub struct Scores<'a> {
    /// The probability that each loan is not fully recovered, by which the rules go.
    pub in_use: &'a [f64],
    pub policy: Option<&'a [f64]>,
    pub logistic: Option<&'a [f64]>,
    pub boosting: Option<&'a [f64]>,
    pub forest: Option<&'a [f64]>,
    /// Whether the score in use comes from a model that did not learn from the loan.
    pub is_out_of_sample: &'a [bool],
}

/// A lower bound on the score; without one, a rule takes every loan that is left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub score: f64,
    /// Whether the bound itself still falls under the rule.
    pub is_included: bool,
}

impl Bound {
    /// The bound that the configuration gives to a rule.
    pub fn of(rule: &Strategy) -> Option<Self> {
        let above = rule.above.map(|score| Self { score, is_included: false });
        above.or(rule.from.map(|score| Self { score, is_included: true }))
    }

    fn is_reached_by(self, score: f64) -> bool {
        score > self.score || (self.is_included && score == self.score)
    }
}

/// Which rule a loan falls under: the first that its score reaches.
///
/// # Panics
/// When there is no rule; a checked configuration has one.
pub fn choose(score: f64, bounds: &[Option<Bound>]) -> usize {
    let last = bounds.len().checked_sub(1).expect("at least one rule");
    bounds.iter().position(|bound| bound.is_none_or(|bound| bound.is_reached_by(score))).unwrap_or(last)
}

/// A bound as people write it: two decimals, or as many as it has.
fn written(score: f64) -> String {
    let short = format!("{score:.2}");
    if short.parse() == Ok(score) { short } else { score.to_string() }
}

/// Each rule's band of scores in words: "over 0.75", "0.50 to 0.75", "under 0.50".
pub fn bands(bounds: &[Option<Bound>]) -> Vec<String> {
    let mut upper: Option<Bound> = None;
    let mut bands = Vec::with_capacity(bounds.len());
    for bound in bounds {
        bands.push(match (*bound, upper) {
            (None, None) => "every score".to_owned(),
            (None, Some(above)) if above.is_included => format!("under {}", written(above.score)),
            (None, Some(above)) => format!("up to {}", written(above.score)),
            (Some(bound), None) if bound.is_included => format!("{} and over", written(bound.score)),
            (Some(bound), None) => format!("over {}", written(bound.score)),
            (Some(bound), Some(above)) => {
                let from = if bound.is_included { "" } else { "over " };
                let to = if above.is_included { "under " } else { "" };
                format!("{from}{} to {to}{}", written(bound.score), written(above.score))
            }
        });
        upper = *bound;
    }
    bands
}

/// Writes the policy of a run as its rules, and what was decided about each loan; gives the number of loans. `segment_ids`
/// are those of the loans, in the book's order; `progress` is told how many of how many loans are written.
///
/// # Errors
/// Those of the database.
pub fn store(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    segment_ids: &[i64],
    scores: &Scores<'_>,
    config: &Config,
    progress: &dyn Fn(u64, u64),
) -> Result<u64> {
    let bounds: Vec<Option<Bound>> = config.strategy.iter().map(Bound::of).collect();
    let rule_ids = store_rules(connection, run_id, &config.strategy, &bounds)?;
    let mut insert = connection.prepare(
        "insert into decisions (
             snapshot_id, segment_id, rule_id, risk_score, policy_score, logistic_score, boosting_score,
             forest_score, is_high_risk, is_out_of_sample
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for (done, loan) in book.in_file_order.iter().copied().enumerate() {
        if done % PROGRESS_LOANS == 0 {
            progress(done as u64, book.loans() as u64);
        }
        let of = |scores: Option<&[f64]>| scores.map(|scores| scores[loan]);
        let score = scores.in_use[loan];
        insert.execute((
            book.snapshot_ids[loan],
            segment_ids[loan],
            rule_ids[choose(score, &bounds)],
            score,
            of(scores.policy),
            of(scores.logistic),
            of(scores.boosting),
            of(scores.forest),
            score >= config.risk.high_risk_from,
            scores.is_out_of_sample[loan],
        ))?;
    }
    Ok(book.loans() as u64)
}

/// Writes the rules of a run; gives their ids.
fn store_rules(
    connection: &Connection,
    run_id: i64,
    policy: &[Strategy],
    bounds: &[Option<Bound>],
) -> Result<Vec<i64>> {
    let mut insert = connection.prepare(
        "insert into strategy_rules (
             run_id, position, strategy, band, lower_score, is_lower_included, is_approval_needed
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         returning rule_id",
    )?;
    let mut rule_ids = Vec::new();
    for (position, (rule, band)) in policy.iter().zip(bands(bounds)).enumerate() {
        let bound = bounds[position];
        let is_included = bound.is_some_and(|bound| bound.is_included);
        let score = bound.map(|bound| bound.score);
        let row = (run_id, position as i64 + 1, &rule.name, band, score, is_included, rule.needs_approval);
        rule_ids.push(insert.query_row(row, |row| row.get::<_, i64>(0))?);
    }
    Ok(rule_ids)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn default_bounds() -> Vec<Option<Bound>> {
        Config::parse("").unwrap().strategy.iter().map(Bound::of).collect()
    }

    #[test]
    fn the_middle_band_takes_both_its_ends() {
        let bounds = default_bounds();
        for (score, rule) in
            [(1.0, 0), (0.75_f64.next_up(), 0), (0.75, 1), (0.6, 1), (0.5, 1), (0.5_f64.next_down(), 2), (0.0, 2)]
        {
            assert_eq!(choose(score, &bounds), rule, "{score}");
        }
    }

    #[test]
    fn bands_say_which_ends_they_take() {
        assert_eq!(bands(&default_bounds()), ["over 0.75", "0.50 to 0.75", "under 0.50"]);
        let bound = |score, is_included| Some(Bound { score, is_included });
        let mixed = [bound(0.9, true), bound(0.4, false), None];
        assert_eq!(bands(&mixed), ["0.90 and over", "over 0.40 to under 0.90", "up to 0.40"]);
        assert_eq!(bands(&[None]), ["every score"]);
        assert_eq!(bands(&[bound(0.755, false), None]), ["over 0.755", "up to 0.755"]);
    }
}
