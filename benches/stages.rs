//! The stages that cost most beside the forest, on a made-up book: reading the file into the database, and the segments.

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use recoup::parts::{
    Chance, Config, DemoBook, Expected, SCRATCH_RUN, Signal, Source, begin_scratch_run, create_views, import,
    open_scratch, read_book, segment, write_book,
};
use rusqlite::Connection;

fn book(folder: &Path, loans: usize) -> PathBuf {
    let path = folder.join(format!("{loans}.csv"));
    let mut file = std::fs::File::create(&path).expect("a file in a temporary folder");
    let options = DemoBook { loans, seed: 42, signal: Signal::Normal };
    write_book(&options, &mut file, None).expect("room for the book");
    path
}

/// A private database that holds the book, as it is after the import of a run.
fn imported(path: &Path, config: &Config) -> Connection {
    let connection = open_scratch().expect("a scratch database");
    create_views(&connection).expect("views");
    begin_scratch_run(&connection).expect("a run");
    let source = Source::find(path).expect("the book");
    import(&connection, SCRATCH_RUN, &source, config, &Expected::default(), &|_| {}).expect("a good book");
    let ids = "update runs set first_snapshot_id = 1, last_snapshot_id = (select max(snapshot_id) from loan_snapshots)";
    connection.execute(ids, []).expect("the run's range");
    connection
}

fn stages(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = Config::parse("").expect("the defaults");
    let mut group = criterion.benchmark_group("stages");
    group.sample_size(10);
    for loans in [10_000, 100_000] {
        let path = book(folder.path(), loans);
        group.throughput(Throughput::Elements(loans as u64));
        group.bench_with_input(BenchmarkId::new("import", loans), &path, |bencher, path| {
            bencher.iter(|| black_box(imported(path, &config)));
        });
        let connection = imported(&path, &config);
        let matrix = read_book(&connection, SCRATCH_RUN, &config.monotone, &|_, _| {}).expect("a matrix");
        group.bench_with_input(BenchmarkId::new("segments", loans), &matrix, |bencher, matrix| {
            bencher.iter(|| black_box(segment(matrix, None, &config, &Chance::of_single_loans(), &|_, _| {})));
        });
    }
}

criterion_group!(benches, stages);
criterion_main!(benches);
