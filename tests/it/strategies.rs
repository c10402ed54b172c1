//! The lender's policy: every live loan gets one strategy, and the worklist holds those that people work.

use crate::workdir::{Rows, Workdir, rows, texts, value, with_column};

#[test]
fn every_live_loan_falls_under_the_rule_of_its_score_and_days_past_due() {
    let dir = Workdir::with_book(1500);
    dir.run_ok("book.csv");
    let db = dir.db();
    let wrong = "select count(*) from loans where is_live and (strategy <> case
            when risk_score > 0.75 and days_past_due >= 31 then 'Immediate legal notice and intensive recovery'
            when risk_score >= 0.5 and days_past_due >= 1 then 'Settlement offer and structured repayment plan'
            when risk_score >= 0.5 then 'Early contact while still current'
            when days_past_due >= 31 then 'Call'
            else 'Automated reminders and monitoring'
        end or strategy is null or is_approval_needed <> (risk_score > 0.75 and days_past_due >= 31))";
    assert_eq!(value::<i64>(&db, wrong), 0);
    assert_eq!(value::<i64>(&db, "select count(distinct strategy) from risk_scores"), 5);
    let flag = "select count(*) from risk_scores
        where risk_flag <> case when risk_score >= 0.5 then 'High Risk' else 'Low Risk' end";
    assert_eq!(value::<i64>(&db, flag), 0);
}

#[test]
fn a_closed_loan_has_a_score_but_no_strategy() {
    let dir = Workdir::with_book(600);
    dir.run_ok("book.csv");
    let db = dir.db();
    let closed = "from risk_scores where not is_live";
    assert!(value::<i64>(&db, &format!("select count(risk_score) {closed} and risk_score > 0.75")) > 10);
    let decided = "strategy is not null or risk_band is not null or is_approval_needed is not null";
    assert_eq!(value::<i64>(&db, &format!("select count(*) {closed} and ({decided})")), 0);
    assert_eq!(value::<i64>(&db, "select count(*) from alert_loans join loans using (loan_id) where not is_live"), 0);
    let scores = dir.read(&format!("reports/{}/scores.csv", crate::workdir::AS_OF));
    let is_wrong = |line: &&str| line.ends_with(",no") && line.contains("legal notice");
    assert!(scores.lines().any(|line| line.ends_with(",no")) && !scores.lines().any(|line| is_wrong(&line)));
}

#[test]
fn the_worklist_holds_what_is_to_be_worked_most_at_risk_first() {
    let dir = Workdir::with_book(800);
    dir.run_ok("book.csv");
    let db = dir.db();
    let expected = texts(
        &db,
        "select loan_id from loans
         where outstanding > 0 and outcome = 'outstanding' and (risk_score >= 0.5 or days_past_due > 30)
         order by risk_score * outstanding desc, loan_id",
    );
    assert!(expected.len() > 50);
    assert_eq!(texts(&db, "select loan_id from worklist order by priority"), expected);
    let counted = "select sum(loans) from strategy_summary where is_on_worklist";
    assert_eq!(value::<i64>(&db, counted), expected.len() as i64);
    assert_eq!(
        value::<i64>(&db, "select sum(loans) from strategy_summary"),
        value::<i64>(&db, "select live_loans from portfolio")
    );
}

/// Of loans that are all the same but for their days past due, and score over 0.75 by points whatever these are.
fn by_days(days: &[&str], policy: &str) -> Workdir {
    let dir = Workdir::new();
    let points = "[[policy]]\nmeasure = \"missed_payments\"\nbands = [[0, 90]]\nmissing = 90\n";
    dir.write("recoup.toml", points.to_owned() + policy);
    let book = days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    dir
}

#[test]
fn no_loan_that_is_not_late_gets_a_legal_notice_or_a_settlement_offer() {
    let dir = by_days(&["0", "0", "1", "30", "31"], "");
    let db = dir.db();
    let [early, settlement, legal] = [
        "Early contact while still current",
        "Settlement offer and structured repayment plan",
        "Immediate legal notice and intensive recovery",
    ];
    let decided = texts(&db, "select strategy from loans order by loan_id");
    assert_eq!(decided, [early, early, settlement, settlement, legal]);
    assert_eq!(texts(&db, "select loan_id from alert_loans where alert = 'awaiting_approval'"), ["LN_5"]);
}

#[test]
fn a_book_without_late_loans_has_nothing_to_approve() {
    let dir = Workdir::with_book(1200);
    let book = with_column(&dir.read("book.csv"), "Days_Past_Due", |_, _| "0".to_owned());
    dir.write("book.csv", book);
    dir.run_ok("book.csv");
    let db = dir.db();
    let harsh = "strategy like '%legal%' or strategy like '%settlement%' or is_approval_needed";
    assert_eq!(value::<i64>(&db, &format!("select count(*) from loans where {harsh}")), 0);
    assert_eq!(value::<i64>(&db, "select count(*) from alerts where alert = 'awaiting_approval'"), 0);
}

#[test]
fn a_rule_may_ask_for_days_past_due_alone_and_says_so_wherever_it_is_shown() {
    let policy = "[[strategy]]\nname = \"Visit\"\nfrom_days_past_due = 91\n\
        [[strategy]]\nname = \"Call\"\nfrom_days_past_due = 1\n\
        [[strategy]]\nname = \"Nothing\"\non_worklist = false\n";
    let dir = by_days(&["0", "1", "90", "91"], policy);
    let db = dir.db();
    assert_eq!(texts(&db, "select strategy from loans order by loan_id"), ["Nothing", "Call", "Call", "Visit"]);
    assert_eq!(
        texts(
            &db,
            "select concat_ws(', ', risk_band, least_days_past_due, loans, is_on_worklist)
             from strategy_summary order by position"
        ),
        ["91 days late or more, 91, 1, 1", "1 to 90 days late, 1, 2, 1", "not late, 0, 1, 0"]
    );
    assert!(dir.report().contains("1 to 90 days late"));
    assert_eq!(texts(&db, "select loan_id from worklist order by loan_id"), ["LN_2", "LN_3", "LN_4"]);
}

#[test]
fn what_needs_no_work_is_counted_and_not_listed() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loans(3).csv());
    let ended = dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from worklist"), 0);
    assert_eq!(value::<i64>(&db, "select count(*) from top_score_reasons"), 0);
    assert_eq!(texts(&db, "select strategy from loans limit 1"), ["Automated reminders and monitoring"]);
    let report = dir.report();
    assert!(report.contains("There is nothing to work: 3 loans get “Automated reminders and monitoring”."));
    assert!(ended.stdout.contains("nothing; not listed: 3 Automated reminders and monitoring"), "{}", ended.stdout);
    let worklist = dir.read(&format!("reports/{}/worklist.csv", crate::workdir::AS_OF));
    assert_eq!(worklist.lines().count(), 1, "the header alone: {worklist}");
    let late = Rows::new().loans(3).loan(&[("Days_Past_Due", "200"), ("Num_Missed_Payments", "9")]);
    dir.write("book.csv", late.csv());
    dir.run_ok("book.csv");
    let of_four = "The one loan to work; 3 more get “Automated reminders and monitoring”";
    assert!(dir.report().contains(of_four), "{}", dir.report());
}

#[test]
fn nothing_owed_recovered_settled_or_written_off_is_not_on_the_worklist() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[[strategy]]\nname = \"Call\"\n[outcome]\nstill_collected = [\"Settled\"]\n");
    let book = Rows::new()
        .loan(&[("Recovery_Status", "Fully Recovered")])
        .loan(&[("Recovery_Status", "Written Off")])
        .loan(&[("Recovery_Status", "Outstanding"), ("Outstanding_Loan_Amount", "0")])
        .loan(&[("Recovery_Status", "Partially Recovered"), ("Outstanding_Loan_Amount", "5")])
        .loan(&[("Recovery_Status", "Settled"), ("Outstanding_Loan_Amount", "6")])
        .loan(&[("Recovery_Status", "Refinanced"), ("Outstanding_Loan_Amount", "9")])
        .loan(&[("Recovery_Status", ""), ("Outstanding_Loan_Amount", "7")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(texts(&db, "select loan_id from worklist order by priority"), ["LN_7", "LN_5"]);
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where strategy is not null"), 2);
}

#[test]
fn the_policy_is_the_lenders() {
    let dir = Workdir::with_book(300);
    let policy = "[[strategy]]\nname = \"Call\"\nfrom = 0.3\nneeds_approval = true\n[[strategy]]\nname = \"Write\"\n";
    dir.write("recoup.toml", policy);
    dir.run_ok("book.csv");
    let db = dir.db();
    let rules = rows(&db, "select position, lower_score, is_approval_needed, is_on_worklist from strategy_rules");
    assert_eq!(rules, ["Integer(1) Real(0.3) Integer(1) Integer(1)", "Integer(2) Null Integer(0) Integer(1)"]);
    let wrong =
        "select count(*) from risk_scores where is_live and strategy <> iif(risk_score >= 0.3, 'Call', 'Write')";
    assert_eq!(value::<i64>(&db, wrong), 0);
    assert_eq!(texts(&db, "select risk_band from strategy_summary"), ["0.30 and over", "under 0.30"]);
    assert_eq!(
        value::<i64>(&db, "select count(*) from worklist"),
        value::<i64>(&db, "select live_loans from portfolio"),
        "rules are on the worklist unless they say otherwise"
    );
}

#[test]
fn a_score_on_the_limit_is_high_risk() {
    let dir = Workdir::new();
    // A point for each day past due, and a hundredth of the score for each point.
    let points = "[[policy]]\nmeasure = \"days_past_due\"\nbands = [[0, 0], [100, 100]]\nmissing = 0\n";
    dir.write("recoup.toml", format!("risk.high_risk_from = 0.4\n{points}"));
    let book = ["39", "40", "41"].iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let flags = texts(&dir.db(), "select risk_score || ' ' || risk_flag from risk_scores order by loan_id");
    assert_eq!(flags, ["0.39 Low Risk", "0.4 High Risk", "0.41 High Risk"]);
}
