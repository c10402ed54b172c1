//! Known answers, invariants, then books with known truth.

use linfa::dataset::DatasetBase;
use ndarray::Array1;
use proptest::prelude::*;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::Fitted;
use super::{Dataset, Forest, ForestParams};
use crate::features::{Feature, FeatureMatrix};
use crate::risk::RiskError;
use crate::risk::clusters::Clusters;
use crate::risk::evaluate::Metrics;

const MISSING: f32 = f32::NAN;

/// Random numbers for made-up books.
pub(super) struct Dice(Xoshiro256PlusPlus);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f32 {
        (self.0.next_u64() >> 40) as f32 / (1u64 << 24) as f32
    }
}

pub(super) fn matrix(columns: Vec<Vec<f32>>) -> FeatureMatrix {
    let features = (0..columns.len()).map(|feature| Feature::number(&format!("feature_{feature}"))).collect();
    FeatureMatrix::new(features, columns)
}

pub(super) fn book(columns: Vec<Vec<f32>>, outcomes: Vec<Option<bool>>) -> Dataset {
    DatasetBase::new(matrix(columns), Array1::from(outcomes))
}

/// Ten features of which the first three decide the outcome, each loan's outcome drawn with the chance that they give.
pub(super) fn informative_book(loans: usize, seed: u64) -> Dataset {
    let mut dice = Dice::new(seed);
    let columns: Vec<Vec<f32>> = (0..10).map(|_| (0..loans).map(|_| dice.share()).collect()).collect();
    let chance = |loan: usize| (columns[0][loan] + columns[1][loan] + columns[2][loan] - 1.0).clamp(0.02, 0.98);
    let outcomes = (0..loans).map(|loan| Some(dice.share() < chance(loan))).collect();
    book(columns, outcomes)
}

/// The informative book with holes in its values, and every fifth outcome unknown.
pub(super) fn ragged_book(loans: usize, seed: u64) -> Dataset {
    let whole = informative_book(loans, seed);
    let mut dice = Dice::new(seed + 1);
    let mut holed = |column: &[f32]| column.iter().map(|v| if dice.share() < 0.1 { MISSING } else { *v }).collect();
    let columns = (0..10).map(|feature| holed(whole.records.column(feature))).collect();
    let outcomes = whole.targets.iter().enumerate().map(|(loan, outcome)| outcome.filter(|_| loan % 5 != 0)).collect();
    book(columns, outcomes)
}

impl ForestParams {
    pub(in crate::risk) fn trees(self, trees: u32) -> Self {
        Self { trees, ..self }
    }

    fn max_depth(self, max_depth: u32) -> Self {
        Self { max_depth, ..self }
    }

    pub(in crate::risk) fn min_leaf(self, min_leaf: u32) -> Self {
        Self { min_leaf: Some(min_leaf), ..self }
    }

    pub(in crate::risk) fn features_per_split(self, features: u32) -> Self {
        Self { features_per_split: Some(features), ..self }
    }

    fn rows_per_tree(self, rows: u32) -> Self {
        Self { rows_per_tree: Some(rows), ..self }
    }

    /// Where each loan is of a borrower of its own.
    pub(in crate::risk) fn fit_alone(&self, book: &Dataset) -> Result<Fitted, RiskError> {
        self.fit_out_of_bag(book, &Clusters::single(book.targets.iter().flatten().count()), &|_| ())
    }

    pub(in crate::risk) fn fit(&self, book: &Dataset) -> Result<Forest, RiskError> {
        Ok(self.fit_alone(book)?.forest)
    }
}

pub(super) fn quick(seed: u64) -> ForestParams {
    ForestParams::new(seed).trees(30)
}

pub(super) fn bits(scores: &[f64]) -> Vec<u64> {
    scores.iter().map(|score| score.to_bits()).collect()
}

fn auc(scores: impl Iterator<Item = Option<f64>>, book: &Dataset) -> f64 {
    let pairs = scores.zip(&book.targets).filter_map(|(score, outcome)| Some((score?, (*outcome)?)));
    let (scores, outcomes): (Vec<f64>, Vec<bool>) = pairs.unzip();
    Metrics::of(&scores, &outcomes).unwrap().auc
}

#[test]
fn one_stump_on_one_feature_gives_the_shares_of_its_sides() {
    // Sorted by value, 0 to 9: the outcome is positive from 6 on. Every bootstrap that holds both kinds cuts between the
    // two, so each loan's score is the mean over trees of a pure leaf, save trees that saw only one kind.
    let values = (0..10).map(|value| value as f32).collect();
    let toy = book(vec![values], (0..10).map(|value| Some(value >= 6)).collect());
    let forest = quick(1).trees(200).min_leaf(1).max_depth(1).fit(&toy).unwrap();
    let scores = forest.score(&toy.records).unwrap();
    assert!(scores[..5].iter().all(|score| *score < 0.1), "{scores:?}");
    assert!(scores[7..].iter().all(|score| *score > 0.9), "{scores:?}");
    assert!(scores.is_sorted(), "the cut moves with the bootstrap, so scores only rise with the value: {scores:?}");
}

#[test]
fn a_forest_that_cannot_split_gives_every_loan_the_shares_of_its_bootstraps() {
    let toy = book(vec![vec![1.0; 8]], (0..8).map(|loan| Some(loan < 2)).collect());
    let forest = quick(3).trees(2000).fit(&toy).unwrap();
    let scores = forest.score(&toy.records).unwrap();
    assert!(scores.iter().all(|score| score.to_bits() == scores[0].to_bits()));
    assert!((scores[0] - 0.25).abs() < 0.02, "{}", scores[0]);
}

#[test]
fn what_two_features_decide_only_together_is_learned() {
    let (mut columns, mut outcomes) = (vec![Vec::new(), Vec::new()], Vec::new());
    for loan in 0..400 {
        let (one, other) = (loan % 2 == 0, loan / 2 % 2 == 0);
        columns[0].push(f32::from(u8::from(one)));
        columns[1].push(f32::from(u8::from(other)));
        outcomes.push(Some(one != other));
    }
    let book = book(columns, outcomes);
    let Fitted { out_of_bag, .. } = quick(5).trees(100).fit_alone(&book).unwrap();
    assert!(auc(out_of_bag.into_iter(), &book) > 0.99);
}

#[test]
fn scores_are_probabilities_for_loans_with_and_without_outcome() {
    let book = ragged_book(600, 11);
    let Fitted { forest, out_of_bag, .. } = quick(11).fit_alone(&book).unwrap();
    let scores = forest.score(&book.records).unwrap();
    assert_eq!((scores.len(), out_of_bag.len()), (600, 600));
    assert!(scores.iter().chain(out_of_bag.iter().flatten()).all(|score| (0.0..=1.0).contains(score)));
    let has_both = |(score, outcome): (&Option<f64>, &Option<bool>)| score.is_some() == outcome.is_some();
    assert!(out_of_bag.iter().zip(&book.targets).all(has_both), "out-of-bag scores are for known outcomes only");
}

#[test]
fn the_three_informative_of_ten_features_are_found() {
    let book = informative_book(3000, 21);
    let fitted = quick(21).fit_alone(&book).unwrap();
    let families = fitted.permutation_importance(&book, &Clusters::single(3000), 21, 3000).unwrap();
    let importances: Vec<f64> = families.iter().map(|family| family.importance).collect();
    let least_of_three = importances[..3].iter().copied().fold(1.0, f64::min);
    let most_of_rest = importances[3..].iter().copied().fold(0.0, f64::max);
    assert!(least_of_three > 2.0 * most_of_rest, "{importances:?}");
    assert!(auc(fitted.out_of_bag.into_iter(), &book) > 0.75);
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let book = ragged_book(9000, 31);
    let params = quick(31);
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let Fitted { forest, out_of_bag, .. } = params.fit_alone(&book).unwrap();
            let scores = bits(&forest.score(&book.records).unwrap());
            let out_of_bag: Vec<_> = out_of_bag.iter().map(|score| score.map(f64::to_bits)).collect();
            (forest.to_bytes(), scores, out_of_bag)
        })
    };
    let alone = on_threads(1);
    assert!(alone == on_threads(2));
    assert!(alone == on_threads(8));
}

#[test]
fn another_seed_gives_another_forest() {
    let book = informative_book(500, 41);
    let forests = [1, 2].map(|seed| quick(seed).fit(&book).unwrap());
    assert_ne!(forests[0].score(&book.records).unwrap(), forests[1].score(&book.records).unwrap());
}

#[test]
fn loans_without_outcome_change_nothing_in_the_model() {
    let book_of = |values_of_unknown: f32| {
        let whole = ragged_book(1000, 51);
        let column = |feature: usize| {
            let values = whole.records.column(feature).iter().zip(&whole.targets);
            values.map(|(value, outcome)| if outcome.is_some() { *value } else { values_of_unknown }).collect()
        };
        book((0..10).map(column).collect(), whole.targets.to_vec())
    };
    let bytes = [0.5, 1e30].map(|value| quick(51).fit(&book_of(value)).unwrap().to_bytes());
    assert!(bytes[0] == bytes[1]);
}

#[test]
fn an_out_of_bag_score_never_comes_from_a_tree_that_drew_the_loan() {
    let mut dice = Dice::new(61);
    let columns = (0..6).map(|_| (0..2000).map(|_| dice.share()).collect()).collect();
    let labels = (0..2000).map(|_| Some(dice.share() < 0.5)).collect();
    let noise = book(columns, labels);
    let Fitted { forest, out_of_bag, .. } = quick(61).min_leaf(1).fit_alone(&noise).unwrap();
    let learned_by_heart = auc(forest.score(&noise.records).unwrap().into_iter().map(Some), &noise);
    let honest = auc(out_of_bag.into_iter(), &noise);
    assert!(learned_by_heart > 0.99, "{learned_by_heart}");
    assert!((honest - 0.5).abs() < 0.05, "{honest}");
}

#[test]
fn out_of_bag_and_held_out_loans_are_scored_equally_well() {
    let (book, others) = (informative_book(4000, 71), informative_book(4000, 72));
    let Fitted { forest, out_of_bag, .. } = quick(71).trees(100).fit_alone(&book).unwrap();
    let held_out = auc(forest.score(&others.records).unwrap().into_iter().map(Some), &others);
    assert!((held_out - auc(out_of_bag.into_iter(), &book)).abs() < 0.025);
}

#[test]
fn a_loan_that_every_tree_drew_has_no_out_of_bag_score() {
    let toy = book(vec![vec![1.0, 2.0]], vec![Some(true), Some(false)]);
    let Fitted { out_of_bag, .. } = ForestParams::new(1).trees(1).rows_per_tree(100).fit_alone(&toy).unwrap();
    assert_eq!(out_of_bag, [None, None]);
}

#[test]
fn that_a_value_is_missing_can_tell_and_does_so_for_new_loans() {
    // The values themselves are noise; those who left the field empty did not pay.
    let mut dice = Dice::new(81);
    let outcomes: Vec<Option<bool>> = (0..500).map(|loan| Some(loan % 3 == 0)).collect();
    let column = outcomes.iter().map(|outcome| if *outcome == Some(true) { MISSING } else { dice.share() }).collect();
    let book = book(vec![column], outcomes);
    let forest = quick(81).fit(&book).unwrap();
    let scores = forest.score(&matrix(vec![vec![MISSING, 0.1, 0.9, -5.0, f32::INFINITY]])).unwrap();
    assert_eq!(scores, [1.0, 0.0, 0.0, 0.0, 0.0]);
}

#[test]
fn missing_goes_with_low_values_where_both_mean_the_same() {
    let values = [1.0, 2.0, MISSING, 8.0, 9.0];
    let column = (0..500).map(|loan| values[loan % 5]).collect();
    let book = book(vec![column], (0..500).map(|loan| Some(loan % 5 < 3)).collect());
    let forest = quick(91).max_depth(1).fit(&book).unwrap();
    assert_eq!(forest.score(&matrix(vec![values.to_vec()])).unwrap(), [1.0, 1.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_value_that_training_never_missed_goes_with_the_larger_part() {
    let column = (0..400).map(|loan| if loan % 4 == 0 { 1.0 } else { 2.0 }).collect();
    let book = book(vec![column], (0..400).map(|loan| Some(loan % 4 == 0)).collect());
    let forest = quick(95).fit(&book).unwrap();
    assert_eq!(forest.score(&matrix(vec![vec![1.0, 2.0, MISSING]])).unwrap(), [1.0, 0.0, 0.0]);
}

#[test]
fn the_smallest_books_and_the_emptiest_features_are_fitted() {
    for loans in 2..=20 {
        let columns = vec![
            (0..loans).map(|loan| loan as f32).collect(),
            vec![7.0; loans],
            vec![MISSING; loans],
            (0..loans).map(|loan| [f32::INFINITY, f32::NEG_INFINITY, MISSING, f32::MAX, -0.0][loan % 5]).collect(),
        ];
        let book = book(columns, (0..loans).map(|loan| Some(loan % 2 == 0)).collect());
        for min_leaf in [1, 5] {
            let params = quick(loans as u64).min_leaf(min_leaf);
            let Fitted { forest, .. } = params.fit_alone(&book).unwrap();
            assert!(forest.score(&book.records).unwrap().iter().all(|score| (0.0..=1.0).contains(score)));
        }
    }
}

#[test]
fn wide_books_are_fitted_at_every_width() {
    let narrow = informative_book(300, 101);
    let informative: Vec<Vec<f32>> = (0..3).map(|feature| narrow.records.column(feature).to_vec()).collect();
    for features in [4, 8, 9, 16, 17, 24, 25, 32, 33, 64, 65, 256] {
        // The three that tell stand last, so that a feature beyond the width of a row would be missed.
        let mut columns = vec![vec![1.0; 300]; features - 3];
        columns.extend(informative.clone());
        let wide = book(columns, narrow.targets.to_vec());
        let fitted = quick(101).fit_alone(&wide).unwrap();
        assert!(auc(fitted.out_of_bag.into_iter(), &wide) > 0.65, "{features} features");
    }
}

#[test]
fn books_that_cannot_be_learned_from_are_refused_in_words() {
    let refusal = |columns, outcomes| quick(1).fit(&book(columns, outcomes)).unwrap_err();
    let (value, values) = (vec![vec![1.0, 2.0]], vec![1.0, 2.0]);
    assert!(matches!(refusal(value.clone(), vec![None, None]), RiskError::NoOutcomes));
    assert!(matches!(refusal(vec![vec![]], vec![]), RiskError::NoOutcomes));
    assert!(matches!(refusal(vec![], vec![]), RiskError::NoFeatures));
    assert!(matches!(refusal(vec![values; 257], vec![None, None]), RiskError::TooManyFeatures { found: 257 }));
    assert!(matches!(refusal(value.clone(), vec![None]), RiskError::Linfa(linfa::Error::MismatchedShapes(2, 1))));
    let all_repaid = refusal(value, vec![Some(false), Some(false)]);
    assert!(
        all_repaid.to_string().starts_with("all 2 loans with a known outcome were fully recovered"),
        "{all_repaid}"
    );
}

#[test]
fn what_the_book_decided_is_kept_with_the_forest() {
    let used = *quick(7).fit(&informative_book(400, 7)).unwrap().params();
    assert_eq!(
        (used.trees, used.min_leaf, used.features_per_split, used.rows_per_tree, used.seed),
        (30, 11, 3, 400, 7)
    );
    let used =
        *quick(7).min_leaf(2).features_per_split(99).rows_per_tree(50).fit(&informative_book(400, 7)).unwrap().params();
    assert_eq!((used.min_leaf, used.features_per_split, used.rows_per_tree), (2, 10, 50));
}

#[test]
fn features_that_differ_from_the_model_are_named() {
    let forest = quick(1).trees(3).fit(&informative_book(50, 1)).unwrap();
    let with_names = |names: &[&str]| {
        let columns = vec![vec![0.5]; names.len()];
        forest.score(&FeatureMatrix::new(names.iter().map(|name| Feature::number(name)).collect(), columns))
    };
    let message = with_names(&["feature_0", "income"]).unwrap_err().to_string();
    assert!(message.starts_with("feature 2 is `income`, but the model learned from `feature_1`"), "{message}");
    let message = with_names(&["feature_0"]).unwrap_err().to_string();
    assert!(message.starts_with("feature 2 is absent, but the model learned from `feature_1`"), "{message}");
}

#[test]
fn some_loans_are_scored_as_they_are_among_all() {
    let book = ragged_book(3000, 115);
    let forest = quick(115).fit(&book).unwrap();
    let all = forest.score(&book.records).unwrap();
    let rows: Vec<usize> = (0..3000).rev().step_by(2).collect();
    let expected: Vec<f64> = rows.iter().map(|row| all[*row]).collect();
    assert_eq!(bits(&forest.score_rows(&book.records, &rows).unwrap()), bits(&expected));
    assert!(forest.score_rows(&book.records, &[]).unwrap().is_empty());
}

#[test]
fn progress_counts_every_tree() {
    let calls = std::sync::Mutex::new(Vec::new());
    let note = |done| calls.lock().unwrap().push(done);
    quick(1).fit_out_of_bag(&informative_book(50, 1), &Clusters::single(50), &note).unwrap();
    let mut calls = calls.into_inner().unwrap();
    calls.sort_unstable();
    assert_eq!(calls, (1..=30).collect::<Vec<_>>());
}

#[test]
fn a_stored_forest_gives_the_same_scores_to_the_last_bit() {
    let book = ragged_book(800, 121);
    let forest = quick(121).fit(&book).unwrap();
    let bytes = forest.to_bytes();
    let loaded = Forest::from_bytes(&bytes).unwrap();
    assert_eq!(loaded, forest);
    assert_eq!(bits(&loaded.score(&book.records).unwrap()), bits(&forest.score(&book.records).unwrap()));
    assert!(loaded.to_bytes() == bytes);
}

#[test]
fn a_model_of_another_format_is_refused_as_such() {
    let mut bytes = quick(1).trees(1).fit(&informative_book(50, 1)).unwrap().to_bytes();
    bytes[4] = 9;
    assert!(matches!(Forest::from_bytes(&bytes), Err(RiskError::ModelFormat { found: 9, expected: 2 })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_book_is_fitted_or_refused(
        loans in prop::collection::vec((prop::collection::vec(prop::num::f32::ANY, 3), any::<Option<bool>>()), 0..60),
        min_leaf in 1u32..6,
    ) {
        let column = |feature: usize| loans.iter().map(|loan| loan.0[feature]).collect();
        let book = book((0..3).map(column).collect(), loans.iter().map(|loan| loan.1).collect());
        let kinds = [true, false].map(|kind| book.targets.iter().any(|outcome| *outcome == Some(kind)));
        match quick(1).trees(5).min_leaf(min_leaf).fit_alone(&book) {
            Ok(Fitted { forest, .. }) => {
                prop_assert_eq!(kinds, [true, true]);
                prop_assert!(forest.score(&book.records).unwrap().iter().all(|score| (0.0..=1.0).contains(score)));
                prop_assert_eq!(Forest::from_bytes(&forest.to_bytes()).unwrap(), forest);
            }
            Err(_) => prop_assert_ne!(kinds, [true, true]),
        }
    }
}
