//! The weekly file: one row for each loan that the lender's system shows, in the order of the loans.

use std::fmt::Write;

use chrono::NaiveDate;

use super::super::loan::{Employment, LoanType, payment_history};
use super::super::{BOOK_COLUMNS, Hundredths, OrEmpty};
use super::faults::Ids;
use super::loan::{Loan, State};
use super::person::Person;

/// What the weekly files have besides the columns of the book.
const FURTHER_COLUMNS: &str = "Disbursed_On,Branch,Officer,Product";

pub fn begin() -> String {
    format!("{BOOK_COLUMNS},{FURTHER_COLUMNS}\n")
}

/// One row. No value holds a comma or a quote, so none needs quoting.
pub fn add(file: &mut String, ids: Ids, as_of: NaiveDate, loan: &Loan, person: &Person) {
    let borrower = &person.borrower;
    let status = match loan.state {
        State::Live => "Outstanding",
        State::Closed { status, .. } => status,
    };
    let days = loan.days_past_due(as_of) as u32;
    let written = writeln!(
        file,
        "BRW_{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        borrower.number,
        OrEmpty(borrower.age),
        borrower.gender,
        borrower.employment.name(),
        OrEmpty(borrower.income.map(|income| Hundredths(income.0))),
        OrEmpty(borrower.dependents),
        ids.loan(loan.number),
        Hundredths(loan.terms.amount.0),
        loan.terms.tenure_months,
        Hundredths(i64::from(loan.terms.rate_basis_points)),
        loan.terms.kind.name(),
        OrEmpty(loan.collateral.map(|value| Hundredths(value.0))),
        Hundredths(loan.owed(as_of).0),
        Hundredths(loan.terms.instalment.0),
        payment_history(loan.missed_payments, days),
        loan.missed_payments,
        days,
        status,
        loan.attempts,
        collection_method(loan.has_legal_action, days),
        if loan.has_legal_action { "Yes" } else { "No" },
        loan.disbursed_on,
        person.branch,
        person.officer,
        product(loan, borrower.employment),
    );
    written.expect("a String takes every text");
}

fn collection_method(has_legal_action: bool, days: u32) -> &'static str {
    match days {
        _ if has_legal_action => "Legal Notice",
        0..=60 => "Calls",
        61..=120 => "Settlement Offer",
        _ => "Debt Collectors",
    }
}

fn product(loan: &Loan, employment: Employment) -> &'static str {
    let is_secured = loan.terms.collateral.0 > 0;
    match loan.terms.kind {
        LoanType::Personal if employment == Employment::Salaried => "Salary Loan",
        LoanType::Personal => "Personal Loan",
        LoanType::Home if loan.terms.amount.0 < 100_000_000 => "Home Improvement",
        LoanType::Home => "Home Purchase",
        LoanType::Auto if loan.terms.amount.0 < 25_000_000 => "Two-Wheeler",
        LoanType::Auto => "Car",
        LoanType::Business if is_secured => "Secured Business",
        LoanType::Business => "Working Capital",
    }
}
