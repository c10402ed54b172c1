//! Answers by hand, then made-up trees against the definition of Shapley values, then forests.

mod game;

use std::sync::LazyLock;

use linfa::dataset::{DatasetBase, Records};
use ndarray::Array1;

use super::super::fitted::Fitted;
use super::super::tests::{Dice, bits, informative_book, quick, ragged_book};
use super::super::tree::TreeNode;
use super::super::{Dataset, score};
use super::*;
use crate::features::{Feature, FeatureMatrix, Kind, Monotone};
use crate::risk::bins::MISSING;
use game::{Maker, leaf, shapley, split, tree_of, worth};

/// What a tree alone says of some loans, whose codes are given loan by loan.
fn explained(tree: &Tree, loans: &[Vec<u8>]) -> Contributions {
    let features = loans[0].len();
    contributions(std::slice::from_ref(tree), &loans.concat(), features, |_, _| true)
}

/// Holds what a tree says of loans against the definition.
fn assert_exact(tree: &Tree, loans: &[Vec<u8>]) {
    let found = explained(tree, loans);
    for ((codes, base), values) in loans.iter().zip(&found.base).zip(found.values.chunks(loans[0].len())) {
        assert_near(*base, worth(tree, codes, 0, 0));
        for (value, expected) in values.iter().zip(shapley(tree, codes)) {
            assert_near(*value, expected);
        }
    }
}

fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
}

/// How often the way that splits most by one feature does so, over all features.
fn most_splits_by_one_feature(tree: &Tree, features: usize) -> usize {
    let mut waiting = vec![(0, vec![0; features])];
    let mut most = 0;
    while let Some((place, mut splits)) = waiting.pop() {
        if let TreeNode::Split { rule, left, .. } = tree.at(place) {
            splits[rule.feature as usize] += 1;
            most = most.max(splits[rule.feature as usize]);
            waiting.extend([(left, splits.clone()), (left + 1, splits)]);
        }
    }
    most
}

/// Base and contributions of each loan, summed.
fn sums(found: &Contributions) -> Vec<f64> {
    let features = found.values.len() / found.base.len();
    found
        .base
        .iter()
        .zip(found.values.chunks(features))
        .map(|(base, values)| base + values.iter().sum::<f64>())
        .collect()
}

/// Noise in 16 features, by which trees of many single rows become deep.
static DEEP_FOREST: LazyLock<(Dataset, Fitted)> = LazyLock::new(|| {
    let mut dice = Dice::new(5);
    let features = (0..16).map(|feature| Feature::number(&format!("noise_{feature}"))).collect();
    let mut column = || (0..1500).map(|_| if dice.share() < 0.1 { f32::NAN } else { dice.share() }).collect();
    let columns = (0..16).map(|_| column()).collect();
    let outcomes: Array1<_> = (0..1500).map(|_| Some(dice.share() < 0.5).filter(|_| dice.share() < 0.8)).collect();
    let book = DatasetBase::new(FeatureMatrix::new(features, columns), outcomes);
    let fitted = quick(5).trees(9).min_leaf(1).features_per_split(1).fit_alone(&book).unwrap();
    (book, fitted)
});

#[test]
fn two_features_share_what_a_tree_says_as_by_hand() {
    // Eight rows: four have A up to 0 and end at 1/8. Of the four others, one has B up to 0 and ends at 1/4; three end at 3/4.
    let nodes = vec![split(0, 0, false), leaf(4, 0.125), split(1, 0, false), leaf(1, 0.25), leaf(3, 0.75)];
    let tree = tree_of(nodes, 2, vec![]);
    let found = explained(&tree, &[vec![1, 1], vec![0, 0]]);
    // Nothing known: 1/2 of 1/8 and 1/2 of (1/4 of 1/4 and 3/4 of 3/4), which is 3/8.
    assert_eq!(found.base, [0.375; 2]);
    // The first loan goes right twice. A known: 5/8; B known: 1/2 of 1/8 and 1/2 of 3/4 = 7/16; both: 3/4.
    // So A gives ((5/8 - 3/8) + (3/4 - 7/16)) / 2 = 9/32, and B ((7/16 - 3/8) + (3/4 - 5/8)) / 2 = 3/32.
    // The second goes left. A known: 1/8; B known: 1/2 of 1/8 and 1/2 of 1/4 = 3/16; both: 1/8, though it never meets B.
    // So A gives ((1/8 - 3/8) + (1/8 - 3/16)) / 2 = -5/32, and B ((3/16 - 3/8) + 0) / 2 = -3/32.
    let by_hand = [9.0, 3.0, -5.0, -3.0].map(|of_32| of_32 / 32.0);
    found.values.iter().zip(by_hand).for_each(|(value, expected)| assert_near(*value, expected));
}

#[test]
fn a_missing_value_moves_the_score_the_way_that_it_goes() {
    for (is_missing_left, expected) in [(true, -0.375), (false, 0.125)] {
        let tree = tree_of(vec![split(0, 3, is_missing_left), leaf(1, 0.0), leaf(3, 0.5)], 1, vec![]);
        let found = explained(&tree, &[vec![MISSING]]);
        assert_near(found.base[0], 0.375);
        assert_near(found.values[0], expected);
    }
}

#[test]
fn a_tree_of_one_leaf_gives_its_value_and_no_reasons() {
    let found = explained(&tree_of(vec![leaf(7, 0.25)], 3, vec![]), &[vec![0, 1, MISSING], vec![5; 3]]);
    assert_eq!(found, Contributions { base: vec![0.25; 2], values: vec![0.0; 6] });
}

#[test]
fn numbers_and_gaps_get_their_shapley_values_however_often_a_way_asks_for_them() {
    let mut most_splits = 0;
    for seed in 0..40 {
        let mut maker = Maker::new(seed);
        let features = 1 + maker.below(6);
        let tree = maker.tree(7, features, vec![]);
        most_splits = most_splits.max(most_splits_by_one_feature(&tree, features));
        assert_exact(&tree, &maker.loans(20, features));
    }
    assert!(most_splits >= 6, "{most_splits} splits by one feature on a way");
}

#[test]
fn categories_get_their_shapley_values_by_the_ranks_of_each_tree() {
    for seed in 100..120 {
        let mut maker = Maker::new(seed);
        let orders = vec![maker.ranks(1), maker.ranks(3)];
        let tree = maker.tree(6, 5, orders);
        assert_exact(&tree, &maker.loans(20, 5));
    }
}

#[test]
fn leaves_of_one_to_sixteen_features_get_their_shapley_values() {
    for features in [4, 9, 12, 13, 16] {
        let mut maker = Maker::new(features as u64);
        let tree = maker.chain(features);
        let loans = maker.loans(3, features);
        assert_exact(&tree, &loans);
    }
}

#[test]
fn powers_up_to_the_promised_degree_are_integrated_exactly() {
    fn check<const POINTS: usize>() {
        let (points, weights) = quadrature::<POINTS>();
        for power in 0..2 * POINTS {
            let found: f64 = points.iter().zip(weights).map(|(point, weight)| weight * point.powi(power as i32)).sum();
            assert_near(found, 1.0 / (power + 1) as f64);
        }
    }
    check::<1>();
    check::<2>();
    check::<8>();
    check::<128>();
}

#[test]
fn a_forest_says_the_mean_of_its_trees_and_nothing_of_features_that_it_never_used() {
    // Two features with a direction, one with gaps, a category, and one that is the same for all.
    let whole = ragged_book(400, 7);
    let mut columns: Vec<Vec<f32>> = (0..3).map(|feature| whole.records.column(feature).to_vec()).collect();
    columns.push((0..400).map(|loan| [2.0, 0.0, f32::NAN, 1.0][loan * 7 % 4]).collect());
    columns.push(vec![1.0; 400]);
    let mut features: Vec<Feature> = ["up", "down", "free", "purpose", "same"].map(Feature::number).to_vec();
    (features[0].monotone, features[1].monotone) = (Monotone::Up, Monotone::Down);
    features[3].kind = Kind::Category(["car", "home", "shop"].map(str::to_owned).to_vec());
    let book = DatasetBase::new(FeatureMatrix::new(features, columns), whole.targets);
    let params = quick(7).trees(11).min_leaf(3).features_per_split(3);
    let Forest { binning, trees, .. } = &params.fit_alone(&book).unwrap().forest;
    assert!(trees.iter().any(|tree| !tree.orders().is_empty()), "the category was used");
    let rows: Vec<usize> = (0..400).step_by(9).collect();
    let codes = score::encoded(binning, &book.records, &rows);
    // Each loan has trees of its own; the last has none.
    let uses = |tree: usize, loan: usize| !(tree + loan).is_multiple_of(3) && loan + 1 < rows.len();
    let found = contributions(trees, &codes, 5, uses);
    for (loan, codes) in codes.chunks(5).enumerate().take(rows.len() - 1) {
        let used: Vec<&Tree> = (0..11).filter(|tree| uses(*tree, loan)).map(|tree| &trees[tree]).collect();
        let mean = |of: &dyn Fn(&Tree) -> f64| used.iter().map(|tree| of(tree)).sum::<f64>() / used.len() as f64;
        assert_near(found.base[loan], mean(&|tree| worth(tree, codes, 0, 0)));
        for feature in 0..4 {
            assert_near(found.values[loan * 5 + feature], mean(&|tree| shapley(tree, codes)[feature]));
        }
        assert_eq!(found.values[loan * 5 + 4], 0.0, "what is the same for all says nothing");
    }
    let of_the_last = [&found.base[rows.len() - 1..], &found.values[(rows.len() - 1) * 5..]].concat();
    assert!(of_the_last.iter().all(|value| value.is_nan()), "a loan without trees has no reasons");
}

#[test]
fn base_and_contributions_of_a_deep_forest_add_up_to_the_score_of_every_loan() {
    let (book, Fitted { forest, .. }) = &*DEEP_FOREST;
    let rows: Vec<usize> = (0..book.records.nsamples()).collect();
    let found = forest.contributions(&book.records, &rows, |_, _| true).unwrap();
    let scores = forest.score(&book.records).unwrap();
    assert_eq!((found.base.len(), found.values.len()), (1500, 1500 * 16));
    sums(&found).into_iter().zip(scores).for_each(|(sum, score)| assert_near(sum, score));
}

#[test]
fn a_loan_learned_from_is_explained_by_the_trees_of_its_out_of_bag_score() {
    let (book, fitted) = &*DEEP_FOREST;
    let rows: Vec<usize> = (0..1500).rev().collect();
    let found = fitted.contributions(book, &rows).unwrap();
    let scores = fitted.forest.score(&book.records).unwrap();
    let mut differing = 0;
    for (row, sum) in rows.iter().zip(sums(&found)) {
        assert_near(sum, fitted.out_of_bag[*row].unwrap_or(scores[*row]));
        differing += usize::from(fitted.out_of_bag[*row].is_some_and(|score| (score - scores[*row]).abs() > 0.1));
    }
    assert!(differing > 900, "out of the bag a score is another: {differing}");
}

#[test]
fn a_loan_that_every_tree_drew_is_explained_by_all_of_them() {
    let book = informative_book(60, 3);
    let fitted = quick(3).trees(1).min_leaf(1).fit_alone(&book).unwrap();
    let scores = fitted.forest.score(&book.records).unwrap();
    let drawn: Vec<usize> = (0..60).filter(|row| fitted.out_of_bag[*row].is_none()).collect();
    assert!(drawn.len() > 20, "{} loans were drawn", drawn.len());
    let found = fitted.contributions(&book, &drawn).unwrap();
    drawn.iter().zip(sums(&found)).for_each(|(row, sum)| assert_near(sum, scores[*row]));
}

#[test]
fn contributions_have_the_same_bits_on_any_number_of_threads() {
    let (book, fitted) = &*DEEP_FOREST;
    let rows: Vec<usize> = (0..1500).collect();
    let on_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found = pool.install(|| fitted.contributions(book, &rows).unwrap());
        [bits(&found.base), bits(&found.values)]
    };
    let alone = on_threads(1);
    assert!(alone == on_threads(2));
    assert!(alone == on_threads(8));
}

#[test]
fn a_loan_has_the_same_bits_alone_as_among_others() {
    let (book, fitted) = &*DEEP_FOREST;
    let all = fitted.contributions(book, &(0..1500).collect::<Vec<_>>()).unwrap();
    let of = |rows: &[usize]| {
        let found = fitted.contributions(book, rows).unwrap();
        let expected: Vec<f64> = rows.iter().flat_map(|row| &all.values[row * 16..][..16]).copied().collect();
        let bases: Vec<f64> = rows.iter().map(|row| all.base[*row]).collect();
        assert!(bits(&found.values) == bits(&expected) && bits(&found.base) == bits(&bases), "{rows:?}");
    };
    of(&[1499]);
    of(&(0..1500).rev().step_by(7).collect::<Vec<_>>());
    of(&[3; 600]);
}

#[test]
fn no_loans_have_no_contributions_and_other_features_are_refused() {
    let (book, fitted) = &*DEEP_FOREST;
    let none = Contributions { base: vec![], values: vec![] };
    assert_eq!(fitted.contributions(book, &[]).unwrap(), none);
    let refused = fitted.forest.contributions(&informative_book(5, 1).records, &[0], |_, _| true).unwrap_err();
    assert!(matches!(refused, RiskError::FeatureMismatch { position: 1, .. }), "{refused}");
}
