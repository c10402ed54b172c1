//! Invariants of the made-up book, its known truth, and what must not depend on it.

use std::collections::{HashMap, HashSet};

use super::*;

const SAMPLE_LOANS: usize = 20_000;

struct Row(HashMap<String, String>);

impl Row {
    fn text(&self, column: &str) -> &str {
        &self.0[column]
    }

    fn number(&self, column: &str) -> Option<f64> {
        let text = self.text(column);
        (!text.is_empty()).then(|| text.parse().expect(column))
    }

    fn known(&self, column: &str) -> f64 {
        self.number(column).expect(column)
    }
}

fn bytes(loans: usize, seed: u64, signal: Signal) -> (String, String) {
    let (mut book, mut truth) = (Vec::new(), Vec::new());
    write_book(&DemoBook { loans, seed, signal }, &mut book, Some(&mut truth)).expect("memory is never full");
    [book, truth].map(|text| String::from_utf8(text).expect("plain text")).into()
}

fn rows(csv_text: &str) -> Vec<Row> {
    csv::Reader::from_reader(csv_text.as_bytes()).deserialize().map(|row| Row(row.expect("a row of CSV"))).collect()
}

/// Rows of the book and of its truth.
fn sample(signal: Signal) -> (Vec<Row>, Vec<Row>) {
    let (book, truth) = bytes(SAMPLE_LOANS, 11, signal);
    (rows(&book), rows(&truth))
}

fn outcomes(truth: &[Row]) -> Vec<bool> {
    truth.iter().map(|row| row.text("Outcome") == "1").collect()
}

fn share(count: usize) -> f64 {
    count as f64 / SAMPLE_LOANS as f64
}

/// Mean ranks, ties shared.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|left, right| values[*left].total_cmp(&values[*right]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|left, right| values[*left] == values[*right]) {
        let mean_rank = start as f64 + (tied.len() as f64 + 1.0) / 2.0;
        tied.iter().for_each(|loan| ranks[*loan] = mean_rank);
        start += tied.len();
    }
    ranks
}

/// The probability that a loan not recovered has the higher value than one recovered (Mann-Whitney).
fn auc(values: &[f64], outcomes: &[bool]) -> f64 {
    let positives = outcomes.iter().filter(|outcome| **outcome).count() as f64;
    let negatives = outcomes.len() as f64 - positives;
    let rank_sum: f64 = ranks(values).iter().zip(outcomes).filter(|(_, outcome)| **outcome).map(|(rank, _)| rank).sum();
    (rank_sum - positives * (positives + 1.0) / 2.0) / (positives * negatives)
}

fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (left_mean, right_mean) = (mean(left), mean(right));
    let product = |a: &[f64], a_mean: f64, b: &[f64], b_mean: f64| {
        a.iter().zip(b).map(|(a, b)| (a - a_mean) * (b - b_mean)).sum::<f64>()
    };
    product(left, left_mean, right, right_mean)
        / (product(left, left_mean, left, left_mean) * product(right, right_mean, right, right_mean)).sqrt()
}

fn column(rows: &[Row], name: &str) -> Vec<f64> {
    rows.iter().map(|row| row.known(name)).collect()
}

fn burden(rows: &[Row]) -> Vec<f64> {
    let of_row = |row: &Row| row.known("Monthly_EMI") / row.number("Monthly_Income").unwrap_or(80_000.0);
    rows.iter().map(of_row).collect()
}

#[test]
fn every_row_has_the_columns_of_the_header_and_nothing_is_quoted() {
    let (book, truth) = bytes(500, 3, Signal::Normal);
    assert_eq!(book.lines().next(), Some(BOOK_COLUMNS));
    assert_eq!((book.lines().count(), truth.lines().count()), (501, 501));
    assert!(book.lines().all(|line| line.split(',').count() == 21 && !line.contains('"')));
    assert!(truth.lines().all(|line| line.split(',').count() == 3));
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_gives_others() {
    assert_eq!(bytes(300, 5, Signal::Normal), bytes(300, 5, Signal::Normal));
    let (one, other) = (bytes(300, 5, Signal::Normal).0, bytes(300, 6, Signal::Normal).0);
    let same_lines = one.lines().zip(other.lines()).skip(1).filter(|(left, right)| left == right).count();
    assert_eq!(same_lines, 0);
}

#[test]
fn a_short_book_is_the_beginning_of_a_long_one() {
    let (short, short_truth) = bytes(2_000, 9, Signal::Normal);
    let (long, long_truth) = bytes(2_500, 9, Signal::Normal);
    assert!(long.starts_with(&short) && long_truth.starts_with(&short_truth));
    let (empty, empty_truth) = bytes(0, 9, Signal::Normal);
    assert_eq!((empty.lines().count(), empty_truth.lines().count()), (1, 1));
}

/// The first two loans, digit for digit: a change of any draw, or a machine that draws otherwise, shows here.
#[test]
fn the_first_loans_are_those_that_they_always_were() {
    let (book, truth) = bytes(2, 7, Signal::Normal);
    let first_rows = |text: &str| text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        first_rows(&book),
        [
            "BRW_1,38,Female,Self-Employed,53597.00,4,LN_1,1284000.00,72,11.10,Home,1803195.8\
             9,1294773.90,24505.57,Delayed,2,47,Partially Recovered,9,Debt Collectors,No",
            "BRW_2,57,Male,Business Owner,65629.00,2,LN_2,301000.00,60,8.77,Auto,345629.98,3040\
             3.76,6214.72,On-Time,0,0,Fully Recovered,1,Debt Collectors,No",
        ]
    );
    assert_eq!(first_rows(&truth), ["LN_1,0.715204,1", "LN_2,0.029969,0"]);
}

#[test]
fn loan_ids_are_unique_and_some_borrowers_hold_two_loans() {
    let (book, truth) = sample(Signal::Normal);
    let loans: HashSet<&str> = book.iter().map(|row| row.text("Loan_ID")).collect();
    assert_eq!(loans.len(), SAMPLE_LOANS);
    assert!(book.iter().zip(&truth).all(|(row, true_row)| row.text("Loan_ID") == true_row.text("Loan_ID")));
    let mut by_borrower: HashMap<&str, Vec<&Row>> = HashMap::new();
    book.iter().for_each(|row| by_borrower.entry(row.text("Borrower_ID")).or_default().push(row));
    assert!(by_borrower.values().all(|loans| loans.len() <= 2));
    let with_two: Vec<_> = by_borrower.values().filter(|loans| loans.len() == 2).collect();
    let share_with_two = with_two.len() as f64 / by_borrower.len() as f64;
    assert!((0.07..0.09).contains(&share_with_two), "{share_with_two}");
    for about_the_borrower in ["Age", "Gender", "Employment_Type", "Monthly_Income", "Num_Dependents"] {
        let text = |row: &Row| row.text(about_the_borrower).to_owned();
        assert!(with_two.iter().all(|loans| text(loans[0]) == text(loans[1])), "{about_the_borrower}");
    }
}

#[test]
fn instalments_follow_the_annuity_formula_to_half_a_cent() {
    // Known from any loan table: 100,000 at 12 % over 12 months.
    assert!((loan::instalment(100_000.0, 1200, 12) - 8_884.88).abs() < 0.005);
    assert!(loan::scheduled_balance(100_000.0, 1200, 12, 12).abs() < 1e-6);
    for row in &sample(Signal::Normal).0 {
        let monthly_rate = row.known("Interest_Rate") / 1200.0;
        let tenure = row.known("Loan_Tenure");
        let annuity = row.known("Loan_Amount") * monthly_rate / (1.0 - (1.0 + monthly_rate).powf(-tenure));
        assert!((row.known("Monthly_EMI") - annuity).abs() < 0.00501, "{}", row.text("Loan_ID"));
    }
}

#[test]
fn values_keep_to_their_ranges() {
    for row in &sample(Signal::Normal).0 {
        let within = |column: &str, low: f64, high: f64| {
            let value = row.number(column);
            assert!(value.is_none_or(|value| (low..=high).contains(&value)), "{column} {value:?}");
        };
        within("Age", 21.0, 70.0);
        within("Num_Dependents", 0.0, 5.0);
        within("Monthly_Income", 4_000.0, 1_500_000.0);
        within("Interest_Rate", 4.0, 28.0);
        within("Loan_Tenure", 12.0, 240.0);
        within("Days_Past_Due", 0.0, 360.0);
        within("Num_Missed_Payments", 0.0, 12.0);
        // Nothing was repaid at worst, and interest has run for a year.
        within("Outstanding_Loan_Amount", 0.01, 1.3 * row.known("Loan_Amount"));
    }
}

#[test]
fn days_past_due_follow_the_missed_payments() {
    let (book, _) = sample(Signal::Normal);
    let (days, missed) = (column(&book, "Days_Past_Due"), column(&book, "Num_Missed_Payments"));
    let rank_correlation = correlation(&ranks(&days), &ranks(&missed));
    assert!(rank_correlation > 0.6, "{rank_correlation}");
    assert!(days.iter().zip(&missed).all(|(days, missed)| *days <= (30.0 * missed).max(20.0)));
    let cured = days.iter().zip(&missed).filter(|(days, missed)| **days == 0.0 && **missed > 0.0).count();
    assert!(share(cured) > 0.05, "{cured} cured");
}

#[test]
fn collateral_goes_with_the_loan_type() {
    let (book, _) = sample(Signal::Normal);
    let of_type = |kind: &str| -> Vec<(Option<f64>, f64)> {
        let chosen = book.iter().filter(|row| row.text("Loan_Type") == kind);
        chosen.map(|row| (row.number("Collateral_Value"), row.known("Loan_Amount"))).collect()
    };
    let [personal, home, auto, business] = ["Personal", "Home", "Auto", "Business"].map(of_type);
    assert!([&personal, &home, &auto, &business].iter().all(|loans| loans.len() > 1_000));
    assert!(personal.iter().all(|(value, _)| *value == Some(0.0)));
    let is_usual_mortgage =
        |(value, amount): &(Option<f64>, f64)| value.is_none_or(|value| (0.699..=0.901).contains(&(amount / value)));
    assert!(home.iter().chain(&auto).all(is_usual_mortgage));
    let unsecured = business.iter().filter(|(value, _)| *value == Some(0.0)).count() as f64 / business.len() as f64;
    assert!((0.3..0.4).contains(&unsecured), "{unsecured}");
}

#[test]
fn about_one_value_in_a_hundred_is_missing_and_never_one_that_is_required() {
    let (book, _) = sample(Signal::Normal);
    let may_be_missing = ["Age", "Monthly_Income", "Num_Dependents", "Collateral_Value"];
    for column in BOOK_COLUMNS.split(',') {
        let missing = share(book.iter().filter(|row| row.text(column).is_empty()).count());
        let expected = if may_be_missing.contains(&column) { 0.004..0.014 } else { 0.0..f64::MIN_POSITIVE };
        assert!(expected.contains(&missing), "{column}: {missing}");
    }
}

#[test]
fn the_true_probabilities_separate_and_spread_as_promised() {
    let (_, truth) = sample(Signal::Normal);
    let (probabilities, outcomes) = (column(&truth, "True_Probability"), outcomes(&truth));
    let auc = auc(&probabilities, &outcomes);
    assert!((0.80..0.87).contains(&auc), "AUC {auc}");
    let not_recovered = share(outcomes.iter().filter(|outcome| **outcome).count());
    assert!((0.37..0.43).contains(&not_recovered), "{not_recovered}");
    let expected = probabilities.iter().sum::<f64>() / SAMPLE_LOANS as f64;
    assert!((not_recovered - expected).abs() < 0.01, "{not_recovered} came, {expected} expected");
    let within = |low: f64, high: f64| {
        share(probabilities.iter().filter(|probability| (low..high).contains(*probability)).count())
    };
    assert!(within(0.75, 1.0) > 0.12 && within(0.5, 0.75) > 0.12 && within(0.0, 0.2) > 0.2);
}

#[test]
fn without_signal_nothing_known_before_tells_the_outcome() {
    let (book, truth) = sample(Signal::None);
    let outcomes = outcomes(&truth);
    assert!(truth.iter().all(|row| row.text("True_Probability") == "0.400000"));
    for (name, values) in [
        ("days", column(&book, "Days_Past_Due")),
        ("missed", column(&book, "Num_Missed_Payments")),
        ("outstanding", column(&book, "Outstanding_Loan_Amount")),
        ("burden", burden(&book)),
    ] {
        let auc = auc(&values, &outcomes);
        assert!((0.47..0.53).contains(&auc), "AUC of {name}: {auc}");
    }
}

#[test]
fn the_signal_changes_the_endings_and_nothing_else() {
    let before_the_end = |signal| -> Vec<String> {
        let cut = |line: &str| line.split(',').take(17).collect::<Vec<_>>().join(",");
        bytes(2_000, 4, signal).0.lines().map(cut).collect()
    };
    assert_eq!(before_the_end(Signal::None), before_the_end(Signal::Normal));
}

#[test]
fn a_quarter_of_the_loans_is_outstanding_whatever_their_outcome() {
    let (book, truth) = sample(Signal::Normal);
    let is_open = |row: &&Row| row.text("Recovery_Status") == "Outstanding";
    let open = share(book.iter().filter(is_open).count());
    assert!((0.23..0.27).contains(&open), "{open}");
    let is_open: Vec<f64> = book.iter().map(|row| f64::from(u8::from(is_open(&row)))).collect();
    let auc = auc(&is_open, &outcomes(&truth));
    assert!((0.48..0.52).contains(&auc), "{auc}");
}

#[test]
fn the_recovery_status_says_the_outcome_and_a_third_of_the_lost_is_written_off() {
    let (book, truth) = sample(Signal::Normal);
    let mut counts: HashMap<(&str, &str), usize> = HashMap::new();
    for (row, true_row) in book.iter().zip(&truth) {
        *counts.entry((row.text("Recovery_Status"), true_row.text("Outcome"))).or_default() += 1;
    }
    let count = |status, outcome| counts.get(&(status, outcome)).copied().unwrap_or(0);
    assert_eq!(count("Fully Recovered", "1") + count("Partially Recovered", "0") + count("Written Off", "0"), 0);
    let (partial, written_off) = (count("Partially Recovered", "1") as f64, count("Written Off", "1") as f64);
    let share_written_off = written_off / (partial + written_off);
    assert!((0.30..0.37).contains(&share_written_off), "{share_written_off}");
}

#[test]
fn collection_columns_leak_the_outcome_of_closed_loans_and_only_of_those() {
    let (book, truth) = sample(Signal::Normal);
    let outcomes = outcomes(&truth);
    let auc_of_attempts = |wants_open: bool| {
        let chosen = book.iter().zip(&outcomes);
        let chosen = chosen.filter(|(row, _)| (row.text("Recovery_Status") == "Outstanding") == wants_open);
        let (attempts, outcomes): (Vec<f64>, Vec<bool>) =
            chosen.map(|(row, outcome)| (row.known("Collection_Attempts"), *outcome)).unzip();
        auc(&attempts, &outcomes)
    };
    assert!(auc_of_attempts(false) > 0.9, "closed: {}", auc_of_attempts(false));
    assert!((0.47..0.53).contains(&auc_of_attempts(true)), "open: {}", auc_of_attempts(true));
}

#[test]
fn a_full_disk_is_reported() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let options = DemoBook { loans: 1, seed: 1, signal: Signal::Normal };
    let result = write_book(&options, &mut Full, None);
    assert_eq!(result.map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
    let result = write_book(&options, &mut Vec::new(), Some(&mut Full));
    assert_eq!(result.map_err(|error| error.kind()), Err(io::ErrorKind::StorageFull));
}
