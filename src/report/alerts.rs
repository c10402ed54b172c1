//! What to worry about: groups of loans that need action, largest amounts first. The view `alerts` counts the loans and
//! their balance; the words are here.

use rusqlite::Row;

use super::changes::Changes;
use super::portfolio::Portfolio;
use super::quality::RunFacts;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, ratio, share};

pub const ALERTS: &str = "\
select
    alerts.alert, alerts.group_name, alerts.loans, alerts.outstanding,
    groups.par30_loans_percent, groups.par30_loans_percent_elsewhere
from alerts_by_run as alerts
left join portfolio_by_group_by_run as groups
    on groups.run_id = ?1
    and 'late_' || groups.dimension = alerts.alert
    and groups.group_name = alerts.group_name
where alerts.run_id = ?1
order by alerts.outstanding desc, alerts.alert, alerts.group_name;
";

/// The smallest are left out.
const MOST_ALERTS: usize = 7;

/// Shown however small: something is wrong with the loans, or with what is said of them.
const ALWAYS: [&str; 3] = ["caught_up_unpaid", "evergreened", "gone_late"];

/// Shown only where the scores can be relied on.
const NEED_SCORES: [&str; 2] = ["early_warning", "secured"];

pub struct Alert {
    /// What the loans owe; a dash where it is not known.
    pub amount: String,
    /// How many loans, and their share of the gross portfolio.
    pub loans: String,
    /// Without a verb in the singular or plural, since it describes one loan or many.
    pub what: String,
    pub to_do: &'static str,
}

/// The alerts, and how many smaller ones there are. Lines that could not be loaded come last, since what they owe is not known.
pub fn read(
    shown: ShownRun<'_>,
    portfolio: &Portfolio,
    changes: Option<&Changes>,
    run: &RunFacts,
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
        if is_caution && NEED_SCORES.contains(&code.as_str()) {
            return Ok(None);
        }
        let Some((what, to_do)) = words(&code, since).or(of_group(&code, row)?) else { return Ok(None) };
        let loans = match code.as_str() {
            "gone" | "gone_late" | "evergreened" => loans,
            _ => format!("{loans}, {} of the gross portfolio", share(ratio(outstanding, portfolio.outstanding))),
        };
        let is_always = ALWAYS.contains(&code.as_str());
        Ok(Some((is_always, Alert { amount: style.money(outstanding), loans, what, to_do })))
    })?;
    let found: Vec<(bool, Alert)> = rows.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect();
    let room = MOST_ALERTS - usize::from(lines_left_out > 0);
    let smaller = found.len().saturating_sub(room);
    let mut alerts = chosen(found, room);
    if lines_left_out > 0 {
        alerts.push(left_out(lines_left_out, style));
    }
    Ok((alerts, smaller))
}

/// As many as there is room for, in their order: those that are always shown, and the first of the others.
fn chosen<T>(found: Vec<(bool, T)>, room: usize) -> Vec<T> {
    let mut room_for_others = room.saturating_sub(found.iter().filter(|(is_always, _)| *is_always).count());
    let mut chosen = Vec::new();
    for (is_always, alert) in found {
        if is_always || room_for_others > 0 {
            room_for_others -= usize::from(!is_always);
            chosen.push(alert);
        }
    }
    chosen
}

fn left_out(lines: i64, style: &Style) -> Alert {
    Alert {
        amount: format::NONE.to_owned(),
        loans: format!("{} {}", style.count(lines), if lines == 1 { "line" } else { "lines" }),
        what: "Could not be loaded: what they owe is not counted in this report.".to_owned(),
        to_do: "Correct them in the source system, then run again. “Data quality” shows which lines, and why.",
    }
}

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
            format!("1 to 30 days past due, but not late on {since}."),
            "Remind the borrowers now: arrears of a few days are the easiest to cure.",
        ),
        "over_90" => (
            "More than 90 days past due.".to_owned(),
            "Decide on each: settlement, legal notice or write-off; the largest first.",
        ),
        "over_30" => ("31 to 90 days past due.".to_owned(), "Call each this week, before the next instalment is due."),
        "new_and_late" => (
            "New in the file and already more than 30 days past due.".to_owned(),
            "Check the dates and who approved the loans: a loan should not start late.",
        ),
        "gone_late" => (
            format!("More than 30 days past due on {since}, and no longer in the file; nothing says why."),
            "Ask the owner of the export about each: written off, sold or lost? They are not counted in this report.",
        ),
        "gone" => (
            format!("Outstanding on {since}, but no longer in the file; nothing says why."),
            "Ask the owner of the export: repaid, sold or lost? They are not counted in this report.",
        ),
        "evergreened" => (
            "Late, and repaid by a new loan to the same borrower.".to_owned(),
            "Check who approved the new loans: the old arrears no longer show.",
        ),
        "caught_up_unpaid" => (
            "More than 30 days past due before and now up to date, though the balance hardly fell.".to_owned(),
            "Ask who changed the due dates, and whether the borrower paid: a loan can be made to look current.",
        ),
        "untouched" => (
            "More than 30 days past due, with no collection attempt on record.".to_owned(),
            "Assign each to a collector today.",
        ),
        "awaiting_approval" => (
            "Waiting for a named approver to sign the proposed action.".to_owned(),
            "Have the approver decide and sign: no action is taken without a name.",
        ),
        "early_warning" => (
            "High Risk by score, but no more than 30 days past due.".to_owned(),
            "Call before they pass 30 days past due.",
        ),
        "secured" => (
            "High Risk, but with collateral worth the whole balance.".to_owned(),
            "Check that the security is valid, and its value, before spending on other steps.",
        ),
        "overburdened" => (
            "1 to 90 days past due, with instalments above half of income.".to_owned(),
            "Offer a longer term with smaller instalments.",
        ),
        "largest" => (
            "The ten largest balances still to be collected.".to_owned(),
            "Make one person responsible for each and review them every week.",
        ),
        _ => return None,
    };
    Some((what, to_do))
}

/// Of a branch or officer that is worse than the rest by more than chance explains. A difference is no proof of bad work.
fn of_group(code: &str, row: &Row<'_>) -> rusqlite::Result<Option<(String, &'static str)>> {
    let (of, whose, to_do) = match code {
        "late_branch" => {
            ("Branch", "its", "Ask the branch what changed, and begin with the loans that fell behind last.")
        }
        "late_officer" => (
            "Officer",
            "the",
            "Go through these loans together. This is no proof of bad work: what each officer was given to collect may \
             differ.",
        ),
        _ => return Ok(None),
    };
    let percent = |name: &str| -> rusqlite::Result<String> { Ok(share(row.get::<_, f64>(name)? / 100.0)) };
    let what = format!(
        "{of} {}: {} of {whose} loans are over 30 days past due, {} elsewhere. This is more than chance explains.",
        format::one_line(&row.get::<_, String>("group_name")?),
        percent("par30_loans_percent")?,
        percent("par30_loans_percent_elsewhere")?
    );
    Ok(Some((what, to_do)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_alerts_that_are_always_shown_take_the_place_of_larger_ones() {
        let found = vec![(false, "a"), (false, "b"), (false, "c"), (true, "d"), (false, "e"), (true, "f")];
        assert_eq!(chosen(found.clone(), 4), ["a", "b", "d", "f"]);
        assert_eq!(chosen(found, 6), ["a", "b", "c", "d", "e", "f"]);
    }
}
