//! The lender's policy: every loan gets one strategy, and the worklist holds what is still to be collected.

use crate::workdir::{Rows, Workdir, rows, texts, value};

#[test]
fn every_loan_falls_under_the_rule_of_its_score() {
    let dir = Workdir::with_book(1500);
    dir.run_ok("book.csv");
    let db = dir.db();
    let wrong = "select count(*) from risk_scores where strategy <> case
            when risk_score > 0.75 then 'Immediate legal notice and intensive recovery'
            when risk_score >= 0.5 then 'Settlement offer and structured repayment plan'
            else 'Automated reminders and monitoring'
        end or strategy is null or is_approval_needed <> (risk_score > 0.75)";
    assert_eq!(value::<i64>(&db, wrong), 0);
    assert_eq!(value::<i64>(&db, "select count(distinct strategy) from risk_scores"), 3);
    let flag = "select count(*) from risk_scores
        where risk_flag <> case when risk_score >= 0.5 then 'High Risk' else 'Low Risk' end";
    assert_eq!(value::<i64>(&db, flag), 0);
}

#[test]
fn the_worklist_holds_what_is_still_to_be_collected_most_at_risk_first() {
    let dir = Workdir::with_book(800);
    dir.run_ok("book.csv");
    let db = dir.db();
    let expected = texts(
        &db,
        "select loan_id from loans
         where outstanding > 0 and outcome in ('outstanding', 'partially_recovered')
         order by risk_score * outstanding desc, loan_id",
    );
    assert!(expected.len() > 100);
    assert_eq!(texts(&db, "select loan_id from worklist order by priority"), expected);
}

#[test]
fn nothing_owed_recovered_or_written_off_is_not_on_the_worklist() {
    let dir = Workdir::new();
    let book = Rows::new()
        .loan(&[("Recovery_Status", "Fully Recovered")])
        .loan(&[("Recovery_Status", "Written Off")])
        .loan(&[("Recovery_Status", "Outstanding"), ("Outstanding_Loan_Amount", "0")])
        .loan(&[("Recovery_Status", "Partially Recovered"), ("Outstanding_Loan_Amount", "5")])
        .loan(&[("Recovery_Status", ""), ("Outstanding_Loan_Amount", "7")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(texts(&db, "select loan_id from worklist order by priority"), ["LN_5", "LN_4"]);
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where strategy is not null"), 5);
}

#[test]
fn the_policy_is_the_lenders() {
    let dir = Workdir::with_book(300);
    let policy = "[[strategy]]\nname = \"Call\"\nfrom = 0.3\nneeds_approval = true\n[[strategy]]\nname = \"Write\"\n";
    dir.write("recoup.toml", policy);
    dir.run_ok("book.csv");
    let db = dir.db();
    let rules = rows(&db, "select position, lower_score, is_lower_included, is_approval_needed from strategy_rules");
    assert_eq!(rules, ["Integer(1) Real(0.3) Integer(1) Integer(1)", "Integer(2) Null Integer(0) Integer(0)"]);
    let wrong = "select count(*) from risk_scores where strategy <> iif(risk_score >= 0.3, 'Call', 'Write')";
    assert_eq!(value::<i64>(&db, wrong), 0);
    assert_eq!(texts(&db, "select risk_band from strategy_summary"), ["0.30 and over", "under 0.30"]);
}

#[test]
fn a_score_on_the_limit_is_high_risk() {
    let dir = Workdir::with_book(300);
    dir.run_ok("book.csv");
    let score: f64 = value(&dir.db(), "select risk_score from risk_scores order by risk_score desc limit 1 offset 99");
    dir.write("recoup.toml", format!("[risk]\nhigh_risk_from = {score:?}"));
    dir.run_ok("book.csv");
    let flagged = format!("select count(*) from risk_scores where risk_score >= {score:?}");
    assert_eq!(
        value::<i64>(&dir.db(), "select count(*) from risk_scores where risk_flag = 'High Risk'"),
        value::<i64>(&dir.db(), &flagged)
    );
}
