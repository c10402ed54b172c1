//! Curves by hand, on known truth, and their invariants.

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

fn fit(raw: &[f64], outcomes: &[bool]) -> Result<Calibration, RiskError> {
    check(raw, outcomes)?;
    Ok(Labelled::of(raw, outcomes, &vec![0; raw.len()]).learn(None))
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
    for (raw, expected) in [(0.0, 1.0 / 11.0), (0.25, 1.0 / 11.0), (0.5, 0.5), (0.75, 10.0 / 11.0), (1.0, 10.0 / 11.0)]
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
    let Calibration::Platt { slope, intercept } = fit(&raw, &outcomes).unwrap() else { panic!("a line for so few") };
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
        let curve = fit(&raw, &outcomes).unwrap();
        assert!((curve.apply(0.1) - 0.25).abs() < 0.01 && curve.apply(0.1) == curve.apply(0.9), "{curve:?}");
    }
    let of_one_kind = fit(&[0.1, 0.5, 0.9], &[true; 3]).unwrap();
    assert!((of_one_kind.apply(0.5) - 0.8).abs() < 1e-12);
}

#[test]
fn a_curve_is_the_same_after_it_was_stored() {
    let (raw, _, outcomes, _) = too_sure(ISOTONIC_FROM);
    for loans in [300, ISOTONIC_FROM] {
        let curve = fit(&raw[..loans], &outcomes[..loans]).unwrap();
        let stored = serde_json::to_string(&curve).unwrap();
        assert_eq!(serde_json::from_str::<Calibration>(&stored).unwrap(), curve);
    }
}

#[test]
fn what_teaches_no_curve_is_refused() {
    assert!(matches!(fit(&[], &[]), Err(RiskError::NoOutcomes)));
    assert!(matches!(fit(&[0.5], &[]), Err(RiskError::Lengths { scores: 1, outcomes: 0 })));
    let not_a_number = fit(&[0.5, f64::NAN], &[true, false]);
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
        for curve in [steps(&raw, &outcomes), fit(&raw, &outcomes).unwrap()] {
            let along: Vec<f64> = (0..=500).map(|raw| curve.apply(f64::from(raw) / 500.0)).collect();
            prop_assert!(along.iter().all(|score| (0.0..=1.0).contains(score)));
            prop_assert!(along.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
}
