//! How good probabilities are, held against what happened.
//!
//! Scores and outcomes are given in one order, a loan each; sums run in that order, so a caller that wants the same bits
//! whatever the order of the file passes loans in the order of their ids. The AUC, its interval and the KS statistic come
//! from counts and do not depend on the order at all.

use serde::{Deserialize, Serialize};

use super::RiskError;

/// Probabilities are kept this far from 0 and 1 in the log loss, so that one certain mistake costs 13.8 and not infinity.
pub const LOG_LOSS_CLIP: f64 = 1e-6;
/// A loan counts as predicted positive from this probability on, itself included.
pub const CONFUSION_AT: f64 = 0.5;
/// The normal quantile of a two-sided 95 % interval.
const Z_95: f64 = 1.959_963_984_540_054;

/// What scores are worth on loans with a known outcome; "positive" is a loan that was not fully recovered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Loans evaluated.
    pub loans: u64,
    /// Those of them that are positive.
    pub positives: u64,
    /// The chance that a positive scores above a negative, ties counting half: 0.5 is no signal, 1 is perfect.
    pub auc: f64,
    /// The ends of the 95 % interval of the AUC, within 0 to 1 (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988; in
    /// `n log n` time as Sun and Xu, IEEE Signal Processing Letters 21, 2014). From 0 to 1 with fewer than two of a kind.
    pub auc_low: f64,
    pub auc_high: f64,
    /// Mean squared difference between score and outcome (Brier 1950): 0 is perfect.
    pub brier: f64,
    /// The Brier score of giving every loan the share of positives.
    pub brier_of_base_rate: f64,
    /// `1 - brier / brier_of_base_rate`: above 0 is better than the share of positives.
    pub brier_skill: f64,
    /// Mean negative log likelihood in nats, scores kept [`LOG_LOSS_CLIP`] from 0 and 1.
    pub log_loss: f64,
    /// The largest gap between the cumulative shares of positives and of negatives (Kolmogorov-Smirnov), 0 to 1.
    pub ks: f64,
    /// Counts with [`CONFUSION_AT`] as the threshold.
    pub confusion: Confusion,
}

/// Loans by what was predicted and what happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    pub true_positives: u64,
    pub false_positives: u64,
    pub true_negatives: u64,
    pub false_negatives: u64,
}

/// One row of a calibration table: loans with neighbouring scores.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityRow {
    pub loans: u64,
    /// What was promised, 0 to 1.
    pub mean_score: f64,
    /// What came: the share of positives, 0 to 1.
    pub observed_rate: f64,
}

impl Metrics {
    /// Measures the scores of loans against their outcomes, one of each a loan, in the same order.
    ///
    /// # Errors
    /// [`RiskError::Lengths`], [`RiskError::NotProbability`]; [`RiskError::NoOutcomes`] for no loans and
    /// [`RiskError::OneOutcome`] when all are of one kind: nothing can be said then.
    pub fn of(scores: &[f64], outcomes: &[bool]) -> Result<Self, RiskError> {
        check(scores, outcomes)?;
        let pairs = || scores.iter().copied().zip(outcomes.iter().copied());
        let count = scores.len() as f64;
        let positives = outcomes.iter().filter(|outcome| **outcome).count() as u64;
        let base_rate = positives as f64 / count;
        let brier = pairs().map(|(score, outcome)| (score - f64::from(u8::from(outcome))).powi(2)).sum::<f64>() / count;
        let brier_of_base_rate = base_rate * (1.0 - base_rate);
        let ranking = Ranking::of(&tied_groups(scores, outcomes), scores.len() as u64, positives);
        Ok(Self {
            loans: scores.len() as u64,
            positives,
            auc: ranking.auc,
            auc_low: ranking.auc_low,
            auc_high: ranking.auc_high,
            brier,
            brier_of_base_rate,
            brier_skill: 1.0 - brier / brier_of_base_rate,
            log_loss: pairs().map(|(score, outcome)| surprise(score, outcome)).sum::<f64>() / count,
            ks: ranking.ks,
            confusion: Confusion::of(pairs()),
        })
    }
}

/// The calibration table: loans in order of their score, in so many groups (10: deciles) of about equal count.
///
/// Loans with equal scores stay together, so groups are fewer and less equal where many scores are equal.
///
/// # Errors
/// As [`Metrics::of`].
pub fn reliability(scores: &[f64], outcomes: &[bool], groups: usize) -> Result<Vec<ReliabilityRow>, RiskError> {
    check(scores, outcomes)?;
    let group_of = |middle: f64| (middle * groups as f64 / scores.len() as f64) as usize;
    let mut table: Vec<(usize, ReliabilityRow)> = Vec::with_capacity(groups);
    let mut before = 0u64;
    for tied in tied_groups(scores, outcomes) {
        let group = group_of(before as f64 + tied.loans() as f64 / 2.0);
        before += tied.loans();
        if table.last().is_none_or(|(last, _)| *last != group) {
            table.push((group, ReliabilityRow { loans: 0, mean_score: 0.0, observed_rate: 0.0 }));
        }
        if let Some((_, row)) = table.last_mut() {
            row.loans += tied.loans();
            row.mean_score += tied.score * tied.loans() as f64;
            row.observed_rate += tied.positives as f64;
        }
    }
    let mean = |row: ReliabilityRow| ReliabilityRow {
        loans: row.loans,
        mean_score: row.mean_score / row.loans as f64,
        observed_rate: row.observed_rate / row.loans as f64,
    };
    Ok(table.into_iter().map(|(_, row)| mean(row)).collect())
}

fn check(scores: &[f64], outcomes: &[bool]) -> Result<(), RiskError> {
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
        _ => Ok(()),
    }
}

fn surprise(score: f64, outcome: bool) -> f64 {
    let score = score.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP);
    if outcome { -score.ln() } else { -(1.0 - score).ln() }
}

impl Confusion {
    fn of(pairs: impl Iterator<Item = (f64, bool)>) -> Self {
        let mut counts = Self::default();
        for (score, outcome) in pairs {
            match (score >= CONFUSION_AT, outcome) {
                (true, true) => counts.true_positives += 1,
                (true, false) => counts.false_positives += 1,
                (false, false) => counts.true_negatives += 1,
                (false, true) => counts.false_negatives += 1,
            }
        }
        counts
    }
}

/// Loans with the same score.
struct Tied {
    score: f64,
    positives: u64,
    negatives: u64,
}

impl Tied {
    fn loans(&self) -> u64 {
        self.positives + self.negatives
    }
}

/// The loans by score, lowest first.
fn tied_groups(scores: &[f64], outcomes: &[bool]) -> Vec<Tied> {
    let mut pairs: Vec<(f64, bool)> = scores.iter().copied().zip(outcomes.iter().copied()).collect();
    pairs.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let tied = |group: &[(f64, bool)]| {
        let positives = group.iter().filter(|pair| pair.1).count() as u64;
        Tied { score: group[0].0, positives, negatives: group.len() as u64 - positives }
    };
    pairs.chunk_by(|one, other| one.0 == other.0).map(tied).collect()
}

/// What only the order of the scores decides.
struct Ranking {
    auc: f64,
    auc_low: f64,
    auc_high: f64,
    ks: f64,
}

impl Ranking {
    /// One pass over the tied groups.
    ///
    /// DeLong's component of a positive is the share of negatives below it, that of a negative the share of positives above
    /// it, ties counting half: the differences of midranks in Sun and Xu, read off running counts.
    fn of(groups: &[Tied], loans: u64, positives: u64) -> Self {
        let (all_positive, all_negative) = (positives as f64, (loans - positives) as f64);
        let (mut below_positive, mut below_negative) = (0u64, 0u64);
        let (mut of_positives, mut of_negatives) = (Spread::default(), Spread::default());
        let mut ks = 0.0f64;
        for group in groups {
            let negatives_below = below_negative as f64 + group.negatives as f64 / 2.0;
            let positives_above = (positives - below_positive) as f64 - group.positives as f64 / 2.0;
            of_positives.add(negatives_below / all_negative, group.positives);
            of_negatives.add(positives_above / all_positive, group.negatives);
            below_positive += group.positives;
            below_negative += group.negatives;
            ks = ks.max((below_positive as f64 / all_positive - below_negative as f64 / all_negative).abs());
        }
        let auc = of_positives.mean();
        let margin = match (of_positives.variance(), of_negatives.variance()) {
            (Some(one), Some(other)) => Z_95 * (one / all_positive + other / all_negative).sqrt(),
            _ => 1.0,
        };
        Self { auc, auc_low: (auc - margin).max(0.0), auc_high: (auc + margin).min(1.0), ks }
    }
}

/// Mean and variance of values that come several at a time (Welford 1962, with counts).
#[derive(Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: f64, times: u64) {
        if times == 0 {
            return;
        }
        let times = times as f64;
        self.count += times;
        let difference = value - self.mean;
        self.mean += difference * times / self.count;
        self.squares += times * difference * (value - self.mean);
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn variance(&self) -> Option<f64> {
        (self.count > 1.0).then(|| self.squares / (self.count - 1.0))
    }
}
