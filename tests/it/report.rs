//! The report of a real run: whole, harmless, small, and in agreement with the database.

use crate::workdir::{Rows, Workdir, texts, value, with_column};

/// What may never be in a report: it asks no one for anything and runs nothing.
fn assert_harmless(report: &str) {
    // An empty icon keeps a browser from asking for one.
    let report = report.replace(r#"<link rel="icon" href="data:,">"#, "");
    for forbidden in ["<script", "javascript:", "http://", "https://", "<link", "@import", "<iframe", "<img", "url("] {
        assert!(!report.contains(forbidden), "{forbidden}");
    }
    assert!(report.trim_end().ends_with("</html>"));
}

#[test]
fn a_reports_headline_numbers_are_those_of_the_database() {
    let dir = Workdir::with_book(800);
    dir.run_ok("book.csv");
    let report = dir.report();
    assert_harmless(&report);
    let db = dir.db();
    let rupees = recoup::parts::Style::of_currency("INR");
    let grouped = |query: &str| rupees.amount(value(&db, query));
    for query in [
        "select outstanding from portfolio",
        "select closed_outstanding from portfolio",
        "select written_off_outstanding from portfolio",
        "select balance_at_risk from portfolio",
        "select par30_outstanding from portfolio",
        "select par90_outstanding from portfolio",
        "select outstanding from strategy_summary where position = 1",
    ] {
        assert!(report.contains(&grouped(query)), "{query}: {}", grouped(query));
    }
    let first: String = value(&db, "select loan_id from worklist where priority = 1");
    assert!(report.contains(&first));
    for name in texts(&db, "select segment from segment_summary union select strategy from strategy_summary") {
        assert!(report.contains(&name), "{name}");
    }
}

#[test]
fn texts_of_the_file_stay_texts() {
    let dir = Workdir::with_book(200);
    let book = with_column(&dir.read("book.csv"), "Borrower_ID", |row, _| format!("<script>alert({row})</script>"));
    let book = with_column(&book, "Loan_ID", |row, _| format!("<b>&{row}"));
    dir.write("book.csv", book);
    dir.run_ok("book.csv");
    assert_harmless(&dir.report());
    assert!(dir.report().contains("&lt;script&gt;") || dir.report().contains("&#60;script&#62;"));
}

#[test]
fn a_book_of_the_least_columns_has_a_report() {
    let dir = Workdir::new();
    for loans in [1, 30] {
        dir.write("book.csv", Rows::new().loans(loans).csv());
        dir.run_ok("book.csv");
        assert_harmless(&dir.report());
    }
}

#[test]
fn a_large_book_makes_a_small_report() {
    let dir = Workdir::with_book(20_000);
    dir.run_ok("book.csv");
    assert!(dir.report().len() < 500_000, "{} bytes", dir.report().len());
}

/// Where a text says "1 loans", "1 were" or "the 1 loan".
fn wrong_counts(words: &str) -> Vec<&str> {
    let plurals =
        ["loans", "days", "points", "payments", "instalments", "months", "lines", "values", "features", "were"];
    let is_wrong = |line: &&str| {
        let parts: Vec<&str> = line.split(|letter: char| letter.is_whitespace() || "(;,".contains(letter)).collect();
        let follows = |place: usize| parts[place + 1..].iter().take(2).find(|word| plurals.contains(*word));
        let is_of_one = |place: usize| parts[place] == "1" && follows(place).is_some();
        (0..parts.len()).any(is_of_one)
            || ["the 1 ", "all 1 ", "All 1 ", "first 1 "].iter().any(|text| line.contains(text))
    };
    words.lines().filter(is_wrong).collect()
}

#[test]
fn books_of_few_loans_are_said_in_the_singular() {
    assert_eq!(
        wrong_counts("Half of the 1 loan have 3 points\n1 live loans\n21 loans\n1 loan, 2 loans"),
        ["Half of the 1 loan have 3 points", "1 live loans"]
    );
    let full = [
        ("Borrower_ID", "B1"),
        ("Monthly_Income", "3000"),
        ("Loan_Amount", "9000"),
        ("Loan_Tenure", "12"),
        ("Monthly_EMI", "800"),
        ("Collateral_Value", "500"),
        ("Gender", "Female"),
        ("Age", "40"),
    ];
    let late = |days| [("Days_Past_Due", days), ("Num_Missed_Payments", "1")];
    let closed =
        [("Outstanding_Loan_Amount", "0"), ("Recovery_Status", "Fully Recovered"), ("Payment_History", "Missed")];
    let lost = [("Recovery_Status", "Written Off"), ("Payment_History", "Missed")];
    let kinds: [Vec<(&str, &str)>; 6] = [
        late("1").to_vec(),
        [&full[..], &late("75")].concat(),
        [&full[..], &late("400")].concat(),
        full.to_vec(),
        [&full[..], &closed].concat(),
        [&full[..], &lost].concat(),
    ];
    for loans in 1..=3 {
        for (place, kind) in kinds.iter().enumerate() {
            let others = (1..loans).map(|other| &kinds[(place + other) % kinds.len()]);
            let book = others.fold(Rows::new().loan(kind), |book, other| book.loan(other));
            let dir = Workdir::new();
            dir.write("book.csv", book.csv());
            dir.run_ok("book.csv");
            let words = words(&dir.report());
            let wrong = wrong_counts(&words);
            assert!(wrong.is_empty(), "{loans} loans from {kind:?}: {wrong:#?}");
        }
    }
}

#[test]
fn points_are_not_judged_on_finished_loans_that_are_unlike_live_ones() {
    let book = (0..400).fold(Rows::new(), |book, loan| {
        let (days, missed) = ((loan % 90).to_string(), (loan % 4).to_string());
        match (loan % 2, loan % 10) {
            (0, _) => book.loan(&[("Days_Past_Due", &days), ("Num_Missed_Payments", &missed)]),
            (_, bad) => book.loan(&[
                ("Outstanding_Loan_Amount", "0"),
                ("Num_Missed_Payments", &missed),
                ("Recovery_Status", if bad < 4 { "Written Off" } else { "Fully Recovered" }),
            ]),
        }
    });
    let dir = Workdir::new();
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let report = words(&dir.report());
    assert!(report.contains("The points cannot be tested on the finished loans of this book"), "{report}");
    for judged in ["They are tested on", "What the measures say", "at each threshold", "by decile of the score"] {
        assert!(!report.contains(judged), "{judged}");
    }
    assert!(!dir.report().contains("<dt>KS</dt>"), "neither as a measure nor in the model card");
}

/// What a reader reads: the page without its head, tags and queries, a line a block, hashes left out.
fn words(report: &str) -> String {
    let body = report.split_once("<body").and_then(|(_, rest)| rest.split_once('>')).expect("a body").1;
    let mut words = String::new();
    for piece in body.split("<details").enumerate().map(|(number, piece)| match number {
        0 => piece,
        _ => piece.split_once("</details>").expect("details that end").1,
    }) {
        for (number, part) in piece.split('<').enumerate() {
            let (tag, text) = if number == 0 { ("", part) } else { part.split_once('>').unwrap_or((part, "")) };
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
            if ["p", "h1", "h2", "h3", "h4", "tr", "caption", "li", "div", "figcaption", "text"].contains(&name) {
                words.push('\n');
            } else if !name.is_empty() {
                words.push(' ');
            }
            words += text;
        }
    }
    let lines = words.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let is_hash = |line: &String| line.split(' ').any(|word| word.len() == 64);
    lines.filter(|line| !line.is_empty() && !is_hash(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_full_report_reads_as_it_did() {
    let dir = Workdir::with_book(300);
    dir.run_ok("book.csv");
    insta::assert_snapshot!(words(&dir.report()));
}

#[test]
fn a_report_on_a_book_with_nothing_to_say_reads_as_it_did() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loan(&[("Outstanding_Loan_Amount", "0")]).csv());
    dir.run_ok("book.csv");
    insta::assert_snapshot!(words(&dir.report()));
}
