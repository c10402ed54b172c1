//! What the lender's rules say to do: the loans and the money that fall under each.

use rusqlite::Connection;

use super::portfolio::Portfolio;
use super::scale::ScoreScale;
use crate::error::Result;
use crate::format::{self, Style, ratio, share};

pub const STRATEGIES: &str = include_str!("queries/strategies.sql");

/// The loans still to be collected that fall under one rule.
#[derive(Debug)]
pub struct StrategyRow {
    pub name: String,
    pub band: String,
    pub loans: String,
    pub loans_share: String,
    pub balance: String,
    pub balance_share: String,
    pub at_risk: String,
    /// Width of the bar, in percent of the longest that there can be.
    pub width: String,
    pub is_approval_needed: bool,
}

/// Reads the strategies, in the order of the rules; none where nothing is to be collected.
///
/// # Errors
/// Those of the database.
pub fn read(
    connection: &Connection,
    portfolio: &Portfolio,
    scale: ScoreScale,
    style: &Style,
) -> Result<Vec<StrategyRow>> {
    if portfolio.loans_to_collect == 0 {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare(STRATEGIES)?;
    let rows = statement.query_map([], |row| {
        let number: i64 = row.get("loans")?;
        let balance: f64 = row.get("outstanding")?;
        let part = ratio(balance, portfolio.to_collect);
        Ok(StrategyRow {
            name: format::one_line(&row.get::<_, String>("strategy")?),
            band: scale.band(&row.get::<_, String>("risk_band")?),
            loans: style.count(number),
            loans_share: share(ratio(number as f64, portfolio.loans_to_collect as f64)),
            balance: style.amount(balance),
            balance_share: share(part),
            at_risk: style.amount_or_none(row.get("balance_at_risk")?),
            width: format!("{:.1}", part * 100.0),
            is_approval_needed: row.get("is_approval_needed")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
