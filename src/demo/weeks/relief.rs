//! What the lender, or both together, do about a loan on a due date instead of waiting for the instalment.

use chrono::NaiveDate;

use super::super::loan::{instalment, to_minor};
use super::loan::Loan;
use super::truth::{Detail, Event, Kind};
use crate::money::Minor;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relief {
    /// A new loan repays this one; of a late loan, that is evergreening.
    Refinance,
    /// A new schedule for the same loan, without arrears.
    Restructure,
    /// A part is paid and the rest forgiven.
    Settle,
    /// The borrower repays everything at once.
    Payoff,
}

/// A balance below this is neither refinanced nor restructured: 5,000 major units.
const LEAST_BALANCE_MINOR: i64 = 500_000;

/// In ten-thousandths, for each due date on which it can happen.
const REFINANCED_CURRENT: u32 = 60;
const REFINANCED_LATE: u32 = 220;
const RESTRUCTURED: u32 = 330;
const SETTLED: u32 = 350;
const REPAID_CURRENT: u32 = 60;
const REPAID_LATE: u32 = 40;

/// The stress that a borrower keeps who needed a new schedule or a new loan to pay an old one.
pub const STRAIN: f64 = 1.0;

pub fn decide(loan: &mut Loan, day: NaiveDate) -> Option<Relief> {
    let days = loan.days_past_due(day);
    let drawn = loan.draws.below(10_000);
    let is_large = loan.balance.0 >= LEAST_BALANCE_MINOR;
    let is_established = loan.months * 4 >= loan.terms.tenure_months && loan.months + 3 < loan.terms.tenure_months;
    let may_refinance = is_large && is_established && loan.absence.is_none();
    let (refinanced, repaid) = match days {
        0 => (if may_refinance { REFINANCED_CURRENT } else { 0 }, if loan.months >= 3 { REPAID_CURRENT } else { 0 }),
        15..=120 if may_refinance => (REFINANCED_LATE, REPAID_LATE),
        _ => (0, if days <= 120 { REPAID_LATE } else { 0 }),
    };
    let may_restructure = is_large && (31..=150).contains(&days) && !loan.is_restructured;
    let restructured = if may_restructure { RESTRUCTURED } else { 0 };
    let settled = if days > 120 { SETTLED } else { 0 };
    let choices = [
        (Relief::Refinance, refinanced),
        (Relief::Payoff, repaid),
        (Relief::Restructure, restructured),
        (Relief::Settle, settled),
    ];
    let mut limit = 0;
    choices.into_iter().find_map(|(relief, share)| {
        limit += share;
        (drawn < limit).then_some(relief)
    })
}

impl Loan {
    pub fn overdue_interest(&self) -> Minor {
        Minor(self.unpaid.iter().map(|due| due.interest_minor).sum())
    }

    /// A share of the balance is paid; the rest is lost, and stays in the file until the loan leaves it.
    pub fn settle(&mut self, day: NaiveDate) {
        let days = self.days_past_due(day);
        self.capitalise(day);
        let share = self.draws.between(0.3, 0.7);
        let paid = Minor((self.balance.0 as f64 * share) as i64);
        self.balance.0 -= paid.0;
        self.record(Event::of_amount(Kind::Paid, paid, days).with(Detail::Cash(paid)));
        self.record(Event::of_amount(Kind::Settled, self.balance, days));
        let files_left = 2 + self.draws.below(5);
        self.close("Partially Recovered", files_left);
    }

    pub fn restructure(&mut self, day: NaiveDate) {
        let days = self.days_past_due(day);
        self.capitalise(day);
        let charged = self.overdue_interest();
        if charged.0 > 0 {
            self.record(Event::of_amount(Kind::Charged, charged, days));
        }
        self.record(Event::plain(Kind::Restructured, days));
        self.balance.0 += charged.0;
        self.not_yet_due_minor = self.balance.0;
        self.unpaid.clear();
        self.most_days = 0;
        // Nothing falls due on this day: the new schedule begins a month later.
        self.pass_due_date();
        let months_left = self.terms.tenure_months.saturating_sub(self.months) + 6 + self.draws.below(7);
        let major = self.balance.0 as f64 / 100.0;
        self.terms.tenure_months = self.months + months_left;
        self.terms.instalment = to_minor(instalment(major, self.terms.rate_basis_points, months_left));
        self.is_restructured = true;
        self.strain += STRAIN;
    }

    /// A new loan repays the balance.
    pub fn refinance(&mut self, day: NaiveDate, new_number: u64) {
        let days = self.days_past_due(day);
        self.capitalise(day);
        self.record(Event::of_amount(Kind::Refinanced, self.balance, days).with(Detail::Loan(new_number)));
        if days > 0 {
            self.record(Event::plain(Kind::Evergreened, days).with(Detail::Loan(new_number)));
        }
        self.balance = Minor(0);
        self.unpaid.clear();
        let files_left = self.draws.below(3);
        self.close("Refinanced", files_left);
    }
}
