//! Reports and exports that list a borrower: written again from the database, or removed if their run's loans are gone.
//!
//! The database gives the days of the runs that contain the borrower; older files are searched, since their runs lost theirs.

use std::collections::BTreeSet;
use std::path::Path;

use askama::filters::{Escaper, Html};
use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension};

use super::naming::{Context, without};
use super::person::Person;
use super::{EraseTargets, Erased};
use crate::error::{Error, Result};
use crate::progress::Progress;
use crate::run::files::{self, FILES};
use crate::{db, outputs};

pub fn days_listing(reports: &Path, person: &Person) -> Result<BTreeSet<String>> {
    let mut days = BTreeSet::new();
    let entries = match std::fs::read_dir(reports) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(days),
        Err(error) => return Err(Error::io("read the folder", reports, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| Error::io("read the folder", reports, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if NaiveDate::parse_from_str(&name, "%Y-%m-%d").is_ok() && lists(&entry.path(), person) {
            days.insert(name);
        }
    }
    Ok(days)
}

fn lists(folder: &Path, person: &Person) -> bool {
    FILES.iter().any(|name| {
        let Ok(bytes) = std::fs::read(folder.join(name)) else { return false };
        if Path::new(name).extension().is_some_and(|extension| extension == "html") {
            is_in_page(&bytes, person)
        } else {
            is_in_table(&bytes, person)
        }
    })
}

fn is_in_page(page: &[u8], person: &Person) -> bool {
    let page = String::from_utf8_lossy(page);
    person.ids().any(|id| {
        let mut written = String::new();
        Html.write_escaped_str(&mut written, id).expect("a string accepts every text");
        let is_there = memchr::memmem::find(page.as_bytes(), written.as_bytes()).is_some();
        is_there && (page.contains(&format!(">{written}<")) || without(&page, &written, Context::TEXT).is_some())
    })
}

fn is_in_table(table: &[u8], person: &Person) -> bool {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table);
    let Ok(headers) = reader.headers() else { return false };
    let place = |name: &str| headers.iter().position(|header| header == name);
    let (borrower, loan) = (place("borrower_id"), place("loan_id"));
    // An export puts an apostrophe before a text that a spreadsheet would run as a formula.
    let plain = |text: &str| text.strip_prefix('\'').unwrap_or(text).to_owned();
    reader.records().flatten().any(|row| {
        let field = |place: Option<usize>| place.and_then(|place| row.get(place)).unwrap_or_default();
        let (borrower, loan) = (field(borrower), field(loan));
        borrower == person.borrower_id
            || plain(borrower) == person.borrower_id
            || row.iter().any(|cell| person.ids().any(|id| without(cell, id, Context::TEXT).is_some()))
            || (borrower.is_empty() && (person.loan_ids.contains(loan) || person.loan_ids.contains(&plain(loan))))
    })
}

pub fn erase(places: &EraseTargets, days: &BTreeSet<String>, progress: &mut Progress, done: &mut Erased) -> Result<()> {
    let connection = db::open_to_read(places.database)?;
    for day in days {
        let folder = places.reports.join(day);
        if !FILES.iter().any(|name| folder.join(name).symlink_metadata().is_ok()) {
            continue;
        }
        let written = match latest_run(&connection, day)? {
            Some(run_id) => files::write_files(places.database, run_id, places.config, &folder, progress),
            None => Err(Error::NotFound("the loans of its run are no longer stored".to_owned())),
        };
        if written.is_ok() {
            done.written_again.push(folder);
        } else if let Err(error) = remove(&folder) {
            done.problems.push(format!("the report of {day} still lists the borrower: {error}"));
        } else {
            done.removed.push(folder);
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<()> {
    outputs::sweep(outputs::folder_of(folder), &FILES)?;
    let failed = |error| Error::io("read the folder", folder, error);
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let is_ours = FILES.iter().any(|ours| name == *ours);
        if !is_ours && !name.to_string_lossy().starts_with(outputs::TEMPORARY_PREFIX) {
            continue;
        }
        let path = folder.join(name);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(Error::io("remove", &path, error));
        }
    }
    Ok(())
}

fn latest_run(connection: &Connection, day: &str) -> Result<Option<i64>> {
    let query = "select max(run_id) as run_id from runs
        where status = 'complete' and as_of_date = ?1 and loans_removed_at is null
        having max(run_id) is not null";
    Ok(connection.query_row(query, [day], |row| row.get("run_id")).optional()?)
}
