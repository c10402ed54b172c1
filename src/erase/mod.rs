//! `recoup erase`: a borrower, gone from everywhere that the database knows of.
//!
//! From the database: the loans of every run with all that was found out about them, rejected lines, and names in other
//! places. What is deleted is overwritten, and the file is packed afterwards, so that its free pages hold nothing either.
//! Then the copies: each is copied without the borrower, and the new copy renamed over it. Then the reports and exports.
//! In `runs` stays how many loans went, and when; nothing stays that says whose.
//!
//! Tables that another program put into the database are not changed, but named, with those that hold the borrower; triggers
//! are named, too, and kept from copying what is erased.
//!
//! One after the other, the database first: what could not be done is told, and a second `recoup erase` goes on with it,
//! since it looks in copies and reports too. Counts of the import and the figures of past runs stay as they were.

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
use crate::progress::Progress;
use crate::run::timestamp;
use person::Person;
use rows::Found;

#[derive(Debug)]
pub struct Places<'a> {
    pub database: &'a Path,
    /// The folder with the reports, a folder for each day.
    pub reports: &'a Path,
    pub config: &'a Config,
}

/// What was done. It names nobody.
#[derive(Debug, Default)]
pub struct Erased {
    pub loans: i64,
    pub rejects: i64,
    pub mentions: i64,
    pub copies: Vec<PathBuf>,
    pub written_again: Vec<PathBuf>,
    /// Folders whose report and exports were removed, since the loans of their run are there no more.
    pub removed: Vec<PathBuf>,
    /// Tables and triggers of other programs, which were left as they are.
    pub others: Vec<String>,
    pub problems: Vec<String>,
}

impl Erased {
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "Erased    {} {}, counted in every run; {} rejected values; {} mentions elsewhere\n",
            self.loans,
            if self.loans == 1 { "loan" } else { "loans" },
            self.rejects,
            self.mentions
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
        text + "Yours     your own CSV files: take the borrower out, or the next run loads them again; also copies of the \
                database that you made yourself, and prints and e-mails of reports\n"
    }

    pub fn into_verdict(self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(Error::ErasedInPart(self.problems)) }
    }
}

/// Takes a borrower out of the database, its copies, and its reports.
///
/// # Errors
/// [`Error::NotFound`] when they are nowhere; [`Error::Busy`] while a run is at work or somebody has the database open;
/// nothing is changed then. What could not be done after the database itself is in [`Erased::problems`].
pub fn erase(places: &Places, borrower_id: &str, now: DateTime<Utc>, progress: &mut Progress) -> Result<Erased> {
    let borrower_id = borrower_id.trim();
    if borrower_id.is_empty() {
        return Err(Error::Usage("the id of a borrower is needed, as the file has it".to_owned()));
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
            Err(error) => done.problems.push(format!("the copy {} still holds them: {error}", path.display())),
        }
    }
    files::erase(places, &days, progress, &mut done)?;
    Ok(done)
}

fn nowhere(database: &Path, problems: &[String]) -> Error {
    let unseen = if problems.is_empty() { String::new() } else { format!("; but {}", problems.join("; ")) };
    Error::NotFound(format!(
        "no such borrower in {}, the copies that it knows of, and the reports below --out; nothing was changed. The id is \
         wanted exactly as the file has it{unseen}",
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
            Err(error) => problems.push(format!("the copy {} could not be looked at: {error}", path.display())),
        }
    }
    Ok(opened)
}

fn open_copy(path: &Path) -> Result<Connection> {
    match path.symlink_metadata() {
        Ok(facts) if facts.is_file() => {}
        Ok(_) => return Err(Error::Usage("it is no plain file".to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Error::NotFound(
                "it is not there. Put it back, or if it is no more, `recoup backup --forget` it".to_owned(),
            ));
        }
        Err(error) => return Err(Error::io("read", path, error)),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| Error::database(path, error))?;
    db::check_version(&connection, path)?;
    Ok(connection)
}

/// A copy that cannot be looked through is taken for one that holds them, so that rewriting it tells why.
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
    // A log beside the file would keep the pages as they were.
    if !db::switch_journal(connection, "delete", db::LOCK_WAIT)? {
        return Err(Error::Busy { path: database.to_owned(), holder: "a program that has it open".to_owned() });
    }
    others::silence(connection)?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive).map_err(failed)?;
    let erased = rows::erase(&transaction, person, &timestamp(now)).map_err(|error| error.in_database(database))?;
    transaction.commit().map_err(failed)?;
    if let Err(error) = connection.execute_batch("vacuum") {
        problems.push(format!(
            "{} could not be packed ({error}): what was deleted is overwritten all the same; free some space, then \
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
