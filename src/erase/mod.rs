//! `recoup erase`: removes a borrower from the database, its copies, the reports and the exports.
//!
//! The database comes first. What could not be done is reported, and a second `recoup erase` continues with it. `runs` keeps
//! how many loans were erased, and when; nothing says whose. Import counts and past figures stay.

mod files;
mod lines;
mod mentions;
mod naming;
mod others;
mod person;
mod rows;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::config::Config;
use crate::db::copies::{self, Copy};
use crate::db::{self, RunLock};
use crate::error::{Error, Result};
use crate::outputs;
use crate::progress::{Progress, counted};
use crate::run::timestamp;
use person::Person;
use rows::Found;

#[derive(Debug)]
pub struct EraseTargets<'a> {
    pub database: &'a Path,
    pub reports: &'a Path,
    pub config: &'a Config,
}

#[derive(Debug, Default)]
pub struct Erased {
    pub loans: i64,
    pub rejects: i64,
    pub mentions: i64,
    pub copies: Vec<PathBuf>,
    pub written_again: Vec<PathBuf>,
    /// Folders whose report and exports were removed because the loans of their run are no longer stored.
    pub removed: Vec<PathBuf>,
    pub others: Vec<String>,
    pub problems: Vec<String>,
}

impl Erased {
    pub fn to_text(&self) -> String {
        let count = |count: i64, noun: &str| counted(count.unsigned_abs(), noun);
        let mut text = format!(
            "Erased    {} (a loan counts once in each run), {} and {}\n",
            count(self.loans, "loan"),
            count(self.rejects, "rejected value"),
            count(self.mentions, "other mention")
        );
        let mut lines = |what: &str, paths: &[PathBuf]| {
            for path in paths {
                writeln!(text, "{what:<9} {}", path.display()).expect("a text takes every line");
            }
        };
        lines("Copy", &self.copies);
        lines("Written", &self.written_again);
        lines("Removed", &self.removed);
        for other in &self.others {
            writeln!(text, "Yours     {other}").expect("a text takes every line");
        }
        text + "Yours     your own CSV files: remove the borrower, or the next run loads them again; also copies of the \
                database that you made yourself, and printed or e-mailed reports\n"
    }

    pub fn into_verdict(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::ErasedInPart(self.problems)) }
    }
}

/// Erases a borrower from the database, its copies and its reports.
///
/// # Errors
/// [`Error::NotFound`] when they are nowhere; [`Error::Busy`] while another process uses the database; nothing is changed
/// then. Failures after the database itself was changed are in [`Erased::problems`].
pub fn erase(places: &EraseTargets, borrower_id: &str, now: DateTime<Utc>, progress: &mut Progress) -> Result<Erased> {
    let borrower_id = borrower_id.trim();
    if borrower_id.is_empty() {
        return Err(Error::Usage("give the id of a borrower, as it appears in the file".to_owned()));
    }
    let database = places.database;
    drop(db::open_to_change(database)?);
    let who = format!("process {}, an erasure, started {}", std::process::id(), timestamp(now));
    let _lock = RunLock::take(database, &who)?;
    copies::sweep(outputs::folder_of(database))?;
    let mut connection = db::open_to_change(database)?;

    let mut done = Erased::default();
    let mut person = Person::new(borrower_id);
    person.learn_loans(&connection)?;
    let copies = open_copies(&connection, database, &mut person, &mut done.problems)?;
    let found = rows::find(&connection, &person)?;
    done.problems.append(&mut others::holding(&connection, &person)?);
    let held: Vec<&PathBuf> = copies.iter().filter(|(_, copy)| holds(copy, &person)).map(|(path, _)| path).collect();
    let mut days = rows::days(&connection, &person)?;
    days.append(&mut files::days_listing(places.reports, &person)?);
    if found.is_nothing() && held.is_empty() && days.is_empty() {
        return Err(nowhere(database, &done.problems));
    }

    done.others = others::named(&connection)?;
    if !found.is_nothing() {
        let erased = from_database(&mut connection, database, &person, now, &mut done.problems)?;
        (done.loans, done.rejects, done.mentions) = (erased.loans, erased.rejects, erased.mentions);
    }
    drop(connection);
    let held: Vec<PathBuf> = held.into_iter().cloned().collect();
    drop(copies);
    for path in held {
        match from_copy(&path, &person, now) {
            Ok(()) => done.copies.push(path),
            Err(error) => {
                done.problems.push(format!("the copy {} still contains the borrower: {error}", path.display()))
            }
        }
    }
    files::erase(places, &days, progress, &mut done)?;
    Ok(done)
}

fn nowhere(database: &Path, problems: &[String]) -> Error {
    let unseen = if problems.is_empty() { String::new() } else { format!("; but {}", problems.join("; ")) };
    Error::NotFound(format!(
        "no such borrower in {}, its known copies, or the reports below --out; nothing was changed. Give the id exactly as it \
         appears in the file{unseen}",
        database.display()
    ))
}

fn open_copies(
    connection: &Connection,
    database: &Path,
    person: &mut Person,
    problems: &mut Vec<String>,
) -> Result<Vec<(PathBuf, Connection)>> {
    let mut opened = Vec::new();
    for path in copies::known(connection, database)? {
        let looked = open_copy(&path).and_then(|copy| {
            person.learn_loans(&copy)?;
            Ok(copy)
        });
        match looked {
            Ok(copy) => opened.push((path, copy)),
            Err(error) => problems.push(format!("the copy {} could not be read: {error}", path.display())),
        }
    }
    Ok(opened)
}

fn open_copy(path: &Path) -> Result<Connection> {
    match path.symlink_metadata() {
        Ok(facts) if facts.is_file() => {}
        Ok(_) => return Err(Error::Usage("it is not a regular file".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::NotFound(
                "it is missing. Restore it, or, if it no longer exists, run `recoup backup --forget` on it".to_owned(),
            ));
        }
        Err(error) => return Err(Error::io("read", path, error)),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    db::check_version(&connection, path)?;
    Ok(connection)
}

/// A copy that cannot be searched counts as holding the borrower, so that rewriting it reports why.
fn holds(copy: &Connection, person: &Person) -> bool {
    rows::find(copy, person).map_or(true, |found| !found.is_nothing())
}

fn from_database(
    connection: &mut Connection,
    database: &Path,
    person: &Person,
    now: DateTime<Utc>,
    problems: &mut Vec<String>,
) -> Result<Found> {
    let failed = |error| Error::database(database, error);
    // A write-ahead log would keep the old pages.
    if !db::switch_journal(connection, "delete", db::LOCK_WAIT)? {
        return Err(Error::Busy { path: database.to_owned(), holder: "another program".to_owned() });
    }
    others::silence(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
    let erased = rows::erase(&transaction, person, &timestamp(now)).map_err(|error| error.in_database(database))?;
    transaction.commit().map_err(failed)?;
    if let Err(error) = connection.execute_batch("vacuum") {
        problems.push(format!(
            "{} could not be compacted ({error}), although the deleted data was overwritten; free some space, then run \
             `sqlite3 {0} vacuum`",
            database.display()
        ));
    }
    Ok(erased)
}

fn from_copy(path: &Path, person: &Person, now: DateTime<Utc>) -> Result<()> {
    copies::sweep(outputs::folder_of(path))?;
    copies::fold_log(path)?;
    let source = open_copy(path)?;
    let copy = Copy::make(&source, path)?;
    drop(source);
    let mut connection = copy.open()?;
    others::silence(&connection)?;
    let transaction = connection.transaction()?;
    rows::erase(&transaction, person, &timestamp(now))?;
    transaction.commit()?;
    connection.execute_batch("vacuum")?;
    drop(connection);
    copy.publish(true)?;
    Ok(())
}
