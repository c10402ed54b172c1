//! Groups by hand: who is counted where, and what is known of a few.

use super::*;

/// Ten times each of these: group, score, outcome.
fn book(rows: &[(u16, f64, bool)]) -> (Groups, Vec<f64>, Vec<bool>) {
    let rows: Vec<(u16, f64, bool)> = rows.iter().flat_map(|row| std::iter::repeat_n(*row, 10)).collect();
    let names = ["a", "b", "c"].map(str::to_owned).to_vec();
    let groups = Groups { attribute: "letter".to_owned(), names, group_of: rows.iter().map(|row| row.0).collect() };
    (groups, rows.iter().map(|row| row.1).collect(), rows.iter().map(|row| row.2).collect())
}

#[test]
fn ages_fall_in_their_bands() {
    let ages = [18.0, 24.9, 25.0, 34.0, 35.0, 44.5, 45.0, 55.0, 64.9, 65.0, 99.0, f64::NAN];
    assert_eq!(Groups::of_ages(ages.into_iter()).group_of, [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6]);
}

#[test]
fn texts_make_groups_in_their_order_and_the_missing_come_last() {
    let groups = Groups::of_texts("gender", [Some("Male"), None, Some("Female"), Some("Male")].into_iter());
    assert_eq!(groups.names, ["Female", "Male", "not given"]);
    assert_eq!(groups.group_of, [1, 2, 0, 1]);
}

#[test]
fn the_smallest_of_many_groups_are_put_together() {
    let texts: Vec<String> = (0..20).flat_map(|name| vec![format!("g{name:02}"); 40 - name]).collect();
    let groups = Groups::of_texts("branch", texts.iter().map(|text| Some(text.as_str())));
    assert_eq!(groups.names.len(), MOST_GROUPS);
    assert_eq!((groups.names[10].as_str(), groups.names[11].as_str()), ("g10", ALL_OTHERS));
    assert_eq!(groups.group_of.iter().filter(|group| **group == 11).count(), (21..=29).sum::<usize>());
}

#[test]
fn a_group_is_measured_by_hand() {
    let rows = [(0, 0.9, true), (0, 0.9, true), (0, 0.1, true), (0, 0.5, false), (0, 0.1, false), (0, 0.1, false)];
    let (groups, scores, outcomes) = book(&rows);
    let screen = screen(&groups, &scores, &outcomes, &Clusters::single(outcomes.len()), 0.5).unwrap();
    let group = &screen.groups[0];
    assert_eq!((screen.groups.len(), group.loans, group.not_recovered, group.flagged), (1, 60, 30, 30));
    assert_eq!(group.true_positive_rate.share.unwrap().value, 2.0 / 3.0);
    assert_eq!(group.false_positive_rate.share.unwrap().value, 1.0 / 3.0);
    assert!((group.mean_score.unwrap() - 2.6 / 6.0).abs() < 1e-12);
    assert_eq!(group.observed_share.share.unwrap().value, 0.5);
    assert_eq!(screen.differences, []);
}

#[test]
fn a_share_of_fewer_than_thirty_is_not_given() {
    let rows = [(0, 0.9, true), (0, 0.1, true), (0, 0.9, false), (0, 0.1, false), (0, 0.1, false), (1, 0.1, false)];
    let (groups, scores, outcomes) = book(&rows);
    let screen = screen(&groups, &scores, &outcomes, &Clusters::single(outcomes.len()), 0.5).unwrap();
    assert_eq!(screen.groups[0].true_positive_rate, Share { of: 20, share: None, effective: 20.0 });
    assert_eq!(screen.groups[0].false_positive_rate.share.unwrap().value, 1.0 / 3.0);
    assert_eq!(screen.groups[1].share_flagged, Share { of: 10, share: None, effective: 10.0 });
    assert_eq!(screen.groups[1].mean_score, None);
}

#[test]
fn groups_that_are_treated_alike_do_not_differ_and_others_do() {
    let alike = [(0, 0.9, true), (0, 0.9, true), (0, 0.9, true), (0, 0.1, false), (0, 0.1, false), (0, 0.1, false)];
    let moved = |group: u16, score: f64| alike.map(|row| (group, (row.1 + score).min(1.0), row.2));
    let screened = |rows: &[(u16, f64, bool)]| {
        let (groups, scores, outcomes) = book(rows);
        screen(&groups, &scores, &outcomes, &Clusters::single(outcomes.len()), 0.5).unwrap()
    };
    let same = screened(&[alike, moved(1, 0.0), moved(2, 0.0)].concat());
    assert_eq!(same.differences.len(), 4);
    assert!(same.differences.iter().all(|row| row.includes_zero && row.pairs == 3 && row.difference.value == 0.0));
    let harsher = screened(&[alike, moved(1, 0.5)].concat());
    let flagged = &harsher.differences[0];
    assert_eq!((flagged.higher.as_str(), flagged.lower.as_str(), flagged.includes_zero), ("b", "a", false));
    assert_eq!(flagged.difference.value, 0.5);
    let calibration = &harsher.differences[3];
    assert_eq!((calibration.measure, calibration.higher.as_str()), (Measure::CalibrationGap, "a"));
}

#[test]
fn a_group_of_few_borrowers_is_known_as_well_as_its_borrowers_are() {
    let (groups, scores, outcomes) =
        book(&[(0, 0.9, true), (0, 0.1, false), (0, 0.1, false), (1, 0.9, true), (1, 0.9, true)]);
    let width = |borrowers: &Clusters| {
        let share = screen(&groups, &scores, &outcomes, borrowers, 0.5).unwrap().groups[0].share_flagged;
        share.share.unwrap().upper - share.share.unwrap().lower
    };
    let keys: Vec<u64> = (0..50).map(|loan| loan / 5).collect();
    let (by_loan, by_borrower) = (width(&Clusters::single(50)), width(&Clusters::of(&keys)));
    assert!(by_borrower > 1.6 * by_loan, "{by_borrower} {by_loan}");
}

#[test]
fn loans_to_collect_are_counted_by_the_groups_of_the_screen() {
    let (groups, scores, outcomes) = book(&[(0, 0.9, true), (1, 0.1, false)]);
    let screened = screen(&groups, &scores, &outcomes, &Clusters::single(outcomes.len()), 0.5).unwrap();
    let names = ["b", "new", NOT_GIVEN].map(str::to_owned).to_vec();
    let group_of = [[0; 40].as_slice(), &[1, 1, 2]].concat();
    let open = Groups { attribute: "letter".to_owned(), names, group_of };
    let is_flagged: Vec<bool> = (0..43).map(|loan| loan < 10 || loan == 41).collect();
    let counted = |screened: Option<&Screen>| -> Vec<(String, u64, u64)> {
        let counted = to_collect(screened, &open, &is_flagged, &Clusters::single(43));
        counted.into_iter().map(|group| (group.name, group.flagged, group.share.of)).collect()
    };
    let rows = |middle: &str| [("b", 10, 40), (middle, 1, 2), (NOT_GIVEN, 0, 1)].map(|(n, f, l)| (n.to_owned(), f, l));
    assert_eq!(counted(Some(&screened)), rows(ALL_OTHERS));
    assert_eq!(counted(None), rows("new"));
    let counted = to_collect(None, &open, &is_flagged, &Clusters::single(43));
    assert_eq!(counted[0].share.share.unwrap().value, 0.25);
    assert_eq!(counted[1].share.share, None, "too few");
}

#[test]
fn the_normal_quantile_is_that_of_the_tables() {
    for (probability, quantile) in [(0.025, 1.959_964), (0.025 / 15.0, 2.935_199), (0.25, 0.674_490)] {
        assert!((normal_quantile_above(probability) - quantile).abs() < 5e-4);
    }
}
