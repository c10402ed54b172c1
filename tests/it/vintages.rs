//! Loans by month of disbursal: what they reach by each month on the book.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::dump::dump;
use crate::workdir::{Workdir, texts, value};

const HEADER: &str = "Loan_ID,Borrower_ID,Loan_Amount,Loan_Tenure,Outstanding_Loan_Amount,Days_Past_Due,Recovery_Status,\
                      Disbursed_On,Maturity_Date\n";

/// A file with these loans and 28 of 100 that were disbursed in January 2026 and pay.
fn week(dir: &Workdir, number: usize, day: &str, lines: &[&str], options: &[&str]) {
    let others: Vec<String> =
        (10..38).map(|loan| format!("PAYS_{loan},P{loan},100,12,{},0,,2026-01-20,\n", 100 - 8 * number)).collect();
    dir.write("book.csv", format!("{HEADER}{}{}\n", others.concat(), lines.join("\n")));
    dir.ok(&[&["run", "book.csv", "--as-of", day, "--model", "policy"], options].concat());
}

const JANUARY: [&str; 6] = [
    "PAID_1,Ann,1000,12,1000,0,,2026-01-05,",
    "LATE_1,Bea,2000,12,2000,0,,2026-01-10,",
    // Disbursed in January, as its maturity says.
    "LOST_1,Cid,3000,12,3000,0,,,2027-01-31",
    // Two months on the book when the file first has it.
    "OLD_1,Dan,4000,12,3000,40,,2025-11-03,",
    "DECEMBER_1,Eva,500,12,500,20,,2025-12-31,",
    "NODATE_1,Fay,700,12,700,0,,,",
];

const FEBRUARY: [&str; 7] = [
    "PAID_1,Ann,1000,12,0,0,Fully Recovered,2026-01-05,",
    "LATE_1,Bea,2000,12,2000,35,,2026-01-10,",
    "LOST_1,Cid,3000,12,3000,40,,,2027-01-31",
    "OLD_1,Dan,4000,12,3000,68,,2025-11-03,",
    "DECEMBER_1,Eva,500,12,500,28,,2025-12-31,",
    "NODATE_1,Fay,700,12,650,0,,,",
    // Without a date, but in no file before.
    "NEW_1,Gus,900,12,900,0,,,",
];

const MARCH: [&str; 8] = [
    "LATE_1,Bea,2000,12,1500,0,,2026-01-10,",
    "LOST_1,Cid,3000,12,3000,95,Written Off,,2027-01-31",
    "OLD_1,Dan,4000,12,3000,103,,2025-11-03,",
    "DECEMBER_1,Eva,500,12,500,93,,2025-12-31,",
    "NODATE_1,Fay,700,12,600,0,,,",
    "NEW_1,Gus,900,12,800,0,,,",
    // Came late, and is late.
    "CAME_1,Hal,800,12,700,33,,2026-01-31,",
    // New, but the file before is more than a month old: nobody knows since when.
    "UNKNOWN_1,Ida,600,12,600,0,,,",
];

/// Three files, each a month on.
fn quarter(settings: &str) -> Workdir {
    let dir = Workdir::new();
    dir.write("recoup.toml", settings);
    week(&dir, 0, "2026-01-26", &JANUARY, &[]);
    week(&dir, 1, "2026-02-23", &FEBRUARY, &[]);
    week(&dir, 2, "2026-03-30", &MARCH, &[]);
    dir
}

fn rows(db: &Connection, columns: &str, of: &str) -> Vec<String> {
    let columns: Vec<String> = columns.split(", ").map(|column| format!("coalesce({column}, '')")).collect();
    texts(db, &format!("select {} from {of}", columns.join(" || '|' || ")))
}

const SUMS: &str = "run_id, vintage, months_on_book, loans, original_minor / 100, ever30, ever30_minor / 100, ever90, lost, \
                    lost_minor / 100, live_loans, live_minor / 100, now30, now30_minor / 100";

#[test]
fn a_loan_counts_where_it_was_disbursed_with_what_it_ever_reached() {
    assert_eq!(
        rows(&quarter("").db(), SUMS, "vintage_sums order by run_id, vintage"),
        [
            "1|2025-12|1|1|500|0|0|0|0|0|1|500|0|0",
            "1|2026-01|0|31|8800|0|0|0|0|0|31|8800|0|0",
            "2|2025-12|2|1|500|0|0|0|0|0|1|500|0|0",
            // PAID stays among the loans.
            "2|2026-01|1|31|8800|2|5000|0|0|0|30|7800|2|5000",
            "2|2026-02|0|1|900|0|0|0|0|0|1|900|0|0",
            "3|2025-12|3|1|500|1|500|1|0|0|1|500|1|500",
            // LATE has caught up and was late; LOST was written off; CAME counts only among the live ones.
            "3|2026-01|2|31|8800|2|5000|0|1|3000|30|5600|1|800",
            "3|2026-02|1|1|900|0|0|0|0|0|1|900|0|0",
        ]
    );
}

#[test]
fn a_month_of_few_loans_has_counts_and_no_share() {
    let dir = quarter("");
    // In thousandths of a percent.
    let shares = ["ever30_percent", "ever30_lower_95_percent", "ever30_upper_95_percent", "ever30_original_percent"];
    let shares = shares.map(|share| format!("cast({share} * 1000 as integer)")).join(", ");
    let columns = format!(
        "vintage, months_on_book, loans, ever30, {shares}, lost, live_loans, \
         cast(now30_original_percent * 1000 as integer), is_complete, as_of_date"
    );
    assert_eq!(
        rows(&dir.db(), &columns, "vintages order by vintage, months_on_book"),
        [
            "2025-12|1|1|0|||||0|1|0|1|2026-01-26",
            "2025-12|2|1|0|||||0|1|0|1|2026-02-23",
            "2025-12|3|1|1|||||0|1|100000|1|2026-03-30",
            "2026-01|0|31|0|0|0|11025|0|0|31|0|1|2026-01-26",
            "2026-01|1|31|2|6451|1787|20718|56818|0|30|64102|1|2026-02-23",
            "2026-01|2|31|2|6451|1787|20718|56818|1|30|14285|1|2026-03-30",
            "2026-02|0|1|0|||||0|1|0|1|2026-02-23",
            "2026-02|1|1|0|||||0|1|0|1|2026-03-30",
        ]
    );
}

#[test]
fn a_maturity_lies_ahead_and_its_year_has_four_digits() {
    let dir = Workdir::new();
    let lines = "L1,Ann,900,12,900,0,,,31/01/2035\nL2,Bea,900,12,900,0,,,31/01/35\n";
    dir.write("book.csv", format!("{HEADER}{lines}"));
    dir.run_ok("book.csv");
    let maturities = "loans order by loan_id";
    assert_eq!(rows(&dir.db(), "loan_id, maturity_date", maturities), ["L1|2035-01-31", "L2|"]);
    assert_eq!(
        texts(&dir.db(), "select reason from rejects"),
        ["a maturity in the past century: write the year with four digits"]
    );
}

#[test]
fn the_last_file_of_a_month_is_its_point() {
    let dir = quarter("");
    let late_in_march = MARCH.map(|line| line.replace("LATE_1,Bea,2000,12,1500,0", "LATE_1,Bea,2000,12,1500,1"));
    let lines: Vec<&str> = late_in_march.iter().map(String::as_str).collect();
    week(&dir, 3, "2026-03-31", &lines, &[]);
    week(&dir, 4, "2026-04-13", &lines, &[]);
    let points = "vintages where vintage = '2026-01' order by months_on_book";
    assert_eq!(
        rows(&dir.db(), "months_on_book, point_run_id, is_complete", points),
        ["0|1|1", "1|2|1", "2|4|1", "3|5|0"]
    );
}

#[test]
fn loans_that_retention_removes_still_count() {
    let [kept, removed] = ["", "[retention]\nweeks = 5\n"].map(|settings| {
        let dir = quarter(settings);
        week(&dir, 3, "2026-04-27", &MARCH, &["--accept-unchanged"]);
        week(&dir, 4, "2026-06-01", &MARCH, &["--accept-unchanged"]);
        dir
    });
    let db = removed.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loan_register where loan_id = 'PAID_1'"), 0);
    assert_eq!(value::<i64>(&db, "select count(*) from vintage_events where loan_key is null"), 1);
    let sums = "vintage_sums order by run_id, vintage";
    let of_kept = rows(&kept.db(), SUMS, sums);
    assert_eq!(rows(&db, SUMS, sums), of_kept);
    assert!(of_kept.iter().any(|line| line.starts_with("5|2026-01|5|31|8800|2|5000|0|1|")), "{of_kept:?}");
    drop(db);
    let before = dump(&removed.db());
    removed.ok(&["history", "--rebuild"]);
    assert_eq!(dump(&removed.db()), before);
}

#[test]
fn made_again_it_is_the_same_and_corrected_it_is_right() {
    let dir = quarter("");
    let before = dump(&dir.db());
    dir.ok(&["history", "--rebuild"]);
    assert_eq!(dump(&dir.db()), before);
    let corrected = FEBRUARY.map(|line| line.replace("LATE_1,Bea,2000,12,2000,35", "LATE_1,Bea,2000,12,2000,5"));
    let lines: Vec<&str> = corrected.iter().map(String::as_str).collect();
    week(&dir, 1, "2026-02-23", &lines, &["--replace"]);
    let of_january = "vintages where vintage = '2026-01' order by months_on_book";
    assert_eq!(rows(&dir.db(), "months_on_book, point_run_id, ever30", of_january), ["0|1|0", "1|4|1", "2|3|1"]);
}

#[test]
fn a_list_of_closed_loans_says_which_were_lost() {
    let dir = quarter("");
    let without: Vec<&str> = MARCH.into_iter().filter(|line| !line.starts_with("LATE_1")).collect();
    week(&dir, 3, "2026-04-27", &without, &["--accept-unchanged"]);
    let lost = "select lost from vintage_sums where run_id = 4 and vintage = '2026-01'";
    assert_eq!(value::<i64>(&dir.db(), lost), 1);
    dir.write("closed.csv", "Loan_ID,Recovery_Status\nLATE_1,Written Off\n");
    dir.ok(&["closed", "closed.csv"]);
    assert_eq!(value::<i64>(&dir.db(), lost), 2);
}

#[test]
fn an_erased_borrower_is_in_no_month_of_disbursal_and_the_sums_stay() {
    let dir = quarter("");
    let before = rows(&dir.db(), SUMS, "vintage_sums order by run_id, vintage");
    dir.ok(&["erase", "Bea"]);
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from vintage_events where original_minor = 200000"), 0);
    assert_eq!(rows(&db, SUMS, "vintage_sums order by run_id, vintage"), before);
}

/// Files of five months with 40 loans of each month, of which so many of December, January and February are late in the second
/// month on the book.
fn monthly(late: [usize; 3]) -> Workdir {
    monthly_of([40; 3], late, true)
}

/// The same of so many loans; without dates, a loan is of the month in which a file first has it.
fn monthly_of(loans: [usize; 3], late: [usize; 3], is_dated: bool) -> Workdir {
    let dir = Workdir::new();
    let files = ["2025-12-31", "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
    let disbursed = ["2025-12-10", "2026-01-10", "2026-02-10"];
    for (number, day) in files.iter().enumerate() {
        let mut book = HEADER.to_owned();
        for (vintage, disbursed_on) in disbursed.iter().enumerate().filter(|(vintage, _)| *vintage <= number) {
            for loan in 0..loans[vintage] {
                let months = number - vintage;
                let days = if months == 2 && loan < late[vintage] { 35 } else { 0 };
                book += &format!(
                    "L{vintage}_{loan},B{vintage}_{loan},1000,24,{},{days},,{disbursed_on},\n",
                    1000 - 40 * months
                );
            }
        }
        let book = if is_dated { book } else { book.replace("Disbursed_On,Maturity_Date", "Note,Other") };
        dir.write("book.csv", book);
        dir.ok(&["run", "book.csv", "--as-of", day, "--model", "policy"]);
    }
    dir
}

#[test]
fn months_of_few_loans_count_among_the_earlier_ones() {
    let report = monthly_of([25, 25, 40], [5, 1, 12], true).read("reports/2026-04-30/report.html");
    assert!(report.contains("Of those disbursed earlier, it was 12.0% by that month."), "{report}");
    assert_eq!(report.matches(r#"<polyline class="line""#).count(), 1);
    assert_eq!(report.matches(r#"<polyline class="pooled""#).count(), 1);
    assert!(report.contains("A month of fewer than 30 loans is only in the grey line."), "{report}");
}

#[test]
fn months_that_all_have_few_loans_are_shown_together() {
    let dir = monthly_of([25; 3], [5, 1, 3], true);
    let report = dir.read("reports/2026-04-30/report.html");
    assert!(
        report.contains(
            "No month has enough loans for a curve of its own. Of 50 loans of all months together, 6 had been more than 30 days \
             late by month 3 on the book: 12.0%."
        ),
        "{report}"
    );
    assert_eq!(report.matches(r#"<polyline class="line""#).count(), 1);
    assert!(!dir.read("reports/2026-01-31/report.html").contains("by month of disbursal"));
}

#[test]
fn without_a_date_a_loan_is_of_the_month_in_which_the_file_first_has_it() {
    let report = monthly_of([40; 3], [1, 1, 12], false).read("reports/2026-04-30/report.html");
    for words in [
        "<h2>Loans by month first in the file</h2>",
        "Of 40 loans first in the file in February 2026, 12 had been more than 30 days late by month 2 on the book",
        "Of those first in the file earlier, it was 2.5% by that month.",
        "All first in the file earlier",
        "<th scope=\"col\" class=\"text\">First in the file in</th>",
    ] {
        assert!(report.contains(words), "{words}: {report}");
    }
    assert!(!report.contains("disbursed in") && !report.contains("Disbursed in"), "{report}");
}

#[test]
fn the_report_says_whether_newer_loans_do_worse() {
    let dir = monthly([1, 1, 12]);
    let report = dir.read("reports/2026-04-30/report.html");
    assert!(report.contains("Loans by month of disbursal</h2>"), "{report}");
    assert!(
        report.contains(
            "Of 40 loans disbursed in February 2026, 12 had been more than 30 days late by month 2 on the book: 30.0% (95% \
             interval 18.1% to 45.4%). Of those disbursed earlier, it was 2.5% by that month. The newer loans do worse, by \
             more than chance explains."
        ),
        "{report}"
    );
    assert_eq!(report.matches(r#"<polyline class="line""#).count(), 3);
    assert_eq!(report.matches(r#"<polyline class="pooled""#).count(), 2);
    // Two months of disbursal have two points each from the third file on; the later one can be compared from the fourth on.
    for (day, is_there) in [("2025-12-31", false), ("2026-01-31", false), ("2026-02-28", true)] {
        let report = dir.read(&format!("reports/{day}/report.html"));
        assert_eq!(report.contains("by month of disbursal"), is_there, "{day}");
        assert_eq!(report.contains("It is too early to say whether newer loans do worse"), is_there, "{day}");
    }
    let report = monthly([2, 2, 3]).read("reports/2026-04-30/report.html");
    assert!(report.contains("A difference of this size may be chance."), "{report}");
}

/// What one file says of a loan.
struct Seen {
    loan: String,
    vintage: (i32, i32),
    days: i64,
    is_live: bool,
}

fn seen(line: &csv::StringRecord, place: &BTreeMap<String, usize>) -> Seen {
    let field = |name: &str| line[place[name]].to_owned();
    let disbursed = field("Disbursed_On");
    Seen {
        loan: field("Loan_ID"),
        vintage: month_of(&disbursed),
        days: field("Days_Past_Due").parse().expect("days"),
        is_live: field("Recovery_Status") == "Outstanding" && field("Outstanding_Loan_Amount") != "0.00",
    }
}

fn month_of(day: &str) -> (i32, i32) {
    (day[..4].parse().expect("a year"), day[5..7].parse().expect("a month"))
}

#[test]
fn the_months_of_a_known_lender_are_those_of_its_files() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--weeks", "30", "--loans", "600", "--seed", "3", "--as-of", "2026-03-30", "--out", "weeks"]);
    let mut truth = csv::Reader::from_path(dir.path("weeks/truth.csv")).expect("the truth");
    let losses: Vec<(String, String)> = truth
        .records()
        .map(|line| line.expect("a line"))
        .filter(|line| ["written_off", "settled"].contains(&&line[3]))
        .map(|line| (line[0].to_owned(), line[1].to_owned()))
        .collect();
    let files = std::fs::read_dir(dir.path("weeks")).unwrap();
    let mut days: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap().replace(".csv", ""))
        .filter(|name| name != "truth")
        .collect();
    days.sort();
    // By loan: its month of disbursal, and whether it was ever over 30 and over 90 days late. Only of loans in the file by the
    // month after.
    let mut followed: BTreeMap<String, ((i32, i32), bool, bool)> = BTreeMap::new();
    let mut expected = Vec::new();
    for (run, day) in (1..).zip(&days) {
        let mut file = csv::Reader::from_path(dir.path(&format!("weeks/{day}.csv"))).unwrap();
        let place = file.headers().unwrap().iter().enumerate().map(|(at, name)| (name.to_owned(), at)).collect();
        let now = month_of(day);
        for line in file.records() {
            let seen = seen(&line.unwrap(), &place);
            let months = (now.0 - seen.vintage.0) * 12 + now.1 - seen.vintage.1;
            if months <= 1 {
                followed.entry(seen.loan.clone()).or_insert((seen.vintage, false, false));
            }
            if let Some((_, over_30, over_90)) = followed.get_mut(&seen.loan).filter(|_| seen.is_live) {
                *over_30 |= seen.days > 30;
                *over_90 |= seen.days > 90;
            }
        }
        let mut sums: BTreeMap<(i32, i32), [i64; 4]> = BTreeMap::new();
        for (loan, (vintage, over_30, over_90)) in &followed {
            let is_lost = losses.iter().any(|(week, lost)| lost == loan && week <= day);
            let counts = [1, i64::from(*over_30), i64::from(*over_90), i64::from(is_lost)];
            let sum = sums.entry(*vintage).or_default();
            sum.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        expected.extend(sums.iter().map(|((year, month), [loans, over_30, over_90, lost])| {
            format!("{run}|{year}-{month:02}|{loans}|{over_30}|{over_90}|{lost}")
        }));
        dir.ok(&["run", &format!("weeks/{day}.csv"), "--as-of", day, "--model", "policy"]);
    }
    let db = dir.db();
    let sums = "vintage_sums where loans > 0 order by run_id, vintage";
    assert_eq!(rows(&db, "run_id, vintage, loans, ever30, ever90, lost", sums), expected);
    let last = "select sum(ever30) from vintage_sums where run_id = 30";
    assert!(value::<i64>(&db, last) >= 10, "{}", value::<i64>(&db, last));
    let least = "select min(loans) from vintages_by_run where ever30_percent is not null";
    assert!(value::<i64>(&db, least) >= 30);
    let most = "select max(loans) from vintages_by_run where ever30_percent is null";
    assert!(value::<i64>(&db, most) < 30);
}
