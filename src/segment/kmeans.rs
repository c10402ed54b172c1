//! K-means (Lloyd's, k-means++ starts, by linfa-clustering) for a given number of clusters, or for the number with the best
//! silhouette.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use linfa::DatasetBase;
use linfa::metrics::SilhouetteScore;
use linfa::prelude::{Fit, Predict};
use linfa_clustering::{KMeans, KMeansInit};
use linfa_nn::distance::L2Dist;
use ndarray::{Array2, Axis};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use super::MOST_CLUSTERS;
use super::scale::Point;
use crate::config::{Clusters, Segments};
use crate::error::Result;

/// Numbers of segments among which `clusters = "auto"` chooses.
const TRIED_CLUSTERS: std::ops::RangeInclusive<usize> = 2..=8;

/// The silhouette compares all pairs of loans, so it uses this many.
const SILHOUETTE_LOANS: usize = 1_000;

/// The centres of the clusters of these points. `progress` gets the starts, or numbers of clusters, done and in total.
pub(super) fn centres(
    points: Vec<Point>,
    settings: &Segments,
    seed: u64,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<Point>> {
    let points = Array2::from(points);
    let distinct = distinct_rows(&points, MOST_CLUSTERS);
    let model = match settings.clusters {
        Clusters::Fixed(count) => fit(&points, count.min(distinct), settings.starts, seed, progress)?,
        Clusters::Chosen(_) => choose_by_silhouette(&points, distinct, settings.starts, seed, progress)?,
    };
    let centre = |row: ndarray::ArrayView1<'_, f64>| std::array::from_fn(|place| row[place]);
    Ok(model.centroids().rows().into_iter().map(centre).collect())
}

pub(super) fn every_nth(total: usize, wanted: usize) -> Vec<usize> {
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
    let judged = points.select(Axis(0), &every_nth(points.nrows(), SILHOUETTE_LOANS));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_over_the_whole_book() {
        assert_eq!(every_nth(3, 10), [0, 1, 2]);
        assert_eq!(every_nth(10, 3), [0, 3, 6]);
    }
}
