//! Scores: honest, out of sample, made of what was known, explained, and refused where they are worth nothing.

use ndarray::Array1;
use recoup::parts::{Calibration, Config, FEATURES, load_forest, read_book};
use rusqlite::Connection;

use crate::workdir::{AS_OF, Rows, Workdir, texts, value, with_column};

/// The stored scores of the forest in the order of the loan ids, and whether each is out of bag.
fn stored(db: &Connection) -> (Vec<f64>, Vec<bool>) {
    let query = "select forest_score, outcome in ('fully_recovered', 'partially_recovered', 'written_off')
        from decisions join stg_loans using (snapshot_id) order by loan_id";
    let mut statement = db.prepare(query).expect("the tables of a run");
    let rows = statement.query_map([], |row| Ok((row.get::<_, f64>(0)?, row.get::<_, bool>(1)?))).expect("scores");
    rows.map(|row| row.expect("a score")).unzip()
}

#[test]
fn a_stored_model_gives_the_same_scores_to_the_last_bit() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let db = dir.db();
    let (model_id, calibration): (i64, String) = db
        .query_row("select model_id, calibration from models where kind = 'forest'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let forest = load_forest(&db, model_id).unwrap();
    let calibration: Calibration = serde_json::from_str(&calibration).unwrap();
    let book = read_book(&db, 1, &Config::parse("").unwrap().monotone, &|_, _| {}).unwrap();
    let again: Vec<f64> =
        forest.score(book.dataset.records()).unwrap().into_iter().map(|raw| calibration.apply(raw)).collect();
    let (scores, is_out_of_sample) = stored(&db);
    let mut open_loans = 0;
    let mut differing = 0;
    for ((stored, again), is_out_of_sample) in scores.iter().zip(&again).zip(&is_out_of_sample) {
        if *is_out_of_sample {
            differing += usize::from(stored != again);
        } else {
            assert_eq!(stored.to_bits(), again.to_bits());
            open_loans += 1;
        }
    }
    assert!(open_loans > 100);
    assert!(differing > 500, "loans learnt from are scored without the trees that saw them");
    let names: Vec<String> = forest.features().iter().map(|feature| feature.name.clone()).collect();
    assert_eq!(names, FEATURES.map(|feature| feature.name));
}

#[test]
fn every_candidate_has_a_score_for_every_loan() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let db = dir.db();
    let scored = "select count(*) from risk_scores
        where policy_score between 0 and 1 and logistic_score between 0 and 1
            and boosting_score between 0 and 1 and forest_score between 0 and 1";
    assert_eq!(value::<i64>(&db, scored), 900);
    let kinds = texts(&db, "select candidate from model_comparison order by candidate");
    assert_eq!(kinds, ["boosting", "forest", "logistic", "policy"]);
    assert_eq!(value::<i64>(&db, "select sum(is_in_use) from model_comparison"), 1);
    let in_use: String = value(&db, "select candidate from model_comparison where is_in_use");
    let used = format!("select count(*) from risk_scores where risk_score = {in_use}_score");
    assert_eq!(value::<i64>(&db, &used), 900, "{in_use} is in use");
    let out_of_sample = "select count(*) from risk_scores join loans using (loan_id)
        where is_out_of_sample = (outcome <> 'outstanding')";
    assert!(in_use != "policy" && value::<i64>(&db, out_of_sample) == 900, "{in_use} is in use");
}

#[test]
fn the_metrics_are_those_of_the_stored_scores() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let db = dir.db();
    let from_scores = "from risk_scores join loans using (loan_id)
        where outcome in ('fully_recovered', 'partially_recovered', 'written_off')";
    let metric = |name: &str| {
        value::<f64>(
            &db,
            &format!(
                "select value from model_metrics join models using (model_id) where is_in_use and metric = '{name}'"
            ),
        )
    };
    let near = |name: &str, sql: &str| {
        let wanted = value::<f64>(&db, &format!("select {sql} {from_scores}"));
        assert!((metric(name) - wanted).abs() < 1e-9, "{name}: {} against {wanted}", metric(name));
    };
    near(
        "brier",
        "avg((risk_scores.risk_score - (outcome <> 'fully_recovered')) * (risk_scores.risk_score - (outcome <> 'fully_recovered')))",
    );
    near("true_positives@0.50", "sum(risk_scores.risk_score >= 0.5 and outcome <> 'fully_recovered') * 1.0");
    near("false_positives@0.50", "sum(risk_scores.risk_score >= 0.5 and outcome = 'fully_recovered') * 1.0");
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
fn a_book_without_outcomes_has_the_policy_score_and_says_why() {
    let dir = Workdir::with_book(400);
    let open = with_column(&dir.read("book.csv"), "Recovery_Status", |_, _| "Outstanding".to_owned());
    dir.write("book.csv", open);
    let ended = dir.run_ok("book.csv");
    let reason = "The scores are the policy points, because no loan has a known outcome to learn from.";
    assert!(ended.stdout.contains(reason), "{}", ended.stdout);
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where risk_score = policy_score"), 400);
    assert_eq!(texts(&db, "select distinct score_source from risk_scores"), ["policy"]);
    assert_eq!(texts(&db, "select candidate from model_comparison"), ["policy"]);
    let by_points =
        "select count(*) from risk_scores where risk_flag <> iif(policy_score >= 0.5, 'High Risk', 'Low Risk')";
    assert_eq!(value::<i64>(&db, by_points), 0, "the rules follow the points");
    assert_eq!(value::<String>(&db, "select gate_reason from latest_run"), reason);
    assert!(dir.report().contains(reason));
}

/// Whose scores a run of the book uses, and why.
fn source_and_reason(dir: &Workdir) -> (String, String) {
    dir.run_ok("book.csv");
    let db = dir.db();
    (value(&db, "select score_source from latest_run"), value(&db, "select gate_reason from latest_run"))
}

#[test]
fn one_kind_of_outcome_or_too_few_use_the_policy_and_say_what_was_lacking() {
    let dir = Workdir::new();
    let written_off = (0..80).fold(Rows::new(), |book, _| book.loan(&[("Recovery_Status", "Written Off")]));
    let few = Rows::new().loan(&[("Recovery_Status", "Written Off")]).loans(20);
    let no_loan_differs = (0..60).fold(Rows::new(), |book, row| {
        book.loan(&[("Recovery_Status", if row % 2 == 0 { "Written Off" } else { "Fully Recovered" })])
    });
    dir.write("recoup.toml", "[import]\nmax_shrink_percent = 100");
    let of_one_kind =
        "of the 80 loans with a known outcome 0 were fully recovered and 80 were not, and a model needs 10 of each";
    let too_few = "only 1 loan has a known outcome and a model needs 50";
    let alike = "no column that a model may use distinguishes the loans: all values are missing, or the same for all";
    for (book, lacking) in [(written_off, of_one_kind), (few, too_few), (no_loan_differs, alike)] {
        dir.write("book.csv", book.csv());
        let (source, reason) = source_and_reason(&dir);
        assert_eq!(source, "policy");
        assert_eq!(reason, format!("The scores are the policy points, because {lacking}."));
        assert!(dir.report().contains(&reason), "{reason}");
    }
}

#[test]
fn a_model_that_tells_nothing_apart_is_refused() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--loans", "800", "--signal", "none", "--out", "book.csv"]);
    let ended = dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<String>(&db, "select score_source from latest_run"), "policy");
    assert_eq!(
        value::<i64>(&db, "select count(*) from model_comparison where is_accepted and candidate <> 'policy'"),
        0
    );
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where risk_score <> policy_score"), 0);
    let reason: String = value(&db, "select gate_reason from latest_run");
    assert!(
        reason.starts_with("The scores are the policy points, because no model was shown to do better"),
        "{reason}"
    );
    assert!(ended.stdout.contains(&reason), "{}", ended.stdout);
}

#[test]
fn a_person_may_override_the_gate_and_it_is_recorded_and_shown() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--loans", "800", "--signal", "none", "--out", "book.csv"]);
    dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--model", "forest"]);
    let db = dir.db();
    assert_eq!(value::<String>(&db, "select score_source || ' ' || forced_model from latest_run"), "forest forest");
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where risk_score <> forest_score"), 0);
    assert_eq!(value::<i64>(&db, "select is_accepted from model_comparison where is_in_use"), 0);
    let reason: String = value(&db, "select gate_reason from latest_run");
    assert!(dir.report().contains(&reason), "{reason}");
    dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--model", "logistic"]);
    assert_eq!(value::<String>(&dir.db(), "select score_source from latest_run"), "logistic");
}

#[test]
fn reasons_add_up_to_the_score_and_speak_of_the_loan() {
    for model in ["forest", "boosting", "logistic", "policy"] {
        let dir = Workdir::with_book(900);
        dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--model", model]);
        let db = dir.db();
        let apart = "select max(abs(total - risk_score)) from (
            select max(base) + sum(contribution) + max(rest) as total, max(risk_score) as risk_score
            from top_score_reasons group by loan_id)";
        assert!(value::<f64>(&db, apart) < 1e-9, "{model}");
        let reported = "select count(distinct loan_id) * 1.0 / (select count(*) from worklist) from top_score_reasons";
        assert!(value::<f64>(&db, reported) > 0.9, "{model}");
        let wrong = "select count(*) from top_score_reasons join loans using (loan_id)
            where feature = 'days_past_due' and days_past_due > 1
                and words || ':' not like days_past_due || ' days past due:%'";
        assert_eq!(value::<i64>(&db, wrong), 0, "{model}");
        assert!(value::<i64>(&db, "select count(*) from top_score_reasons where words like '% days past due%'") > 20);
        let too_many = "select count(*) from (select 1 from top_score_reasons
            group by loan_id having count(*) > 10)";
        assert_eq!(value::<i64>(&db, too_many), 0, "{model}");
    }
}

#[test]
fn days_that_were_kept_from_the_models_are_reported_where_points_go_by_them() {
    let dir = Workdir::new();
    let closed = |book: Rows, row: usize| {
        let status = if row.is_multiple_of(2) { "Written Off" } else { "Fully Recovered" };
        book.loan(&[
            ("Recovery_Status", status),
            ("Num_Missed_Payments", if row.is_multiple_of(3) { "4" } else { "0" }),
        ])
    };
    let book = (0..80).fold(Rows::new(), closed).loan(&[("Days_Past_Due", "333"), ("Num_Missed_Payments", "1")]);
    dir.write("book.csv", book.csv());
    dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--model", "policy"]);
    let db = dir.db();
    let verdict: String = value(&db, "select verdict from feature_audit where subject = 'days_past_due'");
    assert_eq!(verdict, "barred", "closed loans are all current, so the column teaches nothing");
    let reasons: String = value(&db, "select reasons from worklist where loan_id = 'LN_81'");
    assert!(reasons.contains("333 days past due"), "{reasons}");
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
    near(
        "select outstanding + closed_outstanding + written_off_outstanding from portfolio",
        "select sum(outstanding_minor) / 100.0 from loan_snapshots",
    );
    near(
        "select outstanding from portfolio",
        "select sum(outstanding_minor) / 100.0 from loan_snapshots where not is_closed",
    );
    near(
        "select live_loans + closed_loans + written_off_loans + 0.0 from portfolio",
        "select loans + 0.0 from portfolio",
    );
    near("select sum(outstanding) from strategy_summary", "select outstanding from portfolio");
    near("select sum(balance_at_risk) from strategy_summary", "select balance_at_risk from portfolio");
    near(
        "select sum(balance_at_risk) from worklist",
        "select sum(balance_at_risk) from strategy_summary where is_on_worklist",
    );
    near("select sum(outstanding) from arrears_summary", "select outstanding from portfolio");
    near("select sum(outstanding) from segment_summary", "select outstanding from portfolio");
    near(
        "select par30_percent from portfolio",
        "select 100.0 * sum(iif(days_past_due > 30, outstanding_minor, 0)) / sum(outstanding_minor) from loan_snapshots
         where not is_closed",
    );
    near(
        "select par90_outstanding from portfolio",
        "select sum(iif(days_past_due > 90, outstanding_minor, 0)) / 100.0 from loan_snapshots where not is_closed",
    );
}
