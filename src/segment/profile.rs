//! The profile of a cluster, for its name: the mean of each trait, and the outcomes.

use crate::chance::Count;
use crate::features::{Book, FeatureMatrix, position};
use linfa::dataset::Records;

use super::scale::Scale;

/// The traits that make borrowers similar, and the only ones that names mention.
pub(super) const TRAITS: [&str; 5] = ["monthly_income", "loan_amount", "burden", "missed_payments", "days_past_due"];

/// Positions in [`TRAITS`].
pub(super) const INCOME: usize = 0;
pub(super) const LOAN: usize = 1;
pub(super) const BURDEN: usize = 2;
pub(super) const MISSED: usize = 3;
pub(super) const DAYS: usize = 4;

/// A median of fewer live loans is not used.
const LEAST_LIVE: usize = 5;

/// A loan without an outcome is late above this.
const LATE_OVER_DAYS: f32 = 30.0;

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trait {
    /// In the feature's units.
    pub mean: f64,
    /// The lower median over live loans if there are enough of them, else over all: a few very late loans dominate the mean of
    /// arrears, and closed loans keep theirs for ever.
    pub median: f64,
    /// The mean, in standard deviations from the mean of the book.
    pub standardised: f64,
    /// Loans whose value is known.
    pub known: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profile {
    pub loans: usize,
    /// In the order of [`TRAITS`]; `None` where the book has no such column, it is the same for all loans, or most loans of the
    /// cluster lack it.
    pub traits: [Option<Trait>; TRAITS.len()],
    /// Loans not recovered, of those with an outcome.
    pub not_recovered: Count,
    /// Loans over 30 days past due.
    pub late: Count,
}

pub(super) fn profiles(book: &Book, labels: &[usize], clusters: usize, scale: &Scale) -> Vec<Profile> {
    let mut profiles =
        vec![
            Profile { loans: 0, traits: [None; 5], not_recovered: Count::default(), late: Count::default() };
            clusters
        ];
    let days = book.dataset.records().column(position(TRAITS[DAYS]));
    for ((label, outcome), days) in labels.iter().zip(book.dataset.targets()).zip(days) {
        let profile = &mut profiles[*label];
        profile.loans += 1;
        profile.not_recovered.of += u64::from(outcome.is_some());
        profile.not_recovered.having += u64::from(*outcome == Some(true));
        profile.late.of += 1;
        profile.late.having += u64::from(*days > LATE_OVER_DAYS);
    }
    for (place, name) in TRAITS.iter().enumerate() {
        let feature = position(name);
        if !scale.varies(place) {
            continue;
        }
        let standardised = |value: f32| scale.standardised(place, value);
        for (profile, known) in profiles.iter_mut().zip(traits(book, feature, labels, clusters, &standardised)) {
            profile.traits[place] = known.filter(|known| 2 * known.known >= profile.loans);
        }
    }
    profiles
}

fn traits(
    book: &Book,
    feature: usize,
    labels: &[usize],
    clusters: usize,
    standardised: &dyn Fn(f32) -> f64,
) -> Vec<Option<Trait>> {
    let mut sums = vec![Trait { mean: 0.0, median: 0.0, standardised: 0.0, known: 0 }; clusters];
    let mut values: Vec<[Vec<f32>; 2]> = vec![Default::default(); clusters];
    let column = book.dataset.records().column(feature);
    for (row, (value, label)) in column.iter().zip(labels).enumerate().filter(|(_, (value, _))| !value.is_nan()) {
        let [live, closed] = &mut values[*label];
        if book.is_live(row) {
            live.push(*value)
        } else {
            closed.push(*value)
        }
        let sum = &mut sums[*label];
        sum.mean += f64::from(*value);
        sum.standardised += standardised(*value);
        sum.known += 1;
    }
    let mean = |(sum, [live, closed]): (Trait, [Vec<f32>; 2])| {
        let known = sum.known as f64;
        let median = median_of(live, closed)?;
        Some(Trait { mean: sum.mean / known, median, standardised: sum.standardised / known, ..sum })
    };
    sums.into_iter().zip(values).map(mean).collect()
}

/// The lower median of the live loans' values, or of all where few are live.
fn median_of(mut live: Vec<f32>, closed: Vec<f32>) -> Option<f64> {
    if live.len() < LEAST_LIVE {
        live.extend(closed);
    }
    live.sort_unstable_by(f32::total_cmp);
    live.get(live.len().saturating_sub(1) / 2).map(|median| f64::from(*median))
}

/// The mean of every feature in every cluster, missing values left out.
pub(super) fn centres(features: &FeatureMatrix, labels: &[usize], clusters: usize) -> Vec<Vec<Option<f64>>> {
    let mut centres = vec![Vec::with_capacity(features.nfeatures()); clusters];
    for feature in 0..features.nfeatures() {
        let mut sums = vec![(0.0, 0_u64); clusters];
        for (value, label) in features.column(feature).iter().zip(labels).filter(|(value, _)| !value.is_nan()) {
            sums[*label].0 += f64::from(*value);
            sums[*label].1 += 1;
        }
        for (centre, (sum, count)) in centres.iter_mut().zip(sums) {
            centre.push((count > 0).then(|| sum / count as f64));
        }
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_loans_decide_a_median_only_where_few_are_live() {
        let closed = vec![900.0; 20];
        assert_eq!(median_of(vec![40.0, 0.0, 175.0, 0.0, 60.0], closed.clone()), Some(40.0));
        assert_eq!(median_of(vec![0.0; 4], closed), Some(900.0));
        // 166 of 198 are not late, and the others very much so.
        assert_eq!(median_of([vec![0.0; 166], vec![31.0; 32]].concat(), Vec::new()), Some(0.0));
        assert_eq!(median_of(vec![0.0, 3.0], Vec::new()), Some(0.0), "a value that a loan has");
        assert_eq!(median_of(Vec::new(), Vec::new()), None);
    }
}
