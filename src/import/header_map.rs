//! Which field of a line holds which column.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::currency;
use crate::columns::{
    BORROWER_ID, COLUMNS, DAYS_PAST_DUE, LOAN_ID, OUTSTANDING, StandardColumn, is_standard, normalised,
};
use crate::config::Config;

/// The names of the standard columns as compared: many lines are looked at before the header is found.
static STANDARD: LazyLock<Vec<String>> =
    LazyLock::new(|| COLUMNS.iter().map(|column| normalised(column.name)).collect());

/// Whether the configuration or the standard format mentions a column, so that it must be unambiguous.
fn is_needed(header: &str, config: &Config) -> bool {
    let is = |name: &String| normalised(name) == normalised(header);
    let import = &config.import;
    is_standard(header, &config.columns)
        || config.feature.iter().any(|feature| is(&feature.column))
        || import.dates.keys().chain(import.decimal.keys()).any(is)
}

/// Makes the names of further columns that are not needed unique: of two called "Note", the second becomes "Note (2)".
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

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderMap {
    /// For each of [`COLUMNS`], the field that holds it, if the file has it.
    pub fields: [Option<usize>; COLUMNS.len()],
    pub extras: Vec<(usize, String)>,
    pub width: usize,
    /// Fields of every line: as many, or more if each line ends with separators.
    pub line_width: usize,
}

impl HeaderMap {
    pub fn standard(&self, field: usize) -> Option<&'static StandardColumn> {
        self.fields.iter().position(|found| *found == Some(field)).map(|slot| &COLUMNS[slot])
    }

    pub fn further(&self, field: usize) -> Option<&str> {
        self.extras.iter().find(|(place, _)| *place == field).map(|(_, header)| header.as_str())
    }

    /// The two fields of a loan that always hold numbers: its outstanding balance, and its days past due.
    pub fn numbers(&self) -> [usize; 2] {
        [OUTSTANDING, DAYS_PAST_DUE].map(|slot| self.fields[slot].expect("a header has the required columns"))
    }

    pub fn ids(&self) -> Vec<usize> {
        [LOAN_ID, BORROWER_ID].into_iter().filter_map(|slot| self.fields[slot]).collect()
    }

    /// For each of [`COLUMNS`], the first field with its header, or the only one with its header and a currency;
    /// `own` gives the lender's name for a standard column.
    pub fn standard_fields(headers: &[String], own: &BTreeMap<String, String>) -> [Option<usize>; COLUMNS.len()] {
        let normal: Vec<String> = headers.iter().map(|header| normalised(header)).collect();
        let of_amounts = without_currency(headers, own);
        let own = own_names(own);
        std::array::from_fn(|slot| {
            let wanted = wanted(slot, own[slot]);
            let exact = normal.iter().position(|header| *header == wanted);
            exact.or_else(|| match with_currency(&COLUMNS[slot], &wanted, &of_amounts).as_slice() {
                [only] => Some(*only),
                _ => None,
            })
        })
    }

    /// Finds the standard columns among the headers, by the lender's names for them in the configuration.
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
        let of_amounts = without_currency(headers, &config.columns);
        let mut taken = BTreeSet::new();
        let own_names = own_names(&config.columns);
        for (slot, (column, field)) in COLUMNS.iter().zip(fields).enumerate() {
            let (name, own) = (column.name, own_names[slot]);
            let several = match field {
                None => with_currency(column, &wanted(slot, own), &of_amounts),
                Some(_) => Vec::new(),
            };
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

/// Each header without the currency that it ends in, as `Loan_Amount (USD)` does.
fn without_currency(headers: &[String], own: &BTreeMap<String, String>) -> Vec<Option<String>> {
    let own: BTreeSet<String> = own.values().map(|name| normalised(name)).collect();
    let without = |header: &String| {
        let (rest, _) = currency::of_header(header)?;
        (!own.contains(&normalised(header))).then(|| normalised(rest))
    };
    headers.iter().map(without).collect()
}

/// The fields whose header is that of a column of amounts, `wanted`, and a currency.
fn with_currency(column: &StandardColumn, wanted: &str, of_amounts: &[Option<String>]) -> Vec<usize> {
    let is_wanted = |field: &usize| column.kind.is_amount() && of_amounts[*field].as_deref() == Some(wanted);
    (0..of_amounts.len()).filter(is_wanted).collect()
}

/// The lender's names for the standard columns.
fn own_names(own: &BTreeMap<String, String>) -> [Option<&str>; COLUMNS.len()] {
    let own: BTreeMap<String, &str> = own.iter().map(|(name, header)| (normalised(name), header.as_str())).collect();
    std::array::from_fn(|slot| own.get(&STANDARD[slot]).copied())
}

/// The header of a standard column as compared: the lender's name for it, or its own.
fn wanted(slot: usize, own: Option<&str>) -> Cow<'static, str> {
    own.map_or(Cow::Borrowed(&STANDARD[slot]), |name| Cow::Owned(normalised(name)))
}

/// A column without a header is called by its position.
fn name_of(field: usize, header: &str) -> String {
    if header.is_empty() { format!("column {}", field + 1) } else { header.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::{DEPENDENTS, INSTALMENT, LOAN_AMOUNT, MISSED_PAYMENTS, RATE, STATUS, TENURE, naming_problems};

    fn headers(line: &str) -> Vec<String> {
        line.split(',').map(str::to_owned).collect()
    }

    fn config(text: &str) -> Config {
        Config::parse(text).unwrap()
    }

    #[test]
    fn headers_match_without_case_spaces_dashes_and_invisible_letters() {
        let line = "days past\ndue,LOAN-ID,\u{feff}Outstanding\u{a0}loan\u{200e}_amount,Region";
        let map = HeaderMap::new(&headers(line), &config(""));
        let map = map.unwrap();
        assert_eq!(map.fields[LOAN_ID], Some(1));
        assert_eq!(map.extras, [(3, "Region".to_owned())]);
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
    fn only_a_column_that_is_needed_must_have_a_header_of_its_own() {
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
    fn all_problems_of_a_header_are_reported_at_once() {
        let problems = HeaderMap::new(&headers("Loan_ID,Age,age"), &config("")).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
