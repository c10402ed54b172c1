//! The weekly files against the truth, to the last cent, and what must hold in every lender that is made.

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
    DemoWeeks { weeks, loans, seed, as_of, renumber_week: None, frozen_week: None }
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
    let names =
        ["Loan_ID", "Borrower_ID", "Recovery_Status", "Loan_Amount", "Outstanding_Loan_Amount", "Days_Past_Due"];
    let row = |[loan, borrower, status, amount, balance, days]: [&str; 6]| {
        let (borrower, status) = (borrower.to_owned(), status.to_owned());
        (
            loan.to_owned(),
            Row { borrower, status, amount: minor(amount), balance: minor(balance), days: days.parse().unwrap() },
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

/// How an event moves the balance of the live loans.
fn movement(fact: &Fact) -> i64 {
    let amount = fact.amount.unwrap_or(0);
    match fact.event.as_str() {
        "disbursed" | "charged" | "returned" => amount,
        "paid" | "part_paid" | "paid_off" | "refinanced" | "written_off" | "settled" | "vanished" => -amount,
        "paid_unseen" => 0,
        _ => {
            assert_eq!(fact.amount, None, "{} moves no balance", fact.event);
            0
        }
    }
}

fn live_balances(file: &File) -> BTreeMap<&str, i64> {
    let live = file.iter().filter(|(_, row)| row.status == LIVE);
    live.map(|(loan, row)| (loan.as_str(), row.balance)).collect()
}

/// Asserts that the balance of each loan moves from file to file as the truth says.
fn assert_reconciled(lender: &Lender) {
    for (before, day, now) in lender.pairs() {
        let mut expected = live_balances(before);
        let of_week: Vec<&Fact> = lender.truth.iter().filter(|fact| fact.week == day).collect();
        for fact in of_week.iter().filter(|fact| fact.event == "renumbered") {
            if let Some(balance) = expected.remove(fact.loan.as_str()) {
                assert!(expected.insert(&fact.detail, balance).is_none(), "{} twice", fact.detail);
            }
        }
        for fact in of_week {
            *expected.entry(&fact.loan).or_default() += movement(fact);
        }
        expected.retain(|_, balance| *balance != 0);
        assert_eq!(expected, live_balances(now), "{day}");
    }
    let total = |file: &File| live_balances(file).values().sum::<i64>();
    let (opening, closing) = (lender.files.first_key_value().unwrap().1, lender.files.last_key_value().unwrap().1);
    assert_eq!(total(opening) + lender.truth.iter().map(movement).sum::<i64>(), total(closing));
}

#[test]
fn every_balance_moves_from_file_to_file_as_the_truth_says() {
    for seed in [1, 2, 3] {
        let lender = read(&options(500, 40, seed));
        assert_eq!(lender.files.len(), 40);
        assert_reconciled(&lender);
        let events: BTreeSet<&str> = lender.truth.iter().map(|fact| fact.event.as_str()).collect();
        assert_eq!(events.len(), 15, "seed {seed}: {events:?}");
    }
}

#[test]
fn balances_reconcile_across_other_ids_and_a_frozen_file() {
    for (renumber, frozen) in [(9, 14), (15, 14), (2, 20), (20, 2)] {
        let lender = DemoWeeks { renumber_week: Some(renumber), frozen_week: Some(frozen), ..options(400, 20, 5) };
        assert_eq!(lender.check(), Ok(()));
        assert_reconciled(&read(&lender));
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
fn a_vanished_loan_is_in_no_file_until_it_returns() {
    let lender = read(&options(800, 40, 2));
    let days: Vec<&String> = lender.files.keys().collect();
    let place = |week: &str| days.iter().position(|day| *day == week).unwrap();
    let (mut vanished, mut returned) = (0, 0);
    for fact in lender.facts(&["vanished"]) {
        let from = place(&fact.week);
        let last = &lender.files[days[from - 1]][&fact.loan];
        assert_eq!((last.status.as_str(), Some(last.balance), Some(last.days)), (LIVE, fact.amount, fact.days));
        let is_return = |other: &&Fact| other.loan == fact.loan && place(&other.week) > from;
        let back = lender.facts(&["returned"]).find(is_return);
        let until = back.map_or(days.len(), |back| place(&back.week));
        assert!(days[from..until].iter().all(|day| !lender.files[*day].contains_key(&fact.loan)), "{}", fact.loan);
        vanished += 1;
        if let Some(back) = back {
            let row = &lender.files[days[until]][&fact.loan];
            assert_eq!((Some(row.balance), Some(row.days)), (back.amount, back.days));
            assert!((2..=6).contains(&(until - from)) && back.detail == (until - from).to_string());
            returned += 1;
        }
    }
    assert!(
        (50..110).contains(&vanished) && returned * 5 > vanished && returned * 2 < vanished,
        "{vanished} {returned}"
    );
}

#[test]
fn a_refinanced_loan_is_replaced_by_one_of_the_same_borrower_in_the_same_file() {
    let lender = read(&options(800, 40, 3));
    let late: BTreeSet<&str> = lender.facts(&["evergreened"]).map(|fact| fact.loan.as_str()).collect();
    let mut refinanced = BTreeSet::new();
    for fact in lender.facts(&["refinanced"]) {
        let new = &lender.files[&fact.week][&fact.detail];
        assert_eq!(new.borrower, fact.borrower);
        assert!(new.amount * 10 >= fact.amount.unwrap() * 9, "{}", fact.loan);
        let old = lender.files[&fact.week].get(&fact.loan);
        assert!(old.is_none_or(|old| old.status == "Refinanced" && old.balance == 0));
        assert_eq!(late.contains(fact.loan.as_str()), fact.days > Some(0));
        refinanced.insert(fact.loan.as_str());
    }
    assert!(late.len() > 3 && refinanced.len() > late.len() && late.is_subset(&refinanced));
}

#[test]
fn a_restructured_loan_is_current_without_a_payment() {
    let lender = read(&options(800, 40, 3));
    let mut loans = 0;
    for (before, day, now) in lender.pairs() {
        let paid = lender.loans_with(day, &["paid", "part_paid", "vanished", "paid_off"]);
        for loan in lender.loans_with(day, &["restructured"]).difference(&paid) {
            let (old, new) = (&before[*loan], &now[*loan]);
            assert!(old.days > 20 && new.days <= 7 && new.balance >= old.balance, "{loan} on {day}");
            loans += 1;
        }
    }
    assert!(loans > 3, "{loans}");
}

#[test]
fn a_closed_loan_shows_what_was_lost_for_some_weeks_and_leaves() {
    let lender = read(&options(800, 40, 1));
    let ends =
        [("paid_off", "Fully Recovered", 2), ("written_off", "Written Off", 12), ("settled", "Partially Recovered", 6)];
    for (event, status, most_files) in ends {
        let mut shown = 0;
        for fact in lender.facts(&[event]) {
            let lost = if event == "paid_off" { Some(0) } else { fact.amount };
            let rows = lender.files.range(fact.week.clone()..).filter_map(|(_, file)| file.get(&fact.loan));
            let rows: Vec<&Row> = rows.collect();
            assert!(rows.len() <= most_files, "{}: {} files", fact.loan, rows.len());
            assert!(rows.iter().all(|row| row.status == status && Some(row.balance) == lost), "{}", fact.loan);
            shown += usize::from(!rows.is_empty());
        }
        assert!(shown > 3, "{event}: {shown}");
    }
}

#[test]
fn a_frozen_file_is_the_one_before_and_other_ids_share_none() {
    let lender = DemoWeeks { renumber_week: Some(8), frozen_week: Some(5), ..options(300, 10, 1) };
    let made = bytes(&lender);
    let name = |week| format!("{}.csv", lender.day_of(week));
    assert_eq!(made[&name(5)], made[&name(4)]);
    assert_ne!(made[&name(6)], made[&name(5)]);
    let lender_read = read(&lender);
    let of_week = |week: u32| lender_read.truth.iter().filter(move |fact| fact.week == lender.day_of(week).to_string());
    assert_eq!(of_week(5).map(|fact| fact.event.as_str()).collect::<Vec<_>>(), ["frozen"]);
    let file = |week: u32| &lender_read.files[&lender.day_of(week).to_string()];
    let ids: BTreeMap<&str, &str> = of_week(8)
        .filter(|fact| fact.event == "renumbered")
        .map(|fact| (fact.loan.as_str(), fact.detail.as_str()))
        .collect();
    assert!(file(7).keys().all(|loan| !file(8).contains_key(loan)));
    let kept = file(7).iter().filter_map(|(loan, row)| Some((row, file(8).get(*ids.get(loan.as_str())?)?)));
    let kept: Vec<bool> = kept.map(|(old, new)| old.borrower == new.borrower && old.amount == new.amount).collect();
    assert!(kept.len() > 290 && kept.iter().all(|is_same| *is_same), "{} kept", kept.len());
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
