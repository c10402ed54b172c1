//! How good the scores in use are: each measure with what it means, right and wrong at each threshold, and how much of what
//! is not recovered lies in each tenth of the scores.

use super::candidates::Candidate;
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

/// AUC and KS, the first of the measures, ask only how scores order the loans; the others hold them against outcomes as
/// likelihoods, which points are not.
const MEASURES_OF_ORDER: usize = 2;

/// One measure with what it means.
#[derive(Debug)]
pub struct Measure {
    pub label: &'static str,
    pub value: String,
    pub meaning: String,
}

/// Where the scores come from, in one sentence or two. `is_judged` says whether finished loans can judge them.
pub fn source(in_use: &Candidate, card: &Card, is_judged: bool, style: &Style) -> String {
    let bad = match card.count("not_recovered", style).as_str() {
        "1" => "1 was not fully recovered".to_owned(),
        count => format!("{count} were not fully recovered"),
    };
    if in_use.kind == "policy" {
        let judged = in_use.judged_loans.filter(|_| is_judged).map_or_else(String::new, |loans| {
            format!(" They are judged on {} with a known outcome, of which {}.", style.loans(loans as i64), bad)
        });
        return format!("The scores are points by the lender’s policy; nothing was learnt from outcomes.{judged}");
    }
    let judged = in_use.judged_loans.map_or(in_use.trained_loans, |loans| loans as i64);
    let sampled = match in_use.trained_loans {
        trained if trained < judged => format!("{} of the ", style.count(trained)),
        _ => String::new(),
    };
    format!(
        "The scores come from {}, learnt from {}{} with a known outcome, of which {bad}. Each of \
         those loans is scored and judged only by what did not learn from it (“out of sample”).",
        in_use.in_a_sentence("a"),
        sampled,
        style.loans(judged),
    )
}

/// The measures of the scores in use that the run took, each in a sentence; of points those of their order alone.
pub fn measures(card: &Card, scale: ScoreScale) -> Vec<Measure> {
    let of = |name: &str, places: usize| card.metric(name).map(|metric| metric.text(places));
    let measure = |label, value: Option<String>, meaning: &str| {
        value.map(|value| Measure { label, value, meaning: meaning.to_owned() })
    };
    let auc = card.metric("auc").map(|auc| Measure {
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
            "The widest gap between the two kinds of loans when they are sorted by score: 0 is none, 1 is a perfect divide.",
        ),
        measure(
            "Brier score, against the base rate’s",
            brier,
            "The mean squared distance of score and outcome: lower is better, and a useful score is below what giving every \
             loan the average would get. The skill is how much of that error the scores take away.",
        ),
        measure(
            "Log loss",
            of("log_loss", 3),
            "The price of being sure and wrong: lower is better; 0.693 is what a score of one half for every loan gets.",
        ),
        measure(
            "Calibration in the large (intercept)",
            of("calibration_intercept", 2),
            "0 is right. Over 0, more loans go unrecovered than the scores say on the whole, and under 0 fewer: it is what \
             would have to be added to the log odds of every score.",
        ),
        measure(
            "Calibration slope",
            of("calibration_slope", 2),
            "1 is right. Under 1, high scores are too high and low ones too low; over 1, the opposite.",
        ),
        measure(
            "Expected calibration error",
            of("expected_calibration_error", 3),
            "How far the scores are, on average, from the share that came about: 0.02 is 2 loans in 100.",
        ),
    ]
    .into_iter()
    .take(if scale.is_points() { MEASURES_OF_ORDER } else { usize::MAX })
    .flatten()
    .collect()
}

/// Right and wrong at each threshold; `None` where the run did not count them.
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
        "#Rightly warned",
        "#False alarms",
        "#Missed",
        "#Not recovered that were flagged",
        "#Flagged that were not recovered",
    ];
    let caption = "Loans with an outcome, at each threshold of the lender’s rules";
    (!rows.is_empty()).then(|| Table::new(caption, &labels, rows))
}

/// The scores by tenth, and one sentence.
pub struct Deciles {
    pub sentence: String,
    pub table: Table,
}

struct Tenth {
    loans: i64,
    not_recovered: i64,
    share_caught: Option<f64>,
    cells: Vec<String>,
}

/// Reads the tenths; `None` where the run made none.
///
/// # Errors
/// Those of the database.
pub fn deciles(shown: ShownRun<'_>, scale: ScoreScale, chance: &Chance, style: &Style) -> Result<Option<Deciles>> {
    let mut statement = shown.prepare(DECILES)?;
    let tenths = statement.query_map([shown.run_id], |row| {
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
        Ok(Tenth { loans, not_recovered, share_caught, cells })
    })?;
    let tenths: Vec<Tenth> = tenths.collect::<rusqlite::Result<_>>()?;
    let (loans, bad) = tenths.iter().fold((0, 0), |sums, tenth| (sums.0 + tenth.loans, sums.1 + tenth.not_recovered));
    let Some(first) = tenths.first().filter(|_| bad > 0) else { return Ok(None) };
    let rest = Count::new(bad - first.not_recovered, loans - first.loans);
    let sentence = if chance.differ(Count::new(first.not_recovered, first.loans), rest, 1) {
        let mut sentence = format!(
            "The {} of loans with the highest scores held {} of all that were not recovered",
            whole_share(ratio(first.loans as f64, loans as f64)),
            whole_share(ratio(first.not_recovered as f64, bad as f64)),
        );
        if let Some(caught) = tenths.get(2).and_then(|third| third.share_caught) {
            sentence += &format!("; the first three tenths held {}", whole_share(caught));
        }
        sentence + "."
    } else {
        format!(
            "Between the tenth with the highest scores and the others there is no difference beyond chance in the share not \
             recovered (n = {}).",
            style.count(loans)
        )
    };
    let mean = if scale.is_points() { "#Mean points" } else { "#Mean score" };
    let labels = ["#Tenth", "#Loans", mean, "#Not recovered", "#Share", "#Times the average", "#Of all, so far"];
    let caption = "Loans with an outcome, by tenth of the score, the highest first";
    let rows = tenths.into_iter().map(|tenth| tenth.cells).collect();
    Ok(Some(Deciles { sentence, table: Table::new(caption, &labels, rows) }))
}
