//! The stage of a run: fit the forest on the loans whose outcome is known, score every loan, and store both.
//!
//! A loan that the forest learnt from is scored by the trees that did not see it; the others by all trees.

use ndarray::Array1;
use rusqlite::Connection;

use super::{Forest, ForestParams, Metrics};
use crate::config::Trees;
use crate::error::Result;
use crate::features::Book;
use linfa::prelude::ParamGuard;

/// Fewer loans of either kind of outcome than this teach nothing.
const LEAST_OF_A_KIND: usize = 10;

/// With more outcomes than this, a tree draws so small a part of them that 100 trees leave each loan out as often as 200 do
/// in a smaller book: 100,000 loans gave the same AUC with either (0.8417).
const LARGE_BOOK: usize = 50_000;

/// What `models.version` says: how the columns around `content` are to be read.
const MODEL_VERSION: i64 = 1;

/// A fitted model and what it says of every loan.
#[derive(Debug)]
pub struct Scoring {
    pub forest: Forest,
    /// Out of bag, on the loans with an outcome.
    pub metrics: Metrics,
    /// The probability that each loan is not fully recovered, in the book's order.
    pub scores: Vec<f64>,
    /// Whether each score is out of bag.
    pub is_out_of_bag: Vec<bool>,
}

/// What came of the attempt to learn.
#[derive(Debug)]
pub enum Learnt {
    Scores(Box<Scoring>),
    /// Why there is no model, as a sentence for the report.
    Nothing(String),
}

/// Fits, evaluates and scores. `progress` is told how many of how many trees are grown.
///
/// # Errors
/// [`crate::risk::RiskError`] for parameters that make no forest.
pub fn learn(
    book: &Book,
    settings: &crate::config::Risk,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Learnt> {
    let outcomes = book.dataset.targets();
    if let Some(reason) = too_few(outcomes, settings.min_outcomes) {
        return Ok(Learnt::Nothing(reason));
    }
    let known: Vec<bool> = outcomes.iter().copied().flatten().collect();
    let trees = match settings.trees {
        Trees::Fixed(trees) => trees,
        Trees::Chosen(_) if known.len() > LARGE_BOOK => 100,
        Trees::Chosen(_) => 200,
    };
    let grown = |tree: usize| progress(tree as u64, u64::from(trees));
    let params = ForestParams::new(seed).trees(trees).check()?;
    let (forest, out_of_bag) = params.fit_out_of_bag(&book.dataset, &grown)?;
    let base_rate = known.iter().filter(|is_not_recovered| **is_not_recovered).count() as f64 / known.len() as f64;
    let open: Vec<usize> = (0..book.loans()).filter(|loan| outcomes[*loan].is_none()).collect();
    // A loan that every tree drew has no out-of-bag score; the base rate is what is known without it.
    let mut scores: Vec<f64> = out_of_bag.into_iter().map(|score| score.unwrap_or(base_rate)).collect();
    for (loan, score) in open.iter().zip(forest.score_rows(book.dataset.records(), &open)?) {
        scores[*loan] = score;
    }
    let is_out_of_bag: Vec<bool> = outcomes.iter().map(Option::is_some).collect();
    let judged: Vec<f64> =
        scores.iter().zip(&is_out_of_bag).filter(|(_, is_judged)| **is_judged).map(|(score, _)| *score).collect();
    let metrics = Metrics::of(&judged, &known)?;
    Ok(Learnt::Scores(Box::new(Scoring { forest, metrics, scores, is_out_of_bag })))
}

/// Writes the model, its metrics and the scores of a run.
///
/// # Errors
/// Those of the database.
pub fn store(connection: &Connection, run_id: i64, book: &Book, scoring: &Scoring, high_risk_from: f64) -> Result<()> {
    let model_id: i64 = connection.query_row(
        "insert into models (run_id, kind, version, parameters, feature_names, trained_loans, content)
         values (?1, 'forest', ?2, ?3, ?4, ?5, ?6)
         returning model_id",
        (
            run_id,
            MODEL_VERSION,
            serde_json::to_string(scoring.forest.params())?,
            serde_json::to_string(&feature_names(&scoring.forest))?,
            scoring.metrics.loans as i64,
            scoring.forest.to_bytes(),
        ),
        |row| row.get(0),
    )?;
    store_metrics(connection, model_id, &scoring.metrics)?;
    let mut insert = connection.prepare(
        "insert into scores (snapshot_id, model_id, risk_score, is_high_risk, is_out_of_bag)
         values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for loan in &book.in_file_order {
        let score = scoring.scores[*loan];
        let is_high_risk = score >= high_risk_from;
        insert.execute((book.snapshot_ids[*loan], model_id, score, is_high_risk, scoring.is_out_of_bag[*loan]))?;
    }
    Ok(())
}

fn feature_names(forest: &Forest) -> Vec<&str> {
    forest.features().iter().map(|feature| feature.name.as_str()).collect()
}

fn store_metrics(connection: &Connection, model_id: i64, metrics: &Metrics) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into model_metrics (model_id, metric, value, lower_95, upper_95)
         values (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute((model_id, "auc", metrics.auc, metrics.auc_low, metrics.auc_high))?;
    let plain = [
        ("brier", metrics.brier),
        ("brier_base_rate", metrics.brier_of_base_rate),
        ("log_loss", metrics.log_loss),
        ("ks", metrics.ks),
        ("true_positives", metrics.confusion.true_positives as f64),
        ("false_positives", metrics.confusion.false_positives as f64),
        ("true_negatives", metrics.confusion.true_negatives as f64),
        ("false_negatives", metrics.confusion.false_negatives as f64),
        ("loans", metrics.loans as f64),
        ("not_recovered", metrics.positives as f64),
    ];
    for (metric, value) in plain {
        insert.execute((model_id, metric, value, None::<f64>, None::<f64>))?;
    }
    Ok(())
}

/// Reads a stored model.
///
/// # Errors
/// [`crate::risk::RiskError::DamagedModel`] when its content is not what was stored; those of the database.
pub fn load(connection: &Connection, model_id: i64) -> Result<Forest> {
    let content: Vec<u8> =
        connection.query_row("select content from models where model_id = ?1", [model_id], |row| row.get(0))?;
    Ok(Forest::from_bytes(&content)?)
}

/// Why the outcomes are too few to learn from, if they are.
fn too_few(outcomes: &Array1<Option<bool>>, least: usize) -> Option<String> {
    let known = outcomes.iter().flatten().count();
    let not_recovered = outcomes.iter().flatten().filter(|is_not_recovered| **is_not_recovered).count();
    let recovered = known - not_recovered;
    if known == 0 {
        return Some(
            "no loan of the file has an outcome in Recovery_Status, so there is nothing to learn from".to_owned(),
        );
    }
    if known < least {
        return Some(format!("only {known} loans have an outcome in Recovery_Status; a model needs {least}"));
    }
    if recovered.min(not_recovered) < LEAST_OF_A_KIND {
        return Some(format!(
            "of the {known} loans with an outcome, {recovered} were fully recovered and {not_recovered} were not; \
             a model needs {LEAST_OF_A_KIND} of each"
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_needs_enough_outcomes_of_both_kinds() {
        let outcomes = |recovered: usize, not_recovered: usize, unknown: usize| -> Array1<Option<bool>> {
            let kinds = [(Some(false), recovered), (Some(true), not_recovered), (None, unknown)];
            kinds.into_iter().flat_map(|(kind, count)| std::iter::repeat_n(kind, count)).collect()
        };
        assert!(too_few(&outcomes(0, 0, 500), 50).is_some_and(|reason| reason.contains("nothing to learn")));
        assert!(too_few(&outcomes(20, 29, 500), 50).is_some_and(|reason| reason.contains("only 49")));
        assert!(too_few(&outcomes(91, 9, 0), 50).is_some_and(|reason| reason.contains("9 were not")));
        assert_eq!(too_few(&outcomes(90, 10, 0), 50), None);
    }
}
