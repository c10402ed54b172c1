//! What the weekly files say together, on books whose course is known.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::workdir::{Workdir, texts, value};

const HEADER: &str =
    "Loan_ID,Borrower_ID,Loan_Amount,Monthly_EMI,Outstanding_Loan_Amount,Days_Past_Due,Recovery_Status\n";

fn week(dir: &Workdir, day: &str, lines: &[&str]) {
    dir.write("book.csv", format!("{HEADER}{}\n", lines.join("\n")));
    dir.ok(&["run", "book.csv", "--as-of", day]);
}

/// The rows of these columns, with `|` between them.
fn rows(db: &Connection, columns: &str, of: &str) -> Vec<String> {
    let columns: Vec<String> = columns.split(", ").map(|column| format!("coalesce({column}, '')")).collect();
    texts(db, &format!("select {} from {of}", columns.join(" || '|' || ")))
}

/// Four weeks in three files.
fn month() -> Workdir {
    let dir = Workdir::new();
    week(
        &dir,
        "2026-03-02",
        &[
            "PAYS,Ann,2000,100,1000,0,",
            "ROLLS,Bea,2000,100,500,10,",
            "LOST,Cid,2000,100,800,40,",
            "LAST,Dan,1200,100,90,5,",
            "TOPUP,Fay,2000,100,700,45,",
            "VANISHES,Hal,3000,100,2000,0,",
            "LATE,Ida,1200,100,50,100,",
            "REPAID,Jon,2000,100,300,0,",
            "SETTLES,Kay,2000,100,400,60,",
            "ABSENT,Lea,2000,100,600,0,",
            "CLOSED,Mia,2000,100,0,0,Fully Recovered",
        ],
    );
    week(
        &dir,
        "2026-03-16",
        &[
            "PAYS,Ann,2000,100,950,0,",
            "ROLLS,Bea,2000,100,510,24,",
            "LOST,Cid,2000,100,800,54,",
            "TOPUP,Fay,2000,100,700,59,",
            "LATE,Ida,1200,100,50,114,",
            "REPAID,Jon,2000,100,0,0,Fully Recovered",
            "SETTLES,Kay,2000,100,400,74,",
            "CLOSED,Mia,2000,100,0,0,Fully Recovered",
        ],
    );
    week(
        &dir,
        "2026-03-30",
        &[
            "PAYS,Ann,2000,100,900,0,",
            "ROLLS,Bea,2000,100,520,38,",
            "LOST,Cid,2000,100,800,68,Written Off",
            "REFILL,Fay,650,100,650,0,",
            "REPAID,Jon,2000,100,0,0,Fully Recovered",
            "SETTLES,Kay,2000,100,0,0,Partially Recovered",
            "ABSENT,Lea,2000,100,600,0,",
            "CLOSED,Mia,2000,100,150,0,",
            "NEW,Ned,5000,500,5000,0,",
        ],
    );
    dir
}

#[test]
fn a_loan_leaves_for_the_reason_that_there_is_evidence_for() {
    let columns = "run_id, loan_id, reason, basis, is_evergreened, new_loan_id, returned_in_run_id";
    assert_eq!(
        rows(&month().db(), columns, "loan_exits_by_run order by run_id, loan_id"),
        [
            "2|ABSENT|unknown|unknown|0||3",
            "2|LAST|fully_recovered|inferred|0||",
            "2|REPAID|fully_recovered|stated|0||",
            "2|VANISHES|unknown|unknown|0||",
            // A balance of half an instalment, but 114 days late: hardly paid.
            "3|LATE|unknown|unknown|0||",
            "3|LOST|written_off|stated|0||",
            "3|SETTLES|partially_recovered|stated|0||",
            "3|TOPUP|refinanced|inferred|1|REFILL|",
        ]
    );
}

#[test]
fn every_loan_is_in_one_cell_of_the_month() {
    let columns = "position_from, position_to, loans, opening, closing";
    assert_eq!(
        rows(&month().db(), columns, "roll_rates order by position_from, position_to"),
        [
            "-2|0|2|0.0|5650.0",
            "-1|0|1|0.0|150.0",
            "0|0|2|1600.0|1500.0",
            "0|6|1|300.0|0.0",
            "0|10|1|2000.0|0.0",
            "1|2|1|500.0|520.0",
            "1|6|1|90.0|0.0",
            "2|7|1|700.0|0.0",
            "2|8|1|400.0|0.0",
            "2|9|1|800.0|0.0",
            "4|10|1|50.0|0.0",
        ]
    );
}

#[test]
fn opening_plus_what_came_and_went_is_closing() {
    let dir = month();
    assert_eq!(
        rows(&dir.db(), "line, loans, amount", "reconciliation order by position"),
        [
            "opening|10|6440.0",
            "new|2|5650.0",
            "returned|1|150.0",
            "charged|1|20.0",
            "paid|1|-100.0",
            "fully_recovered|2|-390.0",
            "refinanced|1|-700.0",
            "partially_recovered|1|-400.0",
            "written_off|1|-800.0",
            "unknown|2|-2050.0",
            "erased|0|0.0",
            "closing|6|7820.0",
            "difference||0.0",
        ]
    );
    let report = dir.read("reports/2026-03-30/report.html");
    assert!(
        report.contains(
            "In the 28 days since 2 March 2026, 3 of 10 loans moved to a later bucket or were lost (written off or settled at a \
             loss), and none of the 6 loans that were late are now up to date. 2 loans left the file without a reason: if all of \
             them were lost, then 5 of 10 loans."
        ),
        "{report}"
    );
    assert_eq!(value::<i64>(&dir.db(), "select sum(forward) from roll_summary"), 3);
    for column in ["31 to 60", "Settled at a loss", "Gone, reason unknown"] {
        assert!(report.contains(&format!("<th scope=\"col\" class=\"number\">{column}</th>")), "{column}: {report}");
    }
}

#[test]
fn a_month_without_a_file_near_its_first_day_says_so() {
    let dir = Workdir::new();
    for (number, day) in ["2026-10-01", "2026-10-15", "2026-11-05", "2026-11-24"].iter().enumerate() {
        dir.write("book.csv", format!("{HEADER}L1,Ann,2000,100,{},0,\n", 1000 - number));
        dir.ok(&["run", "book.csv", "--as-of", day]);
    }
    let words = "No file within 3 days of 24 October 2026: no comparison with a month before.";
    let report = dir.read("reports/2026-11-24/report.html");
    assert!(report.contains(words) && report.contains("href=\"#month\""), "{report}");
    // The first file, one in the first five weeks, and one 35 days after the first.
    for day in ["2026-10-01", "2026-10-15", "2026-11-05"] {
        assert!(!dir.read(&format!("reports/{day}/report.html")).contains("No file within 3 days"), "{day}");
    }
}

#[test]
fn a_month_is_measured_from_the_nearest_day_and_never_from_another() {
    let dir = Workdir::new();
    let book = |owed: i64| format!("{HEADER}L1,Ann,2000,100,{owed},0,\nL2,Bea,2000,100,{owed},7,\n");
    for (number, day) in ["2026-02-01", "2026-02-25", "2026-03-04", "2026-03-31", "2026-04-04"].iter().enumerate() {
        dir.write("book.csv", book(1000 - number as i64));
        dir.ok(&["run", "book.csv", "--as-of", day]);
    }
    // A month before 31 March is 28 February; 25 February is three days off, 4 March four. A month before 4 April is 4 March.
    let starts = rows(&dir.db(), "run_id, start_run_id", "period_pairs order by run_id");
    assert_eq!(starts, ["1|", "2|", "3|1", "4|2", "5|3"]);
    assert_eq!(
        texts(&dir.db(), "select distinct run_id || ' ' || start_run_id from transition_sums"),
        ["3 1", "4 2", "5 3"]
    );
    assert!(!dir.read("reports/2026-02-25/report.html").contains("The last month"));
}

#[test]
fn a_second_run_of_a_day_replaces_the_first_in_the_month() {
    let dir = month();
    // The same day again, now with the loan that had vanished.
    let book = dir.read("book.csv") + "VANISHES,Hal,3000,100,1900,0,\n";
    dir.write("book.csv", book);
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-30"]);
    let unknown = "reconciliation_by_run where line = 'unknown' order by run_id";
    assert_eq!(rows(&dir.db(), "run_id, loans, amount", unknown), ["3|2|-2050.0", "4|1|-50.0"]);
    assert_eq!(value::<f64>(&dir.db(), "select amount from reconciliation where line = 'difference'"), 0.0);
    // The top-up is still new: the earlier run of the day does not count.
    assert_eq!(texts(&dir.db(), "select new_loan_id from loan_exits where is_evergreened"), ["REFILL"]);
}

#[test]
fn an_erased_borrower_leaves_no_exit_and_the_sums_stay() {
    let dir = month();
    dir.ok(&["erase", "Fay"]);
    assert_eq!(
        value::<i64>(&dir.db(), "select count(*) from loan_exits_by_run where loan_id in ('TOPUP', 'REFILL')"),
        0
    );
    assert_eq!(texts(&dir.db(), "select amount || '' from reconciliation where line = 'refinanced'"), ["-700.0"]);
}

#[test]
fn loans_erased_within_the_month_have_a_line_of_their_own() {
    let dir = month();
    dir.ok(&["erase", "Ann"]);
    let book = dir.read("book.csv");
    let without_her: Vec<&str> = book.lines().skip(1).filter(|line| !line.contains("Ann")).collect();
    week(&dir, "2026-03-31", &without_her);
    // The month before 31 March begins on 2 March too, whose balance then included her 1,000.
    let account = rows(&dir.db(), "line, loans, amount", "reconciliation order by position");
    for line in ["opening|10|6440.0", "erased|1|-1000.0", "closing|5|6920.0", "difference||0.0"] {
        assert!(account.contains(&line.to_owned()), "{line}: {account:?}");
    }
}

/// What really became of the loans of a made-up lender, in the words of `loan_exits`: week, loan and reason.
fn true_exits(dir: &Workdir) -> BTreeMap<(String, String), String> {
    let reason = |event: &str| {
        match event {
            "paid_off" => Some("fully_recovered"),
            "settled" => Some("partially_recovered"),
            "vanished" => Some("unknown"),
            "written_off" | "refinanced" => Some(event),
            _ => None,
        }
        .map(str::to_owned)
    };
    let mut truth = csv::Reader::from_path(dir.path("weeks/truth.csv")).expect("the truth");
    let lines = truth.records().map(|line| line.expect("a line"));
    lines.filter_map(|line| Some(((line[0].to_owned(), line[1].to_owned()), reason(&line[3])?))).collect()
}

#[test]
fn exits_of_a_known_lender_are_right_or_unknown() {
    for seed in ["1", "5"] {
        let dir = Workdir::new();
        let lender = ["--weeks", "10", "--loans", "300", "--seed", seed, "--as-of", "2026-03-30", "--out", "weeks"];
        dir.ok(&[&["demo"][..], &lender].concat());
        let mut weeks: Vec<String> = std::fs::read_dir(dir.path("weeks"))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "truth.csv")
            .collect();
        weeks.sort();
        for week in &weeks {
            let day = week.trim_end_matches(".csv");
            dir.ok(&["run", &format!("weeks/{week}"), "--as-of", day, "--model", "policy"]);
        }
        let db = dir.db();
        let mut truth = true_exits(&dir);
        let found = "loan_exits_by_run join runs using (run_id) order by run_id, loan_id";
        let found = rows(&db, "as_of_date, loan_id, reason", found);
        assert!(found.len() >= 15, "{found:?}");
        for exit in &found {
            let [day, loan, reason] = exit.split('|').collect::<Vec<_>>()[..] else { panic!("{exit}") };
            let happened = truth.remove(&(day.to_owned(), loan.to_owned()));
            // An early payoff leaves no evidence when the loan leaves the file at once.
            let is_right = happened.as_deref() == Some(reason)
                || (reason == "unknown" && happened.as_deref() == Some("fully_recovered"));
            assert!(is_right, "{exit}: {happened:?}");
        }
        assert!(truth.is_empty(), "not noticed: {truth:?}");
        let differences = "select distinct amount || '' from reconciliation_by_run where line = 'difference'";
        assert_eq!(texts(&db, differences), ["0.0"]);
        let months = value::<i64>(&db, "select count(distinct run_id) from transition_sums");
        assert_eq!(months, 6, "the fifth week is the first with a month before it");
    }
}

#[test]
fn what_a_new_loan_and_a_rejected_line_say_of_a_loan_that_left() {
    let dir = Workdir::new();
    let others: Vec<String> = (0..40).map(|loan| format!("O{loan},P{loan},9000,300,8000,0,")).collect();
    let week = |day: &str, lines: &[&str]| {
        let lines: Vec<&str> = others.iter().map(String::as_str).chain(lines.iter().copied()).collect();
        dir.write("book.csv", format!("{HEADER}{}\n", lines.join("\n")));
        dir.ok(&["run", "book.csv", "--as-of", day, "--model", "policy", "--accept-unchanged"]);
    };
    week(
        "2026-03-02",
        &[
            "CLOSED_0,Kay,60000,2000,50000,40,",
            "LAST_0,Lou,20000,1000,1050,2,",
            "TWO_1,Mo,6000,500,5000,10,",
            "TWO_2,Mo,6000,500,4900,10,",
            "LOST_0,Ned,9000,500,8000,120,",
            "BAD_LINE_0,Oda,9000,500,3000,45,",
            "AWAY_0,Pia,9000,500,3000,60,",
        ],
    );
    week(
        "2026-03-09",
        &[
            "CLOSED_0,Kay,60000,2000,0,0,Closed",
            "NEW_1,Kay,52000,2000,52000,0,",
            "NEW_2,Lou,40000,2000,40000,0,",
            "NEW_3,Mo,5000,500,5000,0,",
            "LOST_0,Ned,9000,500,8000,127,Written Off",
            "NEW_4,Ned,9000,500,9000,0,",
            "BAD_LINE_0,Oda,9000,500,3000,soon,",
        ],
    );
    let exits = "loan_exits order by loan_id";
    assert_eq!(
        rows(&dir.db(), "loan_id, reason, basis, is_evergreened", exits),
        [
            "AWAY_0|unknown|unknown|0",
            "BAD_LINE_0|unknown|rejected|0",
            "CLOSED_0|refinanced|inferred|1",
            "LAST_0|fully_recovered|inferred|0",
            "LOST_0|written_off|stated|0",
            "TWO_1|refinanced|inferred|1",
            "TWO_2|unknown|unknown|0",
        ]
    );
    let late = |alert: &str| texts(&dir.db(), &format!("select loan_id from alert_loans where alert = '{alert}'"));
    assert_eq!(late("gone_late"), ["AWAY_0"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loan_movements where loan_id = 'BAD_LINE_0'"), 0);
    week(
        "2026-03-16",
        &["BAD_LINE_0,Oda,9000,500,3000,59,", "AWAY_0,Pia,9000,500,3000,74,", "LATE_0,Qi,900,50,900,40,"],
    );
    assert_eq!(late("new_and_late"), ["LATE_0"], "the others were there before");
    week("2026-03-30", &[]);
    // No cash came for the loan that a new one repaid.
    let collected = "select collected_at_least from cash_collected";
    assert_eq!(value::<f64>(&dir.db(), collected), 1050.0);
}

#[test]
fn what_a_list_says_of_a_loan_is_not_inferred_otherwise() {
    let dir = month();
    dir.write("closed.csv", "Loan_ID,Recovery_Status\nTOPUP,Fully Recovered\n");
    dir.ok(&["closed", "closed.csv"]);
    let exit = "loan_exits_by_run where loan_id = 'TOPUP'";
    assert_eq!(
        rows(&dir.db(), "reason, basis, is_evergreened, new_loan_id", exit),
        ["fully_recovered|file|0|"],
        "though the borrower has a new loan"
    );
}
