//! The columns of a loan book: their names, their values, and which column a configured name means.
//!
//! The configuration and the import both use this catalogue, so that a column refused under one name cannot enter under another.

use std::collections::{BTreeMap, BTreeSet};

/// The values of a column. Bounds are inclusive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ColumnKind {
    Id,
    Text,
    /// An amount of at least zero, in major units with decimals.
    Money,
    /// An amount owed, or, below zero, overpaid.
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
    /// A text that the configuration interprets.
    Status,
    Date,
}

impl ColumnKind {
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Id | Self::Text | Self::Status | Self::Date)
    }

    pub fn is_amount(self) -> bool {
        matches!(self, Self::Money | Self::Balance)
    }

    pub fn is_whole(self) -> bool {
        matches!(self, Self::Integer { .. } | Self::Tenure | Self::Lateness)
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "text",
            Self::Money | Self::Balance => "amount",
            Self::Integer { .. } | Self::Tenure | Self::Lateness => "whole number",
            Self::Decimal { .. } | Self::Rate => "number",
            Self::Status => "outcome",
            Self::Date => "date",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StandardColumn {
    pub name: &'static str,
    pub kind: ColumnKind,
    /// A line without a readable value here is left out.
    pub is_required: bool,
    /// Most files have it, so that its absence is mentioned.
    pub is_usual: bool,
}

const fn column(name: &'static str, kind: ColumnKind) -> StandardColumn {
    StandardColumn { name, kind, is_required: false, is_usual: true }
}

const fn required(name: &'static str, kind: ColumnKind) -> StandardColumn {
    StandardColumn { name, kind, is_required: true, is_usual: true }
}

const fn further(name: &'static str, kind: ColumnKind) -> StandardColumn {
    StandardColumn { name, kind, is_required: false, is_usual: false }
}

/// The standard format, in the order in which the statements of the import take the values.
pub const COLUMNS: [StandardColumn; 26] = [
    required("Loan_ID", ColumnKind::Id),
    column("Borrower_ID", ColumnKind::Id),
    column("Gender", ColumnKind::Text),
    column("Employment_Type", ColumnKind::Text),
    column("Loan_Type", ColumnKind::Text),
    column("Payment_History", ColumnKind::Text),
    column("Recovery_Status", ColumnKind::Status),
    column("Collection_Method", ColumnKind::Text),
    column("Legal_Action_Taken", ColumnKind::Text),
    column("Age", ColumnKind::Integer { from: 15, to: 120 }),
    column("Num_Dependents", ColumnKind::Integer { from: 0, to: 50 }),
    column("Monthly_Income", ColumnKind::Money),
    column("Loan_Amount", ColumnKind::Money),
    column("Loan_Tenure", ColumnKind::Tenure),
    column("Interest_Rate", ColumnKind::Rate),
    column("Collateral_Value", ColumnKind::Money),
    required("Outstanding_Loan_Amount", ColumnKind::Balance),
    column("Monthly_EMI", ColumnKind::Money),
    column("Num_Missed_Payments", ColumnKind::Integer { from: 0, to: 720 }),
    required("Days_Past_Due", ColumnKind::Lateness),
    column("Collection_Attempts", ColumnKind::Integer { from: 0, to: 100_000 }),
    further("Disbursed_On", ColumnKind::Date),
    further("Branch", ColumnKind::Text),
    further("Officer", ColumnKind::Text),
    further("Product", ColumnKind::Text),
    further("Maturity_Date", ColumnKind::Date),
];

/// Positions in [`COLUMNS`].
pub const LOAN_ID: usize = 0;
pub const BORROWER_ID: usize = 1;
pub const STATUS: usize = 6;
pub const DEPENDENTS: usize = 10;
pub const LOAN_AMOUNT: usize = 12;
pub const TENURE: usize = 13;
pub const RATE: usize = 14;
pub const OUTSTANDING: usize = 16;
pub const INSTALMENT: usize = 17;
pub const MISSED_PAYMENTS: usize = 18;
pub const DAYS_PAST_DUE: usize = 19;
pub const COLLECTION_ATTEMPTS: usize = 20;
pub const MATURITY: usize = 25;

/// A header or a word as compared: without case, whitespace, `_`, `-` and invisible characters.
pub fn normalised(text: &str) -> String {
    letters(text).collect()
}

pub fn letters(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars()
        .filter(|letter| !letter.is_whitespace() && !matches!(letter, '_' | '-') && !is_invisible(*letter))
        .flat_map(char::to_lowercase)
}

/// Whether a header belongs to a standard column; `own` gives the lender's names for these.
pub fn is_standard(header: &str, own: &BTreeMap<String, String>) -> bool {
    let header = normalised(header);
    COLUMNS.iter().any(|column| normalised(column.name) == header)
        || own.values().any(|name| normalised(name) == header)
}

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

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Words(&'static str),
    Numbers(&'static str),
    /// A further column of the lender, by its normalised header.
    Further(String),
}

/// The column that `column` means, or the end of a sentence that says why it cannot be a feature; `names` gives the lender's
/// names for the standard columns.
pub fn origin(column: &str, names: &BTreeMap<String, String>) -> Result<Origin, &'static str> {
    let wanted = normalised(column);
    if wanted.is_empty() {
        return Err("is empty: name a header of the file");
    }
    if column.chars().any(|letter| matches!(letter, '"' | '\\') || letter.is_control()) {
        return Err("contains a quotation mark, a backslash or a control character: rename it in the file");
    }
    match standard(column, names).map(|standard| (standard.name, standard.kind)) {
        None => Ok(Origin::Further(wanted)),
        Some(("Gender", _)) => Err("is never a feature: no score may depend on it"),
        Some(("Recovery_Status", _)) => Err("is to be predicted, so it cannot be a feature"),
        Some((_, ColumnKind::Date)) => Err("is a date, so it cannot be a feature"),
        Some((_, ColumnKind::Id)) => Err("only identifies the loan, so it cannot be a feature"),
        Some((name, ColumnKind::Text)) => Ok(Origin::Words(name)),
        Some((name @ ("Num_Dependents" | "Collection_Attempts"), _)) => Ok(Origin::Numbers(name)),
        Some(_) => Err("is a feature already"),
    }
}

/// Refuses a column without categories, with the end of a sentence that says why.
pub fn is_category(column: &str, names: &BTreeMap<String, String>) -> Result<(), &'static str> {
    match standard(column, names).map(|standard| standard.kind) {
        None | Some(ColumnKind::Text) => Ok(()),
        Some(ColumnKind::Status) => Err("has its words in the lists under [outcome]"),
        Some(_) => Err("contains no words, so it has no spellings"),
    }
}

pub fn standard(column: &str, names: &BTreeMap<String, String>) -> Option<&'static StandardColumn> {
    let wanted = normalised(column);
    let renamed = names.iter().find(|(_, header)| normalised(header) == wanted).map(|(name, _)| normalised(name));
    COLUMNS.iter().find(|standard| {
        let name = normalised(standard.name);
        name == wanted || renamed.as_ref() == Some(&name)
    })
}

/// Whether a character is invisible. Some scripts need such characters in words; ids and headers do not.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{e0000}'..='\u{e01ef}')
}
