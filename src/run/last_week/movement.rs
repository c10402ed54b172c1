//! Whether a book has moved. Days past due decide where enough loans are late and their days are counted one by one; else
//! only a book that is the same in every loan, balance and day has not moved. Balances alone decide nothing: those of
//! interest-only loans do not change for weeks.

use std::collections::BTreeSet;

use super::Before;
use crate::progress::grouped;

/// Fewer loans prove nothing: a few can all be unchanged.
const LEAST_LOANS: u64 = 10;

/// Many systems stop counting days past due here.
const LAST_COUNTED_DAY: i64 = 90;

/// So few different values of days past due are buckets.
const MOST_BUCKETS: usize = 6;

/// Fewer late loans do not show whether days are counted.
const LEAST_LATE: u64 = 3;

/// Buckets begin or end at multiples of this, or at a fixed distance from them.
const BUCKET_STEP: i64 = 5;

/// Different days past due of late loans; counting stops at one more than [`MOST_BUCKETS`].
#[derive(Debug, Default)]
pub(super) struct DaysPastDue {
    loans: u64,
    values: BTreeSet<i64>,
}

impl DaysPastDue {
    pub(super) fn count(&mut self, days_past_due: i64) {
        self.loans += 1;
        if self.values.len() <= MOST_BUCKETS {
            self.values.insert(days_past_due);
        }
    }

    /// Counted one by one, not in buckets.
    pub(super) fn are_counted(&self) -> bool {
        if self.loans >= LEAST_LOANS {
            return self.values.len() > MOST_BUCKETS;
        }
        let places: BTreeSet<i64> = self.values.iter().map(|days| days % BUCKET_STEP).collect();
        self.loans >= LEAST_LATE
            && self.values.len() as u64 * 2 > self.loans
            && self.values.len() > 2
            && places.len() > 1
    }
}

/// Loans that were live before and are live now, and how many are unchanged.
#[derive(Debug, Default)]
pub(super) struct Movement {
    live: u64,
    new: u64,
    same_balance: u64,
    /// The same balance and the same days past due.
    same: u64,
    late: Late,
    /// Late before, by no more than [`LAST_COUNTED_DAY`].
    counted: Late,
    /// Days past due of the latter.
    days: DaysPastDue,
}

impl Before {
    pub(super) fn is_counted(self) -> bool {
        self.days_past_due <= LAST_COUNTED_DAY
    }
}

#[derive(Debug, Default)]
struct Late {
    loans: u64,
    same: u64,
    /// Of those, loans whose balance fell: one instalment paid of many overdue leaves a loan as late as before.
    paid: u64,
}

impl Late {
    fn count(&mut self, is_same: bool, is_paid: bool) {
        self.loans += 1;
        self.same += u64::from(is_same);
        self.paid += u64::from(is_same && is_paid);
    }

    /// Whether more than 80 % are the same, and not because they pay.
    fn has_not_moved(&self) -> bool {
        self.same * 5 > self.loans * 4 && self.paid * 5 <= self.same * 4
    }
}

impl Movement {
    pub(super) fn count(&mut self, before: Option<Before>, outstanding_minor: i64, days_past_due: i64) {
        let Some(before) = before else {
            self.new += 1;
            return;
        };
        let is_same = before.days_past_due == days_past_due;
        let has_same_balance = before.outstanding_minor == outstanding_minor;
        self.live += 1;
        self.same_balance += u64::from(has_same_balance);
        self.same += u64::from(is_same && has_same_balance);
        if before.days_past_due <= 0 {
            return;
        }
        let is_paid = outstanding_minor < before.outstanding_minor;
        self.late.count(is_same, is_paid);
        if before.is_counted() {
            self.counted.count(is_same, is_paid);
            self.days.count(before.days_past_due);
        }
    }

    /// Whether all late loans are as late as before and at least 90 % of live ones, or all but one, owe the same.
    fn is_same_but_for_few(&self) -> bool {
        let moved = self.live - self.same_balance;
        self.late.same == self.late.loans && (moved <= 1 || moved * 10 <= self.live)
    }

    /// The facts that show that the book has not moved. `is_whole`: no loan has gone.
    pub(super) fn no_movement(&self, is_whole: bool) -> Option<String> {
        let is_enough = self.late.loans >= LEAST_LOANS || self.is_same_but_for_few();
        if is_enough && self.days.are_counted() && self.late.has_not_moved() && self.counted.has_not_moved() {
            let balances = if self.same_balance == self.live { ", and every loan owes the same" } else { "" };
            return Some(format!(
                "{} of {} late loans have the same days past due{balances}",
                grouped(self.late.same),
                grouped(self.late.loans)
            ));
        }
        let is_same = self.same == self.live && self.new == 0 && is_whole;
        (is_same && self.live >= LEAST_LOANS)
            .then(|| format!("all {} live loans owe the same and have the same days past due", grouped(self.live)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a book shows, given each loan's balance and days before and now.
    fn facts_of(loans: impl IntoIterator<Item = ((i64, i64), (i64, i64))>) -> Option<String> {
        let mut movement = Movement::default();
        for ((outstanding_minor, days_past_due), now) in loans {
            movement.count(Some(Before { outstanding_minor, days_past_due }), now.0, now.1);
        }
        movement.no_movement(true)
    }

    #[test]
    fn a_book_with_nearly_all_late_loans_as_late_as_before_has_not_moved() {
        let book = |moved: i64| {
            let late = move |loan| ((100, loan + 1), (100, loan + if loan < moved { 8 } else { 1 }));
            let current = |loan| ((loan, 0), (loan - 1, 0));
            (0..40).map(late).chain((1..40).map(current))
        };
        assert_eq!(facts_of(book(7)).unwrap(), "33 of 40 late loans have the same days past due");
        assert_eq!(facts_of(book(8)), None, "80 % are not more than 80 %");
        let all = facts_of(book(0).take(40)).unwrap();
        assert!(all.starts_with("40 of 40 late") && all.ends_with("every loan owes the same"), "{all}");
    }

    #[test]
    fn balances_that_stand_are_no_sign_where_late_loans_age() {
        let aged = (0..60).map(|loan| ((500, loan), (500, if loan < 20 { 0 } else { loan + 7 })));
        assert_eq!(facts_of(aged), None);
    }

    #[test]
    fn who_pays_as_much_as_falls_due_stays_as_late() {
        assert_eq!(facts_of((1..50).map(|loan| ((500, loan), (450, loan)))), None);
    }

    #[test]
    fn few_late_loans_decide_where_all_of_them_and_nearly_all_balances_are_the_same() {
        let book = |late: i64, moved: i64, paid: i64| {
            let late = (0..late)
                .map(move |loan| ((500, 3 + 8 * loan), (500, 3 + 8 * loan + if loan < moved { 7 } else { 0 })));
            late.chain((0..20).map(move |loan| ((500, 0), (if loan < paid { 450 } else { 500 }, 0))))
        };
        assert_eq!(facts_of(book(3, 0, 1)).unwrap(), "3 of 3 late loans have the same days past due");
        assert_eq!(facts_of(book(9, 0, 2)).unwrap(), "9 of 9 late loans have the same days past due");
        assert_eq!(facts_of(book(9, 1, 1)), None, "a loan is later");
        assert_eq!(facts_of(book(9, 0, 3)), None, "three have paid");
        assert_eq!(facts_of(book(2, 0, 1)), None, "two late loans may stay as late");
        let buckets = (0..9).map(|loan| ((500, 1 + 30 * (loan % 3)), (500 - loan / 8, 1 + 30 * (loan % 3))));
        assert_eq!(facts_of(buckets), None);
    }

    #[test]
    fn buckets_and_days_that_are_counted_no_more_decide_only_with_everything_else() {
        let book = |days: fn(i64) -> i64, paid: i64| {
            (0..60).map(move |loan| ((500, days(loan)), (500 - paid * (loan % 4), days(loan))))
        };
        let buckets = |loan: i64| [0, 15, 45, 75, 120][loan as usize % 5];
        let stopped = |loan: i64| 91 + loan;
        for days in [buckets, stopped] {
            assert_eq!(facts_of(book(days, 1)), None);
            assert!(facts_of(book(days, 0)).unwrap().starts_with("all 60 live loans owe the same"));
        }
        // Those that are still counted show that the file is new, however many are not.
        let mixed = (0..100).map(|loan| ((500, loan + 1), (500, if loan < 89 { loan + 8 } else { loan + 1 })));
        assert_eq!(facts_of(mixed.chain((0..900).map(|loan| ((500, 91 + loan), (500, 91 + loan))))), None);
    }

    #[test]
    fn without_late_loans_only_the_very_same_book_has_not_moved() {
        let book = |loans: i64, paid: i64| {
            (0..loans).map(move |loan| ((500, 0), (if loan == 3 { 500 - paid } else { 500 }, 0)))
        };
        assert!(facts_of(book(10, 0)).unwrap().starts_with("all 10 live loans owe the same"));
        assert_eq!(facts_of(book(10, 1)), None);
        assert_eq!(facts_of(book(9, 0)), None, "a small book may not move");
        assert_eq!(facts_of([]), None);
        let mut movement = Movement::default();
        for _ in 0..20 {
            movement.count(Some(Before { outstanding_minor: 5, days_past_due: 0 }), 5, 0);
        }
        assert_eq!(movement.no_movement(false), None, "a loan has gone");
        movement.count(None, 5, 0);
        assert_eq!(movement.no_movement(true), None, "a loan has come");
    }
}
