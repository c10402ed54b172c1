//! Rows of `runs` and `run_stages` for each run, including failed ones.

use std::path::Path;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::{Request, When};
use crate::config::Config;
use crate::db;
use crate::error::{Error, Result};
use crate::import::Imported;
use crate::progress::Progress;
use crate::risk::gate::{Decision, Source};

pub fn latest_day(database: &Path, config: &Config) -> Result<Option<NaiveDate>> {
    let Some(connection) = open_if_there(database, config)? else { return Ok(None) };
    let day = connection
        .query_row("select as_of_date from runs where status = 'complete' order by place desc limit 1", [], |row| {
            row.get::<_, String>("as_of_date")
        })
        .optional()?;
    Ok(day.and_then(|day| day.parse().ok()))
}

fn open_if_there(database: &Path, config: &Config) -> Result<Option<Connection>> {
    match db::open_to_read_within(database, config.database.wait()) {
        Err(Error::NotFound(_)) => Ok(None),
        opened => opened.map(Some),
    }
}

/// The latest complete run, or, of a correction, that of its day, if it had the same file, day, policy and program.
pub fn same_run(request: &Request, as_of: NaiveDate, config: &Config) -> Result<Option<i64>> {
    let Some(connection) = open_if_there(&request.database, config)? else { return Ok(None) };
    let latest = connection
        .query_row(
            "select run_id, input_sha256
             from runs
             where run_id = (
                     select run_id
                     from runs
                     where status = 'complete' and (as_of_date = ?1 or not ?4)
                     order by place desc
                     limit 1
                 )
                 and as_of_date = ?1
                 and config_sha256 = ?2
                 and program_version = ?3",
            (as_of.to_string(), config.sha256(), env!("CARGO_PKG_VERSION"), request.is_correction),
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        )
        .optional()?;
    match latest {
        Some((run_id, sha256)) if sha256 == request.source.sha256()? => Ok(Some(run_id)),
        _ => Ok(None),
    }
}

pub fn insert_run(
    connection: &Connection,
    request: &Request,
    config: &Config,
    status: &str,
    message: Option<&str>,
    when: &When,
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
            when.as_of.to_string(),
            request.source.name(),
            config.sha256(),
            env!("CARGO_PKG_VERSION"),
            &config.currency.code,
            config.currency.scale(),
            config.seed as i64,
            timestamp(when.started),
            timestamp((when.now)()),
        ),
        |row| row.get(0),
    )?;
    Ok(run_id)
}

/// Gives the run the place of the latest run of its day, and marks all runs of the day as replaced.
pub fn replace(connection: &Connection, run_id: i64, day: NaiveDate, config: &Config) -> Result<()> {
    let of_day =
        "status = 'complete' and run_id <> ?1 and as_of_date = ?2 and currency_code = ?3 and currency_scale = ?4";
    let values = (run_id, day.to_string(), &config.currency.code, config.currency.scale());
    let place = format!("select max(place) from runs where {of_day}");
    let Some(place) = connection.query_row(&place, values.clone(), |row| row.get::<_, Option<i64>>(0))? else {
        return Err(Error::Usage(format!(
            "there is no run of {day} to replace: leave --replace out, or give the day of the run with --as-of"
        )));
    };
    connection.execute(&format!("update runs set status = 'replaced' where {of_day}"), values)?;
    connection.execute("update runs set corrected_place = ?2 where run_id = ?1", (run_id, place))?;
    Ok(())
}

/// Loans in the file of the latest complete run in the currency of the book.
pub fn last_loans(connection: &Connection, config: &Config) -> Result<Option<u64>> {
    let query = "select lines_read from runs
         where status = 'complete' and lines_read is not null and currency_code = ?1 and currency_scale = ?2
         order by place desc
         limit 1";
    let currency = (&config.currency.code, config.currency.scale());
    let lines: Option<i64> = connection.query_row(query, currency, |row| row.get(0)).optional()?;
    Ok(lines.map(|lines| lines as u64))
}

pub fn store_import(connection: &Connection, run_id: i64, imported: &Imported) -> Result<()> {
    connection.execute(
        "update runs
         set input_sha256 = ?2,
             lines_read = ?3,
             loans_loaded = ?4,
             rows_rejected = ?5,
             lines_skipped = ?6,
             encoding = ?7,
             separator = ?8,
             header_line = ?9,
             first_snapshot_id = ?10,
             last_snapshot_id = ?11
         where run_id = ?1",
        (
            run_id,
            &imported.input_sha256,
            imported.lines_read as i64,
            imported.loans_loaded as i64,
            imported.rows_rejected as i64,
            imported.lines_skipped as i64,
            imported.read.encoding,
            imported.read.separator,
            imported.read.header_line as i64,
            imported.snapshots.map(|(first, _)| first),
            imported.snapshots.map(|(_, last)| last),
        ),
    )?;
    let mut insert = connection.prepare(
        "insert into input_columns (run_id, position, header, standard_name, taken_for) values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for (place, column) in imported.read.columns.iter().enumerate() {
        insert.execute((run_id, place as i64 + 1, &column.header, column.standard_name, &column.taken_for))?;
    }
    let mut insert = connection.prepare("insert into run_warnings (run_id, position, warning) values (?1, ?2, ?3)")?;
    for (place, warning) in imported.warnings.iter().enumerate() {
        insert.execute((run_id, place as i64 + 1, &warning.text))?;
    }
    Ok(())
}

/// `forced` is the candidate that was requested whatever the gate says.
pub fn store_decision(connection: &Connection, run_id: i64, decision: &Decision, forced: Option<Source>) -> Result<()> {
    connection.execute(
        "update runs set score_source = ?2, gate_reason = ?3, forced_model = ?4 where run_id = ?1",
        (run_id, decision.source.name(), &decision.sentence, forced.map(Source::name)),
    )?;
    Ok(())
}

pub fn finish(connection: &Connection, run_id: i64, when: &When) -> Result<()> {
    connection.execute("update runs set finished_at = ?2 where run_id = ?1", (run_id, timestamp((when.now)())))?;
    Ok(())
}

pub fn record_failure(
    connection: &mut Connection,
    request: &Request,
    config: &Config,
    when: &When,
    error: &Error,
    progress: &Progress,
) -> Result<()> {
    let status = if matches!(error, Error::Refused(_)) { "refused" } else { "failed" };
    let transaction = db::begin(connection, &request.database)?;
    db::create_views(&transaction)?;
    let run_id = insert_run(&transaction, request, config, status, Some(&error.to_string()), when)?;
    record_stages(&transaction, run_id, 0, progress)?;
    transaction.commit()?;
    Ok(())
}

/// Adds the stages from the one at this position.
pub fn record_stages(connection: &Connection, run_id: i64, from: usize, progress: &Progress) -> Result<()> {
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

pub fn timestamp(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
