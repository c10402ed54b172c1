//! The values of one feature, with the outcomes at each, in order of the risk that they indicate.

use crate::features::Kind;
use crate::format::Style;
use crate::risk::evaluate::ranking::auc_of_groups;
use crate::risk::evaluate::{Interval, wilson};
use crate::terms;

/// A number with no more different values than this may be a code, so its values are put in order of their outcomes.
const MOST_CODES: usize = 12;
/// A region must hold this share of all loans with its outcome. Honest features decide a loan or two in a hundred at their
/// extremes.
const LEAST_CAPTURED: f64 = 0.20;
/// In a decided region the odds of the other outcome are smaller than in the book by this factor, at the upper end of their
/// interval. At the extremes of honest features that hold as many loans it was 12 at most in the made-up books.
const LEAST_FACTOR: f64 = 30.0;
const MOST_NAMED: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq)]
struct Level {
    value: f32,
    positives: u64,
    negatives: u64,
}

pub(super) struct Levels {
    levels: Vec<Level>,
    auc: Interval,
}

pub(super) struct Region {
    /// Whether its loans are positive, and so at the upper end of the order.
    pub is_positive: bool,
    pub loans: u64,
    pub exceptions: u64,
    pub captured: f64,
    levels: usize,
}

impl Levels {
    /// The values of the given loans, of whom both outcomes must occur.
    ///
    /// Categories, and numbers with few values, which may be codes, are in order of their share of positives; other numbers
    /// in their own order, turned so that the risk rises, and missing where it fits best.
    pub fn of(kind: &Kind, values: &[f32], loans: &[(u32, bool)]) -> Self {
        let (mut levels, missing) = counted(values, loans);
        if matches!(kind, Kind::Category(_)) || levels.len() <= MOST_CODES {
            levels.extend(missing);
            levels.sort_by(|one, other| (one.positives * other.loans()).cmp(&(other.positives * one.loans())));
        } else {
            if auc(&levels).value < 0.5 {
                levels.reverse();
            }
            if let Some(missing) = missing {
                levels.insert(best_place(&levels, missing), missing);
            }
        }
        Self { auc: auc(&levels), levels }
    }

    pub fn auc(&self) -> Interval {
        self.auc
    }

    pub fn decided_region(&self) -> Option<Region> {
        let (lower, upper) = (self.decided_end(false), self.decided_end(true));
        [lower, upper].into_iter().flatten().max_by(|one, other| one.captured.total_cmp(&other.captured))
    }

    fn decided_end(&self, is_positive: bool) -> Option<Region> {
        let all = self.levels.iter().fold([0, 0], |[of_kind, others], level| {
            let [more, exceptions] = level.split(is_positive);
            [of_kind + more, others + exceptions]
        });
        let odds_in_book = all[1] as f64 / all[0] as f64;
        let (mut of_kind, mut exceptions, mut longest) = (0, 0, None);
        for place in 0..self.levels.len() {
            let level = if is_positive { self.levels[self.levels.len() - 1 - place] } else { self.levels[place] };
            let [more, others] = level.split(is_positive);
            (of_kind, exceptions) = (of_kind + more, exceptions + others);
            let loans = of_kind + exceptions;
            let captured = of_kind as f64 / all[0] as f64;
            let most = wilson(exceptions, loans).map_or(1.0, |share| share.upper);
            if captured >= LEAST_CAPTURED && most / (1.0 - most) * LEAST_FACTOR < odds_in_book {
                longest = Some(Region { is_positive, loans, exceptions, captured, levels: place + 1 });
            }
        }
        longest
    }

    /// The outcome whose loans all have one value (`true`: not recovered), where the others differ from it more often than
    /// chance allows; `log_chance` is the logarithm of that chance.
    pub fn constant_within(&self, log_chance: f64) -> Option<bool> {
        let loans: u64 = self.levels.iter().map(Level::loans).sum();
        [true, false].into_iter().find(|is_positive| {
            let mut with = self.levels.iter().filter(|level| level.split(*is_positive)[0] > 0);
            let (Some(only), None) = (with.next(), with.next()) else { return false };
            let others: u64 = self.levels.iter().map(|level| level.split(*is_positive)[1]).sum();
            let differing = others - only.split(*is_positive)[1];
            // Each of those that differ had this chance to be one of the others.
            differing as f64 * (others as f64 / loans as f64).ln() < log_chance
        })
    }

    /// The values of a region in words, after "loans with"; `subject` is the name of the feature.
    pub fn named(&self, region: &Region, subject: &str, kind: &Kind, style: &Style) -> String {
        let within: Vec<&Level> = if region.is_positive {
            self.levels.iter().rev().take(region.levels).collect()
        } else {
            self.levels.iter().take(region.levels).collect()
        };
        let mut numbers: Vec<f32> = within.iter().map(|level| level.value).filter(|value| !value.is_nan()).collect();
        numbers.sort_unstable_by(f32::total_cmp);
        let missing = (numbers.len() < within.len()).then(|| "no value".to_owned());
        let beyond = || self.levels.iter().filter(|level| !within.contains(level) && !level.value.is_nan());
        let named = match (kind, numbers.first().zip(numbers.last())) {
            (_, None) => None,
            (Kind::Category(texts), _) => {
                let text = |value: &f32| texts.get(*value as usize).map_or("", String::as_str);
                Some(enumerated(quoted(numbers.iter().map(text).collect())))
            }
            (Kind::Number, Some((first, last))) => {
                let end = if beyond().all(|other| other.value < *first) {
                    terms::range(subject, f64::from(*first), true, style)
                } else if beyond().all(|other| other.value > *last) {
                    terms::range(subject, f64::from(*last), false, style)
                } else {
                    None
                };
                let each =
                    || numbers.iter().map(|value| terms::after_with(subject, f64::from(*value), style)).collect();
                Some(end.unwrap_or_else(|| enumerated(each())))
            }
        };
        [named, missing].into_iter().flatten().collect::<Vec<_>>().join(" or ").replace('\u{a0}', " ")
    }
}

impl Level {
    fn add(&mut self, outcome: bool) {
        self.positives += u64::from(outcome);
        self.negatives += u64::from(!outcome);
    }

    fn loans(&self) -> u64 {
        self.positives + self.negatives
    }

    fn split(&self, is_positive: bool) -> [u64; 2] {
        if is_positive { [self.positives, self.negatives] } else { [self.negatives, self.positives] }
    }
}

fn counted(values: &[f32], loans: &[(u32, bool)]) -> (Vec<Level>, Option<Level>) {
    let mut missing = Level { value: f32::NAN, positives: 0, negatives: 0 };
    let mut known: Vec<(f32, bool)> = Vec::with_capacity(loans.len());
    for (loan, outcome) in loans {
        let value = values[*loan as usize];
        if value.is_nan() { missing.add(*outcome) } else { known.push((value, *outcome)) }
    }
    known.sort_unstable_by(|one, other| one.0.total_cmp(&other.0));
    let level = |group: &[(f32, bool)]| {
        let mut level = Level { value: group[0].0, positives: 0, negatives: 0 };
        group.iter().for_each(|(_, outcome)| level.add(*outcome));
        level
    };
    let levels = known.chunk_by(|one, other| one.0 == other.0).map(level).collect();
    (levels, (missing.loans() > 0).then_some(missing))
}

fn auc(levels: &[Level]) -> Interval {
    let counts: Vec<[u64; 2]> = levels.iter().map(|level| [level.positives, level.negatives]).collect();
    auc_of_groups(&counts)
}

fn best_place(levels: &[Level], missing: Level) -> usize {
    let (mut gain, mut most, mut best) = (0i128, 0i128, 0);
    for (place, level) in levels.iter().enumerate() {
        let pairs = |one: u64, other: u64| i128::from(one) * i128::from(other);
        gain += pairs(missing.positives, level.negatives) - pairs(missing.negatives, level.positives);
        if gain > most {
            (most, best) = (gain, place + 1);
        }
    }
    best
}

fn quoted(mut texts: Vec<&str>) -> Vec<String> {
    let numbers: Option<Vec<f64>> = texts.iter().map(|text| text.parse().ok()).collect();
    if let Some(numbers) = numbers {
        let mut order: Vec<(f64, &str)> = numbers.into_iter().zip(texts).collect();
        order.sort_by(|one, other| one.0.total_cmp(&other.0));
        texts = order.into_iter().map(|(_, text)| text).collect();
    }
    texts.into_iter().map(|text| format!("“{text}”")).collect()
}

fn enumerated(mut names: Vec<String>) -> String {
    let others = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    let named = names.join(", ");
    match others {
        0 => named,
        1 => format!("{named} and 1 other value"),
        _ => format!("{named} and {others} other values"),
    }
}
