//! The weekly job: its stages one after the other, inside one transaction, then the files for people.
//!
//! A run happens wholly or not at all. Whatever fails before the commit leaves the database as it was, but for one row in
//! `runs` (and its stages) that says so. Files are written after the commit; when that fails, the run stays and
//! `recoup report` writes them again.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::features::{self, Book};
use crate::import::{self, Imported, Source};
use crate::progress::Progress;
use crate::risk::train::{self, Learnt};
use crate::strategy::{self, Bound};
use crate::{db, export, outputs, report, segment};

/// What a run is asked to do.
#[derive(Debug)]
pub struct Request {
    pub source: Source,
    pub as_of: NaiveDate,
    pub database: PathBuf,
    /// Where the report and the exports go; the run's own folder is made below it.
    pub reports: PathBuf,
    /// Do it even if the same was done before.
    pub is_forced: bool,
}

/// The files of a run, in its folder.
const FILES: [&str; 3] = ["report.html", "worklist.csv", "scores.csv"];

/// The stage that writes them.
const FILES_STAGE: &str = "files";

/// How a run ended well.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Done {
        run_id: i64,
        folder: PathBuf,
    },
    /// The same file, day, policy and program gave the latest run already.
    AlreadyDone {
        run_id: i64,
    },
}

/// Does the weekly job. `now` is asked when the run starts and when it ends, for the record only.
///
/// # Errors
/// Whatever kept the run from happening; [`Error::Output`] when it happened but a file could not be written.
pub fn run(
    request: &Request,
    config: &Config,
    now: &dyn Fn() -> DateTime<Utc>,
    progress: &mut Progress,
) -> Result<Outcome> {
    let started = now();
    let who = format!("process {}, started {}", std::process::id(), timestamp(started));
    let _lock = db::RunLock::take(&request.database, &who)?;
    let folder = request.reports.join(request.as_of.to_string());
    let done = if request.is_forced { None } else { same_run(request, config)? };
    if let Some(run_id) = done
        && has_files(&request.database, run_id, &folder)?
    {
        return Ok(Outcome::AlreadyDone { run_id });
    }
    let mut connection = db::open_for_run(&request.database)?;
    let run_id = match done {
        // The run was made, but was stopped before its files were in their place.
        Some(run_id) => run_id,
        None => match commit_run(&mut connection, request, config, (started, now), progress) {
            Ok(run_id) => run_id,
            Err(error) => {
                db::settle(&connection);
                return Err(error.in_database(&request.database));
            }
        },
    };
    let published = publish(&connection, request, config, run_id, &folder, progress);
    db::settle(&connection);
    published.map_err(|cause| Error::Output { cause: Box::new(cause) })?;
    Ok(Outcome::Done { run_id, folder })
}

/// Everything up to the commit; when it fails, nothing stays but the row that says so.
fn commit_run(
    connection: &mut Connection,
    request: &Request,
    config: &Config,
    (started, now): (DateTime<Utc>, &dyn Fn() -> DateTime<Utc>),
    progress: &mut Progress,
) -> Result<i64> {
    let transaction = db::begin(connection, &request.database)?;
    let committed = compute(&transaction, request, config, started, progress).and_then(|run_id| {
        finish(&transaction, run_id, now())?;
        record_stages(&transaction, run_id, 0, progress)?;
        transaction.commit()?;
        Ok(run_id)
    });
    committed.inspect_err(|error| {
        // The error itself is what counts, even where no trace of it can be left.
        if let Err(untold) = record_failure(connection, request, config, (started, now()), error, progress) {
            eprintln!("note: the failed run could not be recorded: {untold}");
        }
    })
}

/// Puts the run's files in their place and records that.
fn publish(
    connection: &Connection,
    request: &Request,
    config: &Config,
    run_id: i64,
    folder: &Path,
    progress: &mut Progress,
) -> Result<()> {
    let before = progress.stages().len();
    let written = write_files(&request.database, run_id, config, folder, progress);
    record_stages(connection, run_id, before, progress).and(written)
}

/// Whether the files of a run were written, and are still there.
fn has_files(database: &Path, run_id: i64, folder: &Path) -> Result<bool> {
    let is_written: bool = db::open_to_read(database)?.query_row(
        "select exists (select 1 from run_stages where run_id = ?1 and stage = ?2 and is_complete)",
        (run_id, FILES_STAGE),
        |row| row.get(0),
    )?;
    Ok(is_written && FILES.iter().all(|name| folder.join(name).exists()))
}

/// The stages of the transaction, in the order in which the data goes through them.
fn compute(
    connection: &Connection,
    request: &Request,
    config: &Config,
    started: DateTime<Utc>,
    progress: &mut Progress,
) -> Result<i64> {
    db::create_views(connection)?;
    let run_id = insert_run(connection, request, config, "complete", None, (started, started))?;
    progress.stage("import", |ticker| {
        let read = |bytes| ticker.tick(bytes, request.source.length);
        let imported = import::import(connection, run_id, &request.source, config, &read)?;
        store_import(connection, run_id, &imported)?;
        Ok(((), imported.lines_read))
    })?;
    let book = progress.stage("features", |ticker| {
        let book = features::read_book(connection, run_id, &|read, loans| ticker.tick(read, loans))?;
        let loans = book.loans() as u64;
        Ok((book, loans))
    })?;
    progress.stage("segments", |ticker| {
        let tried = |done, total| ticker.tick(done, total);
        let segmentation = segment::segment(&book, &config.segments, config.seed, &tried)?;
        segment::store(connection, run_id, &book, &segmentation)?;
        Ok(((), book.loans() as u64))
    })?;
    let scores = progress.stage("risk", |ticker| {
        let trees = config.risk.trees as u64;
        let learnt = train::learn(&book, &config.risk, config.seed, &|tree| ticker.tick(tree as u64, trees))?;
        let scores = store_learnt(connection, run_id, &book, learnt, config)?;
        let count = scores.as_ref().map_or(0, Vec::len) as u64;
        Ok((scores, count))
    })?;
    progress.stage("strategies", |_| {
        let count = assign_strategies(connection, run_id, &book, scores.as_deref(), config)?;
        Ok(((), count))
    })?;
    Ok(run_id)
}

/// The latest complete run, if it was made of the same file, day, policy and program. Only reads.
fn same_run(request: &Request, config: &Config) -> Result<Option<i64>> {
    let connection = match db::open_to_read(&request.database) {
        Err(Error::NotFound(_)) => return Ok(None),
        opened => opened?,
    };
    let latest = connection
        .query_row(
            "select run_id, input_sha256
             from runs
             where run_id = (select max(run_id) from runs where status = 'complete')
                 and as_of_date = ?1
                 and config_sha256 = ?2
                 and program_version = ?3",
            (request.as_of.to_string(), config.sha256(), env!("CARGO_PKG_VERSION")),
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?;
    match latest {
        Some((run_id, sha256)) if sha256 == request.source.sha256()? => Ok(Some(run_id)),
        _ => Ok(None),
    }
}

fn insert_run(
    connection: &Connection,
    request: &Request,
    config: &Config,
    status: &str,
    message: Option<&str>,
    (started, finished): (DateTime<Utc>, DateTime<Utc>),
) -> Result<i64> {
    let run_id = connection.query_row(
        "insert into runs (
             status, message, as_of_date, input_name, config_sha256, program_version, currency_code, currency_scale, seed,
             started_at, finished_at
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
         returning run_id",
        (
            status,
            message,
            request.as_of.to_string(),
            request.source.name(),
            config.sha256(),
            env!("CARGO_PKG_VERSION"),
            &config.currency.code,
            config.currency.scale(),
            config.seed as i64,
            timestamp(started),
            timestamp(finished),
        ),
        |row| row.get(0),
    )?;
    Ok(run_id)
}

fn store_import(connection: &Connection, run_id: i64, imported: &Imported) -> Result<()> {
    connection.execute(
        "update runs
         set input_sha256 = ?2,
             lines_read = ?3,
             loans_loaded = ?4,
             rows_rejected = ?5,
             first_snapshot_id = (select min(snapshot_id) from loan_snapshots where run_id = ?1),
             last_snapshot_id = (select max(snapshot_id) from loan_snapshots where run_id = ?1)
         where run_id = ?1",
        (
            run_id,
            &imported.input_sha256,
            imported.lines_read as i64,
            imported.loans_loaded as i64,
            imported.rows_rejected as i64,
        ),
    )?;
    Ok(())
}

fn store_learnt(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    learnt: Learnt,
    config: &Config,
) -> Result<Option<Vec<f64>>> {
    match learnt {
        Learnt::Scores(scoring) => {
            train::store(connection, run_id, book, &scoring, config.risk.high_risk_from)?;
            Ok(Some(scoring.scores))
        }
        Learnt::Nothing(reason) => {
            connection.execute("update runs set no_score_reason = ?2 where run_id = ?1", (run_id, reason))?;
            Ok(None)
        }
    }
}

/// Fills the table of rules from the policy, then gives every loan its action from the table.
fn assign_strategies(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    scores: Option<&[f64]>,
    config: &Config,
) -> Result<u64> {
    let bounds: Vec<Option<Bound>> = config.strategy.iter().map(Bound::of).collect();
    let mut insert = connection.prepare(
        "insert into strategy_rules (
             run_id, position, strategy, band, lower_score, is_lower_included, is_approval_needed
         )
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         returning rule_id",
    )?;
    let mut rule_ids = Vec::new();
    for (position, (rule, band)) in config.strategy.iter().zip(strategy::bands(&bounds)).enumerate() {
        let bound = bounds[position];
        let is_included = bound.is_some_and(|bound| bound.is_included);
        let score = bound.map(|bound| bound.score);
        let row = (run_id, position as i64 + 1, &rule.name, band, score, is_included, rule.needs_approval);
        rule_ids.push(insert.query_row(row, |row| row.get::<_, i64>(0))?);
    }
    let mut insert = connection.prepare("insert into actions (snapshot_id, rule_id) values (?1, ?2)")?;
    for loan in &book.in_file_order {
        let rule = strategy::choose(scores.map(|scores| scores[*loan]), &bounds);
        insert.execute((book.snapshot_ids[*loan], rule_ids[rule]))?;
    }
    Ok(book.loans() as u64)
}

fn finish(connection: &Connection, run_id: i64, finished: DateTime<Utc>) -> Result<()> {
    connection.execute("update runs set finished_at = ?2 where run_id = ?1", (run_id, timestamp(finished)))?;
    Ok(())
}

/// Leaves the one trace of a run that did not happen: that it did not, and why.
fn record_failure(
    connection: &mut Connection,
    request: &Request,
    config: &Config,
    times: (DateTime<Utc>, DateTime<Utc>),
    error: &Error,
    progress: &Progress,
) -> Result<()> {
    let status = if matches!(error, Error::Refused(_)) { "refused" } else { "failed" };
    let transaction = db::begin(connection, &request.database)?;
    db::create_views(&transaction)?;
    let run_id = insert_run(&transaction, request, config, status, Some(&error.to_string()), times)?;
    record_stages(&transaction, run_id, 0, progress)?;
    transaction.commit()?;
    Ok(())
}

fn record_stages(connection: &Connection, run_id: i64, from: usize, progress: &Progress) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into run_stages (run_id, position, stage, is_complete, row_count, seconds)
         select ?1, coalesce(max(position), 0) + 1, ?2, ?3, ?4, ?5 from run_stages where run_id = ?1",
    )?;
    for stage in &progress.stages()[from..] {
        let rows = stage.row_count.map(|rows| rows as i64);
        insert.execute((run_id, stage.stage, stage.is_complete, rows, stage.seconds))?;
    }
    Ok(())
}

/// Writes a run's files again, into the folder of its day; gives that folder.
///
/// # Errors
/// As [`write_files`].
pub fn write_files_again(
    database: &Path,
    run_id: Option<i64>,
    config: &Config,
    reports: &Path,
    progress: &mut Progress,
) -> Result<PathBuf> {
    let connection = db::open_to_read(database)?;
    if let Some(run_id) = run_id {
        db::show_run(&connection, run_id)?;
    }
    let shown = connection
        .query_row("select run_id, as_of_date from shown_run", [], |row| {
            Ok((row.get::<_, i64>("run_id")?, row.get::<_, String>("as_of_date")?))
        })
        .optional()?;
    let Some((run_id, as_of)) = shown else {
        return Err(Error::NotFound(
            "there is no complete run in the database yet: `recoup run FILE` makes one".to_owned(),
        ));
    };
    let folder = reports.join(as_of);
    write_files(database, run_id, config, &folder, progress)?;
    Ok(folder)
}

/// Writes the report and the exports of a run: all three beside their targets, at the same time, and put in place only
/// when all are complete.
///
/// # Errors
/// Those of the database and of the file system; [`Error::NotFound`] when there is no such run.
pub fn write_files(
    database: &Path,
    run_id: i64,
    config: &Config,
    folder: &Path,
    progress: &mut Progress,
) -> Result<()> {
    // The run by its number: by the time that the last file is written, another may be the latest.
    let open = || -> Result<Connection> {
        let connection = db::open_to_read(database)?;
        db::show_run(&connection, run_id)?;
        Ok(connection)
    };
    let report = || {
        let settings =
            report::ReportSettings { lender: config.lender.name.clone(), first_loans: config.report.first_loans };
        let page = report::render(&open()?, &settings)?;
        let path = folder.join(FILES[0]);
        outputs::write_beside(&path, |out| {
            out.write_all(page.as_bytes()).map_err(|error| Error::io("write", &path, error))
        })
    };
    let worklist = || outputs::write_beside(&folder.join(FILES[1]), |out| export::worklist(&open()?, out));
    progress.stage(FILES_STAGE, |ticker| {
        outputs::make_folder(folder)?;
        outputs::sweep(folder)?;
        let loans: i64 = open()?.query_row("select loans_loaded from shown_run", [], |row| row.get(0))?;
        let scores = || {
            let written = |rows| ticker.tick(rows, loans as u64);
            outputs::write_beside(&folder.join(FILES[2]), |out| export::scores(&open()?, out, &written))
        };
        let (report, (worklist, scores)) = rayon::join(report, || rayon::join(worklist, scores));
        let files = [report?, worklist?, scores?];
        let count = files.len() as u64;
        files.into_iter().try_for_each(outputs::Beside::publish)?;
        Ok(((), count))
    })
}

fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
