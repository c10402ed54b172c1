//! Tables and triggers of other programs in the database: tables are searched and named, triggers named and disabled.

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;

use super::naming::{Context, without};
use super::person::Person;
use crate::db;
use crate::error::Result;

pub(super) fn silence(connection: &Connection) -> Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
    Ok(())
}

pub(super) fn named(connection: &Connection) -> Result<Vec<String>> {
    let others = db::not_ours(connection)?;
    let named = others.into_iter().map(|other| match other.kind.as_str() {
        "trigger" => format!("the trigger {} on {}, which was disabled during the erasure", other.name, other.table),
        _ => format!("the table {}, which is not Recoup's and was left alone", other.name),
    });
    Ok(named.collect())
}

pub(super) fn holding(connection: &Connection, person: &Person) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for other in db::not_ours(connection)?.into_iter().filter(|other| other.kind == "table") {
        let name = &other.name;
        match column_of(connection, name, person) {
            Ok(None) => {}
            Ok(Some(column)) => problems.push(format!(
                "the table {name}, which is not Recoup's, still names the borrower in its column {column}: remove them there"
            )),
            Err(error) => {
                problems.push(format!("the table {name}, which is not Recoup's, could not be read: {error}"))
            }
        }
    }
    Ok(problems)
}

fn column_of(connection: &Connection, table: &str, person: &Person) -> Result<Option<String>> {
    // A table name cannot be bound as a parameter, so it is quoted.
    let mut statement = connection.prepare(&format!("select * from \"{}\"", table.replace('"', "\"\"")))?;
    let headers: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        for (place, header) in headers.iter().enumerate() {
            let text = match row.get_ref(place)? {
                ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
                ValueRef::Integer(number) => number.to_string(),
                ValueRef::Real(_) | ValueRef::Null => continue,
            };
            let context = Context { header: Some(header), ..Context::TEXT };
            if person.ids().any(|id| without(&text, id, context).is_some()) {
                return Ok(Some(header.clone()));
            }
        }
    }
    Ok(None)
}
