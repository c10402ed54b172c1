//! What single values mean: words for none, spellings, currencies, signs, days past due that are no plain number.

use crate::workdir::{Ended, Rows, Workdir, texts, value};

/// A folder in which this book was given to the weekly job with these settings.
fn given(book: &Rows, settings: &str) -> (Workdir, Ended) {
    let dir = Workdir::new();
    dir.write("book.csv", book.csv());
    dir.write("recoup.toml", settings);
    let ended = dir.run("book.csv", &[]);
    (dir, ended)
}

#[track_caller]
fn is_refused(book: &Rows, settings: &str, reported: &[&str]) {
    let (dir, ended) = given(book, settings);
    assert_eq!(ended.code, 3, "{ended:?}");
    for part in reported {
        assert!(ended.stderr.contains(part), "{part:?} is not in {}", ended.stderr);
    }
    // What a run refuses, a check has said before.
    let check = dir.recoup(&["check", "book.csv"]);
    assert_eq!(check.code, 3, "{check:?}");
    let checked = check.stdout + &check.stderr;
    assert!(reported.iter().all(|part| checked.contains(part)), "{checked}");
}

/// The loans, as this expression over `loans`.
#[track_caller]
fn loaded(book: &Rows, settings: &str, expression: &str) -> Vec<String> {
    let (dir, ended) = given(book, settings);
    assert_eq!(ended.code, 0, "{ended:?}");
    texts(&dir.db(), &format!("select cast({expression} as text) from loans order by file_line"))
}

/// A book of loans that differ in one column.
fn with(column: &str, values: &[&str]) -> Rows {
    values.iter().fold(Rows::new(), |book, value| book.loan(&[(column, value)]))
}

#[test]
fn a_column_that_cannot_be_read_refuses_the_file() {
    let book = (0..40).fold(Rows::new(), |book, row| {
        let tenure = if row % 2 == 0 { "thirty" } else { "" };
        book.loan(&[("Age", "40"), ("Loan_Tenure", tenure)])
    });
    is_refused(
        &book,
        "",
        &["Loan_Tenure: 20 of 20 values cannot be read", "not a number", "line 2", "max_unreadable_percent"],
    );
    let (_, ended) = given(&book, "[import]\nmax_unreadable_percent = 100");
    assert_eq!(ended.code, 0, "{ended:?}");
    // Up to a twentieth of the values, or one of a few, does not refuse the whole file.
    let few = (0..60).fold(Rows::new(), |book, row| book.loan(&[("Age", if row % 20 == 0 { "?!" } else { "40" })]));
    assert_eq!(loaded(&few, "", "age_years is null").iter().filter(|is| *is == "1").count(), 3);
    assert_eq!(loaded(&with("Age", &["x", "40", "41"]), "", "age_years is null"), ["1", "0", "0"]);
    is_refused(&with("Age", &["x", "y", "41"]), "", &["Age: 2 of 3 values"]);
}

#[test]
fn a_feature_or_a_date_that_cannot_be_read_refuses_the_file_too() {
    let values = ["12", "n5", "n6", "n7"];
    let number = "[[feature]]\nname = \"rating\"\ncolumn = \"Rating\"\nkind = \"number\"\n";
    is_refused(&with("Rating", &values), number, &["Rating: 3 of 4 values cannot be read"]);
    let date = "[import.dates]\nOpened = \"auto\"\n";
    is_refused(&with("Opened", &["2024-01-31", "soon", "later"]), date, &["Opened: 2 of 3 values", "not a date"]);
    // Kept as text, it is no one's number.
    assert_eq!(loaded(&with("Rating", &values), "", "extra ->> '$.Rating'"), values);
}

#[test]
fn a_value_out_of_range_that_is_always_the_same_is_offered_as_a_code() {
    let book = with("Age", &["40", "999", "41", "999", "42"]);
    is_refused(&book, "", &["Age: 2 of 5 values", "\"Age\" = [\"999\"]", "[import.missing_values]"]);
    let set = "[import.missing_values]\nAge = [\"999\"]";
    assert_eq!(loaded(&book, set, "coalesce(age_years, 'none')"), ["40", "none", "41", "none", "42"]);
}

#[test]
fn borrowers_without_an_id_are_not_one_borrower() {
    for word in ["N/A", "n/a", "NA", "None", "nil", "#REF!", "--", "(null)"] {
        let book = with("Borrower_ID", &[word, word, "B3"]);
        let (dir, ended) = given(&book, "");
        assert_eq!(ended.code, 0, "{word}: {ended:?}");
        let ids = texts(&dir.db(), "select coalesce(borrower_id, 'none') from loans order by file_line");
        assert_eq!(ids, ["none", "none", "B3"], "{word}");
        dir.recoup(&["erase", word]);
        assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 3, "{word}");
    }
    // An id that only one loan has is an id.
    assert_eq!(loaded(&with("Borrower_ID", &["NA", "NB", "NC"]), "", "borrower_id"), ["NA", "NB", "NC"]);
    let kept = "[import.missing_values]\nBorrower_ID = []";
    assert_eq!(loaded(&with("Borrower_ID", &["NA", "NA", "NC"]), kept, "borrower_id"), ["NA", "NA", "NC"]);
}

#[test]
fn words_for_a_missing_value_are_missing_in_every_kind_of_column() {
    for word in ["N/A", "NA", "None", "nil", "#VALUE!", "#DIV/0!", "--", "?"] {
        let book = Rows::new()
            .loan(&[("Age", word), ("Interest_Rate", word), ("Loan_Type", word), ("Rating", word)])
            .loan(&[("Age", word), ("Interest_Rate", "12"), ("Loan_Type", word), ("Rating", "5")]);
        let feature = "[[feature]]\nname = \"rating\"\ncolumn = \"Rating\"\nkind = \"number\"\n";
        let (dir, ended) = given(&book, feature);
        assert_eq!(ended.code, 0, "{word}: {ended:?}");
        let missing = "select count(*) from loans where age_years is null and loan_type is null";
        assert_eq!(value::<i64>(&dir.db(), missing), 2, "{word}");
        assert_eq!(texts(&dir.db(), "select extra from loans order by file_line"), ["{}", "{\"Rating\":\"5\"}"]);
        assert_eq!(value::<i64>(&dir.db(), "select count(*) from rejects"), 0, "{word}");
    }
}

#[test]
fn spellings_of_one_category_are_one() {
    let book = with("Gender", &["Female", "female", "FEMALE ", "Female", "Male", "F"]);
    assert_eq!(loaded(&book, "", "gender"), ["Female", "Female", "Female", "Female", "Male", "F"]);
    let mapped = "[values]\nGender = { f = \"Female\" }";
    assert_eq!(loaded(&book, mapped, "gender"), ["Female", "Female", "Female", "Female", "Male", "Female"]);
    let branch = with("Branch", &["North", "NORTH", "north", "North", "N", "South  East"]);
    let feature = "[[feature]]\nname = \"branch\"\ncolumn = \"Branch\"\nkind = \"category\"\n";
    let mapped = format!("{feature}[values.Branch]\nN = \"North\"");
    let kept = loaded(&branch, &mapped, "branch");
    assert_eq!(kept, ["North", "North", "North", "North", "North", "South  East"]);
    is_refused(&branch, "[values.Office]\nN = \"North\"", &["values: no column of the file is \"Office\""]);
}

#[test]
fn a_sign_of_another_currency_refuses_the_file() {
    let book = with("Outstanding_Loan_Amount", &["$900.50", "$800.50"]);
    is_refused(&book, "", &["Outstanding_Loan_Amount", "\"$\"", "INR", "code = \"USD\"", "[currency]"]);
    for code in ["USD", "MXN", "SGD"] {
        let set = format!("[currency]\ncode = \"{code}\"");
        assert_eq!(loaded(&book, &set, "outstanding"), ["900.5", "800.5"], "{code}");
    }
    is_refused(&with("Loan_Amount", &["EUR 900", "800 EUR"]), "", &["Loan_Amount", "code = \"EUR\""]);
}

#[test]
fn a_book_has_one_currency_across_its_columns() {
    let book = Rows::new()
        .loan(&[("Outstanding_Loan_Amount", "$900.00"), ("Collateral_Value", "€500.00")])
        .loan(&[("Outstanding_Loan_Amount", "$800.00"), ("Collateral_Value", "€700.00")]);
    for settings in ["", "[currency]\ncode = \"USD\"", "[currency]\ncode = \"EUR\""] {
        is_refused(&book, settings, &["Outstanding_Loan_Amount", "Collateral_Value", "one currency"]);
    }
}

#[test]
fn signs_of_more_currencies_and_a_sign_with_its_code_are_read() {
    let read = |code: &str, texts: &[&str]| {
        let set = format!("[currency]\ncode = {code:?}");
        loaded(&with("Outstanding_Loan_Amount", texts), &set, "outstanding")
    };
    assert_eq!(read("BDT", &["Tk 900.50", "800.50 Tk."]), ["900.5", "800.5"]);
    assert_eq!(read("PEN", &["S/900.50", "S/. 800.50"]), ["900.5", "800.5"]);
    assert_eq!(read("ZMW", &["K900.50", "K 800.50"]), ["900.5", "800.5"]);
    assert_eq!(read("NGN", &["N900.50", "₦800.50"]), ["900.5", "800.5"]);
    assert_eq!(read("USD", &["$900.50 USD", "US$ 800.50"]), ["900.5", "800.5"]);
    let of_another = |text: &str, reported: &[&str]| is_refused(&with("Loan_Amount", &[text, "5.50"]), "", reported);
    of_another("Tk 900.50", &["Loan_Amount", "code = \"BDT\""]);
    of_another("K900.50", &["Loan_Amount", "code = \"ZMW\""]);
    of_another("$900.50 CAD", &["Loan_Amount", "code = \"CAD\""]);
    of_another("$900.50 EUR", &["Loan_Amount", "one currency"]);
    // Thousands are not guessed at.
    is_refused(&with("Loan_Amount", &["5K", "6K"]), "", &["Loan_Amount: 2 of 2 values cannot be read"]);
}

#[test]
fn a_currency_in_a_header_is_held_against_the_book() {
    let book = |header: &str| {
        format!("Loan_ID,{header},Days_Past_Due,Loan_Amount (INR)\nL1,900.50,0,1000\nL2,800.50,3,1000\n")
    };
    let run = |header: &str, settings: &str| {
        let dir = Workdir::new();
        dir.write("book.csv", book(header));
        dir.write("recoup.toml", settings);
        let ended = dir.run("book.csv", &[]);
        (dir, ended)
    };
    let renamed = "[columns]\nOutstanding_Loan_Amount = \"Owed (₹)\"";
    for (header, settings) in [
        ("Outstanding_Loan_Amount (INR)", ""),
        ("Outstanding Loan Amount [Rs.]", ""),
        ("outstanding_loan_amount_inr", ""),
        ("OutstandingLoanAmountINR", ""),
        ("Owed (₹)", renamed),
        ("Owed (₹)", "[columns]\nOutstanding_Loan_Amount = \"Owed\""),
    ] {
        let (dir, ended) = run(header, settings);
        assert_eq!(ended.code, 0, "{header}: {ended:?}");
        let kept = texts(&dir.db(), "select outstanding || ' ' || loan_amount from loans order by file_line");
        assert_eq!(kept, ["900.5 1000.0", "800.5 1000.0"], "{header}");
    }
    for header in ["Outstanding_Loan_Amount (USD)", "Outstanding_Loan_Amount_USD", "Outstanding Loan Amount ($)"] {
        let (_, ended) = run(header, "");
        assert_eq!(ended.code, 3, "{header}: {ended:?}");
        assert!(ended.stderr.contains("a book has one currency"), "{header}: {}", ended.stderr);
        assert!(ended.stderr.contains("\"INR\" (line 1)"), "{header}: {}", ended.stderr);
    }
    let (_, ended) = run("Balance_USD", "");
    assert!(ended.stderr.contains("Outstanding_Loan_Amount = \"Balance_USD\""), "{}", ended.stderr);
    let (_, ended) = run("Outstanding_Loan_Amount (INR),Outstanding_Loan_Amount_USD", "");
    assert!(ended.stderr.contains("may both be Outstanding_Loan_Amount"), "{}", ended.stderr);
}

#[test]
fn overpaid_loans_owe_nothing() {
    let book = with("Outstanding_Loan_Amount", &["100", "-12.5", "200", "(3)", "50"]);
    assert_eq!(
        loaded(&book, "", "outstanding || ' ' || coalesce(overpaid, 0) || ' ' || is_live")[1..2],
        ["0.0 12.5 0"]
    );
    assert_eq!(loaded(&book, "", "coalesce(overpaid, 'none')"), ["none", "12.5", "none", "3.0", "none"]);
    let turned = with("Outstanding_Loan_Amount", &["-100", "-200", "-300", "0", "5"]);
    is_refused(&turned, "", &["Outstanding_Loan_Amount = \"owed-negative\"", "[import.units]"]);
    let set = "[import.units]\nOutstanding_Loan_Amount = \"owed-negative\"";
    assert_eq!(loaded(&turned, set, "outstanding"), ["100.0", "200.0", "300.0", "0.0", "0.0"]);
}

#[test]
fn the_side_of_the_ledger_says_who_owes() {
    let book = with("Outstanding_Loan_Amount", &["1234.50 Dr", "100.00 DR", "7.25 Cr", "5000/-"]);
    let owed = loaded(&book, "", "outstanding || ' ' || coalesce(overpaid, 0)");
    assert_eq!(owed, ["1234.5 0", "100.0 0", "0.0 7.25", "5000.0 0"]);
}

#[test]
fn days_past_due_that_are_not_numbers_raise_a_question() {
    let buckets = with("Days_Past_Due", &["Current", "1-30", "31-60", "90+", "> 90 days", "SMA-1"]);
    is_refused(&buckets, "", &["Days_Past_Due", "buckets = \"lower-edge\"", "[dpd]"]);
    let set = "[dpd]\nbuckets = \"lower-edge\"";
    assert_eq!(loaded(&buckets, set, "days_past_due"), ["0", "1", "31", "90", "91", "31"]);

    let blank = with("Days_Past_Due", &["", "12", "", "40"]);
    is_refused(&blank, "", &["Days_Past_Due", "empty = \"current\"", "[dpd]"]);
    assert_eq!(loaded(&blank, "[dpd]\nempty = \"current\"", "days_past_due"), ["0", "12", "0", "40"]);

    let negative = with("Days_Past_Due", &["-4", "12", "-18", "40"]);
    is_refused(&negative, "", &["Days_Past_Due", "negative = \"ahead\"", "[dpd]"]);
    assert_eq!(loaded(&negative, "[dpd]\nnegative = \"ahead\"", "days_past_due"), ["0", "12", "0", "40"]);

    let words = with("Days_Past_Due", &["30 days", "0 days", "2 months"]);
    assert_eq!(loaded(&words, "", "days_past_due"), ["30", "0", "61"]);
}

#[test]
fn a_code_for_no_days_past_due_is_not_a_current_loan() {
    let book = with("Days_Past_Due", &["9999", "12", "", "40"]);
    let set = "[import]\nmax_rejected_percent = 50\n[import.missing_values]\nDays_Past_Due = [\"9999\"]\n[dpd]\nempty = \"current\"";
    assert_eq!(loaded(&book, set, "file_line || ' ' || days_past_due"), ["3 12", "4 0", "5 40"]);
}

#[test]
fn forty_thousand_days_are_not_forty() {
    for odd in ["\"40,000\"", "40.000", "\"45,000\""] {
        let book =
            (0..40).fold(Rows::new(), |book, row| book.loan(&[("Days_Past_Due", if row == 7 { odd } else { "30" })]));
        let days = loaded(&book, "", "days_past_due");
        assert_eq!(days, vec!["30"; 39], "{odd}");
    }
    // Where every value has them, they are decimals.
    assert_eq!(loaded(&with("Days_Past_Due", &["0.000", "31.000", "7.000"]), "", "days_past_due"), ["0", "31", "7"]);
}

#[test]
fn three_dependents_or_more_are_three_and_that_is_reported() {
    let book = with("Num_Dependents", &["3+", "0", "2", "10+"]);
    let (dir, ended) = given(&book, "");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(
        texts(&dir.db(), "select cast(dependents as text) from loans order by file_line"),
        ["3", "0", "2", "10"]
    );
    assert_eq!(
        texts(&dir.db(), "select warning from run_warnings"),
        ["2 loans have a number of dependents such as \"3+\": the lowest number was used"]
    );
    // Of payments missed, the least would be too few.
    is_refused(&with("Num_Missed_Payments", &["3+", "3+", "0"]), "", &["Num_Missed_Payments: 2 of 3 values"]);
}

#[test]
fn a_value_that_is_all_that_cannot_be_read_is_offered_as_one_for_none() {
    let ages = with("Age", &["0", "41", "0", "42"]);
    is_refused(&ages, "", &["Age: 2 of 4 values", "\"Age\" = [\"0\"]", "[import.missing_values]"]);
    assert_eq!(
        loaded(&ages, "[import.missing_values]\nAge = [\"0\"]", "coalesce(age_years, 'none')"),
        ["none", "41", "none", "42"]
    );
    let rating = "[[feature]]\nname = \"rating\"\ncolumn = \"Rating\"\nkind = \"number\"\n";
    let words = with("Rating", &["never", "7", "never", "never", "5"]);
    is_refused(&words, rating, &["Rating: 3 of 5 values", "\"Rating\" = [\"never\"]"]);
    let set = format!("{rating}[import.missing_values]\nRating = [\"never\"]\n");
    assert_eq!(loaded(&words, &set, "coalesce(extra ->> '$.Rating', 'none')"), ["none", "7", "none", "none", "5"]);
    // A name on two lines is no one's code.
    let (_, ended) = given(&with("Age", &["Winterbourne", "41", "Winterbourne", "42"]), "");
    assert!(ended.code == 3 && !ended.stderr.contains("Winterbourne"), "{}", ended.stderr);
}
