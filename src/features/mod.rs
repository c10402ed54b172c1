//! The feature matrix: all that a model may see of each loan, from the view `loan_features`, the lender's own features last.
//! Loans are in the order of their ids, so that results do not depend on the order of the file. A missing value stays NaN; a
//! model that needs a value fills it in.

mod own;
mod texts;

use std::collections::BTreeMap;

use linfa::DatasetBase;
use linfa::dataset::Records;
use ndarray::Array1;
use rayon::prelude::*;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use crate::error::Result;
pub use texts::Texts;

/// A feature that every book has: its name in the view and the stored model, and its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standard {
    /// The column of `loan_features_by_run`, unit last.
    pub name: &'static str,
    pub label: &'static str,
    /// The feature of which this is another form: a reason names both together, and a direction applies to both.
    pub family: &'static str,
}

const fn feature(name: &'static str, label: &'static str) -> Standard {
    Standard { name, label, family: name }
}

const fn form_of(family: &'static str, name: &'static str, label: &'static str) -> Standard {
    Standard { name, label, family }
}

/// The features of every book, in the order of the matrix: the ten columns of the public method, then the ratios.
pub const FEATURES: [Standard; 16] = [
    feature("age_years", "age"),
    feature("monthly_income", "income"),
    feature("loan_amount", "loan amount"),
    feature("tenure_months", "tenure"),
    feature("interest_rate_percent", "interest rate"),
    form_of("coverage", "collateral_value", "collateral"),
    feature("outstanding", "outstanding balance"),
    feature("monthly_emi", "EMI"),
    feature("missed_payments", "missed payments"),
    feature("days_past_due", "days past due"),
    feature("burden", "loan burden"),
    feature("coverage", "coverage"),
    feature("share_owed", "share still owed"),
    form_of("missed_payments", "missed_share", "missed share"),
    form_of("days_past_due", "dpd_bucket", "DPD bucket"),
    form_of("coverage", "is_secured", "security"),
];

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    Number,
    /// A value is the position of its text among these sorted texts.
    Category(Vec<String>),
}

/// How the risk may change as the value of a feature rises and nothing else changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Monotone {
    Up,
    Down,
    #[default]
    None,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    pub name: String,
    pub label: String,
    /// The feature of which this is another form; usually itself.
    pub family: String,
    pub kind: Kind,
    pub monotone: Monotone,
}

impl Monotone {
    /// In the configuration and `own_features`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::None => "none",
        }
    }
}

impl Feature {
    pub fn number(name: &str) -> Self {
        let [name, label, family] = [name, name, name].map(str::to_owned);
        Self { name, label, family, kind: Kind::Number, monotone: Monotone::None }
    }

    pub fn standard(standard: &Standard) -> Self {
        let [name, label, family] = [standard.name, standard.label, standard.family].map(str::to_owned);
        Self { name, label, family, kind: Kind::Number, monotone: Monotone::None }
    }
}

/// Loans between two reports of progress.
const PROGRESS_ROWS: u64 = 4_096;

/// The direction that the configuration gives a standard feature or one of its other forms, which agree.
fn direction(of: &Standard, monotone: &BTreeMap<String, Monotone>) -> Monotone {
    let forms = FEATURES.iter().filter(|feature| feature.family == of.family);
    forms.filter_map(|form| monotone.get(form.name)).copied().next().unwrap_or_default()
}

/// # Panics
/// When there is no feature of that name.
pub fn position(name: &str) -> usize {
    FEATURES.iter().position(|feature| feature.name == name).expect("a feature of the matrix")
}

/// Loans × features, held by column; `NaN` is a missing value.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureMatrix {
    features: Vec<Feature>,
    columns: Vec<Vec<f32>>,
    loans: usize,
    /// Columns that no model may see, to show what is known of a loan.
    set_aside: Vec<(Feature, Vec<f32>)>,
}

impl FeatureMatrix {
    /// # Panics
    /// When there is not one column per feature, or the columns differ in length.
    pub fn new(features: Vec<Feature>, columns: Vec<Vec<f32>>) -> Self {
        assert_eq!(features.len(), columns.len(), "one feature per column");
        let loans = columns.first().map_or(0, Vec::len);
        assert!(columns.iter().all(|column| column.len() == loans), "columns of equal length");
        Self { features, columns, loans, set_aside: Vec::new() }
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// Sets aside the features that are not to be kept: no model sees them, but [`FeatureMatrix::known`] still finds them.
    pub fn keep(&mut self, is_kept: &[bool]) {
        let all = std::mem::take(&mut self.features).into_iter().zip(std::mem::take(&mut self.columns));
        for ((feature, column), is_kept) in all.zip(is_kept) {
            if *is_kept {
                self.features.push(feature);
                self.columns.push(column);
            } else {
                self.set_aside.push((feature, column));
            }
        }
    }

    /// The feature of this name and its values, whether models see it or not.
    pub fn known(&self, name: &str) -> Option<(&Feature, &[f32])> {
        self.all().find(|(feature, _)| feature.name == name)
    }

    /// All features and their values, those that no model may see last.
    pub fn all(&self) -> impl Iterator<Item = (&Feature, &[f32])> {
        let seen = self.features.iter().zip(self.columns.iter().map(Vec::as_slice));
        seen.chain(self.set_aside.iter().map(|(feature, column)| (feature, column.as_slice())))
    }

    /// One value per loan.
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

/// Whether each loan was not fully recovered, where known.
pub type Outcomes = Array1<Option<bool>>;

/// The book of a run as the models see it, in the order of the loan ids.
#[derive(Debug)]
pub struct Book {
    /// The row of `loan_snapshots` of each loan.
    pub snapshot_ids: Vec<i64>,
    /// Hashes of the loan ids, to assign loans at random but reproducibly.
    pub id_hashes: Vec<u64>,
    /// The loans in the order of `loan_snapshots`, in which rows about them are written.
    pub in_file_order: Vec<usize>,
    /// The balance of each live loan in major units; zero for the others.
    pub to_collect: Vec<f64>,
    /// Hashes of the borrower ids; of the loan id where the borrower is not known.
    pub borrowers: Vec<u64>,
    /// For the rules of the policy, since the feature may be barred.
    pub days_past_due: Vec<i64>,
    /// Never a feature, only to see how the scores treat groups.
    pub genders: Texts,
    pub dataset: DatasetBase<FeatureMatrix, Outcomes>,
}

impl Book {
    pub fn loans(&self) -> usize {
        self.snapshot_ids.len()
    }

    pub fn live(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.loans()).filter(|row| self.is_live(*row))
    }

    pub fn is_live(&self, row: usize) -> bool {
        self.to_collect[row] > 0.0
    }
}

/// The position of each snapshot in the order of the loan ids. The snapshot ids of a run are consecutive, so a vector will do.
#[derive(Debug)]
struct SnapshotPositions {
    first: i64,
    by_snapshot: Vec<u32>,
}

impl SnapshotPositions {
    fn new(snapshot_ids: &[i64]) -> Self {
        let first = snapshot_ids.iter().copied().min().unwrap_or(0);
        let span = snapshot_ids.iter().copied().max().map_or(0, |last| last - first + 1);
        let mut by_snapshot = vec![u32::MAX; span as usize];
        for (place, snapshot_id) in snapshot_ids.iter().enumerate() {
            by_snapshot[(snapshot_id - first) as usize] = place as u32;
        }
        Self { first, by_snapshot }
    }

    fn of(&self, snapshot_id: i64) -> usize {
        self.by_snapshot[(snapshot_id - self.first) as usize] as usize
    }
}

/// `monotone` has the directions of the standard features by name; own features have theirs. `progress` gets the loans read and
/// the total.
pub fn read_book(
    connection: &Connection,
    run_id: i64,
    monotone: &BTreeMap<String, Monotone>,
    progress: &dyn Fn(u64, u64),
) -> Result<Book> {
    let read = LoansRead::read(connection, run_id, progress)?;
    let order = read.by_loan_id();
    let snapshot_ids = ordered(&read.snapshot_ids, &order);
    let (own_features, own_columns) =
        own::read(connection, run_id, &SnapshotPositions::new(&snapshot_ids), snapshot_ids.len())?;
    let standard = |of| Feature { monotone: direction(of, monotone), ..Feature::standard(of) };
    let features = FEATURES.iter().map(standard).chain(own_features).collect();
    let columns: Vec<Vec<f32>> = read.columns.par_iter().map(|column| ordered(column, &order)).collect();
    let columns = columns.into_iter().chain(own_columns).collect();
    let mut in_file_order = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, read)| in_file_order[*read as usize] = place);
    Ok(Book {
        snapshot_ids,
        id_hashes: ordered(&read.id_hashes, &order),
        in_file_order,
        to_collect: ordered(&read.to_collect, &order),
        borrowers: ordered(&read.borrowers, &order),
        days_past_due: ordered(&read.days_past_due, &order),
        genders: read.genders.ordered(&order),
        dataset: DatasetBase::new(FeatureMatrix::new(features, columns), Array1::from(ordered(&read.outcomes, &order))),
    })
}

/// The values in another order, given by old positions.
fn ordered<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|place| values[*place as usize]).collect()
}

/// The loans in the order of the file.
#[derive(Default)]
struct LoansRead {
    snapshot_ids: Vec<i64>,
    /// All loan ids in one buffer, and the end of each.
    loan_ids: Vec<u8>,
    id_ends: Vec<usize>,
    id_hashes: Vec<u64>,
    /// The standard features.
    columns: Vec<Vec<f32>>,
    outcomes: Vec<Option<bool>>,
    to_collect: Vec<f64>,
    borrowers: Vec<u64>,
    days_past_due: Vec<i64>,
    genders: Texts,
}

impl LoansRead {
    fn read(connection: &Connection, run_id: i64, progress: &dyn Fn(u64, u64)) -> Result<Self> {
        let loans: Option<i64> =
            connection.query_row("select loans_loaded from runs where run_id = ?1", [run_id], |row| row.get(0))?;
        let loans = loans.unwrap_or(0) as u64;
        let mut read = Self { columns: vec![Vec::new(); FEATURES.len()], ..Self::default() };
        let mut statement = connection.prepare(include_str!("read_features.sql"))?;
        let mut fields = [0; FEATURES.len()];
        for (field, feature) in fields.iter_mut().zip(&FEATURES) {
            *field = statement.column_index(feature.name)?;
        }
        let [snapshot, loan, outcome, gender, to_collect, borrower, days] = [
            statement.column_index("snapshot_id")?,
            statement.column_index("loan_id")?,
            statement.column_index("is_not_recovered")?,
            statement.column_index("gender")?,
            statement.column_index("to_collect")?,
            statement.column_index("borrower_id")?,
            statement.column_index("days_past_due")?,
        ];
        let mut rows = statement.query([run_id])?;
        while let Some(row) = rows.next()? {
            read.snapshot_ids.push(row.get(snapshot)?);
            let loan_id = row.get_ref(loan)?.as_bytes().map_err(rusqlite::Error::from)?;
            read.loan_ids.extend_from_slice(loan_id);
            read.id_ends.push(read.loan_ids.len());
            let hash = id_hash(loan_id);
            read.id_hashes.push(hash);
            for (column, field) in read.columns.iter_mut().zip(fields) {
                column.push(row.get::<_, Option<f64>>(field)?.map_or(f32::NAN, |value| value as f32));
            }
            read.outcomes.push(row.get(outcome)?);
            read.to_collect.push(row.get(to_collect)?);
            let borrower = row.get_ref(borrower)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
            // A borrower and a loan may have the same id.
            read.borrowers.push(borrower.map_or(hash, |borrower| !id_hash(borrower)));
            read.days_past_due.push(row.get(days)?);
            read.genders.push(row.get_ref(gender)?.as_str_or_null().map_err(rusqlite::Error::from)?);
            let count = read.snapshot_ids.len() as u64;
            if count % PROGRESS_ROWS == 0 {
                progress(count, loans.max(count));
            }
        }
        Ok(read)
    }

    fn loan_id(&self, place: u32) -> &[u8] {
        let place = place as usize;
        let start = if place == 0 { 0 } else { self.id_ends[place - 1] };
        &self.loan_ids[start..self.id_ends[place]]
    }

    /// The positions of the loans in the order of their ids.
    fn by_loan_id(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.snapshot_ids.len() as u32).collect();
        order.par_sort_unstable_by_key(|place| self.loan_id(*place));
        order
    }
}

/// FNV-1a over the bytes (Fowler, Noll and Vo), then the finisher of SplitMix64 (Steele, Lea and Flood 2014), so that ids
/// which differ in their last digit come far apart.
fn id_hash(id: &[u8]) -> u64 {
    let mixed = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let hash = id.iter().fold(0xcbf2_9ce4_8422_2325, mixed);
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
