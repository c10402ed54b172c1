//! What keeps part of a file, or another file, from being taken for the book.

use super::{HEADER, given, given_with, lines};
use crate::workdir::{Workdir, value};

#[test]
fn a_quotation_mark_that_is_never_closed_is_refused_with_its_line() {
    given(format!("{HEADER},Name\nL1,1,0,x\nL2,1,0,\"y\nL3,1,0,z\n"), "").is_refused(&["a quotation mark in line 3"]);
    given(format!("{HEADER},Name\nL1,1,0,x\nL2,1,0,\"y\n"), "").is_refused(&["line 3", "never closed"]);
}

#[test]
fn two_quotation_marks_that_join_two_loans_are_refused_with_the_line() {
    let text = format!("{HEADER},Name,Branch,City\nL1,1,0,a,\"b,c\nL2,2,0,d,e\",f\nL3,3,0,g,h,i\n");
    given(text, "").is_refused(&["a quotation mark in line 2", "later lines were read as part of its field"]);
}

#[test]
fn a_file_cut_off_in_its_last_line_is_refused_with_the_line() {
    let text = format!("{HEADER}\n{}", lines(3));
    let cut = &text[..text.len() - 2];
    given(cut, "").is_refused(&["line 4, the last, has no line end", "accept_open_end = true under [import]"]);
    let accepted = given(cut, "accept_open_end = true");
    assert_eq!(accepted.loans("loan_id"), ["L001", "L002"]);
    let rejects = accepted.rejects();
    assert!(rejects.len() == 1 && rejects[0].starts_with("4 Days_Past_Due empty, but required"), "{rejects:?}");
}

#[test]
fn a_field_over_64_kb_is_refused_with_its_line() {
    for quote in ["", "\""] {
        let text = format!("{HEADER},Name\nL1,1,0,x\nL2,1,0,{quote}{}{quote}\n", "x".repeat(65_537));
        given(text, "").is_refused(&["line 3 has a field of more than 65536 bytes"]);
    }
}

#[test]
fn more_than_1_000_columns_are_refused_with_the_line_of_the_header() {
    let file = |further: usize| {
        let headers: String = (0..further).map(|number| format!(",C{number}")).collect();
        format!("Title\n{HEADER}{headers}\nL1,1,0{}\n", ",".repeat(further))
    };
    given(file(998), "").is_refused(&["the header in line 2 has 1001 columns"]);
    assert_eq!(given(file(997), "").loans("loan_id"), ["L1"]);
}

#[test]
fn a_line_with_too_many_or_too_few_fields_is_rejected_with_both_counts() {
    let given = given(format!("{HEADER}\nL1,1,0\nL2,1\nL3,1,0,\nL4,1,0\n"), "");
    assert_eq!(given.loans("loan_id"), ["L1", "L4"]);
    assert_eq!(given.rejects(), ["3 2 fields where the header has 3", "4 4 fields where the header has 3"]);
}

#[test]
fn a_loan_id_that_appears_twice_rejects_all_its_lines() {
    let given = given(format!("{HEADER}\nL1,1,0\nL2,2,0\nL1,3,0\n"), "");
    assert_eq!(given.loans("loan_id"), ["L2"]);
    let wanted = ["2", "4"].map(|line| format!("{line} Loan_ID this loan id is on more than one line"));
    assert_eq!(given.rejects(), wanted);
}

#[test]
fn far_fewer_loans_than_last_time_are_refused_until_it_is_confirmed() {
    let given = given(format!("{HEADER}\n{}", lines(100)), "");
    given.db();
    let dir = &given.dir;
    dir.write("book.csv", format!("{HEADER}\n{}", lines(39)));
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 3, "{ended:?}");
    for reported in ["ends in line 40 after 39 loans; the last run had 100", "--expect-rows 39", "max_shrink_percent"] {
        assert!(ended.stderr.contains(reported), "{reported}: {}", ended.stderr);
    }
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 100, "last week's book stays");
    assert_eq!(dir.run("book.csv", &["--expect-rows", "39"]).code, 0);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 39);
    dir.write("book.csv", format!("{HEADER}\n{}", lines(16)));
    assert_eq!(dir.run("book.csv", &[]).code, 0, "59 % fewer are taken");
}

#[test]
fn an_expected_count_or_total_that_differs_is_refused_and_nothing_is_written() {
    let text = format!("{HEADER}\n{}", lines(3));
    given_with(&text, "", &["--expect-rows", "4"]).is_refused(&["the file has 3 loans, and 4 were expected"]);
    given_with(&text, "", &["--expect-total", "601.51"]).is_refused(&["add up to 601.50, and 601.51 was expected"]);
    let right = given_with(&text, "", &["--expect-rows", "3", "--expect-total", "601.50"]);
    assert_eq!(right.loans("loan_id").len(), 3);
}

#[test]
fn a_file_of_which_too_much_is_rejected_is_refused_with_the_reasons() {
    let dir = Workdir::new();
    dir.write("book.csv", format!("{HEADER}\n{}L9,soon,0\n", lines(10)));
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 3);
    for reported in ["1 of 11 lines", "import.max_rejected_percent", "Outstanding_Loan_Amount: not a number", "line 12"]
    {
        assert!(ended.stderr.contains(reported), "{reported}: {}", ended.stderr);
    }
}

#[test]
fn totals_in_any_words_are_not_loans_and_ids_that_are_words_are() {
    for label in ["Portfolio total", "Gesamtsumme", "Итого", "Net Total", "Toutes les agences"] {
        let given = given(format!("{HEADER}\n{}{label},105000.00,4950\n", lines(100)), "");
        assert_eq!(given.loans("loan_id").len(), 100, "{label}");
    }
    let ids = ["GRAND 12", "END.9", "Note 7"];
    let last: String = ids.iter().map(|id| format!("{id},5.00,1\n")).collect();
    let given = given(format!("{HEADER}\n{}{last}", lines(20)), "");
    assert_eq!(given.loans("loan_id").len(), 23);
}

#[test]
fn percent_signs_at_amounts_and_two_currencies_in_a_column_are_not_loaded() {
    let book = |amount: &dyn Fn(usize) -> String| {
        let loans: String = (0..20).map(|row| format!("L{row},{},1\n", amount(row))).collect();
        format!("Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\n{loans}")
    };
    given(book(&|row| format!("{row}.5%")), "").is_refused(&["percent sign"]);
    let mixed = given(book(&|row| format!("{} 5.00", if row == 9 { "€" } else { "$" })), "");
    mixed.is_refused(&["\"$\" (the first is in line 2)", "\"€\" (line 11)", "one currency"]);
}

#[test]
fn an_address_of_several_lines_with_commas_is_a_field_like_any_other() {
    let address = "\"12, Main St\nFlat 3, Block B, MG Road, Pune\nIndia\"";
    let text = (1..=20).map(|row| format!("L{row},5.00,1,{address}\n")).collect::<String>();
    let given = given(format!("Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Address\n{text}"), "");
    assert_eq!(given.loans("extra ->> 'Address'")[19], address.trim_matches('"'));
}
