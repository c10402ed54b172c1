//! Ids and headers with invisible letters, as spreadsheets write them, and ids that look alike.

use super::{HEADER, given, lines};
use crate::workdir::{Workdir, texts};

#[test]
fn an_id_with_invisible_letters_is_the_id_without_them() {
    let unseen = [
        "\u{200e}", "\u{ad}", "\u{200b}", "\u{202a}", "\u{2066}", "\u{61c}", "\u{feff}", "\u{fe0f}", "\u{180e}",
        "\u{3164}",
    ];
    for letter in unseen {
        let given = given(format!("{HEADER}\n{}{letter}L00{letter}5,500.50,5\n", lines(20)), "");
        assert_eq!(given.loans("loan_id").len(), 19, "{letter:?}");
        assert_eq!(given.rejects().len(), 2, "both lines of the id: {:?}", given.rejects());
        assert!(given.ended.stderr.contains("first in line 22"), "{}", given.ended.stderr);
    }
    let borrowers =
        given("Borrower_ID,Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\nB1,L1,1,0\n\u{3000}B1\u{200f},L2,1,0\n", "");
    assert_eq!(borrowers.loans("borrower_id"), ["B1", "B1"]);
}

#[test]
fn a_header_with_invisible_letters_is_found_and_reported() {
    let given = given("\u{200e}Borrower_ID\u{a0},Loan\0_ID,Outstanding_Loan_Amount,Days_Past_Due\nB1,L1,1,0\n", "");
    assert_eq!(given.loans("borrower_id"), ["B1"]);
    let warnings = texts(&given.db(), "select warning from run_warnings order by position");
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("the header \"Borrower_ID\" contained invisible characters"));
    assert!(given.dir.report().contains("contained invisible characters"));
}

#[test]
fn joiners_stay_in_texts_where_words_are_written_with_them() {
    let given = given(format!("{HEADER},Branch\nL1,1,0,می\u{200c}روم\n"), "");
    assert_eq!(given.loans("branch"), ["می\u{200c}روم"]);
}

#[test]
fn an_id_that_a_spreadsheet_shall_take_for_a_text_is_the_text() {
    let header = "Loan_ID,Borrower_ID,Outstanding_Loan_Amount,Days_Past_Due";
    let given = given(
        format!("{header}\n\"=\"\"001000\"\"\",=\"007\",1,0\n'001001,'008,2,0\n001002,'t Hof,\"=\"\"3.50\"\"\",0\n"),
        "",
    );
    assert_eq!(given.loans("loan_id || ' ' || borrower_id"), ["001000 007", "001001 008", "001002 't Hof"]);
    assert_eq!(given.loans("cast(outstanding_minor as text)")[2], "350");
}

#[test]
fn ids_that_differ_only_in_case_or_composition_are_both_reported_and_not_stored() {
    let dir = Workdir::new();
    let loans = "LN_5,Jos\u{e9} 7,1,0\nln_5,Jose\u{301} 7,2,0\nLN_6,B8,3,0\n";
    dir.write("book.csv", format!("Loan_ID,Borrower_ID,Outstanding_Loan_Amount,Days_Past_Due\n{loans}"));
    let reported = "\"LN_5\" (line 2) and \"ln_5\" (line 3)";
    let text = dir.ok(&["check", "book.csv"]).stdout;
    assert!(text.contains(reported) && text.contains("Borrower_ID: two ids differ only in case"), "{text}");
    let json = dir.ok(&["check", "book.csv", "--format", "json"]).stdout;
    let finding: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(finding["warnings"][0]["examples"][0], reported);
    let ended = dir.run_ok("book.csv");
    assert!(ended.stderr.contains(reported), "{}", ended.stderr);
    let stored = texts(&dir.db(), "select warning from run_warnings order by position");
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(|warning| warning.contains("lines 2 and 3") && !warning.contains("LN_5")), "{stored:?}");
}
