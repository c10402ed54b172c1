//! The views, which every run drops and creates again. `stg_`, `int_` and `_by_run` views cover all runs; over each `_by_run`
//! view, a public one without that ending shows the latest complete run by its number: SQLite 3.40 (Debian) pushes a constant
//! down to the table through windows, groups and unions, but not a subquery, which would read the loans of every run.

use rusqlite::Connection;

use crate::error::{Error, Result};

macro_rules! views {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../migrations/views/", $name, ".sql")))),+]
    };
}

/// Each after the views that it reads.
const VIEWS: [(&str, &str); 51] = views![
    "panel_dates",
    "panel_of_run",
    "compared_runs",
    "period_pairs",
    "loan_states",
    "stg_loans",
    "int_loan_ratios",
    "int_loans_decided",
    "int_live_loans",
    "int_policy_lines",
    "int_loan_vintages",
    "loan_features_by_run",
    "own_feature_values_by_run",
    "policy_scores_by_run",
    "loans_by_run",
    "risk_scores_by_run",
    "worklist_by_run",
    "portfolio_by_run",
    "portfolio_by_group_by_run",
    "segment_summary_by_run",
    "segmentation_by_run",
    "strategy_summary_by_run",
    "arrears_summary_by_run",
    "loan_movements_by_run",
    "portfolio_changes_by_run",
    "loan_exits_by_run",
    "roll_rates_by_run",
    "roll_summary_by_run",
    "cash_collected_by_run",
    "cures_by_run",
    "vintages_by_run",
    "portfolio_trend_by_run",
    "reconciliation_by_run",
    "alert_loans_by_run",
    "alerts_by_run",
    "data_quality_by_run",
    "model_comparison_by_run",
    "score_deciles_by_run",
    "feature_importance_by_run",
    "partial_dependence_by_run",
    "feature_audit_by_run",
    "fairness_screen_by_run",
    "fairness_differences_by_run",
    "fairness_to_collect_by_run",
    "population_stability_by_run",
    "top_score_reasons_by_run",
    "model_card_by_run",
    "run_history",
    "delivery_history",
    "latest_run",
    "compared_run",
];

const LATEST: &str = ":latest";

const BY_RUN: &str = "_by_run";

pub(super) fn has_view(connection: &Connection, name: &str) -> Result<bool> {
    let query = "select exists (select 1 from sqlite_schema where type = 'view' and name = ?1)";
    Ok(connection.query_row(query, [name], |row| row.get(0))?)
}

pub fn create_views(connection: &Connection) -> Result<()> {
    let query = "select coalesce(
             (select run_id from runs where status = 'complete' order by place desc limit 1), 0
         )";
    let latest: i64 = connection.query_row(query, [], |row| row.get(0))?;
    for (name, definition) in VIEWS {
        create(connection, name, &definition.replace(LATEST, &latest.to_string()))?;
        if let Some(public) = name.strip_suffix(BY_RUN) {
            create(
                connection,
                public,
                &format!("create view {public} as\nselect * from {name} where run_id = {latest}"),
            )?;
        }
    }
    Ok(())
}

/// The names of all views, including public ones.
pub fn names() -> impl Iterator<Item = &'static str> {
    VIEWS.into_iter().flat_map(|(name, _)| [Some(name), name.strip_suffix(BY_RUN)]).flatten()
}

fn create(connection: &Connection, name: &str, definition: &str) -> Result<()> {
    if has_view(connection, name)? {
        connection.execute_batch(&format!("drop view {name}"))?;
    }
    Ok(connection.execute_batch(definition)?)
}

/// A complete run and its connection; in queries `?1` is its number.
#[derive(Debug, Clone, Copy)]
pub struct ShownRun<'a> {
    pub connection: &'a Connection,
    pub run_id: i64,
}

impl<'a> ShownRun<'a> {
    /// The run of this number, or else the latest; it must be complete and have its loans.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub fn find(connection: &'a Connection, run_id: Option<i64>) -> Result<Self> {
        let query = "select run_id, loans_removed_at
            from runs
            where status = 'complete' and (?1 is null or run_id = ?1)
            order by place desc
            limit 1";
        let found = connection.query_row(query, [run_id], |row| {
            Ok((row.get::<_, i64>("run_id")?, row.get::<_, Option<String>>("loans_removed_at")?))
        });
        match (found, run_id) {
            (Ok((run_id, None)), _) => Ok(Self { connection, run_id }),
            (Ok((run_id, Some(removed_at))), _) => Err(Error::NotFound(format!(
                "the loans of run {run_id} were removed on {removed_at}, since they were older than [retention] weeks \
                 allows: its figures are in portfolio_by_run, its loans only in its report and exports, if you kept them, \
                 or in a backup"
            ))),
            (Err(rusqlite::Error::QueryReturnedNoRows), Some(run_id)) => Err(Error::NotFound(format!(
                "there is no complete run {run_id}: `select run_id, status, as_of_date from run_history` lists them"
            ))),
            (Err(rusqlite::Error::QueryReturnedNoRows), None) => Err(Error::NotFound(
                "there is no complete run in the database yet: `recoup run FILE` makes one".to_owned(),
            )),
            (Err(error), _) => Err(error.into()),
        }
    }

    pub fn prepare(&self, query: &str) -> rusqlite::Result<rusqlite::Statement<'a>> {
        self.connection.prepare(query)
    }

    pub fn rows<T>(
        &self,
        query: &str,
        read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Vec<T>> {
        self.connection.prepare(query)?.query_map([self.run_id], read)?.collect()
    }

    pub fn query_row<T>(
        &self,
        query: &str,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        self.connection.query_row(query, [self.run_id], read)
    }
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
