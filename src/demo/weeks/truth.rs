//! What really happened to the loans, one row an event, for comparison with what a program concludes from the files.
//!
//! An event belongs to the first file that shows it: what happened in a frozen week has the day of the next file, and what no
//! file shows has no row. The amount is filled exactly where it moves the balance of the live loans, so that for each loan and
//! week: opening + disbursed + charged + accrued + returned - paid - part_paid - paid_off - refinanced - written_off - settled - vanished
//! = closing. `paid_unseen` is the exception that moves no balance.

use std::fmt::Write;

use chrono::NaiveDate;

use super::super::Hundredths;
use super::faults::Ids;
use crate::money::Minor;

pub const TRUTH_COLUMNS: &str = "week,loan_id,borrower_id,event,amount,days_past_due,detail";

/// Each says below what its amount and its detail are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The amount of a new loan.
    Disbursed,
    /// Principal repaid between two files; the detail is the cash, with interest.
    Paid,
    /// The same, where a payment left an instalment paid in part.
    PartPaid,
    /// An instalment is not paid in full a week after its due date.
    Missed,
    /// A payment cleared all arrears of a loan that was over 30 days past due; the detail is its highest number of days.
    Cured,
    /// Overdue interest added to the balance.
    Charged,
    /// Interest since the file before, where balances hold it.
    Accrued,
    /// A new schedule without arrears, and no payment.
    Restructured,
    /// The balance repaid by a new loan; the detail is the id of that loan.
    Refinanced,
    /// Besides `Refinanced`: the loan was late.
    Evergreened,
    /// The rest of the principal, repaid early or at maturity; the detail is the cash.
    PaidOff,
    /// The balance.
    WrittenOff,
    /// What of the balance is lost; what was paid is `Paid`.
    Settled,
    /// The balance in the last file with the loan.
    Vanished,
    /// The balance in the file; the detail is the number of files without the loan.
    Returned,
    /// Principal repaid while the loan was in no file.
    PaidUnseen,
    /// The loan has another id from this file on; the detail is that id.
    Renumbered,
    /// The file is that of the week before again.
    Frozen,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    None,
    Cash(Minor),
    Count(i64),
    Loan(u64),
}

#[derive(Debug, Clone, Copy)]
pub struct Event {
    pub kind: Kind,
    pub amount: Option<Minor>,
    /// Just before the event.
    pub days_past_due: i64,
    pub detail: Detail,
}

/// The rows so far.
#[derive(Debug)]
pub struct Truth(String);

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Disbursed => "disbursed",
            Self::Paid => "paid",
            Self::PartPaid => "part_paid",
            Self::Missed => "missed",
            Self::Cured => "cured",
            Self::Charged => "charged",
            Self::Accrued => "accrued",
            Self::Restructured => "restructured",
            Self::Refinanced => "refinanced",
            Self::Evergreened => "evergreened",
            Self::PaidOff => "paid_off",
            Self::WrittenOff => "written_off",
            Self::Settled => "settled",
            Self::Vanished => "vanished",
            Self::Returned => "returned",
            Self::PaidUnseen => "paid_unseen",
            Self::Renumbered => "renumbered",
            Self::Frozen => "frozen",
        }
    }

    /// By how much an amount moves the balance of the live loans.
    pub fn sign(self) -> i64 {
        match self {
            Self::Disbursed | Self::Charged | Self::Accrued | Self::Returned => 1,
            Self::PaidUnseen => 0,
            _ => -1,
        }
    }

    pub fn is_payment(self) -> bool {
        matches!(self, Self::Paid | Self::PartPaid)
    }
}

impl Event {
    /// An event that moves no balance and has no detail.
    pub fn plain(kind: Kind, days_past_due: i64) -> Self {
        Self { kind, amount: None, days_past_due, detail: Detail::None }
    }

    pub fn of_amount(kind: Kind, amount: Minor, days_past_due: i64) -> Self {
        Self { kind, amount: Some(amount), days_past_due, detail: Detail::None }
    }

    pub fn with(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }

    /// Adds a later payment between the same two files.
    pub fn add_payment(&mut self, later: &Self) {
        if later.kind == Kind::PartPaid {
            self.kind = Kind::PartPaid;
        }
        self.amount = Some(Minor(minor(self.amount) + minor(later.amount)));
        if let (Detail::Cash(before), Detail::Cash(more)) = (self.detail, later.detail) {
            self.detail = Detail::Cash(Minor(before.0 + more.0));
        }
    }
}

pub fn minor(amount: Option<Minor>) -> i64 {
    amount.map_or(0, |amount| amount.0)
}

impl Truth {
    pub fn new() -> Self {
        Self(format!("{TRUTH_COLUMNS}\n"))
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub fn add_frozen(&mut self, week: NaiveDate) {
        self.row(format_args!("{week},,,{},,,", Kind::Frozen.name()));
    }

    pub fn add(&mut self, week: NaiveDate, ids: Ids, (loan, borrower): (u64, u64), event: &Event) {
        let amount = event.amount.map(|amount| Hundredths(amount.0).to_string()).unwrap_or_default();
        let (name, days) = (event.kind.name(), event.days_past_due);
        let detail = match event.detail {
            Detail::None => String::new(),
            Detail::Cash(cash) => Hundredths(cash.0).to_string(),
            Detail::Count(count) => count.to_string(),
            Detail::Loan(number) => ids.loan(number),
        };
        let loan = ids.loan(loan);
        self.row(format_args!("{week},{loan},BRW_{borrower},{name},{amount},{days},{detail}"));
    }

    pub fn add_renumbered(&mut self, week: NaiveDate, (loan, borrower): (u64, u64), days_past_due: i64) {
        let [old, new] = [Ids::First, Ids::Renumbered].map(|ids| ids.loan(loan));
        let name = Kind::Renumbered.name();
        self.row(format_args!("{week},{old},BRW_{borrower},{name},,{days_past_due},{new}"));
    }

    fn row(&mut self, row: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{row}").expect("a String takes every text");
    }
}
