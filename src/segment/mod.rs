//! Segments: groups of similar borrowers, found by k-means (Lloyd's, k-means++ starts, by linfa-clustering) on income, loan
//! amount, burden and arrears, and named after their differences. A missing value counts as the mean. The centres of a large
//! book come from a systematic sample. Clusters that would get the same name are merged.

mod method;
mod names;
mod profile;
mod scale;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use linfa::DatasetBase;
use linfa::dataset::Records;
use linfa::metrics::SilhouetteScore;
use linfa::prelude::{Fit, Predict};
use linfa_clustering::{KMeans, KMeansInit};
use linfa_nn::distance::L2Dist;
use ndarray::Array2;
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;
use rusqlite::Connection;

use crate::chance::Chance;
use crate::config::{Clusters, Config};
use crate::error::Result;
use crate::features::{self, Book, FEATURES, FeatureMatrix};
use profile::TRAITS;
use scale::Scale;

/// Numbers of segments among which `clusters = "auto"` chooses.
const TRIED_CLUSTERS: std::ops::RangeInclusive<usize> = 2..=8;

/// The largest number that the configuration allows.
const MOST_CLUSTERS: usize = 12;

/// The silhouette compares all pairs of loans, so it uses this many.
const SILHOUETTE_LOANS: usize = 1_000;

/// Loans assigned to their centre in one task.
const CHUNK: usize = 8_192;

#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation {
    /// In the order of the report.
    pub segments: Vec<Segment>,
    /// The segment of each loan of the book.
    pub membership: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub name: String,
    /// The mean of each of [`FEATURES`] in its unit; `None` where all values are missing.
    pub centre: Vec<Option<f64>>,
}

/// Finds and names the segments of a book. `progress` gets the starts, or numbers of clusters, done and in total.
///
/// # Errors
/// When k-means cannot converge on the data.
pub fn segment(
    book: &Book,
    config: &Config,
    chance: &Chance,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Segmentation> {
    let (features, settings) = (book.dataset.records(), &config.segments);
    let sample = every_nth(features.nsamples(), settings.sample_loans);
    let scale = Scale::of(features, &sample);
    let traits = TRAITS.map(features::position);
    let points = scale.points(features, &sample, &traits);
    let distinct = distinct_rows(&points, MOST_CLUSTERS);
    let model = match settings.clusters {
        Clusters::Fixed(count) => fit(&points, count.min(distinct), settings.starts, config.seed, progress)?,
        Clusters::Chosen(_) => choose_by_silhouette(&points, distinct, settings.starts, config.seed, progress)?,
    };
    let mut labels = nearest(&model, features, &scale);
    let style = config.currency.style(&config.currency.code);
    let profiles = loop {
        let clusters = number_in_use(&mut labels);
        let profiles = profile::profiles(book, &labels, clusters, &scale);
        let Some((kept, merged)) = names::alike(&profiles, &style) else { break profiles };
        labels.iter_mut().filter(|label| **label == merged).for_each(|label| *label = kept);
    };
    let centres = profile::centres(features, &labels, profiles.len());
    let named = names::name(&profiles, chance, &style);
    let mut shown_at = vec![0; profiles.len()];
    named.iter().enumerate().for_each(|(position, (cluster, _))| shown_at[*cluster] = position);
    let segments =
        named.into_iter().map(|(cluster, name)| Segment { name, centre: centres[cluster].clone() }).collect();
    Ok(Segmentation { segments, membership: labels.into_iter().map(|label| shown_at[label]).collect() })
}

/// Renumbers the clusters that have a loan from 0 on; returns their number.
fn number_in_use(labels: &mut [usize]) -> usize {
    let in_use: BTreeSet<usize> = labels.iter().copied().collect();
    let numbers: BTreeMap<usize, usize> =
        in_use.into_iter().enumerate().map(|(number, label)| (label, number)).collect();
    labels.iter_mut().for_each(|label| *label = numbers[label]);
    numbers.len()
}

/// Returns the segment id of each loan, in the book's order.
pub fn store(connection: &Connection, run_id: i64, segmentation: &Segmentation) -> Result<Vec<i64>> {
    let mut insert = connection.prepare(
        "insert into segments (run_id, position, name, centre) values (?1, ?2, ?3, ?4) returning segment_id",
    )?;
    let mut segment_ids = Vec::new();
    for (position, segment) in segmentation.segments.iter().enumerate() {
        let centre: serde_json::Map<_, _> = FEATURES
            .iter()
            .zip(&segment.centre)
            .map(|(feature, mean)| (feature.name.to_owned(), (*mean).into()))
            .collect();
        let centre = serde_json::to_string(&centre)?;
        let position = position as i64 + 1;
        segment_ids.push(insert.query_row((run_id, position, &segment.name, centre), |row| row.get::<_, i64>(0))?);
    }
    Ok(segmentation.membership.iter().map(|segment| segment_ids[*segment]).collect())
}

fn every_nth(total: usize, wanted: usize) -> Vec<usize> {
    if total <= wanted {
        return (0..total).collect();
    }
    (0..wanted).map(|pick| pick * total / wanted).collect()
}

/// How many different rows there are, up to `enough`: k-means cannot find more clusters than that.
fn distinct_rows(points: &Array2<f64>, enough: usize) -> usize {
    let mut seen = BTreeSet::new();
    for row in points.rows() {
        seen.insert(row.iter().map(|value| value.to_bits()).collect::<Vec<_>>());
        if seen.len() == enough {
            break;
        }
    }
    seen.len()
}

type Model = KMeans<f64, L2Dist>;

/// The best of several parallel starts, each with its own seed; of equals, the first.
fn fit(
    points: &Array2<f64>,
    clusters: usize,
    starts: usize,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Model> {
    let ended = AtomicU64::new(0);
    let mut seeds = Xoshiro256Plus::seed_from_u64(seed);
    let seeds: Vec<u64> = (0..starts).map(|_| seeds.next_u64()).collect();
    let one_start = |seed: u64| {
        let params = KMeans::params_with(clusters, Xoshiro256Plus::seed_from_u64(seed), L2Dist)
            .init_method(KMeansInit::KMeansPlusPlus)
            .n_runs(1)
            .max_n_iterations(300)
            .tolerance(1e-6);
        let model = params.fit(&DatasetBase::from(points.view()));
        progress(ended.fetch_add(1, Ordering::Relaxed) + 1, starts as u64);
        model
    };
    let models: Vec<Model> = seeds.into_par_iter().map(one_start).collect::<std::result::Result<_, _>>()?;
    let best = models.into_iter().min_by(|one, other| one.inertia().total_cmp(&other.inertia()));
    Ok(best.expect("at least one start"))
}

/// Keeps the number of clusters with the best silhouette (Rousseeuw 1987).
fn choose_by_silhouette(
    points: &Array2<f64>,
    distinct: usize,
    starts: usize,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Model> {
    let judged = points.select(ndarray::Axis(0), &every_nth(points.nrows(), SILHOUETTE_LOANS));
    let mut best: Option<(f64, Model)> = None;
    for clusters in TRIED_CLUSTERS.filter(|clusters| *clusters <= distinct) {
        let model = fit(points, clusters, starts, seed, &|_, _| {})?;
        let labels = model.predict(&judged);
        let used = labels.iter().collect::<BTreeSet<_>>().len();
        if used > 1 {
            let silhouette = DatasetBase::new(judged.view(), labels).silhouette_score().unwrap_or(-1.0);
            if best.as_ref().is_none_or(|(best, _)| silhouette > *best) {
                best = Some((silhouette, model));
            }
        }
        progress(clusters as u64, *TRIED_CLUSTERS.end() as u64);
    }
    match best {
        Some((_, model)) => Ok(model),
        None => fit(points, 1, 1, seed, progress),
    }
}

fn nearest(model: &Model, features: &FeatureMatrix, scale: &Scale) -> Vec<usize> {
    let loans: Vec<usize> = (0..features.nsamples()).collect();
    let traits = TRAITS.map(features::position);
    let chunks = loans.par_chunks(CHUNK).map(|chunk| {
        let points = scale.points(features, chunk, &traits);
        model.predict(&points).into_raw_vec_and_offset().0
    });
    chunks.flatten_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_the_whole_book() {
        assert_eq!(every_nth(3, 10), [0, 1, 2]);
        assert_eq!(every_nth(10, 3), [0, 3, 6]);
    }
}
