//! Scores: honest, out of bag, made of what was known, and the same from a stored model.

use ndarray::Array1;
use recoup::features;
use recoup::risk::train;
use rusqlite::Connection;

use crate::workdir::{Rows, Workdir, texts, value, with_column};

/// Stored scores in the order of the loan ids, and whether each is out of bag.
fn stored(db: &Connection) -> (Vec<f64>, Vec<bool>) {
    let query = "select risk_score, is_out_of_bag from scores join loan_snapshots using (snapshot_id) order by loan_id";
    let mut statement = db.prepare(query).expect("the tables of a run");
    let rows = statement.query_map([], |row| Ok((row.get::<_, f64>(0)?, row.get::<_, bool>(1)?))).expect("scores");
    rows.map(|row| row.expect("a score")).unzip()
}

#[test]
fn a_stored_model_gives_the_same_scores_to_the_last_bit() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let db = dir.db();
    let forest = train::load(&db, 1).unwrap();
    let book = features::read_book(&db, 1, &|_, _| {}).unwrap();
    let again = forest.score(book.dataset.records()).unwrap();
    let (scores, is_out_of_bag) = stored(&db);
    let mut open_loans = 0;
    let mut differing = 0;
    for ((stored, again), is_out_of_bag) in scores.iter().zip(&again).zip(&is_out_of_bag) {
        if *is_out_of_bag {
            differing += usize::from(stored != again);
        } else {
            assert_eq!(stored.to_bits(), again.to_bits());
            open_loans += 1;
        }
    }
    assert!(open_loans > 100);
    assert!(differing > 500, "loans learnt from are scored without the trees that saw them");
    let names: Vec<String> = serde_json::from_str(&value::<String>(&db, "select feature_names from models")).unwrap();
    assert_eq!(names, features::FEATURES.map(|feature| feature.name));
}

#[test]
fn the_metrics_are_those_of_the_stored_scores() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let db = dir.db();
    let from_scores = "from risk_scores join loans using (loan_id)
        where outcome in ('fully_recovered', 'partially_recovered', 'written_off')";
    let metric = |name: &str| value::<f64>(&db, &format!("select value from model_card where metric = '{name}'"));
    let near = |name: &str, sql: &str| {
        let wanted = value::<f64>(&db, &format!("select {sql} {from_scores}"));
        assert!((metric(name) - wanted).abs() < 1e-9, "{name}: {} against {wanted}", metric(name));
    };
    near(
        "brier",
        "avg((risk_scores.risk_score - (outcome <> 'fully_recovered')) * (risk_scores.risk_score - (outcome <> 'fully_recovered')))",
    );
    near("true_positives", "sum(risk_scores.risk_score >= 0.5 and outcome <> 'fully_recovered') * 1.0");
    near("false_positives", "sum(risk_scores.risk_score >= 0.5 and outcome = 'fully_recovered') * 1.0");
    near("loans", "count(*) * 1.0");
    let pairs = "select avg(case when bad.risk_score > good.risk_score then 1.0
                                 when bad.risk_score = good.risk_score then 0.5 else 0.0 end)
        from loans as bad join loans as good
            on bad.outcome in ('partially_recovered', 'written_off') and good.outcome = 'fully_recovered'";
    assert!((metric("auc") - value::<f64>(&db, pairs)).abs() < 1e-9);
    assert!(metric("auc") > 0.75, "the made-up book has a signal");
}

#[test]
fn scores_come_near_the_truth_of_a_made_up_book() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--loans", "4000", "--out", "book.csv", "--truth", "truth.csv"]);
    dir.run_ok("book.csv");
    let mut truth: Vec<(String, f64)> = dir
        .read("truth.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[0].to_owned(), fields[1].parse().unwrap())
        })
        .collect();
    truth.sort_by(|one, other| one.0.cmp(&other.0));
    let (scores, _) = stored(&dir.db());
    let error: Array1<f64> = scores.iter().zip(&truth).map(|(score, (_, truth))| (score - truth).abs()).collect();
    assert!(error.mean().unwrap() < 0.09, "mean distance from the true probability {}", error.mean().unwrap());
}

#[test]
fn what_is_written_after_the_outcome_and_gender_change_no_score() {
    let dir = Workdir::with_book(500);
    dir.run_ok("book.csv");
    let before = stored(&dir.db()).0;
    let mut book = dir.read("book.csv");
    for column in
        ["Gender", "Collection_Method", "Legal_Action_Taken", "Employment_Type", "Loan_Type", "Payment_History"]
    {
        book = with_column(&book, column, |row, _| format!("other {}", row % 3));
    }
    book = with_column(&book, "Collection_Attempts", |row, _| (row % 7).to_string());
    book = with_column(&book, "Recovery_Status", |_, status| match status {
        "Written Off" => "Partially Recovered".to_owned(),
        other => other.to_owned(),
    });
    dir.write("book.csv", book);
    dir.write("recoup.toml", "");
    std::fs::remove_file(dir.path("recoup.db")).unwrap();
    dir.run_ok("book.csv");
    assert_eq!(stored(&dir.db()).0, before);
}

#[test]
fn a_book_without_outcomes_has_segments_and_says_why_it_has_no_scores() {
    let dir = Workdir::with_book(400);
    let open = with_column(&dir.read("book.csv"), "Recovery_Status", |_, _| "Outstanding".to_owned());
    dir.write("book.csv", open);
    let ended = dir.run_ok("book.csv");
    assert!(ended.stdout.contains("no loan of the file has an outcome"), "{}", ended.stdout);
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from scores"), 0);
    assert_eq!(value::<i64>(&db, "select count(*) from segment_summary"), 4);
    assert_eq!(
        texts(&db, "select distinct strategy from risk_scores"),
        ["Automated reminders and monitoring"],
        "without a score, the mildest rule"
    );
    assert_eq!(
        texts(&db, "select loan_id from worklist order by priority limit 5"),
        texts(&db, "select loan_id from loans where outstanding > 0 order by outstanding desc, loan_id limit 5"),
        "without a score, the largest balance first"
    );
    assert!(dir.report().to_lowercase().contains("no loan of the file has an outcome"));
}

#[test]
fn one_kind_of_outcome_or_too_few_make_no_model() {
    let dir = Workdir::new();
    let mut book = Rows::new();
    for _ in 0..80 {
        book = book.loan(&[("Recovery_Status", "Written Off")]);
    }
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    assert!(value::<String>(&dir.db(), "select no_score_reason from shown_run").contains("0 were fully recovered"));
    dir.write("book.csv", Rows::new().loan(&[("Recovery_Status", "Written Off")]).loans(20).csv());
    dir.run_ok("book.csv");
    assert!(value::<String>(&dir.db(), "select no_score_reason from shown_run").contains("only 1 loans"));
}

#[test]
fn a_model_that_tells_nothing_apart_is_said_to() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--loans", "800", "--signal", "none", "--out", "book.csv"]);
    let ended = dir.run_ok("book.csv");
    let lower: f64 = value(&dir.db(), "select lower_95 from model_card where metric = 'auc'");
    assert!(lower <= 0.5, "{lower}");
    assert!(ended.stdout.contains("do not act on them"), "{}", ended.stdout);
}

#[test]
fn no_sum_is_lost_between_a_loan_and_the_portfolio() {
    let dir = Workdir::with_book(400);
    dir.run_ok("book.csv");
    let db = dir.db();
    let near = |one: &str, other: &str| {
        let (one, other): (f64, f64) = (value(&db, one), value(&db, other));
        assert!((one - other).abs() < 1e-3 * (1.0 + other.abs() * 1e-9), "{one} against {other}");
    };
    near("select outstanding from portfolio", "select sum(outstanding_minor) / 100.0 from loan_snapshots");
    near("select sum(outstanding) from strategy_summary", "select outstanding_to_collect from portfolio");
    near("select sum(balance_at_risk) from worklist", "select balance_at_risk from portfolio");
    near("select sum(outstanding) from segment_summary", "select outstanding from portfolio");
    near(
        "select par30_percent from portfolio",
        "select 100.0 * sum(iif(days_past_due > 30, outstanding_minor, 0)) / sum(outstanding_minor) from loan_snapshots",
    );
    near(
        "select par90_outstanding from portfolio",
        "select sum(iif(days_past_due > 90, outstanding_minor, 0)) / 100.0 from loan_snapshots",
    );
}
