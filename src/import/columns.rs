//! The columns of the input: what each is called, what it may hold, and where it goes.

use std::collections::{BTreeMap, BTreeSet};

use super::currency;
use super::ids::is_unseen;
use crate::config::Config;

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

    /// Whether its values are amounts of money.
    pub fn is_amount(self) -> bool {
        matches!(self, Self::Money | Self::Balance)
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

/// Where the number of dependents stands in [`COLUMNS`].
pub const DEPENDENTS: usize = 10;

/// Where the status stands in [`COLUMNS`].
pub const STATUS: usize = 6;

/// Where the outstanding balance stands in [`COLUMNS`].
pub const OUTSTANDING: usize = 16;

/// Where the days past due stand in [`COLUMNS`].
pub const DAYS_PAST_DUE: usize = 19;

/// A header or a word as it is compared: without case, spaces of any kind, line ends, `_`, `-` and letters that nobody sees.
pub fn normalised(text: &str) -> String {
    letters(text).collect()
}

/// The letters that count when headers or words are compared.
pub fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-') && !is_unseen(*letter))
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

/// Whether a column is one that the configuration or the standard format speaks of, so that it must be known which it is.
fn is_needed(header: &str, config: &Config) -> bool {
    let is = |name: &String| normalised(name) == normalised(header);
    let import = &config.import;
    is_standard(header, &config.columns)
        || config.feature.iter().any(|feature| is(&feature.column))
        || import.dates.keys().chain(import.decimal.keys()).any(is)
}

/// The headers, where each further column that nobody needs has a name of its own: of two called "Note", the second is
/// "Note (2)".
pub fn distinct(mut headers: Vec<String>, config: &Config) -> Vec<String> {
    let mut seen: BTreeSet<String> = headers.iter().map(|header| normalised(header)).collect();
    if seen.len() == headers.len() {
        return headers;
    }
    let mut firsts = BTreeSet::new();
    for header in headers.iter_mut().filter(|header| !header.is_empty()) {
        if firsts.insert(normalised(header)) || is_needed(header, config) {
            continue;
        }
        let mut names = (2..).map(|number| format!("{header} ({number})"));
        let name = names.find(|name| seen.insert(normalised(name))).expect("numbers do not end");
        *header = name;
    }
    headers
}

/// Which field of a line holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderMap {
    /// For each of [`COLUMNS`], the field that holds it, if the file has it.
    pub fields: [Option<usize>; COLUMNS.len()],
    /// Further columns of the lender: field and header.
    pub extras: Vec<(usize, String)>,
    /// Columns of the header.
    pub width: usize,
    /// Fields of every line: as many, and empty ones behind them where each line ends with separators.
    pub line_width: usize,
}

impl HeaderMap {
    /// The two fields of a loan that always hold numbers: its outstanding balance, and its days past due.
    pub fn numbers(&self) -> [usize; 2] {
        [OUTSTANDING, DAYS_PAST_DUE].map(|slot| self.fields[slot].expect("a header has the required columns"))
    }

    /// The fields that hold ids.
    pub fn ids(&self) -> Vec<usize> {
        [LOAN_ID, BORROWER_ID].into_iter().filter_map(|slot| self.fields[slot]).collect()
    }

    /// For each of [`COLUMNS`], the first field with its header, or the only one with its header and a currency;
    /// `own` gives the lender's name for a standard column.
    pub fn standard_fields(headers: &[String], own: &BTreeMap<String, String>) -> [Option<usize>; COLUMNS.len()] {
        COLUMNS.map(|column| {
            let wanted = normalised(wanted(column.name, own).unwrap_or(column.name));
            let exact = headers.iter().position(|header| normalised(header) == wanted);
            exact.or_else(|| match with_currency(&column, headers, own).as_slice() {
                [only] => Some(*only),
                _ => None,
            })
        })
    }

    /// Finds the standard columns among the headers, by the lender's names for them in the configuration.
    ///
    /// # Errors
    /// Every problem, in words: a required column missing, a header twice, a configured header that is not there.
    pub fn new(headers: &[String], config: &Config) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
        for (field, header) in headers.iter().enumerate() {
            if let Some(first) = firsts.insert(normalised(&name_of(field, header)), field) {
                problems.push(format!(
                    "the header {header:?} appears twice, in columns {} and {}: rename or remove one",
                    first + 1,
                    field + 1
                ));
            }
        }
        let fields = Self::standard_fields(headers, &config.columns);
        let mut taken = BTreeSet::new();
        for (column, field) in COLUMNS.iter().zip(fields) {
            let (name, own) = (column.name, wanted(column.name, &config.columns));
            let several = if field.is_none() { with_currency(column, headers, &config.columns) } else { Vec::new() };
            match (field, own) {
                _ if let [one, other, ..] = several[..] => {
                    let [one, other] = [&headers[one], &headers[other]];
                    problems.push(format!(
                        "{one:?} and {other:?} may both be {name}: set {name} = {one:?} or {other:?} under [columns] in recoup.toml"
                    ));
                }
                (Some(field), _) if !taken.insert(field) => {
                    let header = &headers[field];
                    problems.push(format!("[columns] in the configuration gives {header:?} for two standard columns"));
                }
                (None, Some(own)) => problems.push(format!(
                    "the column {own:?}, which [columns] in the configuration gives for {name}, is not in the file"
                )),
                (None, None) if column.is_required => problems.push(format!(
                    "the required column {name} is missing: add it, or name yours under [columns] in the configuration"
                )),
                _ => {}
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let extras = headers.iter().enumerate().filter(|(field, _)| !taken.contains(field));
        let extras = extras.map(|(field, header)| (field, name_of(field, header))).collect();
        Ok(Self { fields, extras, width: headers.len(), line_width: headers.len() })
    }
}

/// The fields whose header is that of a column of amounts and a currency: `Loan_Amount (USD)`.
fn with_currency(column: &Column, headers: &[String], own: &BTreeMap<String, String>) -> Vec<usize> {
    let wanted = normalised(wanted(column.name, own).unwrap_or(column.name));
    let is_wanted = |header: &String| {
        currency::of_header(header).is_some_and(|(rest, _)| normalised(rest) == wanted)
            && !own.values().any(|name| normalised(name) == normalised(header))
    };
    let found = headers.iter().enumerate().filter(|(_, header)| column.kind.is_amount() && is_wanted(header));
    found.map(|(field, _)| field).collect()
}

/// The lender's name for a standard column.
fn wanted<'own>(name: &str, own: &'own BTreeMap<String, String>) -> Option<&'own str> {
    own.iter().find(|(standard, _)| normalised(standard) == normalised(name)).map(|(_, header)| header.as_str())
}

/// A column without a header is called by its place.
fn name_of(field: usize, header: &str) -> String {
    if header.is_empty() { format!("column {}", field + 1) } else { header.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    fn config(text: &str) -> Config {
        Config::parse(text).unwrap()
    }

    #[test]
    fn headers_match_without_case_spaces_dashes_and_letters_that_nobody_sees() {
        let line = "days past\ndue,LOAN-ID,\u{feff}Outstanding\u{a0}loan\u{200e}_amount,Branch";
        let map = HeaderMap::new(&headers(line), &config(""));
        let map = map.unwrap();
        assert_eq!(map.fields[LOAN_ID], Some(1));
        assert_eq!(map.extras, [(3, "Branch".to_owned())]);
    }

    #[test]
    fn a_lenders_own_names_are_found() {
        let config = config("[columns]\nDays_Past_Due = \"DPD\"");
        let map = HeaderMap::new(&headers("Loan_ID,dpd,Outstanding_Loan_Amount"), &config).unwrap();
        assert_eq!(map.fields[19], Some(1));
        let problems = HeaderMap::new(&headers("Loan_ID,Outstanding_Loan_Amount"), &config).unwrap_err();
        assert!(problems[0].contains("\"DPD\""), "{problems:?}");
    }

    #[test]
    fn one_header_cannot_be_two_columns() {
        let config = config("[columns]\nNum_Dependents = \"Age\"");
        let line = "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due,Age";
        let problems = HeaderMap::new(&headers(line), &config).unwrap_err();
        assert!(problems[0].contains("two standard columns"), "{problems:?}");
        let twice = BTreeMap::from([("age".to_owned(), "A".to_owned()), ("Age".to_owned(), "B".to_owned())]);
        assert_eq!(naming_problems(&twice).len(), 1);
    }

    #[test]
    fn only_a_column_that_somebody_needs_must_have_a_header_of_its_own() {
        let line = "Note,Loan_ID,note,Outstanding_Loan_Amount,Days_Past_Due,NOTE,note (2)";
        let distinct = |config: &Config| distinct(headers(line), config);
        let named = distinct(&config(""));
        assert_eq!((named[2].as_str(), named[5].as_str()), ("note (3)", "NOTE (4)"), "{named:?}");
        assert!(HeaderMap::new(&named, &config("")).is_ok());
        let needed = config("[[feature]]\nname = \"note\"\ncolumn = \"Note\"\nkind = \"category\"");
        let problems = HeaderMap::new(&distinct(&needed), &needed).unwrap_err();
        assert!(problems[0].contains("appears twice, in columns 1 and 3"), "{problems:?}");
    }

    #[test]
    fn the_positions_are_those_of_the_columns() {
        assert_eq!(COLUMNS[LOAN_ID].name, "Loan_ID");
        assert_eq!((COLUMNS[BORROWER_ID].name, COLUMNS[OUTSTANDING].name), ("Borrower_ID", "Outstanding_Loan_Amount"));
        assert_eq!((COLUMNS[LOAN_AMOUNT].name, COLUMNS[TENURE].name), ("Loan_Amount", "Loan_Tenure"));
        assert_eq!((COLUMNS[RATE].name, COLUMNS[INSTALMENT].name), ("Interest_Rate", "Monthly_EMI"));
        assert_eq!(COLUMNS[DEPENDENTS].name, "Num_Dependents");
        assert_eq!(COLUMNS[MISSED_PAYMENTS].name, "Num_Missed_Payments");
        assert_eq!((COLUMNS[STATUS].name, COLUMNS[DAYS_PAST_DUE].name), ("Recovery_Status", "Days_Past_Due"));
    }

    #[test]
    fn all_problems_of_a_header_are_told_at_once() {
        let problems = HeaderMap::new(&headers("Loan_ID,Age,age"), &config("")).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
