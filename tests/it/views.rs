//! The views: each holds its grain, and shows what a few rows in must show.

use crate::workdir::{Rows, Workdir, rows, texts, value};

/// Every view and its key.
const KEYS: [(&str, &str); 51] = [
    ("compared_runs", "run_id"),
    ("period_pairs", "run_id"),
    ("loan_states", "state"),
    ("latest_run", "run_id"),
    ("compared_run", "run_id"),
    ("stg_loans", "snapshot_id"),
    ("int_loan_ratios", "snapshot_id"),
    ("int_loans_decided", "snapshot_id"),
    ("int_live_loans", "run_id, loan_id"),
    ("int_policy_lines", "run_id, measure, lower_bound"),
    ("int_loan_vintages", "snapshot_id"),
    ("loan_features_by_run", "snapshot_id"),
    ("own_feature_values_by_run", "snapshot_id, position"),
    ("policy_scores_by_run", "snapshot_id"),
    ("loans_by_run", "run_id, loan_id"),
    ("risk_scores_by_run", "run_id, loan_id"),
    ("panel_dates", "as_of_date, currency_code, currency_scale"),
    ("panel_of_run", "run_id, as_of_date"),
    ("roll_summary_by_run", "run_id, position_from"),
    ("cash_collected_by_run", "run_id"),
    ("cures_by_run", "run_id, month"),
    ("vintages_by_run", "run_id, vintage, months_on_book"),
    ("portfolio_trend_by_run", "run_id, months_back"),
    ("worklist_by_run", "run_id, loan_id"),
    ("worklist_by_run", "run_id, priority"),
    ("portfolio_by_run", "run_id"),
    ("portfolio_by_group_by_run", "run_id, position"),
    ("segment_summary_by_run", "run_id, position"),
    ("segmentation_by_run", "run_id"),
    ("strategy_summary_by_run", "run_id, position"),
    ("arrears_summary_by_run", "run_id, position"),
    ("loan_movements_by_run", "run_id, loan_id"),
    ("portfolio_changes_by_run", "run_id"),
    ("loan_exits_by_run", "run_id, loan_id"),
    ("roll_rates_by_run", "run_id, position_from, position_to"),
    ("reconciliation_by_run", "run_id, line"),
    ("alert_loans_by_run", "run_id, alert, loan_id"),
    ("alerts_by_run", "run_id, alert, group_name"),
    ("data_quality_by_run", "run_id, column_name"),
    ("model_comparison_by_run", "model_id"),
    ("score_deciles_by_run", "run_id, decile"),
    ("feature_importance_by_run", "run_id, position"),
    ("partial_dependence_by_run", "run_id, feature, position"),
    ("feature_audit_by_run", "run_id, position"),
    ("fairness_screen_by_run", "run_id, attribute, group_name"),
    ("fairness_differences_by_run", "run_id, attribute, measure"),
    ("fairness_to_collect_by_run", "run_id, attribute, group_name"),
    ("population_stability_by_run", "run_id, subject"),
    ("top_score_reasons_by_run", "run_id, loan_id, rank"),
    ("model_card_by_run", "run_id, section, item"),
    ("run_history", "run_id"),
];

/// Two attempts at one recipient, two kinds of mail, and a failure that left no run, reported twice.
const DELIVERIES: &str = "
    insert into deliveries (run_id, kind, recipient, message_id, attempt, status, started_at) values
        (1, 'report', 'a', '', 1, 'failed', ''), (1, 'report', 'a', '', 2, 'sent', ''), (2, 'report', 'a', '', 1, 'sent', ''),
        (1, 'failure', 'a', '', 1, 'sent', ''), (null, 'failure', 'a', '', 1, 'sent', ''),
        (null, 'failure', 'a', '', 1, 'sent', '');
";

const CURES: &str = "
    insert into cure_sums
        (run_id, month, loans, caught_up, caught_up_unpaid, paid_off, refinanced, lost, unknown)
    values (1, '2025-11', 1, 1, 0, 0, 0, 0, 0), (2, '2025-11', 1, 1, 0, 0, 0, 0, 0), (2, '2025-12', 1, 1, 0, 0, 0, 0, 0);
";

const GROUPS: &str = "
    insert into group_summaries
        (run_id, position, dimension, group_name, start_run_id, live_loans, par30_loans, par90_loans, outstanding_minor,
         par30_minor, par90_minor)
    values (1, 1, 'branch', null, null, 1, 0, 0, 100, 0, 0), (1, 2, 'branch', 'North', null, 1, 0, 0, 100, 0, 0),
        (2, 1, 'branch', 'North', 1, 1, 0, 0, 100, 0, 0), (2, 2, 'officer', 'North', 1, 1, 0, 0, 100, 0, 0),
        (2, 3, 'officer', null, 1, 1, 0, 0, 100, 0, 0);
";

const VINTAGES: &str = "
    insert into vintage_sums
        (run_id, vintage, months_on_book, loans, original_minor, ever30, ever30_minor, ever90, ever90_minor, lost,
        lost_minor, live_loans, live_minor, now30, now30_minor)
    values (1, '2026-02', 1, 30, 9, 1, 1, 0, 0, 0, 0, 29, 8, 1, 1), (2, '2026-02', 1, 31, 9, 1, 1, 0, 0, 0, 0, 29, 8, 1, 1),
        (2, '2026-01', 2, 29, 9, 1, 1, 0, 0, 0, 0, 29, 8, 1, 1), (2, '2025-12', 3, 0, 0, 0, 0, 0, 0, 0, 0, 30, 8, 1, 1);
";

/// A folder with two runs, of 700 loans and of 300.
fn two_runs() -> Workdir {
    let dir = Workdir::with_book(700);
    dir.write("recoup.toml", "[[feature]]\ncolumn = \"Loan_Type\"\nkind = \"category\"\nname = \"loan_type\"\n");
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-02"]);
    dir.ok(&["demo", "--loans", "300", "--seed", "8", "--out", "book.csv"]);
    dir.run_ok("book.csv");
    dir
}

#[test]
fn every_key_is_unique_and_never_null() {
    let dir = two_runs();
    let db = dir.db();
    db.execute_batch(DELIVERIES).unwrap();
    db.execute_batch(CURES).unwrap();
    db.execute_batch(GROUPS).unwrap();
    db.execute_batch(VINTAGES).unwrap();
    for (view, key) in KEYS {
        let is_null = key.split(", ").map(|column| format!("{column} is null")).collect::<Vec<_>>().join(" or ");
        let faults =
            format!("select count(*) from (select {key} from {view} group by {key} having count(*) > 1 or {is_null})");
        assert_eq!(value::<i64>(&db, &faults), 0, "{view}: {key}");
        assert!(value::<i64>(&db, &format!("select count(*) from {view}")) > 0, "{view} is empty");
    }
    // Its run may be null, so its key is tested below.
    for view in recoup::parts::view_names().filter(|view| *view != "delivery_history") {
        let of_all_runs = format!("{view}_by_run");
        assert!(KEYS.iter().any(|(known, _)| [view, &of_all_runs].contains(known)), "{view} has no key");
    }
    let deliveries = "select count(*) - count(distinct coalesce(run_id, '') || '/' || kind || '/' || recipient)
        from delivery_history";
    assert_eq!(value::<i64>(&db, deliveries), 0);
    assert_eq!(value::<i64>(&db, "select count(*) from delivery_history"), 4);
}

#[test]
fn public_views_show_the_latest_run_and_the_others_every_run() {
    let dir = two_runs();
    let db = dir.db();
    for view in recoup::parts::view_names() {
        let Some(public) = view.strip_suffix("_by_run") else { continue };
        let columns = |view: &str| texts(&db, &format!("select name from pragma_table_info('{view}')"));
        assert_eq!(columns(public), columns(view));
        let of_latest = rows(&db, &format!("select * from {view} where run_id = 2"));
        assert_eq!(rows(&db, &format!("select * from {public}")), of_latest, "{public}");
    }
    for view in ["loans", "risk_scores", "loan_features"] {
        assert_eq!(value::<i64>(&db, &format!("select count(*) from {view}")), 300, "{view}");
        assert_eq!(value::<i64>(&db, &format!("select count(*) from {view}_by_run")), 1_000, "{view}");
    }
}

#[test]
fn a_condition_on_the_run_reaches_the_range_of_its_loans() {
    let dir = two_runs();
    let db = dir.db();
    for view in recoup::parts::view_names().filter(|view| !view.ends_with("_by_run")) {
        let plan = rows(&db, &format!("explain query plan select * from {view}"));
        let full = plan.iter().find(|step| step.contains("SCAN loan_snapshots") || step.contains("SCAN loans"));
        let is_of_all_runs = view.starts_with("stg_") || view.starts_with("int_");
        assert!(is_of_all_runs || full.is_none(), "{view}: {plan:#?}");
        let runs = plan.iter().filter(|step| step.contains("SCAN runs")).count();
        let is_small = is_of_all_runs || ["run_history", "compared_runs", "model_card"].contains(&view);
        let pairs = plan.iter().filter(|step| step.contains("pairs")).count();
        assert!(is_small || runs == 0 || pairs > 0, "{view}: {plan:#?}");
    }
}

#[test]
fn a_model_sees_the_allowed_columns_and_no_other() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let columns = texts(&dir.db(), "select name from pragma_table_info('loan_features')");
    let allowed = recoup::parts::FEATURES.map(|feature| feature.name);
    assert_eq!(columns, [&["run_id", "snapshot_id", "loan_id"], &allowed[..]].concat());
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
    let days = ["0", "1", "30", "31", "60", "61", "90", "91", "180", "181"];
    let book = days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let buckets = rows(&dir.db(), "select dpd_bucket from loans order by file_line");
    assert_eq!(buckets, [0, 1, 1, 2, 2, 3, 3, 4, 4, 5].map(|bucket| format!("Integer({bucket})")));
    let par = rows(&dir.db(), "select par30_loans, par30_percent, par90_loans, par90_percent from portfolio");
    assert_eq!(par, ["Integer(7) Real(70.0) Integer(3) Real(30.0)"]);
}

#[test]
fn outcomes_that_are_not_known_yet_are_no_target() {
    let dir = Workdir::new();
    let statuses = ["Fully Recovered", "Partially Recovered", "Written Off", "Outstanding", ""];
    let book = statuses.iter().fold(Rows::new(), |book, status| book.loan(&[("Recovery_Status", status)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let targets = rows(&dir.db(), "select is_not_recovered from stg_loans order by snapshot_id");
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
