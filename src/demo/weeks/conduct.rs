//! What a borrower does on a due date. It depends on the stress and on the arrears, so days past due predict what follows, but
//! not all of it.

use super::super::draw::{Draws, exp};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Payment {
    /// Everything that is due.
    Arrears,
    /// The oldest unpaid instalments.
    Instalments(usize),
    /// A share of the oldest unpaid instalment.
    Part(f64),
    /// The whole loan.
    Payoff,
}

/// The log-odds that a borrower of no stress pays nothing, by the unpaid instalments before the one that falls due.
const NOTHING: [f64; 8] = [-4.1, -1.4, -0.5, 0.1, 0.5, 0.7, 0.9, 1.1];

/// What the borrower will pay before the next due date, and how many days after this one; `None` is nothing.
pub fn decide(stress: f64, instalments_behind: usize, draws: &mut Draws) -> Option<(u64, Payment)> {
    let nothing = NOTHING[instalments_behind.min(NOTHING.len() - 1)];
    if is_so(nothing + 0.8 * stress, draws) {
        return None;
    }
    if instalments_behind > 0 {
        let days = u64::from(draws.below(26));
        return Some((days, payment_in_arrears(instalments_behind, draws)));
    }
    if is_so(-4.0 + 0.6 * stress, draws) {
        return Some((0, Payment::Part(draws.between(0.2, 0.9))));
    }
    let days = if is_so(-2.2 + 0.5 * stress, draws) { 1 + u64::from(draws.below(20)) } else { 0 };
    Some((days, Payment::Arrears))
}

fn payment_in_arrears(instalments_behind: usize, draws: &mut Draws) -> Payment {
    // The more there is to pay, the fewer can pay all of it at once.
    let clears_percent = [50, 34, 24, 16][(instalments_behind - 1).min(3)];
    if draws.chance(clears_percent) {
        return Payment::Arrears;
    }
    match draws.below(10) {
        0..5 => Payment::Instalments(1),
        5..8 => Payment::Instalments(2),
        _ => Payment::Part(draws.between(0.2, 0.9)),
    }
}

fn is_so(log_odds: f64, draws: &mut Draws) -> bool {
    draws.between(0.0, 1.0) < 1.0 / (1.0 + exp(-log_odds))
}
