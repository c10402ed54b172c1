//! The import: every line is loaded or rejected with its reason, every amount is exact, and a bad file is refused whole.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::workdir::{Rows, Workdir, column, rows, texts, value, with_column};

#[test]
fn a_book_adds_up_to_its_lines() {
    let dir = Workdir::with_book(500);
    dir.run_ok("book.csv");
    let column =
        dir.read("book.csv").lines().next().unwrap().split(',').position(|name| name == "Loan_Amount").unwrap();
    let minor = |text: &str| -> i64 {
        let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
        format!("{whole}{cents:0<2}").parse().unwrap()
    };
    let sum: i64 = dir.read("book.csv").lines().skip(1).map(|line| minor(line.split(',').nth(column).unwrap())).sum();
    assert_eq!(value::<i64>(&dir.db(), "select sum(loan_amount_minor) from stg_loans"), sum);
}

#[test]
fn empty_fields_are_missing_and_absent_columns_too() {
    let dir = Workdir::new();
    let book = Rows::new().loan(&[("Monthly_Income", ""), ("Age", "40")]).loan(&[("Monthly_Income", "0")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let features = rows(
        &dir.db(),
        "select age_years, monthly_income, collateral_value, missed_payments, is_secured
         from loan_features order by loan_id",
    );
    assert_eq!(features, ["Integer(40) Null Null Null Null", "Null Real(0.0) Null Null Null"]);
}

#[test]
fn a_field_that_cannot_be_read_is_missing_and_reported() {
    let dir = Workdir::new();
    let book = Rows::new().loan(&[("Age", "four"), ("Interest_Rate", "1e999")]).loan(&[("Num_Dependents", "many")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans where age_years is null"), 2);
    let rejects =
        texts(&db, "select concat_ws(' ', line, column_name, value, is_row_left_out) from rejects order by reject_id");
    assert_eq!(rejects, ["2 Age four 0", "2 Interest_Rate 1e999 0", "3 Num_Dependents many 0"]);
}

#[test]
fn a_loan_id_that_appears_twice_rejects_every_line_of_it() {
    let dir = Workdir::new();
    let twice = |book: Rows| book.loan(&[("Loan_ID", "SAME_1")]);
    dir.write("book.csv", twice(twice(twice(Rows::new().loans(100)).loans(50))).csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 150);
    assert_eq!(value::<i64>(&db, "select count(*) from loans where loan_id = 'SAME_1'"), 0);
    assert_eq!(texts(&db, "select cast(line as text) from rejects order by line"), ["102", "153", "154"]);
    assert_eq!(value::<i64>(&db, "select rows_rejected from run_history"), 3);
}

#[test]
fn all_that_is_wrong_with_a_header_is_reported_at_once() {
    let dir = Workdir::new();
    dir.write("book.csv", "Loan_ID,Age,AGE\n1,2,3\n");
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 3);
    for part in ["Outstanding_Loan_Amount", "Days_Past_Due", "\"AGE\"", "columns 2 and 3"] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
}

#[test]
fn files_that_are_not_a_book_are_refused_with_what_to_do() {
    let dir = Workdir::new();
    let header = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due";
    let two = format!("{header}\n{}\n1;2;3\n", header.replace(',', ";"));
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("empty", Vec::new(), "empty"),
        ("header only", format!("{header}\n").into_bytes(), "no data line"),
        ("two separators", two.into_bytes(), "separator = \"comma\" or \"semicolon\""),
        ("cut off", format!("{header}\n1,5,0\n2,5,0").into_bytes(), "line 3, the last, has no line end"),
        ("open quote", format!("{header}\n1,5,0\n\"2,5,0\n3,5,0\n").into_bytes(), "quotation mark"),
        ("endless field", format!("{header}\n1,5,0\n\"{}\",5,0\n", "x".repeat(70_000)).into_bytes(), "65536 bytes"),
        ("nothing loads", format!("{header}\n,5,0\n").into_bytes(), "Loan_ID: empty, but required"),
    ];
    for (name, bytes, reported) in cases {
        dir.write("book.csv", bytes);
        let ended = dir.run("book.csv", &[]);
        assert_eq!(ended.code, 3, "{name}: {ended:?}");
        assert!(ended.stderr.contains(reported), "{name}: {}", ended.stderr);
    }
    for (name, reported) in [("./absent.csv", "absent.csv is not found"), (".", "is a folder")] {
        let ended = dir.run(name, &[]);
        assert_eq!(ended.code, 2, "{name}: {ended:?}");
        assert!(ended.stderr.contains(reported) && !ended.stderr.contains("refused"), "{}", ended.stderr);
    }
}

#[test]
fn up_to_the_limit_of_rejected_rows_a_book_is_loaded() {
    let dir = Workdir::new();
    let faulty = |book: Rows| book.loan(&[("Days_Past_Due", "soon")]);
    let mut book = Rows::new().loans(95);
    for _ in 0..5 {
        book = faulty(book);
    }
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    dir.write("book.csv", faulty(book).csv());
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 3);
    assert!(ended.stderr.contains("6 of 101 lines"), "{}", ended.stderr);
    assert!(ended.stderr.contains("6 lines, the first is line 97"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("soon"), "a message holds no value of the book");
    dir.write("recoup.toml", "[import]\nmax_rejected_percent = 6");
    assert_eq!(dir.run("book.csv", &[]).code, 0);
}

#[test]
fn a_lenders_own_columns_are_found_and_kept() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[columns]\nDays_Past_Due = \"Overdue (days)\"");
    dir.write(
        "book.csv",
        "\u{feff}loan id,OUTSTANDING LOAN AMOUNT,Overdue (days),Branch\r\n007,12.50,45,\"North, 2\"\r\n",
    );
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<String>(&db, "select loan_id from loans"), "007");
    assert_eq!(value::<i64>(&db, "select days_past_due from loans"), 45);
    assert_eq!(value::<String>(&db, "select branch from loans"), "North, 2");
}

#[test]
fn money_keeps_the_decimals_of_its_currency() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[currency]\ncode = \"KWD\"\ndecimals = 3");
    dir.write("book.csv", Rows::new().loan(&[("Outstanding_Loan_Amount", "12.3456")]).csv());
    dir.run_ok("book.csv");
    assert_eq!(value::<i64>(&dir.db(), "select outstanding_minor from loan_snapshots"), 12_346);
    assert_eq!(value::<f64>(&dir.db(), "select outstanding from loans"), 12.346);
}

/// What may happen to a line, and whether it can still be loaded.
#[derive(Debug, Clone, Copy)]
enum Damage {
    None,
    NoId,
    NoBalance,
    NegativeBalance,
    TextForDays,
    FieldTooMany,
    FieldMissing,
    NulByte,
    OddAge,
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn every_line_is_loaded_or_rejected(damages in prop::collection::vec(prop_oneof![
        4 => Just(Damage::None), 1 => Just(Damage::NoId), 1 => Just(Damage::NoBalance),
        1 => Just(Damage::NegativeBalance), 1 => Just(Damage::TextForDays), 1 => Just(Damage::FieldTooMany),
        1 => Just(Damage::FieldMissing), 1 => Just(Damage::NulByte), 1 => Just(Damage::OddAge),
    ], 1..60)) {
        let dir = Workdir::new();
        dir.write("recoup.toml", "[import]\nmax_rejected_percent = 100\nmax_unreadable_percent = 100\n\
             [import.units]\nOutstanding_Loan_Amount = \"owed-positive\"\n");
        let mut csv = String::from("Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Age\n");
        let mut loadable = BTreeSet::new();
        for (number, damage) in damages.iter().enumerate() {
            let line = number as i64 + 2;
            csv += &match damage {
                Damage::None => format!("L{number},10.5,3,40\n"),
                Damage::NoId => " ,10.5,3,40\n".to_owned(),
                Damage::NoBalance => format!("L{number},,3,40\n"),
                Damage::NegativeBalance => format!("L{number},-1,3,40\n"),
                Damage::TextForDays => format!("L{number},10.5,x,40\n"),
                Damage::FieldTooMany => format!("L{number},10.5,3,40,x\n"),
                Damage::FieldMissing => format!("L{number},10.5,3\n"),
                Damage::NulByte => format!("L{number}\0,10.5,3,40\n"),
                Damage::OddAge => format!("L{number},10.5,3,4o\n"),
            };
            if matches!(damage, Damage::None | Damage::NegativeBalance | Damage::OddAge) {
                loadable.insert(line);
            }
        }
        dir.write("book.csv", csv);
        let ended = dir.run("book.csv", &[]);
        if loadable.is_empty() {
            prop_assert_eq!(ended.code, 3);
            return Ok(());
        }
        prop_assert_eq!(ended.code, 0, "{:?}", ended);
        let lines = |query: &str| -> BTreeSet<i64> {
            texts(&dir.db(), query).iter().map(|line| line.parse().unwrap()).collect()
        };
        let loaded = lines("select cast(file_line as text) from loans");
        let left_out = lines("select cast(line as text) from rejects where is_row_left_out");
        prop_assert_eq!(&loaded, &loadable);
        let all: BTreeSet<i64> = (2..damages.len() as i64 + 2).collect();
        prop_assert_eq!(loaded.union(&left_out).copied().collect::<BTreeSet<_>>(), all);
        prop_assert!(loaded.is_disjoint(&left_out));
    }
}

#[test]
fn a_status_can_be_given_its_meaning() {
    let dir = Workdir::with_book(100);
    let renamed = with_column(&dir.read("book.csv"), "Recovery_Status", |_, status| match status {
        "Fully Recovered" => "Erledigt".to_owned(),
        other => other.to_owned(),
    });
    dir.write("book.csv", renamed);
    dir.write("recoup.toml", "[outcome]\nfully_recovered = [\"ERLEDIGT\"]");
    dir.run_ok("book.csv");
    let db = dir.db();
    let repaid = column(&dir.read("book.csv"), "Recovery_Status").iter().filter(|status| *status == "Erledigt").count();
    let recovered = "select count(*) from loans where outcome = 'fully_recovered' and recovery_status = 'Erledigt'";
    assert_eq!((value::<i64>(&db, recovered), repaid), (48, 48));
    assert_eq!(value::<i64>(&db, "select count(*) from rejects"), 0);
}

#[test]
fn line_numbers_are_those_of_an_editor() {
    let dir = Workdir::new();
    let header = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Note";
    for (name, text) in [
        ("CR LF", format!("{header}\r\nA,1,1,\r\nB,1,1,\r\nC,1,1,\r\n")),
        ("CR", format!("{header}\rA,1,1,\rB,1,1,\rC,1,1,\r")),
        ("mixed", format!("{header}\nA,1,1,\r\nB,1,1,\nC,1,1,\r\n")),
    ] {
        dir.write("book.csv", text);
        assert_eq!(dir.run("book.csv", &["--force"]).code, 0, "{name}");
        let lines = texts(&dir.db(), "select loan_id || file_line from loans order by file_line");
        assert_eq!(lines, ["A2", "B3", "C4"], "{name}");
    }
    dir.write("book.csv", format!("{header}\r\n\r\nA,1,1,\"two\r\nlines\"\r\n\r\n\r\nB,1,1,x\r\nC,1,1,\r\n"));
    dir.run_ok("book.csv");
    let lines = texts(&dir.db(), "select loan_id || file_line from loans order by file_line");
    assert_eq!(lines, ["A3", "B7", "C8"]);
}

#[test]
fn no_line_vanishes_into_a_quotation_mark() {
    let dir = Workdir::new();
    let book = |quoted: &[usize]| {
        let mut text = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Age,Legal_Action_Taken\n".to_owned();
        for number in 1..=100 {
            let quote = if quoted.contains(&number) { "\"" } else { "" };
            text += &format!("L{number},5,3,40,{quote}No\n");
        }
        text
    };
    for (quoted, reported) in
        [(&[61, 71][..], "line 62"), (&[51, 52], "line 52"), (&[100], "line 101"), (&[7], "line 8")]
    {
        dir.write("book.csv", book(quoted));
        let ended = dir.run("book.csv", &[]);
        assert_eq!(ended.code, 3, "{quoted:?}: {ended:?}");
        assert!(ended.stderr.contains(reported), "{quoted:?}: {}", ended.stderr);
    }
    dir.write("book.csv", book(&[]));
    dir.run_ok("book.csv");
}

#[test]
fn an_id_that_is_also_on_a_faulty_line_is_not_trusted() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[import]\nmax_rejected_percent = 50");
    let book = Rows::new()
        .loan(&[("Loan_ID", "A"), ("Age", "old")])
        .loan(&[("Loan_ID", "A"), ("Days_Past_Due", "soon")])
        .loan(&[("Loan_ID", "B"), ("Days_Past_Due", "soon")])
        .loan(&[("Loan_ID", "B")])
        .loans(8);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 8);
    assert_eq!(value::<i64>(&db, "select count(distinct line) from rejects where is_row_left_out"), 4);
    assert_eq!(value::<i64>(&db, "select count(*) from rejects where not is_row_left_out"), 0);
    assert_eq!(value::<i64>(&db, "select rows_rejected from run_history"), 4);
    assert_eq!(value::<i64>(&db, "select sum(values_unreadable) from data_quality"), 0, "no loaded loan has one");
}

#[test]
fn a_note_that_cannot_be_read_does_not_cost_the_loan() {
    let dir = Workdir::new();
    dir.write("book.csv", b"Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Note,Region\n1,5,0,a\0b,7\n");
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<String>(&db, "select extra from loans"), "{\"Region\":\"7\"}");
    assert_eq!(texts(&db, "select column_name || line || is_row_left_out from rejects"), ["Note20"]);
}
