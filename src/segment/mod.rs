//! Segments: groups of similar borrowers, found by k-means on income, loan amount, burden and arrears, and named after their
//! differences. A missing value counts as the mean. The centres of a large book come from a systematic sample. Clusters that
//! would get the same name are merged.
//!
//! Segments stay from run to run: the centres are learnt in the first run, when the configured weeks have passed, and when
//! what defines them has changed; the runs between put each loan into the nearest. A name goes when it is no longer true.

mod kmeans;
mod matching;
mod method;
mod names;
mod profile;
mod scale;
mod stored;
mod words;

use linfa::dataset::Records;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::chance::Chance;
use crate::config::Config;
use crate::error::Result;
use crate::features::{Book, FeatureMatrix, position};
use crate::format::Style;
use names::Name;
use profile::{Profile, TRAITS};
use scale::{Point, Scale};
pub use stored::{Earlier, earlier, store};

/// The largest number that the configuration allows.
const MOST_CLUSTERS: usize = 12;

/// Loans assigned to their centre in one task.
const CHUNK: usize = 8_192;

#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// In the order of the report. A segment that was learnt earlier may have no loan.
    segments: Vec<Segment>,
    /// The segment of each loan of the book.
    membership: Vec<usize>,
    scale: Scale,
    /// The hash of all that defines the segments, but for the loans.
    definition: String,
    learnt: Learnt,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Learnt {
    InRun(i64),
    Now(Reason),
}

/// Why the segments are learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    First,
    /// The weeks of the configuration have passed.
    Due,
    /// The settings, the columns or the program define other segments.
    Changed,
    /// The old ones can no longer be told apart by true names.
    Unnamed,
}

#[derive(Debug, Clone, PartialEq)]
struct Segment {
    /// From 1 on; a segment that goes on keeps it.
    position: i64,
    name: Name,
    name_text: String,
    /// The name of the same segment in the run before; `None` for a new one.
    name_before: Option<String>,
    centre: Point,
    /// The mean of each feature over the loans of this run in its unit; `None` where all values are missing.
    means: Vec<Option<f64>>,
}

/// All that finding the segments of a book needs beside the earlier ones.
struct Task<'a> {
    book: &'a Book,
    config: &'a Config,
    chance: &'a Chance,
    style: Style,
    /// Of this book.
    scale: Scale,
    sample: Vec<usize>,
    definition: String,
}

/// Finds and names the segments of a book, or assigns it to those of an earlier run. `progress` gets the starts, or numbers of
/// clusters, done and in total.
///
/// # Errors
/// When k-means cannot converge on the data.
pub fn segment(
    book: &Book,
    earlier: Option<&Earlier>,
    config: &Config,
    chance: &Chance,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Segmentation> {
    let features = book.dataset.records();
    let sample = kmeans::every_nth(features.nsamples(), config.segments.sample_loans);
    let task = Task {
        book,
        config,
        chance,
        style: config.currency.style(&config.currency.code),
        scale: Scale::of(features, &sample),
        sample,
        definition: definition(features, config),
    };
    match task.why_learn(earlier) {
        Ok(reason) => task.learn(earlier, reason, progress),
        Err((earlier, scale)) => match task.keep(earlier, scale) {
            Some(kept) => Ok(kept),
            None => task.learn(Some(earlier), Reason::Unnamed, progress),
        },
    }
}

/// The SHA-256, in hex, of what the centres and the scale depend on beside the loans.
fn definition(features: &FeatureMatrix, config: &Config) -> String {
    let is_known = |name| features.column(position(name)).iter().any(|value| !value.is_nan());
    let traits = TRAITS.map(|name| (name, scale::is_logarithmic(name), is_known(name)));
    let (settings, currency) = (&config.segments, &config.currency);
    let settings = (settings.clusters, settings.starts, settings.sample_loans, &currency.code, currency.decimals);
    let values = serde_json::to_vec(&(traits, settings)).expect("settings are plain data");
    hex::encode(Sha256::digest(&values))
}

impl Task<'_> {
    /// The reason to learn the segments, or else the earlier ones and their scale.
    fn why_learn<'a>(&self, earlier: Option<&'a Earlier>) -> std::result::Result<Reason, (&'a Earlier, &'a Scale)> {
        let Some(earlier) = earlier else { return Ok(Reason::First) };
        match &earlier.scale {
            Some(_) if earlier.days >= i64::from(self.config.segments.relearn_weeks) * 7 => Ok(Reason::Due),
            Some(scale) if earlier.definition == self.definition => Err((earlier, scale)),
            _ => Ok(Reason::Changed),
        }
    }

    /// Each loan in the nearest of the earlier segments. A segment whose name is no longer true gets another; `None` where that
    /// cannot be.
    fn keep(&self, earlier: &Earlier, scale: &Scale) -> Option<Segmentation> {
        let centres: Vec<Point> = earlier.segments.iter().map(|segment| segment.centre).collect();
        let membership = nearest(&centres, self.book.dataset.records(), scale);
        let profiles = profile::profiles(self.book, &membership, centres.len(), &self.scale);
        if profiles.len() < 2 {
            // That all loans are alike has to be found anew.
            return None;
        }
        let before: Vec<&Name> = earlier.segments.iter().map(|segment| &segment.name).collect();
        let is_true = names::borne_out(&before.iter().map(|name| Some(*name)).collect::<Vec<_>>(), &profiles);
        let is_kept = |cluster: usize| is_true[cluster] || profiles[cluster].loans == 0;
        let given: Vec<Option<Name>> =
            before.iter().enumerate().map(|(cluster, name)| is_kept(cluster).then(|| (*name).clone())).collect();
        let names = names::name(&profiles, &given, self.chance, &self.style)?;
        let means = profile::centres(self.book.dataset.records(), &membership, centres.len());
        let segments = earlier.segments.iter().zip(names).zip(means).map(|((segment, name), means)| Segment {
            position: segment.position,
            name_text: name.text(&self.style),
            name,
            name_before: Some(segment.name.text(&self.style)),
            centre: segment.centre,
            means,
        });
        Some(Segmentation {
            segments: segments.collect(),
            membership,
            scale: scale.clone(),
            definition: self.definition.clone(),
            learnt: Learnt::InRun(earlier.learnt_run_id),
        })
    }

    fn learn(
        &self,
        earlier: Option<&Earlier>,
        reason: Reason,
        progress: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Segmentation> {
        let features = self.book.dataset.records();
        let points = self.scale.points(features, &self.sample);
        let centres = kmeans::centres(points, &self.config.segments, self.config.seed, progress)?;
        let (centres, labels, profiles) = self.merged(centres);
        let continued = continued(earlier, features, &labels, centres.len());
        let before: Vec<Option<&Name>> = continued.iter().map(|old| old.map(|old| &old.name)).collect();
        let is_true = names::borne_out(&before, &profiles);
        let given: Vec<Option<Name>> =
            before.iter().zip(is_true).map(|(name, is_true)| name.filter(|_| is_true).cloned()).collect();
        let name = |given: &[Option<Name>]| names::name(&profiles, given, self.chance, &self.style);
        let names = name(&given)
            .or_else(|| name(&vec![None; given.len()]))
            .expect("clusters with the same values were merged, so names can differ");
        let texts: Vec<String> = names.iter().map(|name| name.text(&self.style)).collect();
        let positions = positions(&names::in_order(&profiles, &texts), &continued);
        let means = profile::centres(features, &labels, centres.len());
        let mut segments: Vec<(usize, Segment)> = Vec::with_capacity(centres.len());
        for (cluster, (name, means)) in names.into_iter().zip(means).enumerate() {
            let name_before = before[cluster].map(|name| name.text(&self.style));
            let (position, name_text, centre) = (positions[cluster], texts[cluster].clone(), centres[cluster]);
            segments.push((cluster, Segment { position, name, name_text, name_before, centre, means }));
        }
        segments.sort_by_key(|(_, segment)| segment.position);
        let mut shown_at = vec![0; segments.len()];
        segments.iter().enumerate().for_each(|(place, (cluster, _))| shown_at[*cluster] = place);
        Ok(Segmentation {
            segments: segments.into_iter().map(|(_, segment)| segment).collect(),
            membership: labels.into_iter().map(|label| shown_at[label]).collect(),
            scale: self.scale.clone(),
            definition: self.definition.clone(),
            learnt: Learnt::Now(reason),
        })
    }

    /// The centres with those merged that would get the same name and those dropped that have no loan, the centre of each loan,
    /// and their profiles.
    fn merged(&self, mut centres: Vec<Point>) -> (Vec<Point>, Vec<usize>, Vec<Profile>) {
        loop {
            let labels = nearest(&centres, self.book.dataset.records(), &self.scale);
            let profiles = profile::profiles(self.book, &labels, centres.len(), &self.scale);
            if let Some(unused) = profiles.iter().position(|profile| profile.loans == 0) {
                centres.remove(unused);
            } else if let Some((kept, merged)) = names::alike(&profiles, &self.style) {
                let [of_kept, of_merged] = [kept, merged].map(|cluster| profiles[cluster].loans as f64);
                let other = centres.remove(merged);
                let mean = |one: f64, other: f64| (one * of_kept + other * of_merged) / (of_kept + of_merged);
                centres[kept] = std::array::from_fn(|place| mean(centres[kept][place], other[place]));
            } else {
                return (centres, labels, profiles);
            }
        }
    }
}

/// The earlier segment that each cluster continues, compared on the earlier scale.
fn continued<'a>(
    earlier: Option<&'a Earlier>,
    features: &FeatureMatrix,
    labels: &[usize],
    clusters: usize,
) -> Vec<Option<&'a stored::EarlierSegment>> {
    let Some((earlier, scale)) = earlier.and_then(|earlier| Some((earlier, earlier.scale.as_ref()?))) else {
        return vec![None; clusters];
    };
    let loans: Vec<usize> = (0..features.nsamples()).collect();
    let mut centres = vec![[0.0; TRAITS.len()]; clusters];
    let mut counts = vec![0.0; clusters];
    for (point, label) in scale.points(features, &loans).iter().zip(labels) {
        centres[*label].iter_mut().zip(point).for_each(|(sum, value)| *sum += value);
        counts[*label] += 1.0;
    }
    for (centre, count) in centres.iter_mut().zip(counts) {
        centre.iter_mut().for_each(|sum| *sum /= count);
    }
    let old: Vec<Point> = earlier.segments.iter().map(|segment| segment.centre).collect();
    matching::continued(&old, &centres).into_iter().map(|place| place.map(|place| &earlier.segments[place])).collect()
}

/// The position of each cluster: that of the segment that it continues, or in this order the first that is free.
fn positions(order: &[usize], continued: &[Option<&stored::EarlierSegment>]) -> Vec<i64> {
    let mut positions: Vec<Option<i64>> = continued.iter().map(|old| old.map(|old| old.position)).collect();
    for cluster in order {
        if positions[*cluster].is_none() {
            positions[*cluster] = (1..).find(|position| !positions.contains(&Some(*position)));
        }
    }
    positions.into_iter().flatten().collect()
}

fn nearest(centres: &[Point], features: &FeatureMatrix, scale: &Scale) -> Vec<usize> {
    let loans: Vec<usize> = (0..features.nsamples()).collect();
    let chunks = loans.par_chunks(CHUNK).map(|chunk| {
        let points = scale.points(features, chunk);
        points.iter().map(|point| matching::closest(point, centres)).collect::<Vec<_>>()
    });
    chunks.flatten_iter().collect()
}
