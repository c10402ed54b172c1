//! From raw scores to probabilities: a curve that never falls, learnt from scores of loans that the model did not see.
//!
//! Few outcomes get the two numbers of Platt's line, many the steps of isotonic regression, which can follow any shape.
//! Loans that teach the curve must not be judged by it, so their own scores come from curves that left their fold out.
//! Never give this raw scores of loans that the model learnt from: those look surer than they are.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::RiskError;
use super::evaluate::line::{fit, log_odds, probability};

/// From so many outcomes on the curve is isotonic. On made-up books of known truth both curves were as far from it (0.010 at
/// 7,500 outcomes, 0.006 at 30,000), but the steps cost a forest 0.004 of AUC at 1,500 outcomes, 0.001 at 15,000, and
/// nothing that matters beyond; there they can follow a shape that a line cannot.
const ISOTONIC_FROM: usize = 20_000;
/// Raw scores are kept this far from 0 and 1 before their log odds are taken, so that a score of exactly 0 does not pull
/// the line.
const PLATT_CLIP: f64 = 1e-4;

/// A curve from raw scores to probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Calibration {
    /// `log odds = intercept + slope * log odds of the raw score` (Platt, "Probabilistic outputs for support vector machines",
    /// 1999, with his softened targets; on log odds, so that scores that are right already get slope 1 and intercept 0).
    /// The slope is 0 where the scores tell nothing, or the wrong way round: all loans then get the base rate.
    Platt { slope: f64, intercept: f64 },
    /// The isotonic regression (Zadrozny and Elkan, KDD 2002), straight between the centres of its blocks so that loans
    /// keep their order (Oron and Flournoy, Statistics in Biopharmaceutical Research 9, 2017): raw score and probability of
    /// each centre, both ascending.
    Isotonic { knots: Vec<(f64, f64)> },
}

/// A loan in the order of the raw scores.
#[derive(Clone, Copy)]
struct Loan {
    raw: f64,
    place: u32,
    fold: u8,
    outcome: bool,
}

/// Neighbouring loans that share a probability.
#[derive(Clone, Copy)]
struct Block {
    raw_sum: f64,
    loans: u64,
    positives: u64,
}

impl Calibration {
    /// Learns the curve from raw scores, 0 to 1, and outcomes, one of each a loan.
    ///
    /// One kind of outcome only is no error: all loans then get the base rate, kept off 0 and 1.
    ///
    /// # Errors
    /// [`RiskError::Lengths`], [`RiskError::NotProbability`], and [`RiskError::NoOutcomes`] for no loans.
    pub fn fit(raw: &[f64], outcomes: &[bool]) -> Result<Self, RiskError> {
        check(raw, outcomes)?;
        Ok(Lesson::of(raw, outcomes, &vec![0; raw.len()]).learn(None))
    }

    /// Learns the curve from all loans, and gives each loan the probability of a curve that left its fold out.
    ///
    /// `raw_out_of_sample` must not come from a model that saw the loan; `fold` says, for each loan, which of the `folds`
    /// folds it is in, counted from 0. Whether the curve is a line or isotonic follows from the number of all loans.
    ///
    /// Each fold should hold its part of either outcome. Where a score tells nothing, a loan gets the base rate of the other
    /// folds, which is lower where its own has more positives, and unequal folds so turn no signal into a false one
    /// (AUC 0.45 on books without signal).
    ///
    /// # Errors
    /// As [`Calibration::fit`]; [`RiskError::NoOutcomes`] also when one fold holds all loans.
    ///
    /// # Panics
    /// When there are not as many folds as loans, or one is beyond `folds`: a mistake in the program.
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
        let lesson = Lesson::of(raw_out_of_sample, outcomes, fold);
        let without: Vec<Option<u8>> = std::iter::once(None).chain((0..folds as u8).map(Some)).collect();
        let mut curves: Vec<Self> = without.into_par_iter().map(|without| lesson.learn(without)).collect();
        let on_all = curves.remove(0);
        let pairs = raw_out_of_sample.par_iter().zip(fold);
        let calibrated = pairs.map(|(raw, fold)| curves[usize::from(*fold)].apply(*raw)).collect();
        Ok((on_all, calibrated))
    }

    /// The probability for a raw score: 0 to 1, and never lower for a higher raw score.
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

/// The loans that teach, put in order once for all folds.
enum Lesson {
    /// In the loans' order.
    Line(Vec<Loan>),
    /// In the order of the raw scores.
    Steps(Vec<Loan>),
}

impl Lesson {
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

    /// The curve of the loans that are not in the fold left out.
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

/// The number at twelve decimals: so many come back from JSON as they went, all seventeen digits may not.
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
mod tests {
    use proptest::prelude::*;
    use rand_xoshiro::Xoshiro256PlusPlus;
    use rand_xoshiro::rand_core::{RngCore, SeedableRng};

    use super::*;

    fn numbers(seed: u64, count: usize) -> Vec<f64> {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
        (0..count).map(|_| random.next_u64() as f64 / u64::MAX as f64).collect()
    }

    /// Raw scores that are too sure of themselves, their true probabilities, outcomes and folds.
    fn too_sure(loans: usize) -> (Vec<f64>, Vec<f64>, Vec<bool>, Vec<u8>) {
        let truth: Vec<f64> = numbers(1, loans).iter().map(|number| probability(4.0 * number - 2.5)).collect();
        let raw = truth.iter().map(|truth| probability(2.0 * log_odds(*truth, 0.0) + 1.0)).collect();
        let outcomes = truth.iter().zip(numbers(2, loans)).map(|(truth, number)| number < *truth).collect();
        (raw, truth, outcomes, (0..loans).map(|loan| (loan % 5) as u8).collect())
    }

    fn steps(raw: &[f64], outcomes: &[bool]) -> Calibration {
        let mut loans: Vec<Loan> = (0..raw.len())
            .map(|place| Loan { raw: raw[place], place: place as u32, fold: 0, outcome: outcomes[place] })
            .collect();
        loans.sort_by(|one, other| one.raw.total_cmp(&other.raw));
        isotonic(loans.iter())
    }

    /// Mean distance of mean score and mean truth over ten groups of neighbouring scores.
    fn error_against(truth: &[f64], scores: &[f64]) -> f64 {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|one, other| scores[*one].total_cmp(&scores[*other]));
        let of_group = |group: &[usize]| group.iter().map(|loan| scores[*loan] - truth[*loan]).sum::<f64>().abs();
        order.chunks(scores.len().div_ceil(10)).map(of_group).sum::<f64>() / scores.len() as f64
    }

    #[test]
    fn ten_loans_of_each_kind_promise_one_in_eleven_of_the_other_at_the_ends() {
        let (raw, outcomes): (Vec<f64>, Vec<bool>) =
            (0..20).map(|loan| (if loan < 10 { 0.25 } else { 0.75 }, loan >= 10)).unzip();
        let curve = steps(&raw, &outcomes);
        let knots = vec![(0.25, storable(1.0 / 11.0)), (0.75, storable(10.0 / 11.0))];
        assert_eq!(curve, Calibration::Isotonic { knots });
        for (raw, expected) in
            [(0.0, 1.0 / 11.0), (0.25, 1.0 / 11.0), (0.5, 0.5), (0.75, 10.0 / 11.0), (1.0, 10.0 / 11.0)]
        {
            assert!((curve.apply(raw) - expected).abs() < 1e-11);
        }
    }

    #[test]
    fn scores_that_are_too_sure_are_moved_to_the_truth() {
        for (loans, most) in [(2_000, 0.03), (10_000, 0.015), (60_000, 0.01)] {
            let (raw, truth, outcomes, fold) = too_sure(loans);
            let (curve, calibrated) = Calibration::cross_fitted(&raw, &outcomes, &fold, 5).unwrap();
            assert_eq!(matches!(curve, Calibration::Isotonic { .. }), loans >= ISOTONIC_FROM);
            assert!(error_against(&truth, &raw) > 0.1);
            let error = error_against(&truth, &calibrated);
            assert!(error < most, "{loans} loans: {error}");
            let by_all: Vec<f64> = raw.iter().map(|raw| curve.apply(*raw)).collect();
            assert!(error_against(&truth, &by_all) < most);
        }
    }

    #[test]
    fn platts_line_undoes_the_distortion() {
        let (raw, _, outcomes, _) = too_sure(ISOTONIC_FROM - 1);
        let Calibration::Platt { slope, intercept } = Calibration::fit(&raw, &outcomes).unwrap() else {
            panic!("a line for so few")
        };
        assert!((slope - 0.5).abs() < 0.03 && (intercept + 0.5).abs() < 0.06, "{slope} {intercept}");
    }

    #[test]
    fn no_loan_is_judged_by_a_curve_that_saw_its_fold() {
        for loans in [500, ISOTONIC_FROM] {
            let (raw, _, outcomes, fold) = too_sure(loans);
            let scores = |outcomes: &[bool]| Calibration::cross_fitted(&raw, outcomes, &fold, 5).unwrap().1;
            let turned: Vec<bool> = outcomes.iter().zip(&fold).map(|(outcome, fold)| outcome ^ (*fold == 3)).collect();
            let (before, after) = (scores(&outcomes), scores(&turned));
            let changed = |loan: &usize| before[*loan].to_bits() != after[*loan].to_bits();
            assert!(!(0..loans).filter(|loan| fold[*loan] == 3).any(|loan| changed(&loan)));
            assert!((0..loans).filter(|loan| fold[*loan] != 3).any(|loan| changed(&loan)));
        }
    }

    #[test]
    fn scores_that_tell_nothing_or_the_wrong_way_round_become_the_base_rate() {
        let outcomes: Vec<bool> = (0..400).map(|loan| loan % 4 == 0).collect();
        let turned: Vec<f64> = outcomes.iter().map(|outcome| if *outcome { 0.2 } else { 0.6 }).collect();
        for raw in [vec![0.3; 400], turned] {
            let curve = Calibration::fit(&raw, &outcomes).unwrap();
            assert!((curve.apply(0.1) - 0.25).abs() < 0.01 && curve.apply(0.1) == curve.apply(0.9), "{curve:?}");
        }
        let of_one_kind = Calibration::fit(&[0.1, 0.5, 0.9], &[true; 3]).unwrap();
        assert!((of_one_kind.apply(0.5) - 0.8).abs() < 1e-12);
    }

    #[test]
    fn a_curve_is_the_same_after_it_was_stored() {
        let (raw, _, outcomes, _) = too_sure(ISOTONIC_FROM);
        for loans in [300, ISOTONIC_FROM] {
            let curve = Calibration::fit(&raw[..loans], &outcomes[..loans]).unwrap();
            let stored = serde_json::to_string(&curve).unwrap();
            assert_eq!(serde_json::from_str::<Calibration>(&stored).unwrap(), curve);
        }
    }

    #[test]
    fn what_teaches_no_curve_is_refused() {
        assert!(matches!(Calibration::fit(&[], &[]), Err(RiskError::NoOutcomes)));
        assert!(matches!(Calibration::fit(&[0.5], &[]), Err(RiskError::Lengths { scores: 1, outcomes: 0 })));
        let not_a_number = Calibration::fit(&[0.5, f64::NAN], &[true, false]);
        assert!(matches!(not_a_number, Err(RiskError::NotProbability { position: 2, .. })));
        let all_in_one = Calibration::cross_fitted(&[0.5, 0.6], &[true, false], &[1, 1], 5);
        assert!(matches!(all_in_one, Err(RiskError::NoOutcomes)));
    }

    fn scored_loans() -> impl Strategy<Value = Vec<(f64, bool)>> {
        prop::collection::vec((0..=12u32, any::<bool>()), 1..40)
            .prop_map(|loans| loans.into_iter().map(|(raw, outcome)| (f64::from(raw) / 12.0, outcome)).collect())
    }

    proptest! {
        #[test]
        fn blocks_are_those_of_the_max_min_formula(loans in scored_loans()) {
            let (raw, outcomes): (Vec<f64>, Vec<bool>) = loans.iter().copied().unzip();
            let Calibration::Isotonic { knots } = steps(&raw, &outcomes) else { panic!("steps") };
            // With the two loans that are added at the ends, one row a raw score.
            let lowest = raw.iter().copied().fold(1.0, f64::min);
            let highest = raw.iter().copied().fold(0.0, f64::max);
            let all: Vec<(f64, bool)> = loans.into_iter().chain([(lowest, true), (highest, false)]).collect();
            let mut values: Vec<f64> = all.iter().map(|loan| loan.0).collect();
            values.sort_by(f64::total_cmp);
            values.dedup();
            let mean = |from: f64, to: f64| {
                let within = all.iter().filter(|loan| (from..=to).contains(&loan.0));
                within.clone().filter(|loan| loan.1).count() as f64 / within.count() as f64
            };
            let at = |value: f64| {
                let from = values.iter().filter(|from| **from <= value);
                let least = |from: f64| {
                    values.iter().filter(|to| **to >= value).map(|to| mean(from, *to)).fold(1.0, f64::min)
                };
                from.map(|from| least(*from)).fold(0.0, f64::max)
            };
            let mut expected: Vec<f64> = values.iter().map(|value| at(*value)).collect();
            expected.dedup_by(|one, other| (*one - *other).abs() < 1e-12);
            prop_assert_eq!(knots.len(), expected.len());
            for ((_, found), expected) in knots.iter().zip(expected) {
                prop_assert!((found - expected).abs() < 1e-11);
            }
        }

        #[test]
        fn curves_never_fall_and_stay_within_zero_and_one(loans in scored_loans()) {
            let (raw, outcomes): (Vec<f64>, Vec<bool>) = loans.into_iter().unzip();
            for curve in [steps(&raw, &outcomes), Calibration::fit(&raw, &outcomes).unwrap()] {
                let along: Vec<f64> = (0..=500).map(|raw| curve.apply(f64::from(raw) / 500.0)).collect();
                prop_assert!(along.iter().all(|score| (0.0..=1.0).contains(score)));
                prop_assert!(along.windows(2).all(|pair| pair[0] <= pair[1]));
            }
        }
    }
}
