//! What happens if loans are flagged from a score on: how many of the bad are caught, and how many of the good.

use super::tied::check;
use crate::risk::RiskError;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Confusion {
    pub true_positives: u64,
    pub false_positives: u64,
    pub true_negatives: u64,
    pub false_negatives: u64,
}

pub fn confusion_at(scores: &[f64], outcomes: &[bool], threshold: f64) -> Result<Confusion, RiskError> {
    check(scores, outcomes)?;
    let mut counts = [0u64; 4];
    for (score, outcome) in scores.iter().zip(outcomes) {
        counts[usize::from(*score >= threshold) * 2 + usize::from(*outcome)] += 1;
    }
    let [true_negatives, false_negatives, false_positives, true_positives] = counts;
    Ok(Confusion { true_positives, false_positives, true_negatives, false_negatives })
}
