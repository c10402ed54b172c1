//! Who borrows, how well that person pays, and who at the lender looks after the loans.

use super::super::draw::{Draws, Purpose};
use super::super::loan::{Borrower, Terms};

const BRANCHES: [(&str, [&str; 3]); 4] = [
    ("Central", ["A. Rao", "F. Shaikh", "J. Pinto"]),
    ("East", ["B. Menon", "K. Das", "S. Gill"]),
    ("North", ["D. Joshi", "M. Khan", "R. Nair"]),
    ("West", ["G. Patil", "L. Fernandes", "V. Shah"]),
];

/// The share of the income that the instalment of a usual borrower takes.
const USUAL_BURDEN: f64 = 0.35;

#[derive(Debug, Clone)]
pub struct Person {
    pub borrower: Borrower,
    pub branch: &'static str,
    pub officer: &'static str,
    /// How many loans this person ever had.
    pub loans: u32,
    /// What no column shows: mean 0, deviation 1; a high one pays badly.
    weakness: f64,
}

impl Person {
    pub fn draw(seed: u64, number: u64) -> Self {
        let mut draws = Draws::new(seed, Purpose::Person, number);
        let (branch, officers) = draws.pick([(BRANCHES[0], 4), (BRANCHES[1], 2), (BRANCHES[2], 3), (BRANCHES[3], 2)]);
        let officer = draws.pick(officers.map(|officer| (officer, 1)));
        let weakness = draws.normal();
        Self { borrower: Borrower::draw(seed, number), branch, officer, loans: 0, weakness }
    }

    /// How hard this person finds it to pay a loan of these terms, about 0 on average, 1 for a weak borrower.
    pub fn stress(&self, terms: &Terms) -> f64 {
        let burden = terms.instalment.0 as f64 / 100.0 / self.borrower.income_now;
        let excess = (burden - USUAL_BURDEN).clamp(-USUAL_BURDEN, 0.65);
        0.4 * self.borrower.weakness + 0.9 * self.weakness + 1.5 * excess
    }
}
