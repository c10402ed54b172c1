//! Why a loan has its score, and what the scores mainly rest on.

pub mod accounts;
pub mod dependence;
pub mod importance;
pub mod picture;
pub mod reasons;
pub mod sides;
pub mod words;

use rayon::prelude::*;

use super::candidates::{Candidate, Known, Model};
use super::forest::Importance;
use crate::config::Config;
use crate::error::Result;
use crate::features::{Book, FeatureMatrix};
use accounts::Accounts;
use dependence::Curve;
use picture::Picture;
use reasons::{Families, ReasonContext, Reasons};
use sides::Sides;
use words::Words;

const CURVES: usize = 4;
/// Loans among which features are shuffled: this many, or more where more are needed to include some of the rarer outcome.
const SHUFFLED_LOANS: usize = 1_000;
const SHUFFLED_OF_RARER: usize = 100;
const MOST_SHUFFLED_LOANS: usize = 20_000;

#[derive(Debug, Default)]
pub struct Explanation {
    /// The weightiest first; none for the policy, whose points say it.
    pub importances: Vec<Importance>,
    pub curves: Vec<Curve>,
    pub picture: Option<Picture>,
}

pub fn explain(book: &Book, known: &Known, in_use: &Candidate, config: &Config) -> Result<Explanation> {
    let seed = config.seed;
    let loans = shuffled_loans(known);
    let mut importances = match &in_use.model {
        Model::Forest(fitted) => fitted.permutation_importance(&book.dataset, &known.borrowers, seed, loans)?,
        Model::Boosting(fitted) => {
            let score = |matrix: &FeatureMatrix, rows: &[usize]| fitted.score_as(rows, matrix);
            importance::by_shuffling(&score, book, known, seed, loans)?
        }
        Model::Logistic(fitted) => {
            let score = |matrix: &FeatureMatrix, rows: &[usize]| fitted.score_as(rows, matrix);
            importance::by_shuffling(&score, book, known, seed, loans)?
        }
        Model::Policy(_) => return Ok(Explanation::default()),
    };
    importances.sort_by(|one, other| other.importance.total_cmp(&one.importance));
    let matrix = book.dataset.records();
    let score = |matrix: &FeatureMatrix| in_use.score(matrix);
    let heaviest: Vec<&Importance> = importances.iter().take(CURVES).collect();
    let curves: Vec<Option<Curve>> = heaviest
        .into_par_iter()
        .map(|importance| dependence::curve(matrix, &importance.family, &score))
        .collect::<std::result::Result<_, _>>()?;
    let curves = curves.into_iter().flatten().collect();
    let picture = Some(picture::draw(matrix, &in_use.scores));
    Ok(Explanation { importances, curves, picture })
}

fn shuffled_loans(known: &Known) -> usize {
    let (not_recovered, recovered) = known.counts();
    let for_the_rarer = SHUFFLED_OF_RARER * known.rows.len() / not_recovered.min(recovered).max(1);
    for_the_rarer.clamp(SHUFFLED_LOANS, MOST_SHUFFLED_LOANS)
}

/// Why each of these loans has its score, in the order given.
pub fn reasons_of(rows: &[usize], book: &Book, in_use: &Candidate, config: &Config) -> Result<Vec<Reasons>> {
    let style = config.currency.style(&config.currency.code);
    let accounts = Accounts::of(&in_use.model, book, rows)?;
    let context = ReasonContext {
        families: Families::of(accounts.features()),
        sides: Sides::of(accounts.features(), book),
        words: Words::of(book.dataset.records(), &style),
    };
    let calibrated = |raw: f64| in_use.calibrated(raw);
    let reasons = rows
        .par_iter()
        .enumerate()
        .map(|(place, row)| reasons::reasons(accounts.account(place), &context, *row, in_use.scores[*row], calibrated));
    Ok(reasons.collect())
}
