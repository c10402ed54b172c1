//! The population stability index of scored against learned-from loans: `PSI = Σ (open - known) ln (open / known)`.
//!
//! Siddiqi, "Credit Risk Scorecards", 2006. Bins are tenths of the loans with an outcome, or levels, and missing; half a loan is
//! added to each side of a bin, so that none is infinite.

use rayon::prelude::*;

use super::clusters::Clusters;
use super::fairness::normal_quantile_above;

pub const FEWEST_LOANS: usize = 50;
/// Loans looked at on either side, evenly spaced in their order: at 20,000 chance moves the index by a thousandth.
const MOST_LOANS: usize = 20_000;
const TENTHS: usize = 10;
const SMOOTHING: f64 = 0.5;
/// How often chance alone may exceed its stated limit, in any of the subjects of a run.
const CHANCE: f64 = 0.05;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    TooFew,
    Stable,
    Some,
    Large,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    pub subject: String,
    /// Loans looked at that have an outcome, and open ones still to be collected.
    pub known: u64,
    pub open: u64,
    /// `None` where either are fewer than [`FEWEST_LOANS`].
    pub index: Option<Index>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Index {
    pub value: f64,
    pub bins: u64,
    /// What loans dealt out at random exceed, in any of the subjects that are measured together, once in 20 times
    /// (Bonferroni): the index over `1 / known + 1 / open` then follows about a chi-squared distribution of `bins - 1` degrees
    /// of freedom (Yurdakul and Naranjo, Journal of Risk Model Validation 14, 2020).
    pub by_chance: f64,
}

#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub name: &'a str,
    pub is_category: bool,
    /// A value a loan of the book; `NaN` is missing.
    pub values: Values<'a>,
}

#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    Feature(&'a [f32]),
    Scores(&'a [f64]),
}

impl Shift {
    pub fn name(self) -> &'static str {
        match self {
            Self::TooFew => "too few",
            Self::Stable => "stable",
            Self::Some => "some shift",
            Self::Large => "large shift",
        }
    }
}

impl Stability {
    pub fn shift(&self) -> Shift {
        match self.index.map(|index| index.value) {
            None => Shift::TooFew,
            Some(value) if value < 0.10 => Shift::Stable,
            Some(value) if value <= 0.25 => Shift::Some,
            Some(_) => Shift::Large,
        }
    }
}

/// The index of each subject, in their order. `known` are the places of the loans with an outcome, `open` of those that the
/// scores are used on; `borrowers` has a key for each loan of the book, equal where the borrower is.
pub fn measure(subjects: &[Subject], known: &[usize], open: &[usize], borrowers: &[u64]) -> Vec<Stability> {
    let (known, open) = (sample(known), sample(open));
    let z = normal_quantile_above(CHANCE / subjects.len().max(1) as f64);
    // What chance gives goes by borrower: their loans may all be alike.
    let effective = |places: &[usize]| {
        Clusters::of(&places.iter().map(|place| borrowers[*place]).collect::<Vec<u64>>()).least_effective()
    };
    let per_degree = 1.0 / effective(&known) + 1.0 / effective(&open);
    subjects.par_iter().map(|subject| stability(subject, &known, &open, z, per_degree)).collect()
}

fn sample(places: &[usize]) -> Vec<usize> {
    let stride = places.len().div_ceil(MOST_LOANS).max(1);
    places.iter().copied().step_by(stride).collect()
}

fn stability(subject: &Subject, known: &[usize], open: &[usize], z: f64, per_degree: f64) -> Stability {
    let pick = |places: &[usize]| places.iter().map(|place| subject.values.at(*place)).collect::<Vec<f64>>();
    let index = (known.len().min(open.len()) >= FEWEST_LOANS).then(|| {
        let (value, bins) = index(&pick(known), &pick(open), subject.is_category);
        Index { value, bins, by_chance: chi_squared_quantile(bins as f64 - 1.0, z) * per_degree }
    });
    let (known, open) = (known.len() as u64, open.len() as u64);
    Stability { subject: subject.name.to_owned(), known, open, index }
}

impl Values<'_> {
    fn at(self, place: usize) -> f64 {
        match self {
            Self::Feature(values) => f64::from(values[place]),
            Self::Scores(scores) => scores[place],
        }
    }
}

fn index(known: &[f64], open: &[f64], is_category: bool) -> (f64, u64) {
    let ends = if is_category { levels(known, open) } else { tenths(known) };
    // One bin more for what lies beyond the last end, and one for what is missing.
    let count = |values: &[f64]| {
        let mut counts = vec![0u64; ends.len() + 2];
        for value in values {
            let bin = if value.is_nan() { ends.len() + 1 } else { ends.partition_point(|end| end < value) };
            counts[bin] += 1;
        }
        counts
    };
    let pairs: Vec<(u64, u64)> =
        count(known).into_iter().zip(count(open)).filter(|(known, open)| known + open > 0).collect();
    let bins = pairs.len() as f64;
    let share = |count: u64, of: usize| (count as f64 + SMOOTHING) / (of as f64 + SMOOTHING * bins);
    let part = |(of_known, of_open): &(u64, u64)| {
        let (before, now) = (share(*of_known, known.len()), share(*of_open, open.len()));
        (now - before) * (now / before).ln()
    };
    (pairs.iter().map(part).sum(), pairs.len() as u64)
}

fn tenths(known: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = known.iter().copied().filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut ends: Vec<f64> = (1..TENTHS)
        .filter_map(|tenth| sorted.get((tenth * sorted.len()).div_ceil(TENTHS).max(1) - 1).copied())
        .collect();
    ends.dedup();
    ends
}

fn levels(known: &[f64], open: &[f64]) -> Vec<f64> {
    let mut levels: Vec<f64> = known.iter().chain(open).copied().filter(|value| !value.is_nan()).collect();
    levels.sort_unstable_by(f64::total_cmp);
    levels.dedup();
    levels
}

/// The quantile of a chi-squared variable of this many degrees of freedom where that of a normal one is `z` (Wilson and
/// Hilferty, Proceedings of the National Academy of Sciences 17, 1931); 0 of none.
fn chi_squared_quantile(degrees: f64, z: f64) -> f64 {
    if degrees < 1.0 {
        return 0.0;
    }
    let spread = 2.0 / (9.0 * degrees);
    degrees * (1.0 - spread + z * spread.sqrt()).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f32], known: usize, is_category: bool) -> Stability {
        let subject = Subject { name: "x", is_category, values: Values::Feature(values) };
        let places: Vec<usize> = (0..values.len()).collect();
        let keys: Vec<u64> = (0..values.len() as u64).collect();
        measure(&[subject], &places[..known], &places[known..], &keys).remove(0)
    }

    /// So many of each value.
    fn counted(rows: &[(f32, usize)]) -> Vec<f32> {
        rows.iter().flat_map(|(value, count)| vec![*value; *count]).collect()
    }

    #[test]
    fn two_levels_are_measured_by_hand() {
        let values = counted(&[(0.0, 80), (1.0, 20), (0.0, 50), (1.0, 50)]);
        let found = of(&values, 100, true);
        let shares = |count: f64| (count + 0.5) / 101.0;
        let part = |known: f64, open: f64| (shares(open) - shares(known)) * (shares(open) / shares(known)).ln();
        let index = found.index.unwrap();
        assert!((index.value - part(80.0, 50.0) - part(20.0, 50.0)).abs() < 1e-12);
        // Without the half loans it would be 0.3 ln 4.
        assert!((index.value - 0.3 * 4.0f64.ln()).abs() < 0.015, "{index:?}");
        assert_eq!((index.bins, found.shift()), (2, Shift::Large));
        // 3.841 is in every table.
        assert!((index.by_chance - 3.841 * 0.02).abs() < 0.002, "{index:?}");
    }

    #[test]
    fn a_number_falls_into_tenths_of_the_loans_with_an_outcome() {
        let known: Vec<f32> = (1..=100).map(|value| value as f32).collect();
        let same = of(&[known.clone(), known.clone()].concat(), 100, false);
        assert_eq!(same.index.unwrap().bins, 10);
        assert!(same.index.unwrap().value.abs() < 1e-12 && same.shift() == Shift::Stable);
        // All open loans are in the uppermost tenth: 0.5, nine times, against 10 of 100; and 100.5 against 10.5.
        let moved = of(&[known, vec![1_000.0; 100]].concat(), 100, false);
        let share = |count: f64| count / 105.0;
        let part = |known: f64, open: f64| (share(open) - share(known)) * (share(open) / share(known)).ln();
        assert!((moved.index.unwrap().value - 9.0 * part(10.5, 0.5) - part(10.5, 100.5)).abs() < 1e-12);
    }

    #[test]
    fn what_is_missing_is_a_bin_of_its_own() {
        let values = counted(&[(7.0, 60), (7.0, 30), (f32::NAN, 30)]);
        for is_category in [false, true] {
            let index = of(&values, 60, is_category).index.unwrap();
            let (before, now) = ([60.5 / 61.0, 0.5 / 61.0], [30.5 / 61.0, 30.5 / 61.0]);
            let part = |bin: usize| (now[bin] - before[bin]) * f64::ln(now[bin] / before[bin]);
            assert!((index.value - part(0) - part(1)).abs() < 1e-12);
            assert_eq!(index.bins, 2);
        }
    }

    #[test]
    fn chance_is_distinguished_from_a_shift_and_too_few_loans_show_nothing() {
        // 60 and 60 loans, evenly over ten values but one: chance gives as much.
        let some = [(0.0, 7), (1.0, 5), (2.0, 6), (3.0, 6), (4.0, 6), (5.0, 6), (6.0, 6), (7.0, 6), (8.0, 6), (9.0, 6)];
        let index =
            of(&[counted(&some), counted(&some.map(|(value, _)| (value, 6)))].concat(), 60, true).index.unwrap();
        assert!(index.value < index.by_chance, "{index:?}");
        let few = of(&[1.0; 110], 61, false);
        assert_eq!((few.shift(), few.known, few.open, few.index), (Shift::TooFew, 61, 49, None));
    }

    #[test]
    fn the_chance_of_many_subjects_is_that_of_all_of_them_together() {
        // 3.841 and 16.919 are in every table for 1 in 20; 23.589 is for 1 in 200.
        let quantile = |degrees, probability| chi_squared_quantile(degrees, normal_quantile_above(probability));
        for (degrees, probability, tabled) in [(1.0, 0.05, 3.841), (9.0, 0.05, 16.919), (9.0, 0.005, 23.589)] {
            assert!((quantile(degrees, probability) / tabled - 1.0).abs() < 0.03, "{degrees} {probability}");
        }
        let values = counted(&[(0.0, 80), (1.0, 20), (0.0, 50), (1.0, 50)]);
        let subject = Subject { name: "x", is_category: true, values: Values::Feature(&values) };
        let (known, open): (Vec<usize>, Vec<usize>) = ((0..100).collect(), (100..200).collect());
        let by_chance = |subjects: usize, keys: &[u64]| {
            measure(&vec![subject; subjects], &known, &open, keys)[0].index.unwrap().by_chance
        };
        let (singly, by_fours): (Vec<u64>, Vec<u64>) = (0..200).map(|loan| (loan, loan / 4)).unzip();
        assert!(by_chance(17, &singly) > 2.0 * by_chance(1, &singly));
        assert!((by_chance(1, &by_fours) / by_chance(1, &singly) - 4.0).abs() < 1e-9, "by borrower");
    }

    #[test]
    fn the_customary_bounds_are_kept() {
        let shift = |value: f64| {
            let index = Some(Index { value, bins: 10, by_chance: 0.01 });
            Stability { subject: String::new(), known: 100, open: 100, index }.shift()
        };
        assert_eq!([0.099, 0.1, 0.25, 0.251].map(shift), [Shift::Stable, Shift::Some, Shift::Some, Shift::Large]);
    }

    #[test]
    fn infinities_and_no_values_at_all_are_binned_like_others() {
        let values = counted(&[(f32::INFINITY, 25), (f32::NEG_INFINITY, 25), (f32::NAN, 50)]);
        assert!(of(&values, 50, false).index.unwrap().value > 1.0);
        assert_eq!(of(&[f32::NAN; 100], 50, false).index.unwrap().value, 0.0);
    }
}
