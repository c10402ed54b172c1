//! The design matrix of the logistic regression, learned on the training rows alone; every column has mean 0 there.
//!
//! Skewed numbers are logged, cut off at the outer percentiles, and bend between segments (piecewise linear: Harrell, Regression
//! Modeling Strategies, 2015, 2.4). Gaps get the mean and, where common, a column; features with the same gaps share it.

use serde::{Deserialize, Serialize};

use super::sample::Sample;
use crate::features::{Feature, Kind};

const SKEWED_FROM: f64 = 1.0;
const CUT_OFF: f64 = 0.01;
const LEAST_OF_A_LEVEL: usize = 20;
const LEAST_MISSING: usize = 10;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Design {
    pub encodings: Vec<Encoding>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Encoding {
    pub values: Values,
    /// The share of training loans without a value, where gaps have a column.
    pub missing_share: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) enum Values {
    /// The values say nothing: none, or all alike.
    Nothing,
    Number(Vec<Scale>),
    Category(Levels),
}

/// The way of a number through a segment, and to mean 0 and deviation 1; bounds, mean and deviation are in logs where `is_log`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    pub is_log: bool,
    pub low: f32,
    pub high: f32,
    pub mean: f64,
    pub deviation: f64,
}

/// Which column each level of a category has.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Levels {
    pub places: Vec<LevelColumn>,
    /// The share of the loans with a value that have each column.
    pub shares: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LevelColumn {
    Reference,
    Own(u16),
    Other(u16),
    /// A level that no training loan had, where no rare levels share a column: nothing is known, so it counts as average.
    Unseen,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Meaning {
    Value {
        is_log: bool,
        /// From where to where, where the feature has several segments; in logs where `is_log`.
        segment: Option<(f32, f32)>,
    },
    Level(usize),
    OtherLevels,
    Missing,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DesignColumn {
    pub feature: usize,
    pub meaning: Meaning,
}

impl Design {
    pub fn learn(sample: &Sample, loans: &[u32]) -> Self {
        let features = sample.features().iter().enumerate();
        let values = features.map(|(place, feature)| match &feature.kind {
            Kind::Number => Scale::learn(sample, place, loans),
            Kind::Category(levels) => Levels::learn(levels.len(), sample.column(place), loans),
        });
        let missing_shares = missing_shares(sample, loans);
        let encoding = |(values, missing_share)| Encoding { values, missing_share };
        Self { encodings: values.zip(missing_shares).map(encoding).collect() }
    }

    pub fn columns(&self) -> impl Iterator<Item = DesignColumn> + '_ {
        let encodings = self.encodings.iter().enumerate();
        encodings.flat_map(|(feature, encoding)| {
            encoding.meanings().into_iter().map(move |meaning| DesignColumn { feature, meaning })
        })
    }

    pub fn matrix(&self, sample: &Sample, loans: &[u32]) -> Vec<f32> {
        let mut cells = Vec::new();
        for (feature, encoding) in self.encodings.iter().enumerate() {
            encoding.write(sample, feature, loans, &mut cells);
        }
        cells
    }
}

impl Encoding {
    pub fn columns(&self) -> usize {
        self.meanings().len()
    }

    /// Whether this is such as [`Design::learn`] makes of a feature of this kind.
    pub fn fits(&self, kind: &Kind) -> bool {
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        let fit = match (&self.values, kind) {
            (Values::Nothing, _) => true,
            (Values::Number(segments), Kind::Number) => !segments.is_empty() && segments.iter().all(Scale::is_sound),
            (Values::Category(Levels { places, shares }), Kind::Category(levels)) => {
                let is_column = |place: &LevelColumn| place.column().is_none_or(|column| column < shares.len());
                places.len() == levels.len() && places.iter().all(is_column) && shares.iter().all(is_share)
            }
            _ => false,
        };
        fit && self.missing_share.iter().all(is_share)
    }

    fn meanings(&self) -> Vec<Meaning> {
        let mut meanings = match &self.values {
            Values::Nothing => Vec::new(),
            Values::Number(segments) => {
                let is_one = segments.len() == 1;
                let segment = |scale: &Scale| (!is_one).then_some((scale.low, scale.high));
                let meaning = |scale: &Scale| Meaning::Value { is_log: scale.is_log, segment: segment(scale) };
                segments.iter().map(meaning).collect()
            }
            Values::Category(levels) => levels.meanings(),
        };
        meanings.extend(self.missing_share.map(|_| Meaning::Missing));
        meanings
    }

    fn write(&self, sample: &Sample, feature: usize, loans: &[u32], cells: &mut Vec<f32>) {
        let column = sample.column(feature);
        match &self.values {
            Values::Nothing => (),
            Values::Number(segments) => {
                for scale in segments {
                    let values = if scale.is_log { sample.logs(feature) } else { column };
                    let scaled = loans.iter().map(|loan| scale.scaled(values[*loan as usize]) as f32);
                    cells.extend(scaled.map(|value| if value.is_nan() { 0.0 } else { value }));
                }
            }
            Values::Category(levels) => {
                for (place, share) in levels.shares.iter().enumerate() {
                    let cell = |loan: &u32| match levels.place_of(column[*loan as usize]) {
                        None | Some(LevelColumn::Unseen) => 0.0,
                        Some(found) => (f64::from(u8::from(found.column() == Some(place))) - share) as f32,
                    };
                    cells.extend(loans.iter().map(cell));
                }
            }
        }
        if let Some(share) = self.missing_share {
            let (there, missing) = (-share as f32, (1.0 - share) as f32);
            cells.extend(loans.iter().map(|loan| if column[*loan as usize].is_nan() { missing } else { there }));
        }
    }
}

impl Scale {
    fn learn(sample: &Sample, feature: usize, loans: &[u32]) -> Values {
        let present = |column: &[f32]| -> Vec<f32> {
            loans.iter().map(|loan| column[*loan as usize]).filter(|value| !value.is_nan()).collect()
        };
        let mut values = present(sample.column(feature));
        let Some(least) = values.iter().copied().reduce(f32::min) else { return Values::Nothing };
        let is_log = least >= 0.0 && {
            let skewness = Moments::of(&values).skewness.abs();
            skewness > SKEWED_FROM && Moments::of(&present(sample.logs(feature))).skewness.abs() < skewness
        };
        if is_log {
            values = present(sample.logs(feature));
        }
        let (low, high) = outer_percentiles(&mut values);
        if low == high {
            return Values::Nothing;
        }
        let knots = knots(&mut values, low, high, sample.segments);
        let segments = knots.windows(2).map(|ends| {
            let (low, high) = (ends[0], ends[1]);
            let within: Vec<f32> = values.iter().map(|value| value.clamp(low, high)).collect();
            let Moments { mean, deviation, .. } = Moments::of(&within);
            Self { is_log, low, high, mean, deviation }
        });
        Values::Number(segments.collect())
    }

    fn is_sound(&self) -> bool {
        let Self { low, high, mean, deviation, .. } = self;
        low < high && low.is_finite() && high.is_finite() && mean.is_finite() && *deviation > 0.0
    }

    /// The value, a log already where it is to be one, as deviations from the mean; NaN for a gap.
    #[inline]
    pub fn scaled(&self, value: f32) -> f64 {
        (f64::from(value.clamp(self.low, self.high)) - self.mean) / self.deviation
    }
}

impl Levels {
    fn learn(levels: usize, column: &[f32], loans: &[u32]) -> Values {
        let mut counts = vec![0usize; levels];
        for loan in loans {
            let level = column[*loan as usize];
            if !level.is_nan() {
                counts[level as usize] += 1;
            }
        }
        let present: usize = counts.iter().sum();
        let is_own = |count: usize| count >= LEAST_OF_A_LEVEL;
        let most = counts.iter().copied().max().unwrap_or(0);
        if most == present || !is_own(most) {
            return Values::Nothing;
        }
        let reference = counts.iter().position(|count| *count == most);
        let own: Vec<usize> = (0..levels).filter(|level| is_own(counts[*level]) && Some(*level) != reference).collect();
        let rare: usize = counts.iter().copied().filter(|count| !is_own(*count)).sum();
        let other = if rare > 0 { LevelColumn::Other(own.len() as u16) } else { LevelColumn::Unseen };
        let mut places = vec![other; levels];
        for (place, level) in own.iter().enumerate() {
            places[*level] = LevelColumn::Own(place as u16);
        }
        reference.into_iter().for_each(|level| places[level] = LevelColumn::Reference);
        let loans_of_columns = own.iter().map(|level| counts[*level]).chain((rare > 0).then_some(rare));
        let shares = loans_of_columns.map(|loans| loans as f64 / present as f64).collect();
        Values::Category(Self { places, shares })
    }

    /// The place of a value; `None` for a gap.
    fn place_of(&self, value: f32) -> Option<LevelColumn> {
        (!value.is_nan()).then(|| self.places[value as usize])
    }

    pub fn weighed(&self, place: LevelColumn, weights: &[f64]) -> f64 {
        if place == LevelColumn::Unseen {
            return 0.0;
        }
        let of_reference: f64 = -self.shares.iter().zip(weights).map(|(share, weight)| share * weight).sum::<f64>();
        of_reference + place.column().map_or(0.0, |column| weights[column])
    }

    fn meanings(&self) -> Vec<Meaning> {
        let meaning = |column: usize| {
            let level = self.places.iter().position(|place| *place == LevelColumn::Own(column as u16));
            level.map_or(Meaning::OtherLevels, Meaning::Level)
        };
        (0..self.shares.len()).map(meaning).collect()
    }
}

impl LevelColumn {
    pub fn column(self) -> Option<usize> {
        match self {
            Self::Own(column) | Self::Other(column) => Some(usize::from(column)),
            Self::Reference | Self::Unseen => None,
        }
    }
}

fn missing_shares(sample: &Sample, loans: &[u32]) -> Vec<Option<f64>> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    let is_gap = |feature: usize, loan: &u32| sample.column(feature)[*loan as usize].is_nan();
    let share = |feature: usize| {
        let missing = loans.iter().filter(|loan| is_gap(feature, loan)).count();
        let is_telling = missing.min(loans.len() - missing) >= LEAST_MISSING;
        let same_gaps = |other: usize| loans.iter().all(|loan| is_gap(feature, loan) == is_gap(other, loan));
        if !is_telling || found.iter().any(|(other, count)| *count == missing && same_gaps(*other)) {
            return None;
        }
        found.push((feature, missing));
        Some(missing as f64 / loans.len() as f64)
    };
    (0..sample.features().len()).map(share).collect()
}

fn outer_percentiles(values: &mut [f32]) -> (f32, f32) {
    let last = values.len() - 1;
    let low = (last as f64 * CUT_OFF).floor() as usize;
    let (_, high, _) = values.select_nth_unstable_by(last - low, f32::total_cmp);
    let high = *high;
    let (_, low, _) = values[..=last - low].select_nth_unstable_by(low, f32::total_cmp);
    (*low, high)
}

/// Where segments begin and end: the bounds, and between them values that divide those within the bounds into parts of as
/// many loans; fewer where values are few.
fn knots(values: &mut [f32], low: f32, high: f32, segments: usize) -> Vec<f32> {
    let mut within: Vec<f32> =
        values.iter().copied().filter(|value| (low..high).contains(value) && *value > low).collect();
    within.sort_unstable_by(f32::total_cmp);
    let mut knots = vec![low];
    if !within.is_empty() {
        knots.extend((1..segments).map(|part| within[part * within.len() / segments]));
    }
    knots.push(high);
    knots.dedup();
    knots
}

pub(super) struct Moments {
    pub mean: f64,
    pub deviation: f64,
    /// The third standardised moment; 0 where all values are equal.
    pub skewness: f64,
}

impl Moments {
    pub fn of(values: &[f32]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        let (mut squares, mut cubes) = (0.0, 0.0);
        for value in values {
            let distance = f64::from(*value) - mean;
            squares += distance * distance;
            cubes += distance * distance * distance;
        }
        let deviation = (squares / count).sqrt();
        let skewness = if deviation > 0.0 { cubes / count / deviation.powi(3) } else { 0.0 };
        Self { mean, deviation, skewness }
    }
}

pub(super) fn term(column: DesignColumn, features: &[Feature]) -> String {
    let feature = &features[column.feature];
    let label = &feature.label;
    match (column.meaning, &feature.kind) {
        (Meaning::Value { is_log, segment: Some((low, high)) }, _) => {
            let value = |end: f32| if is_log { f64::from(end).exp_m1() } else { f64::from(end) };
            format!(
                "{} from {:.6} to {:.6}",
                if is_log { "log " } else { "" }.to_owned() + label,
                value(low),
                value(high)
            )
        }
        (Meaning::Value { is_log: true, .. }, _) => format!("log {label}"),
        (Meaning::Level(level), Kind::Category(levels)) => format!("{label} = {}", levels[level]),
        (Meaning::OtherLevels, _) => format!("{label} = other"),
        (Meaning::Missing, _) => format!("{label} missing"),
        (Meaning::Value { is_log: false, .. } | Meaning::Level(_), _) => label.clone(),
    }
}
