//! Columns that contradict each other in the unit that they are taken in: asked about, never assumed.

use crate::workdir::{AS_OF, Ended, Rows, Workdir, texts, with_column};

/// A book of loans whose instalments follow from amount, rate and tenure.
fn healthy() -> String {
    Workdir::with_book(60).read("book.csv")
}

/// A new folder in which this book was given to the weekly job with these settings.
fn given(csv: &str, settings: &str) -> (Workdir, Ended) {
    let dir = Workdir::new();
    dir.write("book.csv", csv);
    dir.write("recoup.toml", settings);
    let ended = dir.run("book.csv", &[]);
    (dir, ended)
}

#[track_caller]
fn is_refused(csv: &str, reported: &[&str]) {
    let (_, ended) = given(csv, "");
    assert_eq!(ended.code, 3, "{ended:?}");
    for part in reported {
        assert!(ended.stderr.contains(part), "{part:?} is not in {}", ended.stderr);
    }
}

/// The loans of a book with these settings, as this expression.
#[track_caller]
fn loaded(csv: &str, settings: &str, expression: &str) -> Vec<String> {
    let (dir, ended) = given(csv, settings);
    assert_eq!(ended.code, 0, "{ended:?}");
    texts(&dir.db(), &format!("select cast({expression} as text) from loans order by file_line"))
}

#[test]
fn rates_that_are_all_below_one_are_asked_about() {
    let csv = healthy();
    let wanted = loaded(&csv, "", "interest_rate_percent");
    let fractions = with_column(&csv, "Interest_Rate", |_, rate| {
        rate.parse::<f64>().map_or_else(|_| rate.to_owned(), |rate| format!("{:.4}", rate / 100.0))
    });
    let reported = ["Interest_Rate: 60 of 60 rates", "Interest_Rate = \"fraction\"", "[import.units]"];
    is_refused(&fractions, &reported);
    let set = "[import.units]\nInterest_Rate = \"fraction\"";
    assert_eq!(loaded(&fractions, set, "interest_rate_percent"), wanted);
    // The same without another column to compare with; rates as low as that are allowed once they are set.
    let book = Rows::new().loan(&[("Interest_Rate", "0.45")]).loan(&[("Interest_Rate", "0.5")]);
    is_refused(&book.csv(), &["Interest_Rate = \"fraction\"", "\"percent\""]);
    let set = "[import.units]\nInterest_Rate = \"percent\"";
    assert_eq!(loaded(&book.csv(), set, "interest_rate_percent"), ["0.45", "0.5"]);
}

#[test]
fn a_tenure_in_years_is_asked_about_where_the_instalments_show_it() {
    let csv = healthy();
    let wanted = loaded(&csv, "", "tenure_months");
    let years = with_column(&csv, "Loan_Tenure", |_, months| (months.parse::<u32>().unwrap() / 12).to_string());
    is_refused(&years, &["Loan_Tenure", "Loan_Tenure = \"years\"", "[import.units]"]);
    assert_eq!(loaded(&years, "[import.units]\nLoan_Tenure = \"years\"", "tenure_months"), wanted);
    let weeks = with_column(&csv, "Loan_Tenure", |_, months| (months.parse::<u32>().unwrap() * 13 / 3).to_string());
    is_refused(&weeks, &["Loan_Tenure"]);
    // A word beside the number leaves nothing to ask.
    let words = with_column(&csv, "Loan_Tenure", |row, months| match (row % 3, months.parse::<u32>().unwrap()) {
        (0, months) => format!(" {months} months"),
        (1, months) => format!("{} yrs", months / 12),
        (_, months) => format!("{months}"),
    });
    assert_eq!(loaded(&words, "", "tenure_months"), wanted);
}

#[test]
fn a_monthly_rate_is_asked_about_where_the_instalments_show_it() {
    let csv = healthy();
    let monthly = with_column(&csv, "Interest_Rate", |_, rate| {
        rate.parse::<f64>().map_or_else(|_| rate.to_owned(), |rate| format!("{:.5}", rate / 12.0))
    });
    is_refused(&monthly, &["Interest_Rate"]);
}

#[test]
fn days_past_due_that_are_months_are_asked_about() {
    let book = (0..40).fold(Rows::new(), |book, row| {
        let late = (row % 5).to_string();
        book.loan(&[("Num_Missed_Payments", &late), ("Days_Past_Due", &late)])
    });
    is_refused(&book.csv(), &["Days_Past_Due", "Days_Past_Due = \"months\"", "[import.units]"]);
    let months = loaded(&book.csv(), "[import.units]\nDays_Past_Due = \"months\"", "days_past_due");
    assert_eq!(months[..5], ["0", "30", "61", "91", "122"]);
    let days = loaded(&book.csv(), "[import.units]\nDays_Past_Due = \"days\"", "days_past_due");
    assert_eq!(days[..5], ["0", "1", "2", "3", "4"]);
    // Some days late, and payments missed long ago: a good book.
    let good = (0..40).fold(Rows::new(), |book, row| {
        let (missed, late) = ((row % 4).to_string(), (row * 7 % 12).to_string());
        book.loan(&[("Num_Missed_Payments", &missed), ("Days_Past_Due", &late)])
    });
    assert_eq!(loaded(&good.csv(), "", "days_past_due").len(), 40);
}

#[test]
fn numbers_that_are_codes_are_asked_about() {
    for code in ["9999", "999", "9999.0"] {
        let book = (0..40).fold(Rows::new(), |book, row| {
            let days = if row % 9 == 4 { code.to_owned() } else { (row * 4).to_string() };
            book.loan(&[("Days_Past_Due", &days)])
        });
        let text = code.trim_end_matches(".0");
        let reported = ["Days_Past_Due", "on 4 lines (the first is line 6)", "[import.missing_values]"];
        is_refused(&book.csv(), &reported);
        is_refused(&book.csv(), &[&format!("Days_Past_Due = [\"{text}\"]")]);
        let set = format!("[import]\nmax_rejected_percent = 20\n[import.missing_values]\nDays_Past_Due = [\"{text}\"]");
        assert_eq!(loaded(&book.csv(), &set, "days_past_due").len(), 36, "{code}");
        let kept = loaded(&book.csv(), "[import.missing_values]\nDays_Past_Due = []", "days_past_due");
        assert_eq!(kept.iter().filter(|days| *days == text).count(), 4, "{code}");
    }
    // Once, or not far beyond the others, it is a number.
    let book =
        |days: [&str; 4]| days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)])).csv();
    assert_eq!(loaded(&book(["9999", "3", "4", "5"]), "", "days_past_due").len(), 4);
    assert_eq!(loaded(&book(["999", "999", "700", "5"]), "", "days_past_due").len(), 4);
    let prices = |amount: &str| {
        let book = Rows::new().loan(&[("Loan_Amount", "400")]).loan(&[("Loan_Amount", amount)]);
        book.loan(&[("Loan_Amount", amount)]).csv()
    };
    assert_eq!(loaded(&prices("9999"), "", "loan_amount").len(), 3);
    is_refused(&prices("9999999"), &["Loan_Amount: 9999999 is on 2 lines"]);
}

#[test]
fn instalments_that_follow_from_nothing_are_reported_in_the_report() {
    let csv = healthy();
    let (dir, ended) = given(&csv, "");
    assert!(ended.code == 0 && !dir.report().contains("follow from loan amount"), "{ended:?}");
    let odd = with_column(&csv, "Monthly_EMI", |row, _| (500 + row * 37 % 91).to_string());
    let (dir, ended) = given(&odd, "");
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(dir.report().contains("from loan amount, interest rate and tenure as they are read"));
    assert!(!dir.report().contains("different units.."));
    assert!(dir.ok(&["check", "book.csv", "--as-of", AS_OF]).stdout.contains("from loan amount, interest rate"));
}

#[test]
fn the_units_in_which_instalments_follow_are_reported_with_their_counts() {
    let csv = healthy();
    // Of 60 loans, 36 have their tenure in years, and 24 in nothing that is known.
    let years = |row: usize, months: &str| match (row % 5 < 3, months.parse::<u32>().unwrap()) {
        (true, months) => (months / 12).to_string(),
        (false, months) => (months * 5 + 7).to_string(),
    };
    let (dir, ended) = given(&with_column(&csv, "Loan_Tenure", years), "");
    assert_eq!(ended.code, 0, "{ended:?}");
    let reported = "of the others, 36 do with the tenure in years";
    assert!(ended.stderr.contains(reported) && dir.report().contains(reported), "{}", ended.stderr);
    // So it is where half of the loans are in either.
    let half = with_column(&csv, "Loan_Tenure", |row, months| {
        if row % 2 == 0 { (months.parse::<u32>().unwrap() / 12).to_string() } else { months.to_owned() }
    });
    let (_, ended) = given(&half, "");
    assert!(ended.stderr.contains("30 do with the tenure in years"), "{}", ended.stderr);
}

#[test]
fn instalments_in_another_rhythm_are_reported_and_are_not_years() {
    for (rhythm, days) in [("weekly", 7.0), ("fortnightly", 14.0), ("daily", 1.0)] {
        let book = (0..24).fold(Rows::new(), |book, row| {
            let (amount, months) = (1000.0 * f64::from(row + 1), f64::from(6 * (row % 4 + 1)));
            let (periods, interest) = (months * 365.25 / 12.0 / days, 0.24 * days / 365.25);
            let instalment = amount * interest / (1.0 - (1.0 + interest).powf(-periods));
            let texts = [amount, months, 24.0, instalment].map(|number| format!("{number:.2}"));
            let names = ["Loan_Amount", "Loan_Tenure", "Interest_Rate", "Monthly_EMI"];
            book.loan(&[0, 1, 2, 3].map(|place| (names[place], texts[place].as_str())))
        });
        let (dir, ended) = given(&book.csv(), "");
        assert_eq!(ended.code, 0, "{rhythm}: {ended:?}");
        let reported =
            format!("24 of 24 instalments follow from loan amount, interest rate and tenure as {rhythm} ones");
        assert!(dir.report().contains(&reported), "{rhythm}: {}", ended.stderr);
    }
}

#[test]
fn codes_in_columns_of_the_lender_are_asked_about() {
    let rating = "[[feature]]\nname = \"rating\"\ncolumn = \"Bureau score\"\nkind = \"number\"\n";
    for code in ["-1", "9999"] {
        let book = (0..20).fold(Rows::new(), |book, row| {
            let score = if row % 5 == 0 { code.to_owned() } else { (600 + row).to_string() };
            book.loan(&[("Bureau score", &score)])
        });
        let (_, ended) = given(&book.csv(), rating);
        assert_eq!(ended.code, 3, "{ended:?}");
        let reported = format!("Bureau score: {code} is on 4 lines (the first is line 2)");
        let line = format!("\"Bureau score\" = [\"{code}\"] under [import.missing_values]");
        assert!(ended.stderr.contains(&reported) && ended.stderr.contains(&line), "{}", ended.stderr);
        let set = format!("{rating}[import.missing_values]\n\"Bureau score\" = [\"{code}\"]\n");
        let kept = loaded(&book.csv(), &set, "coalesce(extra ->> '$.\"Bureau score\"', 'none')");
        assert_eq!(kept.iter().filter(|score| *score == "none").count(), 4, "{code}");
        let number = format!("{rating}[import.missing_values]\n\"Bureau score\" = []\n");
        assert_eq!(loaded(&book.csv(), &number, "1").len(), 20, "{code}");
        // Where no one asks for numbers, it is a text.
        assert_eq!(loaded(&book.csv(), "", "1").len(), 20);
    }
}

#[test]
fn healthy_books_are_not_asked_about() {
    let dir = Workdir::new();
    for seed in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        for loans in ["12", "50", "500"] {
            dir.ok(&["demo", "--loans", loans, "--seed", seed, "--out", "book.csv"]);
            let checked = dir.ok(&["check", "book.csv"]);
            assert!(!checked.stdout.contains("follow from"), "{loans} {seed}: {}", checked.stdout);
        }
    }
}
