//! Made-up borrowers and their loans when recovery began.
//!
//! Values depend on each other as in a real book: the amount on the income, the instalment on the amount, rate and tenure, the
//! missed payments on the borrower's distress, the days past due on the missed payments; but never on the outcome.

use super::draw::{Draws, Purpose, exp, power};
use crate::money::Minor;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Employment {
    Salaried,
    SelfEmployed,
    BusinessOwner,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoanType {
    Personal,
    Home,
    Auto,
    Business,
}

/// One borrower; `None` is a value unknown to the lender.
#[derive(Debug, Clone, Copy)]
pub struct Borrower {
    pub number: u64,
    pub age: Option<u32>,
    pub gender: &'static str,
    pub employment: Employment,
    /// A month's income now, as the file shows it.
    pub income: Option<Minor>,
    pub dependents: Option<u32>,
    /// How many loans of the book are this borrower's: one or two.
    pub loans: usize,
    /// A month's income when the loan was granted, in major units.
    income_at_grant: f64,
    /// A month's income now, in major units, even if unknown to the lender.
    pub income_now: f64,
    /// The credit weakness that the lender assumed: mean 0, deviation 1.
    pub weakness: f64,
}

/// What borrower and lender agreed.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub kind: LoanType,
    pub amount: Minor,
    pub tenure_months: u32,
    /// Hundredths of a percent a year.
    pub rate_basis_points: u32,
    pub collateral: Minor,
    pub instalment: Minor,
}

#[derive(Debug, Clone, Copy)]
pub struct Loan {
    pub number: u64,
    pub kind: LoanType,
    pub amount: Minor,
    pub tenure_months: u32,
    /// Hundredths of a percent a year.
    pub rate_basis_points: u32,
    pub collateral: Option<Minor>,
    pub outstanding: Minor,
    pub instalment: Minor,
    pub payment_history: &'static str,
    pub missed_payments: u32,
    pub days_past_due: u32,
}

impl Employment {
    pub fn name(self) -> &'static str {
        match self {
            Self::Salaried => "Salaried",
            Self::SelfEmployed => "Self-Employed",
            Self::BusinessOwner => "Business Owner",
        }
    }

    /// The median of a month's income in major units, and the deviation of its logarithm.
    fn income(self) -> (f64, f64) {
        match self {
            Self::Salaried => (85_000.0, 0.45),
            Self::SelfEmployed => (75_000.0, 0.65),
            Self::BusinessOwner => (130_000.0, 0.70),
        }
    }

    fn draw_kind(self, draws: &mut Draws) -> LoanType {
        let [personal, home, auto, business] = match self {
            Self::Salaried => [46, 28, 24, 2],
            Self::SelfEmployed => [42, 22, 22, 14],
            Self::BusinessOwner => [20, 20, 15, 45],
        };
        draws.pick([
            (LoanType::Personal, personal),
            (LoanType::Home, home),
            (LoanType::Auto, auto),
            (LoanType::Business, business),
        ])
    }
}

impl LoanType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Personal => "Personal",
            Self::Home => "Home",
            Self::Auto => "Auto",
            Self::Business => "Business",
        }
    }

    /// The usual rate in percent a year, and the usual amount in monthly incomes.
    fn terms(self) -> (f64, f64) {
        match self {
            Self::Personal => (14.0, 6.5),
            Self::Home => (8.5, 28.0),
            Self::Auto => (9.75, 9.0),
            Self::Business => (13.0, 9.0),
        }
    }

    pub fn draw_tenure_months(self, draws: &mut Draws) -> u32 {
        match self {
            Self::Personal => draws.pick([(12, 15), (24, 25), (36, 30), (48, 20), (60, 10)]),
            Self::Home => draws.pick([(60, 10), (72, 15), (120, 35), (180, 25), (240, 15)]),
            Self::Auto => draws.pick([(24, 10), (36, 25), (48, 25), (60, 30), (72, 10)]),
            Self::Business => draws.pick([(12, 20), (24, 30), (36, 30), (48, 10), (60, 10)]),
        }
    }

    /// What secures a loan of `amount`, valued when it was granted, from the share of the value that was lent.
    fn draw_collateral(self, amount: f64, draws: &mut Draws) -> Minor {
        let loan_to_value = match self {
            Self::Personal => return Minor(0),
            Self::Business if draws.chance(35) => return Minor(0),
            Self::Business => draws.between(0.5, 0.75),
            Self::Home | Self::Auto => draws.between(0.7, 0.9),
        };
        to_minor(amount / loan_to_value)
    }
}

impl Borrower {
    pub fn draw(seed: u64, number: u64) -> Self {
        let mut draws = Draws::new(seed, Purpose::Borrower, number);
        let employment =
            draws.pick([(Employment::Salaried, 58), (Employment::SelfEmployed, 28), (Employment::BusinessOwner, 14)]);
        let age = 21 + draws.below(25) + draws.below(26);
        let gender = draws.pick([("Male", 58), ("Female", 42)]);
        let dependents = draws.pick([(0, 24), (1, 22), (2, 24), (3, 17), (4, 9), (5, 4)]);
        let weakness = draws.normal();
        let (median, deviation) = employment.income();
        let income_at_grant = (median * exp(deviation * draws.normal() - 0.1 * weakness)).clamp(12_000.0, 1_500_000.0);
        let lost_share = if draws.chance(15) { draws.between(0.2, 0.6) } else { 0.0 };
        let income_now = (income_at_grant * (1.0 - lost_share)).round();
        let loans = if draws.chance(8) { 2 } else { 1 };
        Self {
            number,
            age: known(age, &mut draws),
            gender,
            employment,
            income: known(to_minor(income_now), &mut draws),
            dependents: known(dependents, &mut draws),
            loans,
            income_at_grant,
            income_now,
            weakness,
        }
    }
}

impl Terms {
    pub fn draw(draws: &mut Draws, borrower: &Borrower) -> Self {
        let kind = borrower.employment.draw_kind(draws);
        let tenure_months = kind.draw_tenure_months(draws);
        let (usual_rate, usual_incomes) = kind.terms();
        let rate_percent = (usual_rate + 1.3 * borrower.weakness + 0.7 * draws.normal()).clamp(4.0, 28.0);
        let rate_basis_points = (rate_percent * 100.0).round() as u32;
        let wished = borrower.income_at_grant * usual_incomes * exp(0.5 * draws.normal());
        // A lender limits the instalment to a share of the income.
        let limit = draws.between(0.4, 0.7) * borrower.income_at_grant;
        let granted = wished.min(limit / instalment(1.0, rate_basis_points, tenure_months));
        let amount = ((granted / 1000.0).round() * 1000.0).max(5000.0);
        let instalment = to_minor(instalment(amount, rate_basis_points, tenure_months));
        let collateral = kind.draw_collateral(amount, draws);
        Self { kind, amount: to_minor(amount), tenure_months, rate_basis_points, collateral, instalment }
    }

    /// The value of the collateral as the lender knows it.
    pub fn known_collateral(&self, draws: &mut Draws) -> Option<Minor> {
        if self.kind == LoanType::Personal { Some(self.collateral) } else { known(self.collateral, draws) }
    }
}

impl Loan {
    pub fn draw(seed: u64, number: u64, borrower: &Borrower) -> Self {
        let mut draws = Draws::new(seed, Purpose::Loan, number);
        let terms = Terms::draw(&mut draws, borrower);
        let Terms { kind, amount, tenure_months, rate_basis_points, instalment, .. } = terms;

        let elapsed_months = 2 + draws.below(tenure_months - 2);
        let burden = instalment.0 as f64 / 100.0 / borrower.income_now;
        let distress = 0.5 * borrower.weakness + 1.5 * (burden - 0.3) + 0.8 * draws.normal();
        let missed_payments = (exp(0.2 + 1.1 * distress) as u32).min(elapsed_months).min(12);
        let unpaid = draw_unpaid(missed_payments, &mut draws);
        let days_past_due = draw_days_past_due(missed_payments, unpaid, &mut draws);
        let amount_major = amount.0 as f64 / 100.0;
        let scheduled = scheduled_balance(amount_major, rate_basis_points, tenure_months, elapsed_months);
        Self {
            number,
            kind,
            amount,
            tenure_months,
            rate_basis_points,
            collateral: terms.known_collateral(&mut draws),
            outstanding: Minor(to_minor(scheduled).0 + i64::from(unpaid) * instalment.0),
            instalment,
            payment_history: payment_history(missed_payments, days_past_due),
            missed_payments,
            days_past_due,
        }
    }
}

fn known<T>(value: T, draws: &mut Draws) -> Option<T> {
    if draws.chance(1) { None } else { Some(value) }
}

pub fn to_minor(major_units: f64) -> Minor {
    Minor((major_units * 100.0).round() as i64)
}

fn monthly_growth(rate_basis_points: u32) -> f64 {
    1.0 + f64::from(rate_basis_points) / 10_000.0 / 12.0
}

/// The equal monthly instalment that pays `amount` back over the tenure, in the unit of `amount`: `A i gⁿ / (gⁿ - 1)`
/// with `i` the interest of a month and `g = 1 + i` (Brealey, Myers and Allen, Principles of Corporate Finance,
/// "How to Calculate Present Values": annuities).
pub fn instalment(amount: f64, rate_basis_points: u32, tenure_months: u32) -> f64 {
    let growth = monthly_growth(rate_basis_points);
    let grown = power(growth, tenure_months);
    amount * (growth - 1.0) * grown / (grown - 1.0)
}

/// What is owed after `elapsed_months` instalments paid when due: `A (gⁿ - gᵏ) / (gⁿ - 1)`, from the same annuity.
pub fn scheduled_balance(amount: f64, rate_basis_points: u32, tenure_months: u32, elapsed_months: u32) -> f64 {
    let growth = monthly_growth(rate_basis_points);
    let grown = power(growth, tenure_months);
    amount * (grown - power(growth, elapsed_months)) / (grown - 1.0)
}

fn draw_unpaid(missed_payments: u32, draws: &mut Draws) -> u32 {
    match draws.below(100) {
        0..15 => 0,
        15..40 if missed_payments > 0 => 1 + draws.below(missed_payments),
        _ => missed_payments,
    }
}

/// Days since the oldest unpaid instalment fell due. Without a missed payment, some are late within the month.
fn draw_days_past_due(missed_payments: u32, unpaid: u32, draws: &mut Draws) -> u32 {
    if unpaid > 0 {
        return unpaid * 30 - draws.below(30);
    }
    if missed_payments == 0 && draws.chance(25) { 1 + draws.below(20) } else { 0 }
}

pub fn payment_history(missed_payments: u32, days_past_due: u32) -> &'static str {
    match (missed_payments, days_past_due) {
        (_, 91..) => "Missed",
        (0, _) | (1, 0) => "On-Time",
        _ => "Delayed",
    }
}
