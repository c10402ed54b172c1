//! The columns that the configuration makes features: where they are in the file, and what is kept.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::header_map::HeaderMap;
use crate::columns::{COLUMNS, ColumnKind, Origin, normalised, origin};
use crate::config::{OwnFeature, OwnKind};
use crate::error;

/// The largest size of a number of an own feature: anything larger is a mistake in the file.
const LARGEST_NUMBER: f64 = 1e15;

#[derive(Debug, Default)]
pub struct OwnColumns {
    /// For each feature, the column that it is read from, as the file calls it.
    columns: Vec<String>,
    numbers: BTreeSet<usize>,
    categories: BTreeSet<usize>,
    pub absent: Vec<String>,
}

impl OwnColumns {
    pub const NUMBER: ColumnKind = ColumnKind::Decimal { from: -LARGEST_NUMBER, to: LARGEST_NUMBER };

    /// Finds the columns of the features in the file; an absent one keeps its configured name.
    pub fn find(features: &[OwnFeature], names: &BTreeMap<String, String>, header: &HeaderMap) -> Self {
        let mut found = Self::default();
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

    pub fn store(&self, connection: &Connection, run_id: i64, features: &[OwnFeature]) -> error::Result<()> {
        let mut insert = connection.prepare(
            "insert into own_features (run_id, position, name, column_name, kind, monotone)
            values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?;
        for (place, (feature, column)) in features.iter().zip(&self.columns).enumerate() {
            let monotone = feature.monotone.name();
            insert.execute((run_id, place as i64 + 1, &feature.name, column, feature.kind.name(), monotone))?;
        }
        Ok(())
    }

    pub fn is_number(&self, field: usize) -> bool {
        self.numbers.contains(&field)
    }

    pub fn is_category(&self, field: usize) -> bool {
        self.categories.contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_standard_columns_ten_may_be_asked_for() {
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
                "Collection_Attempts",
                "Branch",
                "Officer",
                "Product"
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
