//! A run happens wholly or not at all, and says how it ended.

use std::time::Duration;

use crate::workdir::{AS_OF, Workdir, rows, texts, value};

/// The tables that a run fills, as they are.
fn contents(dir: &Workdir) -> Vec<String> {
    let db = dir.db();
    let tables = [
        "loan_details",
        "loan_snapshots",
        "rejects",
        "segments",
        "models",
        "model_metrics",
        "strategy_rules",
        "decisions",
    ];
    tables.iter().flat_map(|table| rows(&db, &format!("select * from {table}"))).collect()
}

#[test]
fn a_failure_at_any_stage_leaves_the_last_good_run() {
    let stages = [
        ("loan_snapshots", "import"),
        ("segments", "segments"),
        ("models", "risk"),
        ("model_metrics", "risk"),
        ("strategy_rules", "strategies"),
        ("decisions", "strategies"),
    ];
    for (table, stage) in stages {
        let dir = Workdir::with_book(150);
        dir.run_ok("book.csv");
        let (before, report) = (contents(&dir), dir.report());
        dir.db()
            .execute_batch(&format!(
                "create trigger fault before insert on {table} begin select raise(abort, 'no room'); end"
            ))
            .unwrap();
        let ended = dir.run("book.csv", &["--force"]);
        assert_eq!(ended.code, 1, "{table}: {ended:?}");
        assert!(ended.stderr.contains("no room"), "{table}: {}", ended.stderr);
        assert_eq!(contents(&dir), before, "{table}");
        assert_eq!(dir.report(), report, "{table}");
        let db = dir.db();
        assert_eq!(value::<i64>(&db, "select run_id from latest_run"), 1, "{table}");
        assert_eq!(texts(&db, "select status from runs order by run_id"), ["complete", "failed"]);
        let failed = texts(&db, "select stage from run_stages where run_id = 2 and not is_complete");
        assert_eq!(failed, [stage], "{table}");
    }
}

#[test]
fn a_refused_file_leaves_the_last_good_run_and_its_trace() {
    let dir = Workdir::with_book(150);
    dir.run_ok("book.csv");
    let (before, report) = (contents(&dir), dir.report());
    dir.write("bad.csv", "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\nA,1,1\nA,1,1\n");
    assert_eq!(dir.run("bad.csv", &["--expect-rows", "2"]).code, 3);
    assert_eq!(contents(&dir), before);
    assert_eq!(dir.report(), report);
    let db = dir.db();
    assert_eq!(texts(&db, "select status from run_history"), ["complete", "refused"]);
    let message = value::<String>(&db, "select message from run_history where status = 'refused'");
    assert!(message.contains("is on more than one line"), "{message}");
}

#[test]
fn while_another_writes_a_run_ends_with_4_and_changes_nothing() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    let holder = dir.db();
    holder.execute_batch("begin immediate").unwrap();
    let ended = dir.run("book.csv", &["--force"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stderr.contains("is in use by another program"), "{}", ended.stderr);
    holder.execute_batch("rollback").unwrap();
    assert_eq!(value::<i64>(&holder, "select count(*) from runs"), 1);
    drop(holder);
    assert_eq!(dir.run("book.csv", &["--force"]).code, 0);
}

#[test]
fn a_reader_does_not_stop_a_run() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    let reader = dir.db();
    reader.busy_timeout(Duration::ZERO).unwrap();
    assert_eq!(value::<String>(&reader, "pragma journal_mode = wal"), "wal");
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select max(run_id) from runs"), 1);
    assert_eq!(dir.run("book.csv", &["--force"]).code, 0);
    assert_eq!(value::<i64>(&reader, "select max(run_id) from runs"), 1, "a reader sees one state of the book");
    reader.execute_batch("commit").unwrap();
    assert_eq!(value::<i64>(&reader, "select max(run_id) from runs"), 2);
}

#[test]
fn files_that_cannot_be_written_end_with_5_and_can_be_written_later() {
    let dir = Workdir::with_book(100);
    dir.write("reports", "a file where the folder should be");
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.stderr.contains("recoup report"), "{}", ended.stderr);
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 100);
    assert_eq!(texts(&db, "select stage from run_stages where not is_complete"), ["files"]);
    dir.ok(&["report", "--out", "elsewhere"]);
    assert!(dir.exists(&format!("elsewhere/{AS_OF}/worklist.csv")));
}

#[test]
fn another_programs_file_is_refused_untouched() {
    let dir = Workdir::with_book(50);
    let other = crate::workdir::open(&dir.path("other.db"));
    other.execute_batch("create table invoices (number integer)").unwrap();
    drop(other);
    dir.write("notes.txt", "not a database at all, but long enough to be looked at as one".repeat(20));
    for name in ["other.db", "notes.txt"] {
        let before = std::fs::read(dir.path(name)).unwrap();
        for args in [&["run", "book.csv", "--db", name][..], &["report", "--db", name]] {
            let ended = dir.recoup(args);
            assert_eq!(ended.code, 1, "{args:?}: {ended:?}");
            assert!(ended.stderr.contains("not a Recoup database"), "{args:?}: {}", ended.stderr);
        }
        assert!(std::fs::read(dir.path(name)).unwrap() == before, "{name} was touched");
    }
}

#[test]
fn while_another_run_goes_on_a_second_says_which_and_ends_with_4() {
    let dir = Workdir::with_book(50);
    let lock = recoup::parts::RunLock::take(&dir.path("recoup.db"), "process 7, started 2026-03-31T06:00:00Z").unwrap();
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stderr.contains("process 7, started 2026-03-31"), "{}", ended.stderr);
    assert!(!dir.exists("recoup.db"));
    drop(lock);
    dir.run_ok("book.csv");
    assert!(!dir.exists("recoup.db.lock"));
}

#[test]
fn a_lock_that_a_killed_run_left_does_not_matter() {
    let dir = Workdir::with_book(50);
    dir.write("recoup.db.lock", "process 7, started long ago");
    dir.run_ok("book.csv");
}

#[test]
fn a_run_that_was_stopped_before_its_files_were_there_writes_them_when_asked_again() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    let report = dir.report();
    let folder = format!("reports/{AS_OF}");
    std::fs::remove_file(dir.path(&format!("{folder}/report.html"))).unwrap();
    dir.write(&format!("{folder}/.recoup-x7"), "unfinished file");
    let ended = dir.run_ok("book.csv");
    assert!(!ended.stdout.contains("Nothing to do"), "{}", ended.stdout);
    assert_eq!(dir.report(), report);
    assert!(!dir.exists(&format!("{folder}/.recoup-x7")));
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from runs"), 1);
    dir.db().execute_batch("delete from run_stages where stage = 'files'").unwrap();
    dir.run_ok("book.csv");
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from run_stages where stage = 'files' and is_complete"), 1);
    assert!(dir.run_ok("book.csv").stdout.contains("Nothing to do"));
}

#[test]
fn a_reader_that_came_before_the_run_does_not_stop_it() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let reader = dir.db();
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from runs"), 1);
    let waiting = std::thread::spawn({
        let (path, folder) = (dir.path("book.csv"), dir.path(""));
        move || {
            std::process::Command::new(env!("CARGO_BIN_EXE_recoup"))
                .args(["run", &path.to_string_lossy(), "--as-of", AS_OF, "--force"])
                .current_dir(folder)
                .output()
                .unwrap()
        }
    });
    // The reader ends when the run has said that someone is in its way, or is done: either is fine.
    while value::<i64>(&dir.db(), "select count(*) from runs") < 2 && !waiting.is_finished() {
        if dir.exists("recoup.db-journal") {
            break;
        }
        std::thread::yield_now();
    }
    reader.execute_batch("commit").unwrap();
    let output = waiting.join().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(value::<i64>(&reader, "select count(*) from runs"), 2);
}

#[test]
fn a_database_that_cannot_be_made_says_what_to_do() {
    let dir = Workdir::with_book(50);
    let ended = dir.run("book.csv", &["--db", "absent/recoup.db"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("absent/recoup.db"), "{}", ended.stderr);
}
