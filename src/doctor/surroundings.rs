//! The surroundings of the database: the configuration, leftovers of killed processes, file permissions and disk space.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::{Finding, Installation};
use crate::config::Config;
use crate::error::Result;
use crate::outputs::{TEMPORARY_PREFIX, folder_of};
use crate::progress::grouped;

pub fn config(path: Option<&Path>, loaded: &Result<Config>) -> Finding {
    match (loaded, path) {
        (Ok(_), Some(path)) => Finding::ok("config", format!("{} can be used", path.display())),
        (Ok(_), None) => Finding::ok("config", "there is none: the defaults apply"),
        (Err(error), _) => Finding::fault(
            "config",
            error.to_string(),
            "correct it: `recoup init --out FILE` writes every key with an explanation",
        ),
    }
}

pub fn left_over(installation: &Installation) -> Vec<Finding> {
    let mut findings = vec![lock(installation.database)];
    let logs = ["-journal", "-wal"].map(|ending| with_ending(installation.database, ending));
    // SQLite empties a log before it removes it.
    let is_log = |path: &PathBuf| path.metadata().is_ok_and(|facts| facts.len() > 0);
    for path in logs.into_iter().filter(is_log) {
        findings.push(Finding::warning(
            "left over",
            format!(
                "{} is part of the database: a run is in progress or was killed, or another program was reading",
                path.display()
            ),
            "never delete it; the next `recoup run` merges it into the database",
        ));
    }
    for path in unfinished_files(installation) {
        findings.push(Finding::warning(
            "left over",
            format!("{} is an unfinished file of a killed process", path.display()),
            "delete it while no run is in progress: it may contain personal data",
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
    let Ok(file) = File::open(&path) else { return Finding::ok("at work", "no run is in progress") };
    match file.try_lock_shared() {
        Ok(()) => {
            let found = format!("no run is in progress; {} is left from a killed process and harmless", path.display());
            Finding::ok("at work", found)
        }
        Err(_) => {
            let who = fs::read_to_string(&path).unwrap_or_default();
            Finding::ok("at work", format!("a run is in progress ({who}): check again when it has finished"))
        }
    }
}

fn unfinished_files(installation: &Installation) -> Vec<PathBuf> {
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

fn report_folders(reports: &Path) -> Vec<PathBuf> {
    names(reports, |name| name.starts_with(|letter: char| letter.is_ascii_digit()))
}

/// Files with personal data should be accessible only to their owner.
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
            format!("{}{more} can be read by users other than their owner", first.display()),
            "`chmod 600` them: they contain personal data",
        ));
    }
    for folder in [folder_of(installation.database), installation.reports] {
        if mode(folder).is_some_and(|mode| mode & 0o002 != 0) {
            findings.push(Finding::warning(
                "who may read",
                format!("any user can write to the folder {}", folder.display()),
                "`chmod o-w` it",
            ));
        }
    }
    if findings.is_empty() {
        findings
            .push(Finding::ok("who may read", "only their owner can read the database, its copies and its reports"));
    }
    findings
}

#[cfg(not(unix))]
pub fn modes(_: &Installation, _: &BTreeSet<PathBuf>) -> Vec<Finding> {
    vec![Finding::ok("who may read", "not checked on this system")]
}

/// What a run needs in addition to its loans, in bytes: its files, and room to work.
const ROOM_TO_WORK: u64 = 32 << 20;

/// A run stores its loans in the database and, while in progress, in its log; the rest is reserve.
const TIMES_A_RUN: u64 = 3;

pub fn space(connection: &Connection, database: &Path) -> Finding {
    let check = "disk";
    let size = fs::metadata(database).map_or(0, |facts| facts.len());
    let query = "select count(*) from runs where first_snapshot_id is not null";
    let runs: i64 = connection.query_row(query, [], |row| row.get(0)).unwrap_or(0);
    let for_run = size / runs.max(1).unsigned_abs() * TIMES_A_RUN + ROOM_TO_WORK;
    let Some(free) = free_bytes(folder_of(database)) else {
        return Finding::ok(check, "free space is unknown on this system");
    };
    let mib = |bytes: u64| format!("{} MiB", grouped(bytes.div_ceil(1 << 20)));
    let found = format!("{} are free; a run needs about {}, a copy {}", mib(free), mib(for_run), mib(size));
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
