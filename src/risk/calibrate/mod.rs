//! From raw scores to probabilities: Platt's line for few outcomes, isotonic regression for many.
//!
//! Learned from scores of loans that the model did not see: those of loans it learned from look surer than they are.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::RiskError;
use super::evaluate::line::{fit, log_odds, probability};

/// From this many outcomes on, the curve is isotonic. On made-up books of known truth both curves were as far from it (0.010 at
/// 7,500 outcomes, 0.006 at 30,000), but the steps cost a forest 0.004 of AUC at 1,500 outcomes, 0.001 at 15,000, and
/// nothing that matters beyond; there they can follow a shape that a line cannot.
const ISOTONIC_FROM: usize = 20_000;
/// Raw scores are kept this far from 0 and 1 before their log odds are taken, so that a score of exactly 0 does not dominate
/// the line.
const PLATT_CLIP: f64 = 1e-4;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Calibration {
    /// `log odds = intercept + slope * log odds of the raw score` (Platt, "Probabilistic outputs for support vector machines",
    /// 1999, with his softened targets; on log odds, so that scores that are right already get slope 1 and intercept 0).
    /// The slope is 0 where the scores carry no signal, or the wrong way round: all loans then get the base rate.
    Platt { slope: f64, intercept: f64 },
    /// The isotonic regression (Zadrozny and Elkan, KDD 2002), straight between the centres of its blocks so that loans
    /// keep their order (Oron and Flournoy, Statistics in Biopharmaceutical Research 9, 2017): raw score and probability of
    /// each centre, both ascending.
    Isotonic { knots: Vec<(f64, f64)> },
}

#[derive(Clone, Copy)]
struct Loan {
    raw: f64,
    place: u32,
    fold: u8,
    outcome: bool,
}

#[derive(Clone, Copy)]
struct Block {
    raw_sum: f64,
    loans: u64,
    positives: u64,
}

impl Calibration {
    /// Learns the curve from all loans, and gives each loan the probability of a curve that left its fold out.
    ///
    /// `raw_out_of_sample` must not come from a model that saw the loan; `fold` says, for each loan, which of the `folds`
    /// folds it is in, counted from 0. Whether the curve is a line or isotonic follows from the number of all loans.
    ///
    /// Each fold should hold its part of either outcome. Where a score carries no signal, a loan gets the base rate of the other
    /// folds, which is lower where its own has more positives, and unequal folds so turn no signal into a false one
    /// (AUC 0.45 on books without signal).
    ///
    /// # Errors
    /// [`RiskError::Lengths`], [`RiskError::NotProbability`]; [`RiskError::NoOutcomes`] for no loans or all in one fold.
    pub fn cross_fitted(
        raw_out_of_sample: &[f64],
        outcomes: &[bool],
        fold: &[u8],
        folds: usize,
    ) -> Result<(Self, Vec<f64>), RiskError> {
        check(raw_out_of_sample, outcomes)?;
        assert_eq!(fold.len(), outcomes.len(), "a fold for each loan");
        let mut sizes = vec![0; folds];
        fold.iter().for_each(|fold| sizes[usize::from(*fold)] += 1);
        if sizes.contains(&outcomes.len()) {
            return Err(RiskError::NoOutcomes);
        }
        let labelled = Labelled::of(raw_out_of_sample, outcomes, fold);
        let without: Vec<Option<u8>> = std::iter::once(None).chain((0..folds as u8).map(Some)).collect();
        let mut curves: Vec<Self> = without.into_par_iter().map(|without| labelled.learn(without)).collect();
        let on_all = curves.remove(0);
        let pairs = raw_out_of_sample.par_iter().zip(fold);
        let calibrated = pairs.map(|(raw, fold)| curves[usize::from(*fold)].apply(*raw)).collect();
        Ok((on_all, calibrated))
    }

    pub fn apply(&self, raw: f64) -> f64 {
        match self {
            Self::Platt { slope, intercept } => probability(intercept + slope * log_odds(raw, PLATT_CLIP)),
            Self::Isotonic { knots } => {
                let above = knots.partition_point(|(centre, _)| *centre <= raw);
                match (above.checked_sub(1).map(|below| knots[below]), knots.get(above)) {
                    (Some((from, low)), Some((to, high))) => {
                        let between = low + (high - low) * ((raw - from) / (to - from));
                        between.min(*high)
                    }
                    (Some((_, last)), None) => last,
                    (None, Some((_, first))) => *first,
                    (None, None) => f64::NAN,
                }
            }
        }
    }
}

fn check(raw: &[f64], outcomes: &[bool]) -> Result<(), RiskError> {
    if raw.len() != outcomes.len() {
        return Err(RiskError::Lengths { scores: raw.len(), outcomes: outcomes.len() });
    }
    if let Some(position) = raw.iter().position(|raw| !(0.0..=1.0).contains(raw)) {
        return Err(RiskError::NotProbability { position: position + 1, value: raw[position] });
    }
    if raw.is_empty() { Err(RiskError::NoOutcomes) } else { Ok(()) }
}

enum Labelled {
    Line(Vec<Loan>),
    Steps(Vec<Loan>),
}

impl Labelled {
    fn of(raw: &[f64], outcomes: &[bool], fold: &[u8]) -> Self {
        let loan =
            |place: usize| Loan { raw: raw[place], place: place as u32, fold: fold[place], outcome: outcomes[place] };
        let mut loans: Vec<Loan> = (0..raw.len()).map(loan).collect();
        if loans.len() < ISOTONIC_FROM {
            return Self::Line(loans);
        }
        loans.par_sort_unstable_by(|one, other| one.raw.total_cmp(&other.raw).then(one.place.cmp(&other.place)));
        Self::Steps(loans)
    }

    fn learn(&self, without: Option<u8>) -> Calibration {
        match self {
            Self::Line(loans) => platt(loans.iter().filter(|loan| without != Some(loan.fold))),
            Self::Steps(loans) => isotonic(loans.iter().filter(|loan| without != Some(loan.fold))),
        }
    }
}

/// Platt's line. His targets are those of one more loan of each kind, so that scores which separate the outcomes do not make
/// the line a step.
fn platt<'a>(loans: impl Iterator<Item = &'a Loan> + Clone) -> Calibration {
    let all = loans.clone().count() as f64;
    let positives = loans.clone().filter(|loan| loan.outcome).count() as f64;
    let (of_positive, of_negative) = ((positives + 1.0) / (positives + 2.0), 1.0 / (all - positives + 2.0));
    let x: Vec<f64> = loans.clone().map(|loan| log_odds(loan.raw, PLATT_CLIP)).collect();
    let targets: Vec<f64> = loans.map(|loan| if loan.outcome { of_positive } else { of_negative }).collect();
    if let Some(line) = fit(&x, &targets, (0.0, 1.0))
        && line.slope > 0.0
    {
        return Calibration::Platt { slope: storable(line.slope), intercept: storable(line.intercept) };
    }
    let base_rate = (positives * of_positive + (all - positives) * of_negative) / all;
    Calibration::Platt { slope: 0.0, intercept: storable(log_odds(base_rate, 0.0)) }
}

/// The number at twelve decimals, which survive a round trip through JSON; all seventeen digits may not.
fn storable(number: f64) -> f64 {
    (number * 1e12).round() / 1e12
}

/// Isotonic regression by pooling adjacent violators, in one pass up the sorted loans.
///
/// One positive more at the lowest score and one negative more at the highest keep the ends off 0 and 1: `n` loans with one
/// outcome at an end promise `1 / (n + 1)` of the other, much as Laplace's rule does.
fn isotonic<'a>(loans: impl Iterator<Item = &'a Loan>) -> Calibration {
    let mut tied = tied_blocks(loans);
    if let Some(lowest) = tied.first_mut() {
        lowest.add(lowest.raw_sum / lowest.loans as f64, true);
    }
    if let Some(highest) = tied.last_mut() {
        highest.add(highest.raw_sum / highest.loans as f64, false);
    }
    let mut blocks: Vec<Block> = Vec::new();
    for mut pooled in tied {
        while let Some(before) = blocks.pop_if(|before| before.promises_no_less_than(&pooled)) {
            pooled.raw_sum += before.raw_sum;
            pooled.loans += before.loans;
            pooled.positives += before.positives;
        }
        blocks.push(pooled);
    }
    let share = |sum: f64, block: &Block| storable(sum / block.loans as f64);
    let knot = |block: &Block| (share(block.raw_sum, block), share(block.positives as f64, block));
    Calibration::Isotonic { knots: blocks.iter().map(knot).collect() }
}

/// Sorted loans, those with one raw score together: they must have one probability.
fn tied_blocks<'a>(loans: impl Iterator<Item = &'a Loan>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut last_raw = f64::NAN;
    for loan in loans {
        if loan.raw != last_raw {
            blocks.push(Block { raw_sum: 0.0, loans: 0, positives: 0 });
            last_raw = loan.raw;
        }
        if let Some(block) = blocks.last_mut() {
            block.add(loan.raw, loan.outcome);
        }
    }
    blocks
}

impl Block {
    fn add(&mut self, raw: f64, outcome: bool) {
        self.raw_sum += raw;
        self.loans += 1;
        self.positives += u64::from(outcome);
    }

    fn promises_no_less_than(&self, other: &Self) -> bool {
        self.positives * other.loans >= other.positives * self.loans
    }
}

#[cfg(test)]
mod tests;
