//! What the audit names, and what it leaves alone.

use std::sync::LazyLock;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::*;

const NUMBER: Kind = Kind::Number;

static STYLE: LazyLock<Style> = LazyLock::new(|| Style::of_currency("USD"));

fn numbers(seed: u64, count: usize) -> Vec<f32> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(|_| (random.next_u64() >> 40) as f32 / (1 << 24) as f32).collect()
}

fn hashes(count: usize) -> Vec<u64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(77);
    (0..count).map(|_| random.next_u64()).collect()
}

fn column<'a>(subject: &'a str, kind: &'a Kind, values: &'a [f32]) -> AuditedColumn<'a> {
    AuditedColumn { subject, own_column: Some(subject), kind, values, style: &STYLE }
}

/// The one finding about a column of loans whose outcomes are all known.
fn found(subject: &str, kind: &Kind, values: &[f32], outcomes: &[bool]) -> AuditFinding {
    let outcomes: Vec<Option<bool>> = outcomes.iter().copied().map(Some).collect();
    audit(&[column(subject, kind, values)], &outcomes, &hashes(outcomes.len()), &Clusters::single(outcomes.len()))
        .remove(0)
}

/// Loans with the given number of each value: `(value, recovered, not recovered)`.
fn counted(rows: &[(f32, usize, usize)]) -> (Vec<f32>, Vec<bool>) {
    let of_row = |(value, recovered, not_recovered): &(f32, usize, usize)| {
        let (value, recovered, all) = (*value, *recovered, recovered + not_recovered);
        (0..all).map(move |loan| (value, loan >= recovered))
    };
    rows.iter().flat_map(of_row).unzip()
}

/// The attempts of the public data set of 500 loans: hardly better apart than by an honest feature, but certain from 4 on.
fn collection_attempts() -> (Vec<f32>, Vec<bool>) {
    let few = [(0.0, 65, 18), (1.0, 64, 29), (2.0, 84, 13), (3.0, 83, 18)];
    let many = [(4.0, 13), (5.0, 17), (6.0, 18), (7.0, 18), (8.0, 20), (9.0, 21), (10.0, 19)];
    counted(&[few.to_vec(), many.map(|(value, not_recovered)| (value, 0, not_recovered)).to_vec()].concat())
}

/// An honest feature: the odds rise smoothly with it, to an AUC of about 0.8.
fn honest(loans: usize) -> (Vec<f32>, Vec<bool>) {
    let values = numbers(1, loans);
    let is_positive = |(value, number): (&f32, &f32)| *number < 1.0 / (1.0 + (2.5 - 4.2 * value).exp());
    let outcomes = values.iter().zip(&numbers(2, loans)).map(is_positive).collect();
    (values, outcomes)
}

#[test]
fn columns_are_barred_by_name_however_they_are_written() {
    for name in
        ["Gender", "recovery status", "COLLECTION-ATTEMPTS", "Collection_Method", "legal action taken", "LoanID"]
    {
        assert!(barred_reason(name).is_some(), "{name}");
    }
    assert_eq!(barred_reason("Days_Past_Due"), None);
    let findings = barred_columns(["Age", "Gender", "Legal_Action_Taken"]);
    let named: Vec<(&str, Treatment)> =
        findings.iter().map(|finding| (finding.subject.as_str(), finding.treatment)).collect();
    assert_eq!(named, [("Gender", Treatment::Barred), ("Legal_Action_Taken", Treatment::Barred)]);
}

#[test]
fn a_barred_column_that_is_forced_in_is_named_even_if_it_looks_harmless() {
    let (_, outcomes) = honest(1_000);
    let finding = found("Gender", &NUMBER, &numbers(9, 1_000), &outcomes);
    assert_eq!(finding.treatment, Treatment::Warned);
    assert!(finding.reason.contains("protected"));
}

#[test]
fn collection_attempts_give_themselves_away_under_any_name() {
    let (values, outcomes) = collection_attempts();
    let finding = found("Calls", &NUMBER, &values, &outcomes);
    assert_eq!(finding.treatment, Treatment::Warned);
    assert!(
        finding.reason.starts_with("all 126 loans with 4 and over were not fully recovered, 62%"),
        "{}",
        finding.reason
    );
    assert!(finding.auc_alone.unwrap().value < SUSPICIOUS);
    let finding = found("Collection_Attempts", &NUMBER, &values, &outcomes);
    assert!(finding.reason.contains("written after the outcome") && finding.reason.contains("all 126 loans"));
}

#[test]
fn values_are_named_as_people_write_them() {
    let (values, outcomes) = collection_attempts();
    let texts = Kind::Category((0..=10).map(|text| text.to_string()).collect());
    let mut sorted: Vec<String> = (0..=10).map(|text| text.to_string()).collect();
    sorted.sort_unstable();
    let place = |value: &f32| sorted.iter().position(|text| *text == value.to_string()).unwrap() as f32;
    let places: Vec<f32> = values.iter().map(place).collect();
    let codes = Kind::Category(sorted.clone());
    for (kind, values) in [(&codes, &places), (&texts, &values)] {
        let reason = found("attempts", kind, values, &outcomes).reason;
        assert!(reason.starts_with("all 126 loans with “4”, “5”, “6” and 4 other values were"), "{reason}");
    }
    let shares: Vec<f32> = values.iter().map(|value| 0.7 - value / 18.0).collect();
    let reason = found("burden", &NUMBER, &shares, &outcomes).reason;
    assert!(reason.starts_with("all 126 loans with 48% and under were"), "{reason}");
}

#[test]
fn a_strong_honest_feature_is_left_alone_in_small_and_large_books() {
    for loans in [500, 2_000, 40_000] {
        let (values, outcomes) = honest(loans);
        let finding = found("days past due", &NUMBER, &values, &outcomes);
        assert_eq!(finding.treatment, Treatment::Used, "{}", finding.reason);
        let auc = finding.auc_alone.unwrap();
        assert!((0.75..0.85).contains(&auc.value), "{auc:?}");
        // A sample of 5,000 is as wide as 5,000 loans are.
        assert!(auc.upper - auc.lower > 0.01);
    }
}

#[test]
fn a_feature_with_nothing_to_tell_is_left_alone() {
    let (_, outcomes) = honest(1_000);
    let finding = found("age", &NUMBER, &numbers(5, 1_000), &outcomes);
    assert_eq!(finding.treatment, Treatment::Used);
    assert!(finding.auc_alone.unwrap().lower < 0.52);
}

#[test]
fn a_feature_that_decides_the_outcome_is_refused_whatever_its_form() {
    let (noise, outcomes) = honest(1_000);
    let decides = |value: &dyn Fn(bool, f32) -> f32| -> Vec<f32> {
        outcomes.iter().zip(&noise).map(|(outcome, noise)| value(*outcome, *noise)).collect()
    };
    let falling = decides(&|outcome, noise| if outcome { -noise } else { 1.0 + noise });
    let missing = decides(&|outcome, noise| if outcome { f32::NAN } else { noise });
    // 1 and 3 recovered, 2 not: no threshold says so, but the values do.
    let code = decides(&|outcome, noise| if outcome { 2.0 } else { 1.0 + 2.0 * (noise * 2.0).floor() });
    let texts = Kind::Category(["closed", "legal", "paid"].map(str::to_owned).to_vec());
    let text = decides(&|outcome, noise| if outcome { 1.0 } else { 2.0 * (noise * 2.0).floor() });
    for (kind, values) in [(&NUMBER, falling), (&NUMBER, missing), (&NUMBER, code), (&texts, text)] {
        let finding = found("closure", kind, &values, &outcomes);
        assert_eq!(finding.treatment, Treatment::Refused, "{}", finding.reason);
        assert_eq!(finding.auc_alone.unwrap().value, 1.0);
    }
}

#[test]
fn a_feature_that_is_too_good_for_an_honest_one_is_named() {
    let (_, outcomes) = honest(2_000);
    // Two bell curves this far apart.
    let apart = |distance: f32| -> Vec<f32> {
        let bell = numbers(8, 2_000).into_iter().map(|number| (number / (1.0 - number)).ln());
        bell.zip(&outcomes).map(|(bell, outcome)| if *outcome { bell + distance } else { bell }).collect()
    };
    assert_eq!(found("days past due", &NUMBER, &apart(2.0), &outcomes).treatment, Treatment::Used);
    let finding = found("fee", &NUMBER, &apart(4.0), &outcomes);
    assert_eq!(finding.treatment, Treatment::Warned);
    assert!(finding.reason.contains("suspiciously well (AUC alone 0.9"), "{}", finding.reason);
}

#[test]
fn a_value_that_only_one_outcome_departs_from_is_named() {
    let (values, outcomes) = counted(&[(0.0, 296, 180), (1.0, 0, 24)]);
    let finding = found("court", &NUMBER, &values, &outcomes);
    assert_eq!(finding.treatment, Treatment::Warned);
    assert!(finding.reason.contains("same in all loans that were fully recovered"), "{}", finding.reason);
    let (values, outcomes) = counted(&[(0.0, 296, 197), (1.0, 0, 7)]);
    assert_eq!(found("rare", &NUMBER, &values, &outcomes).treatment, Treatment::Used);
}

#[test]
fn what_tells_no_loans_apart_is_no_feature() {
    let (_, outcomes) = honest(200);
    let finding = found("tenure", &NUMBER, &[36.0; 200], &outcomes);
    assert_eq!((finding.treatment, finding.auc_alone), (Treatment::Barred, None));
    assert!(finding.reason.contains("does not distinguish loans"));
    let finding = found("income", &NUMBER, &[f32::NAN; 200], &outcomes);
    assert!(finding.treatment == Treatment::Barred && finding.reason.contains("missing in every loan"));
    let mut gaps = vec![36.0; 200];
    gaps[7] = f32::NAN;
    assert_eq!(found("gaps", &NUMBER, &gaps, &outcomes).treatment, Treatment::Used);
    // Only loans with an outcome count: a value that others alone have teaches nothing.
    let known: Vec<Option<bool>> = outcomes.iter().map(|outcome| Some(*outcome)).chain([None]).collect();
    let values = [vec![36.0; 200], vec![48.0]].concat();
    assert_eq!(
        audit(
            &[column("tenure", &NUMBER, &values)],
            &known,
            &hashes(201),
            &Clusters::single(known.iter().flatten().count())
        )[0]
        .treatment,
        Treatment::Barred
    );
}

#[test]
fn three_hundred_categories_are_no_feature() {
    let (_, outcomes) = honest(600);
    let kind = Kind::Category((0..300).map(|text| format!("remark {text}")).collect());
    let values: Vec<f32> = (0..600).map(|loan| (loan % 300) as f32).collect();
    let finding = found("Remarks", &kind, &values, &outcomes);
    assert_eq!(finding.treatment, Treatment::Barred);
    assert!(finding.reason.contains("300 different texts"));
}

#[test]
fn categories_without_signal_are_left_alone() {
    let (_, outcomes) = honest(500);
    let kind = Kind::Category((0..MOST_CATEGORIES).map(|text| format!("branch {text}")).collect());
    let values: Vec<f32> = numbers(4, 500).iter().map(|number| (number * MOST_CATEGORIES as f32).floor()).collect();
    let finding = found("branch", &kind, &values, &outcomes);
    assert_eq!(finding.treatment, Treatment::Used, "{}", finding.reason);
}

#[test]
fn books_without_outcomes_or_with_one_kind_are_looked_at_as_far_as_they_go() {
    let values = [1.0, 2.0, f32::INFINITY, f32::NAN, f32::NEG_INFINITY];
    for outcome in [None, Some(true)] {
        let columns = [column("income", &NUMBER, &values), column("flat", &NUMBER, &[3.0; 5])];
        let findings = audit(&columns, &[outcome; 5], &hashes(5), &Clusters::single(outcome.map_or(0, |_| 5)));
        assert_eq!(findings[0].treatment, Treatment::Used);
        assert_eq!(findings[0].auc_alone, None);
        assert_eq!(findings[1].treatment, Treatment::Barred);
    }
    assert_eq!(audit(&[column("income", &NUMBER, &[])], &[], &[], &Clusters::single(0))[0].treatment, Treatment::Used);
    let mixed = [true, false, true, false, true];
    assert!(found("income", &NUMBER, &values, &mixed).auc_alone.is_some());
}

#[test]
fn an_auc_alone_is_the_same_whichever_way_the_feature_points() {
    let (values, outcomes) = honest(800);
    let turned: Vec<f32> = values.iter().map(|value| -value).collect();
    let (one, other) = (found("up", &NUMBER, &values, &outcomes), found("down", &NUMBER, &turned, &outcomes));
    assert!((one.auc_alone.unwrap().value - other.auc_alone.unwrap().value).abs() < 1e-12);
}

#[test]
fn a_region_of_one_borrower_decides_nothing() {
    // Four hundred loans of one borrower, all written off, with a value of their own; the others are a coin toss.
    let value = |loan: usize| if loan < 400 { 7.0 } else { (loan % 5) as f32 };
    let values: Vec<f32> = (0..1_000).map(value).collect();
    let outcomes: Vec<Option<bool>> = (0..1_000).map(|loan| Some(loan < 400 || loan % 2 == 0)).collect();
    let keys: Vec<u64> = (0..1_000u64).map(|loan| loan.max(399)).collect();
    let treatment = |borrowers: &Clusters| {
        audit(&[column("branch", &NUMBER, &values)], &outcomes, &hashes(1_000), borrowers)[0].treatment
    };
    assert_eq!(treatment(&Clusters::single(1_000)), Treatment::Warned);
    assert_eq!(treatment(&Clusters::of(&keys)), Treatment::Used);
}
