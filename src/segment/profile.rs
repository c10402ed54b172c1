//! What is known of a cluster, for its name: the mean of each trait, and what became of its loans.

use crate::chance::Count;
use crate::features::{Book, FeatureMatrix, position};
use linfa::dataset::Records;

use super::scale::Scale;

/// What makes borrowers alike, and all that a name may speak of.
pub(super) const TRAITS: [&str; 5] = ["monthly_income", "loan_amount", "burden", "missed_payments", "days_past_due"];

/// Where each of them stands among the traits.
pub(super) const INCOME: usize = 0;
pub(super) const LOAN: usize = 1;
pub(super) const BURDEN: usize = 2;
pub(super) const MISSED: usize = 3;
pub(super) const DAYS: usize = 4;

/// A loan is late, for want of an outcome, over so many days past due.
const LATE_OVER_DAYS: f32 = 30.0;

/// A trait of a cluster.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Trait {
    /// In the feature's units.
    pub mean: f64,
    /// The mean of the values in standard deviations from the mean of the book.
    pub standardised: f64,
    /// Loans whose value is known.
    pub known: usize,
}

/// A cluster as a name sees it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Profile {
    pub loans: usize,
    /// In the order of [`TRAITS`]; none where the book does not have the column, where it is the same for all loans, or where
    /// most loans of the cluster lack it: no name speaks of it then.
    pub traits: [Option<Trait>; TRAITS.len()],
    /// Loans not recovered, of those with an outcome.
    pub not_recovered: Count,
    /// Loans over 30 days past due.
    pub late: Count,
}

/// The profiles of the clusters that the labels put the loans of the book to.
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
        if !scale.varies(feature) {
            continue;
        }
        for (profile, told) in profiles.iter_mut().zip(traits(book.dataset.records(), feature, labels, clusters, scale))
        {
            profile.traits[place] = told.filter(|told| 2 * told.known >= profile.loans);
        }
    }
    profiles
}

/// One trait of every cluster.
fn traits(
    features: &FeatureMatrix,
    feature: usize,
    labels: &[usize],
    clusters: usize,
    scale: &Scale,
) -> Vec<Option<Trait>> {
    let mut sums = vec![Trait { mean: 0.0, standardised: 0.0, known: 0 }; clusters];
    for (value, label) in features.column(feature).iter().zip(labels).filter(|(value, _)| !value.is_nan()) {
        let sum = &mut sums[*label];
        sum.mean += f64::from(*value);
        sum.standardised += scale.standardised(feature, *value);
        sum.known += 1;
    }
    let mean = |sum: Trait| {
        let known = sum.known as f64;
        (sum.known > 0).then(|| Trait { mean: sum.mean / known, standardised: sum.standardised / known, ..sum })
    };
    sums.into_iter().map(mean).collect()
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
