//! The fairness screen: who is flagged, by group of borrowers, and whether the scores promise what came.
//!
//! A screen, not a verdict, and no score is changed: groups may differ for reasons that the lender has to weigh.

use serde::{Deserialize, Serialize};

use super::RiskError;
use super::clusters::Clusters;
use super::evaluate::interval::{Interval, Z_95, difference, wilson_of};
use crate::features::Book;

pub const FEWEST_LOANS: u64 = 30;
pub const MOST_GROUPS: usize = 12;

pub const AGE_BANDS: [&str; 7] = ["under 25", "25 to 34", "35 to 44", "45 to 54", "55 to 64", "65 and over", NOT_GIVEN];
const NOT_GIVEN: &str = "not given";
const AGE: &str = "age";
const ALL_OTHERS: &str = "all others";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    pub attribute: String,
    pub names: Vec<String>,
    pub group_of: Vec<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    pub of: u64,
    /// With Wilson's 95 % interval; `None` where `of` is under [`FEWEST_LOANS`]: too few.
    pub share: Option<Interval>,
    /// As how many independent loans they count: fewer where loans of one borrower go alike.
    #[serde(skip)]
    effective: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupMeasures {
    pub name: String,
    pub loans: u64,
    pub not_recovered: u64,
    pub flagged: u64,
    pub share_flagged: Share,
    pub true_positive_rate: Share,
    pub false_positive_rate: Share,
    /// What the scores promise, 0 to 1, and what came; the same where the scores are right about the group.
    pub mean_score: Option<f64>,
    pub observed_share: Share,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    ShareFlagged,
    TruePositiveRate,
    FalsePositiveRate,
    /// The share that was not recovered less the mean score: above 0 the scores are too kind.
    CalibrationGap,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LargestDifference {
    pub measure: Measure,
    pub higher: String,
    pub lower: String,
    /// Newcombe's interval, widened (Bonferroni) so that 95 % holds for all `pairs` at once: the largest of many differences
    /// is large by chance.
    pub difference: Interval,
    pub pairs: u64,
    pub includes_zero: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    pub attribute: String,
    pub groups: Vec<GroupMeasures>,
    pub differences: Vec<LargestDifference>,
}

impl Groups {
    /// The loans at these rows of the book by gender and by age band of their borrower. Ages are known here even where the
    /// audit keeps them from the models.
    pub fn of_loans(book: &Book, rows: &[usize]) -> [Self; 2] {
        let genders = rows.iter().map(|row| book.genders.of(*row));
        let ages = book.dataset.records().known("age_years").map(|(_, ages)| ages);
        let age_of = |row: &usize| ages.map_or(f64::NAN, |ages| f64::from(ages[*row]));
        [Self::of_texts("gender", genders), Self::of_ages(rows.iter().map(age_of))]
    }

    pub fn of_texts<'a>(attribute: &str, texts: impl Iterator<Item = Option<&'a str>> + Clone) -> Self {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        texts.clone().flatten().for_each(|text| *counts.entry(text).or_default() += 1);
        let mut kept: Vec<(&str, usize)> = counts.into_iter().collect();
        let has_others = kept.len() > MOST_GROUPS;
        if has_others {
            kept.sort_by_key(|(_, loans)| std::cmp::Reverse(*loans));
            kept.truncate(MOST_GROUPS - 1);
            kept.sort_unstable();
        }
        let mut names: Vec<String> = kept.iter().map(|(text, _)| (*text).to_owned()).collect();
        names.extend(has_others.then(|| ALL_OTHERS.to_owned()));
        let missing = names.len();
        let place = |text: Option<&str>| match text {
            None => missing,
            Some(text) => kept.binary_search_by_key(&text, |(name, _)| name).unwrap_or(kept.len()),
        };
        let group_of: Vec<u16> = texts.map(|text| place(text) as u16).collect();
        names.extend(group_of.contains(&(missing as u16)).then(|| NOT_GIVEN.to_owned()));
        Self { attribute: attribute.to_owned(), names, group_of }
    }

    pub fn of_ages(ages: impl Iterator<Item = f64>) -> Self {
        let band = |age: f64| match age {
            _ if age.is_nan() => 6,
            _ if age < 25.0 => 0,
            _ if age >= 65.0 => 5,
            _ => ((age - 15.0) / 10.0) as u16,
        };
        let names = AGE_BANDS.map(str::to_owned).to_vec();
        Self { attribute: AGE.to_owned(), names, group_of: ages.map(band).collect() }
    }
}

/// How many loans of a group that are still to be collected are flagged: that is where actions fall.
#[derive(Debug, Clone, PartialEq)]
pub struct ToCollect {
    pub name: String,
    pub flagged: u64,
    pub share: Share,
}

/// Counts the loans still to be collected by group, in the order of the screen's groups, then of their own. A group that no
/// loan with an outcome is of has no place in the screen, if there is one, and is counted with all others.
///
/// `borrowers` are those of the loans.
pub fn to_collect(
    screen: Option<&Screen>,
    groups: &Groups,
    is_flagged: &[bool],
    borrowers: &Clusters,
) -> Vec<ToCollect> {
    let screened = |name: &str| screen.is_none_or(|screen| screen.groups.iter().any(|group| group.name == name));
    let is_named = |name: &&str| screened(name) || *name == NOT_GIVEN || groups.attribute == AGE;
    let own = groups.names.iter().map(|name| Some(name.as_str()).filter(is_named).unwrap_or(ALL_OTHERS));
    let own: Vec<&str> = own.collect();
    let first = screen.filter(|_| groups.attribute != AGE).into_iter().flat_map(|screen| &screen.groups);
    let mut names: Vec<&str> = first.map(|group| group.name.as_str()).collect();
    let place_in = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
    for name in &own {
        if place_in(&names, name).is_none() {
            names.push(name);
        }
    }
    let places: Vec<usize> = own.iter().filter_map(|name| place_in(&names, name)).collect();
    let mut members = vec![Vec::new(); names.len()];
    for (loan, group) in groups.group_of.iter().enumerate() {
        members[places[usize::from(*group)]].push(loan);
    }
    let kept = names.iter().zip(members).filter(|(_, loans)| !loans.is_empty());
    kept.map(|(name, loans)| ToCollect {
        name: (*name).to_owned(),
        flagged: loans.iter().filter(|loan| is_flagged[**loan]).count() as u64,
        share: Share::of(&loans, borrowers, |loan| is_flagged[loan]),
    })
    .collect()
}

/// Screens the scores of loans with a known outcome, flagged from `threshold` on, itself included. Groups without loans are
/// left out. Intervals are of borrowers, whose loans go alike.
///
/// # Errors
/// [`RiskError::Lengths`] when scores or groups are not as many as outcomes.
pub fn screen(
    groups: &Groups,
    scores: &[f64],
    outcomes: &[bool],
    borrowers: &Clusters,
    threshold: f64,
) -> Result<Screen, RiskError> {
    for length in [scores.len(), groups.group_of.len()] {
        if length != outcomes.len() {
            return Err(RiskError::Lengths { scores: length, outcomes: outcomes.len() });
        }
    }
    let mut members = vec![Vec::new(); groups.names.len()];
    for (loan, group) in groups.group_of.iter().enumerate() {
        members[usize::from(*group)].push(loan);
    }
    let screened = Screened { scores, outcomes, borrowers, threshold };
    let measured = groups.names.iter().zip(&members).filter(|(_, loans)| !loans.is_empty());
    let measured: Vec<GroupMeasures> = measured.map(|(name, loans)| screened.measures(name, loans)).collect();
    let differences = Measure::ALL.into_iter().filter_map(|measure| largest_difference(measure, &measured)).collect();
    Ok(Screen { attribute: groups.attribute.clone(), groups: measured, differences })
}

impl Measure {
    pub const ALL: [Self; 4] =
        [Self::ShareFlagged, Self::TruePositiveRate, Self::FalsePositiveRate, Self::CalibrationGap];

    pub fn name(self) -> &'static str {
        match self {
            Self::ShareFlagged => "share_flagged",
            Self::TruePositiveRate => "true_positive_rate",
            Self::FalsePositiveRate => "false_positive_rate",
            Self::CalibrationGap => "calibration_gap",
        }
    }
}

impl GroupMeasures {
    fn measure(&self, measure: Measure, z: f64) -> Option<Interval> {
        let again = |share: Share| Some(wilson_of(share.share?.value, share.effective, z));
        match measure {
            Measure::ShareFlagged => again(self.share_flagged),
            Measure::TruePositiveRate => again(self.true_positive_rate),
            Measure::FalsePositiveRate => again(self.false_positive_rate),
            Measure::CalibrationGap => Some(again(self.observed_share)?.moved(-self.mean_score?)),
        }
    }
}

impl Share {
    fn of(loans: &[usize], borrowers: &Clusters, is_true: impl Fn(usize) -> bool) -> Self {
        let counted: Vec<bool> = loans.iter().map(|loan| is_true(*loan)).collect();
        let of = loans.len() as u64;
        if of < FEWEST_LOANS {
            return Self { of, share: None, effective: loans.len() as f64 };
        }
        let effective = borrowers.picked(loans).effective(&counted);
        let share = counted.iter().filter(|is_true| **is_true).count() as f64 / of as f64;
        Self { of, share: Some(wilson_of(share, effective, Z_95)), effective }
    }
}

struct Screened<'a> {
    scores: &'a [f64],
    outcomes: &'a [bool],
    borrowers: &'a Clusters,
    threshold: f64,
}

impl Screened<'_> {
    fn measures(&self, name: &str, loans: &[usize]) -> GroupMeasures {
        let is_flagged = |loan: usize| self.scores[loan] >= self.threshold;
        let [recovered, not_recovered] = [false, true]
            .map(|kind| loans.iter().copied().filter(|loan| self.outcomes[*loan] == kind).collect::<Vec<usize>>());
        let mean_score = loans.iter().map(|loan| self.scores[*loan]).sum::<f64>() / loans.len() as f64;
        GroupMeasures {
            name: name.to_owned(),
            loans: loans.len() as u64,
            not_recovered: not_recovered.len() as u64,
            flagged: loans.iter().filter(|loan| is_flagged(**loan)).count() as u64,
            share_flagged: Share::of(loans, self.borrowers, is_flagged),
            true_positive_rate: Share::of(&not_recovered, self.borrowers, is_flagged),
            false_positive_rate: Share::of(&recovered, self.borrowers, is_flagged),
            mean_score: (loans.len() as u64 >= FEWEST_LOANS).then_some(mean_score),
            observed_share: Share::of(loans, self.borrowers, |loan| self.outcomes[loan]),
        }
    }
}

fn largest_difference(measure: Measure, groups: &[GroupMeasures]) -> Option<LargestDifference> {
    let known = groups.iter().filter(|group| group.measure(measure, Z_95).is_some()).count() as u64;
    let pairs = known * known.saturating_sub(1) / 2;
    if pairs == 0 {
        return None;
    }
    let z = normal_quantile_above(0.025 / pairs as f64);
    let with = |group: &GroupMeasures| Some((group.name.clone(), group.measure(measure, z)?));
    let measured: Vec<(String, Interval)> = groups.iter().filter_map(with).collect();
    let by_value = |one: &&(String, Interval), other: &&(String, Interval)| one.1.value.total_cmp(&other.1.value);
    let ((higher, above), (lower, below)) =
        (measured.iter().max_by(by_value)?.clone(), measured.iter().min_by(by_value)?.clone());
    let difference = difference(above, below);
    Some(LargestDifference { measure, higher, lower, difference, pairs, includes_zero: difference.contains(0.0) })
}

/// The number that a standard normal exceeds with this probability, at most one half, to 0.0005 (Abramowitz and Stegun,
/// "Handbook of Mathematical Functions", 26.2.23).
pub(in crate::risk) fn normal_quantile_above(probability: f64) -> f64 {
    let t = (-2.0 * probability.ln()).sqrt();
    let numerator = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let denominator = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    t - numerator / denominator
}

#[cfg(test)]
mod tests;
