//! The lender's book: its borrowers and loans, day by day, and the new loans that keep it near its size.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::super::draw::{Draws, Purpose};
use super::super::loan::{Terms, instalment, to_minor};
use super::DemoWeeks;
use super::loan::{Loan, State};
use super::person::Person;
use super::relief::STRAIN;
use crate::money::Minor;

/// One of so many loans that are missing is granted a day, so that disbursals flow steadily.
const ONE_IN_MISSING: usize = 10;

/// In percent of the new loans: those to a borrower who has one.
const SECOND_LOANS: u32 = 8;

/// The refinanced amount is rounded up to this: 100 major units.
const AMOUNT_STEP_MINOR: i64 = 10_000;

#[derive(Debug)]
pub struct Book {
    pub people: Vec<Person>,
    /// In the order of their numbers; loans that have left the file are gone.
    pub loans: Vec<Loan>,
    seed: u64,
    size: usize,
    day: NaiveDate,
    last_number: u64,
    flow: Draws,
    missing: usize,
    accrues: bool,
}

impl Book {
    /// A book of `size` loans of every age on `day`, all paid as agreed so far.
    pub fn in_mid_life(options: &DemoWeeks, day: NaiveDate) -> Self {
        let (seed, size) = (options.seed, options.loans);
        let mut book = Self {
            people: Vec::new(),
            loans: Vec::new(),
            seed,
            size,
            day,
            last_number: size as u64,
            flow: Draws::new(seed, Purpose::Flow, 0),
            missing: 0,
            accrues: options.accrues,
        };
        let mut granted = Vec::with_capacity(size);
        while granted.len() < size {
            let person = book.new_person();
            for _ in 0..book.people[person].borrower.loans {
                let terms = book.draw_terms(granted.len() as u64 + 1, person);
                let age_days = u64::from(book.flow.below(terms.tenure_months * 30));
                granted.push((day - Days::new(age_days), person, terms));
            }
        }
        granted.truncate(size);
        granted.sort_by_key(|(disbursed_on, ..)| *disbursed_on);
        for (number, (disbursed_on, person, terms)) in (1..).zip(granted) {
            book.people[person].loans += 1;
            let mut loan = Loan::disburse(seed, number, person, terms, disbursed_on);
            loan.accrues = options.accrues;
            loan.pay_as_agreed_until(day);
            book.loans.push(loan);
        }
        book
    }

    /// Lives every day after the last one, up to and with `day`.
    pub fn live_until(&mut self, day: NaiveDate) {
        while self.day < day {
            self.day = self.day + Days::new(1);
            self.live_day();
        }
    }

    /// Closed loans come nearer to leaving the file, or leave it.
    pub fn end_week(&mut self) {
        for loan in &mut self.loans {
            if let State::Closed { files_left, .. } = &mut loan.state {
                *files_left = files_left.saturating_sub(1);
            }
        }
        self.loans.retain(|loan| !loan.is_gone());
    }

    fn live_day(&mut self) {
        for place in 0..self.loans.len() {
            let loan = &mut self.loans[place];
            let person = &self.people[loan.person];
            if loan.live_day(self.day, person) {
                self.refinance(place);
            }
        }
        let live = self.loans.iter().filter(|loan| loan.is_live() && loan.absence.is_none()).count();
        self.missing += self.size.saturating_sub(live);
        if self.day.weekday() == Weekday::Sun {
            return;
        }
        while self.missing >= ONE_IN_MISSING {
            self.missing -= ONE_IN_MISSING;
            self.grant();
        }
    }

    fn grant(&mut self) {
        let is_second = self.flow.chance(SECOND_LOANS);
        let known = if is_second { self.good_borrower() } else { None };
        let person = known.unwrap_or_else(|| self.new_person());
        let terms = self.draw_terms(self.last_number + 1, person);
        self.disburse(person, terms, 0.0);
    }

    /// A borrower of one loan, which is not late.
    fn good_borrower(&mut self) -> Option<usize> {
        let place = self.flow.below(self.loans.len() as u32) as usize;
        let loan = self.loans.get(place)?;
        let is_good = loan.is_live() && loan.days_past_due(self.day) == 0 && self.people[loan.person].loans == 1;
        is_good.then_some(loan.person)
    }

    /// A new loan of at least nine tenths of the balance repays the old one.
    fn refinance(&mut self, place: usize) {
        let old = &mut self.loans[place];
        let (is_late, person) = (old.days_past_due(self.day) > 0, old.person);
        let (from, to) = if is_late { (0.92, 1.1) } else { (1.0, 1.5) };
        let wanted = (old.balance.0 + old.overdue_interest().0) as f64 * old.draws.between(from, to);
        let amount = Minor((wanted as i64 / AMOUNT_STEP_MINOR + 1) * AMOUNT_STEP_MINOR);
        let tenure_months = old.terms.kind.draw_tenure_months(&mut old.draws);
        let major = amount.0 as f64 / 100.0;
        let instalment = to_minor(instalment(major, old.terms.rate_basis_points, tenure_months));
        let terms = Terms { amount, tenure_months, instalment, ..old.terms };
        let strain = if is_late { old.strain + STRAIN } else { old.strain };
        old.refinance(self.day, self.last_number + 1);
        self.disburse(person, terms, strain);
    }

    fn disburse(&mut self, person: usize, terms: Terms, strain: f64) {
        self.last_number += 1;
        self.people[person].loans += 1;
        let mut loan = Loan::disburse(self.seed, self.last_number, person, terms, self.day);
        loan.strain = strain;
        loan.accrues = self.accrues;
        self.loans.push(loan);
    }

    fn new_person(&mut self) -> usize {
        self.people.push(Person::draw(self.seed, self.people.len() as u64 + 1));
        self.people.len() - 1
    }

    fn draw_terms(&self, number: u64, person: usize) -> Terms {
        Terms::draw(&mut Draws::new(self.seed, Purpose::Loan, number), &self.people[person].borrower)
    }
}
