//! How good the scores in use are: each measure with its meaning, right and wrong at each threshold, and the deciles.

use super::candidates::{Candidate, with_article};
use super::card::Card;
use super::trust::pairs;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;
use crate::report::format::{self, Style, ratio, share, whole_share};
use crate::report::scale::ScoreScale;
use crate::report::table::Table;

pub const DECILES: &str = "\
select
    decile, loans, not_recovered, mean_score, share_not_recovered, lift,
    share_caught
from score_deciles_by_run
where run_id = ?1
order by decile;
";

/// AUC and KS come first and depend only on the order of the loans; the others need probabilities, which points are not.
const MEASURES_OF_ORDER: usize = 2;

pub struct ExplainedMeasure {
    pub label: &'static str,
    pub value: String,
    pub meaning: String,
}

/// Where the scores come from. `is_judged` says whether finished loans can judge them.
pub fn source(in_use: &Candidate, card: &Card, is_judged: bool, style: &Style) -> String {
    let bad = match card.count("not_recovered", style).as_str() {
        "1" => "1 was not fully recovered".to_owned(),
        count => format!("{count} were not fully recovered"),
    };
    if in_use.kind == "policy" {
        let judged = in_use.judged_loans.filter(|_| is_judged).map_or_else(String::new, |loans| {
            format!(" They are tested on {} with a known outcome; {}.", style.loans(loans as i64), bad)
        });
        return format!("The scores are points by the lender’s policy; nothing was learnt from outcomes.{judged}");
    }
    let judged = in_use.judged_loans.map_or(in_use.trained_loans, |loans| loans as i64);
    let sampled = match in_use.trained_loans {
        trained if trained < judged => format!("{} of the ", style.count(trained)),
        _ => String::new(),
    };
    format!(
        "The scores come from {}, trained on {}{} with a known outcome; {bad}. Each of those loans is scored only by models or \
         trees that did not see it (“out of sample”).",
        with_article(&in_use.kind, "a"),
        sampled,
        style.loans(judged),
    )
}

/// Of points, only those that depend on their order.
pub fn measures(card: &Card, scale: ScoreScale) -> Vec<ExplainedMeasure> {
    let of = |name: &str, places: usize| card.metric(name).map(|metric| metric.text(places));
    let measure = |label, value: Option<String>, meaning: &str| {
        value.map(|value| ExplainedMeasure { label, value, meaning: meaning.to_owned() })
    };
    let auc = card.metric("auc").map(|auc| ExplainedMeasure {
        label: "Out-of-sample AUC (95% interval)",
        value: auc.text(3),
        meaning: format!("{}.", format::sentence_case(&pairs(auc))),
    });
    let brier = of("brier", 3).zip(of("brier_base_rate", 3)).map(|(brier, base)| match card.value("brier_skill") {
        Some(skill) => format!("{brier} against {base}: skill {}", share(skill)),
        None => format!("{brier} against {base}"),
    });
    [
        auc,
        measure(
            "KS",
            of("ks", 3),
            "The widest gap between the score distributions of loans recovered and not recovered: 0 is none, 1 is a perfect split.",
        ),
        measure(
            "Brier score, against the base rate",
            brier,
            "The mean squared difference between score and outcome: lower is better, and a useful score beats the base rate, \
             which gives every loan the average. The skill is the share of that error that the scores remove.",
        ),
        measure(
            "Log loss",
            of("log_loss", 3),
            "The penalty for being sure and wrong: lower is better; a score of 0.5 for every loan gets 0.693.",
        ),
        measure(
            "Calibration in the large (intercept)",
            of("calibration_intercept", 2),
            "0 is right. Above 0, more loans are not recovered than the scores predict; below 0, fewer. Adding it to the log \
             odds of every score would correct this.",
        ),
        measure(
            "Calibration slope",
            of("calibration_slope", 2),
            "1 is right. Below 1, high scores are too high and low ones too low; above 1, the opposite.",
        ),
        measure(
            "Expected calibration error",
            of("expected_calibration_error", 3),
            "The average distance between the scores and the actual share: 0.02 is 2 loans in 100.",
        ),
    ]
    .into_iter()
    .take(if scale.is_points() { MEASURES_OF_ORDER } else { usize::MAX })
    .flatten()
    .collect()
}

pub fn thresholds(card: &Card, scale: ScoreScale, style: &Style) -> Option<Table> {
    let at = |name: &str, threshold: &str| card.value(&format!("{name}@{threshold}"));
    let row = |(threshold, caught): (&str, f64)| {
        let (alarms, missed) = (at("false_positives", threshold)?, at("false_negatives", threshold)?);
        let flagged = caught + alarms;
        let of = |part: f64, whole: f64| {
            if whole > 0.0 { whole_share(ratio(part, whole)) } else { format::NONE.to_owned() }
        };
        let number = |value: f64| style.count(value as i64);
        Some(vec![
            scale.band(threshold),
            number(flagged),
            number(caught),
            number(alarms),
            number(missed),
            of(caught, caught + missed),
            of(caught, flagged),
        ])
    };
    let rows: Vec<_> = card.beginning("true_positives@").rev().filter_map(row).collect();
    let labels = [
        if scale.is_points() { "Points from" } else { "Score from" },
        "#Flagged",
        "#Correct",
        "#False alarms",
        "#Missed",
        "#Not recovered that were flagged",
        "#Flagged that were not recovered",
    ];
    let caption = "Loans with an outcome, at each threshold of the lender’s rules";
    (!rows.is_empty()).then(|| Table::new(caption, &labels, rows))
}

pub struct Deciles {
    pub sentence: String,
    pub table: Table,
}

struct Decile {
    loans: i64,
    not_recovered: i64,
    share_caught: Option<f64>,
    cells: Vec<String>,
}

pub fn deciles(shown: ShownRun<'_>, scale: ScoreScale, chance: &Chance, style: &Style) -> Result<Option<Deciles>> {
    let deciles: Vec<Decile> = shown.rows(DECILES, |row| {
        let (loans, not_recovered): (i64, i64) = (row.get("loans")?, row.get("not_recovered")?);
        let share_caught: Option<f64> = row.get("share_caught")?;
        let cells = vec![
            row.get::<_, i64>("decile")?.to_string(),
            style.count(loans),
            scale.written(row.get("mean_score")?, 2),
            style.count(not_recovered),
            format::share_or_none(row.get("share_not_recovered")?),
            format::decimal(row.get("lift")?, 1),
            format::share_or_none(share_caught),
        ];
        Ok(Decile { loans, not_recovered, share_caught, cells })
    })?;
    let (loans, bad) =
        deciles.iter().fold((0, 0), |sums, decile| (sums.0 + decile.loans, sums.1 + decile.not_recovered));
    let Some(first) = deciles.first().filter(|_| bad > 0) else { return Ok(None) };
    let rest = Count::new(bad - first.not_recovered, loans - first.loans);
    let sentence = if chance.differ(Count::new(first.not_recovered, first.loans), rest, 1) {
        let mut sentence = format!(
            "The {} of loans with the highest scores held {} of all that were not recovered",
            whole_share(ratio(first.loans as f64, loans as f64)),
            whole_share(ratio(first.not_recovered as f64, bad as f64)),
        );
        if let Some(caught) = deciles.get(2).and_then(|third| third.share_caught) {
            sentence += &format!("; the top three deciles held {}", whole_share(caught));
        }
        sentence + "."
    } else {
        format!(
            "The top decile does not differ from the others in the share not recovered by more than chance (n = {}).",
            style.count(loans)
        )
    };
    let mean = if scale.is_points() { "#Mean points" } else { "#Mean score" };
    let labels = ["#Decile", "#Loans", mean, "#Not recovered", "#Share", "#Times the average", "#Of all, so far"];
    let caption = "Loans with an outcome by decile of the score, highest first";
    let rows = deciles.into_iter().map(|decile| decile.cells).collect();
    Ok(Some(Deciles { sentence, table: Table::new(caption, &labels, rows) }))
}
