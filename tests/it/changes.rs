//! What moved between two runs, and what that makes people worry about: few rows in, rows out.

use crate::workdir::{Rows, Workdir, rows, texts, value, with_column};

/// A loan with an id, a balance and days past due.
fn loan(book: Rows, id: &str, owed: &str, days: &str, more: &[(&str, &str)]) -> Rows {
    book.loan(&[&[("Loan_ID", id), ("Outstanding_Loan_Amount", owed), ("Days_Past_Due", days)], more].concat())
}

fn run(dir: &Workdir, day: &str, book: &Rows) {
    dir.write("book.csv", book.csv());
    dir.ok(&["run", "book.csv", "--as-of", day]);
}

/// Two weeks: A falls behind, B catches up, C is paid, D goes, E comes, F stays in its bucket, G is closed and still late.
fn two_weeks() -> Workdir {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[import]\nmax_shrink_percent = 100\n");
    let first = [
        ("A", "100", "30"),
        ("B", "200", "31"),
        ("C", "300", "0"),
        ("D", "400", "10"),
        ("F", "500", "61"),
        ("G", "50", "95"),
    ];
    let second = [
        ("A", "110", "31"),
        ("B", "190", "0"),
        ("C", "0", "0"),
        ("E", "600", "40"),
        ("F", "480", "90"),
        ("G", "50", "102"),
    ];
    let book = |loans: &[(&str, &str, &str)], status: &str| {
        loans.iter().fold(Rows::new(), |book, (id, owed, days)| {
            let status = if *id == "G" { status } else { "Outstanding" };
            loan(book, id, owed, days, &[("Recovery_Status", status)])
        })
    };
    run(&dir, "2026-03-24", &book(&first, "Outstanding"));
    run(&dir, "2026-03-31", &book(&second, "Written Off"));
    dir
}

#[test]
fn loans_that_move_between_two_runs_are_reported_by_what_they_did() {
    let dir = two_weeks();
    let moved = texts(
        &dir.db(),
        "select concat_ws(' ', loan_id, movement, ifnull(outstanding, '-'), ifnull(outstanding_before, '-'),
             ifnull(days_past_due_before, '-'))
         from loan_movements order by loan_id",
    );
    assert_eq!(
        moved,
        [
            "A worse 110.0 100.0 30",
            "B better 190.0 200.0 31",
            "C closed 0.0 300.0 0",
            "D gone - 400.0 10",
            "E new 600.0 - -",
            "G written_off 50.0 50.0 95"
        ]
    );
    let changes = rows(
        &dir.db(),
        "select compared_run_id, loans_before, outstanding_before, loans_new, new_outstanding, loans_gone, gone_outstanding,
             loans_closed, closed_outstanding, loans_written_off, written_off_outstanding, loans_worse, worse_outstanding, loans_better, better_outstanding
         from portfolio_changes",
    );
    assert_eq!(
        changes,
        [[
            "Integer(1)",
            "Integer(6)",
            "Real(1550.0)",
            "Integer(1)",
            "Real(600.0)",
            "Integer(1)",
            "Real(400.0)",
            "Integer(1)",
            "Real(300.0)",
            "Integer(1)",
            "Real(50.0)",
            "Integer(1)",
            "Real(110.0)",
            "Integer(1)",
            "Real(190.0)"
        ]
        .join(" ")]
    );
}

#[test]
fn live_balances_fall_into_buckets_beside_those_of_the_run_before() {
    let dir = two_weeks();
    let buckets = texts(
        &dir.db(),
        "select concat_ws(' ', bucket, loans, outstanding, outstanding_before) from arrears_summary order by position",
    );
    assert_eq!(
        buckets,
        [
            "Current 1 190.0 300.0",
            "1 to 30 0 0.0 500.0",
            "31 to 60 2 710.0 200.0",
            "61 to 90 1 480.0 500.0",
            "91 to 180 0 0.0 50.0",
            "Over 180 0 0.0 0.0"
        ]
    );
    let days = ["0", "1", "30", "31", "60", "61", "90", "91", "180", "181", "36500"];
    let book = days.iter().fold(Rows::new(), |book, days| book.loan(&[("Days_Past_Due", days)]));
    run(&dir, "2026-04-07", &book);
    let loans = texts(&dir.db(), "select cast(loans as text) from arrears_summary order by position");
    assert_eq!(loans, ["1", "2", "2", "2", "2", "2"]);
}

#[test]
fn loans_that_were_closed_come_and_go_without_being_a_movement_of_the_portfolio() {
    let dir = Workdir::new();
    let closed = [("Recovery_Status", "Settled")];
    let book = loan(Rows::new().loans(3), "A", "70", "0", &closed);
    run(&dir, "2026-03-24", &book);
    run(&dir, "2026-03-31", &loan(Rows::new().loans(3), "B", "90", "0", &closed));
    let moved = "select loans_before, live_loans_before, outstanding_before, loans_new, new_outstanding, loans_gone,
            gone_outstanding from portfolio_changes";
    let [figures] = rows(&dir.db(), moved).try_into().expect("one row");
    assert_eq!(figures, "Integer(4) Integer(3) Real(3000.0) Integer(0) Real(0.0) Integer(0) Real(0.0)");
    assert!(dir.report().contains("no live loan changed its arrears bucket"));
}

fn alerted(dir: &Workdir) -> Vec<String> {
    texts(
        &dir.db(),
        "select alert || ' ' || group_concat(loan_id, ' ') from (select * from alert_loans order by loan_id) group by alert order by alert",
    )
}

#[test]
fn an_alert_begins_at_its_bound_and_speaks_of_loans_to_collect_only() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[import]\nmax_shrink_percent = 100\n");
    let loans = [
        ("A", "30"),
        ("B", "30"),
        ("C", "90"),
        ("D", "90"),
        ("E", "0"),
        ("F", "89"),
        ("G", "31"),
        ("H", "0"),
        ("I", "0"),
    ];
    let before = loans.iter().fold(Rows::new(), |book, (id, days)| loan(book, id, "100", days, &[]));
    run(&dir, "2026-03-24", &before);
    assert_eq!(alerted(&dir), ["over_30 C D F G"], "nothing is known of a week before");
    let closed = [("Recovery_Status", "Written Off")];
    let mut now = Rows::new();
    for (id, days, more) in [
        ("A", "31", &[][..]),
        ("B", "30", &[]),
        ("C", "91", &[]),
        ("D", "91", &closed),
        ("E", "91", &[]),
        ("F", "90", &[]),
        ("N", "31", &[]),
        ("O", "30", &[]),
        ("H", "1", &[]),
        ("I", "0", &[]),
    ] {
        now = loan(now, id, "100", days, more);
    }
    run(&dir, "2026-03-31", &now);
    assert_eq!(
        alerted(&dir),
        [
            "awaiting_approval C E",
            "fell_behind H",
            "gone_late G",
            "new_and_late N",
            "over_90 C E",
            "passed_30 A",
            "passed_90 C E"
        ]
    );
}

#[test]
fn alerts_that_need_a_column_are_there_when_the_file_has_it() {
    let dir = Workdir::new();
    let values = |attempts: &str, emi: &str, collateral: &str| {
        [
            ("Collection_Attempts", attempts),
            ("Monthly_Income", "100"),
            ("Monthly_EMI", emi),
            ("Collateral_Value", collateral),
        ]
        .map(|(column, value)| (column.to_owned(), value.to_owned()))
    };
    let mut book = Rows::new();
    for (id, days, values) in [
        ("A", "31", values("0", "50", "0")),
        ("B", "30", values("0", "51", "0")),
        ("C", "31", values("", "50", "0")),
        ("D", "91", values("1", "51", "0")),
        ("E", "0", values("1", "51", "0")),
    ] {
        let values: Vec<_> = values.iter().map(|(column, value)| (column.as_str(), value.as_str())).collect();
        book = loan(book, id, "100", days, &values);
    }
    run(&dir, "2026-03-31", &book);
    assert_eq!(alerted(&dir), ["awaiting_approval D", "over_30 A C", "over_90 D", "overburdened B", "untouched A"]);
}

#[test]
fn a_file_of_three_columns_has_alerts_in_its_first_week_and_in_the_next() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[import]\nmax_shrink_percent = 100\n");
    let book = |days: fn(usize) -> usize| {
        (0..60).fold(Rows::new(), |book, number| {
            let owed = if number < 10 { "5000" } else { "1000" };
            loan(book, &format!("L{number:02}"), owed, &days(number).to_string(), &[])
        })
    };
    let reported = |dir: &Workdir| texts(&dir.db(), "select alert || ' ' || loans from alerts order by alert");
    run(&dir, "2026-03-24", &book(|number| [0, 0, 25, 45, 120][number % 5]));
    let first = reported(&dir);
    assert_eq!(first, ["awaiting_approval 12", "largest 10", "over_30 12", "over_90 12"]);
    run(&dir, "2026-03-31", &book(|number| [0, 7, 32, 52, 127][number % 5]));
    let next = reported(&dir);
    assert_eq!(next, ["awaiting_approval 12", "fell_behind 12", "largest 10", "over_90 12", "passed_30 12"]);
    let report = dir.read("reports/2026-03-31/report.html");
    assert!(report.contains("1 to 30 days past due, but not late on 24 March 2026."));
    assert!(report.contains("More than 90 days past due."));
}

#[test]
fn scores_that_come_from_elsewhere_than_in_the_week_before_are_reported() {
    let dir = Workdir::with_book(300);
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-24", "--model", "policy"]);
    let report = |day: &str| dir.read(&format!("reports/{day}/report.html"));
    assert!(!report("2026-03-24").contains("The scores now come from"));
    let aged = with_column(&dir.read("book.csv"), "Days_Past_Due", |_, days| {
        days.parse::<i64>().map_or_else(|_| days.to_owned(), |days| (days + 7 * i64::from(days > 0)).to_string())
    });
    dir.write("next.csv", aged);
    dir.ok(&["run", "next.csv", "--as-of", "2026-03-31", "--model", "logistic"]);
    let reported = "The scores now come from the logistic regression; on 24 March 2026 they came from the policy points, so \
                scores and bands of the two days cannot be compared.";
    assert!(report("2026-03-31").contains(reported));
    dir.write("third.csv", dir.read("next.csv"));
    dir.ok(&["run", "third.csv", "--as-of", "2026-04-01", "--model", "logistic"]);
    assert!(!report("2026-04-01").contains("The scores now come from"));
}

#[test]
fn few_large_balances_are_an_alert_from_a_fifth_of_all_on() {
    for (large, is_reported) in [("1000", true), ("999", false)] {
        let dir = Workdir::new();
        // Ten of 1,000 are a fifth of 50,000; 40 others of 1,000.
        let book = (0..50).fold(Rows::new(), |book, number| {
            let owed = if number < 10 { large } else { "1000" };
            loan(book, &format!("L{number}"), owed, "0", &[])
        });
        let book = if is_reported {
            book
        } else {
            (0..10).fold(book, |book, number| loan(book, &format!("M{number}"), "1000", "0", &[]))
        };
        run(&dir, "2026-03-31", &book);
        assert_eq!(
            value::<i64>(&dir.db(), "select count(*) from alerts where alert = 'largest'"),
            i64::from(is_reported)
        );
    }
}

#[test]
fn a_run_is_compared_with_the_last_one_of_an_earlier_day_in_its_currency_also_if_that_was_made_later() {
    let dir = Workdir::new();
    let book = |owed: &str| Rows::new().loan(&[("Outstanding_Loan_Amount", owed)]).loans(20);
    let compared = |dir: &Workdir| texts(&dir.db(), "select run_id || ' ' || as_of_date from compared_run");
    run(&dir, "2026-03-31", &book("1"));
    assert!(compared(&dir).is_empty());
    run(&dir, "2026-04-07", &book("2"));
    run(&dir, "2026-04-07", &book("3"));
    assert_eq!(compared(&dir), ["1 2026-03-31"], "not with one of the same day");
    // A week that was forgotten, brought in late.
    dir.write("book.csv", book("4").csv());
    let said = dir.ok(&["run", "book.csv", "--as-of", "2026-04-01"]).stderr;
    assert!(
        said.contains("Made again the history of 2 runs: `recoup report --run 3`, `recoup report --run 2`"),
        "{said}"
    );
    let of_day = "select run_id || ' ' || compared_run_id || ' ' || (restated_at is not null)
        from compared_runs join runs using (run_id) where as_of_date = '2026-04-07'";
    assert_eq!(texts(&dir.db(), of_day), ["2 4 1", "3 4 1"]);
    run(&dir, "2026-04-14", &book("5"));
    assert_eq!(compared(&dir), ["3 2026-04-07"]);
    dir.write("recoup.toml", "[currency]\ncode = \"EUR\"\n");
    run(&dir, "2026-04-21", &book("6"));
    assert!(compared(&dir).is_empty(), "amounts of two currencies are not compared");
    assert!(dir.read("reports/2026-04-21/report.html").contains("\u{a0}€"));
}

#[test]
fn where_the_loans_of_the_run_before_are_gone_its_figures_and_what_moved_stay() {
    let dir = two_weeks();
    dir.write("recoup.toml", "[import]\nmax_shrink_percent = 100\n[retention]\nweeks = 1\n");
    run(&dir, "2026-04-14", &Rows::new().loans(6));
    assert_eq!(texts(&dir.db(), "select cast(loans_removed_at is not null as text) from compared_run"), ["0"]);
    run(&dir, "2026-04-15", &Rows::new().loans(7));
    let db = dir.db();
    let of_run = "where run_id = (select compared_run_id from compared_runs order by run_id desc limit 1)";
    let count = |of: &str| value::<i64>(&db, &format!("select count(*) from {of}"));
    assert_eq!(texts(&db, "select run_id || '' from runs where loans_removed_at is not null"), ["1", "2"]);
    assert_eq!(count(&format!("loan_movements_by_run {of_run}")), 0);
    assert_eq!(
        rows(
            &db,
            &format!("select loans_before, outstanding_before, loans_new from portfolio_changes_by_run {of_run}")
        ),
        ["Integer(6) Real(1380.0) Integer(6)"]
    );
    assert_eq!(count(&format!("arrears_summary_by_run {of_run} and outstanding_before is not null")), 6);
    let written = dir.read("reports/2026-04-14/report.html");
    dir.ok(&["report", "--run", "3", "--out", "again"]);
    let report = dir.read("again/2026-04-14/report.html");
    assert!(
        written.contains("Loans since")
            && report.contains("up ₹4,620 since 31 March")
            && report.contains("Loans since")
    );
}
