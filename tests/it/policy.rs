//! The policy score: points by rules that are data, for every book.

use std::collections::BTreeMap;

use recoup::parts::{Book, Config, Measure, policy, read_book};
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
    read_book(db, 1, &BTreeMap::new(), &|_, _| {}).expect("the book of the first run")
}

/// Rules whose points are easily found by hand.
const RULES: &str = "
[[policy]]
measure = 'days_past_due'
bands = [[0, 0], [10, 20], [20, 60]]
missing = 5
[[policy]]
measure = 'missed_payments'
bands = [[0, 0], [4, 8]]
missing = 1
[[policy]]
measure = 'burden'
bands = [[0, 0], [0.5, 10]]
missing = 3
[[policy]]
measure = 'coverage'
bands = [[0, 6], [1, 0]]
missing = 4
[[policy]]
measure = 'share_owed'
bands = [[0, 0], [1, 10]]
missing = 2
";

#[test]
fn points_go_in_a_straight_line_between_the_values_of_a_rule() {
    let dir = Workdir::new();
    dir.write("recoup.toml", RULES);
    let book = Rows::new()
        .loan(&loan("0", "0", "250", "2000", "1000"))
        .loan(&loan("5", "1", "500", "1250", "2500"))
        .loan(&loan("15", "9", "900", "0", "5000"))
        // Nothing owed: no coverage, but a share.
        .loan(&loan("20", "4", "0", "100", "0"));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let real = |points: [f64; 6]| points.map(|points| format!("Real({points:?})")).join(" ");
    assert_eq!(
        rows(&dir.db(), POINTS),
        [
            real([0.0, 0.0, 5.0, 0.0, 1.0, 0.06]),
            real([10.0, 2.0, 10.0, 3.0, 2.5, 0.275]),
            real([40.0, 8.0, 10.0, 6.0, 5.0, 0.69]),
            real([60.0, 8.0, 0.0, 4.0, 0.0, 0.72]),
        ]
    );
}

#[test]
fn a_book_of_three_columns_has_a_policy_score_for_every_loan() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[]).loan(&[("Days_Past_Due", "60")]).csv());
    dir.run_ok("book.csv");
    let missing = "Real(1.0) Real(0.5) Real(0.4) Real(0.4)";
    assert_eq!(
        rows(&dir.db(), POINTS),
        [format!("Real(0.0) {missing} Real(0.023)"), format!("Real(54.0) {missing} Real(0.563)")]
    );
}

#[test]
fn points_rise_with_every_day_and_loans_that_are_current_differ_by_their_past() {
    let dir = Workdir::new();
    let late = (0..=200).fold(Rows::new(), |book, days| {
        book.loan(&[("Days_Past_Due", &days.to_string()), ("Num_Missed_Payments", "2")])
    });
    let book = (0..12)
        .fold(late, |book, missed| book.loan(&[("Days_Past_Due", "0"), ("Num_Missed_Payments", &missed.to_string())]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let ordered = |by: &str, of: &str| -> i64 {
        let query = format!(
            "select count(*) from (
                 select policy_score > lag(policy_score) over (order by {by}) as is_more
                 from policy_scores join loans using (loan_id) where {of}
             ) where is_more = 0"
        );
        value(&dir.db(), &query)
    };
    assert_eq!(ordered("days_past_due", "missed_payments = 2 and days_past_due > 0"), 0);
    assert_eq!(ordered("missed_payments", "days_past_due = 0 and missed_payments <> 2"), 0);
}

#[test]
fn a_lenders_rules_replace_the_defaults() {
    let dir = Workdir::new();
    // A step is two values close together.
    let bands = "bands = [[0, 1], [9, 1], [10, 20], [70, 80]]";
    dir.write("recoup.toml", format!("[[policy]]\nmeasure = \"days_past_due\"\n{bands}\nmissing = 0\n"));
    let days = ["0", "9", "10", "40", "70", "4000"];
    let book = days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let scores = [0.01, 0.01, 0.2, 0.5, 0.8, 0.8].map(|score| format!("Null Real({score:?})"));
    assert_eq!(rows(&dir.db(), "select burden_points, policy_score from policy_scores order by snapshot_id"), scores);
    let config = Config::load(Some(&dir.path("recoup.toml"))).unwrap();
    let measures: Vec<Measure> =
        policy::scores(&book_of(&dir.db()), &config.policy).points.iter().map(|(measure, _)| *measure).collect();
    assert_eq!(measures, [Measure::DaysPastDue], "measures without a rule are no reason");
}

#[test]
fn scores_are_those_of_the_view_in_the_order_of_the_book() {
    let dir = Workdir::with_book(1200);
    dir.run_ok("book.csv");
    let db = dir.db();
    let given = policy::scores(&book_of(&db), &Config::parse("").unwrap().policy);
    let mut statement = db.prepare("select policy_score, coverage_points from policy_scores order by loan_id").unwrap();
    let viewed: Vec<(f64, f64)> =
        statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    // Features are single floats.
    let is_near = |one: f64, other: f64| (one - other).abs() < 1e-5;
    assert_eq!(given.scores.len(), viewed.len());
    assert!(given.scores.iter().zip(&viewed).all(|(given, (viewed, _))| is_near(*given, *viewed)));
    let (measure, coverage) = &given.points[3];
    assert_eq!(*measure, Measure::Coverage);
    assert!(coverage.iter().zip(&viewed).all(|(given, (_, viewed))| is_near(f64::from(*given), *viewed)));
    assert_eq!(given.points.len(), 5);
    assert!(given.scores.iter().any(|score| *score > 0.8) && given.scores.iter().any(|score| *score < 0.1));
    let stored = "select count(*) from policy_scores join risk_scores using (loan_id)
        where abs(policy_scores.policy_score - risk_scores.policy_score) > 1e-6";
    assert_eq!(value::<i64>(&db, stored), 0);
}

#[test]
fn the_points_of_an_earlier_run_stay_as_they_were() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[("Days_Past_Due", "180")]).csv());
    dir.run_ok("book.csv");
    dir.write("recoup.toml", "[[policy]]\nmeasure = \"days_past_due\"\nbands = [[0, 7]]\nmissing = 0");
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(rows(&db, "select policy_score from policy_scores"), ["Real(0.07)"]);
    let scores = "select run_id, round(policy_score, 9) from policy_scores_by_run order by run_id";
    assert_eq!(rows(&db, scores), ["Integer(1) Real(0.883)", "Integer(2) Real(0.07)"]);
    db.execute("delete from policy_points where run_id = 1", []).unwrap();
    assert_eq!(rows(&db, scores), ["Integer(2) Real(0.07)"], "a run without a policy has no such score");
}

#[test]
fn a_faulty_policy_ends_with_2_before_anything_is_done() {
    let dir = Workdir::with_book(50);
    for (text, reported) in [
        ("policy = []", "at least one [[policy]]"),
        ("[[policy]]\nmeasure = \"age\"\nbands = [[0, 1]]\nmissing = 0", "age"),
        ("[[policy]]\nmeasure = \"burden\"\nbands = [[0, 1], [0.5, 120]]\nmissing = 0", "120 points"),
        ("[[policy]]\nmeasure = \"burden\"\nbands = [[0, 1], [0.5, 9], [0.5, 10]]\nmissing = 0", "higher than the one"),
    ] {
        dir.write("recoup.toml", text);
        let ended = dir.run("book.csv", &[]);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.stderr.contains(reported), "{reported}: {}", ended.stderr);
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
