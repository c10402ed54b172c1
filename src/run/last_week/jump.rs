//! Whether balances or days past due have jumped: another unit, or another day than the one given. Single loans do jump, when
//! a payment is reversed or a loan repaid, so only most of the loans together decide, and days past due in buckets do not
//! count.

use std::collections::BTreeMap;

use super::Before;
use super::movement::DaysPastDue;
use crate::progress::grouped;

/// A smaller change of a balance can be a payment or a drawdown.
const LEAST_FACTOR: f64 = 5.0;

/// Fewer loans prove nothing.
const LEAST_LOANS: u64 = 3;

/// Fewer late loans can all have paid one instalment.
const LEAST_STILL_LATE: u64 = 10;

/// The day given for a file may be off by a weekend and a day.
const DAYS_OFF: i64 = 3;

/// Loans that were live before and are live now, and how far they moved.
#[derive(Debug)]
pub(super) struct Jump {
    elapsed: i64,
    live: u64,
    /// The factors of balances that changed by [`LEAST_FACTOR`] or more.
    grown: Vec<f64>,
    shrunk: Vec<f64>,
    current: Rise,
    late: Rise,
    /// Days past due now of the loans that were late before.
    days: DaysPastDue,
    /// Loans late then and now, and those of them that paid, by the days added.
    added: BTreeMap<i64, (u64, u64)>,
}

/// How many loans are later by more days than have passed.
#[derive(Debug, Default)]
struct Rise {
    loans: u64,
    risen: u64,
}

impl Rise {
    fn is_of_most(&self) -> bool {
        self.risen >= LEAST_LOANS && self.risen * 2 > self.loans
    }
}

impl Jump {
    pub(super) fn after(elapsed: i64) -> Self {
        let (current, late) = (Rise::default(), Rise::default());
        let (grown, shrunk, added) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { elapsed, live: 0, grown, shrunk, current, late, days: DaysPastDue::default(), added }
    }

    pub(super) fn count(&mut self, before: Before, outstanding_minor: i64, days_past_due: i64) {
        self.live += 1;
        let times = outstanding_minor as f64 / before.outstanding_minor as f64;
        if times >= LEAST_FACTOR {
            self.grown.push(times);
        } else if times <= 1.0 / LEAST_FACTOR {
            self.shrunk.push(times);
        }
        let added = days_past_due - before.days_past_due;
        let was_late = before.days_past_due > 0;
        let rise = if was_late { &mut self.late } else { &mut self.current };
        rise.loans += 1;
        rise.risen += u64::from(added > self.elapsed + DAYS_OFF);
        if was_late && days_past_due > 0 {
            self.days.count(days_past_due);
            if before.is_counted() {
                let (loans, paid) = self.added.entry(added).or_default();
                *loans += 1;
                *paid += u64::from(outstanding_minor < before.outstanding_minor);
            }
        }
    }

    pub(super) fn of_balances(&mut self) -> Option<String> {
        let live = self.live;
        let changed = if self.grown.len() > self.shrunk.len() { &mut self.grown } else { &mut self.shrunk };
        changed.sort_by(f64::total_cmp);
        let median = *changed.get(changed.len() / 2)?;
        // A loan that paid half is still within a factor of two.
        let alike = changed.iter().filter(|times| (0.5..=2.0).contains(&(**times / median))).count() as u64;
        let is_of_nearly_all = alike >= LEAST_LOANS && alike * 5 > live * 4;
        let times = if median > 1.0 {
            format!("about {} times", grouped(median.round() as u64))
        } else {
            format!("about one {}th of", grouped((1.0 / median).round() as u64))
        };
        is_of_nearly_all
            .then(|| format!("{} of {} live loans owe {times} what they owed", grouped(alike), grouped(live)))
    }

    pub(super) fn of_days(&self) -> Option<String> {
        let elapsed = self.elapsed;
        let words = |loans: u64, of: u64, more: &str| format!("{} of {} {more}", grouped(loans), grouped(of));
        if self.current.is_of_most() {
            let more = format!("loans that were not late are more than {} days past due", elapsed + DAYS_OFF);
            return Some(words(self.current.risen, self.current.loans, &more));
        }
        if self.late.is_of_most() && self.days.are_counted() {
            let more = format!("late loans are later by more than {} days", elapsed + DAYS_OFF);
            return Some(words(self.late.risen, self.late.loans, &more));
        }
        let still_late: u64 = self.added.values().map(|(loans, _)| loans).sum();
        let (added, (loans, paid)) = self.added.iter().max_by_key(|(_, (loans, _))| *loans)?;
        // Five of seven are business days.
        let is_too_few = *added != 0 && *added < elapsed * 5 / 7 - DAYS_OFF;
        let is_of_nearly_all = still_late >= LEAST_STILL_LATE && loans * 5 > still_late * 4 && paid * 5 <= loans * 4;
        let change = if *added > 0 { "later" } else { "less late" };
        let more = format!("loans that are still late are {change} by {} days", added.abs());
        (is_too_few && is_of_nearly_all && self.days.are_counted()).then(|| words(*loans, still_late, &more))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loan's balance and days past due, before and now.
    type Loan = ((i64, i64), (i64, i64));

    fn jump(loans: impl IntoIterator<Item = Loan>) -> Jump {
        let mut jump = Jump::after(7);
        for ((outstanding_minor, days_past_due), now) in loans {
            jump.count(Before { outstanding_minor, days_past_due }, now.0, now.1);
        }
        jump
    }

    fn balances(loans: i64, now: fn(i64) -> i64) -> Option<String> {
        jump((1..=loans).map(|loan| ((1_000 * loan, 0), (now(loan), 0)))).of_balances()
    }

    #[test]
    fn balances_that_all_change_by_one_factor_are_in_another_unit() {
        assert_eq!(
            balances(40, |loan| 10_000 * loan).unwrap(),
            "40 of 40 live loans owe about 10 times what they owed"
        );
        let cents = balances(3, |loan| 10 * loan).unwrap();
        assert_eq!(cents, "3 of 3 live loans owe about one 100th of what they owed");
        // Every loan paid something, and some repaid much.
        let paid = |loan: i64| if loan % 10 == 0 { 10 * loan } else { 100_000 * loan - 1_000 * loan * (loan % 20) };
        assert!(balances(100, paid).unwrap().starts_with("90 of 100 live loans owe about 9"));
    }

    #[test]
    fn balances_that_are_paid_or_drawn_keep_their_unit() {
        assert_eq!(balances(40, |loan| 900 * loan), None);
        assert_eq!(balances(40, |loan| 4_900 * loan), None);
        assert_eq!(
            balances(40, |loan| if loan % 4 == 0 { 1_000 * loan } else { 10_000 * loan }),
            None,
            "not nearly all"
        );
        assert_eq!(balances(40, |loan| 1_000 * loan / (5 + 3 * loan)), None, "each repaid another part");
        assert_eq!(balances(2, |loan| 10_000 * loan), None);
        assert_eq!(balances(0, |loan| loan), None);
    }

    /// Every third of 60 loans is late, each by another number of days.
    fn days(now: impl Fn(i64) -> i64) -> Option<String> {
        let before = |loan: i64| if loan % 3 == 0 { loan } else { 0 };
        jump((1..=60).map(|loan| ((500, before(loan)), (500, now(before(loan)))))).of_days()
    }

    #[test]
    fn days_past_due_that_no_week_adds_are_of_another_day_or_unit() {
        let all = days(|days| days + 40).unwrap();
        assert_eq!(all, "40 of 40 loans that were not late are more than 10 days past due");
        let late = days(|days| if days > 0 { days + 40 } else { 0 }).unwrap();
        assert_eq!(late, "20 of 20 late loans are later by more than 10 days");
        assert!(days(|days| days * 30).unwrap().starts_with("20 of 20 late loans"), "months that became days");
        let earlier = days(|days| (days - 14).max(0)).unwrap();
        assert_eq!(earlier, "16 of 16 loans that are still late are less late by 14 days");
    }

    #[test]
    fn days_past_due_move_as_time_and_payments_do() {
        assert_eq!(days(|days| if days > 0 { days + 7 } else { 0 }), None);
        assert_eq!(days(|days| if days > 0 { days + 5 } else { 0 }), None, "days of business");
        assert_eq!(days(|days| if days > 0 { days + 10 } else { 3 }), None, "a weekend late");
        assert_eq!(days(|days| if days % 2 == 0 { days + 7 } else { 0 }), None, "a payment sets them to 0");
        assert_eq!(days(|_| 0), None, "all paid");
        assert_eq!(days(|days| if days > 30 { days + 40 } else { days + 7 }), None, "payments taken back");
    }

    #[test]
    fn a_book_that_pays_an_instalment_on_one_day_is_no_earlier_one() {
        let paid = (1..=40).map(|loan| ((5_000, 30 + loan), (4_500, 7 + loan)));
        assert_eq!(jump(paid).of_days(), None);
    }

    #[test]
    fn days_in_buckets_jump_by_themselves() {
        let buckets = (0..60).map(|loan| (loan % 4) * 30);
        let month_end = buckets.map(|days| ((500, days), (500, if days > 0 { days + 30 } else { 0 })));
        assert_eq!(jump(month_end).of_days(), None);
    }
}
