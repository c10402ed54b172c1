//! Loans that are too old go; the figures of their runs stay.

use rusqlite::Connection;

use crate::workdir::{Workdir, rows, texts, value};

/// Every table that holds something about a loan, and how its rows belong to a run.
const ABOUT_LOANS: [(&str, &str); 6] = [
    ("loan_snapshots", "run_id = 1"),
    ("loan_details", "(loan_key, details_number) not in (select loan_key, details_number from loan_snapshots)"),
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
    dir.write("recoup.toml", "[import]\naccept_changed_values = true\n[retention]\nweeks = 2\n");
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
    let before = rows(&db, &format!("select {FIGURES} from portfolio_by_run"));
    let segments = rows(&db, "select * from segment_summary_by_run where run_id = 1");
    assert_eq!((before.len(), segments.len()), (3, 4));
    db.execute_batch(
        "insert into rejects (run_id, line, reason, is_row_left_out) values (1, 9, 'x', 0);
        insert into skipped_lines (run_id, line, reason, content) values (1, 2, 'empty', '')",
    )
    .unwrap();
    let kept = |db: &Connection| -> Vec<String> {
        let of_later_runs = "from loan_snapshots join {} using (snapshot_id) where run_id in (2, 3)";
        let mut kept = rows(db, "select * from loan_snapshots where run_id in (2, 3) order by snapshot_id");
        for table in ["decisions", "score_reasons"] {
            let of_table = format!("select {table}.* {} order by snapshot_id", of_later_runs.replace("{}", table));
            kept.extend(rows(db, &of_table));
        }
        kept.extend(rows(db, "select metric, value from model_metrics order by model_id, metric limit 20"));
        kept
    };
    let before_the_run = kept(&db);
    drop(db);
    let ended = dir.ok(&["run", "book.csv", "--as-of", "2026-03-22", "--accept-unchanged"]);
    assert!(
        ended.stderr.contains("removed the loans of 1 run whose day is more than 2 weeks past"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("[retention] weeks = 2 removes loans before it is known"), "{}", ended.stderr);
    let db = dir.db();
    for (table, of_it) in ABOUT_LOANS {
        assert_eq!(value::<i64>(&db, &format!("select count(*) from {table} where {of_it}")), 0, "{table}");
    }
    assert_eq!(kept(&db), before_the_run, "what is kept is unchanged, and the metrics of run 1 stay");
    for table in ["loan_snapshots", "decisions"] {
        // The last run loads the third book again.
        assert_eq!(value::<i64>(&db, &format!("select count(*) from {table}")), 310 + 320 + 320, "{table}");
    }
    assert_eq!(rows(&db, &format!("select {FIGURES} from portfolio_by_run where run_id < 4")), before);
    assert_eq!(rows(&db, "select * from segment_summary_by_run where run_id = 1"), segments);
    assert_eq!(
        value::<i64>(&db, "select count(*) from strategy_summary_by_run where run_id = 1 and strategy is not null"),
        5
    );
    let shown = texts(&db, "select run_id || '' from portfolio_by_run where loans_removed_at is null");
    assert_eq!(shown, ["2", "3", "4"]);
    assert_eq!(value::<i64>(&db, "select count(*) from pragma_foreign_key_check"), 0);
    assert!(dir.exists("reports/2026-03-01/report.html"), "the files are the lender's");
}

#[test]
fn the_figures_kept_are_those_of_the_loans() {
    let dir = weekly(&["2026-03-01", "2026-03-08"]);
    let db = dir.db();
    for run_id in [1, 2] {
        let agrees = |figures: &str, of_loans: &str| {
            let [figures, of_loans] =
                [figures, of_loans].map(|query| rows(&db, &query.replace("RUN", &run_id.to_string())));
            assert!(!figures.is_empty());
            assert_eq!(figures, of_loans, "run {run_id}");
        };
        agrees(
            "select loans, loans_scored, live_loans, closed_loans + written_off_loans, high_risk_loans, par30_loans,
                par90_loans, round(outstanding, 2), round(closed_outstanding + written_off_outstanding, 2),
                round(balance_at_risk, 2), round(high_risk_outstanding, 2), round(par30_outstanding, 2)
            from portfolio_by_run where run_id = RUN",
            "select count(*), count(risk_score), sum(is_live), sum(not is_live), sum(is_live and is_high_risk),
                sum(is_live and days_past_due > 30), sum(is_live and days_past_due > 90), round(sum(is_live * outstanding), 2),
                round(sum((not is_live) * outstanding), 2),
                (select round(sum(balance_at_risk * is_live), 2) from risk_scores_by_run where run_id = RUN),
                round(sum((is_live and is_high_risk) * outstanding), 2),
                round(sum((is_live and days_past_due > 30) * outstanding), 2)
            from loans_by_run where run_id = RUN",
        );
        agrees(
            "select strategy, loans, round(outstanding, 2) from strategy_summary_by_run
            where run_id = RUN and loans > 0 order by strategy",
            "select strategy, count(*), round(sum(outstanding), 2) from loans_by_run
            where run_id = RUN and is_live group by strategy order by strategy",
        );
        agrees(
            "select segment, loans, live_loans, loans_with_outcome, round(average_income, 6), round(average_burden, 9),
                round(share_not_recovered, 9), round(average_risk_score, 9)
            from segment_summary_by_run where run_id = RUN order by segment",
            "select segment, count(*), sum(is_live), count(is_not_recovered), round(avg(monthly_income), 6),
                round(avg(burden), 9), round(avg(is_not_recovered), 9), round(avg(risk_score), 9)
            from loans_by_run where run_id = RUN group by segment order by segment",
        );
        agrees(
            "select position, loans, round(outstanding, 2) from arrears_summary_by_run where run_id = RUN and loans > 0
            order by position",
            "select position, count(*), round(sum(outstanding), 2) from loans_by_run
            join arrears_buckets on days_past_due between first_day and last_day
            where run_id = RUN and is_live group by position order by position",
        );
    }
    let auc = "select iif(candidate = 'policy', null, auc) from model_comparison where is_in_use";
    assert_eq!(rows(&db, "select auc from portfolio"), rows(&db, auc));
    let moved = "select movement, loans from movement_summaries where run_id = 2 order by movement";
    let of_loans = "select movement, count(*) from loan_movements_by_run
        where run_id = 2 and iif(movement in ('gone', 'closed', 'written_off'), was_live, is_live)
        group by movement order by movement";
    let some = rows(&db, &moved.replace(" order", " and loans > 0 order"));
    assert_eq!(some, rows(&db, of_loans));
    assert_eq!(rows(&db, moved).len(), 6);
}

#[test]
fn a_report_of_a_run_whose_loans_are_gone_says_why_there_is_none() {
    let dir = weekly(&["2026-03-01", "2026-03-31", "2026-04-01"]);
    let ended = dir.recoup(&["report", "--run", "1"]);
    assert_eq!(ended.code, 1);
    for reported in ["removed on", "[retention] weeks", "portfolio_by_run"] {
        assert!(ended.stderr.contains(reported), "{reported}: {}", ended.stderr);
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
fn the_run_before_is_kept_for_the_report_that_follows_its_loans() {
    let dir = Workdir::new();
    let book =
        |days: u32| format!("Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\nL1,100,{days}\nL2,200,0\nL3,300,0\n");
    dir.write("recoup.toml", "[retention]\nweeks = 1\n");
    for (day, days) in [("2026-03-01", 20), ("2026-03-10", 29), ("2026-03-19", 38)] {
        dir.write("book.csv", book(days));
        dir.ok(&["run", "book.csv", "--as-of", day]);
    }
    let moved = "select movement || ' ' || loan_id from loan_movements";
    assert_eq!(texts(&dir.db(), moved), ["worse L1"]);
    assert_eq!(texts(&dir.db(), "select alert from alerts where alert like '%30'"), ["passed_30"]);
    assert_eq!(texts(&dir.db(), "select run_id || '' from runs where loans_removed_at is not null"), ["1"]);
}
