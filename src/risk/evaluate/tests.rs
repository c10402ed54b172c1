//! Measures known by hand, then held against their definitions.

use proptest::prelude::*;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

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
    let of_positives: Vec<f64> =
        of_kind(true).map(|one| mean(&of_kind(false).map(|other| kernel(one, other)).collect::<Vec<_>>())).collect();
    let of_negatives: Vec<f64> =
        of_kind(false).map(|one| mean(&of_kind(true).map(|other| kernel(other, one)).collect::<Vec<_>>())).collect();
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
}

#[test]
fn a_score_at_the_threshold_is_a_predicted_positive() {
    let confusion = confusion_at(&[0.5, 0.5], &[true, false], 0.5).unwrap();
    assert_eq!((confusion.true_positives, confusion.false_positives), (1, 1));
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
    assert!(matches!(Ranked::of(&[0.5], &[true]), Err(RiskError::OneOutcome { loans: 1, .. })));
}

#[test]
fn the_calibration_table_has_ten_equal_groups_in_order_of_score() {
    let scores: Vec<f64> = (0..100).map(|loan| f64::from(loan * 37 % 100) / 100.0).collect();
    let outcomes: Vec<bool> = scores.iter().map(|score| (score * 100.0).round() as u32 % 10 < 3).collect();
    let table = Ranked::of(&scores, &outcomes).unwrap().reliability(10);
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
    let loans: Vec<u64> = Ranked::of(&scores, &outcomes).unwrap().reliability(10).iter().map(|row| row.loans).collect();
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

/// Brier's and the others' figures of scores `(score, positives, negatives)`.
fn counted(groups: &[(f64, usize, usize)]) -> (Vec<f64>, Vec<bool>) {
    let of_group = |(score, positives, negatives): &(f64, usize, usize)| {
        let (score, positives, all) = (*score, *positives, positives + negatives);
        (0..all).map(move |loan| (score, loan < positives))
    };
    groups.iter().flat_map(of_group).unzip()
}

#[test]
fn scores_that_come_true_have_slope_one_and_no_calibration_error() {
    let (scores, outcomes) = counted(&[(0.25, 25, 75), (0.75, 75, 25)]);
    let metrics = Metrics::of(&scores, &outcomes).unwrap();
    let line = metrics.calibration.unwrap();
    assert!((line.slope.value - 1.0).abs() < 1e-9 && line.intercept.value.abs() < 1e-9, "{line:?}");
    // Two groups of log odds ln 3 apart from 0, each with variance 1/25 + 1/75, decide slope and intercept.
    let of_group = 1.0 / 25.0 + 1.0 / 75.0;
    let slope_error = (of_group * 2.0f64).sqrt() / (2.0 * 3.0f64.ln());
    assert!((line.slope.upper - 1.0 - 1.959_964 * slope_error).abs() < 1e-6, "{line:?}");
    assert!((line.intercept.upper - 1.959_964 * (of_group / 2.0f64).sqrt()).abs() < 1e-6, "{line:?}");
    assert!(metrics.expected_calibration_error < 1e-12);
}

#[test]
fn scores_that_are_too_timid_have_a_slope_over_one() {
    let (scores, outcomes) = counted(&[(0.25, 10, 90), (0.75, 90, 10)]);
    let metrics = Metrics::of(&scores, &outcomes).unwrap();
    let line = metrics.calibration.unwrap();
    assert!((line.slope.value - 9.0f64.ln() / 3.0f64.ln()).abs() < 1e-9, "{line:?}");
    assert!((metrics.expected_calibration_error - 0.15).abs() < 1e-12);
}

#[test]
fn the_intercept_is_calibration_in_the_large() {
    // 140 of 200 are predicted and 140 happen: right in the large, although the scores are too far apart.
    let (scores, outcomes) = counted(&[(0.5, 60, 40), (0.9, 80, 20)]);
    let line = Metrics::of(&scores, &outcomes).unwrap().calibration.unwrap();
    assert!(line.slope.upper < 1.0 && line.intercept.value.abs() < 1e-9, "{line:?}");
    // The curvature is 100 * 0.5 * 0.5 + 100 * 0.9 * 0.1.
    assert!((line.intercept.upper - 1.959_964 / 34.0f64.sqrt()).abs() < 1e-6, "{line:?}");
    let (scores, outcomes) = counted(&[(0.5, 70, 30), (0.9, 95, 5)]);
    assert!(Metrics::of(&scores, &outcomes).unwrap().calibration.unwrap().intercept.lower > 0.0, "too low");
}

#[test]
fn no_line_is_made_up_where_there_is_none() {
    assert_eq!(Metrics::of(&[0.4; 4], &[true, false, true, false]).unwrap().calibration, None);
    assert_eq!(Metrics::of(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true]).unwrap().calibration, None);
}

#[test]
fn the_brier_score_and_its_interval_are_those_of_a_mean() {
    let (scores, outcomes) = counted(&[(0.2, 10, 40), (0.8, 40, 10)]);
    let metrics = Metrics::of(&scores, &outcomes).unwrap();
    // 80 squared errors of 0.04 and 20 of 0.64.
    assert!((metrics.brier - 0.16).abs() < 1e-12);
    let margin = 1.959_964 * (0.8 * 0.2 * 0.6f64.powi(2) / 100.0).sqrt();
    assert!((metrics.brier_high - 0.16 - margin).abs() < 1e-6 && (metrics.brier_low - 0.16 + margin).abs() < 1e-6);
    assert!((metrics.log_loss_of_base_rate - 2.0f64.ln()).abs() < 1e-12);
}

#[test]
fn the_lift_table_begins_with_the_riskiest() {
    let (scores, outcomes) = counted(&[(0.1, 1, 19), (0.5, 4, 6), (0.9, 5, 5)]);
    let table = Ranked::of(&scores, &outcomes).unwrap().lift(4);
    let row = |row: &LiftRow| (row.loans, row.not_recovered, row.mean_score, row.lift, row.captured);
    // Twenty equal scores stay together, in the group where their middle lies.
    assert_eq!(
        table.iter().map(row).collect::<Vec<_>>(),
        [(10, 5, 0.9, 2.0, 0.5), (10, 4, 0.5, 1.6, 0.9), (20, 1, 0.1, 0.2, 1.0)]
    );
}

#[test]
fn loans_flagged_from_a_threshold_are_counted() {
    let (scores, outcomes) = counted(&[(0.1, 2, 8), (0.6, 3, 1), (0.7, 5, 1)]);
    let confusion = confusion_at(&scores, &outcomes, 0.6).unwrap();
    assert_eq!(confusion, Confusion { true_positives: 8, false_positives: 2, true_negatives: 8, false_negatives: 2 });
    let refusal = confusion_at(&scores, &outcomes[1..], 0.8).unwrap_err();
    assert!(matches!(refusal, RiskError::Lengths { scores: 20, outcomes: 19 }));
}

#[test]
fn a_score_does_not_differ_from_one_that_ranks_alike() {
    let (scores, outcomes) = counted(&[(0.1, 2, 8), (0.6, 3, 1), (0.7, 5, 1)]);
    let squared: Vec<f64> = scores.iter().map(|score| score * score).collect();
    let difference = paired_auc_difference(&scores, &squared, &outcomes, &Clusters::single(outcomes.len())).unwrap();
    assert_eq!((difference.value, difference.lower, difference.upper), (0.0, 0.0, 0.0));
}

proptest! {
    #[test]
    fn two_aucs_differ_as_delong_defines_it(
        (scores, outcomes) in scored_loans(),
        others in prop::collection::vec(0..=6u32, 64),
    ) {
        let others: Vec<f64> = others[..scores.len()].iter().map(|score| f64::from(*score) / 6.0).collect();
        let component = |scores: &[f64], loan: usize| {
            let against = (0..scores.len()).filter(|other| outcomes[*other] != outcomes[loan]);
            let wins = |other: usize| {
                if outcomes[loan] { kernel(scores[loan], scores[other]) } else { kernel(scores[other], scores[loan]) }
            };
            mean(&against.map(wins).collect::<Vec<_>>())
        };
        let variance_of_mean = |kind: bool| {
            let of_kind = (0..scores.len()).filter(|loan| outcomes[*loan] == kind);
            let values: Vec<f64> = of_kind.map(|loan| component(&scores, loan) - component(&others, loan)).collect();
            let squares: f64 = values.iter().map(|value| (value - mean(&values)).powi(2)).sum();
            squares / (values.len() as f64 - 1.0) / values.len() as f64
        };
        let expected = by_all_pairs(&scores, &outcomes).0 - by_all_pairs(&others, &outcomes).0;
        let margin = 1.959_964 * (variance_of_mean(true) + variance_of_mean(false)).sqrt();
        let difference = paired_auc_difference(&scores, &others, &outcomes, &Clusters::single(outcomes.len())).unwrap();
        prop_assert!((difference.value - expected).abs() < 1e-9);
        prop_assert!((difference.lower - (expected - margin).max(-1.0)).abs() < 1e-6);
        prop_assert!((difference.upper - (expected + margin).min(1.0)).abs() < 1e-6);
    }

    #[test]
    fn tables_hold_every_loan_once((scores, outcomes) in scored_loans()) {
        let ranked = Ranked::of(&scores, &outcomes).unwrap();
        let (reliability, lift) = (ranked.reliability(10), ranked.lift(10));
        prop_assert_eq!(reliability.iter().map(|row| row.loans).sum::<u64>(), scores.len() as u64);
        prop_assert!(reliability.windows(2).all(|pair| pair[0].mean_score < pair[1].mean_score));
        prop_assert_eq!(lift.last().map(|row| row.captured), Some(1.0));
        prop_assert!(lift.windows(2).all(|pair| pair[0].captured <= pair[1].captured));
    }
}

/// Numbers from 0 to 1 without pattern.
fn uniform(seed: u64, count: usize) -> Vec<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(|_| random.next_u64() as f64 / u64::MAX as f64).collect()
}

#[test]
fn intervals_hold_what_they_promise_where_borrowers_have_five_loans() {
    // Score and outcome are the borrower's, but for a loan in ten.
    let (books, borrowers) = (400, 120);
    let keys: Vec<u64> = (0..borrowers * 5).map(|loan| loan / 5).collect();
    let clusters = Clusters::of(&keys);
    let book = |seed: u64| -> (Vec<f64>, Vec<bool>) {
        let loans = keys.len();
        let [risk, fate, other, coin] = [1, 2, 3, 4].map(|part| uniform(seed * 10 + part, loans));
        let of_loan = |loan: usize| {
            let borrower = keys[loan] as usize;
            let score = 0.1 + 0.8 * risk[borrower];
            let fate = if other[loan] < 0.1 { coin[loan] } else { fate[borrower] };
            (score, fate < score)
        };
        (0..loans).map(of_loan).unzip()
    };
    let (scores, outcomes) = book(9_999);
    let squares: Vec<f64> = scores.iter().map(|score| score * score).collect();
    // What many books come to: the AUC of the truth, its Brier score, and a slope of one.
    let all: Vec<(Metrics, Metrics)> = (0..books)
        .map(|seed| {
            let (scores, outcomes) = book(seed);
            let by_borrower = Ranked::by_borrower(&scores, &outcomes, &clusters).unwrap().metrics();
            (by_borrower, Metrics::of(&scores, &outcomes).unwrap())
        })
        .collect();
    let mean = |of: fn(&Metrics) -> f64| all.iter().map(|(metrics, _)| of(metrics)).sum::<f64>() / books as f64;
    let (auc, brier) = (mean(|metrics| metrics.auc), mean(|metrics| metrics.brier));
    let covers = |is_in: &dyn Fn(&Metrics) -> bool, by_loan: bool| {
        let held = all.iter().filter(|(by_borrower, plain)| is_in(if by_loan { plain } else { by_borrower })).count();
        held as f64 / books as f64
    };
    let in_auc = |metrics: &Metrics| (metrics.auc_low..=metrics.auc_high).contains(&auc);
    let in_brier = |metrics: &Metrics| (metrics.brier_low..=metrics.brier_high).contains(&brier);
    let in_slope = |metrics: &Metrics| metrics.calibration.unwrap().slope.contains(1.0);
    let in_shift = |metrics: &Metrics| metrics.calibration.unwrap().intercept.contains(0.0);
    for (name, is_in) in [
        ("auc", &in_auc as &dyn Fn(&Metrics) -> bool),
        ("brier", &in_brier),
        ("shift", &in_shift),
        ("slope", &in_slope),
    ] {
        let share = covers(is_in, false);
        assert!((0.91..=0.98).contains(&share), "{name}: {share}");
        assert!(covers(is_in, true) < 0.8, "{name} by loan: {}", covers(is_in, true));
    }
    let (of_loans, of_borrowers) = (Clusters::single(scores.len()), clusters);
    let width = |borrowers: &Clusters| {
        let noise = uniform(5, scores.len());
        let other: Vec<f64> =
            squares.iter().zip(&keys).map(|(one, key)| 0.5 * one + 0.5 * noise[*key as usize]).collect();
        let difference = paired_auc_difference(&scores, &other, &outcomes, borrowers).unwrap();
        difference.upper - difference.lower
    };
    assert!(width(&of_borrowers) > 1.7 * width(&of_loans), "{} {}", width(&of_borrowers), width(&of_loans));
}

#[test]
fn one_loan_a_borrower_gives_the_intervals_of_independent_loans() {
    let scores: Vec<f64> = uniform(3, 200);
    let outcomes: Vec<bool> = uniform(4, 200).iter().zip(&scores).map(|(number, score)| number < score).collect();
    let singly: Vec<u64> = (0..200).collect();
    let metrics = Ranked::by_borrower(&scores, &outcomes, &Clusters::of(&singly)).unwrap().metrics();
    assert_eq!(metrics, Metrics::of(&scores, &outcomes).unwrap());
    // Two loans of one borrower among two hundred change next to nothing.
    let keys: Vec<u64> = (0..200).map(|loan: u64| loan.max(1)).collect();
    let nearly = Ranked::by_borrower(&scores, &outcomes, &Clusters::of(&keys)).unwrap().metrics();
    assert!((nearly.auc_low - metrics.auc_low).abs() < 0.003 && (nearly.brier_low - metrics.brier_low).abs() < 0.003);
    let slopes = [&nearly, &metrics].map(|metrics| metrics.calibration.unwrap().slope);
    assert!((slopes[0].lower - slopes[1].lower).abs() < 0.05, "{slopes:?}");
}
