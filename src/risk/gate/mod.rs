//! The gate: a model's scores are used only if, on loans it did not learn from, it beats chance, the base rate and the policy.
//!
//! It must also come closer than the policy's points once these are calibrated, and rank no worse by more than one standard
//! error: held to whole intervals, four of fifty books of 2,000 loans with a real signal had no model.

mod bootstrap;
#[cfg(test)]
mod tests;
mod words;

use rayon::prelude::*;

use super::RiskError;
use super::clusters::Clusters;
use super::evaluate::interval::Z_95;
use super::evaluate::{Interval, Metrics, paired_auc_difference, squared_error};
use crate::format::Style;
use bootstrap::MeanErrors;

/// Borrowers with loans of either kind of outcome; fewer than this teach nothing.
pub const LEAST_OF_A_KIND: usize = 10;
/// No honest score of a loan book separates the outcomes this well.
pub const TOO_GOOD_AUC: f64 = 0.99;

const MOST_CANDIDATES: usize = 3;
/// Places among the scores that are resampled together; the candidates follow.
const BASE_RATE: usize = 0;
const POLICY: usize = 1;
const CALIBRATED_POLICY: usize = 2;
const CANDIDATES: usize = 3;
const SCORES: usize = CANDIDATES + MOST_CANDIDATES;
type AllErrors = MeanErrors<SCORES>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Forest,
    Boosting,
    Logistic,
    Policy,
}

impl Source {
    /// The simpler, the smaller.
    fn complexity(self) -> u8 {
        match self {
            Self::Policy => 0,
            Self::Logistic => 1,
            Self::Boosting => 2,
            Self::Forest => 3,
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub source: Source,
    /// Calibrated scores, each of a model and a curve that did not see the loan, in the order of the loans.
    pub scores: &'a [f64],
    pub metrics: &'a Metrics,
}

/// All that the gate judges. Loans are those with a known outcome, in the order of their ids.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub outcomes: &'a [bool],
    pub borrowers: &'a Clusters,
    pub policy_scores: &'a [f64],
    /// The same as probabilities, calibrated as the candidates are; the raw ones where nothing was calibrated.
    pub calibrated_policy: &'a [f64],
    /// At most one of each model; none where there is too little to learn from.
    pub candidates: &'a [Candidate<'a>],
    pub least_outcomes: usize,
    /// What the leak audit refused, if anything: how people call that feature.
    pub refused_feature: Option<&'a str>,
    pub unlike_live: Option<&'a str>,
    pub barred_features: &'a [String],
    pub warned_features: &'a [String],
    pub style: &'a Style,
    pub seed: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub is_accepted: bool,
    pub sentence: String,
    pub result: CandidateResult,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub source: Source,
    /// The scores that the gate chose, even where its choice was overridden.
    pub chosen: Source,
    pub sentence: String,
    pub verdicts: Vec<Verdict>,
}

/// Decides whose scores are used.
///
/// The base rate is the plain share of the loans judged. Leaving each loan out of its own base rate would make it
/// worse by a factor of `(n / (n - 1))^2`, so the plain share is the harder one to beat, if by little.
///
/// # Errors
/// [`RiskError::Lengths`] when scores are not as many as outcomes; [`RiskError::NotProbability`] for a score beyond 0 to 1;
/// [`RiskError::OneOutcome`] where there is a candidate all the same.
pub fn decide(case: &Case) -> Result<Decision, RiskError> {
    let lack = words::too_few(case);
    if case.candidates.is_empty() || case.outcomes.is_empty() {
        let unlike = || case.unlike_live.map(str::to_owned);
        let reason = lack.or_else(unlike).unwrap_or_else(|| words::no_candidate(case));
        let sentence = words::policy_because(&reason);
        return Ok(Decision { source: Source::Policy, chosen: Source::Policy, sentence, verdicts: Vec::new() });
    }
    let errors = AllErrors::resampled(&squared_errors(case)?, case.borrowers, case.seed);
    let find = |place: usize| CandidateResult::of(case, &case.candidates[place], &errors, CANDIDATES + place);
    let results: Vec<CandidateResult> =
        (0..case.candidates.len()).into_par_iter().map(find).collect::<Result<_, _>>()?;
    let refusal = lack.or_else(|| case.unlike_live.map(str::to_owned)).or_else(|| words::too_good(case));
    let champion = if refusal.is_none() { champion(case, &results, &errors) } else { None };
    let sentence = match (&refusal, champion) {
        (Some(reason), _) => words::policy_because(reason),
        (None, None) => words::policy_because(&words::none_better(case, &results)),
        (None, Some(place)) => words::model_because(case, &results, place),
    };
    let is_accepted = |result: &CandidateResult| refusal.is_none() && result.failed.is_none();
    let verdicts = results.iter().map(|result| words::verdict(result, is_accepted(result), &refusal)).collect();
    let source = champion.map_or(Source::Policy, |place| case.candidates[place].source);
    Ok(Decision { source, chosen: source, sentence, verdicts })
}

impl Decision {
    /// The same, with the source asked for by configuration in place of the chosen one. Where there is no such model, the
    /// policy score is used.
    pub fn overridden(self, asked: Source) -> Self {
        let exists = asked == Source::Policy || self.verdicts.iter().any(|verdict| verdict.result.source == asked);
        let source = if exists { asked } else { Source::Policy };
        let sentence = words::overridden(&self, asked, exists);
        Self { source, sentence, ..self }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Chance,
    BaseRate,
    Policy,
    CalibratedPolicy,
}

/// The figures of one candidate, and the first test that it failed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CandidateResult {
    pub source: Source,
    auc: Interval,
    brier: f64,
    /// The Brier score of the base rate less the model's, by paired bootstrap: above 0 the model is better.
    better_than_base: Interval,
    /// The Brier score of the policy score less the model's.
    better_than_policy: Interval,
    /// The same for the calibrated policy score.
    better_than_calibrated_policy: Interval,
    /// The AUC of the model less the policy score's, with DeLong's interval for correlated curves.
    auc_over_policy: Interval,
    failed: Option<Test>,
}

impl CandidateResult {
    fn of(case: &Case, candidate: &Candidate, errors: &AllErrors, score: usize) -> Result<Self, RiskError> {
        let metrics = candidate.metrics;
        let better_than_base = errors.difference(BASE_RATE, score);
        let better_than_policy = errors.difference(POLICY, score);
        let better_than_calibrated_policy = errors.difference(CALIBRATED_POLICY, score);
        let auc_over_policy =
            paired_auc_difference(candidate.scores, case.policy_scores, case.outcomes, case.borrowers)?;
        let is_better = |difference: Interval| difference.value > 0.0 && difference.lower > 0.0;
        let one_error = (auc_over_policy.upper - auc_over_policy.lower) / (2.0 * Z_95);
        let keeps_the_order = auc_over_policy.value >= -one_error;
        let tests = [
            (Test::Chance, metrics.auc_low > 0.5),
            (Test::BaseRate, is_better(better_than_base)),
            (Test::Policy, is_better(better_than_policy)),
            (Test::CalibratedPolicy, better_than_calibrated_policy.value > 0.0 && keeps_the_order),
        ];
        Ok(Self {
            source: candidate.source,
            auc: Interval { value: metrics.auc, lower: metrics.auc_low, upper: metrics.auc_high },
            brier: metrics.brier,
            better_than_base,
            better_than_policy,
            better_than_calibrated_policy,
            auc_over_policy,
            failed: tests.into_iter().find(|(_, is_passed)| !is_passed).map(|(test, _)| test),
        })
    }
}

/// The squared errors of the base rate, the policy and each candidate, a row a loan; a missing candidate's are 0.
fn squared_errors(case: &Case) -> Result<Vec<[f64; SCORES]>, RiskError> {
    assert!(case.candidates.len() <= MOST_CANDIDATES, "one candidate of each model");
    let loans = case.outcomes.len();
    let all_scores =
        case.candidates.iter().map(|candidate| candidate.scores).chain([case.policy_scores, case.calibrated_policy]);
    if let Some(scores) = all_scores.map(<[f64]>::len).find(|scores| *scores != loans) {
        return Err(RiskError::Lengths { scores, outcomes: loans });
    }
    let positives = case.outcomes.iter().filter(|outcome| **outcome).count();
    let base_rate = positives as f64 / loans as f64;
    let of_loan = |(loan, outcome): (usize, &bool)| {
        let mut errors = [0.0; SCORES];
        errors[BASE_RATE] = squared_error(base_rate, *outcome);
        errors[POLICY] = squared_error(case.policy_scores[loan], *outcome);
        errors[CALIBRATED_POLICY] = squared_error(case.calibrated_policy[loan], *outcome);
        for (error, candidate) in errors[CANDIDATES..].iter_mut().zip(case.candidates) {
            *error = squared_error(candidate.scores[loan], *outcome);
        }
        errors
    };
    Ok(case.outcomes.iter().enumerate().map(of_loan).collect())
}

fn champion(case: &Case, results: &[CandidateResult], errors: &AllErrors) -> Option<usize> {
    let passed = || (0..results.len()).filter(|place| results[*place].failed.is_none());
    let best = passed().min_by(|one, other| results[*one].brier.total_cmp(&results[*other].brier))?;
    let is_as_good = |place: &usize| {
        let behind = results[*place].brier - results[best].brier;
        behind <= errors.standard_error(CANDIDATES + place, CANDIDATES + best)
    };
    passed().filter(is_as_good).min_by_key(|place| case.candidates[*place].source.complexity())
}

pub fn borrowers_of_kinds(outcomes: &[bool], borrowers: &Clusters) -> [usize; 2] {
    [false, true].map(|kind| borrowers.members(|loan| outcomes[loan] == kind).count())
}
