//! A book whose every value is known, and how a value is compared: as one plain text, whatever it was written like.

use chrono::{Datelike, NaiveDate};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Text,
    /// Written with two decimals.
    Amount,
    /// An amount written without decimals: with thousands parted, it is what its column says.
    WholeAmount,
    Count,
    /// Percent, written with as many decimals as it has.
    Rate,
    /// A number of the lender's own, which may be negative; two decimals.
    Signed,
    Date,
}

/// A column: its header, what it holds, and where it is found again in the tables of loans; further ones are in `extra`.
pub struct Column {
    pub header: &'static str,
    pub holds: Holds,
    pub stored_as: Option<&'static str>,
    pub is_required: bool,
}

const fn column(header: &'static str, holds: Holds, stored_as: Option<&'static str>) -> Column {
    Column { header, holds, stored_as, is_required: false }
}

const fn required(header: &'static str, holds: Holds, stored_as: &'static str) -> Column {
    Column { header, holds, stored_as: Some(stored_as), is_required: true }
}

pub const COLUMNS: [Column; 16] = [
    required("Loan_ID", Holds::Text, "loan_id"),
    column("Borrower_ID", Holds::Text, Some("borrower_id")),
    column("Employment_Type", Holds::Text, Some("employment_type")),
    column("Branch", Holds::Text, Some("branch")),
    column("Age", Holds::Count, Some("age_years")),
    column("Monthly_Income", Holds::Amount, Some("monthly_income_minor")),
    column("Loan_Amount", Holds::Amount, Some("loan_amount_minor")),
    column("Interest_Rate", Holds::Rate, Some("interest_rate_percent")),
    column("Collateral_Value", Holds::WholeAmount, Some("collateral_value_minor")),
    required("Outstanding_Loan_Amount", Holds::Amount, "outstanding_minor"),
    column("Monthly_EMI", Holds::Amount, Some("monthly_emi_minor")),
    required("Days_Past_Due", Holds::Count, "days_past_due"),
    column("Recovery_Status", Holds::Text, Some("recovery_status")),
    column("Disbursed_On", Holds::Date, Some("disbursed_on")),
    column("Net worth", Holds::Signed, None),
    column("Note", Holds::Text, None),
];

pub const LOAN_ID: usize = 0;
pub const RATE: usize = 7;
pub const WHOLE: usize = 8;
pub const DAYS: usize = 11;
pub const DATE: usize = 13;

/// The settings with which the book is read, but for what only some ways of writing it need. Many more lines may be rejected
/// than usual, so that more files are loaded; but not nearly all, which is how a harmed header is noticed.
pub const CONFIG: &str = "[import]\nmax_rejected_percent = 60\nmax_unreadable_percent = 60\n\
     [[feature]]\nname = \"net_worth\"\ncolumn = \"Net worth\"\nkind = \"number\"\n\
     [import.dates]\n\"Disbursed_On\" = \"auto\"\n";

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Missing,
    Text(String),
    /// Of amounts, rates and signed numbers.
    Hundredths(i64),
    Count(i64),
    Date(NaiveDate),
}

impl Cell {
    /// The value as plain text, as [`super::trial`] gives what was stored.
    pub fn plain(&self, holds: Holds) -> Option<String> {
        Some(match self {
            Self::Missing => return None,
            Self::Text(text) => text.clone(),
            Self::Hundredths(value) if holds == Holds::Signed => decimals(*value),
            Self::Hundredths(value) if holds == Holds::Rate => (*value as f64 / 100.0).to_string(),
            Self::Hundredths(value) => value.to_string(),
            Self::Count(count) => count.to_string(),
            Self::Date(date) => format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day()),
        })
    }
}

/// Hundredths with a point before their decimals.
fn decimals(hundredths: i64) -> String {
    shortest(&format!(
        "{}{}.{:02}",
        if hundredths < 0 { "-" } else { "" },
        hundredths.abs() / 100,
        hundredths.abs() % 100
    ))
}

/// A plain decimal number without zeros that say nothing.
pub fn shortest(number: &str) -> String {
    let (sign, digits) = number.strip_prefix('-').map_or(("", number), |digits| ("-", digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, part) = (whole.trim_start_matches('0'), part.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    match (whole, part) {
        ("0", "") => "0".to_owned(),
        (whole, "") => format!("{sign}{whole}"),
        (whole, part) => format!("{sign}{whole}.{part}"),
    }
}

/// What a book is made of.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub loans: usize,
    pub seed: u64,
    /// Whether the amounts without decimals reach a million, so that their groups tell what parts them.
    pub has_millions: bool,
    /// Whether some date is after the twelfth, so that its order tells.
    pub has_late_days: bool,
}

/// A row a loan.
#[derive(Debug, Clone)]
pub struct Book(pub Vec<Vec<Cell>>);

impl Book {
    /// Ids begin with this letter, so that two books have none in common.
    pub fn new(plan: Plan, letter: char) -> Self {
        let mut random = Xoshiro256PlusPlus::seed_from_u64(plan.seed ^ u64::from(letter));
        Self((0..plan.loans).map(|number| loan(plan, letter, number, &mut random)).collect())
    }

    /// The plain texts of a row.
    pub fn plain(row: &[Cell]) -> Vec<Option<String>> {
        row.iter().zip(&COLUMNS).map(|(cell, column)| cell.plain(column.holds)).collect()
    }
}

fn loan(plan: Plan, letter: char, number: usize, random: &mut Xoshiro256PlusPlus) -> Vec<Cell> {
    let mut below = |bound: u64| (random.next_u64() % bound) as i64;
    let id = match number % 3 {
        0 => format!("{letter}{number:04}/7"),
        1 => format!("00{}{number:04}", letter as u32),
        _ => format!("{letter}-{number:04}-9"),
    };
    let texts = ["Béatrice Ørsted", "Café \"Zoë\"", "North, 2; west | 3", "São Tomé", "plain", "two\nlines, 5"];
    let last_day = if plan.has_late_days { 28 } else { 12 };
    // The first loan makes sure that what the plan says is there.
    let (day, whole) = match number {
        0 => (last_day, if plan.has_millions { 1_234_567 } else { 123_456 }),
        _ => (1 + below(last_day as u64), if plan.has_millions { below(3_000_000) } else { 1_000 + below(900_000) }),
    };
    let month = if number == 0 { 3 } else { 1 + below(12) };
    let date = NaiveDate::from_ymd_opt(2015 + below(10) as i32, month as u32, day as u32);
    let amount = |most: i64, random: i64| Cell::Hundredths(100 + random % most);
    let mut row = vec![
        Cell::Text(id),
        Cell::Text(format!("B{}", below(90_000) + 10_000)),
        Cell::Text(["Salaried", "Self-Employed", "Angestellt über 5 J."][below(3) as usize].to_owned()),
        Cell::Text(texts[below(5) as usize].to_owned()),
        Cell::Count(18 + below(60)),
        amount(90_000_000, below(1 << 40)),
        amount(2_000_000_000, below(1 << 40)),
        Cell::Hundredths(1 + below(4_000)),
        Cell::Hundredths(whole * 100),
        amount(900_000_000, below(1 << 40)),
        amount(9_000_000, below(1 << 40)),
        Cell::Count(below(400)),
        Cell::Text(
            ["Fully Recovered", "Partially Recovered", "Written Off", "Outstanding"][below(4) as usize].to_owned(),
        ),
        Cell::Date(date.expect("a day before the 29th")),
        Cell::Hundredths(below(400_000_000) - 200_000_000),
        Cell::Text(texts[below(6) as usize].to_owned()),
    ];
    for (cell, column) in row.iter_mut().zip(&COLUMNS) {
        if !column.is_required && number > 0 && below(12) == 0 {
            *cell = Cell::Missing;
        }
    }
    row
}
