//! The scores where they are used: on the loans still to be collected. Whether these are like the loans that the models
//! learnt from, and whom of them the scores flag.

use super::audit::MOST_CATEGORIES;
use super::clusters::Clusters;
use super::fairness::{self, Groups, ToCollect};
use super::stability::{self, Stability, Subject, Values};
use super::train::Judgement;
use crate::features::{Book, Kind};

/// What `population_shifts` calls the score in use.
pub const SCORE: &str = "risk_score";

#[derive(Debug)]
pub struct Applied {
    pub flagged: Vec<(String, Vec<ToCollect>)>,
    /// Of the score in use, then of each feature, those last that no model sees: that live loans differ most in what was kept
    /// out is worth knowing too.
    pub stability: Vec<Stability>,
}

impl Applied {
    pub fn of(book: &Book, judgement: &Judgement, threshold: f64) -> Self {
        let scores = &judgement.in_use().scores;
        let to_collect: Vec<usize> = book.live().collect();
        let borrowers = Clusters::of(&to_collect.iter().map(|row| book.borrowers[*row]).collect::<Vec<u64>>());
        let is_flagged: Vec<bool> = to_collect.iter().map(|row| scores[*row] >= threshold).collect();
        let flagged = Groups::of_loans(book, &to_collect).into_iter().map(|groups| {
            let screen = judgement.screens.iter().find(|screen| screen.attribute == groups.attribute);
            let counted = fairness::to_collect(screen, &groups, &is_flagged, &borrowers);
            (groups.attribute, counted)
        });
        Self { flagged: flagged.collect(), stability: shifts(book, scores, &to_collect) }
    }
}

fn shifts(book: &Book, scores: &[f64], to_collect: &[usize]) -> Vec<Stability> {
    let (matrix, outcomes) = (book.dataset.records(), book.dataset.targets());
    let known: Vec<usize> = (0..book.loans()).filter(|row| outcomes[*row].is_some()).collect();
    let open: Vec<usize> = to_collect.iter().copied().filter(|row| outcomes[*row].is_none()).collect();
    let mut subjects = vec![Subject { name: SCORE, is_category: false, values: Values::Scores(scores) }];
    let is_text = |kind: &Kind| matches!(kind, Kind::Category(texts) if texts.len() > MOST_CATEGORIES);
    let features = matrix.all().filter(|(feature, _)| !is_text(&feature.kind));
    subjects.extend(features.map(|(feature, values)| Subject {
        name: &feature.name,
        is_category: matches!(feature.kind, Kind::Category(_)),
        values: Values::Feature(values),
    }));
    stability::measure(&subjects, &known, &open, &book.borrowers)
}
