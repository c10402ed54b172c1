//! One model fitted without each fold and one on the whole sample, so that every loan is judged by one that did not learn
//! from it.
//!
//! How many trees or how strong a penalty a fold's scores come from is chosen by the log loss of the other folds.

use linfa::dataset::Records;

use super::RiskError;
use super::evaluate::line::probability;
use super::folds::{Drawn, Folds};
use super::forest::{Contributions, Dataset};
use crate::features::FeatureMatrix;

/// A fitted model of log odds. Its methods fail with [`RiskError::FeatureMismatch`] for other features than it was fitted on.
pub trait LogOddsModel {
    fn score_rows(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Vec<f64>, RiskError>;

    fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError>;
}

pub(super) struct HeldOut {
    pub rows: Vec<u32>,
    /// Settings x rows.
    pub log_odds: Vec<Vec<f64>>,
    pub losses: Vec<f64>,
}

pub(super) trait SampleFit {
    fn held_out(&self) -> &HeldOut;
}

/// A model, and honest scores of the loans that it learned from.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossFitted<M> {
    pub model: M,
    pub out_of_sample: Vec<Option<f64>>,
    /// One a fold, fitted without it.
    pub(super) models: Vec<M>,
    /// Of each loan of the book with an outcome.
    folds: Vec<Option<u8>>,
}

/// Chooses settings and scores all loans with an outcome, given one fit without each fold and, last, one on the whole sample.
pub(super) fn cross_fit<F: SampleFit, M: LogOddsModel>(
    book: &Dataset,
    folds: &Folds,
    sample: &Drawn,
    mut fits: Vec<F>,
    model_at: impl Fn(F, usize) -> Result<M, RiskError>,
) -> Result<CrossFitted<M>, RiskError> {
    let whole = fits.pop().expect("the fit on the whole sample is last");
    let mut out_of_sample = vec![None; folds.loans()];
    let mut settings = Vec::with_capacity(fits.len());
    for (fold, fit) in fits.iter().enumerate() {
        let others = fits.iter().enumerate().filter(|(other, _)| *other != fold).map(|(_, other)| other);
        let setting = best_setting(others);
        for (row, log_odds) in fit.held_out().rows.iter().zip(&fit.held_out().log_odds[setting]) {
            out_of_sample[sample.loans[*row as usize]] = Some(probability(log_odds + sample.shift));
        }
        settings.push(setting);
    }
    let model = model_at(whole, best_setting(fits.iter()))?;
    let models = fits.into_iter().zip(settings).map(|(fit, setting)| model_at(fit, setting));
    let models = models.collect::<Result<_, _>>()?;
    let mut fitted = CrossFitted { model, out_of_sample, models, folds: folds.of_loans() };
    fitted.score_not_drawn(&book.records, folds)?;
    Ok(fitted)
}

pub(super) fn best_setting<'a, F: SampleFit + 'a>(fits: impl Iterator<Item = &'a F>) -> usize {
    let mut sums: Option<Vec<f64>> = None;
    for losses in fits.map(|fit| &fit.held_out().losses) {
        let sums = sums.get_or_insert_with(|| vec![0.0; losses.len()]);
        // A setting that one fit did not reach is none for any.
        sums.truncate(losses.len());
        sums.iter_mut().zip(losses).for_each(|(sum, loss)| *sum += loss);
    }
    let sums = sums.unwrap_or_default();
    let least = sums.iter().copied().fold(f64::INFINITY, f64::min);
    sums.iter().position(|sum| *sum == least).unwrap_or(0)
}

impl<M: LogOddsModel> CrossFitted<M> {
    pub fn contributions(&self, matrix: &FeatureMatrix, rows: &[usize]) -> Result<Contributions, RiskError> {
        let features = matrix.nfeatures();
        let mut all = Contributions { base: vec![0.0; rows.len()], values: vec![0.0; rows.len() * features] };
        for (model, places) in self.by_model(rows) {
            let loans: Vec<usize> = places.iter().map(|place| rows[*place]).collect();
            let found = model.contributions(matrix, &loans)?;
            for (number, place) in places.into_iter().enumerate() {
                all.base[place] = found.base[number];
                let values = &found.values[number * features..][..features];
                all.values[place * features..][..features].copy_from_slice(values);
            }
        }
        Ok(all)
    }

    /// The probabilities of the loans of `matrix`, each by the model that scores the loan at the same place of `rows`, a row
    /// of the book.
    pub fn score_as(&self, rows: &[usize], matrix: &FeatureMatrix) -> Result<Vec<f64>, RiskError> {
        let mut all = vec![0.0; rows.len()];
        for (model, places) in self.by_model(rows) {
            for (place, score) in places.iter().zip(model.score_rows(matrix, &places)?) {
                all[*place] = score;
            }
        }
        Ok(all)
    }

    /// Scores the loans with an outcome outside the sample by the models of their folds too: another loan of the same borrower
    /// may be in the sample.
    fn score_not_drawn(&mut self, matrix: &FeatureMatrix, folds: &Folds) -> Result<(), RiskError> {
        let known = folds.known().map(|(loan, _)| loan);
        let loans: Vec<usize> = known.filter(|loan| self.out_of_sample[*loan].is_none()).collect();
        let mut found = Vec::with_capacity(loans.len());
        for (model, places) in self.by_model(&loans) {
            let rows: Vec<usize> = places.iter().map(|place| loans[*place]).collect();
            found.extend(rows.iter().copied().zip(model.score_rows(matrix, &rows)?));
        }
        found.into_iter().for_each(|(loan, score)| self.out_of_sample[loan] = Some(score));
        Ok(())
    }

    fn by_model(&self, rows: &[usize]) -> impl Iterator<Item = (&M, Vec<usize>)> {
        let places = |fold: Option<u8>| {
            let is_of_fold = |place: &usize| self.folds[rows[*place]] == fold;
            (0..rows.len()).filter(is_of_fold).collect::<Vec<_>>()
        };
        let of_folds = self.models.iter().enumerate().map(move |(fold, model)| (model, places(Some(fold as u8))));
        of_folds.chain([(&self.model, places(None))]).filter(|(_, places)| !places.is_empty())
    }
}
