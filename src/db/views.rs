//! The views: how they are made in the file, and how a connection is shown another run than the latest.
//!
//! They are not migrated, since nothing is kept in them: a run drops them and creates them again as this version of the
//! program has them. An earlier run is shown by views of the same names in the connection's own temporary schema.

use rusqlite::Connection;

use crate::error::{Error, Result};

macro_rules! views {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../migrations/views/", $name, ".sql")))),+]
    };
}

/// Every view by name, each after those it reads.
pub const VIEWS: [(&str, &str); 39] = views![
    "shown_run",
    "compared_run",
    "arrears_buckets",
    "stg_loans",
    "int_loan_ratios_computed",
    "loan_features",
    "loan_targets",
    "own_feature_values",
    "int_policy_lines",
    "policy_scores",
    "int_loans_decided",
    "loans",
    "risk_scores",
    "worklist",
    "segment_summary",
    "strategy_summary",
    "portfolio",
    "arrears_summary",
    "loan_movements",
    "alert_loans",
    "alerts",
    "data_quality",
    "model_comparison",
    "score_deciles",
    "feature_importance",
    "partial_dependence",
    "feature_audit",
    "fairness_screen",
    "fairness_differences",
    "fairness_to_collect",
    "population_stability",
    "score_reasons_told",
    "model_card",
    "run_history",
    "portfolio_history",
    "segment_history",
    "strategy_history",
    "portfolio_changes",
    "delivery_history",
];

/// Whether the file has a view of this name.
pub(super) fn has_view(connection: &Connection, name: &str) -> Result<bool> {
    let query = "select exists (select 1 from sqlite_schema where type = 'view' and name = ?1)";
    Ok(connection.query_row(query, [name], |row| row.get(0))?)
}

/// Drops the views and creates them again, as this version of the program has them.
///
/// # Errors
/// Those of the database.
pub fn create_views(connection: &Connection) -> Result<()> {
    for (name, definition) in VIEWS {
        if has_view(connection, name)? {
            connection.execute_batch(&format!("drop view {name}"))?;
        }
        connection.execute_batch(definition)?;
    }
    Ok(())
}

/// Makes the views of this connection, and of no other, show an earlier run.
///
/// The same views are created in the connection's temporary schema, which SQLite looks in first, over a `shown_run` that
/// holds the chosen run. Nothing is written to the file.
///
/// # Errors
/// [`Error::NotFound`] when there is no complete run of that number.
pub fn show_run(connection: &Connection, run_id: i64) -> Result<()> {
    let is_there: bool = connection.query_row(
        "select exists (select 1 from main.runs where run_id = ?1 and status = 'complete')",
        [run_id],
        |row| row.get(0),
    )?;
    if !is_there {
        return Err(Error::NotFound(format!(
            "there is no complete run {run_id}: `select run_id, status, as_of_date from run_history` lists them"
        )));
    }
    let removed: Option<String> =
        connection.query_row("select loans_removed_at from main.runs where run_id = ?1", [run_id], |row| row.get(0))?;
    if let Some(removed_at) = removed {
        return Err(Error::NotFound(format!(
            "the loans of run {run_id} were removed on {removed_at}, since they were older than [retention] weeks allows: \
             its figures are in portfolio_history, its loans only in its report and exports, if you kept them, or in a \
             backup"
        )));
    }
    connection.execute("create temp table shown_run as select * from main.runs where run_id = ?1", [run_id])?;
    for (_, definition) in VIEWS.iter().filter(|(name, _)| *name != "shown_run") {
        connection.execute_batch(&definition.replacen("create view", "create temp view", 1))?;
    }
    Ok(())
}

/// Makes the views of this connection show the latest complete run again, after [`show_run`].
///
/// # Errors
/// Those of the database.
pub fn show_latest(connection: &Connection) -> Result<()> {
    for (name, _) in VIEWS.iter().rev().filter(|(name, _)| *name != "shown_run") {
        connection.execute_batch(&format!("drop view temp.{name}"))?;
    }
    connection.execute_batch("drop table temp.shown_run")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_view_file_is_created_and_opens_with_its_grain() {
        let listed: Vec<_> = VIEWS.iter().map(|(name, _)| format!("{name}.sql")).collect();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/views");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!(listed.contains(&name), "{name} is never created");
        }
        for (name, definition) in VIEWS {
            assert!(definition.starts_with("-- Grain: "), "{name} does not state its grain");
        }
    }
}
