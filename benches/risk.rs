//! What the models cost: fitting with scores of loans that they did not see, and scoring a loan by a tree.
//!
//! The book is made up: 16 features with the spread of a lender's columns, some values missing, a noisy outcome.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use linfa::dataset::DatasetBase;
use ndarray::Array1;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use recoup::parts::{BoostingParams, Clusters, Dataset, Feature, FeatureMatrix, Folds, ForestParams, LogisticParams};

const FEATURES: usize = 16;
const BOOKS: [usize; 2] = [10_000, 100_000];
const SCORED_LOANS: [usize; 3] = [10_000, 100_000, 1_000_000];
const FOLDS: usize = 5;

fn made_up_book(loans: usize) -> Dataset {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(1);
    let mut share = || (random.next_u64() >> 40) as f32 / (1u64 << 24) as f32;
    let mut columns = vec![Vec::new(); FEATURES];
    let mut outcomes = Vec::with_capacity(loans);
    for _ in 0..loans {
        let missed_payments = (share() * share() * 10.0).floor();
        let burden = share();
        outcomes.push(Some(share() < 0.1 + 0.06 * missed_payments + 0.3 * burden));
        for (feature, column) in columns.iter_mut().enumerate() {
            column.push(match feature {
                0 => missed_payments,
                1 => burden,
                2 => (18.0 + share() * 50.0).floor(),
                3..=6 if share() < 0.1 => f32::NAN,
                _ => 1e5 * share() * share(),
            });
        }
    }
    let features = (0..FEATURES).map(|feature| Feature::number(&format!("feature_{feature}"))).collect();
    DatasetBase::new(FeatureMatrix::new(features, columns), Array1::from(outcomes))
}

fn fit(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forest_fit_out_of_bag");
    group.sample_size(10);
    let params = ForestParams::new(1);
    for loans in BOOKS {
        let book = made_up_book(loans);
        group.throughput(Throughput::Elements(loans as u64));
        group.bench_with_input(BenchmarkId::from_parameter(loans), &book, |bencher, book| {
            bencher.iter(|| params.fit_out_of_bag(black_box(book), &Clusters::single(loans), &|_| ()));
        });
    }
}

fn folds(book: &Dataset) -> Folds {
    let hashes: Vec<u64> = (0..book.targets.len() as u64).collect();
    Folds::new(&book.targets, &hashes, 1, FOLDS)
}

fn boosting(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("boosting_cross_fit");
    group.sample_size(10);
    let params = BoostingParams::new(1);
    for loans in BOOKS {
        let book = made_up_book(loans);
        let folds = folds(&book);
        group.throughput(Throughput::Elements(loans as u64));
        group.bench_with_input(BenchmarkId::from_parameter(loans), &book, |bencher, book| {
            bencher.iter(|| params.cross_fit(black_box(book), &folds));
        });
    }
}

fn logistic(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("logistic_cross_fit");
    group.sample_size(10);
    let params = LogisticParams::default();
    for loans in BOOKS {
        let book = made_up_book(loans);
        let folds = folds(&book);
        group.throughput(Throughput::Elements(loans as u64));
        group.bench_with_input(BenchmarkId::from_parameter(loans), &book, |bencher, book| {
            bencher.iter(|| params.cross_fit(black_box(book), &folds));
        });
    }
}

/// A forest of 200 trees; the throughput is in loans times trees.
fn score(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("forest_score");
    group.sample_size(10);
    let fitted = ForestParams::new(1).fit_out_of_bag(&made_up_book(100_000), &Clusters::single(100_000), &|_| ());
    let forest = fitted.expect("a book with both outcomes").forest;
    for loans in SCORED_LOANS {
        let book = made_up_book(loans);
        group.throughput(Throughput::Elements(loans as u64 * u64::from(forest.params().trees)));
        group.bench_with_input(BenchmarkId::from_parameter(loans), &book.records, |bencher, matrix| {
            bencher.iter(|| forest.score(black_box(matrix)));
        });
    }
}

criterion_group!(benches, fit, boosting, logistic, score);
criterion_main!(benches);
