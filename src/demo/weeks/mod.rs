//! A made-up lender over time: a loan file a week, and what really happened between the files.
//!
//! The lender lives day by day: loans are granted, fall due, are paid, late, refinanced, written off. A file is the state on its
//! day; the truth has what changed since the file before. The same options give the same bytes, on one thread and on any
//! 64-bit machine; each loan's life is drawn from the seed and its number.

mod book;
mod conduct;
mod faults;
mod files;
mod interest;
mod loan;
mod person;
mod relief;
mod truth;

#[cfg(test)]
mod tests;

use chrono::{Datelike, Days, NaiveDate};

use book::Book;
use faults::Ids;
use loan::{Loan, Shown};
use truth::{Event, Kind, Truth, minor};

use crate::money::Minor;

/// How long the lender lives before the first file, so that loans in every stage of arrears are in it.
const WARM_UP_WEEKS: u64 = 90;

const MOST_LOANS: usize = 1_000_000;

/// As-of dates of runs begin here.
const FIRST_YEAR: i32 = 1970;

const TRUTH_FILE: &str = "truth.csv";

#[derive(Debug, Clone, Copy)]
pub struct DemoWeeks {
    pub weeks: u32,
    /// Live loans in each file, about.
    pub loans: usize,
    pub seed: u64,
    /// The day of the last file.
    pub as_of: NaiveDate,
    /// The first file, counted from 1, with other loan ids.
    pub renumber_week: Option<u32>,
    /// The file that is the one before again.
    pub frozen_week: Option<u32>,
    /// Whether balances hold the interest to the day of the file.
    pub accrues: bool,
}

impl DemoWeeks {
    /// Says which option is out of bounds, and what it must be.
    pub fn check(&self) -> Result<(), String> {
        if self.loans > MOST_LOANS {
            return Err(format!("--loans must be at most {MOST_LOANS} with --weeks"));
        }
        if self.first_day().year() < FIRST_YEAR {
            return Err(format!("the first of {} weeks before {} is before {FIRST_YEAR}", self.weeks, self.as_of));
        }
        let is_possible = |week: Option<u32>| week.is_none_or(|week| (2..=self.weeks).contains(&week));
        let are_different = self.renumber_week.is_none() || self.renumber_week != self.frozen_week;
        if !is_possible(self.renumber_week) || !is_possible(self.frozen_week) || !are_different {
            return Err("--renumber-week and --frozen-week must be different, and from 2 to --weeks".to_owned());
        }
        Ok(())
    }

    fn first_day(&self) -> NaiveDate {
        self.day_of(1)
    }

    fn day_of(&self, week: u32) -> NaiveDate {
        self.as_of - Days::new(7 * u64::from(self.weeks - week))
    }
}

/// Hands the name and the bytes of each weekly file, and at the end of the truth, to `write`.
pub fn write_weeks<E>(options: &DemoWeeks, mut write: impl FnMut(&str, &[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut book = book_before_first_file(options);
    let (mut truth, mut file) = (Truth::new(), String::new());
    for week in 1..=options.weeks {
        let as_of = options.day_of(week);
        book.live_until(as_of);
        if week == 1 {
            // What happened before the first file is no difference between files.
            for loan in &mut book.loans {
                loan.events.clear();
                loan.shown_owed = if loan.is_live() { loan.owed(as_of) } else { Minor(0) };
            }
        }
        if options.frozen_week == Some(week) {
            truth.add_frozen(as_of);
        } else {
            let is_renumbered = options.renumber_week.is_some_and(|from| from <= week);
            let ids = if is_renumbered { Ids::Renumbered } else { Ids::First };
            if options.renumber_week == Some(week) {
                renumber(&book, &mut truth, as_of);
            }
            file = weekly_file(&mut book, &mut truth, ids, as_of);
        }
        write(&format!("{as_of}.csv"), file.as_bytes())?;
    }
    write(TRUTH_FILE, truth.as_bytes())
}

fn book_before_first_file(options: &DemoWeeks) -> Book {
    let first = options.first_day();
    let mut book = Book::in_mid_life(options, first - Days::new(7 * WARM_UP_WEEKS));
    for weeks_left in (1..WARM_UP_WEEKS).rev() {
        book.live_until(first - Days::new(7 * weeks_left));
        book.end_week();
    }
    book
}

fn renumber(book: &Book, truth: &mut Truth, as_of: NaiveDate) {
    for loan in &book.loans {
        if let Some(shown) = loan.shown {
            let borrower = book.people[loan.person].borrower.number;
            truth.add_renumbered(as_of, (loan.number, borrower), shown.days_past_due);
        }
    }
}

/// The file of a day, and its events to the truth.
fn weekly_file(book: &mut Book, truth: &mut Truth, ids: Ids, as_of: NaiveDate) -> String {
    let mut file = files::begin();
    for loan in &mut book.loans {
        let person = &book.people[loan.person];
        let mut events = faults::events_of_file(loan, as_of);
        let is_shown = loan.absence.is_none() && !loan.is_gone();
        let owed = if is_shown && loan.is_live() { loan.owed(as_of) } else { Minor(0) };
        events.extend(accrued(loan, owed, &events));
        loan.shown_owed = owed;
        for event in events {
            truth.add(as_of, ids, (loan.number, person.borrower.number), &event);
        }
        if is_shown {
            files::add(&mut file, ids, as_of, loan, person);
            loan.shown = Some(Shown { balance: loan.owed(as_of), days_past_due: loan.days_past_due(as_of) });
        }
    }
    book.end_week();
    file
}

/// The interest in a balance that holds it: by how much it moved besides the other events.
fn accrued(loan: &Loan, owed: Minor, events: &[Event]) -> Option<Event> {
    let moved: i64 = events.iter().map(|event| event.kind.sign() * minor(event.amount)).sum();
    let interest = owed.0 - loan.shown_owed.0 - moved;
    let days = events.first().map_or(0, |event| event.days_past_due);
    (loan.accrues && interest != 0).then(|| Event::of_amount(Kind::Accrued, Minor(interest), days))
}
