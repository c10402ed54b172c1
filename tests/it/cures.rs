//! Loans that fall behind and catch up, what is paid, and weeks that are corrected.

use rusqlite::Connection;

use crate::dump::dump;
use crate::workdir::{Workdir, texts, value};

const HEADER: &str =
    "Loan_ID,Borrower_ID,Loan_Amount,Monthly_EMI,Interest_Rate,Outstanding_Loan_Amount,Days_Past_Due,Recovery_Status\n";

/// A week in which ten other loans pay an instalment each.
pub fn week(dir: &Workdir, number: usize, day: &str, lines: &[&str]) {
    run(dir, number, day, lines, &[]);
}

fn run(dir: &Workdir, number: usize, day: &str, lines: &[&str], options: &[&str]) {
    let others: Vec<String> =
        ('A'..='J').map(|loan| format!("OTHER{loan},Other{loan},9000,100,12,{},0,\n", 8000 - 100 * number)).collect();
    dir.write("book.csv", format!("{HEADER}{}{}\n", others.concat(), lines.join("\n")));
    dir.ok(&[&["run", "book.csv", "--as-of", day, "--model", "policy"], options].concat());
}

pub fn rows(db: &Connection, columns: &str, of: &str) -> Vec<String> {
    let columns: Vec<String> = columns.split(", ").map(|column| format!("coalesce({column}, '')")).collect();
    texts(db, &format!("select {} from {of}", columns.join(" || '|' || ")))
}

const MARCH: [&str; 6] = [
    "PAYS,Ann,2000,100,12,1000,35,",
    "RESET,Bea,2000,100,12,1000,40,",
    "LOST,Cid,2000,100,12,1000,45,",
    "GOES,Dan,2000,100,12,1000,33,",
    "STAYS,Eva,2000,100,12,1000,31,",
    "LATE,Fay,2000,100,12,1000,90,",
];

/// Five loans fall behind in March 2026; LATE was over 30 days past due when the files began.
fn a_year() -> Workdir {
    let dir = Workdir::new();
    week(
        &dir,
        0,
        "2026-03-02",
        &[
            "PAYS,Ann,2000,100,12,1000,21,",
            "RESET,Bea,2000,100,12,1000,26,",
            "LOST,Cid,2000,100,12,1000,30,",
            "GOES,Dan,2000,100,12,1000,19,",
            "STAYS,Eva,2000,100,12,1000,17,",
            "LATE,Fay,2000,100,12,1000,76,",
        ],
    );
    week(&dir, 1, "2026-03-16", &MARCH);
    week(
        &dir,
        2,
        "2026-04-13",
        &[
            "PAYS,Ann,2000,100,12,700,0,",
            "RESET,Bea,2000,100,12,1000,0,",
            "LOST,Cid,2000,100,12,1000,73,Written Off",
            "STAYS,Eva,2000,100,12,1000,59,",
            "LATE,Fay,2000,100,12,800,0,",
        ],
    );
    week(
        &dir,
        3,
        "2026-05-11",
        &["PAYS,Ann,2000,100,12,700,40,", "RESET,Bea,2000,100,12,900,0,", "STAYS,Eva,2000,100,12,1000,87,"],
    );
    week(
        &dir,
        4,
        "2026-06-22",
        &["PAYS,Ann,2000,100,12,700,82,", "RESET,Bea,2000,100,12,800,0,", "STAYS,Eva,2000,100,12,1000,129,"],
    );
    week(
        &dir,
        5,
        "2026-06-23",
        &["PAYS,Ann,2000,100,12,700,83,", "RESET,Bea,2000,100,12,790,0,", "STAYS,Eva,2000,100,12,1000,130,"],
    );
    week(&dir, 6, "2026-09-16", &["PAYS,Ann,2000,100,12,700,168,", "RESET,Bea,2000,100,12,500,5,"]);
    week(&dir, 7, "2027-01-04", &["PAYS,Ann,2000,100,12,700,278,", "RESET,Bea,2000,100,12,450,35,"]);
    week(&dir, 8, "2027-03-17", &["PAYS,Ann,2000,100,12,700,350,", "RESET,Bea,2000,100,12,400,107,"]);
    dir
}

#[test]
fn loans_fall_behind_catch_up_relapse_and_are_cured() {
    let dir = a_year();
    let db = dir.db();
    let events =
        "arrears_events join runs using (run_id) join loan_register using (loan_key) order by loan_id, as_of_date";
    assert_eq!(
        rows(&db, "loan_id, as_of_date, event, paid_minor, is_paid", events),
        [
            "GOES|2026-03-16|fell_behind||",
            "LATE|2026-03-02|fell_behind||",
            "LATE|2026-04-13|caught_up|20000|1",
            "LOST|2026-03-16|fell_behind||",
            "PAYS|2026-03-16|fell_behind||",
            "PAYS|2026-04-13|caught_up|30000|1",
            "PAYS|2026-05-11|relapsed||",
            "RESET|2026-03-16|fell_behind||",
            "RESET|2026-04-13|caught_up|0|0",
            "RESET|2026-09-16|cured||",
            "RESET|2027-01-04|fell_behind||",
            "STAYS|2026-03-16|fell_behind||",
        ]
    );
    let alerts = "alert_loans_by_run where alert in ('caught_up_unpaid', 'gone_late') order by run_id, alert";
    assert_eq!(
        rows(&db, "run_id, alert, loan_id", alerts),
        ["3|caught_up_unpaid|RESET", "3|gone_late|GOES", "7|gone_late|STAYS"]
    );
}

#[test]
fn what_became_of_a_month_is_said_when_its_weeks_have_passed() {
    let dir = a_year();
    let columns = "run_id, month, loans, caught_up, caught_up_unpaid, half_caught_up_weeks, lost, unknown, still_behind, \
                   cured, redefaulted";
    assert_eq!(
        rows(&dir.db(), columns, "cures_by_run where month = '2026-03' order by run_id"),
        [
            "6|2026-03|5|2|1|4.0|1|1|1||",
            "7|2026-03|5|2|1|4.0|1|1|1|1|",
            "8|2026-03|5|2|1|4.0|1|1|1|1|",
            "9|2026-03|5|2|1|4.0|1|1|1|1|1",
        ]
    );
    let interval = rows(
        &dir.db(),
        "caught_up_percent, cast(lower_95_percent as integer), cast(upper_95_percent as integer)",
        "cures_by_run where run_id = 6",
    );
    // Wilson's interval of 2 of 5.
    assert_eq!(interval, ["40.0|11|76"]);
}

#[test]
fn cash_is_what_balances_fell_by_and_never_a_loss() {
    let dir = a_year();
    // April against March: ten others paid 100 each, PAYS 300, LATE 200; LOST and GOES paid nothing.
    let cash =
        rows(&dir.db(), "run_id, basis, collected_at_least, collected", "cash_collected_by_run where run_id = 3");
    assert_eq!(cash, ["3|not known|1500.0|"]);
    // With the basis set, the same figure is known to be the cash.
    dir.write("recoup.toml", "[history]\nbalance = \"principal\"\n");
    dir.ok(&["history", "--rebuild"]);
    let cash =
        rows(&dir.db(), "run_id, basis, collected_at_least, collected", "cash_collected_by_run where run_id = 3");
    assert_eq!(cash, ["3|still|1500.0|1500.0"]);
}

/// Forty late loans at 36.5 % a year, on which nothing is paid, and ten that pay 100 a month; `balance` says what the first owe
/// after some days.
fn lender(dir: &Workdir, balance: impl Fn(f64) -> f64) {
    for (number, (day, days)) in [("2026-03-02", 0), ("2026-03-30", 28), ("2026-04-27", 56)].into_iter().enumerate() {
        let late = (0..40)
            .map(|loan| format!("LATE{loan},L{loan},9000,100,36.5,{:.2},{},\n", balance(f64::from(days)), 5 + days));
        let pays = (0..10).map(|loan| {
            let owed = 2000.0 - 100.0 * number as f64;
            format!("PAYS{loan},P{loan},9000,100,36.5,{owed:.2},0,\n")
        });
        dir.write("book.csv", format!("{HEADER}{}{}", late.collect::<String>(), pays.collect::<String>()));
        dir.ok(&["run", "book.csv", "--as-of", day, "--model", "policy"]);
    }
}

#[test]
fn late_loans_show_what_the_balance_holds() {
    let still: fn(f64) -> f64 = |_| 1000.0;
    let accrued: fn(f64) -> f64 = |days| 1000.0 * (1.0 + 0.001 * days);
    let penalty: fn(f64) -> f64 = |days| 1000.0 + 50.0 * (days / 28.0);
    // Ten loans paid 100; where interest accrues, they paid that and the interest of 28 days on 1,900: 53.20 each.
    for (balance, cash) in
        [(still, "still|1000.0|1000.0"), (accrued, "accrued|1000.0|1532.0"), (penalty, "mixed|1000.0|")]
    {
        let dir = Workdir::new();
        lender(&dir, balance);
        let found = rows(&dir.db(), "basis, collected_at_least, collected", "cash_collected");
        assert_eq!(found, [cash]);
    }
}

#[test]
fn a_corrected_week_takes_its_place_and_later_history_is_made_again() {
    let dir = a_year();
    let missing = dir.recoup(&["run", "book.csv", "--as-of", "2026-03-17", "--replace"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("there is no run of 2026-03-17 to replace"), "{}", missing.stderr);
    // RESET was never over 30 days late.
    let corrected = MARCH.map(|line| if line.starts_with("RESET") { "RESET,Bea,2000,100,12,1000,0," } else { line });
    run(&dir, 1, "2026-03-16", &corrected, &["--replace"]);
    let db = dir.db();
    let runs = "runs where run_id in (1, 2, 3, 9, 11) order by run_id";
    assert_eq!(
        rows(&db, "run_id, status, place, restated_at is not null", runs),
        ["1|complete|1|0", "2|replaced|2|0", "3|complete|3|1", "9|complete|9|1", "11|complete|2|0"]
    );
    assert_eq!(value::<i64>(&db, "select run_id from latest_run"), 9);
    assert_eq!(value::<i64>(&db, "select compared_run_id from compared_runs where run_id = 3"), 11);
    let unpaid = "select count(*) from arrears_events join loan_register using (loan_key) join runs using (run_id)
        where loan_id = 'RESET' and as_of_date < '2027-01-01' and status = 'complete'";
    assert_eq!(value::<i64>(&db, unpaid), 0);
    assert_eq!(rows(&db, "month, loans, caught_up", "cures where month = '2026-03'"), ["2026-03|4|1"]);
    let restated = "select restated_at from runs where run_id = 9";
    let day: String = value(&db, restated);
    drop(db);
    dir.ok(&["report"]);
    let report = dir.read("reports/2027-03-17/report.html");
    let day = day[..10].parse::<chrono::NaiveDate>().expect("a day").format("%-d %B %Y");
    assert!(report.contains(&format!("<p>Restated on {day}, after an earlier week was corrected.</p>")), "{report}");
    assert!(!dir.read("reports/2026-03-02/report.html").contains("Restated"));
    let listed = dir.ok(&["history"]).stdout;
    assert!(
        listed.contains("2026-04-13  run 3, 14 live loans, 28 days after the file before, history made again"),
        "{listed}"
    );
    assert!(listed.ends_with("9 weeks; 7 gaps of more than 10 days without a file\n"), "{listed}");
}

#[test]
fn history_made_again_is_the_same() {
    let dir = a_year();
    let before = dump(&dir.db());
    let said = dir.ok(&["history", "--rebuild"]).stdout;
    assert!(said.starts_with("Made again the history of 9 runs: `recoup report --run "), "{said}");
    assert_eq!(dump(&dir.db()), before);
}

#[test]
fn the_months_before_are_those_with_a_file_near_their_day() {
    let dir = a_year();
    // A month before 17 March 2027 there is no file; six before, there is 16 September, and twelve before, 16 March.
    let trend = rows(&dir.db(), "months_back, as_of_date, outstanding", "portfolio_trend order by months_back");
    assert_eq!(trend, ["0|2027-03-17|73100.0", "6|2026-09-16|75200.0", "12|2026-03-16|85000.0"]);
    let report = dir.read("reports/2027-03-17/report.html");
    assert!(report.contains("Since 16 March 2026 the gross portfolio went from"), "{report}");
    assert!(
        report.contains("No file within 3 days of 17 February 2027: no comparison with a month before."),
        "{report}"
    );
    assert!(report.contains("not over 30 days late again for the weeks of probation (12 unless"), "{report}");
    // Two loans paid nothing, and one has gone: too few to say a share of, but the alerts say which.
    let april = dir.read("reports/2026-04-13/report.html");
    assert!(april.contains("up to date, though the balance hardly fell"), "{april}");
    assert!(april.contains("and no longer in the file; nothing says why"), "{april}");
    let first = dir.read("reports/2026-03-02/report.html");
    assert!(first.contains("With the next weekly file, this report also says what changed;"), "{first}");
    assert!(!april.contains("With the next weekly file"), "{april}");
}

#[test]
fn a_list_of_closed_loans_says_why_they_left() {
    let dir = a_year();
    dir.write(
        "closed.csv",
        "Loan_ID;Recovery_Status\nGOES;Fully Recovered\nSTAYS;Written Off\nOLD_1;Written Off\nLOST;Fully Recovered\n",
    );
    let said = dir.ok(&["closed", "closed.csv"]).stdout;
    assert_eq!(
        said,
        "Took the reason of 3 loans. 1 of the list were in no weekly file. Made again the history of 7 runs: \
         `recoup report --run 9`, `recoup report --run 8`, `recoup report --run 7` and so on write their reports anew.\n"
    );
    let db = dir.db();
    let exits = "loan_exits_by_run where loan_id in ('GOES', 'STAYS', 'LOST') order by loan_id";
    // What the weekly file said of LOST stays.
    assert_eq!(
        rows(&db, "loan_id, reason, basis", exits),
        ["GOES|fully_recovered|file", "LOST|written_off|stated", "STAYS|written_off|file"]
    );
    assert_eq!(rows(&db, "paid_off, lost, unknown", "cures where month = '2026-03'"), ["1|1|0"]);
    assert_eq!(value::<i64>(&db, "select count(*) from alert_loans_by_run where alert = 'gone_late'"), 0);
    drop(db);
    assert_eq!(
        dir.ok(&["closed", "closed.csv"]).stdout,
        "Took the reason of 3 loans. 1 of the list were in no weekly file.\n"
    );
    dir.write("closed.csv", "Loan_ID,Recovery_Status\nGOES,Sold\n,Written Off\nSTAYS,Active\n");
    let before = dump(&dir.db());
    let refused = dir.recoup(&["closed", "closed.csv"]);
    assert_eq!(refused.code, 3);
    for problem in [
        "line 2: the meaning of \"Sold\" is unknown",
        "line 3: the loan id is empty",
        "line 4: \"Active\" is no reason",
    ] {
        assert!(refused.stderr.contains(problem), "{}", refused.stderr);
    }
    assert_eq!(dump(&dir.db()), before);
}

#[test]
fn history_of_no_database_makes_none() {
    let dir = Workdir::new();
    dir.write("closed.csv", "Loan_ID,Recovery_Status\nL1,Written Off\n");
    for command in [&["history", "--rebuild"][..], &["history"], &["closed", "closed.csv"]] {
        let ended = dir.recoup(command);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("there is no database recoup.db"), "{ended:?}");
        assert!(!dir.exists("recoup.db") && !dir.exists("recoup.db.lock"));
    }
}

#[test]
fn a_loan_that_was_away_goes_on_or_begins_anew() {
    let dir = Workdir::new();
    let late = |days: u32| format!("AWAY_1,Ann,2000,100,12,1000,{days},");
    week(&dir, 0, "2026-03-02", &["AWAY_1,Ann,2000,100,12,1000,10,"]);
    week(&dir, 1, "2026-03-30", &[&late(38)]);
    week(&dir, 2, "2026-04-06", &["LATE_2,Bea,2000,100,12,1000,0,"]);
    // Seven weeks after it was last seen it goes on, still behind; eleven weeks after that it is behind anew.
    week(&dir, 3, "2026-05-18", &[&late(87)]);
    week(&dir, 4, "2026-05-25", &["LATE_2,Bea,2000,100,12,900,0,"]);
    week(&dir, 5, "2026-08-03", &[&late(164)]);
    let events = "arrears_events join runs using (run_id) join loan_register using (loan_key) order by as_of_date";
    assert_eq!(
        rows(&dir.db(), "loan_id, as_of_date, event", events),
        ["AWAY_1|2026-03-30|fell_behind", "AWAY_1|2026-08-03|fell_behind"]
    );
}

#[test]
fn a_list_takes_nothing_of_a_live_loan_and_speaks_of_the_last_time_that_a_loan_left() {
    let dir = Workdir::new();
    let stays = "STAYS,Ann,2000,100,12,900,0,";
    week(&dir, 0, "2026-03-02", &[stays, "BACK,Bea,2000,100,12,1000,0,"]);
    week(&dir, 1, "2026-03-09", &[stays]);
    week(&dir, 2, "2026-03-16", &[stays, "BACK,Bea,2000,100,12,900,0,"]);
    week(&dir, 3, "2026-03-23", &[stays]);
    dir.write("closed.csv", "Loan_ID,Recovery_Status\nBACK,Fully Recovered\nSTAYS,Written Off\n");
    let said = dir.ok(&["closed", "closed.csv"]).stdout;
    assert!(said.contains("Took the reason of 1 loan. 1 of the list are live in the latest file"), "{said}");
    let exits = "loan_exits_by_run join runs using (run_id) order by as_of_date";
    assert_eq!(
        rows(&dir.db(), "as_of_date, loan_id, reason, basis", exits),
        ["2026-03-09|BACK|unknown|unknown", "2026-03-23|BACK|fully_recovered|file"]
    );
}

#[test]
fn after_an_erasure_a_list_says_which_runs_stay_as_they_are() {
    let dir = a_year();
    dir.ok(&["erase", "Ann"]);
    dir.write("closed.csv", "Loan_ID,Recovery_Status\nGOES,Fully Recovered\n");
    let said = dir.ok(&["closed", "closed.csv"]).stdout;
    assert!(said.contains("stay as before: some of their loans were erased or removed."), "{said}");
}

#[test]
fn a_loan_that_pays_interest_alone_is_not_said_to_have_paid_nothing() {
    let dir = Workdir::new();
    // An instalment of 1,000 is the month's interest on 100,000 at 12 percent.
    let loans = |days: u32| {
        [format!("INT_1,Ann,100000,1000,12,100000,{days},"), format!("EMI_1,Bea,100000,3000,12,90000,{days},")]
    };
    for (number, days) in [40, 47, 0].into_iter().enumerate() {
        let lines = loans(days);
        let day = format!("2026-03-{:02}", 2 + 7 * number);
        week(&dir, number, &day, &[&lines[0], &lines[1]]);
    }
    let caught_up = "arrears_events join loan_register using (loan_key) where event = 'caught_up' order by loan_id";
    assert_eq!(rows(&dir.db(), "loan_id, is_paid", caught_up), ["EMI_1|0", "INT_1|"]);
}
