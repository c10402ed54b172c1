//! The scores: whether they may be trusted, how they are spread, and how good the model is.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::charts::{Column, Histogram, Legend, Reliability, Step, Words};
use super::format::{self, count, ratio, share};
use super::table::Table;
use crate::error::Result;

pub const MODEL: &str = include_str!("queries/model.sql");
pub const SCORE_BINS: &str = include_str!("queries/score_bins.sql");
const BOUNDARIES: &str = include_str!("queries/boundaries.sql");
const BINS: usize = 20;

/// A metric, with its 95 % interval where it has one.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

/// The view `model_card`, for the model of the run.
#[derive(Debug)]
pub struct Card {
    pub kind: String,
    pub version: i64,
    pub trained_loans: i64,
    metrics: BTreeMap<String, Metric>,
}

impl Card {
    /// Reads the model's card; `None` where the run has no model.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(connection: &Connection) -> Result<Option<Self>> {
        let mut statement = connection.prepare(MODEL)?;
        let mut rows = statement.query([])?;
        let mut card: Option<Self> = None;
        while let Some(row) = rows.next()? {
            if card.is_none() {
                card = Some(Self {
                    kind: row.get("kind")?,
                    version: row.get("version")?,
                    trained_loans: row.get("trained_loans")?,
                    metrics: BTreeMap::new(),
                });
            }
            let lower: Option<f64> = row.get("lower_95")?;
            let upper: Option<f64> = row.get("upper_95")?;
            let metric = Metric { value: row.get("value")?, interval: lower.zip(upper) };
            if let Some(card) = &mut card {
                card.metrics.insert(row.get("metric")?, metric);
            }
        }
        Ok(card)
    }

    fn value(&self, metric: &str) -> Option<f64> {
        self.metrics.get(metric).map(|metric| metric.value)
    }

    fn count(&self, metric: &str) -> String {
        self.value(metric).map_or_else(|| format::NONE.to_owned(), |value| count(value as i64))
    }

    /// Whether the scores tell loans apart: the interval of the AUC stays over one half, and the Brier score beats that
    /// of giving every loan the average.
    fn tells_loans_apart(&self) -> bool {
        let is_better_than_chance = self.metrics.get("auc").is_some_and(|auc| match auc.interval {
            Some((lower, _)) => lower > 0.5,
            None => auc.value > 0.5,
        });
        let beats_average = match (self.value("brier"), self.value("brier_base_rate")) {
            (Some(brier), Some(base)) => brier < base,
            _ => false,
        };
        is_better_than_chance && beats_average
    }

    /// What the model is, in a person's words.
    pub fn name(&self) -> String {
        match self.kind.as_str() {
            "forest" => "random forest".to_owned(),
            other => other.replace('_', " "),
        }
    }
}

/// Whether the scores may be acted on, for the first screen.
#[derive(Debug)]
pub struct Trust {
    pub is_caution: bool,
    pub heading: &'static str,
    pub text: String,
}

impl Trust {
    /// The verdict on the scores of the run.
    pub fn of(card: Option<&Card>, no_score_reason: Option<&str>) -> Self {
        let Some(card) = card else {
            let reason = no_score_reason.unwrap_or("the run kept no model").trim().trim_end_matches('.');
            return Self {
                is_caution: true,
                heading: "There are no scores in this report",
                text: format!(
                    "{}. So every loan falls under the last of the lender’s rules, and the loans to work first are \
                     simply those that owe most. Days past due and missed payments are the better guide.",
                    format::sentence_case(reason)
                ),
            };
        };
        let pairs = card.metrics.get("auc").map_or_else(String::new, |auc| pairs(*auc));
        if card.tells_loans_apart() {
            let text = format!(
                "Tried on loans whose outcome the model had not seen: {pairs}. A score is a likelihood, not a verdict on \
                 a borrower."
            );
            return Self { is_caution: false, heading: "The scores tell loans apart", text };
        }
        let text = format!(
            "Tried on loans whose outcome the model had not seen: {pairs}. That is no better than guessing, or than \
             giving every loan the book’s average. High Risk and Low Risk, the strategies and the order of the worklist \
             rest on these scores: decide by days past due, missed payments and balance instead."
        );
        Self { is_caution: true, heading: "Do not act on the scores: they do not tell loans apart", text }
    }
}

/// The AUC as what it counts: pairs of loans put in the right order.
fn pairs(auc: Metric) -> String {
    let hundredths = |value: f64| format!("{:.0}", value * 100.0);
    let interval = auc.interval.map_or_else(String::new, |(lower, upper)| {
        format!(" (with 95% confidence, {} to {})", hundredths(lower), hundredths(upper))
    });
    format!(
        "of two loans, one fully recovered and one not, the higher score was on the one not recovered in {} pairs of \
         100{interval}; tossing a coin gets 50",
        hundredths(auc.value)
    )
}

/// One score bin of a twentieth.
#[derive(Debug, Clone, Copy, Default)]
struct Bin {
    loans: i64,
    to_collect: i64,
    with_outcome: i64,
    not_recovered: i64,
    sum_of_scores: f64,
}

/// How the scores are spread, and how well they came true.
pub struct Scores {
    pub histogram: Histogram,
    pub sentence: String,
    pub reliability: Option<(Reliability, Table)>,
}

/// Reads the scores by bin; `None` where no loan has one.
///
/// # Errors
/// Those of the database.
pub fn scores(connection: &Connection) -> Result<Option<Scores>> {
    let mut statement = connection.prepare(BOUNDARIES)?;
    let boundaries: Vec<f64> =
        statement.query_map([], |row| row.get("lower_score"))?.collect::<rusqlite::Result<_>>()?;
    let mut statement = connection.prepare(SCORE_BINS)?;
    let mut rows = statement.query([])?;
    let mut bins = [Bin::default(); BINS];
    while let Some(row) = rows.next()? {
        let bin = row.get::<_, i64>("bin")?.clamp(0, BINS as i64 - 1);
        bins[bin as usize] = Bin {
            loans: row.get("loans")?,
            to_collect: row.get("loans_to_collect")?,
            with_outcome: row.get("loans_with_outcome")?,
            not_recovered: row.get::<_, Option<i64>>("loans_not_recovered")?.unwrap_or(0),
            sum_of_scores: row.get::<_, Option<f64>>("sum_of_scores_with_outcome")?.unwrap_or(0.0),
        };
    }
    let total: i64 = bins.iter().map(|bin| bin.loans).sum();
    if total == 0 {
        return Ok(None);
    }
    let mut up_to = 0;
    let half = bins.iter().position(|bin| {
        up_to += bin.loans;
        up_to * 2 >= total
    });
    let half = (half.unwrap_or(0) + 1) as f64 / BINS as f64;
    let sentence = format!("Half of the {} scored have a score under {half:.2}.", format::loans(total));
    let columns = bins.map(|bin| Column { below: bin.to_collect, above: bin.loans - bin.to_collect });
    let words = Words {
        id: "scores",
        title: "Risk scores of all scored loans".to_owned(),
        description: format!("Columns of 0.05 from 0 to 1. {sentence}"),
    };
    let mut histogram = Histogram::new(words, &columns, 0.05, "risk score".to_owned(), ["to-collect", "closed"])
        .with_shares(&boundaries);
    histogram.legend = vec![
        Legend::of_area("to-collect", "still to be collected".to_owned()),
        Legend::of_area("closed", "closed: recovered, written off or nothing owed".to_owned()),
    ];
    Ok(Some(Scores { histogram, sentence, reliability: reliability(&bins) }))
}

fn reliability(bins: &[Bin; BINS]) -> Option<(Reliability, Table)> {
    let mut steps = Vec::new();
    let mut rows = Vec::new();
    for (position, pair) in bins.chunks(2).enumerate() {
        let loans: i64 = pair.iter().map(|bin| bin.with_outcome).sum();
        if loans == 0 {
            continue;
        }
        let predicted = pair.iter().map(|bin| bin.sum_of_scores).sum::<f64>() / loans as f64;
        let not_recovered: i64 = pair.iter().map(|bin| bin.not_recovered).sum();
        let observed = ratio(not_recovered as f64, loans as f64);
        steps.push(Step { predicted, observed, loans });
        rows.push(vec![
            format!("{:.1} to {:.1}", position as f64 / 10.0, (position + 1) as f64 / 10.0),
            count(loans),
            share(predicted),
            share(observed),
        ]);
    }
    if steps.is_empty() {
        return None;
    }
    let words = Words {
        id: "reliability",
        title: "Share not recovered: predicted by the score, and what came about".to_owned(),
        description: format!(
            "A mark for each of {} tenths of the score that hold loans; the table has the numbers.",
            steps.len()
        ),
    };
    let labels = ["Score", "#Loans", "#Predicted", "#Came about"];
    Some((
        Reliability::new(words, &steps),
        Table::new("Loans with an outcome by tenth of the score: share not recovered", &labels, rows),
    ))
}

/// One measure of the model with what it means.
#[derive(Debug)]
pub struct Measure {
    pub label: &'static str,
    pub value: String,
    pub meaning: String,
}

/// How good the model is.
pub struct Quality {
    pub what: String,
    pub measures: Vec<Measure>,
    pub confusion: [String; 4],
}

/// The measures of the card, each in a sentence.
pub fn quality(card: &Card) -> Quality {
    let auc = card.metrics.get("auc").copied();
    let interval = auc.and_then(|auc| auc.interval);
    let auc_text = match (auc, interval) {
        (Some(auc), Some((lower, upper))) => format!("{:.3} ({lower:.3} to {upper:.3})", auc.value),
        (Some(auc), None) => format!("{:.3}", auc.value),
        _ => format::NONE.to_owned(),
    };
    let measures = vec![
        Measure {
            label: "Out-of-bag AUC (95% interval)",
            value: auc_text,
            meaning: auc.map_or_else(String::new, |auc| format!("{}.", format::sentence_case(&pairs(auc)))),
        },
        Measure {
            label: "Brier score, against the base rate’s",
            value: format!(
                "{} against {}",
                format::decimal(card.value("brier"), 3),
                format::decimal(card.value("brier_base_rate"), 3)
            ),
            meaning:
                "The mean squared distance of score and outcome: lower is better, and a useful model is below what \
                      giving every loan the average would get."
                    .to_owned(),
        },
        Measure {
            label: "Log loss",
            value: format::decimal(card.value("log_loss"), 3),
            meaning:
                "The price of being sure and wrong: lower is better; 0.693 is what a score of one half for every loan \
                      gets."
                    .to_owned(),
        },
        Measure {
            label: "KS",
            value: format::decimal(card.value("ks"), 3),
            meaning: "The widest gap between the two kinds of loans when they are sorted by score: 0 is none, 1 is a \
                      perfect divide."
                .to_owned(),
        },
    ];
    let what = format!(
        "The scores come from a {} (version {}), trained on {} with a known outcome, of which {} were not fully recovered. \
         Every loan that it was trained on is judged only by trees that did not see it (“out of bag”).",
        card.name(),
        card.version,
        format::loans(card.trained_loans),
        card.count("not_recovered"),
    );
    let confusion =
        ["true_positives", "false_negatives", "false_positives", "true_negatives"].map(|metric| card.count(metric));
    Quality { what, measures, confusion }
}
