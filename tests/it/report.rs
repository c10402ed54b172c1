//! The report of a real run: whole, harmless, small, and in agreement with the database.

use crate::workdir::{Rows, Workdir, value, with_column};

/// What may never be in a report: it asks nobody for anything and runs nothing.
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
    let grouped = |query: &str| recoup::progress::grouped(value::<f64>(&db, query).round() as u64);
    for query in [
        "select outstanding from portfolio",
        "select outstanding_to_collect from portfolio",
        "select balance_at_risk from portfolio",
        "select par30_outstanding from portfolio",
        "select par90_outstanding from portfolio",
        "select outstanding from strategy_summary where position = 1",
    ] {
        assert!(report.contains(&grouped(query)), "{query}: {}", grouped(query));
    }
    let first: String = value(&db, "select loan_id from worklist where priority = 1");
    assert!(report.contains(&first));
    for name in ["High Income, Low Default Risk", "High Loan, Higher Default Risk", "Immediate legal notice"] {
        assert!(report.contains(name), "{name}");
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
