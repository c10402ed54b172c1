//! What a feature becomes: gaps, logs, levels, and what says nothing.

use super::*;

/// The term of each coefficient, and its value.
fn terms(model: &Logistic) -> Vec<(String, f64)> {
    model.coefficients().into_iter().map(|coefficient| (coefficient.term, coefficient.value)).collect()
}

fn names(model: &Logistic) -> Vec<String> {
    terms(model).into_iter().map(|(term, _)| term).collect()
}

/// What each feature adds for one loan with these values.
fn added(model: &Logistic, values: &[f32]) -> Vec<f64> {
    let columns = values.iter().map(|value| vec![*value]).collect();
    model.contributions(&FeatureMatrix::new(model.features().to_vec(), columns), &[0]).unwrap().values
}

/// A book of one category: the given number of loans of each level, of which the given ones in ten were not recovered.
fn book_of_levels(levels: usize, of_level: &[(usize, usize)]) -> Dataset {
    let (mut column, mut outcomes) = (vec![], vec![]);
    for (level, (loans, in_ten)) in of_level.iter().enumerate() {
        column.extend(vec![level as f32; *loans]);
        outcomes.extend((0..*loans).map(|loan| Some(loan % 10 < *in_ten)));
    }
    book(vec![category("purpose", levels)], vec![column], outcomes)
}

#[test]
fn that_a_value_is_missing_tells_though_the_values_are_noise() {
    let mut dice = Dice::new(20);
    let outcomes: Vec<Option<bool>> = (0..2000).map(|loan| Some(loan % 4 == 0)).collect();
    let column = outcomes.iter().map(|is_positive| {
        let is_missing = dice.share() < if *is_positive == Some(true) { 0.95 } else { 0.05 };
        if is_missing { MISSING } else { dice.normal() as f32 }
    });
    let book = book(numbers(1), vec![column.collect()], outcomes);
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    let [(value_name, value), (gap_name, gap)] = &terms(&model)[..] else { panic!("{:?}", terms(&model)) };
    assert_eq!([value_name.as_str(), gap_name], ["feature_0", "feature_0 missing"]);
    // The odds are 19 to 1 times 1/3 with a gap, 1 to 19 times 1/3 without: a ratio of 361, less what the penalty takes.
    assert!((4.5..6.0).contains(gap) && value.abs() < 0.3, "{gap} {value}");
    assert!(auc(&out_of_sample, &book) > 0.93);
    let [missing, average] = [MISSING, 0.0].map(|value| added(&model, &[value])[0]);
    assert!((missing - average - gap).abs() < 0.1, "{missing} {average}");
}

#[test]
fn a_few_gaps_count_as_average_and_features_with_the_same_gaps_share_a_column() {
    let mut dice = Dice::new(21);
    let mut column = |is_gap: &dyn Fn(usize) -> bool| -> Vec<f32> {
        (0..500).map(|loan| if is_gap(loan) { MISSING } else { dice.normal() as f32 }).collect()
    };
    let columns = vec![
        column(&|loan| loan < 9),
        column(&|loan| loan % 5 == 0),
        column(&|loan| loan % 5 == 0),
        column(&|loan| loan % 5 == 1),
    ];
    let outcomes = (0..500).map(|loan| Some(loan % 3 == 0)).collect();
    let CrossFitted { model, .. } = fit(&book(numbers(4), columns, outcomes));
    assert_eq!(
        names(&model),
        ["feature_0", "feature_1", "feature_1 missing", "feature_2", "feature_3", "feature_3 missing"]
    );
    assert_eq!(added(&model, &[MISSING, 0.0, MISSING, 0.0])[0], 0.0);
    assert_eq!(added(&model, &[0.0, 0.0, MISSING, 0.0])[2], 0.0);
}

#[test]
fn long_tails_are_taken_as_logs_where_no_value_is_negative() {
    let mut dice = Dice::new(22);
    let normal: Vec<f64> = (0..3000).map(|_| dice.normal()).collect();
    let outcomes = normal.iter().map(|value| Some(dice.share() < probability(*value))).collect();
    let tail =
        |shift: f32| normal.iter().map(move |value| (3.0 + 1.5 * value).exp() as f32 - shift).collect::<Vec<f32>>();
    let plain = normal.iter().map(|value| *value as f32).collect();
    let book = book(numbers(3), vec![tail(0.0), tail(1000.0), plain], outcomes);
    let CrossFitted { model, .. } = fit(&book);
    assert_eq!(names(&model), ["log feature_0", "feature_1", "feature_2"]);
    // Beyond the percentiles nothing is added, be the value as large as it may; in between, equal ratios add equally.
    let of_tail = |value: f32| added(&model, &[value, 0.0, 0.0])[0];
    assert_eq!(of_tail(1e30).to_bits(), of_tail(1e5).to_bits());
    assert_eq!(of_tail(-7.0).to_bits(), of_tail(0.0).to_bits());
    let steps = [11.0, 23.0, 47.0, 95.0].map(of_tail);
    assert!(((steps[1] - steps[0]) - (steps[3] - steps[2])).abs() < 1e-6 && steps[0] < steps[3], "{steps:?}");
}

#[test]
fn one_wild_value_moves_a_coefficient_hardly() {
    let (book, _) = logistic_book(2000, 23);
    let mut columns: Vec<Vec<f32>> = (0..10).map(|feature| book.records.column(feature).to_vec()).collect();
    columns[0][17] = -1e30;
    let wild = super::book(numbers(10), columns, book.targets.to_vec());
    let [tame, wild] = [&book, &wild].map(|book| terms(&fit(book).model)[0].1);
    assert!((tame - wild).abs() < 0.02, "{tame} {wild}");
}

#[test]
fn levels_are_held_against_the_most_frequent_one() {
    let book = book_of_levels(3, &[(2000, 2), (1000, 5), (1000, 1)]);
    let CrossFitted { model, .. } = fit(&book);
    assert_eq!(names(&model), ["purpose = level 1", "purpose = level 2"]);
    let odds = [0.2, 0.5, 0.1].map(log_odds);
    for ((_, value), expected) in terms(&model).into_iter().zip([odds[1] - odds[0], odds[2] - odds[0]]) {
        assert!((0.8..1.0).contains(&(value / expected)), "{value} against {expected}");
    }
    let scores = model.score_rows(&book.records, &[0, 2000, 3000]).unwrap();
    assert!(scores.iter().zip([0.2, 0.5, 0.1]).all(|(score, share)| (score - share).abs() < 0.03), "{scores:?}");
}

#[test]
fn of_three_hundred_levels_the_frequent_ones_tell_apart_and_the_rare_ones_together() {
    // Level 0 has 2,000 loans, 1 to 9 have 200 each, 10 to 298 have 5 each; nobody has 299.
    let loans_of = |level| {
        if level == 0 {
            2000
        } else if level < 10 {
            200
        } else {
            5
        }
    };
    let in_ten = |level| {
        if level == 0 {
            2
        } else if level < 10 {
            level
        } else {
            5
        }
    };
    let levels: Vec<(usize, usize)> = (0..299).map(|level| (loans_of(level), in_ten(level))).collect();
    let book = book_of_levels(300, &levels);
    let CrossFitted { model, out_of_sample, .. } = fit_of(10_000, &book, &folds(&book));
    let expected: Vec<String> = (1..10).map(|level| format!("purpose = level {level}")).collect();
    assert_eq!(names(&model), [&expected[..], &["purpose = other".into()]].concat());
    let of_level = |level: usize| added(&model, &[level as f32])[0];
    assert!((1..9).all(|level| of_level(level) < of_level(level + 1)), "the more in ten, the more is added");
    assert!((11..300).all(|level| of_level(level).to_bits() == of_level(10).to_bits()), "299 is as rare as they are");
    // The rare levels have all of their five loans among the first five in ten.
    assert!(of_level(10) > of_level(9));
    assert!(out_of_sample.iter().flatten().all(|score| 0.0 < *score && *score < 1.0));
}

#[test]
fn a_level_that_nobody_had_and_what_is_no_level_count_as_average() {
    let book = book_of_levels(5, &[(200, 2), (100, 5), (100, 1)]);
    let CrossFitted { model, .. } = fit(&book);
    assert!(added(&model, &[1.0])[0] > 0.1);
    for value in [3.0, 4.0, 5.0, 1e9, -1.0, 0.5, MISSING, f32::INFINITY] {
        assert_eq!(added(&model, &[value]), [0.0], "{value}");
    }
}

#[test]
fn what_is_the_same_for_all_adds_nothing() {
    let (known, _) = logistic_book(1000, 24);
    let mut features = numbers(4);
    features.extend([category("one level", 3), category("rare levels", 300), category("no level", 0)]);
    let rare = (0..1000).map(|loan| (loan % 300) as f32).collect();
    let columns = vec![
        vec![5.0; 1000],
        vec![MISSING; 1000],
        known.records.column(0).to_vec(),
        vec![f32::INFINITY; 1000],
        vec![2.0; 1000],
        rare,
        vec![MISSING; 1000],
    ];
    let book = book(features, columns, known.targets.to_vec());
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    assert_eq!(names(&model), ["feature_2"]);
    let found = added(&model, &[9.0, 7.0, 1.0, 3.0, 0.0, 12.0, 0.0]);
    assert!(found[2] > 0.5 && found.iter().filter(|added| **added == 0.0).count() == 6, "{found:?}");
    assert!(auc(&out_of_sample, &book) > 0.7);
}

#[test]
fn where_nothing_tells_every_loan_gets_the_share() {
    let outcomes = (0..100).map(|loan| Some(loan < 20)).collect();
    let book = book(numbers(2), vec![vec![1.0; 100], vec![MISSING; 100]], outcomes);
    let CrossFitted { model, out_of_sample, .. } = fit(&book);
    assert!(model.coefficients().is_empty());
    let scores = model.score_rows(&book.records, &[0, 99]).unwrap();
    assert!(out_of_sample.iter().flatten().chain(&scores).all(|score| (score - 0.2).abs() < 1e-9));
}

#[test]
fn infinities_are_gaps() {
    let infinite = mixed_book(900, 25);
    let columns = (0..6).map(|feature| {
        let column = infinite.records.column(feature).iter();
        column.map(|value| if value.is_infinite() { MISSING } else { *value }).collect()
    });
    let gaps = book(infinite.records.features().to_vec(), columns.collect(), infinite.targets.to_vec());
    let [infinite, gaps] = [infinite, gaps].map(|book| fit(&book));
    assert!(names(&infinite.model).contains(&"feature_2 missing".to_owned()));
    assert!(infinite.model.to_bytes() == gaps.model.to_bytes());
    assert_eq!(bits(infinite.out_of_sample.iter().flatten()), bits(gaps.out_of_sample.iter().flatten()));
    let of = |value: f32| added(&infinite.model, &[0.0, 1.0, value, 3.0, 0.0, 0.0])[2].to_bits();
    assert_eq!([of(f32::INFINITY), of(f32::NEG_INFINITY)], [of(MISSING); 2]);
    assert_ne!(of(MISSING), of(5e5));
}
