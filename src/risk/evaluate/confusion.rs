//! What happens if loans are flagged from a score on: how many of the bad are caught, and how many of the good.

use serde::{Deserialize, Serialize};

use super::interval::{Interval, wilson};
use super::tied::check;
use crate::risk::RiskError;

/// Loans by what was predicted and what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub true_positives: u64,
    pub false_positives: u64,
    pub true_negatives: u64,
    pub false_negatives: u64,
}

impl Confusion {
    /// Counts loans, predicted positive from the threshold on, itself included.
    pub(in crate::risk) fn count(scores: &[f64], outcomes: &[bool], threshold: f64) -> Self {
        let mut counts = [0u64; 4];
        for (score, outcome) in scores.iter().zip(outcomes) {
            counts[usize::from(*score >= threshold) * 2 + usize::from(*outcome)] += 1;
        }
        let [true_negatives, false_negatives, false_positives, true_positives] = counts;
        Self { true_positives, false_positives, true_negatives, false_negatives }
    }

    /// Loans counted.
    pub fn loans(&self) -> u64 {
        self.true_positives + self.false_positives + self.true_negatives + self.false_negatives
    }

    /// Loans predicted positive.
    pub fn flagged(&self) -> u64 {
        self.true_positives + self.false_positives
    }

    /// Loans that are positive.
    pub fn positives(&self) -> u64 {
        self.true_positives + self.false_negatives
    }

    /// The share of the positives that are flagged, with Wilson's interval (as the two below); `None` without any.
    pub fn true_positive_rate(&self) -> Option<Interval> {
        wilson(self.true_positives, self.positives())
    }

    /// The share of the negatives that are flagged.
    pub fn false_positive_rate(&self) -> Option<Interval> {
        wilson(self.false_positives, self.false_positives + self.true_negatives)
    }

    /// The share of the flagged that are positive.
    pub fn precision(&self) -> Option<Interval> {
        wilson(self.true_positives, self.flagged())
    }
}

/// Loans by what was predicted, positive from `threshold` on, itself included, and what happened.
///
/// # Errors
/// As [`Metrics::of`](super::Metrics::of).
pub fn confusion_at(scores: &[f64], outcomes: &[bool], threshold: f64) -> Result<Confusion, RiskError> {
    check(scores, outcomes)?;
    Ok(Confusion::count(scores, outcomes, threshold))
}
