//! What shows that an export lost lines: totals that do not add up, error messages, files without a loan.

use super::{HEADER, given, lines};
use crate::workdir::{AS_OF, texts};

#[test]
fn a_total_that_does_not_add_up_is_reported_with_both_sums() {
    // Six loans owe 2,103.00; a line of 100.50 is missing.
    for (total, line) in [("Total,2103.00,", 7), ("Total (6 loans),2103.00,15", 7), (",2103.00,", 7)] {
        let text = format!("{HEADER}\n{}{total}\n", lines(6).split_once('\n').unwrap().1);
        let given = given(text, "");
        assert_eq!(given.loans("loan_id").len(), 5, "{total}");
        let reported = format!("line {line} is not a loan but has a balance of 2103.00");
        let warnings = texts(&given.db(), "select warning from run_warnings");
        assert!(warnings[0].starts_with(&reported) && warnings[0].contains("add up to 2002.50"), "{warnings:?}");
        assert!(given.ended.stderr.contains(&reported), "{}", given.ended.stderr);
        assert!(given.dir.report().contains(&reported));
        assert!(given.dir.recoup(&["check", "book.csv", "--as-of", AS_OF]).stdout.contains(&reported));
    }
}

#[test]
fn a_total_is_held_against_the_loans_since_the_total_before() {
    let group = |from: u32| format!("A{from},100,0\nA{},200,0\n", from + 1);
    let text = format!("{HEADER}\n{}North total,300,\n{}South total,350,\nTotal,600,\n", group(1), group(3));
    let given = given(text, "");
    let warnings = texts(&given.db(), "select warning from run_warnings");
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].starts_with("line 7 is not a loan but has a balance of 350.00"), "{warnings:?}");
    assert!(warnings[0].contains("add up to 300.00"), "{warnings:?}");
}

#[test]
fn totals_and_notes_that_are_right_are_not_reported() {
    for end in [
        "Total,2103.00,",
        "Average,350.50,",
        "Total,,",
        "6 rows selected.",
        "Total loans: 6",
        "Суммы: итого,\"2103.00\",",
    ] {
        let given = given(format!("{HEADER}\n{}{end}\n", lines(6)), "");
        assert_eq!(given.loans("loan_id").len(), 6, "{end}");
        assert!(texts(&given.db(), "select warning from run_warnings").is_empty(), "{end}");
    }
}

#[test]
fn an_error_message_between_the_loans_refuses_the_file_as_one_below_them_does() {
    for message in [
        "ORA-01555: snapshot too old: rollback segment number 9, too small",
        "Error: timeout, retrying",
        "java.sql.SQLException: Closed Connection",
        "<html><body><h1>504 Gateway Time-out</h1></body></html>",
        "Lost connection to MySQL server during query",
        "\"ERROR 2013 (HY000): Lost connection\",,",
    ] {
        let text = format!("{HEADER}\n{}{message}\nL9,5.00,0\nL10,6.00,3\n", lines(5));
        given(text, "").is_refused(&["line 7, between the loans, is an error message", "export the file again"]);
    }
}

#[test]
fn a_damaged_loan_with_a_note_of_an_error_is_rejected_and_refuses_nothing() {
    let header = format!("{HEADER},Note,Recovery_Status");
    let loans: String =
        (1..=5).map(|row| format!("EXP-0005{row},{row}.00,0,the call timed out,Outstanding\n")).collect();
    for damaged in
        ["EXP-00058,9.00,,the call timed out,Outstanding", "EXP-00059,9.00,,x,connection lost,Outstanding", "EXP-00060"]
    {
        let given = given(format!("{header}\n{loans}{damaged}\nEXP-00057,7.00,0,,Outstanding\n"), "");
        assert_eq!(given.loans("loan_id").len(), 6, "{damaged}");
        assert!(given.rejects()[0].starts_with("7 "), "{:?}", given.rejects());
    }
}

#[test]
fn a_file_of_applications_alone_says_so_and_what_settles_it() {
    let text = format!("{HEADER},Status\nA1,0,0,Submitted\nA2,5,0,Approved\nA3,5,0,Approved\n");
    let names = "[columns]\nRecovery_Status = \"Status\"\n";
    let refused = given(&text, names);
    refused
        .is_refused(&["all 3 lines under the header are applications", "outstanding = [\"Approved\", \"Submitted\"]"]);
    assert!(!refused.ended.stderr.contains("no data line"));
    let settled = given(text, &format!("{names}[outcome]\noutstanding = [\"Approved\", \"Submitted\"]\n"));
    assert_eq!(settled.loans("loan_id").len(), 3);
    given(format!("{HEADER}\n"), "").is_refused(&["there is no data line under the header"]);
}
