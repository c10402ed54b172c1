//! Which weeks the database has, for a person to see.

use crate::db::ShownRun;
use crate::error::Result;
use crate::progress::counted;

struct Week {
    run_id: i64,
    day: String,
    days_before: Option<i64>,
    live: i64,
    has_loans: bool,
    is_restated: bool,
}

/// Gaps longer than this are named: a file is missing.
const LONGEST_WEEK: i64 = 10;

/// A line for each week of the shown run's currency, and what is missing.
pub fn lines(shown: ShownRun<'_>) -> Result<Vec<String>> {
    let query = "select panel.run_id, panel.as_of_date, panel.days_since_before, sums.live_loans, panel.has_loans,
            runs.restated_at is not null as is_restated
        from panel_dates as panel
        join runs using (run_id)
        join run_summaries as sums using (run_id)
        where panel.currency_code = (select currency_code from runs where run_id = ?1)
        order by panel.as_of_date";
    let weeks: Vec<Week> = shown.rows(query, |row| {
        Ok(Week {
            run_id: row.get("run_id")?,
            day: row.get("as_of_date")?,
            days_before: row.get("days_since_before")?,
            live: row.get("live_loans")?,
            has_loans: row.get("has_loans")?,
            is_restated: row.get("is_restated")?,
        })
    })?;
    let mut lines: Vec<String> = weeks.iter().map(line).collect();
    let gaps = weeks.iter().filter(|week| week.days_before.is_some_and(|days| days > LONGEST_WEEK)).count();
    let gaps = match gaps {
        0 => String::new(),
        gaps => format!("; {} of more than {LONGEST_WEEK} days without a file", counted(gaps as u64, "gap")),
    };
    lines.push(format!("{}{gaps}", counted(weeks.len() as u64, "week")));
    Ok(lines)
}

fn line(week: &Week) -> String {
    let mut line = format!("{}  run {}, {}", week.day, week.run_id, counted(week.live as u64, "live loan"));
    if let Some(days) = week.days_before.filter(|days| *days > LONGEST_WEEK) {
        line += &format!(", {days} days after the file before");
    }
    if !week.has_loans {
        line += ", loans removed";
    }
    if week.is_restated {
        line += ", history made again after a correction";
    }
    line
}
