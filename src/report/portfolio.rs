//! The whole book, as the view `portfolio` sums it up.

use rusqlite::{Connection, Row};

use crate::error::Result;

pub const PORTFOLIO: &str = include_str!("queries/portfolio.sql");

/// The view `portfolio`; amounts are in major units.
#[derive(Debug, Clone)]
pub struct Portfolio {
    pub as_of_date: String,
    pub currency: String,
    pub loans: i64,
    pub loans_scored: i64,
    pub loans_to_collect: i64,
    pub high_risk_loans: i64,
    pub outstanding: f64,
    pub to_collect: f64,
    pub at_risk: Option<f64>,
    pub high_risk_outstanding: f64,
    pub par30: OverDue,
    pub par90: OverDue,
}

/// The balance of the loans over a number of days past due.
#[derive(Debug, Clone)]
pub struct OverDue {
    pub loans: i64,
    pub outstanding: f64,
    pub percent: Option<f64>,
}

impl Portfolio {
    /// Reads the one row.
    ///
    /// # Errors
    /// Those of the database; there is no row where there is no complete run.
    pub fn read(connection: &Connection) -> Result<Self> {
        let over_due = |row: &Row<'_>, name: &str| -> rusqlite::Result<OverDue> {
            Ok(OverDue {
                loans: row.get(format!("{name}_loans").as_str())?,
                outstanding: row.get(format!("{name}_outstanding").as_str())?,
                percent: row.get(format!("{name}_percent").as_str())?,
            })
        };
        Ok(connection.query_row(PORTFOLIO, [], |row| {
            Ok(Self {
                as_of_date: row.get("as_of_date")?,
                currency: row.get("currency_code")?,
                loans: row.get("loans")?,
                loans_scored: row.get("loans_scored")?,
                loans_to_collect: row.get("loans_to_collect")?,
                high_risk_loans: row.get("high_risk_loans")?,
                outstanding: row.get("outstanding")?,
                to_collect: row.get("outstanding_to_collect")?,
                at_risk: row.get("balance_at_risk")?,
                high_risk_outstanding: row.get("high_risk_outstanding")?,
                par30: over_due(row, "par30")?,
                par90: over_due(row, "par90")?,
            })
        })?)
    }
}
