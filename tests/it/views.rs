//! The views: each holds its grain, and shows what a few rows in must show.

use crate::workdir::{Rows, Workdir, rows, texts, value};

/// Every view that has a key, and the key.
const KEYS: [(&str, &str); 22] = [
    ("shown_run", "run_id"),
    ("stg_loans", "snapshot_id"),
    ("int_loan_ratios_computed", "snapshot_id"),
    ("int_loans_decided", "snapshot_id"),
    ("loan_features", "snapshot_id"),
    ("loan_targets", "snapshot_id"),
    ("loans", "loan_id"),
    ("risk_scores", "loan_id"),
    ("worklist", "loan_id"),
    ("worklist", "priority"),
    ("segment_summary", "segment"),
    ("strategy_summary", "position"),
    ("data_quality", "column_name"),
    ("model_comparison", "model_id"),
    ("population_stability", "subject"),
    ("run_history", "run_id"),
    ("portfolio_history", "run_id"),
    ("compared_run", "run_id"),
    ("arrears_buckets", "position"),
    ("arrears_summary", "position"),
    ("loan_movements", "loan_id"),
    ("alerts", "alert"),
];

/// Two attempts at one recipient, two kinds of mail, and a failure that left no run, told twice.
const DELIVERIES: &str = "
    insert into deliveries (run_id, kind, recipient, message_id, attempt, status, started_at) values
        (1, 'report', 'a', '', 1, 'failed', ''), (1, 'report', 'a', '', 2, 'sent', ''), (2, 'report', 'a', '', 1, 'sent', ''),
        (1, 'failure', 'a', '', 1, 'sent', ''), (null, 'failure', 'a', '', 1, 'sent', ''),
        (null, 'failure', 'a', '', 1, 'sent', '');
";

#[test]
fn every_key_is_unique_and_never_null() {
    let dir = Workdir::with_book(700);
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-24"]);
    dir.ok(&["demo", "--loans", "300", "--seed", "8", "--out", "book.csv"]);
    dir.run_ok("book.csv");
    let db = dir.db();
    db.execute_batch(DELIVERIES).unwrap();
    for (view, key) in KEYS {
        let faults = format!(
            "select count(*) from (select {key} from {view} group by {key} having count(*) > 1 or {key} is null)"
        );
        assert_eq!(value::<i64>(&db, &faults), 0, "{view}.{key}");
        assert!(value::<i64>(&db, &format!("select count(*) from {view}")) > 0, "{view} is empty");
    }
    for (view, key) in [
        ("fairness_differences", "attribute || '/' || measure"),
        ("fairness_to_collect", "attribute || '/' || group_name"),
        ("segment_history", "run_id || '/' || position"),
        ("strategy_history", "run_id || '/' || position"),
        ("alert_loans", "alert || '/' || loan_id"),
        ("delivery_history", "coalesce(run_id, '') || '/' || kind || '/' || recipient"),
    ] {
        let faults = format!("select count(*) - count(distinct {key}) from {view}");
        assert_eq!(value::<i64>(&db, &faults), 0, "{view}");
    }
    assert_eq!(value::<i64>(&db, "select count(*) from delivery_history"), 4);
    assert_eq!(value::<i64>(&db, "select count(*) from portfolio"), 1);
    for view in ["loans", "risk_scores", "loan_features", "loan_targets"] {
        assert_eq!(value::<i64>(&db, &format!("select count(*) from {view}")), 300, "{view} shows the latest run");
    }
}

#[test]
fn a_model_sees_the_allowed_columns_and_no_other() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let columns = texts(&dir.db(), "select name from pragma_table_info('loan_features')");
    let allowed = recoup::features::FEATURES.map(|feature| feature.name);
    assert_eq!(columns, [&["snapshot_id", "loan_id"], &allowed[..]].concat());
}

#[test]
fn ratios_are_computed_and_undefined_ones_are_missing() {
    let dir = Workdir::new();
    let book = Rows::new()
        .loan(&[
            ("Monthly_Income", "4000"),
            ("Monthly_EMI", "1000"),
            ("Loan_Amount", "20000"),
            ("Outstanding_Loan_Amount", "5000"),
            ("Collateral_Value", "10000"),
            ("Loan_Tenure", "24"),
            ("Num_Missed_Payments", "6"),
            ("Days_Past_Due", "91"),
        ])
        .loan(&[
            ("Monthly_Income", "0"),
            ("Monthly_EMI", "9"),
            ("Outstanding_Loan_Amount", "0"),
            ("Collateral_Value", "0"),
        ]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let ratios = rows(
        &dir.db(),
        "select burden, coverage, share_owed, missed_share, dpd_bucket, is_secured from loan_features order by loan_id",
    );
    assert_eq!(
        ratios,
        [
            "Real(0.25) Real(2.0) Real(0.25) Real(0.25) Integer(4) Integer(1)",
            "Null Null Null Null Integer(0) Integer(0)"
        ]
    );
}

#[test]
fn arrears_fall_into_their_buckets() {
    let dir = Workdir::new();
    let days = ["0", "1", "30", "31", "60", "61", "90", "91"];
    let book = days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let buckets = rows(&dir.db(), "select dpd_bucket from loan_features order by loan_id");
    assert_eq!(buckets, [0, 1, 1, 2, 2, 3, 3, 4].map(|bucket| format!("Integer({bucket})")));
    let par = rows(&dir.db(), "select par30_loans, par30_percent, par90_loans, par90_percent from portfolio");
    assert_eq!(par, ["Integer(5) Real(62.5) Integer(1) Real(12.5)"]);
}

#[test]
fn outcomes_that_are_not_known_yet_are_no_target() {
    let dir = Workdir::new();
    let statuses = ["Fully Recovered", "Partially Recovered", "Written Off", "Outstanding", ""];
    let book = statuses.iter().fold(Rows::new(), |book, status| book.loan(&[("Recovery_Status", status)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let targets = rows(&dir.db(), "select is_not_recovered from loan_targets order by snapshot_id");
    assert_eq!(targets, ["Integer(0)", "Integer(1)", "Integer(1)", "Null", "Null"]);
}

#[test]
fn data_quality_counts_what_is_there_missing_and_unreadable() {
    let dir = Workdir::new();
    let book = Rows::new().loan(&[("Age", "30")]).loan(&[("Age", "")]).loan(&[("Age", "x")]).loan(&[("Age", "31")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let age = rows(
        &dir.db(),
        "select loans, filled, missing, values_unreadable, missing_percent from data_quality where column_name = 'Age'",
    );
    assert_eq!(age, ["Integer(4) Integer(2) Integer(2) Integer(1) Real(50.0)"]);
}
