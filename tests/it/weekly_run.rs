//! The weekly job from the file to the files that people read.

use rusqlite::OpenFlags;

use crate::workdir::{AS_OF, Workdir, rows, texts, value};

#[test]
fn one_command_leaves_a_database_a_report_and_a_worklist() {
    let dir = Workdir::with_book(600);
    let ended = dir.run_ok("book.csv");
    assert_eq!(ended.stdout.lines().count(), 6, "{}", ended.stdout);
    assert!(ended.stdout.contains("report.html"), "{}", ended.stdout);
    for name in ["report.html", "worklist.csv", "scores.csv"] {
        assert!(dir.exists(&format!("reports/{AS_OF}/{name}")), "{name}");
    }
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 600);
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where risk_score is not null"), 600);
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores where is_live <> (strategy is not null)"), 0);
    let stages = texts(&db, "select stage from run_stages where is_complete order by position");
    assert_eq!(stages, ["import", "features", "segments", "risk", "strategies", "history", "files"]);
    let lines: Vec<&str> =
        ended.stderr.lines().filter(|line| !line.starts_with("note: the file was read as UTF-8")).collect();
    assert_eq!(lines.len(), stages.len(), "one line a stage: {}", ended.stderr);
}

#[test]
fn the_same_run_again_changes_nothing_and_says_so() {
    let dir = Workdir::with_book(200);
    dir.run_ok("book.csv");
    let before = std::fs::read(dir.path("recoup.db")).unwrap();
    let again = dir.run_ok("book.csv");
    assert!(again.stdout.contains("Nothing to do"), "{}", again.stdout);
    assert_eq!(std::fs::read(dir.path("recoup.db")).unwrap(), before);
}

#[test]
fn a_run_is_new_when_file_day_policy_or_force_say_so() {
    let dir = Workdir::with_book(200);
    dir.run_ok("book.csv");
    assert_eq!(dir.run("book.csv", &["--force"]).code, 0);
    assert_eq!(dir.run("book.csv", &["--seed", "7"]).code, 0);
    assert_eq!(dir.recoup(&["run", "book.csv", "--as-of", "2026-04-07", "--seed", "7", "--accept-unchanged"]).code, 0);
    dir.ok(&["demo", "--loans", "201", "--out", "book.csv"]);
    assert_eq!(dir.recoup(&["run", "book.csv", "--as-of", "2026-04-07", "--seed", "7", "--accept-unchanged"]).code, 0);
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from run_history where status = 'complete'"), 5);
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 201, "the views show the latest run");
    assert_eq!(value::<i64>(&db, "select count(*) from loan_snapshots"), 1001, "every snapshot is kept");
}

#[test]
fn the_file_left_behind_is_whole_and_opens_read_only() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    assert!(!dir.exists("recoup.db-wal") && !dir.exists("recoup.db-journal"));
    std::fs::copy(dir.path("recoup.db"), dir.path("copy.db")).unwrap();
    let copy = rusqlite::Connection::open_with_flags(dir.path("copy.db"), OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    assert_eq!(value::<String>(&copy, "pragma journal_mode"), "delete");
    assert_eq!(value::<String>(&copy, "pragma integrity_check"), "ok");
    assert!(rows(&copy, "pragma foreign_key_check").is_empty());
    assert_eq!(value::<i64>(&copy, "select count(*) from loans"), 100);
}

#[test]
fn the_exports_are_the_public_views() {
    let dir = Workdir::with_book(400);
    dir.run_ok("book.csv");
    let db = dir.db();
    let ids = |name: &str, column: usize| -> Vec<String> {
        let text = dir.read(&format!("reports/{AS_OF}/{name}"));
        text.lines().skip(1).map(|line| line.split(',').nth(column).unwrap().to_owned()).collect()
    };
    assert_eq!(ids("worklist.csv", 1), texts(&db, "select loan_id from worklist order by priority"));
    assert_eq!(ids("scores.csv", 0), texts(&db, "select loan_id from risk_scores order by loan_id"));
    let worklist = dir.read(&format!("reports/{AS_OF}/worklist.csv"));
    let approvals = "select count(*) from loans where is_live and risk_score > 0.75 and days_past_due >= 31";
    let asked = worklist.lines().filter(|line| line.ends_with(",yes,")).count() as i64;
    assert_eq!(asked, value::<i64>(&db, approvals), "approval is asked for and not yet given");
    assert_ne!(asked, 0, "the book of this test has such loans");
}

#[cfg(unix)]
#[test]
fn what_is_personal_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    let mode = |name: &str| std::fs::metadata(dir.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("recoup.db"), 0o600);
    assert_eq!(mode("reports"), 0o700);
    assert_eq!(mode(&format!("reports/{AS_OF}")), 0o700);
    for name in ["report.html", "worklist.csv", "scores.csv"] {
        assert_eq!(mode(&format!("reports/{AS_OF}/{name}")), 0o600, "{name}");
    }
}
