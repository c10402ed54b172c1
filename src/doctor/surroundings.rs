//! What is around the database: the configuration, what killed processes left, who may read what, and room on the disk.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Finding, Installation};
use crate::config::Config;
use crate::error::Result;
use crate::outputs::{TEMPORARY_PREFIX, folder_of};
use crate::progress::grouped;

/// The configuration as the next run would read it.
pub fn config(path: Option<&Path>, loaded: &Result<Config>) -> Finding {
    match (loaded, path) {
        (Ok(_), Some(path)) => Finding::ok("config", format!("{} can be used", path.display())),
        (Ok(_), None) => Finding::ok("config", "there is none: the defaults are used"),
        (Err(error), _) => {
            Finding::fault("config", error.to_string(), "mend it: `recoup init --out FILE` writes every key explained")
        }
    }
}

/// What a run leaves only when it is killed, and who is at work.
pub fn left_over(installation: &Installation) -> Vec<Finding> {
    let mut findings = vec![lock(installation.database)];
    let logs = ["-journal", "-wal"].map(|ending| with_ending(installation.database, ending));
    // SQLite empties a log before it removes it.
    let is_log = |path: &PathBuf| path.metadata().is_ok_and(|facts| facts.len() > 0);
    for path in logs.into_iter().filter(is_log) {
        findings.push(Finding::warning(
            "left over",
            format!(
                "{} belongs to the database: a run is at work, was killed, or another program was reading",
                path.display()
            ),
            "never remove it; the next `recoup run` folds it back",
        ));
    }
    for path in half_files(installation) {
        findings.push(Finding::warning(
            "left over",
            format!("{} is half a file of a killed process", path.display()),
            "remove it while no run is at work: it may hold personal data",
        ));
    }
    findings
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = path.as_os_str().to_owned();
    path.push(ending);
    PathBuf::from(path)
}

fn lock(database: &Path) -> Finding {
    let path = with_ending(database, ".lock");
    let Ok(file) = File::open(&path) else { return Finding::ok("at work", "no run is at work") };
    match file.try_lock_shared() {
        Ok(()) => {
            let found = format!("nobody; {} is of a killed process and no obstacle", path.display());
            Finding::ok("at work", found)
        }
        Err(_) => {
            let who = fs::read_to_string(&path).unwrap_or_default();
            Finding::ok("at work", format!("a run is at work ({who}): look again when it has ended"))
        }
    }
}

/// Files beside the database and the reports that are not in their place.
fn half_files(installation: &Installation) -> Vec<PathBuf> {
    let folders =
        std::iter::once(folder_of(installation.database).to_owned()).chain(report_folders(installation.reports));
    let mut found: Vec<PathBuf> =
        folders.flat_map(|folder| names(&folder, |name| name.starts_with(TEMPORARY_PREFIX))).collect();
    found.sort_unstable();
    found
}

fn names(folder: &Path, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let entries = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(&wanted));
    entries.map(|entry| entry.path()).collect()
}

/// The folders of the days.
fn report_folders(reports: &Path) -> Vec<PathBuf> {
    names(reports, |name| name.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Everything that holds personal data should be its owner's alone.
#[cfg(unix)]
pub fn modes(installation: &Installation, copies: &BTreeSet<PathBuf>) -> Vec<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| path.metadata().map(|facts| facts.permissions().mode() & 0o777).ok();
    let folders = report_folders(installation.reports);
    let files = folders.iter().flat_map(|folder| crate::run::files::FILES.map(|name| folder.join(name)));
    let held = std::iter::once(installation.database.to_owned()).chain(copies.iter().cloned()).chain(files);
    let open: Vec<PathBuf> = held.filter(|path| mode(path).is_some_and(|mode| mode & 0o077 != 0)).collect();
    let mut findings = Vec::new();
    if let [first, rest @ ..] = open.as_slice() {
        let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
        findings.push(Finding::warning(
            "who may read",
            format!("{}{more} can be read by others than their owner", first.display()),
            "`chmod 600` them: they hold personal data",
        ));
    }
    for folder in [folder_of(installation.database), installation.reports] {
        if mode(folder).is_some_and(|mode| mode & 0o002 != 0) {
            findings.push(Finding::warning(
                "who may read",
                format!("anybody may put files into {}", folder.display()),
                "`chmod o-w` it",
            ));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("who may read", "the database, its copies and its reports are their owner's alone"));
    }
    findings
}

/// Who may read a file is not known of here.
#[cfg(not(unix))]
pub fn modes(_: &Installation, _: &BTreeSet<PathBuf>) -> Vec<Finding> {
    vec![Finding::ok("who may read", "not looked at on this system")]
}

/// What a run needs beside its loans, in bytes: its files, and room to work.
const ROOM_TO_WORK: u64 = 32 << 20;

/// The loans of a run are in the database and, while it works, in its log; and nobody wants a disk full to the brim.
const TIMES_A_RUN: u64 = 3;

/// Whether the disk has room for the next run, and for a copy of the database.
pub fn space(connection: &Connection, database: &Path) -> Finding {
    let check = "disk";
    let size = fs::metadata(database).map_or(0, |facts| facts.len());
    let query = "select count(*) from runs where first_snapshot_id is not null";
    let runs: i64 = connection.query_row(query, [], |row| row.get(0)).unwrap_or(0);
    let for_run = size / runs.max(1).unsigned_abs() * TIMES_A_RUN + ROOM_TO_WORK;
    let Some(free) = free_bytes(folder_of(database)) else {
        return Finding::ok(check, "how much is free is not known on this system");
    };
    let mib = |bytes: u64| format!("{} MiB", grouped(bytes.div_ceil(1 << 20)));
    let found = format!("{} are free; a run wants about {}, a copy {}", mib(free), mib(for_run), mib(size));
    if free < for_run {
        Finding::fault(check, found, "free some space before the next run")
    } else if free < for_run + size {
        Finding::warning(check, found, "free some space: an upgrade or an erasure copies the database first")
    } else {
        Finding::ok(check, found)
    }
}

#[cfg(unix)]
fn free_bytes(folder: &Path) -> Option<u64> {
    let facts = rustix::fs::statvfs(folder).ok()?;
    facts.f_bavail.checked_mul(facts.f_frsize)
}

#[cfg(not(unix))]
fn free_bytes(_: &Path) -> Option<u64> {
    None
}
