//! The whole book, from the view `portfolio`.

use rusqlite::{OptionalExtension, Row};

use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style};

pub const PORTFOLIO: &str = "\
select
    loans, loans_scored, live_loans, closed_loans, written_off_loans,
    high_risk_loans, par30_loans, par90_loans, outstanding, closed_outstanding,
    written_off_outstanding, balance_at_risk, high_risk_outstanding,
    par30_outstanding, par90_outstanding, par30_percent, par90_percent,
    as_of_date, currency_code
from portfolio_by_run
where run_id = ?1;
";

/// The view `portfolio`; amounts are in major units.
pub struct Portfolio {
    pub as_of_date: String,
    pub currency: String,
    pub loans: i64,
    pub loans_scored: i64,
    pub live_loans: i64,
    pub closed_loans: i64,
    pub written_off_loans: i64,
    pub high_risk_loans: i64,
    /// The gross portfolio: live loans only.
    pub outstanding: f64,
    pub closed_outstanding: f64,
    pub written_off_outstanding: f64,
    pub at_risk: Option<f64>,
    pub high_risk_outstanding: f64,
    pub par30: OverDue,
    pub par90: OverDue,
}

/// The balance of the loans over a number of days past due.
pub struct OverDue {
    pub loans: i64,
    pub outstanding: f64,
    pub percent: Option<f64>,
}

impl Portfolio {
    pub fn read(shown: ShownRun<'_>) -> Result<Self> {
        let over_due = |row: &Row<'_>, name: &str| -> rusqlite::Result<OverDue> {
            Ok(OverDue {
                loans: row.get(format!("{name}_loans").as_str())?,
                outstanding: row.get(format!("{name}_outstanding").as_str())?,
                percent: row.get(format!("{name}_percent").as_str())?,
            })
        };
        Ok(shown.query_row(PORTFOLIO, |row| {
            Ok(Self {
                as_of_date: row.get("as_of_date")?,
                currency: row.get("currency_code")?,
                loans: row.get("loans")?,
                loans_scored: row.get("loans_scored")?,
                live_loans: row.get("live_loans")?,
                closed_loans: row.get("closed_loans")?,
                written_off_loans: row.get("written_off_loans")?,
                high_risk_loans: row.get("high_risk_loans")?,
                outstanding: row.get("outstanding")?,
                closed_outstanding: row.get("closed_outstanding")?,
                written_off_outstanding: row.get("written_off_outstanding")?,
                at_risk: row.get("balance_at_risk")?,
                high_risk_outstanding: row.get("high_risk_outstanding")?,
                par30: over_due(row, "par30")?,
                par90: over_due(row, "par90")?,
            })
        })?)
    }

    /// "4 are closed and 1 is written off"; `None` where all loans are live.
    pub fn ended(&self, style: &Style) -> Option<String> {
        let counted = [(self.closed_loans, "closed"), (self.written_off_loans, "written off")];
        let words = counted.into_iter().filter(|(loans, _)| *loans > 0);
        let words = words
            .map(|(loans, what)| format!("{} {} {what}", style.count(loans), if loans == 1 { "is" } else { "are" }))
            .collect::<Vec<_>>();
        (!words.is_empty()).then(|| format::list(&words))
    }
}

/// Advice for a book in which no loan is live but some were closed at a loss with a balance; `None` where there are none.
pub fn how_to_collect(shown: ShownRun<'_>) -> Result<Option<String>> {
    let word = shown
        .query_row(include_str!("queries/closed_at_a_loss.sql"), |row| row.get::<_, String>("recovery_status"))
        .optional()?;
    Ok(word.map(|word| {
        let word = toml::Value::String(format::one_line(&word));
        format!(
            "If you still collect loans with the status {word}, put still_collected = [{word}] under [outcome] in \
             recoup.toml and run again."
        )
    }))
}
