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
    /// `n log n` time as Sun and Xu, IEEE Signal Processing Letters 21, 2014). From 0 to 1 with fewer than two of a kind;
    /// without width where the order is perfect, as the method has it.
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Five loans by hand: positives at 0.9 and 0.4, negatives at 0.6, 0.4 and 0.1.
    const SCORES: [f64; 5] = [0.9, 0.6, 0.4, 0.4, 0.1];
    const OUTCOMES: [bool; 5] = [true, false, true, false, false];

    /// The chance that a positive scores above a negative, pair by pair.
    fn kernel(positive: f64, negative: f64) -> f64 {
        if positive > negative { 1.0 } else { f64::from(u8::from(positive == negative)) / 2.0 }
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    /// DeLong's AUC and standard error by their definition: structural components from all pairs.
    fn by_all_pairs(scores: &[f64], outcomes: &[bool]) -> (f64, f64) {
        let of_kind = |kind| scores.iter().zip(outcomes).filter(move |pair| *pair.1 == kind).map(|pair| *pair.0);
        let of_positives: Vec<f64> = of_kind(true)
            .map(|one| mean(&of_kind(false).map(|other| kernel(one, other)).collect::<Vec<_>>()))
            .collect();
        let of_negatives: Vec<f64> = of_kind(false)
            .map(|one| mean(&of_kind(true).map(|other| kernel(other, one)).collect::<Vec<_>>()))
            .collect();
        let variance = |values: &[f64]| {
            values.iter().map(|value| (value - mean(values)).powi(2)).sum::<f64>() / (values.len() as f64 - 1.0)
        };
        let variance_of_auc =
            variance(&of_positives) / of_positives.len() as f64 + variance(&of_negatives) / of_negatives.len() as f64;
        (mean(&of_positives), variance_of_auc.sqrt())
    }

    #[test]
    fn five_loans_measured_by_hand() {
        let metrics = Metrics::of(&SCORES, &OUTCOMES).unwrap();
        assert_eq!((metrics.loans, metrics.positives), (5, 2));
        // Of six pairs 0.9 wins three; 0.4 wins one, ties one and loses one.
        assert!((metrics.auc - 4.5 / 6.0).abs() < 1e-12);
        // Just above 0.6: half of the positives, none of the negatives.
        assert!((metrics.ks - 0.5).abs() < 1e-12);
        assert!((metrics.brier - (0.01 + 0.36 + 0.36 + 0.16 + 0.01) / 5.0).abs() < 1e-12);
        assert!((metrics.brier_of_base_rate - 0.4 * 0.6).abs() < 1e-12);
        assert!((metrics.brier_skill - (1.0 - 0.18 / 0.24)).abs() < 1e-12);
        // -(ln 0.9 + ln 0.4 + ln 0.4 + ln 0.6 + ln 0.9) / 5
        assert!((metrics.log_loss - 0.510_825_623).abs() < 1e-6, "{}", metrics.log_loss);
        let confusion = Confusion { true_positives: 1, false_positives: 1, true_negatives: 2, false_negatives: 1 };
        assert_eq!(metrics.confusion, confusion);
    }

    #[test]
    fn a_score_of_exactly_one_half_is_a_predicted_positive() {
        let metrics = Metrics::of(&[0.5, 0.5], &[true, false]).unwrap();
        assert_eq!((metrics.confusion.true_positives, metrics.confusion.false_positives), (1, 1));
    }

    #[test]
    fn a_certain_mistake_costs_what_the_clip_says() {
        let metrics = Metrics::of(&[0.0, 0.0], &[true, false]).unwrap();
        let expected = (-LOG_LOSS_CLIP.ln() - (1.0 - LOG_LOSS_CLIP).ln()) / 2.0;
        assert!((metrics.log_loss - expected).abs() < 1e-12);
    }

    #[test]
    fn perfect_and_reversed_orders_are_one_and_zero() {
        let perfect = Metrics::of(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]).unwrap();
        assert_eq!((perfect.auc, perfect.ks, perfect.auc_low, perfect.auc_high), (1.0, 1.0, 1.0, 1.0));
        let reversed = Metrics::of(&[0.9, 0.8, 0.2, 0.1], &[false, false, true, true]).unwrap();
        assert_eq!((reversed.auc, reversed.ks), (0.0, 1.0));
    }

    #[test]
    fn one_loan_of_a_kind_leaves_the_auc_open() {
        let metrics = Metrics::of(&[0.2, 0.8, 0.5], &[false, true, false]).unwrap();
        assert_eq!((metrics.auc, metrics.auc_low, metrics.auc_high), (1.0, 0.0, 1.0));
    }

    #[test]
    fn scores_that_cannot_be_measured_are_refused() {
        let refusal = |scores: &[f64], outcomes: &[bool]| Metrics::of(scores, outcomes).unwrap_err();
        assert!(matches!(refusal(&[], &[]), RiskError::NoOutcomes));
        assert!(matches!(refusal(&[0.5], &[]), RiskError::Lengths { scores: 1, outcomes: 0 }));
        assert!(matches!(refusal(&[0.5, 0.6], &[true, true]), RiskError::OneOutcome { loans: 2, .. }));
        assert!(matches!(refusal(&[0.5, 1.5], &[true, false]), RiskError::NotProbability { position: 2, .. }));
        assert!(matches!(refusal(&[f64::NAN, 0.5], &[true, false]), RiskError::NotProbability { position: 1, .. }));
        assert!(reliability(&[0.5], &[true], 10).is_err());
    }

    #[test]
    fn the_calibration_table_has_ten_equal_groups_in_order_of_score() {
        let scores: Vec<f64> = (0..100).map(|loan| f64::from(loan * 37 % 100) / 100.0).collect();
        let outcomes: Vec<bool> = scores.iter().map(|score| (score * 100.0).round() as u32 % 10 < 3).collect();
        let table = reliability(&scores, &outcomes, 10).unwrap();
        assert_eq!(table.len(), 10);
        for (group, row) in table.iter().enumerate() {
            assert_eq!(row.loans, 10);
            assert!((row.mean_score - (0.045 + group as f64 / 10.0)).abs() < 1e-12);
            assert!((row.observed_rate - 0.3).abs() < 1e-12);
        }
    }

    #[test]
    fn equal_scores_stay_in_one_group() {
        let mut scores = vec![0.3; 95];
        scores.extend([0.9; 5]);
        let outcomes: Vec<bool> = (0..100).map(|loan| loan % 2 == 0).collect();
        let loans: Vec<u64> = reliability(&scores, &outcomes, 10).unwrap().iter().map(|row| row.loans).collect();
        assert_eq!(loans, [95, 5]);
    }

    /// Scores on a coarse grid, so that ties are common; at least two of each kind.
    fn scored_loans() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
        let loan = (0..=20u32, any::<bool>());
        prop::collection::vec(loan, 4..60).prop_map(|mut loans| {
            loans.extend([(3, true), (3, true), (7, false), (4, false)]);
            loans.into_iter().map(|(score, outcome)| (f64::from(score) / 20.0, outcome)).unzip()
        })
    }

    proptest! {
        #[test]
        fn auc_and_interval_are_those_of_counting_all_pairs((scores, outcomes) in scored_loans()) {
            let metrics = Metrics::of(&scores, &outcomes).unwrap();
            let (auc, error) = by_all_pairs(&scores, &outcomes);
            prop_assert!((metrics.auc - auc).abs() < 1e-9);
            prop_assert!((metrics.auc_low - (auc - 1.959964 * error).max(0.0)).abs() < 1e-6);
            prop_assert!((metrics.auc_high - (auc + 1.959964 * error).min(1.0)).abs() < 1e-6);
        }

        #[test]
        fn what_the_ranking_decides_does_not_depend_on_the_order((scores, outcomes) in scored_loans()) {
            let metrics = Metrics::of(&scores, &outcomes).unwrap();
            let reversed = Metrics::of(
                &scores.into_iter().rev().collect::<Vec<_>>(),
                &outcomes.into_iter().rev().collect::<Vec<_>>(),
            ).unwrap();
            prop_assert_eq!(metrics.auc.to_bits(), reversed.auc.to_bits());
            prop_assert_eq!(metrics.auc_low.to_bits(), reversed.auc_low.to_bits());
            prop_assert_eq!(metrics.ks.to_bits(), reversed.ks.to_bits());
        }
    }
}
