//! A database of an earlier version is brought up to date with all that is in it.

use refinery::Target;
use rusqlite::Connection;

use crate::workdir::{Workdir, open, texts, value};

mod tables {
    refinery::embed_migrations!("migrations");
}

/// What the first version left of a book of three loans, the third without a score, and the views that it had over the
/// tables that are gone.
const FIRST_VERSION: &str = "
    insert into runs (
        run_id, status, as_of_date, input_name, config_sha256, program_version, currency_code, currency_scale, seed,
        lines_read, loans_loaded, rows_rejected, first_snapshot_id, last_snapshot_id, started_at, finished_at
    ) values
        (1, 'complete', '2026-01-31', 'book.csv', 'aaa', '0.1.0', 'INR', 100, 42, 3, 3, 0, 1, 3, '', ''),
        (2, 'failed', '2026-02-07', 'book.csv', 'aaa', '0.1.0', 'INR', 100, 42, 3, 3, 0, null, null, '', '');
    insert into loan_snapshots (snapshot_id, run_id, line, loan_id, outstanding_minor, days_past_due) values
        (1, 1, 2, 'A', 10000, 0), (2, 1, 3, 'B', 20000, 0), (3, 1, 4, 'C', 30000, 95);
    insert into segments (segment_id, run_id, position, name, centre) values (1, 1, 1, 'All borrowers', '{}');
    insert into loan_segments (snapshot_id, segment_id) values (1, 1), (2, 1), (3, 1);
    insert into models (model_id, run_id, kind, version, parameters, feature_names, trained_loans, content)
    values (1, 1, 'forest', 1, '{}', '[]', 3, x'00');
    insert into model_metrics (model_id, metric, value) values (1, 'auc', 0.75);
    insert into scores (snapshot_id, model_id, risk_score, is_high_risk, is_out_of_bag) values
        (1, 1, 0.75, 1, 1), (2, 1, 0.25, 0, 0);
    insert into strategy_rules (
        rule_id, run_id, position, strategy, band, lower_score, is_lower_included, is_approval_needed
    ) values (1, 1, 1, 'Call', '0.50 and over', 0.5, 1, 1), (2, 1, 2, 'Write', 'under 0.50', null, 0, 0);
    insert into actions (snapshot_id, rule_id) values (1, 1), (2, 2), (3, 2);
    create view shown_run as select * from runs where run_id = 1;
    create view int_loans_decided as
        select * from loan_snapshots
        left join loan_segments using (snapshot_id)
        left join scores using (snapshot_id)
        left join actions using (snapshot_id);
    create view risk_scores as select loan_id, risk_score, is_out_of_bag from int_loans_decided;
";

pub fn of_the_first_version(dir: &Workdir) -> Connection {
    let mut db = open(&dir.path("recoup.db"));
    tables::migrations::runner()
        .set_grouped(true)
        .set_target(Target::Version(1))
        .run(&mut db)
        .expect("the first tables");
    db.execute_batch(FIRST_VERSION).expect("a book in them");
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores"), 3);
    db
}

/// What the first version did not find out about its runs.
const NOT_KNOWN_THEN: [&str; 18] = [
    "compared_run",
    "loan_movements",
    "portfolio_changes",
    "delivery_history",
    "own_feature_values",
    "int_policy_lines",
    "policy_scores",
    "score_deciles",
    "feature_importance",
    "partial_dependence",
    "feature_audit",
    "fairness_screen",
    "fairness_differences",
    "fairness_to_collect",
    "population_stability",
    "score_reasons_told",
    "segment_history",
    "strategy_history",
];

#[test]
fn the_views_of_an_earlier_version_answer_as_soon_as_its_tables_are_changed() {
    let dir = Workdir::new();
    drop(of_the_first_version(&dir));
    drop(recoup::db::open_for_run(&dir.path("recoup.db"), std::time::Duration::ZERO).unwrap());
    let db = dir.db();
    for (view, _) in recoup::db::VIEWS {
        let has_rows = value::<i64>(&db, &format!("select count(*) from {view}")) > 0;
        assert_eq!(has_rows, !NOT_KNOWN_THEN.contains(&view), "{view}");
    }
    let decided = "select concat_ws('|', loan_id, segment, coalesce(risk_score, '-'), coalesce(forest_score, '-'),
            coalesce(policy_score, '-'), coalesce(risk_flag, '-'), strategy, score_source)
        from risk_scores order by loan_id";
    assert_eq!(
        texts(&db, decided),
        [
            "A|All borrowers|0.75|0.75|-|High Risk|Call|forest, out of bag",
            "B|All borrowers|0.25|0.25|-|Low Risk|Write|forest",
            "C|All borrowers|-|-|-|-|Write|none",
        ]
    );
    assert_eq!(value::<i64>(&db, "select count(*) from pragma_foreign_key_check"), 0);
}

#[test]
fn a_run_goes_on_where_an_earlier_version_left_off() {
    let dir = Workdir::with_book(150);
    drop(of_the_first_version(&dir));
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores"), 150);
    assert_eq!(value::<i64>(&db, "select count(*) from decisions"), 153);
    dir.ok(&["report", "--run", "1", "--out", "earlier"]);
    assert!(dir.read("earlier/2026-01-31/scores.csv").contains("A,,All borrowers,0.75,High Risk"));
}

#[test]
fn a_report_that_needs_an_upgrade_first_says_so() {
    let dir = Workdir::new();
    drop(of_the_first_version(&dir));
    let ended = dir.recoup(&["report"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("made by an earlier version"), "{}", ended.stderr);
}

#[test]
fn an_upgrade_that_fails_leaves_tables_and_views_as_they_were() {
    let dir = Workdir::new();
    let db = of_the_first_version(&dir);
    db.execute_batch("create table worklist (mine text)").unwrap();
    drop(db);
    assert!(recoup::db::open_for_run(&dir.path("recoup.db"), std::time::Duration::ZERO).is_err());
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where risk_score > 0"), 2);
    assert_eq!(value::<i64>(&db, "select max(version) from refinery_schema_history"), 1);
}

/// Two runs of the version before, the first without its loans, with the figures that it kept.
const WITH_FIGURES: &str = "
    insert into runs (
        run_id, status, as_of_date, input_name, config_sha256, program_version, currency_code, currency_scale, seed,
        lines_read, loans_loaded, rows_rejected, first_snapshot_id, last_snapshot_id, started_at, finished_at,
        loans_removed_at
    ) values
        (1, 'complete', '2026-01-24', 'book.csv', 'aaa', '0.1.0', 'INR', 100, 42, 5, 5, 0, null, null, '', '', 'then'),
        (2, 'complete', '2026-01-31', 'book.csv', 'aaa', '0.1.0', 'INR', 100, 42, 1, 1, 0, 1, 1, '', '', null);
    insert into loan_snapshots (snapshot_id, run_id, line, loan_id, outstanding_minor, days_past_due, outcome)
    values (1, 2, 2, 'A', 900, 95, 'written_off');
    insert into run_summaries (
        run_id, loans, loans_scored, loans_to_collect, high_risk_loans, par30_loans, par90_loans, outstanding_minor,
        to_collect_minor, at_risk_minor, high_risk_minor, par30_minor, par90_minor
    ) values (1, 5, 5, 3, 1, 2, 2, 800, 300, 90, 100, 600, 600), (2, 1, 1, 0, 0, 1, 1, 900, 0, 0, 0, 900, 900);
    insert into segment_summaries (run_id, position, loans, outstanding_minor) values (1, 1, 5, 800), (2, 1, 1, 900);
    insert into strategy_summaries (run_id, position, loans, outstanding_minor) values (1, 1, 3, 300), (2, 1, 0, 0);
";

#[test]
fn kept_figures_become_those_of_live_loans_and_what_counted_others_is_not_known() {
    let dir = Workdir::with_book(60);
    let mut db = open(&dir.path("recoup.db"));
    let runner = tables::migrations::runner().set_grouped(true).set_target(Target::Version(5));
    runner.run(&mut db).expect("the tables of the version before");
    db.execute_batch(WITH_FIGURES).expect("runs in them");
    drop(db);
    dir.run_ok("book.csv");
    let told = "select concat_ws(' ', run_id, loans, live_loans, outstanding, ifnull(closed_loans, '-'),
            ifnull(written_off_outstanding, '-'), ifnull(par30_loans, '-'), ifnull(par30_percent, '-'))
        from portfolio_history where run_id < 3";
    assert_eq!(texts(&dir.db(), told), ["1 5 3 3.0 - - - -", "2 1 0 0.0 0 9.0 0 -"]);
    let kept = "select (select count(*) from segment_summaries where run_id < 3) || ' ' ||
            (select count(*) from strategy_summaries where run_id < 3)";
    assert_eq!(texts(&dir.db(), kept), ["1 1"], "a run without segments and rules has none");
}
