//! What the words of the status mean for a loan, and what happens to unknown words.

use crate::workdir::{Rows, Workdir, texts, value};

fn with_status(words: &[&str]) -> Workdir {
    let dir = Workdir::new();
    let book = words.iter().fold(Rows::new(), |book, word| book.loan(&[("Recovery_Status", word)]));
    dir.write("book.csv", book.csv());
    dir
}

#[test]
fn words_that_no_list_has_refuse_the_file_each_with_its_count_and_the_line_that_settles_it() {
    let dir = with_status(&["Outstanding", "Sunk", "Sunk", "Handed over"]);
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 3, "{ended:?}");
    for part in
        ["\"Sunk\" (2 lines)", "\"Handed over\" (1 line)", "[outcome]", "outstanding = [\"Sunk\", \"Handed over\"]"]
    {
        assert!(ended.stderr.contains(part), "{part} in {}", ended.stderr);
    }
    assert!(dir.recoup(&["check", "book.csv"]).stderr.contains("\"Sunk\" (2 lines)"));
    dir.write("recoup.toml", "[outcome]\nwritten_off = [\"sunk\"]\nrefinanced = [\"Handed over\"]\n");
    dir.run_ok("book.csv");
    assert_eq!(
        texts(&dir.db(), "select outcome from loans order by file_line"),
        ["outstanding", "written_off", "written_off", "refinanced"]
    );
}

#[test]
fn a_column_of_currencies_is_compared_with_the_book() {
    let dir = Workdir::new();
    for (codes, part) in [(["USD", "INR"], "one currency"), (["EUR", "EUR"], "code = \"EUR\"")] {
        let book = codes.iter().fold(Rows::new(), |book, code| book.loan(&[("Currency", code)]));
        dir.write("book.csv", book.csv());
        let ended = dir.run("book.csv", &[]);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.stderr.contains(part), "{}", ended.stderr);
    }
    dir.write("book.csv", Rows::new().loan(&[("Currency", "INR")]).loan(&[("Currency", "inr")]).csv());
    dir.run_ok("book.csv");
}

#[test]
fn a_closed_loan_is_not_live_whatever_balance_it_shows() {
    let dir = with_status(&[
        "Settled",
        "Closed (rescheduled)",
        "Partially Recovered",
        "Charged Off",
        "Fully Paid",
        "Charged off collectible",
        "Late (31-120 days)",
        "",
    ]);
    dir.run_ok("book.csv");
    let live = texts(&dir.db(), "select recovery_status from loans where is_live and recovery_status <> ''");
    assert_eq!(live, ["Charged off collectible", "Late (31-120 days)"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans where is_live"), 3);
    let unknown = "select count(*) from loans where outcome = 'refinanced' and is_not_recovered is not null";
    assert_eq!(value::<i64>(&dir.db(), unknown), 0);
}

#[test]
fn an_application_is_not_a_loan_and_is_counted_as_skipped() {
    let dir = with_status(&["Outstanding", "Rejected", "Withdrawn by applicant", "Outstanding"]);
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 2);
    assert_eq!(value::<i64>(&db, "select lines_read from run_history"), 2);
    let skipped = texts(&db, "select concat_ws(' ', line, reason) from skipped_lines");
    assert_eq!(skipped, ["3 not a loan", "4 not a loan"]);
}

#[test]
fn a_column_of_sentences_is_probably_not_the_status_and_none_is_shown() {
    let notes: Vec<String> = (0..40).map(|number| format!("called Mr Winterbourne on visit {number}")).collect();
    let ended = with_status(&notes.iter().map(String::as_str).collect::<Vec<_>>()).run("book.csv", &[]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("probably not the status column"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("Winterbourne"));
}

#[test]
fn a_line_whose_status_cannot_be_read_is_left_out_and_never_live() {
    let dir = Workdir::new();
    let book = Rows::new().loans(40).loan(&[("Recovery_Status", "Out\u{1}standing")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 40);
    assert_eq!(texts(&dir.db(), "select column_name from rejects where is_row_left_out"), ["Recovery_Status"]);
}

#[test]
fn a_closed_loan_without_a_balance_or_days_past_due_is_taken_and_a_live_one_is_not() {
    let closed = |book: Rows, word: &str, balance: &str, days: &str| {
        book.loan(&[("Recovery_Status", word), ("Outstanding_Loan_Amount", balance), ("Days_Past_Due", days)])
    };
    let book = (0..60).fold(Rows::new(), |book, _| closed(book, "Outstanding", "900", "3"));
    let book = closed(book, "Fully Paid", "", "");
    let book = closed(book, "Settled", "N/A", "0");
    let book = closed(book, "Written Off", "500", "");
    let book = closed(book, "Outstanding", "500", "");
    let book = closed(book, "Charged Off Collectible", "", "90");
    let book = closed(book, "", "", "0");
    let dir = Workdir::new();
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    let kept = "select concat_ws(' ', file_line, outstanding, days_past_due, is_live) from loans where file_line > 61";
    assert_eq!(texts(&db, kept), ["62 0.0 0 0", "63 0.0 0 0", "64 500.0 0 0"]);
    let rejected = "select concat_ws(' ', line, column_name) from rejects where is_row_left_out";
    assert_eq!(texts(&db, rejected), ["65 Days_Past_Due", "66 Outstanding_Loan_Amount", "67 Outstanding_Loan_Amount"]);
    let reported = texts(&db, "select warning from run_warnings where warning like '%closed loan%'");
    assert_eq!(
        reported,
        ["2 closed loans have no balance: 0 was assumed", "2 closed loans have no days past due: 0 was assumed"]
    );
}
