//! Same file, same seed, same bytes: whatever the order of the rows, the threads, or the process.

use crate::dump::{dump, tables};
use crate::workdir::{AS_OF, Workdir, open, value, with_column};

fn report_without_hash(dir: &Workdir, folder: &str) -> String {
    let db = dir.db();
    let sha256: String =
        db.query_row("select input_sha256 from latest_run", [], |row| row.get(0)).expect("a complete run");
    dir.read(&format!("{folder}/{AS_OF}/report.html")).replace(&sha256, "HASH")
}

#[test]
fn threads_and_processes_change_nothing() {
    let dir = Workdir::with_book(1500);
    let mut seen = Vec::new();
    for (name, threads) in [("a", "1"), ("b", "2"), ("c", "8"), ("d", "2")] {
        let db = format!("{name}.db");
        assert_eq!(dir.run("book.csv", &["--threads", threads, "--db", &db, "--out", name]).code, 0);
        let files =
            ["report.html", "worklist.csv", "scores.csv"].map(|file| dir.read(&format!("{name}/{AS_OF}/{file}")));
        seen.push((dump(&open(&dir.path(&db))), files));
    }
    assert!(tables(&seen[0].0) >= 18, "{}", tables(&seen[0].0));
    for other in &seen[1..] {
        assert!(other.0 == seen[0].0, "the databases differ");
        assert!(other.1 == seen[0].1, "the files differ");
    }
}

/// The same book with its rows in another order.
fn shuffled(book: &str) -> String {
    let mut lines: Vec<&str> = book.lines().collect();
    let header = lines.remove(0);
    lines.sort_by_key(|line| line.chars().rev().collect::<String>());
    format!("{header}\n{}\n", lines.join("\n"))
}

#[test]
fn the_order_of_the_rows_changes_nothing() {
    let dir = Workdir::with_book(1500);
    dir.run_ok("book.csv");
    let (first, report) = (dump(&dir.db()), report_without_hash(&dir, "reports"));
    dir.write("book.csv", shuffled(&dir.read("book.csv")));
    std::fs::remove_file(dir.path("recoup.db")).unwrap();
    dir.run_ok("book.csv");
    assert!(dump(&dir.db()) == first, "the databases differ");
    assert!(report_without_hash(&dir, "reports") == report, "the reports differ");
}

#[test]
fn the_order_of_the_rows_changes_nothing_where_some_are_rejected() {
    // The report tells where in the file the rejected rows are, so only what was found out can be the same.
    let dir = Workdir::with_book(300);
    let spoilt = |every: usize, word: &'static str| {
        move |row: usize, value: &str| if row % every == 3 { word.to_owned() } else { value.to_owned() }
    };
    let book = with_column(&dir.read("book.csv"), "Days_Past_Due", spoilt(100, "soon"));
    dir.write("book.csv", with_column(&book, "Age", spoilt(30, "old")));
    dir.run_ok("book.csv");
    assert_eq!(value::<i64>(&dir.db(), "select rows_rejected from latest_run"), 3);
    let first = dump(&dir.db());
    assert!(first.iter().filter(|line| line.starts_with("rejects ")).count() > 3);
    dir.write("book.csv", shuffled(&dir.read("book.csv")));
    std::fs::remove_file(dir.path("recoup.db")).unwrap();
    dir.run_ok("book.csv");
    assert!(dump(&dir.db()) == first, "the databases differ");
}

#[test]
fn the_report_does_not_tell_the_time() {
    let dir = Workdir::with_book(300);
    dir.run_ok("book.csv");
    let report = dir.report();
    let today: String = value(&dir.db(), "select substr(started_at, 1, 10) from runs");
    assert!(!report.contains(&today), "{today}");
    let words = chrono::NaiveDate::parse_from_str(&today, "%Y-%m-%d").unwrap().format("%-d %B %Y").to_string();
    assert!(!report.contains(&words), "{words}");
}
