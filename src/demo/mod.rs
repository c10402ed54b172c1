//! A made-up loan book with known true probabilities, for trying and testing the program. [`Signal::None`] makes a book in
//! which nothing about the borrower matters. The same options give the same bytes on every 64-bit machine; each borrower, loan
//! and outcome is drawn from the seed and its number alone, so a short book is the beginning of a longer one.
//!
//! [`weeks`] makes the weekly files of such a lender instead of one book.

mod draw;
mod loan;
mod truth;
mod weeks;

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, BufWriter, Write};

use loan::{Borrower, Loan};
use truth::Ending;
pub use weeks::{DemoWeeks, write_weeks};

/// The header line of the book.
pub const BOOK_COLUMNS: &str = "\
    Borrower_ID,Age,Gender,Employment_Type,Monthly_Income,Num_Dependents,Loan_ID,Loan_Amount,Loan_Tenure,\
    Interest_Rate,Loan_Type,Collateral_Value,Outstanding_Loan_Amount,Monthly_EMI,Payment_History,Num_Missed_Payments,\
    Days_Past_Due,Recovery_Status,Collection_Attempts,Collection_Method,Legal_Action_Taken";

/// The columns of the truth: the probability of not being fully recovered, and 1 for a loan that was not, 0 for one that was,
/// even if the book shows it as outstanding.
pub const TRUTH_COLUMNS: [&str; 3] = ["Loan_ID", "True_Probability", "Outcome"];

const BUFFER_BYTES: usize = 1 << 17;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DemoBook {
    pub loans: usize,
    pub seed: u64,
    pub signal: Signal,
}

/// What the outcomes of a made-up book depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Signal {
    /// Nothing: four loans in ten are not fully recovered, for any borrower.
    None,
    /// The arrears, the burden, what is still owed and what secures it.
    Normal,
}

/// Writes the book and, if wanted, its truth as CSV, in the order of the loan numbers. Money has two decimals, rates are
/// percent a year, tenures months; an unknown value is empty.
pub fn write_book(options: &DemoBook, book: &mut dyn Write, truth: Option<&mut dyn Write>) -> io::Result<()> {
    let mut book = BufWriter::with_capacity(BUFFER_BYTES, book);
    let mut truth = truth.map(|truth| BufWriter::with_capacity(BUFFER_BYTES, truth));
    writeln!(book, "{BOOK_COLUMNS}")?;
    if let Some(truth) = &mut truth {
        writeln!(truth, "{}", TRUTH_COLUMNS.join(","))?;
    }
    for (borrower, loan) in loans(options.seed).take(options.loans) {
        let ending = Ending::draw(options.seed, options.signal, &borrower, &loan);
        write_row(&mut book, &borrower, &loan, &ending)?;
        if let Some(truth) = &mut truth {
            let (millionths, outcome) = (ending.probability_millionths, u8::from(ending.is_not_recovered));
            writeln!(truth, "LN_{},{}.{:06},{outcome}", loan.number, millionths / 1_000_000, millionths % 1_000_000)?;
        }
    }
    if let Some(truth) = &mut truth {
        truth.flush()?;
    }
    book.flush()
}

/// The loans of a seed without end, each beside its borrower; the two loans of one borrower follow each other.
fn loans(seed: u64) -> impl Iterator<Item = (Borrower, Loan)> {
    (1..)
        .map(move |number| Borrower::draw(seed, number))
        .flat_map(|borrower| std::iter::repeat_n(borrower, borrower.loans))
        .zip(1..)
        .map(move |(borrower, number)| (borrower, Loan::draw(seed, number, &borrower)))
}

/// One row. No value holds a comma or a quote, so none needs quoting.
fn write_row(book: &mut impl Write, borrower: &Borrower, loan: &Loan, ending: &Ending) -> io::Result<()> {
    let income = borrower.income.map(|income| Hundredths(income.0));
    let collateral = loan.collateral.map(|value| Hundredths(value.0));
    writeln!(
        book,
        "BRW_{},{},{},{},{},{},LN_{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}",
        borrower.number,
        OrEmpty(borrower.age),
        borrower.gender,
        borrower.employment.name(),
        OrEmpty(income),
        OrEmpty(borrower.dependents),
        loan.number,
        Hundredths(loan.amount.0),
        loan.tenure_months,
        Hundredths(i64::from(loan.rate_basis_points)),
        loan.kind.name(),
        OrEmpty(collateral),
        Hundredths(loan.outstanding.0),
        Hundredths(loan.instalment.0),
        loan.payment_history,
        loan.missed_payments,
        loan.days_past_due,
        ending.recovery_status,
        ending.collection_attempts,
        ending.collection_method,
        ending.legal_action_taken,
    )
}

/// A number of hundredths, never negative, as a decimal with two places.
struct Hundredths(i64);

impl fmt::Display for Hundredths {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// A value, or nothing at all where there is none.
struct OrEmpty<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for OrEmpty<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(formatter))
    }
}
