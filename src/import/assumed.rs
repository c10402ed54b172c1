//! Values that are assumed for a loan because its line leaves them open, counted for a warning.

use super::Warning;
use crate::progress::grouped;

/// What was assumed for one loan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Assumed {
    /// A closed loan without a balance owes nothing.
    pub no_balance: bool,
    /// A closed loan without days past due is not late.
    pub no_days: bool,
    /// "3+" dependents are three.
    pub at_least: bool,
}

#[derive(Debug, Default)]
pub struct AssumedSeen {
    no_balance: u64,
    no_days: u64,
    at_least: u64,
}

impl AssumedSeen {
    pub fn look_at(&mut self, assumed: Assumed) {
        self.no_balance += u64::from(assumed.no_balance);
        self.no_days += u64::from(assumed.no_days);
        self.at_least += u64::from(assumed.at_least);
    }

    pub fn warnings(&self) -> Vec<Warning> {
        let assumed = [
            (self.no_balance, "closed loan", "no balance: 0 was assumed"),
            (self.no_days, "closed loan", "no days past due: 0 was assumed"),
            (self.at_least, "loan", "a number of dependents such as \"3+\": the lowest number was used"),
        ];
        let seen = assumed.into_iter().filter(|(count, ..)| *count > 0);
        seen.map(|(count, loan, what)| {
            let loans = if count == 1 { format!("1 {loan} has") } else { format!("{} {loan}s have", grouped(count)) };
            Warning::of(format!("{loans} {what}"))
        })
        .collect()
    }
}

/// The number of a text such as "3+".
pub fn least(text: &[u8]) -> Option<&[u8]> {
    text.strip_suffix(b"+").filter(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}
