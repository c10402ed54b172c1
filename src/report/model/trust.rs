//! The first screen: which scores are in use and why, in sentences that need no statistics.

use super::candidates::{self, Candidate};
use super::card::{Card, Metric};
use crate::report::format;

/// What the run decided about its scores.
#[derive(Debug, Default)]
pub struct Decision {
    /// Whose scores are in use; nobody's where there are none.
    pub source: Option<String>,
    /// The gate's own sentences; runs of the older version have none.
    pub gate_reason: Option<String>,
    /// Whether the leak audit warns of a feature that a model may use.
    pub is_doubted: bool,
    /// The candidate that somebody asked for, whatever the gate says.
    pub forced_model: Option<String>,
    /// Why there are no scores, where there are none.
    pub no_score_reason: Option<String>,
    /// Whether live loans differ much from finished ones in what the points rest on.
    pub is_unlike_live: bool,
    /// What live loans differ much in from those that the model in use was tried on.
    pub large_shifts: Vec<String>,
}

impl Decision {
    /// Whether the scores are points by rule, and so no likelihoods.
    pub fn is_by_policy(&self) -> bool {
        self.source.as_deref() == Some("policy")
    }
}

/// Whether the scores may be acted on, and what that means for the parts of the report that rest on them.
#[derive(Debug)]
pub struct Trust {
    pub is_caution: bool,
    /// Whether it has to be read before the figures: the scores are none that a model earned.
    pub is_first_told: bool,
    pub heading: String,
    pub paragraphs: Vec<String>,
    /// What the order of the worklist is.
    pub order: &'static str,
    /// What a score is.
    pub meaning: &'static str,
}

/// An interval wider than this, in AUC, is of a handful of loans.
const MOST_OPEN: f64 = 0.3;

const BY_RISK: &str = "The loans with the most money at risk, score × balance, first.";
const LIKELIHOOD: &str =
    "A score is the likelihood, from 0 to 1, that a loan is not fully recovered, learnt from finished loans.";
const NO_VERDICT: &str = "A score is a likelihood, not a verdict on a borrower.";
const REST_ON_THEM: &str = "High Risk and Low Risk, the strategies and the order of the worklist rest on these scores: \
                            decide by days past due, missed payments and balance instead.";

impl Trust {
    /// The verdict on the scores of the run. `in_use` and `card` are of the candidate in use.
    pub fn of(decision: &Decision, in_use: Option<&Candidate>, card: &Card) -> Self {
        match decision.source.as_deref() {
            None | Some("none") => Self::none(decision),
            Some("policy") => Self::points(decision, in_use),
            Some(model) => Self::model(model, decision, in_use, card),
        }
    }

    fn none(decision: &Decision) -> Self {
        let reason = decision.no_score_reason.as_deref().unwrap_or("the run kept no model");
        Self {
            is_caution: true,
            is_first_told: true,
            heading: "There are no scores in this report".to_owned(),
            paragraphs: vec![format!(
                "{} So every loan falls under the last of the lender’s rules, and the loans to work first are simply \
                 those that owe most. Days past due and missed payments are the better guide.",
                sentence(reason)
            )],
            order: "There are no scores, so the largest balances come first.",
            meaning: "",
        }
    }

    fn points(decision: &Decision, in_use: Option<&Candidate>) -> Self {
        let heading = match decision.forced_model.as_deref() {
            Some("policy") => "The scores here are points by rule, as requested",
            _ => "The scores here are points by rule, not a model’s",
        };
        let mut paragraphs: Vec<_> = decision.gate_reason.as_deref().map(sentence).into_iter().collect();
        paragraphs.push(
            "So each loan has the lender’s own points, 0 to 100, for days past due, missed payments and the like, and the \
             strategies, High Risk and Low Risk, and the order of the worklist follow those points. They were not learnt \
             from outcomes: they are a place in the queue, not a likelihood, and give no balance at risk."
                .to_owned(),
        );
        let auc = in_use.and_then(|candidate| candidate.auc);
        if decision.is_unlike_live {
            paragraphs.push(
                "The points cannot be judged on the finished loans of this book: their days past due, missed payments or \
                 balances are not like those of live loans."
                    .to_owned(),
            );
        } else if let Some(auc) = auc.filter(says_something) {
            let so = if is_over_chance(auc) {
                "The points do tell loans apart"
            } else {
                "On the outcomes of this book it is not shown that the points tell loans apart"
            };
            paragraphs.push(format!("{so}: {}.", pairs(auc)));
        }
        Self {
            is_caution: false,
            is_first_told: true,
            heading: heading.to_owned(),
            paragraphs,
            order: "The loans with the most points first; with equal points, the largest balance.",
            meaning: "Points go from 0 to 100, by the lender’s policy. They put loans in order and are no likelihood.",
        }
    }

    fn model(model: &str, decision: &Decision, in_use: Option<&Candidate>, card: &Card) -> Self {
        let name = candidates::with_article(model, "the");
        // The gate's sentences say how often the scores were right; where there are none, the report has to.
        let (is_accepted, why) = match (&decision.gate_reason, in_use) {
            (Some(reason), Some(candidate)) => (candidate.is_accepted, sentence(reason)),
            _ => {
                let is_over = tells_loans_apart(card);
                (is_over, tried(card, is_over))
            }
        };
        let is_shifted = !decision.large_shifts.is_empty();
        let heading = match (is_accepted, &decision.forced_model) {
            (true, None) if decision.is_doubted => "The scores tell loans apart, but may rest on a leak".to_owned(),
            (true, None) if is_shifted => "The scores may not hold for live loans".to_owned(),
            (true, None) => "The scores tell loans apart".to_owned(),
            (true, Some(_)) if is_shifted => {
                format!("The scores come from {name}, as requested, and may not hold for live loans")
            }
            (true, Some(_)) => format!("The scores come from {name}, as requested"),
            (false, Some(_)) => format!("Do not rely on these scores: {name} did not pass its test"),
            (false, None) => "Do not act on the scores: they do not tell loans apart".to_owned(),
        };
        let mut paragraphs = vec![why];
        if is_shifted {
            paragraphs.push(format!(
                "Live loans differ much from the finished ones in {}: what is said of the scores was measured on finished \
                 loans. Go by days past due and missed payments too.",
                format::list(&decision.large_shifts)
            ));
        }
        paragraphs.push(if is_accepted { NO_VERDICT } else { REST_ON_THEM }.to_owned());
        let is_caution = !is_accepted || decision.is_doubted || is_shifted;
        Self {
            is_caution,
            is_first_told: is_caution || decision.forced_model.is_some(),
            heading,
            paragraphs,
            order: BY_RISK,
            meaning: LIKELIHOOD,
        }
    }
}

/// How the scores did on loans that the model had not seen, for runs that no gate judged.
fn tried(card: &Card, is_over: bool) -> String {
    let pairs = card.metric("auc").map_or_else(|| "it was not measured".to_owned(), pairs);
    let verdict =
        if is_over { "" } else { " That is no better than guessing, or than giving every loan the book’s average." };
    format!("Tested on loans whose outcome the model had not seen: {pairs}.{verdict}")
}

/// A reason as a whole sentence.
fn sentence(reason: &str) -> String {
    let reason = reason.trim().trim_end_matches('.');
    format!("{}.", format::sentence_case(reason))
}

/// Whether an AUC is of so many loans that its interval leaves something to say.
fn says_something(auc: &Metric) -> bool {
    auc.interval.is_some_and(|(lower, upper)| upper > lower && upper - lower <= MOST_OPEN)
}

fn is_over_chance(auc: Metric) -> bool {
    auc.interval.map_or(auc.value, |(lower, _)| lower) > 0.5
}

/// For runs that no gate judged: the interval of the AUC stays over one half, and the Brier score beats that of giving
/// every loan the average.
fn tells_loans_apart(card: &Card) -> bool {
    let beats_average = match (card.value("brier"), card.value("brier_base_rate")) {
        (Some(brier), Some(base)) => brier < base,
        _ => false,
    };
    card.metric("auc").is_some_and(is_over_chance) && beats_average
}

/// The AUC as what it counts: pairs of loans put in the right order.
pub fn pairs(auc: Metric) -> String {
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
