//! The columns of the input: what each is called, what it may hold, and where it goes.

use std::collections::{BTreeMap, BTreeSet};

/// What a column's values must be. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// A text that says which loan or borrower it is.
    Id,
    Text,
    /// An amount of at least zero, in major units with decimals.
    Money,
    /// What is owed; below zero, what was overpaid.
    Balance,
    /// Percent a year.
    Rate,
    /// Months.
    Tenure,
    /// Days past due.
    Lateness,
    Integer {
        from: i64,
        to: i64,
    },
    Decimal {
        from: f64,
        to: f64,
    },
    /// A text whose meaning the configuration gives.
    Status,
}

impl Kind {
    /// Whether its values are numbers, which every lender writes differently.
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Id | Self::Text | Self::Status)
    }

    /// Whether its values are whole numbers.
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Tenure | Self::Lateness)
    }

    /// What a column of this kind is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "text",
            Self::Money | Self::Balance => "amount",
            Self::Integer { .. } | Self::Tenure | Self::Lateness => "whole number",
            Self::Decimal { .. } | Self::Rate => "number",
            Self::Status => "outcome",
        }
    }
}

/// One column of the standard format.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    /// The standard header.
    pub name: &'static str,
    pub kind: Kind,
    /// Without a readable value here a line is left out.
    pub is_required: bool,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, is_required: false }
}

const fn required(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, is_required: true }
}

/// The standard format, in the order in which `insert_snapshot.sql` takes the values.
pub const COLUMNS: [Column; 21] = [
    required("Loan_ID", Kind::Id),
    column("Borrower_ID", Kind::Id),
    column("Gender", Kind::Text),
    column("Employment_Type", Kind::Text),
    column("Loan_Type", Kind::Text),
    column("Payment_History", Kind::Text),
    column("Recovery_Status", Kind::Status),
    column("Collection_Method", Kind::Text),
    column("Legal_Action_Taken", Kind::Text),
    column("Age", Kind::Integer { from: 15, to: 120 }),
    column("Num_Dependents", Kind::Integer { from: 0, to: 50 }),
    column("Monthly_Income", Kind::Money),
    column("Loan_Amount", Kind::Money),
    column("Loan_Tenure", Kind::Tenure),
    column("Interest_Rate", Kind::Rate),
    column("Collateral_Value", Kind::Money),
    required("Outstanding_Loan_Amount", Kind::Balance),
    column("Monthly_EMI", Kind::Money),
    column("Num_Missed_Payments", Kind::Integer { from: 0, to: 720 }),
    required("Days_Past_Due", Kind::Lateness),
    column("Collection_Attempts", Kind::Integer { from: 0, to: 100_000 }),
];

/// Where the loan id stands in [`COLUMNS`].
pub const LOAN_ID: usize = 0;

/// Where the borrower id stands in [`COLUMNS`].
pub const BORROWER_ID: usize = 1;

/// Where the tenure, the rate, the loan's amount, its instalment and the missed payments stand in [`COLUMNS`].
pub const LOAN_AMOUNT: usize = 12;
pub const TENURE: usize = 13;
pub const RATE: usize = 14;
pub const INSTALMENT: usize = 17;
pub const MISSED_PAYMENTS: usize = 18;

/// Where the status stands in [`COLUMNS`].
pub const STATUS: usize = 6;

/// Where the outstanding balance stands in [`COLUMNS`].
pub const OUTSTANDING: usize = 16;

/// Where the days past due stand in [`COLUMNS`].
pub const DAYS_PAST_DUE: usize = 19;

/// A header or a word as it is compared: without case, spaces of any kind, line ends, `_` and `-`.
pub fn normalised(text: &str) -> String {
    letters(text).collect()
}

/// The letters that count when headers or words are compared.
pub fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-' | '\u{feff}'))
        .flat_map(char::to_lowercase)
}

/// Whether a header is that of a standard column; `own` gives the lender's names for these.
pub fn is_standard(header: &str, own: &BTreeMap<String, String>) -> bool {
    let header = normalised(header);
    COLUMNS.iter().any(|column| normalised(column.name) == header)
        || own.values().any(|name| normalised(name) == header)
}

/// What is wrong with `[columns]`, in words: names that are no standard column, or that are given twice.
pub fn naming_problems(own: &BTreeMap<String, String>) -> Vec<String> {
    let is_standard = |name: &str| COLUMNS.iter().any(|column| normalised(column.name) == normalised(name));
    let unknown = own.keys().filter(|name| !is_standard(name));
    let mut problems: Vec<String> =
        unknown.map(|name| format!("columns: there is no standard column {name:?}")).collect();
    let mut seen = BTreeSet::new();
    let twice = own.keys().filter(|name| !seen.insert(normalised(name)));
    problems.extend(twice.map(|name| format!("columns: {name:?} is given twice")));
    problems
}

/// Which field of a line holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMap {
    /// For each of [`COLUMNS`], the field that holds it, if the file has it.
    pub fields: [Option<usize>; COLUMNS.len()],
    /// Further columns of the lender: field and header.
    pub extras: Vec<(usize, String)>,
    /// Fields in the header, hence in every line.
    pub width: usize,
}

impl HeaderMap {
    /// The two fields of a loan that always hold numbers: its outstanding balance, and its days past due.
    pub fn numbers(&self) -> [usize; 2] {
        [OUTSTANDING, DAYS_PAST_DUE].map(|slot| self.fields[slot].expect("a header has the required columns"))
    }

    /// Finds the standard columns among the headers; `own` gives the lender's name for a standard column.
    ///
    /// # Errors
    /// Every problem, in words: a required column missing, a header twice, a configured header that is not there.
    pub fn new(headers: &[String], own: &BTreeMap<String, String>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for (field, header) in headers.iter().enumerate() {
            let name = if header.is_empty() { format!("column {}", field + 1) } else { header.clone() };
            if let Some(first) = names.insert(normalised(&name), field) {
                problems.push(format!(
                    "the header {header:?} stands twice, in columns {} and {}: rename or remove one",
                    first + 1,
                    field + 1
                ));
            }
        }
        let mut fields = [None; COLUMNS.len()];
        let mut taken = BTreeSet::new();
        for (slot, column) in COLUMNS.iter().enumerate() {
            let header = own.iter().find(|(name, _)| normalised(name) == normalised(column.name));
            let wanted = header.map_or(column.name, |(_, header)| header);
            fields[slot] = names.get(&normalised(wanted)).copied();
            if let Some(field) = fields[slot]
                && !taken.insert(field)
            {
                problems.push(format!("[columns] in the configuration gives {wanted:?} for two standard columns"));
            }
            if fields[slot].is_some() {
                continue;
            }
            if header.is_some() {
                let name = column.name;
                problems.push(format!(
                    "the column {wanted:?}, which [columns] in the configuration gives for {name}, is not in the file"
                ));
            } else if column.is_required {
                problems.push(format!(
                    "the required column {} is missing: add it, or name yours under [columns] in the configuration",
                    column.name
                ));
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let extras = headers.iter().enumerate().filter(|(field, _)| !taken.contains(field));
        let extras = extras.map(|(field, header)| {
            (field, if header.is_empty() { format!("column {}", field + 1) } else { header.clone() })
        });
        Ok(Self { fields, extras: extras.collect(), width: headers.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    #[test]
    fn headers_match_without_case_spaces_and_dashes() {
        let line = "days past\ndue,LOAN-ID,\u{feff}Outstanding\u{a0}loan_amount,Branch";
        let map = HeaderMap::new(&headers(line), &BTreeMap::new());
        let map = map.unwrap();
        assert_eq!(map.fields[LOAN_ID], Some(1));
        assert_eq!(map.extras, [(3, "Branch".to_owned())]);
    }

    #[test]
    fn a_lenders_own_names_are_found() {
        let own = BTreeMap::from([("Days_Past_Due".to_owned(), "DPD".to_owned())]);
        let map = HeaderMap::new(&headers("Loan_ID,dpd,Outstanding_Loan_Amount"), &own).unwrap();
        assert_eq!(map.fields[19], Some(1));
        let problems = HeaderMap::new(&headers("Loan_ID,Outstanding_Loan_Amount"), &own).unwrap_err();
        assert!(problems[0].contains("\"DPD\""), "{problems:?}");
    }

    #[test]
    fn one_header_cannot_be_two_columns() {
        let own = BTreeMap::from([("Num_Dependents".to_owned(), "Age".to_owned())]);
        let line = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Age";
        let problems = HeaderMap::new(&headers(line), &own).unwrap_err();
        assert!(problems[0].contains("two standard columns"), "{problems:?}");
        let twice = BTreeMap::from([("age".to_owned(), "A".to_owned()), ("Age".to_owned(), "B".to_owned())]);
        assert_eq!(naming_problems(&twice).len(), 1);
    }

    #[test]
    fn the_positions_are_those_of_the_columns() {
        assert_eq!(COLUMNS[LOAN_ID].name, "Loan_ID");
        assert_eq!((COLUMNS[BORROWER_ID].name, COLUMNS[OUTSTANDING].name), ("Borrower_ID", "Outstanding_Loan_Amount"));
        assert_eq!((COLUMNS[LOAN_AMOUNT].name, COLUMNS[TENURE].name), ("Loan_Amount", "Loan_Tenure"));
        assert_eq!((COLUMNS[RATE].name, COLUMNS[INSTALMENT].name), ("Interest_Rate", "Monthly_EMI"));
        assert_eq!(COLUMNS[MISSED_PAYMENTS].name, "Num_Missed_Payments");
        assert_eq!((COLUMNS[STATUS].name, COLUMNS[DAYS_PAST_DUE].name), ("Recovery_Status", "Days_Past_Due"));
    }

    #[test]
    fn all_problems_of_a_header_are_told_at_once() {
        let problems = HeaderMap::new(&headers("Loan_ID,Age,age"), &BTreeMap::new()).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
