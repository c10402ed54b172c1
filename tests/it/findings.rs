//! A difference between groups of loans is reported only beyond chance, and medians come from all loans.

use crate::workdir::{Rows, Workdir, texts, value};

fn report_of(book: &Rows) -> String {
    let dir = Workdir::new();
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    dir.report()
}

/// Loans with a payment history: (history, loans, fully recovered, open).
fn by_history(groups: &[(&str, usize, usize, usize)]) -> Rows {
    let mut book = Rows::new();
    for (history, loans, recovered, open) in groups {
        for number in 0..*loans {
            let status = match number {
                number if number < *open => "Outstanding",
                number if number < open + recovered => "Fully Recovered",
                _ => "Written Off",
            };
            book = book.loan(&[("Payment_History", history), ("Recovery_Status", status)]);
        }
    }
    book
}

#[test]
fn a_difference_between_payment_histories_that_chance_gives_is_not_reported() {
    let report = report_of(&by_history(&[("On-Time", 54, 35, 0), ("Delayed", 39, 22, 0)]));
    assert!(
        report.contains(
            "The share fully recovered does not differ between payment histories by more than chance (n = 93)."
        )
    );
    assert!(!report.contains("This is more than chance explains"));
    let report = report_of(&by_history(&[("On-Time", 540, 350, 0), ("Delayed", 390, 150, 0), ("Missed", 2, 0, 0)]));
    assert!(report.contains(
        "Of loans with an outcome and the payment history “On-Time”, 64.8% (350 of 540) were fully recovered; of those with \
         “Delayed”, 38.5% (150 of 390). This is more than chance explains."
    ));
}

#[test]
fn the_bars_of_payment_histories_count_the_loans_that_their_sentence_counts() {
    let report = report_of(&by_history(&[("On-Time", 100, 60, 20), ("Delayed", 100, 20, 50), ("Missed", 9, 0, 9)]));
    assert!(report.contains("75.0% (60 of 80)") && report.contains("40.0% (20 of 50)"));
    let chart = report.split("What became of loans with an outcome").nth(1).expect("the chart");
    let chart = chart.split("</svg>").next().expect("its end");
    for drawn in ["On-Time (80 loans with an outcome)", "Delayed (50 loans with an outcome)", ">75%<", ">40%<"] {
        assert!(chart.contains(drawn), "{drawn}: {chart}");
    }
    assert!(!chart.contains("Missed"), "no loan with that history has an outcome");
}

#[test]
fn loans_of_few_borrowers_tell_less_than_as_many_of_others() {
    let reported = |loans_each: usize| {
        let mut book = Rows::new();
        for number in 0..200 {
            let history = ["On-Time", "Delayed"][number % 2];
            let status = if number / 2 < [60, 40][number % 2] { "Fully Recovered" } else { "Written Off" };
            let borrower = format!("B{}", number / loans_each);
            book = book.loan(&[("Payment_History", history), ("Recovery_Status", status), ("Borrower_ID", &borrower)]);
        }
        report_of(&book).contains("This is more than chance explains")
    };
    assert!(reported(1) && !reported(5));
}

#[test]
fn a_segment_is_said_to_be_worse_only_beyond_chance() {
    let book = |recovered: [usize; 2]| {
        (0..80).fold(Rows::new(), |book, number| {
            let status = if number / 2 < recovered[number % 2] { "Fully Recovered" } else { "Written Off" };
            book.loan(&[("Monthly_Income", ["20000", "90000"][number % 2]), ("Recovery_Status", status)])
        })
    };
    let report = report_of(&book([22, 26]));
    assert!(
        report.contains("The share not fully recovered does not differ between segments by more than chance (n = 80).")
    );
    let report = report_of(&book([8, 32]));
    assert!(report.contains(
        "Of loans with an outcome, more were not fully recovered in “Income 20,000” (80.0%: 32 of 40) than in “Income \
         90,000” (20.0%: 8 of 40). This is more than chance explains."
    ));
}

#[test]
fn medians_by_outcome_are_reported_beyond_chance_only() {
    let book = |loans: usize| {
        (0..loans).fold(Rows::new(), |book, number| {
            let is_bad = number % 3 == 0;
            let missed = (number % 4 + if is_bad { 2 } else { 0 }).to_string();
            book.loan(&[
                ("Num_Missed_Payments", &missed),
                ("Recovery_Status", if is_bad { "Written Off" } else { "Fully Recovered" }),
            ])
        })
    };
    assert!(
        report_of(&book(12)).contains("Outcomes do not differ in median missed payments by more than chance (n = 12).")
    );
    assert!(report_of(&book(240)).contains(
        "Median missed payments: 1 for fully recovered loans and 3 for written off loans. Written off loans have a \
         higher median than fully recovered loans, by more than chance."
    ));
}

#[test]
fn medians_come_from_all_loans_of_a_large_book() {
    let dir = Workdir::with_book(4000);
    dir.run_ok("book.csv");
    let db = dir.db();
    let report = dir.report();
    let median = |of: &str, from: &str| -> f64 {
        value(
            &db,
            &format!("select {of} from {from} order by 1 limit 1 offset (select (count(*) - 1) / 2 from {from})"),
        )
    };
    let score = median("risk_score", "loans where risk_score is not null");
    assert!(report.contains(&format!("Half of the 4,000 scored loans have a score of {score:.3} or less.")), "{score}");
    let both = "loans where loan_amount is not null and monthly_income > 0";
    let months = median("loan_amount / monthly_income", both);
    assert!(
        report.contains(&format!("The median loan is {months:.1} times the borrower’s monthly income.")),
        "{months}"
    );
    let style = recoup::parts::Style::of_currency("INR");
    for outcome in texts(&db, "select distinct outcome from loans where is_not_recovered is not null") {
        let income =
            median("monthly_income", &format!("loans where outcome = '{outcome}' and monthly_income is not null"));
        let label = recoup::parts::sentence_case(&outcome.replace('_', " "));
        let loans: i64 = value(&db, &format!("select count(monthly_income) from loans where outcome = '{outcome}'"));
        let reported = format!("{label}: median {} ({})", style.short_money(income), style.loans(loans));
        assert!(report.contains(&reported), "{reported}");
    }
}
