//! The feature matrix: all that a model may see of each loan, read from the view `loan_features`.
//!
//! The view decides what a feature is; this file fixes their order and turns rows into columns. Loans stand in the order
//! of their loan ids, so that everything computed from the matrix is the same whatever the order of the file.
//! A missing value is NaN and stays so: filling it in is the business of the model that needs it.

use linfa::dataset::Records;

/// One column of the matrix: how the view, the stored model and the report call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The column of `loan_features`, unit last.
    pub name: &'static str,
    /// The same in words, for people.
    pub label: &'static str,
}

/// Loans × features, held by column; `NaN` is a missing value.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMatrix {
    names: Vec<String>,
    columns: Vec<Vec<f32>>,
    loans: usize,
}

impl FeatureMatrix {
    /// A matrix of the given columns, which must be as many as the names and equally long.
    ///
    /// # Panics
    /// When they are not: that is a mistake in the program, not in the data.
    pub fn from_columns(names: Vec<String>, columns: Vec<Vec<f32>>) -> Self {
        assert_eq!(names.len(), columns.len(), "one name a column");
        let loans = columns.first().map_or(0, Vec::len);
        assert!(columns.iter().all(|column| column.len() == loans), "columns of one length");
        Self { names, columns, loans }
    }

    /// Feature names, in the order of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The values of one feature, a value a loan.
    pub fn column(&self, feature: usize) -> &[f32] {
        &self.columns[feature]
    }
}

impl Records for FeatureMatrix {
    type Elem = f32;

    fn nsamples(&self) -> usize {
        self.loans
    }

    fn nfeatures(&self) -> usize {
        self.columns.len()
    }
}
