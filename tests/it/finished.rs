//! What finished loans teach about live ones, and what several loans of one borrower do: models are used only where it holds.

use std::fmt::Write;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use crate::workdir::{Workdir, column, texts, value, with_column};

/// Numbers from 0 to 1 without pattern.
struct Draws(Xoshiro256PlusPlus);

impl Draws {
    fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    fn next(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn between(&mut self, from: f64, to: f64) -> f64 {
        from + (to - from) * self.next()
    }
}

/// How a lender's system leaves the loans that it closed.
#[derive(Clone, Copy)]
struct Closed {
    keeps_balance: bool,
    keeps_days: bool,
    keeps_missed: bool,
}

const CLEARED: Closed = Closed { keeps_balance: false, keeps_days: false, keeps_missed: true };

/// A lender's book: half of the loans are finished, as their closing left them; the others are live. Missed payments say
/// much about how a finished loan ended, because a borrower who paid in the end had caught up.
fn lender(seed: u64, closed: Closed) -> String {
    let mut draws = Draws::new(seed);
    let mut csv =
        "Loan_ID,Loan_Amount,Loan_Tenure,Interest_Rate,Monthly_Income,Collateral_Value,Outstanding_Loan_Amount,\
                   Monthly_EMI,Num_Missed_Payments,Days_Past_Due,Recovery_Status\n"
            .to_owned();
    for loan in 0..700 {
        let amount = draws.between(20_000.0, 400_000.0).round();
        let (rate, income) = (draws.between(9.0, 24.0), draws.between(15_000.0, 90_000.0).round());
        let risk = draws.next();
        let collateral = if draws.next() < 0.5 { 0.0 } else { (amount * draws.between(0.6, 1.6)).round() };
        let is_late = draws.next() < 0.15 + 0.5 * risk;
        let days = if is_late { draws.between(1.0, 140.0).floor() } else { 0.0 };
        let missed = if is_late { (days / 30.0).ceil() + (4.0 * risk).floor() } else { (2.0 * risk).floor() };
        let balance = (amount * draws.between(0.1, 0.95)).round();
        let emi = (amount / 30.0).round();
        let is_live = loan % 2 == 0;
        let is_lost = draws.next() < 0.05 + 0.9 * (missed / 6.0).min(1.0);
        let status = match (is_live, is_lost) {
            (true, _) => "Outstanding",
            (false, true) => {
                if draws.next() < 0.5 {
                    "Written Off"
                } else {
                    "Partially Recovered"
                }
            }
            (false, false) => "Fully Recovered",
        };
        let left = |value: f64, is_kept: bool| if is_live || is_kept { value } else { 0.0 };
        let (balance, days) = (left(balance, closed.keeps_balance), left(days, closed.keeps_days));
        let missed = left(missed, closed.keeps_missed);
        writeln!(csv, "LN_{loan},{amount},36,{rate:.2},{income},{collateral},{balance},{emi},{missed},{days},{status}")
            .expect("a text grows");
    }
    csv
}

#[test]
fn no_model_of_finished_loans_is_used_where_closing_a_loan_cleared_its_columns() {
    let keeps = |keeps_balance, keeps_days, keeps_missed| Closed { keeps_balance, keeps_days, keeps_missed };
    for (closed, words) in [
        (CLEARED, "finished loans show no outstanding balance and no days past due, live loans do"),
        (keeps(false, true, true), "no outstanding balance"),
        (keeps(true, false, true), "finished loans show no days past due, live loans do"),
        (keeps(true, false, false), "no missed payments and no days past due"),
    ] {
        let dir = Workdir::new();
        dir.write("book.csv", lender(1, closed));
        let ended = dir.run_ok("book.csv");
        let db = dir.db();
        let reason: String = value(&db, "select gate_reason from latest_run");
        assert_eq!(value::<String>(&db, "select score_source from latest_run"), "policy", "{reason}");
        assert!(reason.contains(words), "{reason}");
        assert!(reason.contains("what finished loans teach does not hold for live ones"), "{reason}");
        assert!(dir.report().contains(&reason) && ended.stdout.contains(&reason), "{}", ended.stdout);
        // The models are shown, as refused.
        let refused = "select candidate from model_comparison where not is_accepted order by candidate";
        assert_eq!(texts(&db, refused), ["boosting", "forest", "logistic"]);
        assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where risk_score <> policy_score"), 0);
        // What was kept from the models is still compared with live loans.
        let cleared = if closed.keeps_days { "outstanding" } else { "days_past_due" };
        let shift = format!("select verdict from population_stability where subject = '{cleared}'");
        assert_eq!(value::<String>(&db, &shift), "large shift");
        let audit = format!("select verdict from feature_audit where subject = '{cleared}'");
        assert_eq!(value::<String>(&db, &audit), "refused");
    }
}

#[test]
fn finished_loans_that_are_unchanged_teach_about_live_ones() {
    let keeps_all = Closed { keeps_balance: true, keeps_days: true, keeps_missed: true };
    for seed in 1..4 {
        let dir = Workdir::new();
        dir.write("book.csv", lender(seed, keeps_all));
        dir.run_ok("book.csv");
        let reason: String = value(&dir.db(), "select gate_reason from latest_run");
        assert_ne!(value::<String>(&dir.db(), "select score_source from latest_run"), "policy", "{reason}");
    }
}

#[test]
fn an_own_feature_that_finished_loans_do_not_share_is_kept_out_and_stops_nothing() {
    let dir = Workdir::with_book(900);
    let book = dir.read("book.csv");
    let is_live: Vec<bool> = column(&book, "Recovery_Status").iter().map(|status| status == "Outstanding").collect();
    let mut lines = book.lines();
    let mut with_visits = format!("{},Visits\n", lines.next().unwrap());
    for (row, line) in lines.enumerate() {
        let visits = if is_live[row] { row % 5 } else { 0 };
        writeln!(with_visits, "{line},{visits}").unwrap();
    }
    dir.write("book.csv", with_visits);
    dir.write("recoup.toml", "[[feature]]\nname = \"visits\"\ncolumn = \"Visits\"\nkind = \"number\"\n");
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_ne!(value::<String>(&db, "select score_source from latest_run"), "policy");
    let audit = "select verdict || ': ' || reason from feature_audit where subject = 'visits'";
    let verdict: String = value(&db, audit);
    assert!(verdict.starts_with("barred: finished loans do not show it, live loans do"), "{verdict}");
    assert_eq!(value::<i64>(&db, "select count(*) from population_stability where subject = 'visits'"), 1);
}

/// Borrowers of five finished loans each: whether a borrower pays is a coin toss, and all of their loans go that way. Age and
/// income identify borrowers, and so which of them paid, for a model that learnt from another of their loans.
fn tossed(seed: u64, borrowers: usize) -> String {
    let mut draws = Draws::new(seed);
    let mut csv =
        "Loan_ID,Borrower_ID,Age,Monthly_Income,Loan_Amount,Loan_Tenure,Interest_Rate,Outstanding_Loan_Amount,\
                   Num_Missed_Payments,Days_Past_Due,Recovery_Status\n"
            .to_owned();
    for borrower in 0..borrowers {
        let (age, income) = (draws.between(21.0, 65.0).floor(), draws.between(15_000.0, 120_000.0).round());
        let status = if draws.next() < 0.5 { "Written Off" } else { "Fully Recovered" };
        for loan in 0..5 {
            let (amount, rate) = (draws.between(20_000.0, 400_000.0).round(), draws.between(9.0, 24.0));
            let (missed, days) = (draws.between(0.0, 5.0).floor(), draws.between(0.0, 90.0).floor());
            let balance = (amount * draws.between(0.1, 0.9)).round();
            writeln!(
                csv,
                "LN_{borrower}_{loan},B{borrower},{age},{income},{amount},36,{rate:.2},{balance},{missed},{days},{status}"
            )
            .expect("a text grows");
        }
    }
    csv
}

#[test]
fn a_coin_toss_a_borrower_makes_no_model_however_many_loans_borrowers_have() {
    for seed in 1..6 {
        let dir = Workdir::new();
        dir.write("book.csv", tossed(seed, 160));
        dir.run_ok("book.csv");
        let db = dir.db();
        let accepted = "select candidate from model_comparison where is_accepted and candidate <> 'policy'";
        assert_eq!(texts(&db, accepted), [""; 0], "seed {seed}");
        let highest: f64 = value(&db, "select max(auc_lower_95) from model_comparison where candidate <> 'policy'");
        assert!(highest < 0.5, "seed {seed}: {highest}");
    }
    // The same without the borrowers: what they have in common looks like a signal.
    let dir = Workdir::new();
    dir.write("book.csv", with_column(&tossed(1, 160), "Borrower_ID", |row, _| format!("B{row}")));
    dir.run_ok("book.csv");
    let highest: f64 = value(&dir.db(), "select max(auc_lower_95) from model_comparison where candidate <> 'policy'");
    assert!(highest > 0.55, "the book of this test is a trap: {highest}");
}

#[test]
fn the_order_of_the_lines_changes_no_score_where_borrowers_have_several_loans() {
    let scores = |book: &str| {
        let dir = Workdir::new();
        dir.write("book.csv", book);
        dir.run_ok("book.csv");
        let columns = "loan_id || ' ' || logistic_score || ' ' || boosting_score || ' ' || forest_score";
        texts(&dir.db(), &format!("select {columns} from risk_scores order by loan_id"))
    };
    let book = tossed(7, 60);
    let (header, lines) = book.split_once('\n').unwrap();
    let turned: Vec<&str> = lines.lines().rev().collect();
    assert_eq!(scores(&book), scores(&format!("{header}\n{}\n", turned.join("\n"))));
}

#[test]
fn thresholds_that_share_a_whole_percent_are_distinguished() {
    let dir = Workdir::with_book(600);
    let rule = |name: &str, above: &str| format!("[[strategy]]\nname = \"{name}\"\nabove = {above}\n");
    let rules = [
        rule("call", "0.502"),
        rule("visit", "0.501"),
        rule("write", "0.5"),
        "[[strategy]]\nname = \"wait\"\n".to_owned(),
    ];
    dir.write("recoup.toml", rules.concat());
    dir.run_ok("book.csv");
    let query = "select metric from model_metrics join models using (model_id)
        where is_in_use and metric like 'true_positives@%' order by metric";
    let named = texts(&dir.db(), query);
    let expected = ["0.50", "0.501", "0.502"].map(|threshold| format!("true_positives@{threshold}"));
    assert!(expected.iter().all(|metric| named.contains(metric)), "{named:?}");
    let report = dir.report();
    assert!(report.contains(">0.501<") && report.contains(">0.502<"));
}
