//! The candidates side by side, all measured on the same loans and none on loans that it was trained on.

use super::card::Metric;
use crate::db::ShownRun;
use crate::error::Result;
use crate::report::format::{self, Style, decimal, sentence_case, share_or_none};
use crate::report::interval;
use crate::report::table::Table;

pub const CANDIDATES: &str = "\
select
    candidate, verdict, trained_loans, judged_loans, auc, auc_lower_95,
    auc_upper_95, ks, brier, brier_skill, log_loss, calibration_slope,
    calibration_intercept, expected_calibration_error, is_accepted, is_in_use
from model_comparison_by_run
where run_id = ?1
order by model_id;
";

/// The view `model_comparison`.
pub struct Candidate {
    pub kind: String,
    pub verdict: String,
    pub trained_loans: i64,
    pub judged_loans: Option<f64>,
    pub auc: Option<Metric>,
    pub is_accepted: bool,
    pub is_in_use: bool,
    cells: Vec<String>,
}

/// "the random forest", "a random forest"; boosting takes no article.
pub fn with_article(kind: &str, article: &str) -> String {
    if kind == "boosting" { name(kind) } else { format!("{article} {}", name(kind)) }
}

fn name(kind: &str) -> String {
    match kind {
        "forest" => "random forest".to_owned(),
        "boosting" => "gradient boosting".to_owned(),
        "logistic" => "logistic regression".to_owned(),
        "policy" => "policy points".to_owned(),
        other => other.replace('_', " "),
    }
}

pub fn read(shown: ShownRun<'_>) -> Result<Vec<Candidate>> {
    Ok(shown.rows(CANDIDATES, |row| {
        let interval = interval(row, "auc_")?;
        let auc = row.get::<_, Option<f64>>("auc")?.map(|value| Metric { value, interval });
        let kind: String = row.get("candidate")?;
        let number = |column, places| -> rusqlite::Result<String> { Ok(decimal(row.get(column)?, places)) };
        // Points are not probabilities: only their order can be compared with outcomes.
        let probability = |column, places| {
            if kind == "policy" { Ok(format::NONE.to_owned()) } else { number(column, places) }
        };
        Ok(Candidate {
            kind: kind.clone(),
            verdict: row.get("verdict")?,
            trained_loans: row.get("trained_loans")?,
            judged_loans: row.get("judged_loans")?,
            auc,
            is_accepted: row.get("is_accepted")?,
            is_in_use: row.get("is_in_use")?,
            cells: vec![
                auc.map_or_else(|| format::NONE.to_owned(), |auc| auc.text(3)),
                number("ks", 3)?,
                probability("brier", 4)?,
                if kind == "policy" { format::NONE.to_owned() } else { share_or_none(row.get("brier_skill")?) },
                probability("log_loss", 3)?,
                probability("calibration_slope", 2)?,
                probability("calibration_intercept", 2)?,
                probability("expected_calibration_error", 3)?,
            ],
        })
    })?)
}

/// The candidates as a table, and the verdict of the gate on each.
pub struct Comparison {
    pub table: Table,
    pub verdicts: Vec<(String, String)>,
}

pub fn comparison(candidates: &[Candidate], style: &Style) -> Option<Comparison> {
    if candidates.len() < 2 {
        return None;
    }
    let row = |candidate: &Candidate| {
        let mut cells = vec![sentence_case(&name(&candidate.kind))];
        cells.extend(candidate.cells.iter().cloned());
        cells.push(status(candidate).to_owned());
        cells
    };
    let labels = [
        "Candidate",
        "#AUC (95% interval)",
        "#KS",
        "#Brier",
        "#Skill",
        "#Log loss",
        "#Slope",
        "#Intercept",
        "#Calibration error",
        "Status",
    ];
    let judged = candidates.iter().find_map(|candidate| candidate.judged_loans);
    let caption = judged.map_or_else(
        || "Candidates for the scores".to_owned(),
        |loans| format!("Candidates for the scores, tested on the same {}", style.loans(loans as i64)),
    );
    let judged_by_gate = candidates.iter().filter(|candidate| !candidate.verdict.is_empty());
    Some(Comparison {
        table: Table::new(caption, &labels, candidates.iter().map(row).collect()).without_empty_columns(),
        verdicts: judged_by_gate
            .map(|candidate| (sentence_case(&name(&candidate.kind)), candidate.verdict.clone()))
            .collect(),
    })
}

fn status(candidate: &Candidate) -> &'static str {
    match (candidate.is_in_use, candidate.is_accepted, candidate.kind.as_str()) {
        (true, _, "policy") => "in use",
        (true, true, _) => "passed, in use",
        (true, false, _) => "refused, in use as requested",
        (false, _, "policy") => "the benchmark",
        (false, true, _) => "passed",
        (false, false, _) => "refused",
    }
}
