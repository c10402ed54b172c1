//! The files of a run: made from the database after the commit, all put in their place or none.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::{db, export, outputs, report};

/// The files of a run, in its folder.
pub const FILES: [&str; 3] = ["report.html", "worklist.csv", "scores.csv"];

/// The stage that writes them.
const FILES_STAGE: &str = "files";

/// Whether the files of a run were written, and are still there.
pub fn has_files(database: &Path, run_id: i64, folder: &Path) -> Result<bool> {
    let is_written: bool = db::open_to_read(database)?.query_row(
        "select exists (select 1 from run_stages where run_id = ?1 and stage = ?2 and is_complete)",
        (run_id, FILES_STAGE),
        |row| row.get(0),
    )?;
    Ok(is_written && FILES.iter().all(|name| folder.join(name).exists()))
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
    db::check_current(&connection, database)?;
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
