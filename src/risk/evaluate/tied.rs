//! Loans in the order of their scores, those with equal scores together: what most measures start from.

use crate::risk::RiskError;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tied {
    pub score: f64,
    pub positives: u64,
    pub negatives: u64,
}

impl Tied {
    pub fn loans(&self) -> u64 {
        self.positives + self.negatives
    }
}

/// The loans by score, lowest first; the scores must have been checked.
///
/// The bits of numbers that are not negative sort as the numbers do, so score and outcome fit into one word, and words sort
/// in half the time of pairs.
pub(super) fn tied_groups(scores: &[f64], outcomes: &[bool]) -> Vec<Tied> {
    // Adding zero turns -0 into 0; a probability leaves the sign's bit free.
    let word = |(score, outcome): (&f64, &bool)| (score + 0.0).to_bits() << 1 | u64::from(*outcome);
    let mut words: Vec<u64> = scores.iter().zip(outcomes).map(word).collect();
    words.sort_unstable();
    let tied = |group: &[u64]| {
        let positives = group.iter().map(|word| word & 1).sum();
        Tied { score: f64::from_bits(group[0] >> 1), positives, negatives: group.len() as u64 - positives }
    };
    words.chunk_by(|one, other| one >> 1 == other >> 1).map(tied).collect()
}

pub(super) fn check(scores: &[f64], outcomes: &[bool]) -> Result<u64, RiskError> {
    let (loans, positives) = (outcomes.len(), outcomes.iter().filter(|outcome| **outcome).count());
    if scores.len() != loans {
        return Err(RiskError::Lengths { scores: scores.len(), outcomes: loans });
    }
    if let Some(position) = scores.iter().position(|score| !(0.0..=1.0).contains(score)) {
        return Err(RiskError::NotProbability { position: position + 1, value: scores[position] });
    }
    match positives {
        _ if loans == 0 => Err(RiskError::NoOutcomes),
        0 => Err(RiskError::OneOutcome { loans, outcome: "fully recovered" }),
        _ if positives == loans => Err(RiskError::OneOutcome { loans, outcome: "not fully recovered" }),
        _ => Ok(positives as u64),
    }
}
