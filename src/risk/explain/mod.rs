//! Why a loan has its score, and what the scores mainly rest on.
//!
//! Only the first loans of the worklist get reasons.

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
use crate::config::{Config, FULL_POINTS, conditions};
use crate::error::Result;
use crate::features::{Book, FeatureMatrix};
use crate::strategy;
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
    pub reasons: Vec<(usize, Reasons)>,
}

pub fn explain(book: &Book, known: &Known, in_use: &Candidate, config: &Config) -> Result<Explanation> {
    let seed = config.seed;
    let reasons = worklist_reasons(book, in_use, config)?;
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
        Model::Policy(_) => return Ok(Explanation { reasons, ..Explanation::default() }),
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
    Ok(Explanation { importances, curves, picture, reasons })
}

fn shuffled_loans(known: &Known) -> usize {
    let (not_recovered, recovered) = known.counts();
    let for_the_rarer = SHUFFLED_OF_RARER * known.rows.len() / not_recovered.min(recovered).max(1);
    for_the_rarer.clamp(SHUFFLED_LOANS, MOST_SHUFFLED_LOANS)
}

fn worklist_reasons(book: &Book, in_use: &Candidate, config: &Config) -> Result<Vec<(usize, Reasons)>> {
    let is_points = matches!(in_use.model, Model::Policy(_));
    let rows = head_of_worklist(book, &in_use.scores, is_points, config);
    let style = config.currency.style(&config.currency.code);
    let accounts = Accounts::of(&in_use.model, book, &rows)?;
    let context = ReasonContext {
        families: Families::of(accounts.features()),
        sides: Sides::of(accounts.features(), book),
        words: Words::of(book.dataset.records(), &style),
    };
    let calibrated = |raw: f64| in_use.calibrated(raw);
    let reasons = rows.par_iter().enumerate().map(|(place, row)| {
        (*row, reasons::reasons(accounts.account(place), &context, *row, in_use.scores[*row], calibrated))
    });
    Ok(reasons.collect())
}

/// The first loans of the view `worklist`, in the order of the book.
fn head_of_worklist(book: &Book, scores: &[f64], is_points: bool, config: &Config) -> Vec<usize> {
    let loans = config.risk.reason_loans;
    let conditions = conditions(&config.strategy);
    let owed = |row: &usize| book.to_collect[*row];
    let weight = |row: &usize| {
        if is_points { (scores[*row] * FULL_POINTS).round() } else { scores[*row] * owed(row) }
    };
    let is_listed = |row: &usize| {
        let rule = strategy::choose(scores[*row], book.days_past_due[*row], &conditions);
        owed(row) > 0.0 && config.strategy[rule].on_worklist
    };
    let mut rows: Vec<usize> = (0..book.loans()).filter(is_listed).collect();
    if rows.len() > loans {
        let order = |one: &usize, other: &usize| {
            let by_weight = weight(other).total_cmp(&weight(one));
            by_weight.then(owed(other).total_cmp(&owed(one))).then(one.cmp(other))
        };
        rows.select_nth_unstable_by(loans, order);
        rows.truncate(loans);
        rows.sort_unstable();
    }
    rows
}
