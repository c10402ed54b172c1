//! What to worry about: groups of loans that need something done, those with the most money first.
//!
//! The view `alerts` says how many loans there are and what they owe; the words, and what to do, are here.

use super::changes::Changes;
use super::portfolio::Portfolio;
use super::quality::Run;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, ratio, share};

pub const ALERTS: &str = "\
select alert, loans, outstanding
from alerts_by_run
where run_id = ?1
order by outstanding desc, alert;
";

/// More are not read; the smallest are left out.
const MOST: usize = 7;

/// Said only where the scores may be relied on.
const REST_ON_SCORES: [&str; 2] = ["early_warning", "secured"];

/// Something to worry about, and what to do.
#[derive(Debug, Clone)]
pub struct Alert {
    /// What the loans owe; a dash where nobody knows.
    pub amount: String,
    /// How many loans, and what part of the gross portfolio they hold.
    pub loans: String,
    /// What is the matter with them, without a verb, so that it reads of one loan and of many.
    pub what: String,
    pub to_do: &'static str,
}

/// Reads the alerts, and how many smaller ones there are; lines that were left out of the file come last, since nobody knows
/// what they owe.
///
/// # Errors
/// Those of the database.
pub fn read(
    shown: ShownRun<'_>,
    portfolio: &Portfolio,
    changes: Option<&Changes>,
    run: &Run,
    is_caution: bool,
    style: &Style,
) -> Result<(Vec<Alert>, usize)> {
    let lines_left_out = run.rows_rejected.unwrap_or(0);
    let since = changes.filter(|changes| changes.is_followed()).map(|changes| changes.since.as_str());
    let mut statement = shown.prepare(ALERTS)?;
    let rows = statement.query_map([shown.run_id], |row| {
        let outstanding: f64 = row.get("outstanding")?;
        let loans = style.loans(row.get("loans")?);
        let code: String = row.get("alert")?;
        let since = since.unwrap_or_default();
        if is_caution && REST_ON_SCORES.contains(&code.as_str()) {
            return Ok(None);
        }
        let Some((what, to_do)) = words(&code, since) else { return Ok(None) };
        let loans = match code.as_str() {
            "gone" => loans,
            _ => format!("{loans}, {} of the gross portfolio", share(ratio(outstanding, portfolio.outstanding))),
        };
        Ok(Some(Alert { amount: style.money(outstanding), loans, what, to_do }))
    })?;
    let mut alerts: Vec<Alert> = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect();
    let room = MOST - usize::from(lines_left_out > 0);
    let smaller = alerts.len().saturating_sub(room);
    alerts.truncate(room);
    if lines_left_out > 0 {
        alerts.push(left_out(lines_left_out, style));
    }
    Ok((alerts, smaller))
}

fn left_out(lines: i64, style: &Style) -> Alert {
    Alert {
        amount: format::NONE.to_owned(),
        loans: format!("{} {}", style.count(lines), if lines == 1 { "line" } else { "lines" }),
        what: "Left out of the file, so that what they owe is in no figure.".to_owned(),
        to_do: "Correct them where the file comes from, then run again: “Data quality” says which lines, and why.",
    }
}

/// What an alert says of its loans, and what to do about them.
fn words(code: &str, since: &str) -> Option<(String, &'static str)> {
    let (what, to_do) = match code {
        "passed_90" => {
            (format!("Passed 90 days past due since {since}."), "Decide on each this week: settlement or legal notice.")
        }
        "passed_30" => (
            format!("Passed 30 days past due since {since}."),
            "Call each this week, before the next instalment is due.",
        ),
        "fell_behind" => (
            format!("1 to 30 days past due, and not late on {since}."),
            "Remind each now: arrears of a few days are the easiest to bring back.",
        ),
        "over_90" => (
            "More than 90 days past due.".to_owned(),
            "Decide on each: settlement, legal notice or write-off; the largest first.",
        ),
        "over_30" => ("31 to 90 days past due.".to_owned(), "Call each this week, before the next instalment is due."),
        "new_and_late" => (
            "New in the file, and already more than 30 days past due.".to_owned(),
            "Check their dates, and ask who granted them: a loan should not begin late.",
        ),
        "gone" => (
            format!("Owed this on {since}, and no longer in the file."),
            "Ask whoever makes the export: repaid, sold, or lost? No figure of this report holds them.",
        ),
        "untouched" => (
            "More than 30 days past due, without one collection attempt on record.".to_owned(),
            "Give each to a collector today.",
        ),
        "awaiting_approval" => (
            "Proposed for an action that needs a named approver.".to_owned(),
            "Have the approver decide and sign; nothing is done without a name.",
        ),
        "early_warning" => (
            "High Risk by score, though not more than 30 days past due.".to_owned(),
            "Call before they are more than 30 days late.",
        ),
        "secured" => (
            "High Risk, but with collateral worth the whole balance.".to_owned(),
            "Check that the security is in force, and its value, before spending on anything else.",
        ),
        "overburdened" => (
            "1 to 90 days past due, with instalments over half of the income.".to_owned(),
            "Offer what they can pay: a longer term, smaller instalments.",
        ),
        "largest" => (
            "The ten largest balances still to be collected.".to_owned(),
            "Name one person for each, and look at them every week.",
        ),
        _ => return None,
    };
    Some((what, to_do))
}
