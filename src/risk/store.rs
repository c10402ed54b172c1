//! What the stage found out, written to the tables of the run: candidates and their worth, findings, screens, reasons.
//!
//! The scores of the loans are not written here: they go, with all else that is decided about a loan, into one row of
//! `decisions`.

use rusqlite::Connection;
use serde_json::{Value, json};

use super::applied::Applied;
use super::audit::Treatment;
use super::candidates::{Candidate, Model, Worth};
use super::evaluate::Confusion;
use super::explain::Explanation;
use super::explain::reasons::Reasons;
use super::fairness::{Measure, Screen};
use super::forest::Forest;
use super::gate::Decision;
use super::train::Judgement;
use crate::error::Result;
use crate::features::{Book, Feature};

/// What `models.version` says: how the columns around `content` are to be read.
const MODEL_VERSION: i64 = 2;
const NOTHING_TO_SAY: &str = "nothing stands out";

pub fn store(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    judgement: &Judgement,
    applied: &Applied,
) -> Result<()> {
    for candidate in &judgement.candidates {
        let is_in_use = candidate.model.source() == judgement.decision.source;
        let model_id = store_model(connection, run_id, book, candidate, &judgement.decision, is_in_use)?;
        if let Some(worth) = &candidate.worth {
            store_worth(connection, model_id, worth)?;
        }
        if is_in_use {
            store_explanation(connection, run_id, model_id, &judgement.explanation)?;
        }
    }
    store_findings(connection, run_id, judgement)?;
    store_screens(connection, run_id, &judgement.screens)?;
    store_differences(connection, run_id, &judgement.screens)?;
    store_applied(connection, run_id, applied)
}

fn store_model(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    candidate: &Candidate,
    decision: &Decision,
    is_in_use: bool,
) -> Result<i64> {
    let source = candidate.model.source();
    let found = decision.verdicts.iter().find(|verdict| verdict.result.source == source);
    let (is_accepted, verdict) = match (&candidate.model, found) {
        (_, Some(found)) => (found.is_accepted, found.sentence.clone()),
        (Model::Policy(_), None) => (true, "the lender's own rules, which learn nothing".to_owned()),
        (_, None) => (false, String::new()),
    };
    let (parameters, features, trained, content) = described(&candidate.model, book);
    let model_id = connection.query_row(
        "insert into models (
             run_id, kind, version, parameters, feature_names, trained_loans, content, is_in_use, is_accepted, verdict,
             calibration
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         returning model_id",
        (
            run_id,
            source.name(),
            MODEL_VERSION,
            parameters.to_string(),
            serde_json::to_string(&features)?,
            trained as i64,
            content,
            is_in_use,
            is_accepted,
            verdict,
            candidate.calibration.as_ref().map_or(Ok("{}".to_owned()), serde_json::to_string)?,
        ),
        |row| row.get(0),
    )?;
    Ok(model_id)
}

fn described<'a>(model: &'a Model, book: &Book) -> (Value, Vec<&'a str>, usize, Vec<u8>) {
    let names = |features: &'a [Feature]| features.iter().map(|feature| feature.name.as_str()).collect();
    let known = book.dataset.targets().iter().flatten().count();
    match model {
        Model::Forest(fitted) => {
            (json!(fitted.forest.params()), names(fitted.forest.features()), known, fitted.forest.to_bytes())
        }
        Model::Boosting(fitted) => {
            let model = &fitted.model;
            let trained = model.params().trained_loans as usize;
            (json!(model.params()), names(model.features()), trained, model.to_bytes())
        }
        Model::Logistic(fitted) => {
            let model = &fitted.model;
            let coefficients: serde_json::Map<String, Value> =
                model.coefficients().into_iter().map(|found| (found.term, json!(found.value))).collect();
            let parameters = json!({ "alpha": model.alpha(), "coefficients": coefficients });
            (parameters, names(model.features()), model.trained_loans() as usize, model.to_bytes())
        }
        Model::Policy(policy) => {
            let measures = policy.points.iter().map(|(measure, _)| measure.name()).collect();
            (json!({}), measures, 0, Vec::new())
        }
    }
}

fn store_worth(connection: &Connection, model_id: i64, worth: &Worth) -> Result<()> {
    let metrics = &worth.metrics;
    let mut insert = connection.prepare(
        "insert into model_metrics (model_id, metric, value, lower_95, upper_95)
         values (?1, ?2, ?3, ?4, ?5)",
    )?;
    insert.execute((model_id, "auc", metrics.auc, metrics.auc_low, metrics.auc_high))?;
    insert.execute((model_id, "brier", metrics.brier, metrics.brier_low, metrics.brier_high))?;
    if let Some(line) = &metrics.calibration {
        for (metric, found) in [("calibration_slope", line.slope), ("calibration_intercept", line.intercept)] {
            insert.execute((model_id, metric, found.value, found.lower, found.upper))?;
        }
    }
    let plain = [
        ("brier_base_rate", metrics.brier_of_base_rate),
        ("brier_skill", metrics.brier_skill),
        ("log_loss", metrics.log_loss),
        ("log_loss_base_rate", metrics.log_loss_of_base_rate),
        ("ks", metrics.ks),
        ("expected_calibration_error", metrics.expected_calibration_error),
        ("loans", metrics.loans as f64),
        ("not_recovered", metrics.positives as f64),
    ];
    for (metric, value) in plain {
        insert.execute((model_id, metric, value, None::<f64>, None::<f64>))?;
    }
    for (threshold, confusion) in &worth.confusions {
        for (metric, count) in counts(confusion) {
            let name = format!("{metric}@{}", exact(*threshold));
            insert.execute((model_id, name, count as f64, None::<f64>, None::<f64>))?;
        }
    }
    let mut insert = connection.prepare(
        "insert into model_deciles (model_id, decile, loans, not_recovered, mean_score) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (decile, row) in (1_i64..).zip(&worth.tenths) {
        insert.execute((model_id, decile, row.loans as i64, row.not_recovered as i64, row.mean_score))?;
    }
    Ok(())
}

/// A threshold with all its decimals, two at least: two of one whole percent are two.
fn exact(threshold: f64) -> String {
    let rounded = format!("{threshold:.2}");
    if rounded.parse() == Ok(threshold) { rounded } else { threshold.to_string() }
}

fn counts(confusion: &Confusion) -> [(&'static str, u64); 4] {
    [
        ("true_positives", confusion.true_positives),
        ("false_positives", confusion.false_positives),
        ("true_negatives", confusion.true_negatives),
        ("false_negatives", confusion.false_negatives),
    ]
}

fn store_explanation(connection: &Connection, run_id: i64, model_id: i64, explanation: &Explanation) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into feature_importances (model_id, position, feature, importance, lower_95, upper_95)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (position, found) in (1_i64..).zip(&explanation.importances) {
        insert.execute((model_id, position, &found.family, found.importance, found.lower_95, found.upper_95))?;
    }
    let mut insert = connection.prepare(
        "insert into partial_dependences (model_id, feature, position, value, label, mean_score)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for curve in &explanation.curves {
        for (position, point) in (1_i64..).zip(&curve.points) {
            insert.execute((model_id, &curve.feature, position, point.value, &point.label, point.mean_score))?;
        }
    }
    let Some(picture) = &explanation.picture else { return Ok(()) };
    let mut insert = connection.prepare(
        "insert into picture_nodes (run_id, node, feature, threshold, loans, mean_score) values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for place in &picture.places {
        let question = place.question.as_ref();
        let feature = question.map(|question| &question.feature);
        let threshold = question.map(|question| question.threshold);
        insert.execute((run_id, place.number, feature, threshold, place.loans as i64, place.mean_score))?;
    }
    connection.execute(
        "insert into model_metrics (model_id, metric, value) values (?1, 'picture_explained', ?2)",
        (model_id, picture.explained),
    )?;
    Ok(())
}

fn store_findings(connection: &Connection, run_id: i64, judgement: &Judgement) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into audit_findings (run_id, position, subject, verdict, reason, auc_alone, lower_95, upper_95)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (position, finding) in (1_i64..).zip(&judgement.findings) {
        let verdict = match finding.treatment {
            Treatment::Used => "used",
            Treatment::Warned => "warned",
            Treatment::Barred => "barred",
            Treatment::Refused => "refused",
        };
        let reason = if finding.reason.is_empty() { NOTHING_TO_SAY } else { &finding.reason };
        let alone = finding.auc_alone;
        let [value, lower, upper] =
            [alone.map(|auc| auc.value), alone.map(|auc| auc.lower), alone.map(|auc| auc.upper)];
        insert.execute((run_id, position, &finding.subject, verdict, reason, value, lower, upper))?;
    }
    Ok(())
}

fn store_screens(connection: &Connection, run_id: i64, screens: &[Screen]) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into fairness_groups (run_id, attribute, position, name, loans, not_recovered, flagged, measures)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for screen in screens {
        for (position, group) in (1_i64..).zip(&screen.groups) {
            let counts = [group.loans, group.not_recovered, group.flagged].map(|count| count as i64);
            let [loans, not_recovered, flagged] = counts;
            let measures = serde_json::to_string(group)?;
            let row = (run_id, &screen.attribute, position, &group.name, loans, not_recovered, flagged, measures);
            insert.execute(row)?;
        }
    }
    Ok(())
}

fn store_differences(connection: &Connection, run_id: i64, screens: &[Screen]) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into group_differences (
             run_id, attribute, position, measure, higher, lower, difference, lower_95, upper_95, pairs, includes_zero
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    for screen in screens {
        for (position, measure) in (1_i64..).zip(Measure::ALL) {
            let found = screen.differences.iter().find(|found| found.measure == measure);
            insert.execute((
                run_id,
                &screen.attribute,
                position,
                measure.name(),
                found.map(|found| &found.higher),
                found.map(|found| &found.lower),
                found.map(|found| found.difference.value),
                found.map(|found| found.difference.lower),
                found.map(|found| found.difference.upper),
                found.map_or(0, |found| found.pairs as i64),
                found.map(|found| found.includes_zero),
            ))?;
        }
    }
    Ok(())
}

fn store_applied(connection: &Connection, run_id: i64, applied: &Applied) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into group_actions (run_id, attribute, position, name, loans, flagged, share, lower_95, upper_95)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (attribute, groups) in &applied.flagged {
        for (position, group) in (1_i64..).zip(groups) {
            let share = group.share.share;
            let [value, lower, upper] =
                [share.map(|share| share.value), share.map(|share| share.lower), share.map(|share| share.upper)];
            let counts = (group.share.of as i64, group.flagged as i64);
            insert.execute((run_id, attribute, position, &group.name, counts.0, counts.1, value, lower, upper))?;
        }
    }
    let mut insert = connection.prepare(
        "insert into population_shifts (
             run_id, position, subject, verdict, loans_with_outcome, open_loans, bins, index_value, by_chance
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    for (position, found) in (1_i64..).zip(&applied.stability) {
        let index = found.index;
        insert.execute((
            run_id,
            position,
            &found.subject,
            found.shift().name(),
            found.known as i64,
            found.open as i64,
            index.map(|index| index.bins as i64),
            index.map(|index| index.value),
            index.map(|index| index.by_chance),
        ))?;
    }
    Ok(())
}

/// The reasons of these loans of the book.
pub fn store_reasons(connection: &Connection, book: &Book, rows: &[usize], reasons: &[Reasons]) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into score_reasons (snapshot_id, raised_by, lowered_by, reasons, base, rest)
         values (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (loan, reasons) in rows.iter().zip(reasons) {
        let words = |is_raised: bool| {
            let shown = reasons.shown.iter().filter(|reason| (reason.contribution > 0.0) == is_raised);
            shown.map(|reason| reason.words.as_str()).collect::<Vec<_>>().join("; ")
        };
        let shown = serde_json::to_string(&reasons.shown)?;
        let row = (book.snapshot_ids[*loan], words(true), words(false), shown, reasons.base, reasons.rest);
        insert.execute(row)?;
    }
    Ok(())
}

pub fn load_forest(connection: &Connection, model_id: i64) -> Result<Forest> {
    let content: Vec<u8> =
        connection.query_row("select content from models where model_id = ?1", [model_id], |row| row.get(0))?;
    Ok(Forest::from_bytes(&content)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_named_with_all_their_decimals() {
        let named = [0.5, 0.75, 1.0, 0.502, 0.501, 0.33334, 0.33333, 1e-7].map(exact);
        assert_eq!(named, ["0.50", "0.75", "1.00", "0.502", "0.501", "0.33334", "0.33333", "0.0000001"]);
    }
}
