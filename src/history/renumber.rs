//! New ids for the loans of earlier weeks, after the lender's system numbered them anew: the weeks before and after then
//! describe the same loans.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::list;
use crate::config::Config;
use crate::db;
use crate::error::Result;
use crate::import::Source;

/// Notes of earlier weeks may have an old id, from which a person can be erased.
const KEEP: &str = "\
insert or ignore into former_loan_ids (loan_key, loan_id)
select loan_key, loan_id from loan_register where loan_key = ?1";
/// Loans that keep a new id which another loan of the list has until it is given its own.
const WAITING: &str = "update loan_register set loan_id = char(0) || loan_key where loan_key = ?1";
const RENAME: &str = "update loan_register set loan_id = ?2 where loan_key = ?1";

#[derive(Debug, PartialEq, Eq)]
pub struct Renumbered {
    pub loans: usize,
    /// Old ids that no weekly file has.
    pub unknown: usize,
}

/// Gives the loans of a CSV with the columns `old_id` and `new_id` their new ids, in every week.
///
/// # Errors
/// When an id is empty, given twice, or that of another loan; then nothing is changed.
pub fn renumber(source: &Source, database: &Path, config: &Config) -> Result<Renumbered> {
    let ids = read(source, config)?;
    db::change(database, "renumbering loans", |connection| store(connection, source, &ids))
}

fn read(source: &Source, config: &Config) -> Result<BTreeMap<String, String>> {
    let (mut ids, mut news) = (BTreeMap::new(), BTreeSet::new());
    list::read(source, ["old_id", "new_id"], config, |old, new| {
        if old.is_empty() || new.is_empty() {
            return Err("an id is empty".to_owned());
        }
        if ids.insert(old.to_owned(), new.to_owned()).is_some() {
            return Err(format!("the old id {old} is on another line too"));
        }
        if !news.insert(new.to_owned()) {
            return Err(format!("the new id {new} is on another line too"));
        }
        Ok(())
    })?;
    Ok(ids)
}

fn store(connection: &Connection, source: &Source, ids: &BTreeMap<String, String>) -> Result<Renumbered> {
    let mut find = connection.prepare("select loan_key from loan_register where loan_id = ?1")?;
    let mut key_of = |id: &str| find.query_row([id], |row| row.get::<_, i64>(0)).optional();
    let mut found = Vec::new();
    for (old, new) in ids {
        let Some(loan_key) = key_of(old)? else { continue };
        if key_of(new)?.is_some() && !ids.contains_key(new) {
            return Err(source.refused(vec![format!(
                "the new id {new} of loan {old} is already that of another loan in the weekly files. If a week was loaded with \
                 --accept-changed-ids, go back to the copy of the database from before it, and renumber that"
            )]));
        }
        found.push((loan_key, new));
    }
    for (loan_key, _) in &found {
        connection.execute(KEEP, [loan_key])?;
        connection.execute(WAITING, [loan_key])?;
    }
    for (loan_key, new) in &found {
        connection.execute(RENAME, (loan_key, new))?;
    }
    Ok(Renumbered { loans: found.len(), unknown: ids.len() - found.len() })
}
