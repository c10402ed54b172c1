//! What values look like: numbers, words for none, ids, dates.

use super::{HEADER, given};

/// A file with a semicolon between its fields, so that commas may stand in them.
fn amounts(amounts: &[&str]) -> String {
    let lines = (1..).zip(amounts).map(|(number, amount)| format!("L{number};{amount};0\n"));
    format!("{}\n{}", HEADER.replace(',', ";"), lines.collect::<String>())
}

#[test]
fn an_amount_is_the_same_however_its_country_writes_it() {
    for (written, code) in [
        (&["1234567.50", "1000", "2.25"][..], "INR"),
        (&["1,234,567.50", "1,000", "2.25"], "INR"),
        (&["1.234.567,50", "1.000", "2,25"], "INR"),
        (&["12,34,567.50", "1,000", "2.25"], "INR"),
        (&["1 234 567,50", "1 000", "2,25"], "INR"),
        (&["1\u{a0}234\u{a0}567,50", "1\u{a0}000", "2,25"], "INR"),
        (&["1'234'567.50", "1'000", "2.25"], "INR"),
        (&["₹ 12,34,567.50", "₹1,000", "Rs. 2.25"], "INR"),
        (&["$1,234,567.50", "1,000 $", "$ 2.25"], "USD"),
        (&["1.234.567,50 €", "1.000 €", "2,25 €"], "EUR"),
        (&["USD 1,234,567.50", "1,000 USD", "US$ 2.25"], "USD"),
        (&["Ksh.1234567.50", "Kshs. 1,000.00", "KSh. 2.25"], "KES"),
        (&["F CFA 1 234 567,50", "1 000,00 F CFA", "2,25 F CFA"], "XOF"),
        (&["LE 1,234,567.50", "1,000.00 LE", "L.E. 2.25"], "EGP"),
    ] {
        let given = given(amounts(written), &format!("[currency]\ncode = \"{code}\""));
        assert_eq!(given.loans("cast(outstanding_minor as text)"), ["123456750", "100000", "225"], "{written:?}");
        assert!(given.rejects().is_empty(), "{written:?}");
    }
}

#[test]
fn brackets_and_signs_are_negative_and_a_negative_income_is_rejected() {
    let text = format!("{HEADER},Net,Monthly_Income\nL1,5,0,(123.45),(1)\nL2,5,0,-7,-1\nL3,5,0,7-,1\n");
    let given = given(text, "[[feature]]\nname = \"net\"\ncolumn = \"Net\"\nkind = \"number\"\n");
    assert_eq!(given.loans("loan_id || ' ' || (extra ->> '$.Net')"), ["L1 -123.45", "L2 -7", "L3 -7"]);
    let wanted = ["2 Monthly_Income a negative amount", "3 Monthly_Income a negative amount"];
    assert_eq!(given.rejects(), wanted);
}

#[test]
fn percent_signs_are_at_every_number_of_a_column_or_at_none() {
    let rates = |rates: [&str; 2]| format!("{HEADER},Interest_Rate\nL1,1,0,{}\nL2,1,0,{}\n", rates[0], rates[1]);
    let all = given(rates(["12.5%", "7 %"]), "");
    assert_eq!(all.loans("cast(interest_rate_percent as text)"), ["12.5", "7.0"]);
    given(rates(["12.5%", "0.07"]), "").is_refused(&["Interest_Rate", "line 2 has a percent sign", "line 3 has none"]);
}

#[test]
fn a_column_of_thousands_is_refused_until_its_mark_is_set() {
    let text = amounts(&["12", "1,234", "45,000"]);
    given(&text, "").is_refused(&[
        "line 3 can be in thousands or have three decimals",
        "\"Outstanding_Loan_Amount\" = \"point\" or \"comma\" under [import.decimal]",
    ]);
    for (mark, wanted) in [("point", ["1200", "123400", "4500000"]), ("comma", ["1200", "123", "4500"])] {
        let set = given(&text, &format!("[import.decimal]\nOutstanding_Loan_Amount = \"{mark}\"\n"));
        assert_eq!(set.loans("cast(outstanding_minor as text)"), wanted, "{mark}");
    }
}

#[test]
fn a_column_with_both_marks_is_refused_with_a_line_of_each() {
    given(amounts(&["1.5", "2,5"]), "")
        .is_refused(&["line 2 has a decimal point and line 3 a decimal comma", "under [import.decimal]"]);
}

#[test]
fn one_damaged_value_does_not_decide_for_a_column_of_thousands() {
    let mut values = vec!["1,234"; 60];
    values[30] = "1,23";
    given(amounts(&values), "").is_refused(&["line 2 can be in thousands", "under [import.decimal]"]);
    let set = given(amounts(&values), "[import.decimal]\nOutstanding_Loan_Amount = \"point\"\n");
    assert_eq!(set.rejects(), ["32 Outstanding_Loan_Amount not a number with a decimal point, which this column uses"]);
}

#[test]
fn words_for_a_missing_value_are_missing_and_never_zero() {
    let text = format!("{HEADER},Age,Gender\nL1,1,0,#N/A,NULL\nL2,1,0,-,NaN\nL3,1,0,40,n.k.\nL4,-,0,40,x\n");
    let usual = given(&text, "");
    assert_eq!(
        usual.loans("coalesce(age_years, 'none') || ' ' || coalesce(gender, 'none')"),
        ["none none", "none none", "40 n.k."]
    );
    assert_eq!(usual.rejects(), ["5 Outstanding_Loan_Amount empty, but required"]);
    let own = given(&text, "missing = [\"n.k.\", \"40\"]");
    assert_eq!(
        own.loans("coalesce(age_years, 'none') || ' ' || coalesce(gender, 'none')"),
        ["none none", "none none", "none none"]
    );
}

#[test]
fn infinite_and_endless_numbers_and_nul_bytes_are_rejected() {
    let text =
        format!("{HEADER},Interest_Rate\nL1,inf,0,1\nL2,1,0,1e999\nL3,1,inf,1\nL4\0,1,0,1\nL5,1,0,1\0\nL6,1,0,1\n");
    let given = given(text, "");
    assert_eq!(given.loans("loan_id || coalesce(interest_rate_percent, ' none')"), ["L2 none", "L5 none", "L61.0"]);
    let rejects = given.rejects();
    let columns: Vec<String> =
        rejects.iter().map(|reject| reject.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect();
    let wanted = ["2 Outstanding_Loan_Amount", "3 Interest_Rate", "4 Days_Past_Due", "5 Loan_ID", "6 Interest_Rate"];
    assert_eq!(columns, wanted);
}

#[test]
fn ids_stay_text_and_one_that_a_spreadsheet_destroyed_is_rejected() {
    let given = given(format!("{HEADER}\n007,1,0\n7,1,0\n1.23E+15,1,0\n########,1,0\n12E4,1,0\n"), "");
    assert_eq!(given.loans("loan_id"), ["007", "7", "12E4"]);
    let rejects = given.rejects();
    assert!(rejects[0].starts_with("4 Loan_ID an id that a spreadsheet has rounded"), "{rejects:?}");
    assert!(rejects[1].starts_with("5 Loan_ID an id that a spreadsheet shows as ###"), "{rejects:?}");
}

/// A file with a column of dates.
fn dates(dates: &[&str]) -> String {
    dates_of("Disbursed", dates)
}

fn dates_of(header: &str, dates: &[&str]) -> String {
    let lines = (1..).zip(dates).map(|(number, date)| format!("L{number},1,0,{date}\n"));
    format!("{HEADER},{header}\n{}", lines.collect::<String>())
}

const AUTO: &str = "[import.dates]\nDisbursed = \"auto\"\n";

#[test]
fn dates_of_every_style_are_kept_as_one() {
    for written in [
        ["2024-01-31", "2024-03-04"],
        ["31-Jan-24", "4-Mar-24"],
        ["31/01/2024", "04/03/2024"],
        ["01/31/2024", "03/04/2024"],
        ["45322", "45355"],
    ] {
        let given = given(dates(&written), AUTO);
        assert_eq!(given.loans("extra ->> '$.Disbursed'"), ["2024-01-31", "2024-03-04"], "{written:?}");
        assert!(given.rejects().is_empty(), "{written:?}");
    }
}

#[test]
fn dates_that_can_have_either_order_are_refused_until_it_is_set() {
    let text = dates(&["2024-05-06", "03/04/2024", "01/02/2024"]);
    given(&text, AUTO).is_refused(&[
        "line 3 can have the day or the month first",
        "\"Disbursed\" = \"day-first\" or \"month-first\" under [import.dates]",
    ]);
    for (order, wanted) in [
        ("day-first", ["2024-05-06", "2024-04-03", "2024-02-01"]),
        ("month-first", ["2024-05-06", "2024-03-04", "2024-01-02"]),
    ] {
        let set = given(&text, &AUTO.replace("auto", order));
        assert_eq!(set.loans("extra ->> '$.Disbursed'"), wanted, "{order}");
    }
}

#[test]
fn what_is_not_a_date_stays_as_it_was_and_is_reported() {
    let given = given(dates(&["31/01/2024", "soon", "31/02/2024"]), AUTO);
    assert_eq!(given.loans("extra ->> '$.Disbursed'"), ["2024-01-31", "soon", "31/02/2024"]);
    assert_eq!(given.rejects(), ["3 Disbursed not a date", "4 Disbursed not a date"]);
}

#[test]
fn the_day_of_disbursement_is_a_date_without_being_asked_for() {
    let text = |dates: &[&str]| dates_of("Disbursed on", dates);
    let loans = "loan_id || ' ' || coalesce(disbursed_on, '-')";
    let read = given(text(&["31/01/2024", "NA", "04/03/2024", "31/02/2024", "01/04/2026", "soon"]), "");
    let wanted = ["L1 2024-01-31", "L2 -", "L3 2024-03-04", "L4 -", "L5 -", "L6 -"];
    assert_eq!(read.loans(loans), wanted);
    assert_eq!(
        read.rejects(),
        [
            "5 Disbursed_On not a date",
            "6 Disbursed_On a date after the day that the file describes",
            "7 Disbursed_On not a date"
        ]
    );
    let open = text(&["03/04/2024", "01/02/2024"]);
    given(&open, "").is_refused(&["line 2 can have the day or the month first", "under [import.dates]"]);
    for name in ["Disbursed_On", "disbursed on"] {
        let set = given(&open, &format!("[import.dates]\n\"{name}\" = \"day-first\"\n"));
        assert_eq!(set.loans(loans), ["L1 2024-04-03", "L2 2024-02-01"], "{name}");
    }
}
