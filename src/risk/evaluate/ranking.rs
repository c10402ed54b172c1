//! What only the order of the scores decides: AUC, its interval, KS, and the AUCs of two scores of the same loans.

use super::interval::Interval;
use super::tied::{Tied, check};
use crate::risk::RiskError;
use crate::risk::clusters::Clusters;

pub(super) struct Ranking {
    pub auc: Interval,
    pub ks: f64,
}

impl Ranking {
    /// One pass over the tied groups, lowest score first.
    ///
    /// DeLong's component of a positive is the share of negatives below it, that of a negative the share of positives above
    /// it, ties counting half: the differences of midranks in Sun and Xu, read off running counts.
    pub fn of(groups: &[Tied], loans: u64, positives: u64) -> Self {
        let (all_positive, all_negative) = (positives as f64, (loans - positives) as f64);
        let mut components = Components::new(positives, loans - positives);
        let (mut of_positives, mut of_negatives) = (Spread::default(), Spread::default());
        let mut ks = 0.0f64;
        for group in groups {
            let [positive, negative] = components.next(group);
            of_positives.add(positive, group.positives);
            of_negatives.add(negative, group.negatives);
            let below =
                (components.positives_below as f64 / all_positive, components.negatives_below as f64 / all_negative);
            ks = ks.max((below.0 - below.1).abs());
        }
        let auc = of_positives.mean;
        let interval = error_of_two(&of_positives, &of_negatives)
            .map_or(Interval { value: auc, lower: 0.0, upper: 1.0 }, |error| {
                Interval::of_error(auc, error).clamped(0.0, 1.0)
            });
        Self { auc: interval, ks }
    }
}

/// The AUC of an order of groups of loans, each `[positives, negatives]`, and DeLong's interval; both kinds must occur.
pub(in crate::risk) fn auc_of_groups(groups: &[[u64; 2]]) -> Interval {
    let tied = |[positives, negatives]: [u64; 2]| Tied { score: 0.0, positives, negatives };
    let tied: Vec<Tied> = groups.iter().copied().map(tied).collect();
    let positives = tied.iter().map(|group| group.positives).sum();
    Ranking::of(&tied, tied.iter().map(Tied::loans).sum(), positives).auc
}

/// The AUC of one score minus that of another on the same loans, with the 95 % interval for correlated curves (DeLong, DeLong
/// and Clarke-Pearson, Biometrics 44, 1988), by borrower. From -1 to 1 with fewer than two of a kind.
pub fn paired_auc_difference(
    one: &[f64],
    other: &[f64],
    outcomes: &[bool],
    borrowers: &Clusters,
) -> Result<Interval, RiskError> {
    let (of_one, of_other) = (components_of(one, outcomes)?, components_of(other, outcomes)?);
    let differences: Vec<f64> = of_one.iter().zip(&of_other).map(|(one, other)| one - other).collect();
    let (mut of_positives, mut of_negatives) = (Spread::default(), Spread::default());
    for (difference, outcome) in differences.iter().zip(outcomes) {
        if *outcome { of_positives.add(*difference, 1) } else { of_negatives.add(*difference, 1) }
    }
    let value = of_positives.mean;
    let error = if borrowers.is_single() {
        error_of_two(&of_positives, &of_negatives)
    } else {
        error_by_borrower(value, &differences, outcomes, borrowers)
    };
    Ok(error.map_or(Interval { value, lower: -1.0, upper: 1.0 }, |error| {
        Interval::of_error(value, error).clamped(-1.0, 1.0)
    }))
}

pub(super) fn auc_by_borrower(auc: f64, scores: &[f64], outcomes: &[bool], borrowers: &Clusters) -> Interval {
    let components = components_of(scores, outcomes).ok();
    let error = components.and_then(|components| error_by_borrower(auc, &components, outcomes, borrowers));
    error.map_or(Interval { value: auc, lower: 0.0, upper: 1.0 }, |error| {
        Interval::of_error(auc, error).clamped(0.0, 1.0)
    })
}

/// The standard error of the mean of DeLong's components by borrower (Obuchowski, "Nonparametric Analysis of Clustered ROC
/// Curve Data", Biometrics 53, 1997); `None` with fewer than two borrowers of a kind.
fn error_by_borrower(auc: f64, components: &[f64], outcomes: &[bool], borrowers: &Clusters) -> Option<f64> {
    let of_kind = |kind: bool| {
        let weight = |outcome: &bool| f64::from(u8::from(*outcome == kind));
        let loans: f64 = outcomes.iter().map(weight).sum();
        let parts = components.iter().zip(outcomes).map(|(part, outcome)| weight(outcome) * (part - auc) / loans);
        let with = borrowers.sums(outcomes.iter().map(weight)).iter().filter(|loans| **loans > 0.0).count();
        (borrowers.sums(parts), with as f64)
    };
    let ((of_positives, with_positive), (of_negatives, with_negative)) = (of_kind(true), of_kind(false));
    if with_positive < 2.0 || with_negative < 2.0 {
        return None;
    }
    let product = |one: &[f64], other: &[f64]| -> f64 { one.iter().zip(other).map(|(one, other)| one * other).sum() };
    let corrected = |of: f64| of / (of - 1.0);
    let variance = corrected(with_positive) * product(&of_positives, &of_positives)
        + corrected(with_negative) * product(&of_negatives, &of_negatives)
        + 2.0 * corrected(borrowers.count() as f64) * product(&of_positives, &of_negatives);
    Some(variance.max(0.0).sqrt())
}

fn components_of(scores: &[f64], outcomes: &[bool]) -> Result<Vec<f64>, RiskError> {
    let positives = check(scores, outcomes)?;
    let mut order: Vec<(f64, u32)> = scores.iter().copied().zip(0..).collect();
    order.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let mut running = Components::new(positives, outcomes.len() as u64 - positives);
    let mut components = vec![0.0; scores.len()];
    for tied in order.chunk_by(|one, other| one.0 == other.0) {
        let positives = tied.iter().filter(|(_, loan)| outcomes[*loan as usize]).count() as u64;
        let group = Tied { score: tied[0].0, positives, negatives: tied.len() as u64 - positives };
        let [positive, negative] = running.next(&group);
        for (_, loan) in tied {
            components[*loan as usize] = if outcomes[*loan as usize] { positive } else { negative };
        }
    }
    Ok(components)
}

struct Components {
    all_positive: u64,
    all_negative: u64,
    positives_below: u64,
    negatives_below: u64,
}

impl Components {
    fn new(all_positive: u64, all_negative: u64) -> Self {
        Self { all_positive, all_negative, positives_below: 0, negatives_below: 0 }
    }

    fn next(&mut self, group: &Tied) -> [f64; 2] {
        let negatives_below = self.negatives_below as f64 + group.negatives as f64 / 2.0;
        let positives_above = (self.all_positive - self.positives_below) as f64 - group.positives as f64 / 2.0;
        self.positives_below += group.positives;
        self.negatives_below += group.negatives;
        [negatives_below / self.all_negative as f64, positives_above / self.all_positive as f64]
    }
}

fn error_of_two(of_positives: &Spread, of_negatives: &Spread) -> Option<f64> {
    Some((of_positives.variance_of_mean()? + of_negatives.variance_of_mean()?).sqrt())
}

#[derive(Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, value: f64, times: u64) {
        if times == 0 {
            return;
        }
        let times = times as f64;
        self.count += times;
        let difference = value - self.mean;
        self.mean += difference * times / self.count;
        self.squares += times * difference * (value - self.mean);
    }

    fn variance_of_mean(&self) -> Option<f64> {
        (self.count > 1.0).then(|| self.squares / (self.count - 1.0) / self.count)
    }
}
