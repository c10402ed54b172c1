//! Whether finished and live loans share the values of a feature; counts decide, not shares alone.
//!
//! Lenders' systems set balance and days past due of closed loans to zero; a model then never sees what a late loan looks like:
//! promised an AUC of 0.92, one gave 0.70 where days past due alone gave 0.81.

use crate::features::{Book, Feature, Kind};
use crate::format::list;
use linfa::dataset::Records;

/// Loans looked at on either side, evenly spaced in their order.
const MOST_LOANS: usize = 20_000;
/// Values are nearly absent among finished loans where they are this many times rarer than among live ones.
const RARER: usize = 10;
/// Live loans with other values than finished ones that it takes, and how many finished ones there would have to be.
const LEAST_OTHERS: usize = 3;
const LEAST_EXPECTED: f64 = 5.0;
/// From this share of live loans with values that almost no finished loan has, a feature teaches nothing about live loans.
const LEAST_SHARE: f64 = 0.2;
/// Places are tenths of the live loans, fewer where one would hold fewer loans of either kind than this; a category with
/// fewer live loans says nothing.
const PLACES: usize = 10;
const LEAST_IN_PLACE: usize = 20;
/// Finished loans that a place must be expected to hold before their lack says anything.
const LEAST_EXPECTED_IN_PLACE: f64 = 10.0;

/// What follows from a balance of zero is named only where nothing else is.
const OF_THE_BALANCE: [&str; 2] = ["coverage", "share_owed"];

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gap {
    /// No finished loan has a value, or almost none has one; live ones do.
    Missing(Extent),
    Same(f32, Extent),
    /// This share of live loans, 0 to 1, has values that almost no finished loan has.
    Apart(f64),
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Extent {
    All,
    NearlyAll,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Unlike {
    pub feature: usize,
    pub gap: Gap,
}

pub fn unlike(book: &Book) -> Vec<Unlike> {
    let outcomes = book.dataset.targets();
    let finished: Vec<usize> =
        (0..book.loans()).filter(|row| outcomes[*row].is_some() && !book.is_live(*row)).collect();
    let live: Vec<usize> = book.live().collect();
    let (all_finished, finished, live) = (&finished, sample(&finished), sample(&live));
    let matrix = book.dataset.records();
    let of_feature = |feature: usize| {
        let pick = |rows: &[usize]| rows.iter().map(|row| matrix.column(feature)[*row]).collect::<Vec<f32>>();
        let is_category = matches!(matrix.features()[feature].kind, Kind::Category(_));
        let gap = gap(&pick(&finished), &pick(&live), is_category)?;
        // What is true of a sample need not be true of all.
        Some(Unlike { feature, gap: gap.over(all_finished.iter().map(|row| matrix.column(feature)[*row])) })
    };
    (0..matrix.nfeatures()).filter_map(of_feature).collect()
}

fn sample(rows: &[usize]) -> Vec<usize> {
    rows.iter().copied().step_by(rows.len().div_ceil(MOST_LOANS).max(1)).collect()
}

/// How these values keep the loans apart, if they do; `NaN` is missing.
fn gap(finished: &[f32], live: &[f32], is_category: bool) -> Option<Gap> {
    if finished.is_empty() || live.is_empty() {
        return None;
    }
    let usual = most_frequent(finished);
    let differs = |value: &&f32| !value.is_nan() && **value != usual;
    let (others, of_live) = (finished.iter().filter(differs).count(), live.iter().filter(differs).count());
    let expected = finished.len() as f64 * of_live as f64 / live.len() as f64;
    let is_rarer = |found: usize, expected: f64| (found * RARER) as f64 <= expected;
    if of_live >= LEAST_OTHERS && expected >= LEAST_EXPECTED && is_rarer(others, expected) {
        let gap = if usual.is_nan() { Gap::Missing(Extent::All) } else { Gap::Same(usual, Extent::All) };
        return Some(gap.over(finished.iter().copied()));
    }
    let ends = if is_category { levels(live) } else { quantiles(live, finished.len()) };
    let counts = |values: &[f32]| {
        let mut counts = vec![0; ends.len()];
        let known = values.iter().filter(|value| !value.is_nan());
        known.for_each(|value| counts[ends.partition_point(|end| end < value).min(ends.len() - 1)] += 1);
        counts
    };
    if ends.len() < 2 {
        return None;
    }
    let per_live = finished.len() as f64 / live.len() as f64;
    let is_empty = |(found, of_live): &(usize, usize)| {
        let expected = *of_live as f64 * per_live;
        *of_live >= LEAST_IN_PLACE && expected >= LEAST_EXPECTED_IN_PLACE && is_rarer(*found, expected)
    };
    let alone: usize = counts(finished).into_iter().zip(counts(live)).filter(is_empty).map(|(_, live)| live).sum();
    let share = alone as f64 / live.len() as f64;
    (share >= LEAST_SHARE).then_some(Gap::Apart(share))
}

fn most_frequent(values: &[f32]) -> f32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let is_same = |one: &f32, other: &f32| one == other || one.is_nan() && other.is_nan();
    let mut most: &[f32] = &[];
    for group in sorted.chunk_by(is_same) {
        if group.len() > most.len() {
            most = group;
        }
    }
    most.first().copied().unwrap_or(f32::NAN)
}

/// The upper ends of places that hold as many live loans each, where enough of both kinds can be in each.
fn quantiles(live: &[f32], finished: usize) -> Vec<f32> {
    let sorted = known(live);
    let places = PLACES.min(sorted.len().min(finished) / LEAST_IN_PLACE);
    let mut ends: Vec<f32> = (1..=places).map(|place| sorted[(place * sorted.len()).div_ceil(places) - 1]).collect();
    ends.dedup();
    ends
}

fn levels(live: &[f32]) -> Vec<f32> {
    let mut levels = known(live);
    levels.dedup();
    levels
}

fn known(values: &[f32]) -> Vec<f32> {
    let mut known: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    known.sort_unstable_by(f32::total_cmp);
    known
}

/// Why models of finished loans are not used, given the standard features that keep these apart from live ones: the end of a
/// sentence. `None` where there is none.
pub fn reason(unlike: &[(&Feature, Gap)]) -> Option<String> {
    let is_ratio = |found: &(&Feature, Gap)| OF_THE_BALANCE.contains(&found.0.name.as_str());
    let are_all_ratios = unlike.iter().all(is_ratio);
    let mut named: Vec<&(&Feature, Gap)> = Vec::new();
    for found in unlike.iter().filter(|found| are_all_ratios || !is_ratio(found)) {
        if named.iter().all(|other| other.0.family != found.0.family) {
            named.push(found);
        }
    }
    let labels = |is_wanted: &dyn Fn(&Gap) -> bool| -> Vec<String> {
        named.iter().filter(|(_, gap)| is_wanted(gap)).map(|(feature, _)| feature.label.clone()).collect()
    };
    let lacking = |wanted: Extent| {
        labels(&|gap| matches!(gap, Gap::Missing(extent) | Gap::Same(0.0, extent) if *extent == wanted))
    };
    let (mut none, hardly) = (lacking(Extent::All), lacking(Extent::NearlyAll));
    none.iter_mut().for_each(|label| label.insert_str(0, "no "));
    let alike =
        |wanted: Extent| labels(&|gap| matches!(gap, Gap::Same(value, extent) if *value != 0.0 && *extent == wanted));
    let (same, nearly_same) = (alike(Extent::All), alike(Extent::NearlyAll));
    let apart = labels(&|gap| matches!(gap, Gap::Apart(_)));
    let parts = [
        (!none.is_empty()).then(|| format!("finished loans show {}, live loans do", list(&none))),
        (!hardly.is_empty()).then(|| format!("hardly any finished loan shows {}, live loans do", list(&hardly))),
        (!same.is_empty()).then(|| format!("finished loans all have the same {}, live loans do not", list(&same))),
        (!nearly_same.is_empty())
            .then(|| format!("nearly all finished loans have the same {}, live loans do not", list(&nearly_same))),
        (!apart.is_empty())
            .then(|| format!("few finished loans have values of {} like those of live ones", list(&apart))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{}: what finished loans teach does not hold for live ones", parts.join("; ")))
}

impl Gap {
    fn over(self, mut finished: impl Iterator<Item = f32>) -> Self {
        let extent = |is_all: bool| if is_all { Extent::All } else { Extent::NearlyAll };
        match self {
            Self::Missing(_) => Self::Missing(extent(finished.all(f32::is_nan))),
            // A missing value is none that finished loans would show.
            Self::Same(usual, _) => Self::Same(usual, extent(finished.all(|value| value == usual || value.is_nan()))),
            Self::Apart(_) => self,
        }
    }

    pub fn words(self) -> String {
        let what = match self {
            Self::Missing(Extent::All) | Self::Same(0.0, Extent::All) => {
                "finished loans do not show it, live loans do".to_owned()
            }
            Self::Missing(Extent::NearlyAll) | Self::Same(0.0, Extent::NearlyAll) => {
                "hardly any finished loan shows it, live loans do".to_owned()
            }
            Self::Same(_, Extent::NearlyAll) => {
                "it is the same for nearly all finished loans, but not for live ones".to_owned()
            }
            Self::Same(_, Extent::All) => "it is the same for all finished loans, but not for live ones".to_owned(),
            Self::Apart(share) => {
                format!("{:.0}% of the live loans have values that finished loans hardly have", 100.0 * share)
            }
        };
        format!("{what}: what finished loans teach about it does not hold for live ones")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(count: usize, from: f32, to: f32) -> Vec<f32> {
        (0..count).map(|place| from + (to - from) * ((place * 7919) % count) as f32 / count as f32).collect()
    }

    fn with(values: &[f32], count: usize) -> Vec<f32> {
        values.iter().copied().cycle().take(count).collect()
    }

    #[test]
    fn what_is_the_same_or_missing_among_finished_loans_and_varies_among_live_ones_is_a_gap() {
        let late = with(&[0.0, 0.0, 0.0, 12.0, 45.0], 400);
        assert_eq!(gap(&[0.0; 300], &late, false), Some(Gap::Same(0.0, Extent::All)));
        assert_eq!(gap(&[f32::NAN; 300], &late, false), Some(Gap::Missing(Extent::All)));
        assert_eq!(gap(&[12.5; 300], &late, false), Some(Gap::Same(12.5, Extent::All)));
        // Three in a hundred are late, and none of the finished ones was.
        let few_late: Vec<f32> = (0..400).map(|loan| if loan < 12 { 30.0 } else { 0.0 }).collect();
        assert_eq!(gap(&[0.0; 300], &few_late, false), Some(Gap::Same(0.0, Extent::All)));
        // A stray value among many zeros changes nothing.
        let mut nearly = vec![0.0; 300];
        nearly[17] = 20.0;
        assert_eq!(gap(&nearly, &late, false), Some(Gap::Same(0.0, Extent::NearlyAll)));
    }

    #[test]
    fn values_that_hardly_meet_are_a_gap() {
        assert_eq!(gap(&spread(300, 0.0, 50.0), &spread(300, 100.0, 9e5), false), Some(Gap::Apart(0.9)));
        // Finished loans are at nothing or at the end; live ones between.
        let ends = with(&[0.0, 0.0, 400.0, 700.0], 400);
        let between: Vec<f32> = with(&[0.0], 200).into_iter().chain(spread(200, 1.0, 120.0)).collect();
        let Some(Gap::Apart(share)) = gap(&ends, &between, false) else { panic!("a gap") };
        assert!((0.4..=0.5).contains(&share), "{share}");
        let levels = |from: usize| (0..300).map(|loan| (from + loan % 4) as f32).collect::<Vec<f32>>();
        assert_eq!(gap(&levels(0), &levels(3), true), Some(Gap::Apart(0.75)));
    }

    #[test]
    fn loans_of_one_kind_of_book_have_no_gap_however_few_they_are() {
        for (finished, live) in [(300, 300), (50, 10_000), (60, 8), (2_000, 30), (5_000, 5_000)] {
            for seed in 0..40 {
                let draw = |count: usize, part: u64| -> Vec<f32> {
                    let mut state = (seed * 2 + part) * 7_919 + 1;
                    let mut next = || {
                        state = u64::wrapping_add(
                            u64::wrapping_mul(state, 6_364_136_223_846_793_005),
                            1_442_695_040_888_963_407,
                        );
                        (state >> 33) as f32 / (1u64 << 31) as f32
                    };
                    (0..count).map(|_| if next() < 0.6 { 0.0 } else { (next() * 90.0).floor() }).collect()
                };
                assert_eq!(gap(&draw(finished, 0), &draw(live, 1), false), None, "{finished} {live} {seed}");
                assert_eq!(gap(&draw(finished, 0), &draw(live, 1), true), None, "{finished} {live} {seed}");
            }
        }
        let wide = spread(400, 100.0, 900.0);
        assert_eq!(gap(&wide, &spread(300, 180.0, 1_000.0), false), None, "a shift is not a gap");
        assert_eq!(gap(&[], &wide, false), None);
        assert_eq!(gap(&wide, &[], false), None);
        assert_eq!(gap(&[0.0; 300], &[0.0; 300], false), None);
        assert_eq!(gap(&[0.0; 300], &[f32::NAN; 300], false), None, "what live loans lack teaches nothing wrong");
        assert_eq!(gap(&[0.0; 60], &with(&[0.0, 9.0], 4), false), None, "two live loans are few");
    }

    #[test]
    fn the_sentence_names_a_family_once() {
        let labelled = |name: &str, family: &str| Feature { family: family.to_owned(), ..Feature::number(name) };
        let (days, bucket) = (labelled("days past due", "dpd"), labelled("DPD bucket", "dpd"));
        let (balance, tenure) = (labelled("outstanding balance", "balance"), labelled("tenure", "tenure"));
        let found = [
            (&balance, Gap::Same(0.0, Extent::All)),
            (&days, Gap::Same(0.0, Extent::All)),
            (&bucket, Gap::Same(0.0, Extent::All)),
            (&tenure, Gap::Apart(0.4)),
        ];
        assert_eq!(
            reason(&found).unwrap(),
            "finished loans show no outstanding balance and no days past due, live loans do; few finished loans have values \
             of tenure like those of live ones: what finished loans teach does not hold for live ones"
        );
        let share = labelled("share_owed", "share_owed");
        assert!(
            !reason(&[(&balance, Gap::Same(0.0, Extent::All)), (&share, Gap::Same(0.0, Extent::All))])
                .unwrap()
                .contains("share_owed")
        );
        let hardly = |value| reason(&[(&balance, Gap::Same(value, Extent::NearlyAll))]).unwrap();
        assert!(hardly(0.0).starts_with("hardly any finished loan shows outstanding balance, live loans do: what"));
        assert!(
            hardly(5.0).starts_with("nearly all finished loans have the same outstanding balance, live loans do not")
        );
        assert_eq!(reason(&[]), None);
    }
}
