//! Known answers, invariants, then books with known truth.

mod columns;
mod refused;

use linfa::dataset::DatasetBase;
use ndarray::Array1;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::*;
use crate::features::{Feature, FeatureMatrix, Kind};
use crate::risk::cross_fit::LogOddsModel;
use crate::risk::evaluate::Metrics;
use crate::risk::evaluate::line::probability;
use crate::risk::forest::Contributions;

const MISSING: f32 = f32::NAN;
const FOLDS: usize = 5;

/// Random numbers for made-up books.
struct Dice(Xoshiro256PlusPlus);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Of mean 0 and deviation 1: the sum of twelve shares, less its mean.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }
}

fn numbers(columns: usize) -> Vec<Feature> {
    (0..columns).map(|feature| Feature::number(&format!("feature_{feature}"))).collect()
}

fn category(name: &str, levels: usize) -> Feature {
    Feature {
        kind: Kind::Category((0..levels).map(|level| format!("level {level}")).collect()),
        ..Feature::number(name)
    }
}

fn book(features: Vec<Feature>, columns: Vec<Vec<f32>>, outcomes: Vec<Option<bool>>) -> Dataset {
    DatasetBase::new(FeatureMatrix::new(features, columns), Array1::from(outcomes))
}

/// The book's loans, whose ids are their rows, dealt into folds.
fn folds(book: &Dataset) -> Folds {
    Folds::new(&book.targets, &(0..book.targets.len() as u64).collect::<Vec<_>>(), 1, FOLDS)
}

fn fit_of(most_loans: u32, book: &Dataset, folds: &Folds) -> CrossFitted<Logistic> {
    LogisticParams { most_loans, segments: Some(1) }.cross_fit(book, folds).unwrap()
}

fn fit(book: &Dataset) -> CrossFitted<Logistic> {
    fit_of(DEFAULT_MOST_LOANS, book, &folds(book))
}

fn bits<'a>(scores: impl IntoIterator<Item = &'a f64>) -> Vec<u64> {
    scores.into_iter().map(|score| score.to_bits()).collect()
}

fn auc(scores: &[Option<f64>], book: &Dataset) -> f64 {
    let pairs = scores.iter().zip(&book.targets).filter_map(|(score, outcome)| Some(((*score)?, (*outcome)?)));
    let (scores, outcomes): (Vec<f64>, Vec<bool>) = pairs.unzip();
    Metrics::of(&scores, &outcomes).unwrap().auc
}

fn log_odds(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

/// What the first three of the ten features of [`logistic_book`] weigh.
const WEIGHTS: [f64; 3] = [1.0, -0.8, 0.5];

/// Ten features of deviation 1, of which the first three tell: each loan's chance is the logistic function of their weighed
/// sum, less 1. Gives the chances too.
fn logistic_book(loans: usize, seed: u64) -> (Dataset, Vec<f64>) {
    let mut dice = Dice::new(seed);
    let columns: Vec<Vec<f32>> = (0..10).map(|_| (0..loans).map(|_| dice.normal() as f32).collect()).collect();
    let sum = |loan: usize| WEIGHTS.iter().zip(&columns).map(|(weight, column)| weight * f64::from(column[loan])).sum();
    let chances: Vec<f64> = (0..loans).map(|loan| -> f64 { sum(loan) }).map(|sum| probability(sum - 1.0)).collect();
    let outcomes = chances.iter().map(|chance| Some(dice.share() < *chance)).collect();
    (book(numbers(10), columns, outcomes), chances)
}

/// A book of everything at once: gaps, long tails, infinities, a category, a constant, nothing at all, and open loans.
fn mixed_book(loans: usize, seed: u64) -> Dataset {
    let mut dice = Dice::new(seed);
    let mut features = numbers(5);
    features.push(category("purpose", 7));
    let columns: Vec<Vec<f32>> = vec![
        (0..loans).map(|_| dice.normal() as f32).collect(),
        (0..loans).map(|_| if dice.share() < 0.2 { MISSING } else { (2.0 * dice.normal()).exp() as f32 }).collect(),
        (0..loans).map(|loan| if loan % 50 == 0 { f32::INFINITY } else { 1e6 * dice.share() as f32 }).collect(),
        vec![3.0; loans],
        vec![MISSING; loans],
        (0..loans)
            .map(|_| if dice.share() < 0.1 { MISSING } else { (7.0 * dice.share().powi(3)).floor() as f32 })
            .collect(),
    ];
    let chance = |loan: usize| {
        let purpose = if columns[5][loan] == 2.0 { 1.5 } else { 0.0 };
        probability(f64::from(columns[0][loan]) + purpose + f64::from(u8::from(columns[1][loan].is_nan())) - 1.0)
    };
    let outcomes: Vec<Option<bool>> =
        (0..loans).map(|loan| Some(dice.share() < chance(loan)).filter(|_| loan % 6 != 0)).collect();
    book(features, columns, outcomes)
}

#[test]
fn one_yes_or_no_gets_the_log_odds_ratio_of_its_groups() {
    // Of 2,000 loans with a 1, six in ten are not recovered; of as many with a 0, two in ten. The odds are 3/2 and 1/4.
    let column = (0..4000).map(|loan| f32::from(u8::from(loan >= 2000))).collect();
    let outcomes = (0..4000).map(|loan| Some(loan % 10 < if loan >= 2000 { 6 } else { 2 })).collect();
    let book = book(numbers(1), vec![column], outcomes);
    let CrossFitted { model, .. } = fit(&book);
    let [coefficient] = &model.coefficients()[..] else { panic!("{:?}", model.coefficients()) };
    // The deviation is a half, so one deviation is worth half of the log of 6.
    let (value, expected) = (coefficient.value, 6f64.ln() / 2.0);
    assert!((0.97..1.0).contains(&(value / expected)), "{value} against {expected}");
    let middle = (1.5f64.ln() + 0.25f64.ln()) / 2.0;
    assert!((model.solution.intercept - middle).abs() < 0.02, "{} against {middle}", model.solution.intercept);
    // What the weak penalty leaves out is known too: at the end, its gradient equals the gradient, and the mean score is the
    // share of loans that were not recovered.
    let scores = model.score_rows(&book.records, &[0, 3999]).unwrap();
    let gradient = 2000.0 * (scores[1] - 0.6) - 2000.0 * (scores[0] - 0.2) + model.alpha() * value;
    assert!(gradient.abs() < 0.1, "{gradient}");
    assert!((scores[0] + scores[1] - 0.8).abs() < 1e-4, "{scores:?}");
}

#[test]
fn noise_tells_nothing_so_every_loan_gets_the_base_rate() {
    let mut dice = Dice::new(2);
    let columns = (0..5).map(|_| (0..3000).map(|_| dice.normal() as f32).collect()).collect();
    let book = book(numbers(5), columns, (0..3000).map(|loan| Some(loan % 10 < 3)).collect());
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    let scores = model.score_rows(&book.records, &(0..3000).collect::<Vec<_>>()).unwrap();
    assert!(out_of_sample.iter().flatten().chain(&scores).all(|score| (score - 0.3).abs() < 0.05));
    assert!((scores.iter().sum::<f64>() / 3000.0 - 0.3).abs() < 1e-3);
    assert!((auc(&out_of_sample, &book) - 0.5).abs() < 0.04);
}

#[test]
fn scores_of_perfectly_separated_outcomes_stay_finite_and_in_order() {
    let column = (0..400).map(|loan| loan as f32).collect();
    let book = book(numbers(1), vec![column], (0..400).map(|loan| Some(loan >= 250)).collect());
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    assert!(model.coefficients().iter().all(|coefficient| coefficient.value.is_finite() && coefficient.value > 1.0));
    assert!(out_of_sample.iter().flatten().all(|score| 0.0 < *score && *score < 1.0));
    assert!(auc(&out_of_sample, &book) > 0.999);
}

#[test]
fn a_score_is_the_logistic_function_of_intercept_and_contributions() {
    let book = mixed_book(900, 3);
    let CrossFitted { model, .. } = fit(&book);
    let scores = model.score_rows(&book.records, &(0..900).collect::<Vec<_>>()).unwrap();
    for (loan, score) in scores.iter().enumerate() {
        let Contributions { base, values: added } = model.contributions(&book.records, &[loan]).unwrap();
        let base = base[0];
        assert_eq!(base.to_bits(), model.solution.intercept.to_bits());
        assert_eq!(added.len(), 6);
        let sum = base + added.iter().sum::<f64>();
        assert!((log_odds(*score) - sum).abs() < 1e-9, "loan {loan}: {score} and {sum}");
    }
    // Contributions are distances from the mean: over the loans that it learned from, they cancel.
    let known: Vec<usize> = (0..900).filter(|loan| book.targets[*loan].is_some()).collect();
    let added: Vec<Vec<f64>> =
        known.iter().map(|loan| model.contributions(&book.records, &[*loan]).unwrap().values).collect();
    for feature in 0..6 {
        let mean = added.iter().map(|of_loan| of_loan[feature]).sum::<f64>() / known.len() as f64;
        assert!(mean.abs() < 1e-9, "feature {feature}: {mean}");
    }
    assert!(added.iter().any(|of_loan| of_loan[5].abs() > 0.1), "the category tells");
}

#[test]
fn scores_are_probabilities_for_loans_with_and_without_outcome() {
    let book = mixed_book(900, 4);
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    let open: Vec<usize> = (0..900).filter(|loan| book.targets[*loan].is_none()).collect();
    let has_both = |(score, outcome): (&Option<f64>, &Option<bool>)| score.is_some() == outcome.is_some();
    assert!(out_of_sample.len() == 900 && out_of_sample.iter().zip(&book.targets).all(has_both));
    let scores = model.score_rows(&book.records, &open).unwrap();
    assert_eq!((scores.len(), model.trained_loans()), (150, 750));
    assert!(scores.iter().chain(out_of_sample.iter().flatten()).all(|score| 0.0 < *score && *score < 1.0));
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let book = mixed_book(6000, 5);
    let folds = folds(&book);
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let CrossFitted { model, out_of_sample, .. } = fit_of(700, &book, &folds);
            let scores = model.score_rows(&book.records, &(0..6000).collect::<Vec<_>>()).unwrap();
            (model.to_bytes(), bits(out_of_sample.iter().flatten()), bits(&scores))
        })
    };
    let alone = on_threads(1);
    assert!(alone == on_threads(2));
    assert!(alone == on_threads(8));
}

#[test]
fn the_order_in_which_loans_are_scored_changes_no_bit() {
    let book = mixed_book(5000, 6);
    let CrossFitted { model, .. } = fit_of(500, &book, &folds(&book));
    let all = model.score_rows(&book.records, &(0..5000).collect::<Vec<_>>()).unwrap();
    let shuffled: Vec<usize> = (0..5000).map(|place| place * 1777 % 5000).collect();
    let expected: Vec<f64> = shuffled.iter().map(|loan| all[*loan]).collect();
    assert_eq!(bits(&model.score_rows(&book.records, &shuffled).unwrap()), bits(&expected));
    assert!(model.score_rows(&book.records, &[]).unwrap().is_empty());
}

#[test]
fn the_order_of_the_book_changes_nothing_but_the_last_digits() {
    let book = mixed_book(900, 7);
    let shuffled: Vec<usize> = (0..900).map(|place| place * 77 % 900).collect();
    let columns = (0..6).map(|feature| shuffled.iter().map(|loan| book.records.column(feature)[*loan]).collect());
    let outcomes = shuffled.iter().map(|loan| book.targets[*loan]).collect();
    let other_order = self::book(book.records.features().to_vec(), columns.collect(), outcomes);
    let ids: Vec<u64> = shuffled.iter().map(|loan| *loan as u64).collect();
    let (one, other) = (fit(&book), fit_of(5000, &other_order, &Folds::new(&other_order.targets, &ids, 1, FOLDS)));
    for (place, loan) in shuffled.iter().enumerate() {
        let [before, after] = [one.out_of_sample[*loan], other.out_of_sample[place]];
        assert_eq!(before.is_some(), after.is_some());
        assert!(before.zip(after).is_none_or(|(before, after)| (before - after).abs() < 1e-3), "{before:?} {after:?}");
    }
    for (before, after) in one.model.coefficients().into_iter().zip(other.model.coefficients()) {
        assert!(before.term == after.term && (before.value - after.value).abs() < 1e-4, "{before:?} {after:?}");
    }
}

#[test]
fn a_model_that_held_back_a_fold_learned_nothing_of_its_outcomes() {
    let book = mixed_book(600, 8);
    let folds = folds(&book);
    let loans = folds.sample(600).loans;
    let turned: Array1<Option<bool>> =
        (0..600).map(|loan| book.targets[loan].map(|outcome| outcome ^ (folds.fold_of(loan) == Some(3)))).collect();
    let learned = |outcomes: &Array1<Option<bool>>, fold| {
        let sample = Sample::gather(&book.records, outcomes, &folds, &loans);
        let PenaltyPath { design, solutions, held_out: HeldOut { rows: held_back, log_odds, .. }, .. } =
            PenaltyPath::learn(&sample, Some(fold)).unwrap();
        assert!(held_back.iter().all(|loan| folds.fold_of(loans[*loan as usize]) == Some(fold)));
        assert_eq!(held_back.len(), 100);
        (design, solutions, log_odds)
    };
    assert!(learned(&book.targets, 3) == learned(&turned, 3));
    assert!(learned(&book.targets, 2) != learned(&turned, 2));
}

#[test]
fn the_outcome_of_a_loan_has_no_say_in_its_own_score() {
    let book = mixed_book(240, 9);
    let folds = folds(&book);
    let before = fit_of(5000, &book, &folds).out_of_sample;
    let is_same = |one: Option<f64>, other: Option<f64>| one.map(f64::to_bits) == other.map(f64::to_bits);
    for loan in (1..240).step_by(6) {
        let mut turned = book.clone();
        turned.targets[loan] = turned.targets[loan].map(|outcome| !outcome);
        let after = fit_of(5000, &turned, &folds).out_of_sample;
        for other in 0..240 {
            let is_other_fold = folds.fold_of(other).is_some() && folds.fold_of(other) != folds.fold_of(loan);
            assert_eq!(is_same(before[other], after[other]), !is_other_fold, "loan {other} when {loan} turns");
        }
    }
}

#[test]
fn loans_that_were_not_drawn_are_scored_by_the_model_that_held_their_fold_back() {
    let book = mixed_book(1200, 10);
    let folds = folds(&book);
    let fitted = fit_of(300, &book, &folds);
    assert_eq!(fitted.model.trained_loans(), 300);
    for (loan, fold) in folds.known() {
        let of_fold = &fitted.models[usize::from(fold)];
        let by_fold = of_fold.score_rows(&book.records, &[loan]).unwrap()[0];
        let scored = fitted.out_of_sample[loan].unwrap();
        assert!((scored - by_fold).abs() < 1e-6, "loan {loan}: {scored}, {by_fold}");
    }
}

#[test]
fn a_logistic_truth_is_found_again() {
    let (book, chances) = logistic_book(5000, 11);
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    let found: Vec<f64> = model.coefficients().iter().map(|coefficient| coefficient.value).collect();
    assert_eq!(found.len(), 10);
    for (found, truth) in found.iter().zip(WEIGHTS.into_iter().chain([0.0; 7])) {
        assert!((found - truth).abs() < 0.12, "{found} in place of {truth}");
    }
    let best = auc(&chances.into_iter().map(Some).collect::<Vec<_>>(), &book);
    let reached = auc(&out_of_sample, &book);
    assert!((best - reached).abs() < 0.01, "{reached} of {best}");
}

#[test]
fn few_loans_and_much_noise_ask_for_a_stronger_penalty() {
    let (many, _) = logistic_book(5000, 12);
    let mut dice = Dice::new(12);
    let columns = (0..40).map(|_| (0..100).map(|_| dice.normal() as f32).collect()).collect();
    let few = book(numbers(40), columns, (0..100).map(|loan| Some(loan % 3 == 0)).collect());
    let strength = |book: &Dataset| fit(book).model.alpha() / book.targets.len() as f64;
    assert!((strength(&many) - STRENGTHS[3]).abs() < 1e-12);
    assert!((strength(&few) - STRENGTHS[0]).abs() < 1e-12);
}

#[test]
fn a_line_bends_where_the_truth_does_and_keeps_its_direction() {
    // The log odds rise from -2 to 2 over the first half of the values, then fall back to 0.
    let mut dice = Dice::new(31);
    let column: Vec<f32> = (0..4000).map(|_| dice.share() as f32).collect();
    let log_odds = |value: f64| if value < 0.5 { 8.0 * value - 2.0 } else { 4.0 - 4.0 * value };
    let outcomes: Vec<Option<bool>> =
        column.iter().map(|value| Some(dice.share() < probability(log_odds(f64::from(*value))))).collect();
    let scores = |monotone: Monotone, segments: u32| {
        let mut features = numbers(1);
        features[0].monotone = monotone;
        let book = book(features, vec![column.clone()], outcomes.clone());
        let params = LogisticParams { segments: Some(segments), ..LogisticParams::default() };
        let model = params.cross_fit(&book, &folds(&book)).unwrap().model;
        let grid = FeatureMatrix::new(model.features().to_vec(), vec![vec![0.02, 0.25, 0.5, 0.75, 0.98]]);
        model.score_rows(&grid, &[0, 1, 2, 3, 4]).unwrap()
    };
    let bent = scores(Monotone::None, 4);
    assert!(bent[0] < 0.25 && bent[2] > 0.8 && bent[4] < 0.65, "{bent:?}");
    let straight = scores(Monotone::None, 1);
    assert!(straight.windows(2).all(|pair| pair[0] < pair[1]), "{straight:?}");
    for segments in [1, 4] {
        let up = scores(Monotone::Up, segments);
        assert!(up.windows(2).all(|pair| pair[0] <= pair[1]) && up[0] < up[4], "{up:?}");
    }
    let down = scores(Monotone::Down, 4);
    assert!(down.windows(2).all(|pair| pair[0] >= pair[1]), "{down:?}");
}
