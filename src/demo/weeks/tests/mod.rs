//! What must hold in every lender that is made; `events` has the files against the truth.

mod events;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::*;
use crate::money::Minor;

const LIVE: &str = "Outstanding";

struct Row {
    borrower: String,
    status: String,
    amount: i64,
    balance: i64,
    days: i64,
    rate: f64,
}

struct Fact {
    week: String,
    loan: String,
    borrower: String,
    event: String,
    amount: Option<i64>,
    days: Option<i64>,
    detail: String,
}

type File = BTreeMap<String, Row>;

/// The files by their days, and the truth.
struct Lender {
    files: BTreeMap<String, File>,
    truth: Vec<Fact>,
}

fn options(loans: usize, weeks: u32, seed: u64) -> DemoWeeks {
    let as_of = NaiveDate::from_ymd_opt(2026, 3, 30).unwrap();
    DemoWeeks { weeks, loans, seed, as_of, renumber_week: None, frozen_week: None, accrues: false }
}

fn bytes(options: &DemoWeeks) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let written: Result<(), std::convert::Infallible> = write_weeks(options, |name, bytes| {
        let is_new = files.insert(name.to_owned(), String::from_utf8(bytes.to_vec()).unwrap()).is_none();
        assert!(is_new, "{name} twice");
        Ok(())
    });
    written.unwrap();
    files
}

fn minor(text: &str) -> i64 {
    assert_eq!(text.find('.'), Some(text.len() - 3), "two decimals: {text}");
    Minor::parse(text.as_bytes(), 2).unwrap().0
}

/// The values of these columns, row by row. Nothing is quoted.
fn columns<'text, const N: usize>(text: &'text str, names: [&str; N]) -> impl Iterator<Item = [&'text str; N]> {
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let places = names.map(|name| header.iter().position(|column| *column == name).unwrap());
    text.lines().skip(1).map(move |line| {
        let values: Vec<&str> = line.split(',').collect();
        places.map(|place| values[place])
    })
}

fn read(options: &DemoWeeks) -> Lender {
    let mut files = bytes(options);
    let truth = files.remove(TRUTH_FILE).unwrap();
    let names = ["week", "loan_id", "borrower_id", "event", "detail", "amount", "days_past_due"];
    let facts = columns(&truth, names).map(|[week, loan, borrower, event, detail, amount, days]| Fact {
        week: week.to_owned(),
        loan: loan.to_owned(),
        borrower: borrower.to_owned(),
        event: event.to_owned(),
        detail: detail.to_owned(),
        amount: (!amount.is_empty()).then(|| minor(amount)),
        days: days.parse().ok(),
    });
    let names = [
        "Loan_ID",
        "Borrower_ID",
        "Recovery_Status",
        "Loan_Amount",
        "Outstanding_Loan_Amount",
        "Days_Past_Due",
        "Interest_Rate",
    ];
    let row = |[loan, borrower, status, amount, balance, days, rate]: [&str; 7]| {
        let (borrower, status) = (borrower.to_owned(), status.to_owned());
        (
            loan.to_owned(),
            Row {
                borrower,
                status,
                amount: minor(amount),
                balance: minor(balance),
                days: days.parse().unwrap(),
                rate: rate.parse().unwrap(),
            },
        )
    };
    let read = |(name, text): (&String, &String)| {
        (name.trim_end_matches(".csv").to_owned(), columns(text, names).map(row).collect())
    };
    Lender { truth: facts.collect(), files: files.iter().map(read).collect() }
}

impl Lender {
    fn pairs(&self) -> impl Iterator<Item = (&File, &str, &File)> {
        self.files.values().zip(self.files.iter().skip(1)).map(|(before, (day, now))| (before, day.as_str(), now))
    }

    fn facts<'lender>(&'lender self, events: &'lender [&str]) -> impl Iterator<Item = &'lender Fact> {
        self.truth.iter().filter(move |fact| events.contains(&fact.event.as_str()))
    }

    /// The loans of which the truth says one of these in a week.
    fn loans_with(&self, week: &str, events: &[&str]) -> BTreeSet<&str> {
        let facts = self.truth.iter().filter(|fact| fact.week == week && events.contains(&fact.event.as_str()));
        facts.map(|fact| fact.loan.as_str()).collect()
    }
}

#[test]
fn the_same_options_give_the_same_bytes_and_another_seed_gives_others() {
    let made = bytes(&options(300, 12, 5));
    let elsewhere = std::thread::spawn(|| bytes(&options(300, 12, 5))).join().unwrap();
    assert_eq!(made, elsewhere);
    let others = bytes(&options(300, 12, 6));
    assert_eq!(made.keys().collect::<Vec<_>>(), others.keys().collect::<Vec<_>>());
    assert!(made.iter().all(|(name, text)| others[name] != *text));
}

/// Digit for digit: a change of any draw, or a machine that draws otherwise, shows here.
#[test]
fn the_first_loans_and_events_are_those_that_they_always_were() {
    let made = bytes(&options(40, 3, 7));
    let rows = |name: &str| made[name].lines().skip(1).take(2).collect::<Vec<_>>();
    assert_eq!(
        rows("2026-03-30.csv"),
        [
            "BRW_26,67,Female,Salaried,121404.00,3,LN_1,3919000.00,240,8.68,Home,4951913.89,1215452.85,34457.78,Delayed,\
             3,11,Outstanding,4,Calls,No,2009-07-19,West,L. Fernandes,Home Purchase",
            "BRW_22,47,Female,Business Owner,238618.00,4,LN_3,3845000.00,240,7.51,Home,4881247.34,1772567.23,30998.57,\
             Delayed,6,0,Outstanding,18,Calls,No,2012-02-08,East,B. Menon,Home Purchase",
        ]
    );
    assert_eq!(
        rows(TRUTH_FILE),
        ["2026-03-23,LN_1,BRW_26,part_paid,3303.56,0,12119.23", "2026-03-23,LN_24,BRW_28,paid,25499.95,0,26605.71"]
    );
}

#[test]
fn files_are_a_week_apart_and_have_the_columns_of_the_header() {
    let made = bytes(&options(200, 3, 1));
    let names: Vec<&str> = made.keys().map(String::as_str).collect();
    assert_eq!(names, ["2026-03-16.csv", "2026-03-23.csv", "2026-03-30.csv", TRUTH_FILE]);
    for (name, text) in &made {
        let columns = if name == TRUTH_FILE { 7 } else { 25 };
        assert!(text.lines().count() > 90, "{name}");
        assert!(text.lines().all(|line| line.split(',').count() == columns && !line.contains('"')), "{name}");
    }
}

#[test]
fn a_late_loan_without_a_payment_is_seven_days_later_in_the_next_file() {
    let lender = read(&options(500, 30, 4));
    let mut loans = 0;
    for (before, day, now) in lender.pairs() {
        let moved = lender.loans_with(day, &["paid", "part_paid", "restructured", "returned"]);
        for (loan, row) in before.iter().filter(|(loan, row)| row.days > 0 && !moved.contains(loan.as_str())) {
            let Some(next) = now.get(loan).filter(|next| next.status == LIVE) else { continue };
            assert_eq!((next.days, next.balance), (row.days + 7, row.balance), "{loan} on {day}");
            loans += 1;
        }
    }
    assert!(loans > 500, "{loans}");
}

#[test]
fn the_book_keeps_its_size_and_its_arrears_are_those_of_a_lender() {
    for seed in [1, 2, 3] {
        let lender = read(&options(2_000, 53, seed));
        let mut mean_live = 0.0;
        for file in lender.files.values() {
            let live: Vec<&Row> = file.values().filter(|row| row.status == LIVE).collect();
            let late = live.iter().filter(|row| row.days > 30).count() as f64 / live.len() as f64;
            assert!((1_940..=2_000).contains(&live.len()), "seed {seed}: {} live", live.len());
            assert!((0.05..0.25).contains(&late), "seed {seed}: {late} over 30 days");
            mean_live += live.len() as f64 / lender.files.len() as f64;
        }
        let a_year = |event| lender.facts(&[event]).count() as f64 / mean_live;
        for (event, shares) in [("written_off", 0.02..0.08), ("restructured", 0.01..0.04), ("vanished", 0.09..0.15)] {
            let share = a_year(event);
            assert!(shares.contains(&share), "seed {seed}: {event} {share}");
        }
        let (first, last) = (lender.files.first_key_value().unwrap().1, lender.files.last_key_value().unwrap().1);
        let went_bad = |from: i64, to: i64| {
            let loans = first.iter().filter(|(_, row)| row.status == LIVE && (from..=to).contains(&row.days));
            let now: Vec<&Row> = loans.filter_map(|(loan, _)| last.get(loan)).collect();
            now.iter().filter(|row| row.days > 90).count() as f64 / now.len() as f64
        };
        assert!(went_bad(31, 90) > 2.0 * went_bad(0, 0), "seed {seed}: days past due predict");
    }
}

#[test]
fn options_out_of_bounds_are_refused() {
    let usual = options(100, 10, 1);
    assert_eq!(usual.check(), Ok(()));
    for wrong in [
        DemoWeeks { renumber_week: Some(1), ..usual },
        DemoWeeks { frozen_week: Some(11), ..usual },
        DemoWeeks { renumber_week: Some(4), frozen_week: Some(4), ..usual },
        DemoWeeks { loans: MOST_LOANS + 1, ..usual },
        DemoWeeks { as_of: NaiveDate::from_ymd_opt(1970, 2, 1).unwrap(), ..usual },
    ] {
        assert!(wrong.check().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_failed_write_ends_the_work() {
    let mut names = Vec::new();
    let written = write_weeks(&options(50, 4, 1), |name, _| {
        names.push(name.to_owned());
        if names.len() == 2 { Err("full") } else { Ok(()) }
    });
    assert_eq!((written, names.len()), (Err("full"), 2));
}
