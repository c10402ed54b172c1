//! `recoup check` tells what a run would do, and does none of it.

use crate::workdir::{Rows, Workdir};

#[test]
fn a_good_file_would_be_loaded_and_nothing_is_written() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[("Age", "old"), ("Branch", "3")]).loans(3).csv());
    let ended = dir.ok(&["check", "book.csv"]);
    for part in ["would be loaded", "loans loaded       4", "Age: not a number (field taken as missing)", "Branch"] {
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
fn how_a_refused_file_was_read_is_told_too() {
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
