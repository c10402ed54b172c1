//! The feature matrix: all that a model may see of each loan, read from the view `loan_features`.
//!
//! The view decides what a feature is; this file fixes their order and turns rows into columns. Loans stand in the order
//! of their loan ids, so that everything computed from the matrix is the same whatever the order of the file.
//! A missing value is NaN and stays so: filling it in is the business of the model that needs it.

use linfa::DatasetBase;
use linfa::dataset::Records;
use ndarray::Array1;
use rusqlite::Connection;

use crate::error::Result;

/// One column of the matrix: how the view and the stored model call it, and how people do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Feature {
    /// The column of `loan_features`, unit last.
    pub name: &'static str,
    /// The same in words.
    pub label: &'static str,
}

const fn feature(name: &'static str, label: &'static str) -> Feature {
    Feature { name, label }
}

/// Every feature, in the order of the matrix: the ten columns of the public method, then the ratios.
pub const FEATURES: [Feature; 16] = [
    feature("age_years", "age"),
    feature("monthly_income", "income"),
    feature("loan_amount", "loan amount"),
    feature("tenure_months", "tenure"),
    feature("interest_rate_percent", "interest rate"),
    feature("collateral_value", "collateral"),
    feature("outstanding", "outstanding balance"),
    feature("monthly_emi", "EMI"),
    feature("missed_payments", "missed payments"),
    feature("days_past_due", "days past due"),
    feature("burden", "loan burden"),
    feature("coverage", "coverage"),
    feature("share_owed", "share still owed"),
    feature("missed_share", "share of instalments missed"),
    feature("dpd_bucket", "DPD bucket"),
    feature("is_secured", "security"),
];

/// Progress is told every so many loans.
const PROGRESS_ROWS: u64 = 4_096;

/// Where a feature stands in the matrix.
///
/// # Panics
/// When there is none of that name: a mistake in the program.
pub fn position(name: &str) -> usize {
    FEATURES.iter().position(|feature| feature.name == name).expect("a feature of the matrix")
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

/// The book of a run as the models see it, in the order of the loan ids.
#[derive(Debug)]
pub struct Book {
    /// Which row of `loan_snapshots` each loan is.
    pub snapshot_ids: Vec<i64>,
    /// The loans as they lie in `loan_snapshots`: the order in which to write rows about them.
    pub in_file_order: Vec<usize>,
    /// Features, and for each loan whether it was not fully recovered, where that is known.
    pub dataset: DatasetBase<FeatureMatrix, Array1<Option<bool>>>,
}

impl Book {
    /// Loans in the book.
    pub fn loans(&self) -> usize {
        self.snapshot_ids.len()
    }
}

/// Reads the matrix of the shown run, which must be `run_id`.
///
/// Rows are fetched as they lie in the file, which is fast, and put where the index on the loan ids says. `progress` is
/// told how many of how many loans are read.
///
/// # Errors
/// Those of the database.
pub fn read_book(connection: &Connection, run_id: i64, progress: &dyn Fn(u64, u64)) -> Result<Book> {
    let mut statement =
        connection.prepare("select snapshot_id from loan_snapshots where run_id = ?1 order by loan_id")?;
    let snapshot_ids = statement.query_map([run_id], |row| row.get(0))?.collect::<rusqlite::Result<Vec<i64>>>()?;
    let loans = snapshot_ids.len();
    let first = snapshot_ids.iter().copied().min().unwrap_or(0);
    let span = snapshot_ids.iter().copied().max().map_or(0, |last| last - first + 1) as usize;
    let mut places = vec![u32::MAX; span];
    for (place, snapshot_id) in snapshot_ids.iter().enumerate() {
        places[(snapshot_id - first) as usize] = place as u32;
    }

    let mut columns = vec![vec![f32::NAN; loans]; FEATURES.len()];
    let mut outcomes = Array1::from_elem(loans, None);
    let mut statement = connection.prepare(include_str!("read_features.sql"))?;
    let mut fields = [0; FEATURES.len()];
    for (field, feature) in fields.iter_mut().zip(&FEATURES) {
        *field = statement.column_index(feature.name)?;
    }
    let (id_field, outcome_field) =
        (statement.column_index("snapshot_id")?, statement.column_index("is_not_recovered")?);
    let mut rows = statement.query([])?;
    let mut read = 0;
    while let Some(row) = rows.next()? {
        read += 1;
        if read % PROGRESS_ROWS == 0 {
            progress(read, loans as u64);
        }
        let place = places[(row.get::<_, i64>(id_field)? - first) as usize] as usize;
        for (column, field) in columns.iter_mut().zip(fields) {
            if let Some(value) = row.get::<_, Option<f64>>(field)? {
                column[place] = value as f32;
            }
        }
        outcomes[place] = row.get(outcome_field)?;
    }
    let names = FEATURES.iter().map(|feature| feature.name.to_owned()).collect();
    let in_file_order = places.into_iter().filter(|place| *place != u32::MAX).map(|place| place as usize).collect();
    Ok(Book {
        snapshot_ids,
        in_file_order,
        dataset: DatasetBase::new(FeatureMatrix::from_columns(names, columns), outcomes),
    })
}
