//! The database file: its version, integrity, views, foreign tables and free pages.

use rusqlite::Connection;

use super::{Finding, RESTORE};
use crate::db;
use crate::error::Result;
use crate::progress::grouped;

const SHOWN_PROBLEMS: i64 = 3;

pub fn examine(connection: &Connection) -> Result<Vec<Finding>> {
    Ok(vec![
        version(connection)?,
        integrity(connection)?,
        references(connection)?,
        views(connection)?,
        others(connection)?,
        pages(connection)?,
    ])
}

fn version(connection: &Connection) -> Result<Finding> {
    let check = "version";
    let (applied, current) = (db::applied_version(connection)?, Some(db::newest_version()));
    let marked: i32 = connection.query_row("pragma user_version", [], |row| row.get(0))?;
    let number = |version: Option<i32>| version.map_or("none".to_owned(), |version| version.to_string());
    let found = format!("tables of version {}; this program's are {}", number(applied), number(current));
    Ok(if applied < current {
        Finding::warning(check, found, "nothing: the next `recoup run` copies the database, then brings it up to date")
    } else if marked != 0 && Some(marked) != applied {
        let found = format!("{found}; but the file is marked as version {marked}");
        Finding::warning(
            check,
            found,
            "find out which program wrote to it last; restore a backup if it was not this one",
        )
    } else {
        Finding::ok(check, found)
    })
}

fn integrity(connection: &Connection) -> Result<Finding> {
    let mut statement = connection.prepare("select integrity_check from pragma_integrity_check limit ?1")?;
    let lines = statement.query_map([SHOWN_PROBLEMS], |row| row.get::<_, String>(0))?;
    let lines: Vec<String> = lines.collect::<rusqlite::Result<_>>()?;
    Ok(match lines.as_slice() {
        [only] if only == "ok" => Finding::ok("integrity", "the file is sound"),
        lines => Finding::fault("integrity", lines.join("; "), RESTORE),
    })
}

fn references(connection: &Connection) -> Result<Finding> {
    let query = "select count(*), coalesce(min(\"table\"), '') from pragma_foreign_key_check";
    let (loose, table): (i64, String) = connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(match loose {
        0 => Finding::ok("references", "every reference leads to an existing row"),
        loose => {
            Finding::fault("references", format!("{loose} rows refer to a missing row, first in {table}"), RESTORE)
        }
    })
}

fn views(connection: &Connection) -> Result<Finding> {
    let mut statement = connection.prepare("select 1 from sqlite_schema where type = 'view' and name = ?1")?;
    let mut absent = Vec::new();
    for name in db::view_names() {
        if !statement.exists([name])? {
            absent.push(name);
        }
    }
    Ok(if absent.is_empty() {
        Finding::ok("views", format!("all {} are there", db::view_names().count()))
    } else {
        let found = format!("not there: {}", absent.join(", "));
        Finding::warning("views", found, "nothing: the next `recoup run` makes them")
    })
}

/// A foreign trigger can stop a run, or copy what is erased elsewhere; erasing does not reach a foreign table.
fn others(connection: &Connection) -> Result<Finding> {
    let check = "not ours";
    if db::applied_version(connection)? != Some(db::newest_version()) {
        return Ok(Finding::ok(check, "is checked once the tables are up to date"));
    }
    let found = db::not_ours(connection)?;
    let named = found.iter().map(|other| match other.kind.as_str() {
        "trigger" => format!("trigger {} on {}", other.name, other.table),
        kind => format!("{kind} {}", other.name),
    });
    let named = named.collect::<Vec<_>>().join(", ");
    Ok(if found.is_empty() {
        Finding::ok(check, "it contains no table or trigger of another program")
    } else {
        let what_to_do = "find out what created them: a trigger can stop a run or copy what is erased, and `recoup erase` \
            leaves such tables alone";
        Finding::warning(check, named, what_to_do)
    })
}

/// Free pages are reused, so they are never a fault.
fn pages(connection: &Connection) -> Result<Finding> {
    let query = "select freelist_count * page_size, page_count * page_size
        from pragma_freelist_count, pragma_page_count, pragma_page_size";
    let (free, all): (i64, i64) = connection.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let kib = |bytes: i64| grouped(bytes.unsigned_abs().div_ceil(1024));
    let found = format!("{} KiB, of which {} are free for the next runs", kib(all), kib(free));
    Ok(Finding::ok("size", found))
}
