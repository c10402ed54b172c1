//! Loans that are too old go; the figures of their runs stay.

use crate::workdir::{Workdir, rows, texts, value};

/// Every table that holds something about a loan, and how its rows belong to a run.
const ABOUT_LOANS: [(&str, &str); 5] = [
    ("loan_snapshots", "run_id = 1"),
    ("rejects", "run_id = 1"),
    ("skipped_lines", "run_id = 1"),
    ("decisions", "snapshot_id not in (select snapshot_id from loan_snapshots)"),
    ("score_reasons", "snapshot_id not in (select snapshot_id from loan_snapshots)"),
];

const FIGURES: &str =
    "run_id, as_of_date, currency_code, loans, loans_scored, live_loans, closed_loans, written_off_loans,
    high_risk_loans, par30_loans, par90_loans, round(outstanding, 2), round(closed_outstanding, 2),
    round(written_off_outstanding, 2), round(balance_at_risk, 2),
    round(high_risk_outstanding, 2), round(par30_outstanding, 2), round(par90_outstanding, 2), round(par30_percent, 6),
    round(par90_percent, 6)";

/// Runs for these days, a book of its own each, with loans kept for two weeks.
fn weekly(days: &[&str]) -> Workdir {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[retention]\nweeks = 2\n");
    for (number, day) in days.iter().enumerate() {
        let loans = (300 + 10 * number).to_string();
        dir.ok(&["demo", "--loans", &loans, "--seed", &number.to_string(), "--out", "book.csv"]);
        dir.ok(&["run", "book.csv", "--as-of", day]);
    }
    dir
}

#[test]
fn loans_older_than_the_weeks_go_with_all_that_hangs_on_them() {
    let dir = weekly(&["2026-03-01", "2026-03-08", "2026-03-15"]);
    let db = dir.db();
    let before = rows(&db, &format!("select {FIGURES} from portfolio_history"));
    let segments = rows(&db, "select * from segment_history where run_id = 1");
    assert_eq!((before.len(), segments.len()), (3, 4));
    db.execute_batch(
        "insert into rejects (run_id, line, reason, is_row_left_out) values (1, 9, 'x', 0);
        insert into skipped_lines (run_id, line, reason, content) values (1, 2, 'empty', '')",
    )
    .unwrap();
    drop(db);
    let ended = dir.ok(&["run", "book.csv", "--as-of", "2026-03-22", "--accept-unchanged"]);
    assert!(ended.stderr.contains("older than 2 weeks, were removed: 1;"), "{}", ended.stderr);
    let db = dir.db();
    for (table, of_it) in ABOUT_LOANS {
        assert_eq!(value::<i64>(&db, &format!("select count(*) from {table} where {of_it}")), 0, "{table}");
        if table != "rejects" && table != "skipped_lines" {
            assert!(value::<i64>(&db, &format!("select count(*) from {table}")) > 0, "{table} holds nothing at all");
        }
    }
    assert_eq!(rows(&db, &format!("select {FIGURES} from portfolio_history where run_id < 4")), before);
    assert_eq!(rows(&db, "select * from segment_history where run_id = 1"), segments);
    assert_eq!(value::<i64>(&db, "select count(*) from strategy_history where run_id = 1 and strategy is not null"), 5);
    assert!(value::<i64>(&db, "select count(*) from model_metrics join models using (model_id) where run_id = 1") > 0);
    let kept = texts(&db, "select run_id || '' from portfolio_history where loans_removed_at is null");
    assert_eq!(kept, ["2", "3", "4"]);
    assert_eq!(value::<i64>(&db, "select count(*) from pragma_foreign_key_check"), 0);
    assert!(dir.exists("reports/2026-03-01/report.html"), "the files are the lender's");
}

#[test]
fn the_figures_kept_are_those_that_the_run_showed() {
    let dir = weekly(&["2026-03-01", "2026-03-08"]);
    let db = dir.db();
    assert_eq!(
        rows(&db, &format!("select {FIGURES} from portfolio_history where run_id = 2")),
        rows(&db, &format!("select {FIGURES} from portfolio"))
    );
    let rounded = "position, loans, round(outstanding, 2), round(balance_at_risk, 2)";
    assert_eq!(
        rows(&db, &format!("select {rounded}, strategy, risk_band from strategy_history where run_id = 2")),
        rows(&db, &format!("select {rounded}, strategy, risk_band from strategy_summary order by position"))
    );
    let rounded = "position, segment, loans, round(outstanding, 2), round(average_income, 2), average_burden,
        average_missed_payments, average_days_past_due, share_not_recovered, average_risk_score";
    assert_eq!(
        rows(&db, &format!("select {rounded} from segment_history where run_id = 2")),
        rows(&db, &format!("select {rounded} from segment_summary order by position"))
    );
    let auc = value::<f64>(&db, "select auc from model_comparison where is_in_use");
    assert_eq!(value::<f64>(&db, "select auc from portfolio_history where run_id = 2"), auc);
}

#[test]
fn a_report_of_a_run_whose_loans_are_gone_says_why_there_is_none() {
    let dir = weekly(&["2026-03-01", "2026-03-31"]);
    let ended = dir.recoup(&["report", "--run", "1"]);
    assert_eq!(ended.code, 1);
    for told in ["removed on", "[retention] weeks", "portfolio_history"] {
        assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
    }
    dir.ok(&["report", "--run", "2"]);
}

#[test]
fn the_latest_run_is_kept_whatever_its_day_and_nothing_goes_without_being_asked() {
    let dir = weekly(&["2026-03-31", "2026-01-01"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 310);
    assert_eq!(value::<i64>(&dir.db(), "select count(distinct run_id) from loan_snapshots"), 2);
    dir.write("recoup.toml", "[retention]\nweeks = 0\n");
    dir.ok(&["run", "book.csv", "--as-of", "2026-12-31", "--accept-unchanged"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(distinct run_id) from loan_snapshots"), 3);
}

#[test]
fn runs_of_an_earlier_version_get_their_figures_with_the_next_run() {
    let dir = weekly(&["2026-03-01", "2026-03-08"]);
    let db = dir.db();
    let query = format!("select {FIGURES} from portfolio_history where run_id < 3");
    let (figures, segments) = (rows(&db, &query), rows(&db, "select * from segment_history where run_id < 3"));
    db.execute_batch("delete from run_summaries; delete from segment_summaries; delete from strategy_summaries")
        .unwrap();
    assert_ne!(rows(&db, &query), figures);
    drop(db);
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-15", "--accept-unchanged"]);
    let db = dir.db();
    assert_eq!(rows(&db, &query), figures);
    assert_eq!(rows(&db, "select * from segment_history where run_id < 3"), segments);
    assert_eq!(value::<i64>(&db, "select count(*) from strategy_history"), 3 * 5);
    assert_eq!(value::<i64>(&db, "select run_id from shown_run"), 3);
}
