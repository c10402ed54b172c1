//! What goes wrong between the lender's system and the file: loans vanish without a reason, and some come back; once, all ids
//! change. None of it changes how the loans are paid.

use chrono::NaiveDate;

use super::super::draw::Draws;
use super::loan::{Loan, Shown};
use super::truth::{Detail, Event, Kind, minor};
use crate::money::Minor;

/// In ten-thousandths a week: about 1 % a month.
const VANISHED: u32 = 23;

const COME_BACK_PERCENT: u32 = 40;

/// A prime above every loan's number, and a factor that scatters the numbers below it.
const ID_PRIME: u64 = 99_999_989;
const ID_FACTOR: u64 = 61_803_399;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    First,
    Renumbered,
}

/// A loan that is in no file, though the lender still has it.
#[derive(Debug, Clone, Copy)]
pub struct Absence {
    /// So far, at least 1.
    files: u32,
    /// After how many files without it the loan is back.
    ends_after: Option<u32>,
}

impl Ids {
    /// Each number has its own id in either numbering, and the new order says nothing of the old one.
    pub fn loan(self, number: u64) -> String {
        match self {
            Self::First => format!("LN_{number}"),
            Self::Renumbered => format!("K{:08}", number * ID_FACTOR % ID_PRIME),
        }
    }
}

/// Loses the loan or finds it again, and gives the events that this week's file shows of it.
pub fn events_of_file(loan: &mut Loan, as_of: NaiveDate) -> Vec<Event> {
    let days_past_due = loan.days_past_due(as_of);
    let is_live = loan.is_live();
    match (&mut loan.absence, loan.shown) {
        (Some(Absence { files, ends_after }), _) if is_live && *ends_after == Some(*files) => {
            let files = *files;
            loan.absence = None;
            come_back(loan, (as_of, days_past_due), files)
        }
        (Some(absence), _) => {
            absence.files += 1;
            Vec::new()
        }
        (None, Some(shown)) if is_live && loan.faults.below(10_000) < VANISHED => {
            loan.absence = Some(Absence { files: 1, ends_after: draw_end(&mut loan.faults) });
            loan.events.clear();
            vec![vanished(shown)]
        }
        (None, _) => std::mem::take(&mut loan.events),
    }
}

fn draw_end(draws: &mut Draws) -> Option<u32> {
    draws.chance(COME_BACK_PERCENT).then(|| 2 + draws.below(5))
}

fn vanished(shown: Shown) -> Event {
    Event::of_amount(Kind::Vanished, shown.balance, shown.days_past_due)
}

fn come_back(loan: &mut Loan, (as_of, days_past_due): (NaiveDate, i64), files: u32) -> Vec<Event> {
    let unseen = std::mem::take(&mut loan.events);
    let paid: i64 = unseen.iter().filter(|event| event.kind.is_payment()).map(|event| minor(event.amount)).sum();
    let returned = Event::of_amount(Kind::Returned, loan.owed(as_of), days_past_due);
    let mut events = vec![returned.with(Detail::Count(i64::from(files)))];
    if paid > 0 {
        events.push(Event::of_amount(Kind::PaidUnseen, Minor(paid), days_past_due));
    }
    events
}
