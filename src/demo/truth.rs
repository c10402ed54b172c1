//! The outcomes of the made-up loans: the true probability, the outcome drawn from it, and what collectors record later.
//!
//! The probability depends only on columns of the file. Columns that collectors fill in later follow the outcome, as in
//! reality, so this book exposes a model that uses them.

use super::Signal;
use super::draw::{Draws, Purpose, exp};
use super::loan::{Borrower, Loan};

/// The share not recovered where nothing about the borrower matters, in millionths.
const SHARE_WITHOUT_SIGNAL: u32 = 400_000;

const STAND_IN_BURDEN: f64 = 0.35;

const STAND_IN_COVERAGE: f64 = 1.0;

#[derive(Debug, Clone, Copy)]
pub struct Ending {
    /// True probability of not being fully recovered, in millionths.
    pub probability_millionths: u32,
    pub is_not_recovered: bool,
    pub recovery_status: &'static str,
    pub collection_attempts: u32,
    pub collection_method: &'static str,
    pub legal_action_taken: &'static str,
}

impl Ending {
    /// Uses its own draws, so that the signal changes nothing else.
    pub fn draw(seed: u64, signal: Signal, borrower: &Borrower, loan: &Loan) -> Self {
        let mut draws = Draws::new(seed, Purpose::Outcome, loan.number);
        let probability_millionths = match signal {
            Signal::None => SHARE_WITHOUT_SIGNAL,
            Signal::Normal => (true_probability(borrower, loan) * 1e6).round() as u32,
        };
        let is_not_recovered = draws.below(1_000_000) < probability_millionths;
        let is_still_open = draws.chance(25);
        let recovery_status = match (is_still_open, is_not_recovered) {
            (true, _) => "Outstanding",
            (false, false) => "Fully Recovered",
            (false, true) => draws.pick([("Partially Recovered", 2), ("Written Off", 1)]),
        };
        // The outcome of an open loan is not yet known, so its collection columns must not reveal it.
        let goes_badly = if is_still_open { draws.chance(40) } else { is_not_recovered };
        let (attempts_from, method_weights, legal_percent) =
            if goes_badly { (2, [15, 20, 35, 30], 20) } else { (0, [45, 35, 10, 10], 1) };
        let [calls, settlement, collectors, notice] = method_weights;
        Self {
            probability_millionths,
            is_not_recovered,
            recovery_status,
            collection_attempts: attempts_from + draws.below(if goes_badly { 9 } else { 4 }),
            collection_method: draws.pick([
                ("Calls", calls),
                ("Settlement Offer", settlement),
                ("Debt Collectors", collectors),
                ("Legal Notice", notice),
            ]),
            legal_action_taken: if draws.chance(legal_percent) { "Yes" } else { "No" },
        }
    }
}

/// The probability that the loan is not fully recovered: logistic in the days past due (each further day counts for
/// less), the missed payments against the tenure, the burden (more so when the loan is late), the coverage, the share
/// still owed, and whether anything secures the loan.
fn true_probability(borrower: &Borrower, loan: &Loan) -> f64 {
    let days = f64::from(loan.days_past_due);
    let lateness = days / (days + 60.0);
    let missed_share = (f64::from(loan.missed_payments) / f64::from(loan.tenure_months)).min(0.3);
    let burden =
        borrower.income.map_or(STAND_IN_BURDEN, |income| loan.instalment.0 as f64 / income.0 as f64).clamp(0.0, 1.0);
    let outstanding = loan.outstanding.0 as f64;
    let coverage = loan.collateral.map_or(STAND_IN_COVERAGE, |value| value.0 as f64 / outstanding).min(2.0);
    let unsecured = if coverage > 0.0 { 0.0 } else { 1.0 };
    let owed_share = (outstanding / loan.amount.0 as f64).min(1.1);
    let excess_burden = burden - 0.25;
    let log_odds = -2.0 + 3.4 * lateness + 6.5 * missed_share + 2.5 * excess_burden + 5.0 * lateness * excess_burden
        - 0.6 * coverage
        + 1.1 * owed_share
        + 0.4 * unsecured;
    1.0 / (1.0 + exp(-log_odds))
}
