//! The rules of a run and its decision on each loan: rows of `strategy_rules` and `decisions`.

use rusqlite::Connection;

use crate::config::{Condition, Config, Strategy, conditions};
use crate::error::Result;
use crate::features::Book;
use crate::strategy::{Plan, bands};

/// Loans between two reports of progress.
const PROGRESS_LOANS: usize = 4_096;

/// What a run found out about the loans of a book, each slice in the book's order; no scores of a candidate without data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'a> {
    pub segment_ids: &'a [i64],
    pub plan: &'a Plan,
    pub in_use: &'a [f64],
    pub policy: Option<&'a [f64]>,
    pub logistic: Option<&'a [f64]>,
    pub boosting: Option<&'a [f64]>,
    pub forest: Option<&'a [f64]>,
    /// Whether the score in use comes from a model that did not learn from the loan.
    pub is_out_of_sample: &'a [bool],
}

/// Writes the rules and the decision on each loan; returns the number of loans. `progress` gets the loans written and the total.
pub(super) fn store(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    found: &Found<'_>,
    config: &Config,
    progress: &dyn Fn(u64, u64),
) -> Result<u64> {
    let conditions = conditions(&config.strategy);
    let rule_ids = store_rules(connection, run_id, &config.strategy, &conditions)?;
    let mut places: Vec<Option<i64>> = vec![None; book.loans()];
    (1..).zip(&found.plan.worklist).for_each(|(place, loan)| places[*loan] = Some(place));
    let mut insert = connection.prepare(
        "insert into decisions (
             snapshot_id, segment_id, rule_id, worklist_place, risk_score, policy_score, logistic_score,
             boosting_score, forest_score, is_high_risk, is_out_of_sample
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for (done, loan) in book.in_file_order.iter().copied().enumerate() {
        if done % PROGRESS_LOANS == 0 {
            progress(done as u64, book.loans() as u64);
        }
        let of = |scores: Option<&[f64]>| scores.map(|scores| scores[loan]);
        let score = found.in_use[loan];
        insert.execute((
            book.snapshot_ids[loan],
            found.segment_ids[loan],
            rule_ids[found.plan.rules[loan]],
            places[loan],
            score,
            of(found.policy),
            of(found.logistic),
            of(found.boosting),
            of(found.forest),
            score >= config.risk.high_risk_from,
            found.is_out_of_sample[loan],
        ))?;
    }
    Ok(book.loans() as u64)
}

fn store_rules(
    connection: &Connection,
    run_id: i64,
    policy: &[Strategy],
    conditions: &[Condition],
) -> Result<Vec<i64>> {
    let mut insert = connection.prepare(
        "insert into strategy_rules (
             run_id, position, strategy, band, lower_score, least_days_past_due, is_approval_needed,
             is_on_worklist
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         returning rule_id",
    )?;
    let mut rule_ids = Vec::new();
    for (position, (rule, band)) in policy.iter().zip(bands(conditions)).enumerate() {
        let Condition { bound, least_days_past_due } = conditions[position];
        let row = (
            run_id,
            position as i64 + 1,
            &rule.name,
            band,
            bound.map(|bound| bound.score),
            least_days_past_due,
            rule.needs_approval,
            rule.on_worklist,
        );
        rule_ids.push(insert.query_row(row, |row| row.get::<_, i64>(0))?);
    }
    Ok(rule_ids)
}
