//! Files that are put together, or edited by hand, or lost bytes on their way.

use super::{HEADER, given, lines};

#[test]
fn a_file_put_behind_itself_is_refused() {
    let text = format!("{HEADER}\n{}", lines(3));
    given(format!("{text}{text}"), "").is_refused(&["6 of 6 lines", "this loan id is on more than one line"]);
}

#[test]
fn two_exports_in_one_file_are_loaded_without_the_second_header() {
    let text = format!("\u{feff}{HEADER}\n{}Total,300.50,\n", lines(2));
    let given = given(format!("{text}{}", text.replace("L0", "M0")), "");
    assert_eq!(given.loans("loan_id"), ["L001", "L002", "M001", "M002"]);
    let lines: Vec<String> = given.rejects().iter().map(|reject| reject[..2].trim().to_owned()).collect();
    assert_eq!(lines, ["4", "4"], "the total between them, which is not the sum of the lines above it");
    let header = format!("5 header again: \u{feff}{HEADER}");
    assert_eq!(given.skipped(), [header.as_str(), "8 below the data: Total,300.50,"]);
}

#[test]
fn loans_above_the_header_are_not_skipped_as_titles() {
    let text = format!("Loan_Id,Outstanding,Days_Past_Due\n{}{HEADER}\nM1,1,0\n", lines(2));
    given(&text, "").is_refused(&["line 1 has as many fields as the header, which is in line 4", "header_line = 4"]);
    let set = given(&text, "header_line = 4");
    assert_eq!((set.loans("loan_id"), set.skipped().len()), (vec!["M1".to_owned()], 3));
}

#[test]
fn an_export_put_behind_another_without_a_header_brings_no_invisible_letter_into_an_id() {
    let given = given(format!("\u{feff}{HEADER}\nL1,1,0\n\u{feff}M1,1,0\nM2,1,0\n"), "");
    assert_eq!(given.loans("loan_id"), ["L1", "M1", "M2"]);
    assert!(given.ended.stderr.contains("invisible characters or began with an apostrophe, first in line 3"));
}

#[test]
fn an_export_with_another_separator_behind_the_last_loan_is_rejected_and_not_skipped() {
    let other = "M1;North branch, at: the market;0\n".repeat(2);
    let given = given(format!("{HEADER}\n{}M0;The branch: of the north;0\n{other}", lines(150)), "");
    assert_eq!(given.loans("loan_id").len(), 150);
    assert_eq!(given.rejects().len(), 3);
    assert!(given.skipped().is_empty());
}

#[test]
fn a_line_in_another_encoding_loses_only_what_cannot_be_read() {
    let names: String = (1..=20).map(|number| format!("L{number},1,0,Zoë\n")).collect();
    let bytes = [format!("{HEADER},Name\n{names}L21,5,7,").as_bytes(), b"Zo\xEB\nL22,1,0,x\n"].concat();
    let given = given(bytes, "");
    assert_eq!(given.loans("loan_id").len(), 22);
    assert_eq!(given.rejects(), ["22 Name not valid in the file's encoding"]);
}

#[test]
fn a_line_with_the_other_decimal_mark_is_rejected_in_a_long_book_and_refuses_a_short_one() {
    let book = |loans: usize| {
        let lines: String = (1..=loans).map(|number| format!("L{number};1,234.50;0\n")).collect();
        format!("{}\n{lines}M1;1.234,50;0\n", HEADER.replace(',', ";"))
    };
    given(book(50), "").is_refused(&["line 2 has a decimal point and line 52 a decimal comma", "[import.decimal]"]);
    let long = given(book(150), "");
    assert_eq!(long.loans("loan_id").len(), 150);
    assert_eq!(
        long.rejects(),
        ["152 Outstanding_Loan_Amount not a number with a decimal point, which this column uses"]
    );
}

#[test]
fn a_line_whose_fields_are_shifted_is_rejected() {
    let given = given(format!("{HEADER},Name\nL1,1,0,x\n,L2,1,0\nB2,L3,1,0,x\nL4,1,0,x\n"), "");
    assert_eq!(given.loans("loan_id"), ["L1", "L4"]);
    assert_eq!(given.rejects()[2], "4 5 fields where the header has 4");
}

#[test]
fn bytes_lost_in_two_lines_of_utf_16_join_no_loans() {
    let text = format!("\u{feff}{HEADER},Name\r\nL1,1,0,North\r\nL2,2,0,South\r\nL3,3,0,West\r\n");
    let mut bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let place = |name: &str| text.encode_utf16().count() * 2 - text[text.find(name).unwrap()..].len() * 2;
    let (first, second) = (place("North"), place("South"));
    bytes.remove(second + 3);
    bytes.remove(first + 3);
    let given = given(bytes, "");
    assert_eq!(given.loans("loan_id"), ["L3"]);
    assert!(given.rejects()[0].starts_with("2 not encoded like the rest of the file"), "{:?}", given.rejects());
}

#[test]
fn a_quotation_mark_inside_a_field_rejects_its_line() {
    let given = given(format!("{HEADER},Name\nL1,1,0,\"No\"rth\"\nL2,1\"2,0,x\nL3,3,0,x\n"), "");
    assert_eq!(given.loans("loan_id"), ["L3"]);
    assert!(given.rejects()[0].starts_with("2 text follows the closing quotation mark"), "{:?}", given.rejects());
    assert!(given.rejects()[1].starts_with("3 Outstanding_Loan_Amount not a number"), "{:?}", given.rejects());
}
