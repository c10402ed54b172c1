//! Stored models, and what is refused: damaged bytes, books that teach nothing, other features.

use proptest::prelude::*;

use super::*;
use crate::risk::sealed::{opened, sealed};

/// How a stored regression begins, and the number of its format.
const MARK: [u8; 4] = *b"RCPL";
const FORMAT: u16 = 1;

fn small_model() -> Logistic {
    fit(&mixed_book(300, 30)).model
}

#[test]
fn a_stored_model_gives_the_same_bits() {
    let book = mixed_book(900, 31);
    let model = fit(&book).model;
    let bytes = model.to_bytes();
    let loaded = Logistic::from_bytes(&bytes).unwrap();
    assert_eq!(loaded, model);
    assert!(loaded.to_bytes() == bytes);
    let rows: Vec<usize> = (0..900).collect();
    let scores = [&model, &loaded].map(|model| bits(&model.score_rows(&book.records, &rows).unwrap()));
    assert!(scores[0] == scores[1]);
}

#[test]
fn a_model_of_another_format_is_refused_as_such() {
    let mut bytes = small_model().to_bytes();
    bytes[4] = 9;
    assert!(matches!(Logistic::from_bytes(&bytes), Err(RiskError::ModelFormat { found: 9, expected: FORMAT })));
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let refusal = |damage: &dyn Fn(&mut Logistic)| {
        let mut model = small_model();
        damage(&mut model);
        Logistic::from_bytes(&model.to_bytes()).map_err(|error| error.to_string())
    };
    assert!(refusal(&|_| ()).is_ok());
    let damages: [&dyn Fn(&mut Logistic); 7] = [
        &|model| model.features.truncate(5),
        &|model| model.features.swap(0, 5),
        &|model| model.design.encodings.truncate(5),
        &|model| model.solution.weights.truncate(1),
        &|model| model.solution.weights[0] = f64::NAN,
        &|model| model.solution.intercept = f64::INFINITY,
        &|model| model.features[5].kind = Kind::Category(vec!["only".into()]),
    ];
    for damage in damages {
        let refused = refusal(damage).unwrap_err();
        assert!(refused.contains("do not fit together"), "{refused}");
    }
}

#[test]
fn books_that_cannot_be_learned_from_are_refused_in_words() {
    let refusal = |columns: Vec<Vec<f32>>, outcomes: Vec<Option<bool>>| {
        let book = book(numbers(columns.len()), columns, outcomes);
        let learned = LogisticParams::default().cross_fit(&book, &folds(&book));
        learned.unwrap_err()
    };
    let column = || vec![vec![1.0, 2.0]];
    assert!(matches!(refusal(column(), vec![None, None]), RiskError::NoOutcomes));
    assert!(matches!(refusal(vec![vec![]], vec![]), RiskError::NoOutcomes));
    assert!(matches!(refusal(vec![], vec![]), RiskError::NoFeatures));
    assert!(matches!(refusal(column(), vec![None]), RiskError::Linfa(linfa::Error::MismatchedShapes(2, 1))));
    let all_repaid = refusal(column(), vec![Some(false), Some(false)]).to_string();
    assert!(all_repaid.starts_with("all 2 loans with a known outcome were fully recovered"), "{all_repaid}");
    let none_repaid = refusal(column(), vec![Some(true), None]).to_string();
    assert!(none_repaid.starts_with("all 1 loans with a known outcome were not fully recovered"), "{none_repaid}");
}

#[test]
fn folds_of_another_book_are_refused() {
    let (one, other) = (mixed_book(60, 32), mixed_book(90, 32));
    let learned = LogisticParams::default().cross_fit(&one, &folds(&other));
    assert!(matches!(learned, Err(RiskError::Linfa(linfa::Error::MismatchedShapes(60, 90)))));
}

#[test]
fn features_that_differ_from_the_model_are_named() {
    let (model, other) = (small_model(), logistic_book(5, 1).0.records);
    let refusals = [model.score_rows(&other, &[0]).unwrap_err(), model.contributions(&other, &[0]).unwrap_err()];
    for refused in refusals.map(|refused| refused.to_string()) {
        assert!(refused.starts_with("feature 6 is `feature_5`, but the model learned from `purpose`"), "{refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_cut_or_changed_file_is_an_error(cut in any::<prop::sample::Index>(), change in 1u8..) {
        let bytes = small_model().to_bytes();
        let place = cut.index(bytes.len());
        prop_assert!(Logistic::from_bytes(&bytes[..place]).is_err());
        let mut changed = bytes;
        changed[place] ^= change;
        prop_assert!(Logistic::from_bytes(&changed).is_err());
    }

    #[test]
    fn content_made_up_under_a_true_checksum_gives_an_error_or_a_model_that_scores(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
    ) {
        let mut content = opened(MARK, FORMAT, &small_model().to_bytes()).unwrap().to_vec();
        for (place, byte) in changes {
            let place = place.index(content.len());
            content[place] = byte;
        }
        if let Ok(model) = Logistic::from_bytes(&sealed(MARK, FORMAT, &content)) {
            let values = vec![0.0, 1.0, 6.0, -1e30, f32::MAX, MISSING];
            let matrix = FeatureMatrix::new(model.features().to_vec(), vec![values; model.features().len()]);
            let scores = model.score_rows(&matrix, &[0, 1, 2, 3, 4, 5]).unwrap();
            prop_assert!(scores.iter().all(|score| (0.0..=1.0).contains(score)), "{scores:?}");
        }
    }

    #[test]
    fn any_book_is_fitted_or_refused_for_its_outcomes(
        loans in prop::collection::vec((prop::collection::vec(prop::num::f32::ANY, 3), any::<Option<bool>>()), 0..80),
    ) {
        let column = |feature: usize| loans.iter().map(|loan| loan.0[feature]).collect();
        let features = [numbers(2), vec![category("purpose", 3)]].concat();
        let book = book(features, (0..3).map(column).collect(), loans.iter().map(|loan| loan.1).collect());
        let kinds = [true, false].map(|kind| book.targets.iter().any(|outcome| *outcome == Some(kind)));
        match LogisticParams::default().cross_fit(&book, &folds(&book)) {
            Ok(CrossFitted { model, out_of_sample, .. }) => {
                prop_assert_eq!(kinds, [true, true]);
                let scores = model.score_rows(&book.records, &(0..loans.len()).collect::<Vec<_>>()).unwrap();
                prop_assert!(out_of_sample.iter().flatten().chain(&scores).all(|score| (0.0..=1.0).contains(score)));
                prop_assert_eq!(Logistic::from_bytes(&model.to_bytes()).unwrap(), model);
            }
            Err(refused) => {
                prop_assert_ne!(kinds, [true, true]);
                let is_of_outcomes = matches!(refused, RiskError::NoOutcomes | RiskError::OneOutcome { .. });
                prop_assert!(is_of_outcomes, "{refused}");
            }
        }
    }
}
