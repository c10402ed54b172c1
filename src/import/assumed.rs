//! What is read into a line although it does not say so by itself, counted to be told.

use super::Warning;
use crate::progress::grouped;

/// What was read into one loan.
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
        let lines = |count: u64, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{} {many}", grouped(count)),
        };
        let closed = |count: u64| lines(count, "closed loan has", "closed loans have");
        let texts = [
            (self.no_balance, format!("{} no balance, and 0 was taken for it", closed(self.no_balance))),
            (self.no_days, format!("{} no days past due, and 0 was taken for them", closed(self.no_days))),
            (
                self.at_least,
                format!(
                    "{} a number of dependents such as \"3+\", and the least that it says was taken for it",
                    lines(self.at_least, "loan has", "loans have")
                ),
            ),
        ];
        let told = texts.into_iter().filter(|(count, _)| *count > 0);
        told.map(|(_, text)| Warning { text, examples: Vec::new() }).collect()
    }
}

/// The number of a text such as "3+".
pub fn least(text: &[u8]) -> Option<&[u8]> {
    text.strip_suffix(b"+").filter(|number| !number.is_empty() && number.iter().all(u8::is_ascii_digit))
}
