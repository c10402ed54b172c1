//! The files of a run, made from the database after the commit: all are published or none.

use std::fs::Metadata;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::db::ShownRun;
use crate::error::{Error, Result};
use crate::outputs::FolderBeside;
use crate::progress::Progress;
use crate::{db, export, report};

pub const FILES: [&str; 3] = ["report.html", "worklist.csv", "scores.csv"];

const FILES_STAGE: &str = "files";

pub fn has_files(database: &Path, run_id: i64, folder: &Path) -> Result<bool> {
    let is_there = |path: &Path, is_kind: fn(&Metadata) -> bool| path.symlink_metadata().is_ok_and(|it| is_kind(&it));
    let is_written: bool = db::open_to_read(database)?.query_row(
        "select exists (select 1 from run_stages where run_id = ?1 and stage = ?2 and is_complete)",
        (run_id, FILES_STAGE),
        |row| row.get(0),
    )?;
    let has_all = FILES.iter().all(|name| is_there(&folder.join(name), Metadata::is_file));
    Ok(is_written && is_there(folder, Metadata::is_dir) && has_all)
}

/// Returns the folder of the run's day.
pub fn write_files_again(
    database: &Path,
    run_id: Option<i64>,
    config: &Config,
    reports: &Path,
    progress: &mut Progress,
) -> Result<PathBuf> {
    let connection = db::open_to_read_within(database, config.database.wait())?;
    db::check_current(&connection, database)?;
    let shown = ShownRun::find(&connection, run_id)?;
    let as_of: String = shown.query_row("select as_of_date from runs where run_id = ?1", |row| row.get(0))?;
    let folder = reports.join(as_of);
    write_files(database, shown.run_id, config, &folder, progress).map_err(|error| error.in_database(database))?;
    Ok(folder)
}

/// Writes the report and the exports in parallel to a temporary folder, which replaces the target when all are complete.
///
/// # Errors
/// [`Error::NotFound`] when there is no such run.
pub fn write_files(
    database: &Path,
    run_id: i64,
    config: &Config,
    folder: &Path,
    progress: &mut Progress,
) -> Result<()> {
    let open = || db::open_to_read_within(database, config.database.wait());
    let wait = config.database.wait();
    progress.stage(FILES_STAGE, |ticker| {
        let beside = FolderBeside::make(folder, &FILES, wait)?;
        let report = || {
            let connection = open()?;
            let shown = ShownRun::find(&connection, Some(run_id))?;
            let settings = report::ReportSettings::of(shown, config)?;
            let page = report::render(shown, &settings)?;
            let failed = |error| Error::io("write", &folder.join(FILES[0]), error);
            beside.write(FILES[0], |out: &mut dyn Write| out.write_all(page.as_bytes()).map_err(failed))
        };
        let exports = || {
            let connection = open()?;
            let shown = ShownRun::find(&connection, Some(run_id))?;
            let loans: i64 = shown.query_row("select loans_loaded from runs where run_id = ?1", |row| row.get(0))?;
            let written = |rows| ticker.tick(rows, loans as u64);
            beside.write(FILES[1], |out: &mut dyn Write| export::worklist(shown, out))?;
            beside.write(FILES[2], |out: &mut dyn Write| export::scores(shown, out, &written))
        };
        let (report, exports) = rayon::join(report, exports);
        report.and(exports)?;
        beside.publish()?;
        Ok(((), FILES.len() as u64))
    })
}
