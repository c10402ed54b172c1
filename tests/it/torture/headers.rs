//! Headers: a second one, two of the same name, and none that is known.

use super::{HEADER, given, lines};

#[test]
fn the_header_again_is_skipped_and_counted() {
    let again = HEADER.replace("Loan_ID", " loan id ");
    let given = given(format!("{HEADER}\nL1,1,0\n{again}\nL2,2,0\n{HEADER},\nL3,3,0\n"), "");
    assert_eq!(given.loans("loan_id"), ["L1", "L2", "L3"]);
    assert_eq!(given.skipped(), [format!("3 header again: {again}"), format!("5 header again: {HEADER},")]);
    assert!(given.rejects().is_empty());
}

#[test]
fn a_second_header_of_other_columns_refuses_the_file() {
    for second in [
        "Loan_ID,Days_Past_Due,Outstanding_Loan_Amount",
        "Loan_ID,Outstanding_Loan_Amount",
        "Borrower_ID,Loan_ID,Outstanding_Loan_Amount,Days_Past_Due",
        "Account,Balance,Arrears",
    ] {
        let text = format!("{HEADER}\n{}{second}\nL8,5,6\nL9,7,8\n", lines(3));
        given(text, "").is_refused(&["line 5 is a second header", "split the file before line 5"]);
    }
}

#[test]
fn two_columns_of_one_name_are_both_kept_if_it_does_not_matter_which_is_which() {
    let file = format!("{HEADER},Note,note\nL1,1,0,a,b\n");
    let kept = given(&file, "");
    assert_eq!(kept.loans("(extra ->> '$.Note') || (extra ->> '$.\"note (2)\"')"), ["ab"]);
    let needed = "[[feature]]\nname = \"note\"\ncolumn = \"Note\"\nkind = \"category\"";
    given(&file, needed).is_refused(&["the header \"note\" appears twice, in columns 4 and 5"]);
    given(format!("{HEADER},loan id\nL1,1,0,L2\n"), "").is_refused(&["appears twice, in columns 1 and 4"]);
}

#[test]
fn a_header_below_a_title_is_found_and_lines_to_name_its_columns_are_proposed() {
    let header = "\"acct_id\",\"client no\",\"principal outstanding\",\"days in arrears\",\"int_rate\",\"grade\"";
    let loans: String = (1..=5).map(|row| format!("\"A{row}\",\"C\",\"5.00\",\"{row}\",\"7\",\"B\"\n")).collect();
    given(format!("Loans, as of today (all branches)\n{header}\n{loans}"), "").is_refused(&[
        "the required column Loan_ID is missing",
        "line 2 was read as the header",
        "the file has these headers: acct_id, client no, principal outstanding, days in arrears, int_rate, grade",
        "[columns]\n      Loan_ID = \"acct_id\"\n      Borrower_ID = \"client no\"\n",
        "Outstanding_Loan_Amount = \"principal outstanding\"",
        "Days_Past_Due = \"days in arrears\"",
        "Interest_Rate = \"int_rate\"",
    ]);
}

#[test]
fn a_file_without_a_header_is_refused_without_a_word_of_its_loans() {
    let refused = given("Zebediah,1000.50,3,Salaried\nFeatherstone,200,0,Salaried\n", "");
    refused.is_refused(&["no line names the columns"]);
    for name in ["Zebediah", "Featherstone", "Salaried"] {
        assert!(!refused.ended.stderr.contains(name), "{}", refused.ended.stderr);
    }
}
