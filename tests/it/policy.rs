//! The policy score: points by rules that are data, computed by a view, for every book.

use std::collections::BTreeMap;

use recoup::config::Measure;
use recoup::features::{self, Book};
use recoup::risk::policy;
use rusqlite::Connection;

use crate::workdir::{Rows, Workdir, rows, value};

const POINTS: &str =
    "select days_past_due_points, missed_payments_points, burden_points, coverage_points, share_owed_points,
    round(policy_score, 9) from policy_scores order by snapshot_id";

/// A loan with all that the policy looks at.
fn loan<'a>(
    days: &'a str,
    missed: &'a str,
    emi: &'a str,
    collateral: &'a str,
    owed: &'a str,
) -> [(&'static str, &'a str); 7] {
    [
        ("Days_Past_Due", days),
        ("Num_Missed_Payments", missed),
        ("Monthly_EMI", emi),
        ("Monthly_Income", "1000"),
        ("Collateral_Value", collateral),
        ("Outstanding_Loan_Amount", owed),
        ("Loan_Amount", "10000"),
    ]
}

fn book_of(db: &Connection) -> Book {
    features::read_book(db, 1, &BTreeMap::new(), &|_, _| {}).expect("the book of the first run")
}

#[test]
fn points_are_those_of_the_band_that_a_value_reaches() {
    let dir = Workdir::new();
    let book = Rows::new()
        // Nothing wrong, well secured, nearly paid.
        .loan(&loan("0", "0", "299.99", "2000", "1000"))
        // Each measure just under a bound, then on it.
        .loan(&loan("30", "2", "300", "2499", "2500"))
        .loan(&loan("31", "3", "499.99", "2500", "5000"))
        .loan(&loan("60", "5", "500", "7500", "7500"))
        // The worst of each.
        .loan(&loan("91", "6", "900", "0", "9000"))
        // Nothing owed: no coverage, but a share.
        .loan(&loan("1", "1", "0", "100", "0"));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let real = |points: [f64; 6]| points.map(|points| format!("Real({points:?})")).join(" ");
    assert_eq!(
        rows(&dir.db(), POINTS),
        [
            real([0.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
            real([8.0, 6.0, 7.0, 4.0, 3.0, 0.28]),
            real([20.0, 12.0, 7.0, 4.0, 6.0, 0.49]),
            real([20.0, 12.0, 15.0, 0.0, 10.0, 0.57]),
            real([45.0, 20.0, 15.0, 10.0, 10.0, 1.0]),
            real([8.0, 6.0, 0.0, 5.0, 0.0, 0.19]),
        ]
    );
}

#[test]
fn a_book_of_three_columns_has_a_policy_score_for_every_loan() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[]).loan(&[("Days_Past_Due", "61")]).csv());
    dir.run_ok("book.csv");
    let missing = "Real(6.0) Real(7.0) Real(5.0) Real(5.0)";
    assert_eq!(
        rows(&dir.db(), POINTS),
        [format!("Real(0.0) {missing} Real(0.23)"), format!("Real(32.0) {missing} Real(0.55)")]
    );
}

#[test]
fn a_lenders_rules_replace_the_defaults() {
    let dir = Workdir::new();
    let bands = "bands = [[0, 1], [10, 2], [20, 3.5], [30, 4], [40, 5], [50, 6], [60, 7], [70, 80]]";
    dir.write("recoup.toml", format!("[[policy]]\nmeasure = \"days_past_due\"\n{bands}\nmissing = 0\n"));
    let days = ["0", "9", "10", "29", "39", "69", "70", "4000"];
    let book = days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let scores = [0.01, 0.01, 0.02, 0.035, 0.04, 0.07, 0.8, 0.8].map(|score| format!("Null Real({score:?})"));
    assert_eq!(rows(&dir.db(), "select burden_points, policy_score from policy_scores order by snapshot_id"), scores);
    let book = book_of(&dir.db());
    let read = policy::read_scores(&dir.db(), &book).unwrap();
    let measures: Vec<Measure> = read.points.iter().map(|(measure, _)| *measure).collect();
    assert_eq!(measures, [Measure::DaysPastDue], "measures without a rule are no reason");
}

#[test]
fn scores_are_read_as_the_view_has_them_in_the_order_of_the_book() {
    let dir = Workdir::with_book(1200);
    dir.run_ok("book.csv");
    let db = dir.db();
    let book = book_of(&db);
    let read = policy::read_scores(&db, &book).unwrap();
    let mut statement = db.prepare("select policy_score, coverage_points from policy_scores order by loan_id").unwrap();
    let stored: Vec<(f64, f64)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(read.scores, stored.iter().map(|(score, _)| *score).collect::<Vec<_>>());
    let coverage = &read.points[3];
    assert_eq!(coverage.0, Measure::Coverage);
    assert!(coverage.1.iter().zip(&stored).all(|(read, (_, stored))| f64::from(*read) == *stored));
    assert_eq!(read.points.len(), 5);
    assert!(read.scores.iter().any(|score| *score > 0.8) && read.scores.iter().any(|score| *score < 0.1));
}

#[test]
fn the_points_of_an_earlier_run_stay_as_they_were() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[("Days_Past_Due", "95")]).csv());
    dir.run_ok("book.csv");
    dir.write("recoup.toml", "[[policy]]\nmeasure = \"days_past_due\"\nbands = [[0, 7]]\nmissing = 0");
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(rows(&db, "select policy_score from policy_scores"), ["Real(0.07)"]);
    recoup::db::show_run(&db, 1).unwrap();
    assert_eq!(rows(&db, "select round(policy_score, 9) from policy_scores"), ["Real(0.68)"]);
    db.execute("delete from policy_points where run_id = 1", []).unwrap();
    assert_eq!(value::<i64>(&db, "select count(*) from policy_scores"), 0, "a run without a policy has no such score");
    let book = book_of(&db);
    assert!(policy::read_scores(&db, &book).unwrap_err().to_string().contains("no policy"));
}

#[test]
fn a_faulty_policy_ends_with_2_before_anything_is_done() {
    let dir = Workdir::with_book(50);
    for (text, told) in [
        ("policy = []", "at least one [[policy]]"),
        ("[[policy]]\nmeasure = \"age\"\nbands = [[0, 1]]\nmissing = 0", "age"),
        ("[[policy]]\nmeasure = \"burden\"\nbands = [[0, 1], [0.5, 120]]\nmissing = 0", "120 points"),
    ] {
        dir.write("recoup.toml", text);
        let ended = dir.run("book.csv", &[]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    assert!(!dir.exists("recoup.db"));
}

#[test]
fn another_choice_of_model_is_another_run() {
    let dir = Workdir::with_book(60);
    dir.run_ok("book.csv");
    let again = |more: &[&str]| dir.run("book.csv", more).stdout.contains("Nothing to do");
    assert!(again(&["--model", "auto"]), "that is the default");
    assert!(!again(&["--model", "policy"]));
    assert!(again(&["--model", "policy"]));
    dir.write("recoup.toml", "risk.model = \"policy\"");
    assert!(again(&[]), "the file says what the argument said");
    assert_eq!(dir.run("book.csv", &["--model", "oracle"]).code, 2);
}
