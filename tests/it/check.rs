//! `recoup check` reports what a run would do, and does none of it.

use crate::workdir::{Rows, Workdir};

#[test]
fn a_good_file_would_be_loaded_and_nothing_is_written() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[("Age", "old"), ("Branch", "3")]).loans(3).csv());
    let ended = dir.ok(&["check", "book.csv"]);
    for part in ["would be loaded", "loans loaded       4", "Age: not a number (field treated as missing)", "Branch"] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    assert!(!dir.exists("recoup.db") && !dir.exists("reports"));
}

#[test]
fn a_bad_file_would_be_refused_in_json_too() {
    let dir = Workdir::new();
    dir.write("book.csv", "Loan_ID,Days_Past_Due\n1,2\n");
    let ended = dir.recoup(&["check", "book.csv", "--format", "json"]);
    assert_eq!(ended.code, 3);
    let finding: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(finding["is_accepted"], false);
    assert!(finding["problems"][0].as_str().unwrap().contains("Outstanding_Loan_Amount"));
}

#[test]
fn check_and_run_agree() {
    let dir = Workdir::with_book(150);
    let damaged = crate::workdir::with_column(&dir.read("book.csv"), "Days_Past_Due", |row, days| {
        if row == 17 { "soon".to_owned() } else { days.to_owned() }
    });
    dir.write("book.csv", damaged);
    let ended = dir.ok(&["check", "book.csv", "--format", "json"]);
    let finding: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    dir.run_ok("book.csv");
    let (loaded, rejected, sha256): (i64, i64, String) = dir
        .db()
        .query_row("select loans_loaded, rows_rejected, input_sha256 from run_history", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(finding["import"]["loans_loaded"], loaded);
    assert_eq!(finding["import"]["rows_rejected"], rejected);
    assert_eq!(finding["import"]["input_sha256"], sha256);
    assert_eq!((loaded, rejected), (149, 1));
}

#[test]
fn how_a_refused_file_was_read_is_shown() {
    let dir = Workdir::new();
    dir.write("book.csv", "Loan_ID;Outstanding_Loan_Amount;Days_Past_Due\nL1;1.234;2\nL2;2.345;3\n");
    let ended = dir.recoup(&["check", "book.csv"]);
    assert_eq!(ended.code, 3);
    for part in
        ["separator          semicolon", "Outstanding_Loan_Amount, amount, undecided", "Days_Past_Due, whole number"]
    {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let ended = dir.recoup(&["check", "book.csv", "--format", "json"]);
    let finding: serde_json::Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(finding["file_read"]["columns"][0]["taken_for"], "id");
}

#[test]
fn of_a_refused_file_all_that_can_be_reported_is_listed_and_the_reasons_are_counted() {
    let dir = Workdir::new();
    let book = Rows::new().loans(30).loan(&[("Recovery_Status", "Sunk"), ("Age", "40")]);
    let book = book.loan(&[("Days_Past_Due", "soon")]).loan(&[("Days_Past_Due", "soon")]).loan(&[("Age", "old")]);
    dir.write("book.csv", book.loan(&[("Recovery_Status", "Sunk")]).csv());
    let ended = dir.recoup(&["check", "book.csv"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.stderr.contains("\"Sunk\" (2 lines)"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("cannot be loaded"), "{}", ended.stderr);
    for part in [
        "would be refused",
        "loans readable     33",
        "lines left out     2",
        "2 lines            Days_Past_Due: not a number (line left out) (the first is line 33)",
        "1 line             Age: not a number (field treated as missing) (the first is line 35)",
        "line 34            Days_Past_Due: not a number (line left out)",
    ] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
}

#[test]
fn a_file_refused_for_two_reasons_is_reported_both() {
    let dir = Workdir::new();
    let book = (0..10).fold(Rows::new(), |book, _| book.loan(&[("Loan_Amount", "$900.50"), ("Age", "old")]));
    dir.write("book.csv", book.csv());
    let ended = dir.recoup(&["check", "book.csv"]);
    assert_eq!(ended.code, 3);
    for part in ["code = \"USD\"", "Age: 10 of 10 values cannot be read"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    // A column that can be read in two ways is asked about, and not blamed for what one of them cannot read.
    let book = ["1,234", "5,678", "900"].iter().fold(Rows::new(), |book, amount| {
        book.loan(&[("Outstanding_Loan_Amount", &format!("\"{amount}\"")), ("Age", "40")])
    });
    dir.write("book.csv", book.csv());
    let ended = dir.recoup(&["check", "book.csv"]);
    assert!(ended.stderr.contains("[import.decimal]") && ended.stdout.contains("lines left out     0"), "{ended:?}");
}
