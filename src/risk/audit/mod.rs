//! The leak audit: whether a feature, looked at alone, knows more than could have been known before the outcome.
//!
//! A column written after the outcome makes every measure look splendid and every score of an open loan wrong. Known ones are
//! barred by name; others decide the outcome of a large part of the book, or are constant within one outcome.

mod levels;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use super::clusters::Clusters;
use super::evaluate::Interval;
use crate::columns::normalised;
use crate::features::Kind;
use crate::format::Style;
use levels::{Levels, Region};

pub const BARRED: [(&str, &str); 7] = [
    ("Recovery_Status", "it is the outcome that the model predicts"),
    ("Collection_Attempts", "it is written after the outcome: loans that go badly are called more often"),
    ("Collection_Method", "it is written after the outcome: how a loan was collected follows from how it went"),
    ("Legal_Action_Taken", "it is written after the outcome: only loans that went badly go to court"),
    ("Gender", "it is protected: no borrower may be treated differently because of it"),
    ("Loan_ID", "it names the loan and says nothing about it"),
    ("Borrower_ID", "it names the borrower and says nothing about them"),
];

/// More different texts than this look like names or remarks.
pub const MOST_CATEGORIES: usize = 64;
/// Loans looked at: at 5,000 an AUC is known within 0.02, and all features of a large book take a few milliseconds.
const MOST_LOANS: usize = 5_000;
const LEAST_OF_A_KIND: usize = 100;
const DECIDES: f64 = 0.99;
/// From here on no feature of a loan book has been known honestly before the outcome: days past due, the strongest
/// one, has about 0.8 in the made-up books.
const SUSPICIOUS: f64 = 0.90;
/// How unlikely it must be, in logarithms, that loans of one outcome all share a value while others do not: 1 in 10,000.
const LOG_CHANCE: f64 = -9.2;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Treatment {
    Used,
    /// Used, but to be checked by a person.
    Warned,
    Barred,
    /// Whatever was learnt from this book, with it or without, no model is used.
    Refused,
}

#[derive(Debug, Clone, PartialEq)]
pub struct AuditFinding {
    pub subject: String,
    pub treatment: Treatment,
    pub reason: String,
    /// The AUC of the feature alone, turned so that it is 0.5 or more, with DeLong's interval; `None` where there are no loans
    /// of both outcomes, or the feature does not separate loans.
    pub auc_alone: Option<Interval>,
}

#[derive(Debug, Clone, Copy)]
pub struct AuditedColumn<'a> {
    pub subject: &'a str,
    /// The column of the file that the configuration made a feature; `None` for a standard feature.
    pub own_column: Option<&'a str>,
    pub kind: &'a Kind,
    /// A value a loan; `NaN` is missing, a category is the place of its text.
    pub values: &'a [f32],
    pub style: &'a Style,
}

pub fn barred_reason(column: &str) -> Option<&'static str> {
    BARRED.iter().find(|(barred, _)| normalised(barred) == normalised(column)).map(|(_, reason)| *reason)
}

pub fn barred_columns<'a>(columns: impl IntoIterator<Item = &'a str>) -> Vec<AuditFinding> {
    let barred = |column: &str| {
        let reason = barred_reason(column)?.to_owned();
        Some(AuditFinding { subject: column.to_owned(), treatment: Treatment::Barred, reason, auc_alone: None })
    };
    columns.into_iter().filter_map(barred).collect()
}

/// Looks at every feature of the book, a finding each, in their order.
///
/// `outcomes` says for each loan whether it was not recovered, where that is known; `id_hashes` deals the loans out at
/// random, so that a large book is judged by a sample of about 5,000 of them. Of a borrower's loans, who `borrowers` says for
/// each loan with an outcome, one is looked at: all of them together add little.
pub fn audit(
    columns: &[AuditedColumn],
    outcomes: &[Option<bool>],
    id_hashes: &[u64],
    borrowers: &Clusters,
) -> Vec<AuditFinding> {
    let sample = sample(outcomes, id_hashes, borrowers);
    columns.par_iter().map(|column| finding(column, outcomes, &sample)).collect()
}

struct Sample {
    loans: Vec<(u32, bool)>,
    has_both_outcomes: bool,
}

fn sample(outcomes: &[Option<bool>], id_hashes: &[u64], borrowers: &Clusters) -> Sample {
    let known = outcomes.iter().zip(0..).filter_map(|(outcome, loan)| Some((loan, (*outcome)?)));
    let mut all: Vec<(u32, bool)> = known.collect();
    if !borrowers.is_single() {
        let members = borrowers.members(|_| true);
        let hash = |place: &&u32| id_hashes[all[**place as usize].0 as usize];
        let first = |borrower: usize| members.of(borrower).iter().min_by_key(hash).map(|place| all[*place as usize]);
        all = (0..members.count()).filter_map(first).collect();
    }
    let of_kind = |loans: &[(u32, bool)], kind: bool| loans.iter().filter(|(_, outcome)| *outcome == kind).count();
    let fewest = |loans: &[(u32, bool)]| of_kind(loans, true).min(of_kind(loans, false));
    let has_both_outcomes = fewest(&all) > 0;
    if all.len() > MOST_LOANS {
        let below = (u64::MAX / all.len() as u64) * MOST_LOANS as u64;
        let some: Vec<_> = all.iter().copied().filter(|(loan, _)| id_hashes[*loan as usize] < below).collect();
        if fewest(&some) >= LEAST_OF_A_KIND {
            return Sample { loans: some, has_both_outcomes };
        }
    }
    Sample { loans: all, has_both_outcomes }
}

fn finding(column: &AuditedColumn, outcomes: &[Option<bool>], sample: &Sample) -> AuditFinding {
    let by_name = column.own_column.and_then(barred_reason);
    let judged = |treatment, reason: String, auc_alone| AuditFinding {
        subject: column.subject.to_owned(),
        treatment,
        reason,
        auc_alone,
    };
    if let Some(reason) = no_feature(column, outcomes) {
        return judged(Treatment::Barred, reason, None);
    }
    let levels = sample.has_both_outcomes.then(|| Levels::of(column.kind, column.values, &sample.loans));
    let auc_alone = levels.as_ref().map(Levels::auc);
    if let Some(auc) = auc_alone
        && auc.lower >= DECIDES
    {
        let reason = format!(
            "it decides the outcome alone (AUC {:.3}): it seems to have been written down after the outcome, or the outcome is \
             derived from it",
            auc.value
        );
        return judged(Treatment::Refused, reason, auc_alone);
    }
    let mut suspicions: Vec<String> = Vec::new();
    suspicions.extend(by_name.map(|reason| format!("the configuration makes it a feature, but {reason}")));
    if let Some(levels) = &levels {
        suspicions.extend(suspicions_of(levels, column));
    }
    if suspicions.is_empty() {
        return judged(Treatment::Used, "nothing was found against it".to_owned(), auc_alone);
    }
    judged(Treatment::Warned, suspicions.join("; "), auc_alone)
}

fn no_feature(column: &AuditedColumn, outcomes: &[Option<bool>]) -> Option<String> {
    if let Kind::Category(texts) = column.kind
        && texts.len() > MOST_CATEGORIES
    {
        let texts = column.style.count(texts.len() as i64);
        return Some(format!(
            "it has {texts} different texts, more than {MOST_CATEGORIES}: it looks like an identifier or free text"
        ));
    }
    let is_any_known = outcomes.iter().any(Option::is_some);
    let taught = column.values.iter().zip(outcomes).filter(|(_, outcome)| outcome.is_some() || !is_any_known);
    let mut values = taught.map(|(value, _)| *value);
    let first = values.next()?;
    if values.all(|value| value == first || value.is_nan() && first.is_nan()) {
        let loans = if is_any_known { "every loan with a known outcome" } else { "every loan" };
        let what = if first.is_nan() { "it is missing in" } else { "it is the same in" };
        return Some(format!("{what} {loans}, so it does not distinguish loans"));
    }
    None
}

fn suspicions_of(levels: &Levels, column: &AuditedColumn) -> Vec<String> {
    let auc = levels.auc();
    let mut suspicions = Vec::new();
    if auc.lower >= SUSPICIOUS {
        suspicions.push(format!(
            "it separates the outcomes suspiciously well (AUC alone {:.2}, {:.2} to {:.2}): make sure that it is known before \
             the outcome",
            auc.value, auc.lower, auc.upper
        ));
    }
    if let Some(region) = levels.decided_region() {
        suspicions.push(decided(levels, column, &region));
    }
    if let Some(is_positive) = levels.constant_within(LOG_CHANCE) {
        let (same, other) = words(is_positive);
        suspicions.push(format!("it is the same in all loans that were {same}, but not in those that were {other}"));
    }
    suspicions
}

fn decided(levels: &Levels, column: &AuditedColumn, region: &Region) -> String {
    let (outcome, _) = words(region.is_positive);
    let loans = column.style.count(region.loans as i64);
    let values = levels.named(region, column.subject, column.kind, column.style);
    let exceptions = match region.exceptions {
        0 => format!("all {loans} loans with {values} were {outcome}"),
        some => format!("of {loans} loans with {values} all but {} were {outcome}", column.style.count(some as i64)),
    };
    let percent = 100.0 * region.captured;
    format!("{exceptions}, {percent:.0}% of all such loans: hardly anything known before the outcome is that certain")
}

fn words(is_positive: bool) -> (&'static str, &'static str) {
    if is_positive { ("not fully recovered", "fully recovered") } else { ("fully recovered", "not fully recovered") }
}
