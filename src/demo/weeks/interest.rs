//! Interest by the day, of a lender whose balances hold it. Other lenders' interest falls due with each instalment, and their
//! balances are the principal.

use chrono::NaiveDate;

use super::loan::Loan;
use crate::money::Minor;

/// Hundredths of a percent, and days of a year.
const WHOLE: i64 = 10_000 * 365;

impl Loan {
    /// What the file says is owed.
    pub fn owed(&self, day: NaiveDate) -> Minor {
        if !self.accrues || !self.is_live() {
            return self.balance;
        }
        Minor(self.balance.0 + self.overdue_interest().0 + self.running_interest(day))
    }

    /// Since the last due date, on what is not due yet.
    pub(super) fn running_interest(&self, day: NaiveDate) -> i64 {
        let days = (day - self.accrued_to).num_days();
        (self.not_yet_due_minor * i64::from(self.terms.rate_basis_points) * days + WHOLE / 2) / WHOLE
    }

    /// A day's interest on the principal that is overdue, owed with the oldest instalment.
    pub(super) fn accrue_late_interest(&mut self, day: NaiveDate) {
        let overdue = self.unpaid.iter().filter(|due| due.day < day).map(|due| due.principal_minor);
        let overdue: i64 = overdue.sum();
        if let Some(oldest) = self.unpaid.front_mut().filter(|_| self.accrues) {
            self.late_interest += overdue * i64::from(self.terms.rate_basis_points);
            oldest.interest_minor += self.late_interest / WHOLE;
            self.late_interest %= WHOLE;
        }
    }

    /// Makes all interest owed a part of the balance, which ends or begins anew.
    pub(super) fn capitalise(&mut self, day: NaiveDate) {
        if self.accrues {
            self.balance = self.owed(day);
            self.unpaid.iter_mut().for_each(|due| due.interest_minor = 0);
            self.accrued_to = day;
        }
    }
}
