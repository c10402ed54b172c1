//! Lines that are no loans, loans that look like none, damaged lines, and files of another kind.

use std::io::{Seek, SeekFrom, Write};

use recoup::parts::{Config, Expected, SCRATCH_RUN, Source, begin_scratch_run, import, open_scratch};

use super::{HEADER, given, given_with, lines};
use crate::workdir::{Workdir, texts, value};

#[test]
fn ids_with_words_for_totals_are_loans_where_they_owe_what_no_sum_is() {
    let text = format!("{HEADER}\n{}SUM 0012,50.25,3\nSuma Devi 3,70,4\nTOTAL-7,80,0\nSubtotal 9,90,1\n", lines(12));
    let given = given(text, "");
    assert_eq!(given.loans("loan_id").len(), 16);
    assert!(given.skipped().is_empty() && given.rejects().is_empty());
    let two = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\nJKT 1,1000,0\nJKT 2,1000,0\nSUM 3,2000,120\n";
    assert_eq!(super::given(two, "").loans("loan_id").len(), 3, "the sum of two by chance");
}

#[test]
fn names_as_ids_may_hold_words_for_totals() {
    let names =
        ["Asha Rao", "Ravi Iyer", "Mina Das", "Om Sen", "Suma Devi", "Lata Jain", "Anil Roy", "Jaya Nair", "Tara Pal"];
    let loans: String = names.iter().enumerate().map(|(row, name)| format!("{name},{row}7.50,{row}\n")).collect();
    assert_eq!(given(format!("{HEADER}\n{loans}Uma Das,5.00,1\n"), "").loans("loan_id").len(), 10);
}

#[test]
fn a_total_that_adds_up_is_skipped_wherever_it_is_and_whatever_it_is_called() {
    for label in ["Total", "Total (6 loans)", "Portfolio total 2026", ""] {
        let text = format!("{HEADER}\n{}{label},2103.00,21\n", lines(6));
        let given = given(text, "");
        assert_eq!(given.loans("loan_id").len(), 6, "{label}");
        assert_eq!(given.skipped(), [format!("8 below the data: {label},2103.00,21")], "{label}");
    }
    let text = format!(
        "{}\nL1;1.000,50;0\nL2;500,00;3\nSumme Nord;1.500,50;3\nL3;200,00;0\nL4;1.300,00;9\nSumme Süd;1.500,00;9\n\
         L5;5,00;1\nL6;6,00;1\nSumme West;11,00;1\nSumme Süd und West;1.511,00;10\nGesamtsumme;3.011,50;13\n",
        HEADER.replace(',', ";")
    );
    let given = given(text, "");
    assert_eq!(given.loans("loan_id"), ["L1", "L2", "L3", "L4", "L5", "L6"]);
    assert_eq!(given.skipped().len(), 5);
    assert_eq!(given.skipped()[0], "4 total: Summe Nord;1.500,50;3");
    assert!(given.rejects().is_empty());
}

#[test]
fn lines_that_are_skipped_are_reported_in_the_summary_the_report_and_the_log() {
    let given = given(format!("Loan book\n{HEADER}\n{}Total,301.00,3\n", lines(2)), "");
    given.db();
    assert!(given.ended.stdout.contains("2 loans, ") && given.ended.stdout.contains("; 2 lines skipped"));
    assert!(given.ended.stderr.contains("; 2 lines skipped"), "{}", given.ended.stderr);
    let report = given.dir.report();
    assert!(report.contains("2 lines of the file were loaded as loans; 2 lines that are not loans were skipped."));
    assert!(!report.contains("All 2 lines"));
}

#[test]
fn ids_that_are_words_are_rejected_however_many_they_are_until_they_are_accepted() {
    for words in [1, 2, 5, 30] {
        let text: String = (1..=100)
            .map(|row| {
                if row <= words {
                    format!("Fully Recovered {row},{row},0\n").replace(&format!(" {row},"), ",")
                } else {
                    format!("LN_{row},{row},0\n")
                }
            })
            .collect();
        let given = given(format!("{HEADER}\n{text}"), "");
        assert_eq!(given.loans("loan_id").len(), 100 - words, "{words}");
        assert!(
            given.rejects()[0].contains("accept_ids_without_digits = true under [import]"),
            "{:?}",
            given.rejects()
        );
    }
    let text: String = (1..=20).map(|row| format!("LN_{row},{row},0\n")).collect();
    let set = given(format!("{HEADER}\n{text}North,5,0\nSouth,6,0\n"), "accept_ids_without_digits = true");
    assert_eq!(set.loans("loan_id").len(), 22);
}

#[test]
fn an_export_that_ends_with_an_error_message_is_refused() {
    for message in [
        "ORA-01555: snapshot too old",
        "ERROR: canceling statement due to statement timeout",
        "<html><body>504 Gateway Time-out</body></html>",
        "java.sql.SQLException: Closed Connection\n    at com.bank.Export.main(Export.java:12)",
        "Msg 1205, Level 13, State 51, Line 1",
    ] {
        given(format!("{HEADER}\n{}{message}\n", lines(5)), "")
            .is_refused(&["line 7, below the loans, is an error message"]);
    }
    assert_eq!(given(format!("{HEADER}\n{}5 rows selected. Errors: 0\n", lines(5)), "").loans("loan_id").len(), 5);
}

#[test]
fn a_line_with_the_sums_of_all_loans_is_a_total_whatever_its_id() {
    let loans: String = (1..=20).map(|row| format!("L{row},{}.50,0,5000\n", 1_000 + row)).collect();
    let text = |last: &str| format!("{HEADER},Loan_Amount\n{loans}{last}\n");
    for total in ["20 loans,20220.00,0,100000", "L21,20220.00,0,100000", "March 2026,20220.00,0,"] {
        let given = given(text(total), "");
        assert_eq!(given.loans("loan_id").len(), 20, "{total}");
        assert!(given.skipped()[0].ends_with(&format!(": {total}")), "{total}");
    }
    // A balance alone may be that of a loan, and so is one whose other amounts are no sums.
    for loan in ["L21,20220.00,0,", "L21,20220.00,0,30000", "B 21,20220.00,0,30000", "L21,20220.01,0,100000"] {
        assert_eq!(given(text(loan), "").loans("loan_id").len(), 21, "{loan}");
    }
    // Loans that owe all that was lent have one sum, and it is no proof.
    let fresh: String = (1..=8).map(|row| format!("L{row},{row}00,0,{row}00\n")).collect();
    let given = given(format!("{HEADER},Loan_Amount\n{fresh}L9,3600,0,3600\n"), "");
    assert_eq!(given.loans("loan_id").len(), 9);
}

#[test]
fn a_line_of_which_several_fields_cannot_be_read_is_shifted_and_rejected() {
    let header = format!("{HEADER},Age,Loan_Tenure,Interest_Rate,Loan_Type,Num_Missed_Payments");
    let loans: String = (1..=30).map(|row| format!("L{row},{row}.50,3,40,24,12.5,Home,1\n")).collect();
    let shifted = "31,5,7,803000,Auto,Delayed,2,Salaried\n";
    let unknown = "L32,5.00,7,?,?,?,?,?\nL33,5.00,7,n.k.,n.k.,n.k.,n.k.,n.k.\n";
    let given = given(format!("{header}\n{loans}{shifted}{unknown}"), "");
    assert_eq!(given.loans("loan_id").len(), 32);
    let left_out = texts(&given.db(), "select distinct cast(line as text) from rejects where is_row_left_out");
    assert_eq!(left_out, ["32"]);
    assert!(
        given
            .rejects()
            .iter()
            .any(|reported| reported.contains("4 fields cannot be read: the line is shifted or damaged"))
    );
}

#[test]
fn a_closed_loan_with_a_field_too_few_or_too_many_is_rejected_and_not_live() {
    let header = format!("{HEADER},Loan_Amount,Age,Gender,Interest_Rate,Recovery_Status");
    let line = |row: usize| format!("L{row},{row}00.25,3,5000,{},Female,18,Partially Recovered\n", 30 + row);
    let loans: String = (1..=20).map(line).collect();
    for (shifted, reason) in [
        ("L21,900.25,200,5000,Female,18,Closed,", "a word of another column where a number should be"),
        ("L21,900.25,200,5000,,44,Female,18", "a number where the other lines have a word"),
    ] {
        let given = given(format!("{header}\n{loans}{shifted}\n"), "");
        assert_eq!(given.loans("loan_id").len(), 20, "{shifted}");
        assert!(
            given.rejects().iter().any(|reported| reported.starts_with("22 ") && reported.contains(reason)),
            "{shifted}"
        );
    }
    // A slip in one field leaves the others where they belong.
    let given = given(format!("{header}\n{loans}L21,900.25,200,5000,Female,Female,18,Partially Recovered\n"), "");
    assert_eq!(given.loans("loan_id").len(), 21);
}

#[test]
fn a_last_line_without_a_line_end_is_loaded_where_its_last_word_is_known() {
    let header = format!("{HEADER},Legal_Action_Taken");
    let text = format!("{header}\nL1,1,0,No\nL2,2,0,Yes\nL3,3,0,Not yet\nL4,4,0,");
    assert_eq!(given(format!("{text}Yes"), "").loans("loan_id").len(), 4);
    for cut in ["", "Ye", "No", "Never"] {
        given(format!("{text}{cut}"), "").is_refused(&["line 5, the last, has no line end"]);
    }
    given(format!("{header}\nL1,1,0,Yes\nL2,2,Yes"), "").is_refused(&["line 3, the last, has no line end"]);
    given(format!("{HEADER}\nL1,1,30\nL2,2,30"), "").is_refused(&["line 3, the last, has no line end"]);
    assert_eq!(given(format!("{HEADER}\n\"L1\",\"1\",\"30\"\n\"L2\",\"2\",\"30\""), "").loans("loan_id"), ["L1", "L2"]);
}

#[test]
fn a_separator_too_many_at_the_end_rejects_the_line_unless_all_lines_have_it() {
    let loans = |end: &str| -> String { (1..=30).map(|row| format!("L{row},{row}.50,3{end}\n")).collect() };
    let one = given(format!("{HEADER}\n{}Grand Motors 31,5,0,\n", loans("")), "");
    assert_eq!(one.loans("loan_id").len(), 30);
    assert_eq!(one.rejects(), ["32 4 fields where the header has 3"]);
    assert!(one.skipped().is_empty());
    for (header, end) in
        [(HEADER.to_owned(), ","), (format!("{HEADER},"), ","), (format!("{HEADER},,"), ""), (HEADER.to_owned(), ",,,")]
    {
        let all = given(format!("{header}\n{}", loans(end)), "");
        assert_eq!(all.loans("loan_id").len(), 30, "{header} {end}");
        assert_eq!(texts(&all.db(), "select header from input_columns").len(), 3, "{header} {end}");
    }
    let broken = given(format!("{HEADER}\n{}L31,5,0\nL32,5,0,x\n", loans(",")), "");
    assert_eq!(
        broken.rejects(),
        ["32 3 fields where the other lines have 4", "33 a value after the last column of the header"]
    );
    let named = given(format!("{HEADER},\n{}", loans(",x")), "");
    assert_eq!(named.loans("extra ->> '$.\"column 4\"'")[0], "x", "a column without a name has values");
}

#[test]
fn files_of_another_kind_are_called_what_they_are() {
    for (bytes, reported) in [
        (&b"PK\x03\x04\x14\0\x06\0[Content_Types].xml\0\0xl/workbook.xml"[..], "this is an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0", "this is an old Excel workbook"),
        (b"<html><table><tr><td>Loan_ID</td></tr></table></html>", "this is a web page (HTML)"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "this is a PDF"),
        (b"\x1f\x8b\x08\0\0\0\0\0\0\x03", "this is a compressed file"),
    ] {
        given(bytes, "").is_refused(&[reported]);
    }
}

#[test]
fn a_file_that_changes_between_its_two_readings_is_refused_though_its_length_and_time_do_not() {
    let dir = Workdir::new();
    let text: String = (0..40_000).map(|row| format!("L{row:06},1000.50,3,{}\n", "x".repeat(60))).collect();
    dir.write("book.csv", format!("{HEADER},Note\n{text}"));
    let path = dir.path("book.csv");
    let (source, config) = (Source::find(&path).unwrap(), Config::parse("").unwrap());
    let scratch = open_scratch().unwrap();
    begin_scratch_run(&scratch).unwrap();
    let is_changed = std::cell::Cell::new(false);
    let change = |_: u64| {
        if !is_changed.replace(true) {
            let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
            let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::End(-2)).unwrap();
            file.write_all(b"y").unwrap();
            file.set_modified(modified).unwrap();
        }
    };
    let imported = import(&scratch, SCRATCH_RUN, &source, &config, &Expected::default(), &change);
    assert!(imported.unwrap_err().to_string().contains("changed while it was being read"));
}

#[test]
fn a_refusal_for_the_number_of_rejected_lines_counts_shifted_lines_as_one_reason() {
    let header = format!("{HEADER},Age,Loan_Tenure,Interest_Rate");
    let text = format!("{header}\nL1,1,0,30,12,9\nL2,2,0,Home,Auto,Yes\nL3,3,0,a,b,c\n");
    let ended = given_with(text, "", &[]).ended;
    assert_eq!(ended.code, 0, "{ended:?}");
    let dir = Workdir::new();
    dir.write("book.csv", format!("{header}\nL1,1,0,30,12,9\nL2,2,0,Home,Auto,Yes\nL3,3,0,a,b,c\n"));
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("several fields cannot be read"), "{}", ended.stderr);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loan_snapshots"), 0);
}
