//! One loan from its disbursal to its end, day by day: what falls due, what is paid, how late it is.
//!
//! The balance is the principal outstanding. Interest is part of each instalment and is paid first, so the balance of a loan on
//! which nothing is paid stands still, unless overdue interest is added to it when the loan is restructured.

use std::collections::VecDeque;

use chrono::{Days, Months, NaiveDate};

use super::super::draw::{Draws, Purpose};
use super::super::loan::Terms;
use super::conduct::{self, Payment};
use super::faults::Absence;
use super::person::Person;
use super::relief::{self, Relief};
use super::truth::{Detail, Event, Kind};
use crate::money::Minor;

/// An instalment not paid in full this long after its due date counts as missed.
const MISSED_AFTER_DAYS: i64 = 7;

/// A loan was in arrears, and can be cured, above this.
const ARREARS_DAYS: i64 = 30;

#[derive(Debug, Clone, Copy)]
pub(super) struct Due {
    pub(super) day: NaiveDate,
    pub(super) interest_minor: i64,
    pub(super) principal_minor: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Live,
    Closed {
        status: &'static str,
        /// How many more files show the loan.
        files_left: u32,
    },
}

/// What the last file with the loan says of it.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub balance: Minor,
    pub days_past_due: i64,
}

#[derive(Debug)]
pub struct Loan {
    pub number: u64,
    /// The place of the borrower among the persons.
    pub person: usize,
    pub terms: Terms,
    pub collateral: Option<Minor>,
    pub disbursed_on: NaiveDate,
    pub state: State,
    pub balance: Minor,
    /// Due dates so far.
    pub months: u32,
    pub missed_payments: u32,
    pub attempts: u32,
    pub has_legal_action: bool,
    pub is_restructured: bool,
    pub strain: f64,
    /// Since the last file.
    pub events: Vec<Event>,
    pub shown: Option<Shown>,
    pub absence: Option<Absence>,
    pub draws: Draws,
    pub faults: Draws,
    /// Whether the balance in the file holds interest.
    pub accrues: bool,
    /// Interest on what is not due yet is owed from this day on.
    pub(super) accrued_to: NaiveDate,
    /// Below one minor unit, times the whole of `interest`.
    pub(super) late_interest: i64,
    /// Of the live loan in the last file, or 0.
    pub shown_owed: Minor,
    next_due: NaiveDate,
    pub(super) not_yet_due_minor: i64,
    pub(super) unpaid: VecDeque<Due>,
    planned: Option<(NaiveDate, Payment)>,
    /// Since the loan was last without arrears.
    pub(super) most_days: i64,
    legal_from_days: i64,
    written_off_from_days: i64,
}

/// The day of the `months`th instalment: the disbursal's day of the month, or the last day of a shorter month.
fn due_day(disbursed_on: NaiveDate, months: u32) -> NaiveDate {
    disbursed_on.checked_add_months(Months::new(months)).expect("a loan ends long before the last possible day")
}

impl Loan {
    pub fn disburse(seed: u64, number: u64, person: usize, terms: Terms, disbursed_on: NaiveDate) -> Self {
        let mut draws = Draws::new(seed, Purpose::Life, number);
        let collateral = terms.known_collateral(&mut draws);
        let legal_from_days = if draws.chance(50) { 150 + i64::from(draws.below(60)) } else { i64::MAX };
        // Most are written off when nine months late; the lender waits longer for the others.
        let (from, range) = if draws.chance(90) { (255, 31) } else { (330, 60) };
        let written_off_from_days = from + i64::from(draws.below(range));
        Self {
            number,
            person,
            terms,
            collateral,
            disbursed_on,
            state: State::Live,
            balance: terms.amount,
            months: 0,
            missed_payments: 0,
            attempts: 0,
            has_legal_action: false,
            is_restructured: false,
            strain: 0.0,
            events: vec![Event::of_amount(Kind::Disbursed, terms.amount, 0)],
            shown: None,
            absence: None,
            draws,
            faults: Draws::new(seed, Purpose::Fault, number),
            accrues: false,
            accrued_to: disbursed_on,
            late_interest: 0,
            shown_owed: Minor(0),
            next_due: due_day(disbursed_on, 1),
            not_yet_due_minor: terms.amount.0,
            unpaid: VecDeque::new(),
            planned: None,
            most_days: 0,
            legal_from_days,
            written_off_from_days,
        }
    }

    /// Pays every instalment up to `day` on its due date.
    pub fn pay_as_agreed_until(&mut self, day: NaiveDate) {
        while self.next_due <= day {
            self.fall_due();
            self.balance = Minor(self.not_yet_due_minor);
            self.unpaid.clear();
        }
    }

    pub fn is_live(&self) -> bool {
        self.state == State::Live
    }

    /// Whether no file will show the loan again.
    pub fn is_gone(&self) -> bool {
        matches!(self.state, State::Closed { files_left, .. } if files_left == 0 || self.absence.is_some())
    }

    /// Days since the oldest unpaid instalment fell due.
    pub fn days_past_due(&self, day: NaiveDate) -> i64 {
        self.unpaid.front().map_or(0, |due| (day - due.day).num_days())
    }

    /// Whether a new loan is to repay this one, which the book must grant.
    pub fn live_day(&mut self, day: NaiveDate, person: &Person) -> bool {
        if self.is_live() && day == self.next_due {
            match relief::decide(self, day) {
                Some(Relief::Refinance) => return true,
                Some(Relief::Payoff) => self.pay(day, Payment::Payoff),
                Some(Relief::Settle) => self.settle(day),
                Some(Relief::Restructure) => self.restructure(day),
                None => self.reach_due_date(day, person),
            }
        }
        if let Some((_, payment)) = self.planned.take_if(|(planned, _)| *planned == day)
            && self.is_live()
        {
            self.pay(day, payment);
        }
        if self.is_live() {
            self.be_collected(day);
        }
        false
    }

    fn reach_due_date(&mut self, day: NaiveDate, person: &Person) {
        let behind = self.unpaid.len();
        self.fall_due();
        let decided = conduct::decide(person.stress(&self.terms) + self.strain, behind, &mut self.draws);
        self.planned = decided.map(|(days, payment)| (day + Days::new(days), payment));
    }

    /// To the next due date; returns this one.
    pub(super) fn pass_due_date(&mut self) -> NaiveDate {
        self.months += 1;
        std::mem::replace(&mut self.next_due, due_day(self.disbursed_on, self.months + 1))
    }

    fn fall_due(&mut self) {
        let day = self.pass_due_date();
        if self.not_yet_due_minor == 0 {
            return;
        }
        let yearly = self.not_yet_due_minor * i64::from(self.terms.rate_basis_points);
        let interest_minor = if self.accrues { self.running_interest(day) } else { (yearly + 60_000) / 120_000 };
        self.accrued_to = day;
        let is_last = self.months >= self.terms.tenure_months;
        let usual = (self.terms.instalment.0 - interest_minor).min(self.not_yet_due_minor);
        let principal_minor = if is_last { self.not_yet_due_minor } else { usual };
        self.not_yet_due_minor -= principal_minor;
        self.unpaid.push_back(Due { day, interest_minor, principal_minor });
    }

    fn pay(&mut self, day: NaiveDate, payment: Payment) {
        let days = self.days_past_due(day);
        if payment == Payment::Payoff {
            self.capitalise(day);
        }
        let instalments = match payment {
            Payment::Arrears | Payment::Payoff => self.unpaid.len(),
            Payment::Instalments(count) => count.min(self.unpaid.len()),
            Payment::Part(_) => 0,
        };
        let whole = self.unpaid.drain(..instalments);
        let (mut interest, mut principal) =
            whole.fold((0, 0), |sum, due| (sum.0 + due.interest_minor, sum.1 + due.principal_minor));
        let mut kind = Kind::Paid;
        if let (Payment::Part(share), Some(due)) = (payment, self.unpaid.front_mut()) {
            let cash = ((due.interest_minor + due.principal_minor) as f64 * share) as i64;
            interest = cash.min(due.interest_minor);
            principal = cash - interest;
            due.interest_minor -= interest;
            due.principal_minor -= principal;
            kind = Kind::PartPaid;
        }
        if payment == Payment::Payoff {
            principal = self.balance.0;
            self.not_yet_due_minor = 0;
        }
        if interest + principal == 0 {
            return;
        }
        self.balance.0 -= principal;
        let is_over = self.balance.0 == 0 && self.unpaid.is_empty();
        let kind = if is_over { Kind::PaidOff } else { kind };
        let cash = Minor(interest + principal);
        let moved = if self.accrues { cash } else { Minor(principal) };
        self.record(Event::of_amount(kind, moved, days).with(Detail::Cash(cash)));
        if is_over {
            let files_left = if self.draws.chance(50) { 0 } else { 1 + self.draws.below(2) };
            self.close("Fully Recovered", files_left);
        } else if self.unpaid.is_empty() {
            self.clear_arrears(days);
        }
    }

    fn clear_arrears(&mut self, days: i64) {
        let most_days = std::mem::take(&mut self.most_days).max(days);
        if most_days > ARREARS_DAYS {
            self.record(Event::plain(Kind::Cured, days).with(Detail::Count(most_days)));
        }
    }

    /// A day without a payment, or after it.
    fn be_collected(&mut self, day: NaiveDate) {
        let days = self.days_past_due(day);
        self.most_days = self.most_days.max(days);
        self.accrue_late_interest(day);
        if self.unpaid.iter().any(|due| (day - due.day).num_days() == MISSED_AFTER_DAYS) {
            self.missed_payments += 1;
            self.record(Event::plain(Kind::Missed, days));
        }
        if days > 0 && days % 7 == 1 {
            self.attempts += self.draws.below(2) + u32::from(days > ARREARS_DAYS);
        }
        self.has_legal_action |= days >= self.legal_from_days;
        if days >= self.written_off_from_days {
            self.capitalise(day);
            self.record(Event::of_amount(Kind::WrittenOff, self.balance, days));
            let files_left = 4 + self.draws.below(9);
            self.close("Written Off", files_left);
        }
    }

    pub(super) fn close(&mut self, status: &'static str, files_left: u32) {
        self.state = State::Closed { status, files_left };
    }

    pub(super) fn record(&mut self, event: Event) {
        let earlier = self.events.iter_mut().find(|earlier| event.kind.is_payment() && earlier.kind.is_payment());
        match earlier {
            Some(earlier) => earlier.add_payment(&event),
            None => self.events.push(event),
        }
    }
}
