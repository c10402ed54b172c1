//! How good probabilities are, given the outcomes: AUC, Brier, log loss, KS, calibration, lift.
//!
//! All but the calibration line is summed in the order of the scores, so the order of the loans changes no bit.

pub mod confusion;
pub mod interval;
pub(in crate::risk) mod line;
pub mod ranking;
pub mod tables;
#[cfg(test)]
mod tests;
mod tied;

use super::RiskError;
use super::clusters::Clusters;
pub use confusion::{Confusion, confusion_at};
pub use interval::{Interval, wilson};
use ranking::Ranking;
pub use ranking::paired_auc_difference;
pub use tables::{LiftRow, ReliabilityRow};
use tied::{Tied, check, tied_groups};

/// Probabilities are kept this far from 0 and 1 in the log loss, so that one certain mistake costs 13.8 and not infinity.
pub const LOG_LOSS_CLIP: f64 = 1e-6;
pub const CALIBRATION_GROUPS: usize = 10;

#[derive(Debug, Clone, PartialEq)]
pub struct Metrics {
    pub loans: u64,
    pub positives: u64,
    /// The chance that a positive scores above a negative, ties counting half: 0.5 is no signal, 1 is perfect.
    pub auc: f64,
    /// The ends of the 95 % interval of the AUC, within 0 to 1 (DeLong, DeLong and Clarke-Pearson, Biometrics 44, 1988; in
    /// `n log n` time as Sun and Xu, IEEE Signal Processing Letters 21, 2014). From 0 to 1 with fewer than two of a kind;
    /// without width where the order is perfect, as the method prescribes.
    pub auc_low: f64,
    pub auc_high: f64,
    /// Mean squared difference between score and outcome (Brier, Monthly Weather Review 78, 1950): 0 is perfect.
    pub brier: f64,
    pub brier_low: f64,
    pub brier_high: f64,
    pub brier_of_base_rate: f64,
    pub brier_skill: f64,
    pub log_loss: f64,
    pub log_loss_of_base_rate: f64,
    /// The largest gap between the cumulative shares of positives and of negatives (Kolmogorov-Smirnov), 0 to 1.
    pub ks: f64,
    /// The mean distance between mean score and share of positives over [`CALIBRATION_GROUPS`] groups of equal count, 0 to
    /// 1. Chance alone makes it greater than 0: about `0.25 / sqrt(loans / 10)` for perfect scores around a half.
    pub expected_calibration_error: f64,
    pub calibration: Option<CalibrationLine>,
}

/// How outcomes follow from scores, by logistic regression on the log odds of the score (Cox, Biometrika 45, 1958), with
/// 95 % Wald intervals. Slope 1 and intercept 0 are perfect. The two come from two fits, as Van Calster and others have it
/// ("Calibration: the Achilles heel of predictive analytics", BMC Medicine 17, 2019): next to a free slope, an intercept
/// would only say what holds for scores near one half.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationLine {
    pub slope: Interval,
    /// The intercept with the slope held at 1, which is calibration in the large: over 0 the scores are too low on the
    /// whole, under 0 too high.
    pub intercept: Interval,
}

#[derive(Debug, Clone)]
pub struct Ranked<'a> {
    scores: &'a [f64],
    outcomes: &'a [bool],
    borrowers: Option<&'a Clusters>,
    positives: u64,
    tied: Vec<Tied>,
}

impl<'a> Ranked<'a> {
    /// Sorts the scores of loans, one score and outcome a loan, in the same order.
    ///
    /// # Errors
    /// [`RiskError::Lengths`], [`RiskError::NotProbability`]; [`RiskError::NoOutcomes`] for no loans and
    /// [`RiskError::OneOutcome`] when all are of one kind: nothing can be said then.
    pub fn of(scores: &'a [f64], outcomes: &'a [bool]) -> Result<Self, RiskError> {
        let positives = check(scores, outcomes)?;
        Ok(Self { scores, outcomes, borrowers: None, positives, tied: tied_groups(scores, outcomes) })
    }

    pub fn by_borrower(scores: &'a [f64], outcomes: &'a [bool], borrowers: &'a Clusters) -> Result<Self, RiskError> {
        Ok(Self { borrowers: Some(borrowers).filter(|all| !all.is_single()), ..Self::of(scores, outcomes)? })
    }

    pub fn metrics(&self) -> Metrics {
        let count = self.scores.len() as f64;
        let base_rate = self.positives as f64 / count;
        let mut ranking = Ranking::of(&self.tied, self.scores.len() as u64, self.positives);
        if let Some(borrowers) = self.borrowers {
            ranking.auc = ranking::auc_by_borrower(ranking.auc.value, self.scores, self.outcomes, borrowers);
        }
        let brier = self.brier();
        let brier_of_base_rate = base_rate * (1.0 - base_rate);
        Metrics {
            loans: self.scores.len() as u64,
            positives: self.positives,
            auc: ranking.auc.value,
            auc_low: ranking.auc.lower,
            auc_high: ranking.auc.upper,
            brier: brier.value,
            brier_low: brier.lower,
            brier_high: brier.upper,
            brier_of_base_rate,
            brier_skill: 1.0 - brier.value / brier_of_base_rate,
            log_loss: self.mean(surprise),
            log_loss_of_base_rate: base_rate * surprise(base_rate, true)
                + (1.0 - base_rate) * surprise(base_rate, false),
            ks: ranking.ks,
            expected_calibration_error: tables::expected_calibration_error(&self.reliability(CALIBRATION_GROUPS)),
            calibration: calibration_line(self.scores, self.outcomes, self.borrowers),
        }
    }

    /// The calibration table: loans in order of their score, lowest first, in this many groups (10: tenths) of about equal
    /// count. Loans with equal scores stay together, so groups are fewer and less equal where many scores are equal.
    pub fn reliability(&self, groups: usize) -> Vec<ReliabilityRow> {
        tables::reliability(&self.tied, self.scores.len() as u64, groups)
    }

    pub fn lift(&self, groups: usize) -> Vec<LiftRow> {
        tables::lift(&self.tied, self.scores.len() as u64, self.positives, groups)
    }

    fn mean(&self, cost: impl Fn(f64, bool) -> f64) -> f64 {
        let of_tied = |tied: &Tied| match (tied.positives, tied.negatives) {
            (positives, 0) => positives as f64 * cost(tied.score, true),
            (0, negatives) => negatives as f64 * cost(tied.score, false),
            (positives, negatives) => {
                positives as f64 * cost(tied.score, true) + negatives as f64 * cost(tied.score, false)
            }
        };
        self.tied.iter().map(of_tied).sum::<f64>() / self.scores.len() as f64
    }

    fn brier(&self) -> Interval {
        let brier = self.mean(squared_error);
        let above = |(score, outcome): (&f64, &bool)| squared_error(*score, *outcome) - brier;
        let by_borrower = |all: &Clusters| all.variance_of_mean(self.scores.iter().zip(self.outcomes).map(above));
        let variance = self.borrowers.and_then(by_borrower).unwrap_or_else(|| {
            self.mean(|score, outcome| (squared_error(score, outcome) - brier).powi(2)) / self.scores.len() as f64
        });
        Interval::of_error(brier, variance.sqrt()).clamped(0.0, 1.0)
    }
}

impl Metrics {
    pub fn of(scores: &[f64], outcomes: &[bool]) -> Result<Self, RiskError> {
        Ok(Ranked::of(scores, outcomes)?.metrics())
    }
}

pub(in crate::risk) fn squared_error(score: f64, outcome: bool) -> f64 {
    let difference = if outcome { 1.0 - score } else { score };
    difference * difference
}

fn surprise(score: f64, outcome: bool) -> f64 {
    let score = score.clamp(LOG_LOSS_CLIP, 1.0 - LOG_LOSS_CLIP);
    if outcome { -score.ln() } else { -(1.0 - score).ln() }
}

fn calibration_line(scores: &[f64], outcomes: &[bool], borrowers: Option<&Clusters>) -> Option<CalibrationLine> {
    let x: Vec<f64> = scores.iter().map(|score| line::log_odds(*score, LOG_LOSS_CLIP)).collect();
    let targets: Vec<f64> = outcomes.iter().map(|outcome| f64::from(u8::from(*outcome))).collect();
    let mut line = line::fit(&x, &targets, (0.0, 1.0))?;
    let (shift, mut variance_of_shift) = line::fit_shift(&x, &targets)?;
    if let Some(borrowers) = borrowers {
        line.variance_of_slope = line.variance_by_borrower(&x, &targets, borrowers)?;
        variance_of_shift = line::variance_of_shift_by_borrower(&x, &targets, shift, borrowers)?;
    }
    Some(CalibrationLine {
        slope: Interval::of_error(line.slope, line.variance_of_slope.sqrt()),
        intercept: Interval::of_error(shift, variance_of_shift.sqrt()),
    })
}
