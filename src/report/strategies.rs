//! The lender's rules: the loans and the balance that fall under each.

use super::portfolio::Portfolio;
use super::scale::ScoreScale;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, ratio, share};

pub const STRATEGIES: &str = "\
select
    position, strategy, risk_band, loans, outstanding, balance_at_risk,
    is_approval_needed, is_on_worklist
from strategy_summary_by_run
where run_id = ?1
order by position;
";

/// The live loans that fall under one rule.
pub struct StrategyRow {
    pub name: String,
    pub band: String,
    pub loans: String,
    pub loans_share: String,
    pub balance: String,
    pub balance_share: String,
    pub at_risk: String,
    /// Of the bar, in percent of the longest possible.
    pub width: String,
    pub is_approval_needed: bool,
    pub is_on_worklist: bool,
}

/// In the order of the rules; empty where no loan is live.
pub fn read(shown: ShownRun<'_>, portfolio: &Portfolio, scale: ScoreScale, style: &Style) -> Result<Vec<StrategyRow>> {
    if portfolio.live_loans == 0 {
        return Ok(Vec::new());
    }
    Ok(shown.rows(STRATEGIES, |row| {
        let number: i64 = row.get("loans")?;
        let balance: f64 = row.get("outstanding")?;
        let part = ratio(balance, portfolio.outstanding);
        Ok(StrategyRow {
            name: format::one_line(&row.get::<_, String>("strategy")?),
            band: scale.band(&row.get::<_, String>("risk_band")?),
            loans: style.count(number),
            loans_share: share(ratio(number as f64, portfolio.live_loans as f64)),
            balance: style.amount(balance),
            balance_share: share(part),
            at_risk: style.amount_or_none(row.get("balance_at_risk")?),
            width: format!("{:.1}", part * 100.0),
            is_approval_needed: row.get("is_approval_needed")?,
            is_on_worklist: row.get("is_on_worklist")?,
        })
    })?)
}

/// How many loans are on the worklist, and which rules the others fall under.
pub struct Work {
    loans: i64,
    counted: i64,
    /// Of the loans that are only counted.
    rules: Vec<String>,
}

impl Work {
    pub fn read(shown: ShownRun<'_>) -> Result<Self> {
        let mut work = Self { loans: 0, counted: 0, rules: Vec::new() };
        let mut statement = shown.prepare(STRATEGIES)?;
        let mut rows = statement.query([shown.run_id])?;
        while let Some(row) = rows.next()? {
            let loans: i64 = row.get("loans")?;
            if row.get("is_on_worklist")? {
                work.loans += loans;
            } else if loans > 0 {
                work.counted += loans;
                work.rules.push(format!("“{}”", format::one_line(&row.get::<_, String>("strategy")?)));
            }
        }
        Ok(work)
    }

    /// The caption of a list of the first loans, without a full stop.
    pub fn caption(&self, listed: usize, style: &Style) -> String {
        let gets = if self.counted == 1 { "gets" } else { "get" };
        let rules = format::list(&self.rules);
        let of = match self.loans {
            0 if self.counted == 0 => return "No loan is live, so there is nothing to work".to_owned(),
            0 => {
                return format!("There is nothing to work: {} {gets} {rules}", style.loans(self.counted));
            }
            1 => "The one loan to work".to_owned(),
            loans if loans == listed as i64 => format!("All {} to work", style.loans(loans)),
            loans => format!("The first {} of {} to work", style.count(listed as i64), style.loans(loans)),
        };
        match self.counted {
            0 => of,
            counted => format!("{of}; {} more {gets} {rules}", style.count(counted)),
        }
    }
}
