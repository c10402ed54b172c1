//! Known answers, invariants, then books with known truth.

use linfa::dataset::{DatasetBase, Records};
use ndarray::Array1;
use proptest::prelude::*;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::{Boosting, BoostingParams};
use crate::features::{Feature, FeatureMatrix, Kind, Monotone};
use crate::risk::RiskError;
use crate::risk::cross_fit::{CrossFitted, LogOddsModel};
use crate::risk::evaluate::Metrics;
use crate::risk::evaluate::line::log_odds;
use crate::risk::folds::Folds;
use crate::risk::forest::Dataset;

const FOLDS: usize = 5;

/// Numbers from 0 to 1 without pattern.
fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(|_| (random.next_u64() >> 40) as f32 / (1u64 << 24) as f32).collect()
}

fn book(columns: Vec<Vec<f32>>, outcomes: Vec<Option<bool>>) -> Dataset {
    let features = (0..columns.len()).map(|feature| Feature::number(&format!("feature_{feature}"))).collect();
    DatasetBase::new(FeatureMatrix::new(features, columns), Array1::from(outcomes))
}

fn folds(book: &Dataset) -> Folds {
    let hashes: Vec<u64> = (0..book.nsamples() as u64).collect();
    Folds::new(&book.targets, &hashes, 1, FOLDS)
}

fn fit(book: &Dataset, params: BoostingParams) -> CrossFitted<Boosting> {
    params.cross_fit(book, &folds(book)).unwrap()
}

fn all_rows(book: &Dataset) -> Vec<usize> {
    (0..book.nsamples()).collect()
}

fn bits(scores: &[f64]) -> Vec<u64> {
    scores.iter().map(|score| score.to_bits()).collect()
}

/// Ten features of which the first three make the chance of the outcome; every eighth loan is open. The chances too.
fn informative_book(loans: usize) -> (Dataset, Vec<f64>) {
    let columns: Vec<Vec<f32>> = (0..10).map(|feature| noise(feature, loans)).collect();
    let chance = |loan: usize| {
        let sum = f64::from(columns[0][loan] + columns[1][loan] - 2.0 * columns[2][loan]);
        1.0 / (1.0 + (-2.0 * sum).exp())
    };
    let chances: Vec<f64> = (0..loans).map(chance).collect();
    let draws = noise(77, loans);
    let outcome = |loan: usize| (!loan.is_multiple_of(8)).then(|| f64::from(draws[loan]) < chances[loan]);
    let outcomes = (0..loans).map(outcome).collect();
    (book(columns, outcomes), chances)
}

fn auc(scores: &[Option<f64>], book: &Dataset) -> f64 {
    let pairs = scores.iter().zip(&book.targets).filter_map(|(score, outcome)| Some(((*score)?, (*outcome)?)));
    let (scores, outcomes): (Vec<f64>, Vec<bool>) = pairs.unzip();
    Metrics::of(&scores, &outcomes).unwrap().auc
}

#[test]
fn one_question_that_tells_all_there_is_comes_to_the_shares_of_its_answers() {
    // Of the loans with 0, one in five is positive; of those with 1, three in five.
    let loans = 4_000;
    let value = |loan: usize| (loan % 2) as f32;
    let outcome = |loan: usize| Some(loan / 2 % 5 < 1 + 2 * (loan % 2));
    let book = book(vec![(0..loans).map(value).collect()], (0..loans).map(outcome).collect());
    let model = fit(&book, BoostingParams::new(1)).model;
    let scores = model.score_rows(&book.records, &[0, 1]).unwrap();
    assert!((scores[0] - 0.2).abs() < 0.01 && (scores[1] - 0.6).abs() < 0.01, "{scores:?}");
}

#[test]
fn scores_come_near_the_truth_on_loans_that_were_not_seen() {
    let (book, chances) = informative_book(6_000);
    let fitted = fit(&book, BoostingParams::new(1));
    let truth: Vec<Option<f64>> = chances.iter().copied().map(Some).collect();
    let shortfall = auc(&truth, &book) - auc(&fitted.out_of_sample, &book);
    assert!(shortfall < 0.02, "{shortfall}");
    let open: Vec<usize> = (0..book.nsamples()).step_by(8).collect();
    let scores = fitted.model.score_rows(&book.records, &open).unwrap();
    let distance: f64 = open.iter().zip(&scores).map(|(loan, score)| (chances[*loan] - score).abs()).sum();
    assert!(distance / (open.len() as f64) < 0.05, "{}", distance / open.len() as f64);
}

#[test]
fn the_informative_features_contribute_most() {
    let (book, _) = informative_book(3_000);
    let found = fit(&book, BoostingParams::new(1)).contributions(&book.records, &all_rows(&book)).unwrap();
    let weight = |feature: usize| found.values.iter().skip(feature).step_by(10).map(|part| part.abs()).sum::<f64>();
    let weights: Vec<f64> = (0..10).map(weight).collect();
    let least_informative = weights[..3].iter().copied().fold(f64::INFINITY, f64::min);
    assert!(weights[3..].iter().all(|weight| *weight < least_informative / 3.0), "{weights:?}");
}

#[test]
fn noise_keeps_few_trees_and_scores_that_tell_nothing() {
    let outcomes = noise(50, 2_000).into_iter().map(|draw| Some(draw < 0.4)).collect();
    let book = book((0..8).map(|feature| noise(feature, 2_000)).collect(), outcomes);
    let fitted = fit(&book, BoostingParams::new(1));
    assert!(fitted.model.params().trees <= 20, "{:?}", fitted.model.params());
    let scores = fitted.model.score_rows(&book.records, &all_rows(&book)).unwrap();
    assert!(scores.iter().all(|score| (score - 0.4).abs() < 0.1));
}

#[test]
fn no_loan_is_scored_by_trees_that_saw_its_outcome() {
    let (book, _) = informative_book(1_500);
    let params = BoostingParams { trees: Some(10), ..BoostingParams::new(3) };
    let folds = folds(&book);
    let turned_fold = 2;
    let turn = |(loan, outcome): (usize, &Option<bool>)| match folds.fold_of(loan) {
        Some(fold) if fold == turned_fold => outcome.map(|outcome| !outcome),
        _ => *outcome,
    };
    let turned =
        DatasetBase::new(book.records.clone(), book.targets.iter().enumerate().map(turn).collect::<Array1<_>>());
    let before = params.cross_fit(&book, &folds).unwrap();
    let after = params.cross_fit(&turned, &folds).unwrap();
    let of_fold = |fold: u8| folds.known().filter(move |known| known.1 == fold).map(|known| known.0);
    let scores = |fitted: &CrossFitted<Boosting>, fold: u8| -> Vec<u64> {
        of_fold(fold).map(|loan| fitted.out_of_sample[loan].unwrap().to_bits()).collect()
    };
    assert_eq!(scores(&before, turned_fold), scores(&after, turned_fold));
    assert_ne!(scores(&before, 0), scores(&after, 0));
}

#[test]
fn base_and_contributions_add_up_to_the_log_odds_of_the_score_that_counts() {
    let (book, _) = informative_book(1_200);
    let fitted = fit(&book, BoostingParams::new(5));
    let rows = all_rows(&book);
    let found = fitted.contributions(&book.records, &rows).unwrap();
    let full = fitted.model.score_rows(&book.records, &rows).unwrap();
    for loan in rows {
        let score = fitted.out_of_sample[loan].unwrap_or(full[loan]);
        let sum = found.base[loan] + found.values[loan * 10..][..10].iter().sum::<f64>();
        assert!((sum - log_odds(score, 0.0)).abs() < 1e-9, "loan {loan}");
    }
}

#[test]
fn the_bits_are_the_same_for_any_number_of_threads() {
    let (book, _) = informative_book(1_500);
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let fitted = fit(&book, BoostingParams::new(5));
            let contributions = fitted.contributions(&book.records, &all_rows(&book)).unwrap();
            (fitted.model.to_bytes(), fitted.out_of_sample, bits(&contributions.values))
        })
    };
    let one = on(1);
    assert_eq!(one, on(2));
    assert_eq!(one, on(8));
}

#[test]
fn a_stored_model_scores_to_the_last_bit_and_a_damaged_one_is_refused() {
    let (book, _) = informative_book(1_500);
    let model = fit(&book, BoostingParams::new(5)).model;
    let bytes = model.to_bytes();
    let read = Boosting::from_bytes(&bytes).unwrap();
    assert_eq!(read, model);
    let rows = all_rows(&book);
    let scores = |model: &Boosting| bits(&model.score_rows(&book.records, &rows).unwrap());
    assert_eq!(scores(&read), scores(&model));
    for place in (0..bytes.len()).step_by(97) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(Boosting::from_bytes(&damaged).is_err(), "changed at {place}");
    }
    assert!(Boosting::from_bytes(&bytes[..bytes.len() / 2]).is_err());
}

#[test]
fn hard_columns_make_a_model_all_the_same() {
    let loans = 900;
    let region = |loan: usize| if loan.is_multiple_of(50) { f32::NAN } else { (loan * 7 % 300) as f32 };
    let wild = |loan: usize| [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 1.0, -1e30][loan % 5];
    let columns =
        vec![vec![f32::NAN; loans], vec![4.0; loans], (0..loans).map(wild).collect(), (0..loans).map(region).collect()];
    let mut features: Vec<Feature> = ["gap", "same", "wild", "region"].map(Feature::number).to_vec();
    features[3].kind = Kind::Category((0..300).map(|level| format!("{level:03}")).collect());
    // Regions under 150 are worse than the others.
    let outcomes: Vec<Option<bool>> = (0..loans).map(|loan| Some(region(loan) < 150.0)).collect();
    let book = DatasetBase::new(FeatureMatrix::new(features, columns), Array1::from(outcomes));
    let fitted = fit(&book, BoostingParams::new(5));
    assert!(auc(&fitted.out_of_sample, &book) > 0.8, "{}", auc(&fitted.out_of_sample, &book));
    let scores = fitted.model.score_rows(&book.records, &all_rows(&book)).unwrap();
    assert!(scores.iter().all(|score| score.is_finite()));
    assert_eq!(Boosting::from_bytes(&fitted.model.to_bytes()).unwrap(), fitted.model);
}

#[test]
fn books_that_make_no_model_are_refused_in_words() {
    let good = || BoostingParams::new(1);
    let of = |outcomes: Vec<Option<bool>>| {
        let book = book(vec![vec![1.0; outcomes.len()]], outcomes);
        good().cross_fit(&book, &folds(&book)).unwrap_err()
    };
    assert!(matches!(of(vec![None; 9]), RiskError::NoOutcomes));
    assert!(matches!(of(vec![Some(true); 9]), RiskError::OneOutcome { loans: 9, .. }));
    let (book, _) = informative_book(500);
    let other = FeatureMatrix::new(vec![Feature::number("other")], vec![vec![1.0]]);
    let model = fit(&book, good()).model;
    assert!(matches!(model.score_rows(&other, &[0]), Err(RiskError::FeatureMismatch { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn risk_never_goes_against_the_direction_of_a_feature(seed in 0u64..1_000, is_up: bool, gaps in 0u32..4) {
        // The outcome follows a wave of the bound feature, which no monotone score can.
        let loans = 600;
        let holed = |column: Vec<f32>| -> Vec<f32> {
            let holes = noise(seed + 9, column.len());
            column.into_iter().zip(holes).map(|(v, hole)| if hole < 0.1 * gaps as f32 { f32::NAN } else { v }).collect()
        };
        let columns: Vec<Vec<f32>> = (0..3).map(|feature| holed(noise(seed * 10 + feature, loans))).collect();
        let draws = noise(seed + 5, loans);
        let outcome = |loan: usize| {
            let wave = if columns[0][loan].is_nan() { 0.0 } else { (columns[0][loan] * 12.0).sin() };
            Some(draws[loan] < 0.5 + 0.3 * wave + 0.15 * if columns[1][loan] > 0.5 { 1.0 } else { -1.0 })
        };
        let outcomes: Vec<Option<bool>> = (0..loans).map(outcome).collect();
        let mut features: Vec<Feature> = ["bound", "free", "other"].map(Feature::number).to_vec();
        features[0].monotone = if is_up { Monotone::Up } else { Monotone::Down };
        let book = DatasetBase::new(FeatureMatrix::new(features.clone(), columns.clone()), Array1::from(outcomes));
        let fitted = fit(&book, BoostingParams { max_depth: Some(4), ..BoostingParams::new(seed) });
        prop_assert!(fitted.model.params().trees > 0);
        let grid: Vec<f32> = (0..=40).map(|step| step as f32 / 40.0).collect();
        for loan in (0..loans).step_by(20) {
            let moved = vec![grid.clone(), vec![columns[1][loan]; 41], vec![columns[2][loan]; 41]];
            let scores = fitted.model.score_rows(&FeatureMatrix::new(features.clone(), moved), &(0..41).collect::<Vec<_>>()).unwrap();
            let keeps = |pair: &[f64]| if is_up { pair[0] <= pair[1] + 1e-12 } else { pair[0] + 1e-12 >= pair[1] };
            prop_assert!(scores.windows(2).all(keeps), "{scores:?}");
        }
    }
}
