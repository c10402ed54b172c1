//! A database of an earlier version is brought up to date with all that is in it.

use rusqlite::Connection;

use crate::workdir::{Workdir, of_an_earlier_version, rows, texts, value};

/// Of the tables: 1 before the upgrade, 2 after it.
pub fn version(db: &Connection) -> i64 {
    value(db, "select max(version) from refinery_schema_history")
}

#[test]
fn a_run_goes_on_where_an_earlier_version_left_off() {
    let dir = Workdir::with_book(150);
    let earlier = of_an_earlier_version(&dir);
    let shown = "select loan_id, risk_score, strategy from risk_scores_by_run where run_id = 1";
    let before = rows(&earlier, shown);
    drop(earlier);
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(version(&db), 2);
    assert_eq!(rows(&db, shown), before);
    assert_eq!(texts(&db, "select next_note from runs where run_id = 1"), ["upgraded"]);
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores"), 150);
    assert_eq!(value::<i64>(&db, "select count(*) from decisions"), 153);
    assert_eq!(value::<i64>(&db, "select count(*) from pragma_foreign_key_check"), 0);
    dir.ok(&["report", "--run", "1", "--out", "earlier"]);
    assert_eq!(dir.read("earlier/2026-01-31/scores.csv").lines().count(), 4);
}

#[test]
fn a_report_that_needs_an_upgrade_first_says_so() {
    let dir = Workdir::new();
    drop(of_an_earlier_version(&dir));
    let ended = dir.recoup(&["report"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("made by an earlier version"), "{}", ended.stderr);
}

#[test]
fn an_upgrade_that_fails_leaves_tables_and_views_as_they_were() {
    for taken in ["create table next_things (mine text)", "drop view worklist; create table worklist (mine text)"] {
        let dir = Workdir::with_book(150);
        let db = of_an_earlier_version(&dir);
        db.execute_batch(taken).unwrap();
        drop(db);
        assert_eq!(dir.run("book.csv", &[]).code, 1, "{taken}");
        let db = dir.db();
        assert_eq!(value::<i64>(&db, "select count(*) from risk_scores"), 3, "{taken}");
        assert_eq!(version(&db), 1, "{taken}");
    }
}

#[test]
fn a_database_that_was_upgraded_is_refused_by_the_program_before() {
    let dir = Workdir::with_book(150);
    drop(of_an_earlier_version(&dir));
    dir.run_ok("book.csv");
    let earlier = Workdir::with_book(150);
    std::fs::copy(dir.path("recoup.db"), earlier.path("recoup.db")).unwrap();
    let ended = earlier.run("book.csv", &[]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("later version"), "{}", ended.stderr);
}
