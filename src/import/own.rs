//! The columns that the configuration makes features: which they may be, where they are in the file, what is kept.
//!
//! Only here is decided what column a configured name means, so that what is refused in the configuration under one name
//! cannot come in under another.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::columns::{COLUMNS, Column, HeaderMap, Kind, normalised};
use crate::config::{OwnFeature, OwnKind};
use crate::error;

/// Numbers of own features reach so far to either side of zero: beyond, it is a mistake in the file.
const LARGEST_NUMBER: f64 = 1e15;

/// The column that a configured name means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A standard column of words.
    Words(&'static str),
    /// A standard column of whole numbers.
    Numbers(&'static str),
    /// A further column of the lender, by its normalised header.
    Further(String),
}

/// The column that `column` means; `names` gives the lender's names for the standard columns.
///
/// # Errors
/// Why it cannot be an own feature, as the end of a sentence that the column's name begins.
pub fn origin(column: &str, names: &BTreeMap<String, String>) -> Result<Origin, &'static str> {
    let wanted = normalised(column);
    if wanted.is_empty() {
        return Err("is empty: name a header of the file");
    }
    if column.chars().any(|letter| matches!(letter, '"' | '\\') || letter.is_control()) {
        return Err("holds a quotation mark, a backslash or a control character: rename it in the file");
    }
    match standard(column, names).map(|standard| (standard.name, standard.kind)) {
        None => Ok(Origin::Further(wanted)),
        Some(("Gender", _)) => Err("is never a feature: no score may depend on it"),
        Some(("Recovery_Status", _)) => Err("is what is to be predicted, so it cannot be a feature"),
        Some((_, Kind::Id)) => Err("only says which loan it is, so it cannot be a feature"),
        Some((name, Kind::Text)) => Ok(Origin::Words(name)),
        Some((name @ ("Num_Dependents" | "Collection_Attempts"), _)) => Ok(Origin::Numbers(name)),
        Some(_) => Err("is a feature already"),
    }
}

/// Whether the column that `column` means holds categories, whose spellings can be mapped.
///
/// # Errors
/// Why it does not, as the end of a sentence that the column's name begins.
pub fn is_category(column: &str, names: &BTreeMap<String, String>) -> Result<(), &'static str> {
    match standard(column, names).map(|standard| standard.kind) {
        None | Some(Kind::Text) => Ok(()),
        Some(Kind::Status) => Err("has its words in the lists under [outcome]"),
        Some(_) => Err("holds no words, so it has no spellings"),
    }
}

/// The standard column that a name or a lender's header means; `names` gives the lender's names.
pub fn standard(column: &str, names: &BTreeMap<String, String>) -> Option<&'static Column> {
    let wanted = normalised(column);
    let renamed = names.iter().find(|(_, header)| normalised(header) == wanted).map(|(name, _)| normalised(name));
    COLUMNS.iter().find(|standard| {
        let name = normalised(standard.name);
        name == wanted || renamed.as_ref() == Some(&name)
    })
}

/// The own features of a run, matched with the headers of its file.
#[derive(Debug)]
pub struct OwnColumns {
    /// For each feature, the column that it is read from, as the file calls it.
    columns: Vec<String>,
    /// Fields that must hold numbers.
    numbers: BTreeSet<usize>,
    /// Fields of further columns that hold categories.
    categories: BTreeSet<usize>,
    /// Columns that the file does not have.
    pub absent: Vec<String>,
}

impl OwnColumns {
    /// What a number of an own feature may be.
    pub const NUMBER: Kind = Kind::Decimal { from: -LARGEST_NUMBER, to: LARGEST_NUMBER };

    /// Finds the columns of the features in the file; one that is not there is kept as it was configured.
    pub fn find(features: &[OwnFeature], names: &BTreeMap<String, String>, header: &HeaderMap) -> Self {
        let mut found =
            Self { columns: Vec::new(), numbers: BTreeSet::new(), categories: BTreeSet::new(), absent: Vec::new() };
        for feature in features {
            let (column, is_there) = match origin(&feature.column, names).expect("a checked configuration") {
                Origin::Words(name) | Origin::Numbers(name) => {
                    let mut fields = COLUMNS.iter().zip(header.fields);
                    (name, fields.any(|(column, field)| column.name == name && field.is_some()))
                }
                Origin::Further(wanted) => {
                    let there = header.extras.iter().find(|(_, header)| normalised(header) == wanted);
                    if let Some((field, _)) = there {
                        match feature.kind {
                            OwnKind::Number => found.numbers.insert(*field),
                            OwnKind::Category => found.categories.insert(*field),
                        };
                    }
                    (there.map_or(feature.column.as_str(), |(_, header)| header), there.is_some())
                }
            };
            found.columns.push(column.to_owned());
            if !is_there {
                found.absent.push(feature.column.clone());
            }
        }
        found
    }

    /// Writes `own_features` of a run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn store(&self, connection: &Connection, run_id: i64, features: &[OwnFeature]) -> error::Result<()> {
        let mut insert = connection.prepare(include_str!("insert_own_feature.sql"))?;
        for (place, (feature, column)) in features.iter().zip(&self.columns).enumerate() {
            let monotone = feature.monotone.name();
            insert.execute((run_id, place as i64 + 1, &feature.name, column, feature.kind.name(), monotone))?;
        }
        Ok(())
    }

    /// Whether the field must hold a number.
    pub fn is_number(&self, field: usize) -> bool {
        self.numbers.contains(&field)
    }

    /// Whether the field is a further column of categories.
    pub fn is_category(&self, field: usize) -> bool {
        self.categories.contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_standard_columns_seven_may_be_asked_for() {
        let asked: Vec<&str> = COLUMNS
            .iter()
            .filter(|column| origin(column.name, &BTreeMap::new()).is_ok())
            .map(|column| column.name)
            .collect();
        assert_eq!(
            asked,
            [
                "Employment_Type",
                "Loan_Type",
                "Payment_History",
                "Collection_Method",
                "Legal_Action_Taken",
                "Num_Dependents",
                "Collection_Attempts"
            ]
        );
    }

    #[test]
    fn a_renamed_column_is_the_standard_one() {
        let names = BTreeMap::from([("employment type".to_owned(), "Job".to_owned())]);
        assert_eq!(origin("JOB", &names), Ok(Origin::Words("Employment_Type")));
        assert_eq!(origin("JOB", &BTreeMap::new()), Ok(Origin::Further("job".to_owned())));
    }
}
