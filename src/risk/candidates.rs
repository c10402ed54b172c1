//! The candidates: each model fitted, judged on loans that it did not see, calibrated, and its score of every loan.
//!
//! A loan that a model learned from has a score by trees or folds, and a curve, that did not see it; a loan without outcome has
//! those of the full model.

use rayon::prelude::*;

use super::RiskError;
use super::boosting::{Boosting, BoostingParams};
use super::calibrate::Calibration;
use super::clusters::Clusters;
use super::cross_fit::{CrossFitted, LogOddsModel};
use super::evaluate::tables::LiftRow;
use super::evaluate::{Confusion, Metrics, Ranked, confusion_at};
use super::folds::Folds;
use super::forest::{Fitted, ForestParams};
use super::gate::Source;
use super::logistic::{Logistic, LogisticParams};
use super::policy::PolicyScores;
use crate::config::{Risk, Trees};
use crate::error::Result;
use crate::features::{Book, FeatureMatrix};
use linfa::dataset::Records;

pub const FOLDS: usize = 5;
const TENTHS: usize = 10;
/// With more outcomes than this, a tree draws so small a part of them that 100 trees leave each loan out as often as 200 do
/// in a smaller book.
const LARGE_BOOK: usize = 5_000;

#[derive(Debug)]
pub struct Known {
    pub rows: Vec<usize>,
    pub outcomes: Vec<bool>,
    pub borrowers: Clusters,
    pub folds: Vec<u8>,
    dealt: Folds,
}

#[derive(Debug)]
pub enum Model {
    Forest(Box<Fitted>),
    Boosting(Box<CrossFitted<Boosting>>),
    Logistic(Box<CrossFitted<Logistic>>),
    Policy(PolicyScores),
}

#[derive(Debug)]
pub struct Candidate {
    pub model: Model,
    /// From raw scores to probabilities, learnt from all loans with an outcome; none for the policy.
    pub calibration: Option<Calibration>,
    pub scores: Vec<f64>,
    pub worth: Option<Worth>,
}

#[derive(Debug)]
pub struct Worth {
    pub metrics: Metrics,
    pub tenths: Vec<LiftRow>,
    pub confusions: Vec<(f64, Confusion)>,
}

impl Known {
    pub fn of(book: &Book, seed: u64) -> Self {
        let targets = book.dataset.targets();
        let known = targets.iter().enumerate().filter_map(|(row, outcome)| Some((row, (*outcome)?)));
        let (rows, outcomes): (Vec<usize>, Vec<bool>) = known.unzip();
        let borrowers = Clusters::of(&rows.iter().map(|row| book.borrowers[*row]).collect::<Vec<u64>>());
        let dealt = Folds::by_borrower(targets, &book.id_hashes, &borrowers, seed, FOLDS);
        let folds = rows.iter().map(|row| dealt.fold_of(*row).expect("a loan with an outcome is dealt")).collect();
        Self { rows, outcomes, borrowers, folds, dealt }
    }

    pub fn counts(&self) -> (usize, usize) {
        let not_recovered = self.outcomes.iter().filter(|is_not_recovered| **is_not_recovered).count();
        (not_recovered, self.outcomes.len() - not_recovered)
    }

    fn raw(&self, judged: &[Option<f64>]) -> Vec<f64> {
        // A loan that every tree drew has no score of its own; the base rate is what is known without it.
        let base_rate = self.counts().0 as f64 / self.rows.len() as f64;
        self.rows.iter().map(|row| judged[*row].unwrap_or(base_rate)).collect()
    }

    pub fn calibrated(&self, raw: &[f64]) -> Result<Vec<f64>> {
        Ok(Calibration::cross_fitted(raw, &self.outcomes, &self.folds, FOLDS)?.1)
    }

    pub fn pick(&self, values: &[f64]) -> Vec<f64> {
        self.rows.iter().map(|row| values[*row]).collect()
    }
}

impl Model {
    pub fn source(&self) -> Source {
        match self {
            Self::Forest(_) => Source::Forest,
            Self::Boosting(_) => Source::Boosting,
            Self::Logistic(_) => Source::Logistic,
            Self::Policy(_) => Source::Policy,
        }
    }
}

impl Candidate {
    pub fn of_policy(policy: PolicyScores, known: &Known, thresholds: &[f64]) -> Result<Self> {
        let scores = policy.scores.clone();
        let worth = match known.counts() {
            (0, _) | (_, 0) => None,
            _ => Some(Worth::of(&known.pick(&scores), known, thresholds)?),
        };
        Ok(Self { model: Model::Policy(policy), calibration: None, scores, worth })
    }

    pub fn forest(
        book: &Book,
        known: &Known,
        settings: &Risk,
        thresholds: &[f64],
        seed: u64,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Self> {
        let trees = trees(settings.trees, known.rows.len());
        let grown = |done: usize| progress(done as u64, u64::from(trees));
        let params = ForestParams { trees, ..ForestParams::new(seed) };
        let fitted = params.fit_out_of_bag(&book.dataset, &known.borrowers, &grown)?;
        let open = fitted.forest.score_rows(book.dataset.records(), &open_rows(book))?;
        let raw = known.raw(&fitted.out_of_bag);
        Self::of_raw(Model::Forest(Box::new(fitted)), &raw, &open, book, known, thresholds)
    }

    pub fn boosting(book: &Book, known: &Known, thresholds: &[f64], seed: u64) -> Result<Self> {
        let fitted = BoostingParams::new(seed).cross_fit(&book.dataset, &known.dealt)?;
        Self::cross_fitted(fitted, |fitted| Model::Boosting(Box::new(fitted)), book, known, thresholds)
    }

    pub fn logistic(book: &Book, known: &Known, thresholds: &[f64]) -> Result<Self> {
        let fitted = LogisticParams::default().cross_fit(&book.dataset, &known.dealt)?;
        Self::cross_fitted(fitted, |fitted| Model::Logistic(Box::new(fitted)), book, known, thresholds)
    }

    fn cross_fitted<M: LogOddsModel>(
        fitted: CrossFitted<M>,
        model: impl Fn(CrossFitted<M>) -> Model,
        book: &Book,
        known: &Known,
        thresholds: &[f64],
    ) -> Result<Self> {
        let open = fitted.model.score_rows(book.dataset.records(), &open_rows(book))?;
        let raw = known.raw(&fitted.out_of_sample);
        Self::of_raw(model(fitted), &raw, &open, book, known, thresholds)
    }

    pub fn score(&self, matrix: &FeatureMatrix) -> std::result::Result<Vec<f64>, RiskError> {
        let all = || (0..matrix.nsamples()).collect::<Vec<_>>();
        let raw = match &self.model {
            Model::Forest(fitted) => fitted.forest.score(matrix)?,
            Model::Boosting(fitted) => fitted.model.score_rows(matrix, &all())?,
            Model::Logistic(fitted) => fitted.model.score_rows(matrix, &all())?,
            Model::Policy(_) => unreachable!("the policy has no curve"),
        };
        Ok(raw.into_iter().map(|raw| self.calibrated(raw)).collect())
    }

    pub fn calibrated(&self, raw: f64) -> f64 {
        self.calibration.as_ref().map_or(raw, |curve| curve.apply(raw))
    }

    fn of_raw(model: Model, raw: &[f64], open: &[f64], book: &Book, known: &Known, thresholds: &[f64]) -> Result<Self> {
        let (calibration, of_known) = Calibration::cross_fitted(raw, &known.outcomes, &known.folds, FOLDS)?;
        let worth = Worth::of(&of_known, known, thresholds)?;
        let mut scores = vec![0.0; book.loans()];
        for (row, score) in known.rows.iter().zip(&of_known) {
            scores[*row] = *score;
        }
        for (row, raw) in open_rows(book).into_iter().zip(open) {
            scores[row] = calibration.apply(*raw);
        }
        Ok(Self { model, calibration: Some(calibration), scores, worth: Some(worth) })
    }
}

impl Worth {
    fn of(scores: &[f64], known: &Known, thresholds: &[f64]) -> Result<Self> {
        let ranked = Ranked::by_borrower(scores, &known.outcomes, &known.borrowers)?;
        let confusion = |threshold: &f64| Ok((*threshold, confusion_at(scores, &known.outcomes, *threshold)?));
        Ok(Self {
            metrics: ranked.metrics(),
            tenths: ranked.lift(TENTHS),
            confusions: thresholds.par_iter().map(confusion).collect::<Result<_>>()?,
        })
    }
}

fn open_rows(book: &Book) -> Vec<usize> {
    let outcomes = book.dataset.targets();
    (0..book.loans()).filter(|row| outcomes[*row].is_none()).collect()
}

fn trees(setting: Trees, outcomes: usize) -> u32 {
    match setting {
        Trees::Fixed(trees) => trees,
        Trees::Chosen(_) if outcomes > LARGE_BOOK => 100,
        Trees::Chosen(_) => 200,
    }
}
