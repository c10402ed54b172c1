//! Which scores are in use and why, in sentences that need no statistics.

use super::candidates::{self, Candidate};
use super::card::{Card, Metric};
use crate::report::format;

/// What the run decided about its scores.
#[derive(Default)]
pub struct ScoreDecision {
    /// The candidate in use.
    pub source: String,
    /// The gate's own sentences; runs of the older version have none.
    pub gate_reason: Option<String>,
    /// The leak audit warns of a feature that a model may use.
    pub is_doubted: bool,
    /// The candidate that the configuration asked for, whatever the gate says.
    pub forced_model: Option<String>,
    /// Live loans differ much from finished ones in the inputs of the points.
    pub is_unlike_live: bool,
    /// Features in which live loans differ much from those that the model in use was tested on.
    pub large_shifts: Vec<String>,
}

impl ScoreDecision {
    pub fn is_by_policy(&self) -> bool {
        self.source == "policy"
    }
}

/// Whether the scores may be acted on, and the sentences that depend on it.
pub struct Trust {
    pub is_caution: bool,
    /// It has to be read before the figures: no model earned these scores.
    pub is_first: bool,
    pub heading: String,
    pub paragraphs: Vec<String>,
    pub order: &'static str,
    /// What a score is.
    pub meaning: &'static str,
}

/// A wider interval of an AUC comes from a handful of loans and says nothing.
const WIDEST_INTERVAL: f64 = 0.3;

const BY_RISK: &str = "Loans with the most money at risk (score × balance) come first.";
const PROBABILITY: &str =
    "A score is the probability, from 0 to 1, that a loan is not fully recovered, learnt from finished loans.";
const NO_VERDICT: &str = "A score is a probability, not a verdict on a borrower.";
const REST_ON_THEM: &str = "High Risk and Low Risk, the strategies and the order of the worklist depend on these scores: \
                            decide by days past due, missed payments and balance instead.";

impl Trust {
    /// `in_use` and `card` are those of the candidate in use.
    pub fn of(decision: &ScoreDecision, in_use: Option<&Candidate>, card: &Card) -> Self {
        if decision.is_by_policy() { Self::points(decision, in_use) } else { Self::model(decision, in_use, card) }
    }

    fn points(decision: &ScoreDecision, in_use: Option<&Candidate>) -> Self {
        let heading = match decision.forced_model.as_deref() {
            Some("policy") => "This report uses points by rule, as requested",
            _ => "This report uses points by rule, not a model",
        };
        let mut paragraphs: Vec<_> = decision.gate_reason.as_deref().map(sentence).into_iter().collect();
        paragraphs.push(
            "Each loan gets the lender’s own points, 0 to 100, for days past due, missed payments and similar facts. The \
             strategies, High Risk and Low Risk, and the order of the worklist follow these points. They are not learnt \
             from outcomes: they give a place in the queue, not a probability, and no balance at risk."
                .to_owned(),
        );
        let auc = in_use.and_then(|candidate| candidate.auc);
        if decision.is_unlike_live {
            paragraphs.push(
                "The points cannot be tested on the finished loans of this book: their days past due, missed payments or \
                 balances are not like those of live loans."
                    .to_owned(),
            );
        } else if let Some(auc) = auc.filter(is_informative) {
            let verdict = if is_over_chance(auc) {
                "The points rank loans better than chance"
            } else {
                "This book does not show that the points rank loans better than chance"
            };
            paragraphs.push(format!("{verdict}: {}.", pairs(auc)));
        }
        Self {
            is_caution: false,
            is_first: true,
            heading: heading.to_owned(),
            paragraphs,
            order: "Loans with the most points come first; among equals, the largest balance.",
            meaning: "Points go from 0 to 100 by the lender’s policy. They rank loans; they are not probabilities.",
        }
    }

    fn model(decision: &ScoreDecision, in_use: Option<&Candidate>, card: &Card) -> Self {
        let name = candidates::with_article(&decision.source, "the");
        // The gate's sentences say how often the scores were right; where there are none, the report has to.
        let (is_accepted, why) = match (&decision.gate_reason, in_use) {
            (Some(reason), Some(candidate)) => (candidate.is_accepted, sentence(reason)),
            _ => {
                let is_over = is_better_than_average(card);
                (is_over, test_result(card, is_over))
            }
        };
        let is_shifted = !decision.large_shifts.is_empty();
        let heading = match (is_accepted, &decision.forced_model) {
            (true, None) if decision.is_doubted => {
                "The scores passed their test, but may use data written after the outcome".to_owned()
            }
            (true, None) if is_shifted => "The scores may not hold for live loans".to_owned(),
            (true, None) => "The scores passed their test".to_owned(),
            (true, Some(_)) if is_shifted => {
                format!("The scores come from {name}, as requested, and may not hold for live loans")
            }
            (true, Some(_)) => format!("The scores come from {name}, as requested"),
            (false, Some(_)) => format!("Do not rely on these scores: {name} did not pass its test"),
            (false, None) => "Do not act on the scores: they did not pass their test".to_owned(),
        };
        let mut paragraphs = vec![why];
        if is_shifted {
            paragraphs.push(format!(
                "Live loans differ a lot from finished ones in {}, and the scores were tested on finished loans. Look at \
                 days past due and missed payments too.",
                format::list(&decision.large_shifts)
            ));
        }
        paragraphs.push(if is_accepted { NO_VERDICT } else { REST_ON_THEM }.to_owned());
        let is_caution = !is_accepted || decision.is_doubted || is_shifted;
        Self {
            is_caution,
            is_first: is_caution || decision.forced_model.is_some(),
            heading,
            paragraphs,
            order: BY_RISK,
            meaning: PROBABILITY,
        }
    }
}

/// For runs without a gate.
fn test_result(card: &Card, is_over: bool) -> String {
    let pairs = card.metric("auc").map_or_else(|| "it was not measured".to_owned(), pairs);
    let verdict =
        if is_over { "" } else { " That is no better than chance, or than giving every loan the book’s average." };
    format!("Tested on loans whose outcome the model had not seen: {pairs}.{verdict}")
}

fn sentence(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    format!("{}.", format::sentence_case(reason))
}

fn is_informative(auc: &Metric) -> bool {
    auc.interval.is_some_and(|(lower, upper)| upper > lower && upper - lower <= WIDEST_INTERVAL)
}

fn is_over_chance(auc: Metric) -> bool {
    auc.interval.map_or(auc.value, |(lower, _)| lower) > 0.5
}

/// For runs without a gate: better than chance in order, and than the average in Brier score.
fn is_better_than_average(card: &Card) -> bool {
    let beats_average =
        card.value("brier").zip(card.value("brier_base_rate")).is_some_and(|(brier, base)| brier < base);
    card.metric("auc").is_some_and(is_over_chance) && beats_average
}

pub fn pairs(auc: Metric) -> String {
    let hundredths = |value: f64| format!("{:.0}", value * 100.0);
    let interval = auc.interval.map_or_else(String::new, |(lower, upper)| {
        format!(" (95% interval: {} to {})", hundredths(lower), hundredths(upper))
    });
    format!(
        "{} of 100 pairs were ranked right{interval}, against 50 by chance; a pair is a loan that was fully recovered and \
         one that was not",
        hundredths(auc.value)
    )
}
