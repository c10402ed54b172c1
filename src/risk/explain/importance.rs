//! Permutation importance: how much the mean squared error grows when a feature and its other forms are shuffled among loans
//! (Breiman, "Random Forests", Machine Learning 45, 2001), each loan judged by the model that held it back.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use crate::features::{Book, Feature, FeatureMatrix};
use crate::risk::RiskError;
use crate::risk::candidates::Known;
use crate::risk::forest::Importance;

/// The raw scores of the loans of a matrix, each as the loan at the same place of the rows of the book has its own: by a
/// model that did not learn from it.
pub type Score<'a> = dyn Fn(&FeatureMatrix, &[usize]) -> Result<Vec<f64>, RiskError> + Sync + 'a;

/// The importance of each family of features on at most this many of the loans with an outcome.
///
/// # Errors
/// [`RiskError::FeatureMismatch`] when the model is of another book.
pub fn by_shuffling(
    score: &Score,
    book: &Book,
    known: &Known,
    seed: u64,
    most_loans: usize,
) -> Result<Vec<Importance>, RiskError> {
    let stride = known.rows.len().div_ceil(most_loans).max(1);
    let sample: Vec<usize> = (0..known.rows.len()).step_by(stride).collect();
    let rows: Vec<usize> = sample.iter().map(|place| known.rows[*place]).collect();
    let borrowers = known.borrowers.picked(&sample);
    let outcomes: Vec<f64> = sample.iter().map(|place| f64::from(u8::from(known.outcomes[*place]))).collect();
    let matrix = book.dataset.records();
    let shuffled = shuffled(&rows, seed);
    let as_they_are = squared_errors(score, matrix, &rows, &rows, None, &outcomes)?;
    let mut families: Vec<&str> = matrix.features().iter().map(|feature| feature.family.as_str()).collect();
    families.sort_unstable();
    families.dedup();
    let importance = |family: &&str| {
        let errors = squared_errors(score, matrix, &rows, &shuffled, Some(family), &outcomes)?;
        let differences: Vec<f64> = errors.iter().zip(&as_they_are).map(|(with, without)| with - without).collect();
        Ok(Importance::of((*family).to_owned(), &differences, &borrowers))
    };
    families.par_iter().map(importance).collect()
}

fn squared_errors(
    score: &Score,
    matrix: &FeatureMatrix,
    rows: &[usize],
    others: &[usize],
    family: Option<&str>,
    outcomes: &[f64],
) -> Result<Vec<f64>, RiskError> {
    let column = |(place, feature): (usize, &Feature)| -> Vec<f32> {
        let from = if family == Some(feature.family.as_str()) { others } else { rows };
        from.iter().map(|row| matrix.column(place)[*row]).collect()
    };
    let columns = matrix.features().iter().enumerate().map(column).collect();
    let sample = FeatureMatrix::new(matrix.features().to_vec(), columns);
    let scores = score(&sample, rows)?;
    Ok(scores.iter().zip(outcomes).map(|(score, outcome)| (score - outcome).powi(2)).collect())
}

fn shuffled(rows: &[usize], seed: u64) -> Vec<usize> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    let mut shuffled = rows.to_vec();
    for place in (1..shuffled.len()).rev() {
        let other = (u128::from(random.next_u64()) * (place as u128 + 1)) >> 64;
        shuffled.swap(place, other as usize);
    }
    shuffled
}
