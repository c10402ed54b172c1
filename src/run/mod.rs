//! The weekly job: its stages in one transaction, then the files. A failure before the commit leaves the database unchanged
//! except for one row in `runs` (and its stages) that says so; after it, the run stays and `recoup report` writes the files
//! again.

mod decisions;
pub mod files;
mod last_week;
mod record;

pub use last_week::{Accepted, keeps_live_loans, latest, problems as problems_since};
pub use record::{last_loans, timestamp};

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use crate::chance::Chance;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::features::Book;
use crate::import::{self, Expected, Imported, Source};
use crate::progress::{Progress, counted, note};
use crate::risk::applied::Applied;
use crate::risk::gate::Source as ScoreSource;
use crate::risk::train::Judgement;
use crate::risk::{explain, policy, store, train};
use crate::{db, features, history, retention, segment, strategy};

#[derive(Debug)]
pub struct Request {
    pub source: Source,
    /// The day that the file describes; without it, today (UTC).
    pub as_of: Option<NaiveDate>,
    pub database: PathBuf,
    /// The folder for all reports; each run makes its own in it.
    pub reports: PathBuf,
    /// What the file must agree with; the last run's loans are added.
    pub expected: Expected,
    pub accepted: Accepted,
    /// Run even if the same run was done before.
    pub is_forced: bool,
    /// The file corrects the run of its day, which it replaces.
    pub is_correction: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    Done {
        run_id: i64,
        folder: PathBuf,
    },
    /// The latest run had the same file, day, policy and program.
    AlreadyDone {
        run_id: i64,
    },
}

struct When<'a> {
    as_of: NaiveDate,
    started: DateTime<Utc>,
    now: &'a dyn Fn() -> DateTime<Utc>,
}

/// Does the weekly job. `now` is the clock, read when the run starts and when it ends.
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
    // Before even a lock is put beside a file that is not ours.
    db::check_file(&request.database)?;
    let who = format!("process {}, started {}", std::process::id(), record::timestamp(started));
    let _lock = db::RunLock::take(&request.database, &who)?;
    let in_database = |error: Error| error.in_database(&request.database);
    let when = When { as_of: day(request, config, started).map_err(in_database)?, started, now };
    let folder = request.reports.join(when.as_of.to_string());
    let same_run = || record::same_run(request, when.as_of, config).map_err(in_database);
    let done = if request.is_forced { None } else { same_run()? };
    if let Some(run_id) = done
        && files::has_files(&request.database, run_id, &folder).map_err(in_database)?
    {
        if request.expected != Expected::default() {
            import::check_expected(&request.source, config, &request.expected)?;
        }
        db::tidy(&request.database, config.database.wait())?;
        return Ok(Outcome::AlreadyDone { run_id });
    }
    let mut connection = db::open_for_run(&request.database, config.database.wait())?;
    let run_id = match done {
        // The run was made, but was stopped before its files were in their place.
        Some(run_id) => run_id,
        None => match commit_run(&mut connection, request, config, &when, progress) {
            Ok(run_id) => run_id,
            Err(error) => {
                let wait = if error.is_busy() { Duration::ZERO } else { config.database.wait() };
                db::settle(&connection, wait);
                return Err(error.in_database(&request.database));
            }
        },
    };
    let published = publish(&connection, request, config, run_id, &folder, progress);
    db::settle(&connection, config.database.wait());
    published.map_err(|cause| Error::Output { cause: Box::new(cause) })?;
    Ok(Outcome::Done { run_id, folder })
}

/// The requested day, or today by the clock unless the last run describes a later day: then the clock is behind, or that run's
/// day was in the future.
fn day(request: &Request, config: &Config, started: DateTime<Utc>) -> Result<NaiveDate> {
    if let Some(day) = request.as_of {
        return Ok(day);
    }
    let today = started.date_naive();
    match record::latest_day(&request.database, config)? {
        Some(latest) if latest > today => Err(Error::Usage(format!(
            "by this machine's clock today is {today} (UTC), but the latest run in {} describes {latest}: set the clock, \
             or say with --as-of which day the file describes",
            request.database.display()
        ))),
        _ => Ok(today),
    }
}

fn commit_run(
    connection: &mut Connection,
    request: &Request,
    config: &Config,
    when: &When,
    progress: &mut Progress,
) -> Result<i64> {
    let transaction = db::begin(connection, &request.database)?;
    let committed = compute(&transaction, request, config, when, progress).and_then(|run_id| {
        let weeks = config.retention.weeks;
        let started = record::timestamp(when.started);
        let removed = retention::remove_old_loans(&transaction, run_id, when.as_of, weeks, &started)?;
        if removed > 0 {
            note(&format!(
                "removed the loans of {} whose day is more than {} past; the figures are kept",
                counted(removed as u64, "run"),
                counted(u64::from(weeks), "week")
            ));
            retention::what_is_lost(weeks).iter().for_each(|lost| note(lost));
        }
        record::finish(&transaction, run_id, when)?;
        record::record_stages(&transaction, run_id, 0, progress)?;
        transaction.commit()?;
        Ok(run_id)
    });
    committed.inspect_err(|error| {
        // A busy database was waited for already, so its lock is not waited for again.
        if error.is_busy()
            && let Err(error) = connection.busy_timeout(Duration::ZERO)
        {
            note(&format!("a lock may be waited for once more: {error}"));
        }
        if let Err(unrecorded) = record::record_failure(connection, request, config, when, error, progress) {
            note(&format!("the failed run could not be recorded: {unrecorded}"));
        }
    })
}

fn publish(
    connection: &Connection,
    request: &Request,
    config: &Config,
    run_id: i64,
    folder: &Path,
    progress: &mut Progress,
) -> Result<()> {
    let before = progress.stages().len();
    let written = files::write_files(&request.database, run_id, config, folder, progress);
    record::record_stages(connection, run_id, before, progress).and(written)
}

fn log_import(imported: &Imported) {
    note(&imported.words());
    imported.warnings.iter().for_each(|warning| note(&warning.words()));
    let absent = &imported.feature_columns_absent;
    if !absent.is_empty() {
        note(&format!("configured as features, but not in the file: {}", absent.join(", ")));
    }
}

fn compute(
    connection: &Connection,
    request: &Request,
    config: &Config,
    when: &When,
    progress: &mut Progress,
) -> Result<i64> {
    let run_id = record::insert_run(connection, request, config, "complete", None, when)?;
    if request.is_correction {
        record::replace(connection, run_id, when.as_of, config)?;
    }
    db::create_views(connection)?;
    policy::store_rules(connection, run_id, &config.policy)?;
    let imported = progress.stage("import", |ticker| {
        let read = |bytes| ticker.tick(bytes, request.source.length);
        let imported = import_book(connection, run_id, request, config, when.as_of, &read)?;
        let lines = imported.lines_read;
        Ok((imported, lines))
    })?;
    log_import(&imported);
    let (mut book, policy_scores) = progress.stage("features", |ticker| {
        let given = |read, loans| ticker.tick(read, loans);
        let book = features::read_book(connection, run_id, &config.monotone, &given)?;
        let policy_scores = policy::scores(&book, &config.policy);
        let loans = book.loans() as u64;
        Ok(((book, policy_scores), loans))
    })?;
    let loans = book.loans() as u64;
    let chance = Chance::of_borrowers(&book.borrowers);
    let segment_ids = progress.stage("segments", |ticker| {
        let tried = |done, total| ticker.tick(done, total);
        let earlier = segment::earlier(connection, run_id)?;
        let segmentation = segment::segment(&book, earlier.as_ref(), config, &chance, &tried)?;
        Ok((segment::store(connection, run_id, &segmentation)?, loans))
    })?;
    let judgement = progress.stage("risk", |ticker| {
        let grown = |trees, of| ticker.tick(trees, of);
        let judgement = train::judge(&mut book, policy_scores, config, &grown)?;
        let applied = Applied::of(&book, &judgement, config.risk.high_risk_from);
        store::store(connection, run_id, &book, &judgement, &applied)?;
        record::store_decision(connection, run_id, &judgement.decision, judgement.forced)?;
        Ok((judgement, loans))
    })?;
    progress.stage("strategies", |ticker| {
        let given = |done, loans| ticker.tick(done, loans);
        let count = decide(connection, run_id, &book, &segment_ids, &judgement, config, &given)?;
        store_figures(connection, run_id, &chance)?;
        Ok(((), count))
    })?;
    progress.stage("history", |_| {
        let exits = history::store(connection, run_id, config, &chance)?;
        let restated = history::restate(connection, run_id, config, &record::timestamp(when.started))?;
        restated.in_words().iter().for_each(|said| note(said));
        Ok(((), exits))
    })?;
    Ok(run_id)
}

/// Loads the book, unless it cannot be this week's.
fn import_book(
    connection: &Connection,
    run_id: i64,
    request: &Request,
    config: &Config,
    day: NaiveDate,
    read: &dyn Fn(u64),
) -> Result<Imported> {
    let expected = Expected { last_loans: record::last_loans(connection, config)?, ..request.expected };
    let latest = last_week::latest(connection, config)?;
    let mut imported = import::import(connection, run_id, &request.source, config, &expected, read)?;
    if let Some(shrink) = imported.shrink.take()
        && !last_week::keeps_live_loans((connection, imported.snapshots), connection, latest)?
    {
        return Err(request.source.refused(vec![shrink]));
    }
    record::store_import(connection, run_id, &imported)?;
    let accepted = request.accepted.or_configured(config);
    let problems = last_week::problems((connection, imported.snapshots), connection, day, config, accepted)?;
    if problems.is_empty() { Ok(imported) } else { Err(request.source.refused(problems)) }
}

/// Stores what to do about each loan, and why the first of the worklist have their scores; returns the number of loans.
fn decide(
    connection: &Connection,
    run_id: i64,
    book: &Book,
    segment_ids: &[i64],
    judgement: &Judgement,
    config: &Config,
    given: &dyn Fn(u64, u64),
) -> Result<u64> {
    let in_use = judgement.in_use();
    let are_points = judgement.decision.source == ScoreSource::Policy;
    let plan = strategy::plan(book, &in_use.scores, are_points, &config.strategy);
    let found = decisions::Found {
        segment_ids,
        plan: &plan,
        in_use: &in_use.scores,
        policy: judgement.scores(ScoreSource::Policy),
        logistic: judgement.scores(ScoreSource::Logistic),
        boosting: judgement.scores(ScoreSource::Boosting),
        forest: judgement.scores(ScoreSource::Forest),
        is_out_of_sample: &judgement.is_out_of_sample(book),
    };
    let count = decisions::store(connection, run_id, book, &found, config, given)?;
    let first = &plan.worklist[..config.risk.reason_loans.min(plan.worklist.len())];
    let reasons = explain::reasons_of(first, book, in_use, config)?;
    store::store_reasons(connection, book, first, &reasons)?;
    Ok(count)
}

/// Stores the figures of a run with decisions as sums. They stay as reported when the program changes, a borrower is erased or
/// the loans are removed.
pub(crate) fn store_figures(connection: &Connection, run_id: i64, chance: &Chance) -> Result<()> {
    connection.execute(include_str!("figures/run.sql"), (run_id, chance.independent_share()))?;
    for query in [
        include_str!("figures/segments.sql"),
        include_str!("figures/moved.sql"),
        include_str!("figures/strategies.sql"),
        include_str!("figures/arrears.sql"),
    ] {
        connection.execute(query, [run_id])?;
    }
    Ok(())
}
