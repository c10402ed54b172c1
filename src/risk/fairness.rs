//! The fairness screen: how the scores treat groups of borrowers.
//!
//! For each group: how many are flagged, of those who paid and of those who did not, and whether the scores promise what
//! came. A screen and no verdict: groups may differ for reasons that the lender has to weigh, and a figure with too few
//! loans behind it is not given at all. No score is ever changed here.

use serde::{Deserialize, Serialize};

use super::RiskError;
use super::evaluate::Confusion;
use super::evaluate::interval::{Interval, Z_95, difference, wilson_at};
use crate::features::Book;

/// With fewer loans than this behind it, a share is not given.
pub const FEWEST_LOANS: u64 = 30;
/// More groups than this are too many to look at: the smallest are put together.
pub const MOST_GROUPS: usize = 12;

/// Age bands in whole years, and those whose age is unknown.
pub const AGE_BANDS: [&str; 7] = ["under 25", "25 to 34", "35 to 44", "45 to 54", "55 to 64", "65 and over", NOT_GIVEN];
const NOT_GIVEN: &str = "not given";
const AGE: &str = "age";
const ALL_OTHERS: &str = "all others";

/// Which group of an attribute each loan belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// What borrowers are grouped by: "gender".
    pub attribute: String,
    pub names: Vec<String>,
    /// For each loan, the place of its group in `names`.
    pub group_of: Vec<u16>,
}

/// A share of loans, if there are enough to give it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Loans of which it is the share.
    pub of: u64,
    /// With Wilson's 95 % interval; `None` where `of` is under [`FEWEST_LOANS`]: too few.
    pub share: Option<Interval>,
}

/// How one group fares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupMeasures {
    pub name: String,
    pub loans: u64,
    pub not_recovered: u64,
    pub flagged: u64,
    /// Of all loans.
    pub share_flagged: Share,
    /// Of those not recovered.
    pub true_positive_rate: Share,
    /// Of those recovered.
    pub false_positive_rate: Share,
    /// What the scores promise, 0 to 1, and what came; the same where the scores are right about the group.
    pub mean_score: Option<f64>,
    pub observed_share: Share,
}

/// What can differ between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    ShareFlagged,
    TruePositiveRate,
    FalsePositiveRate,
    /// The share that was not recovered less the mean score: above 0 the scores are too kind.
    CalibrationGap,
}

/// The two groups that are furthest apart in a measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LargestDifference {
    pub measure: Measure,
    /// The group with the higher value, and the other.
    pub higher: String,
    pub lower: String,
    /// Newcombe's interval, widened (Bonferroni) so that 95 % speaks of all `pairs` at once: the largest of many differences
    /// is large by chance.
    pub difference: Interval,
    /// Pairs of groups that were compared.
    pub pairs: u64,
    /// Whether chance alone explains the difference.
    pub includes_zero: bool,
}

/// The groups of one attribute, and what differs most between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    pub attribute: String,
    pub groups: Vec<GroupMeasures>,
    /// Nothing for a measure that fewer than two groups have enough loans for.
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

    /// Groups of the same text, in its order, `None` last; beyond [`MOST_GROUPS`] the smallest are put together.
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

    /// The groups of [`AGE_BANDS`], from ages in years; `NaN` is unknown.
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
/// loan with an outcome is of has no place in the screen, if there is one, and is told with all others.
pub fn to_collect(screen: Option<&Screen>, groups: &Groups, is_flagged: &[bool]) -> Vec<ToCollect> {
    let screened = |name: &str| screen.is_none_or(|screen| screen.groups.iter().any(|group| group.name == name));
    let is_told = |name: &&str| screened(name) || *name == NOT_GIVEN || groups.attribute == AGE;
    let own = groups.names.iter().map(|name| Some(name.as_str()).filter(is_told).unwrap_or(ALL_OTHERS));
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
    let mut counts = vec![(0, 0); names.len()];
    for (group, is_flagged) in groups.group_of.iter().zip(is_flagged) {
        let (loans, flagged) = &mut counts[places[usize::from(*group)]];
        *loans += 1;
        *flagged += u64::from(*is_flagged);
    }
    let told = names.iter().zip(counts).filter(|(_, (loans, _))| *loans > 0);
    told.map(|(name, (loans, flagged))| ToCollect {
        name: (*name).to_owned(),
        flagged,
        share: Share::of(flagged, loans),
    })
    .collect()
}

/// Screens the scores of loans with a known outcome, flagged from `threshold` on, itself included. Groups without loans are
/// left out.
///
/// # Errors
/// [`RiskError::Lengths`] when scores or groups are not as many as outcomes.
pub fn screen(groups: &Groups, scores: &[f64], outcomes: &[bool], threshold: f64) -> Result<Screen, RiskError> {
    for length in [scores.len(), groups.group_of.len()] {
        if length != outcomes.len() {
            return Err(RiskError::Lengths { scores: length, outcomes: outcomes.len() });
        }
    }
    let mut members = vec![(Vec::new(), Vec::new()); groups.names.len()];
    for ((group, score), outcome) in groups.group_of.iter().zip(scores).zip(outcomes) {
        let (scores, outcomes) = &mut members[usize::from(*group)];
        scores.push(*score);
        outcomes.push(*outcome);
    }
    let measured = groups.names.iter().zip(&members).filter(|(_, (scores, _))| !scores.is_empty());
    let measured: Vec<GroupMeasures> =
        measured.map(|(name, (scores, outcomes))| GroupMeasures::of(name, scores, outcomes, threshold)).collect();
    let differences = Measure::ALL.into_iter().filter_map(|measure| largest_difference(measure, &measured)).collect();
    Ok(Screen { attribute: groups.attribute.clone(), groups: measured, differences })
}

impl Measure {
    pub const ALL: [Self; 4] =
        [Self::ShareFlagged, Self::TruePositiveRate, Self::FalsePositiveRate, Self::CalibrationGap];

    /// How the database calls it.
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
    fn of(name: &str, scores: &[f64], outcomes: &[bool], threshold: f64) -> Self {
        let confusion = Confusion::count(scores, outcomes, threshold);
        let (loans, not_recovered) = (confusion.loans(), confusion.positives());
        let mean_score = scores.iter().sum::<f64>() / loans as f64;
        Self {
            name: name.to_owned(),
            loans,
            not_recovered,
            flagged: confusion.flagged(),
            share_flagged: Share::of(confusion.flagged(), loans),
            true_positive_rate: Share::of(confusion.true_positives, not_recovered),
            false_positive_rate: Share::of(confusion.false_positives, loans - not_recovered),
            mean_score: (loans >= FEWEST_LOANS).then_some(mean_score),
            observed_share: Share::of(not_recovered, loans),
        }
    }

    /// The interval of a measure at a normal quantile; `None` with too few loans.
    fn measure(&self, measure: Measure, z: f64) -> Option<Interval> {
        let again = |share: Share| {
            let interval = share.share?;
            wilson_at((interval.value * share.of as f64).round() as u64, share.of, z)
        };
        match measure {
            Measure::ShareFlagged => again(self.share_flagged),
            Measure::TruePositiveRate => again(self.true_positive_rate),
            Measure::FalsePositiveRate => again(self.false_positive_rate),
            Measure::CalibrationGap => Some(again(self.observed_share)?.moved(-self.mean_score?)),
        }
    }
}

impl Share {
    fn of(count: u64, of: u64) -> Self {
        Self { of, share: wilson_at(count, of, Z_95).filter(|_| of >= FEWEST_LOANS) }
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
mod tests {
    use super::*;

    /// Ten times each of these: group, score, outcome.
    fn book(rows: &[(u16, f64, bool)]) -> (Groups, Vec<f64>, Vec<bool>) {
        let rows: Vec<(u16, f64, bool)> = rows.iter().flat_map(|row| std::iter::repeat_n(*row, 10)).collect();
        let names = ["a", "b", "c"].map(str::to_owned).to_vec();
        let groups = Groups { attribute: "letter".to_owned(), names, group_of: rows.iter().map(|row| row.0).collect() };
        (groups, rows.iter().map(|row| row.1).collect(), rows.iter().map(|row| row.2).collect())
    }

    #[test]
    fn ages_fall_in_their_bands() {
        let ages = [18.0, 24.9, 25.0, 34.0, 35.0, 44.5, 45.0, 55.0, 64.9, 65.0, 99.0, f64::NAN];
        assert_eq!(Groups::of_ages(ages.into_iter()).group_of, [0, 0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6]);
    }

    #[test]
    fn texts_make_groups_in_their_order_and_the_missing_come_last() {
        let groups = Groups::of_texts("gender", [Some("Male"), None, Some("Female"), Some("Male")].into_iter());
        assert_eq!(groups.names, ["Female", "Male", "not given"]);
        assert_eq!(groups.group_of, [1, 2, 0, 1]);
    }

    #[test]
    fn the_smallest_of_many_groups_are_put_together() {
        let texts: Vec<String> = (0..20).flat_map(|name| vec![format!("g{name:02}"); 40 - name]).collect();
        let groups = Groups::of_texts("branch", texts.iter().map(|text| Some(text.as_str())));
        assert_eq!(groups.names.len(), MOST_GROUPS);
        assert_eq!((groups.names[10].as_str(), groups.names[11].as_str()), ("g10", ALL_OTHERS));
        assert_eq!(groups.group_of.iter().filter(|group| **group == 11).count(), (21..=29).sum::<usize>());
    }

    #[test]
    fn a_group_is_measured_by_hand() {
        let rows = [(0, 0.9, true), (0, 0.9, true), (0, 0.1, true), (0, 0.5, false), (0, 0.1, false), (0, 0.1, false)];
        let (groups, scores, outcomes) = book(&rows);
        let screen = screen(&groups, &scores, &outcomes, 0.5).unwrap();
        let group = &screen.groups[0];
        assert_eq!((screen.groups.len(), group.loans, group.not_recovered, group.flagged), (1, 60, 30, 30));
        assert_eq!(group.true_positive_rate.share.unwrap().value, 2.0 / 3.0);
        assert_eq!(group.false_positive_rate.share.unwrap().value, 1.0 / 3.0);
        assert!((group.mean_score.unwrap() - 2.6 / 6.0).abs() < 1e-12);
        assert_eq!(group.observed_share.share.unwrap().value, 0.5);
        assert_eq!(screen.differences, []);
    }

    #[test]
    fn a_share_of_fewer_than_thirty_is_not_given() {
        let rows = [(0, 0.9, true), (0, 0.1, true), (0, 0.9, false), (0, 0.1, false), (0, 0.1, false), (1, 0.1, false)];
        let (groups, scores, outcomes) = book(&rows);
        let screen = screen(&groups, &scores, &outcomes, 0.5).unwrap();
        assert_eq!(screen.groups[0].true_positive_rate, Share { of: 20, share: None });
        assert!(screen.groups[0].false_positive_rate.share.is_some());
        assert_eq!(screen.groups[1].share_flagged, Share { of: 10, share: None });
        assert_eq!(screen.groups[1].mean_score, None);
    }

    #[test]
    fn groups_that_are_treated_alike_do_not_differ_and_others_do() {
        let alike = [(0, 0.9, true), (0, 0.9, true), (0, 0.9, true), (0, 0.1, false), (0, 0.1, false), (0, 0.1, false)];
        let moved = |group: u16, score: f64| alike.map(|row| (group, (row.1 + score).min(1.0), row.2));
        let screened = |rows: &[(u16, f64, bool)]| {
            let (groups, scores, outcomes) = book(rows);
            screen(&groups, &scores, &outcomes, 0.5).unwrap()
        };
        let same = screened(&[alike, moved(1, 0.0), moved(2, 0.0)].concat());
        assert_eq!(same.differences.len(), 4);
        assert!(same.differences.iter().all(|row| row.includes_zero && row.pairs == 3 && row.difference.value == 0.0));
        let harsher = screened(&[alike, moved(1, 0.5)].concat());
        let flagged = &harsher.differences[0];
        assert_eq!((flagged.higher.as_str(), flagged.lower.as_str(), flagged.includes_zero), ("b", "a", false));
        assert_eq!(flagged.difference.value, 0.5);
        let calibration = &harsher.differences[3];
        assert_eq!((calibration.measure, calibration.higher.as_str()), (Measure::CalibrationGap, "a"));
    }

    #[test]
    fn loans_to_collect_are_counted_by_the_groups_of_the_screen() {
        let (groups, scores, outcomes) = book(&[(0, 0.9, true), (1, 0.1, false)]);
        let screened = screen(&groups, &scores, &outcomes, 0.5).unwrap();
        let names = ["b", "new", NOT_GIVEN].map(str::to_owned).to_vec();
        let group_of = [[0; 40].as_slice(), &[1, 1, 2]].concat();
        let open = Groups { attribute: "letter".to_owned(), names, group_of };
        let is_flagged: Vec<bool> = (0..43).map(|loan| loan < 10 || loan == 41).collect();
        let told = |screened: Option<&Screen>| -> Vec<(String, u64, u64)> {
            let counted = to_collect(screened, &open, &is_flagged);
            counted.into_iter().map(|group| (group.name, group.flagged, group.share.of)).collect()
        };
        let rows =
            |middle: &str| [("b", 10, 40), (middle, 1, 2), (NOT_GIVEN, 0, 1)].map(|(n, f, l)| (n.to_owned(), f, l));
        assert_eq!(told(Some(&screened)), rows(ALL_OTHERS));
        assert_eq!(told(None), rows("new"));
        let counted = to_collect(None, &open, &is_flagged);
        assert_eq!(counted[0].share.share.unwrap().value, 0.25);
        assert_eq!(counted[1].share.share, None, "too few");
    }

    #[test]
    fn the_normal_quantile_is_that_of_the_tables() {
        for (probability, quantile) in [(0.025, 1.959_964), (0.025 / 15.0, 2.935_199), (0.25, 0.674_490)] {
            assert!((normal_quantile_above(probability) - quantile).abs() < 5e-4);
        }
    }
}
