//! What became of loans that fell over 30 days behind, by the month in which they did.

use super::table::Table;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, share};

pub const CURES: &str = "\
select
    month, loans, caught_up, caught_up_unpaid, half_caught_up_weeks, paid_off,
    refinanced, lost, unknown, still_behind, cured, redefaulted,
    lower_95_percent, upper_95_percent
from cures_by_run
where run_id = ?1
order by month;
";

/// A share of fewer loans is not put into words.
const LEAST_FOR_A_SENTENCE: i64 = 10;

/// What became of loans that fell behind, by month, where enough weeks have passed.
pub fn read(shown: ShownRun<'_>, style: &Style) -> Result<Option<(String, Table)>> {
    let known = |count: Option<i64>| count.map_or_else(|| format::NONE.to_owned(), |count| style.count(count));
    let mut latest = None;
    let rows = shown.rows(CURES, |row| {
        let (loans, caught_up): (i64, i64) = (row.get("loans")?, row.get("caught_up")?);
        let month = month_in_words(&row.get::<_, String>("month")?);
        if loans >= LEAST_FOR_A_SENTENCE {
            let half: Option<f64> = row.get("half_caught_up_weeks")?;
            let (lower, upper): (f64, f64) = (row.get("lower_95_percent")?, row.get("upper_95_percent")?);
            let soon = half.filter(|_| caught_up > 1).map_or_else(String::new, within);
            latest = Some(format!(
                "Of the {} that fell more than 30 days behind in {month}, {} caught up within 12 weeks{soon}: {} \
                 (95% interval {} to {}).",
                style.loans(loans),
                style.count_or_none(caught_up),
                share(caught_up as f64 / loans as f64),
                share(lower / 100.0),
                share(upper / 100.0)
            ));
        }
        Ok(vec![
            month,
            style.count(loans),
            style.count(caught_up),
            style.count(row.get("caught_up_unpaid")?),
            style.count(row.get("paid_off")?),
            style.count(row.get("refinanced")?),
            style.count(row.get("lost")?),
            style.count(row.get("unknown")?),
            style.count(row.get("still_behind")?),
            known(row.get("cured")?),
            known(row.get("redefaulted")?),
        ])
    })?;
    if rows.is_empty() {
        return Ok(None);
    }
    let labels = [
        "Fell behind in",
        "#Loans",
        "#Caught up",
        "#Without paying",
        "#Paid in full",
        "#Refinanced",
        "#Lost",
        "#Gone",
        "#Still behind",
        "#Cured",
        "#Fell behind again",
    ];
    let caption = "Loans that fell more than 30 days behind, and where they were 12 weeks later. Cured: caught up, and then not \
                   over 30 days late again for the weeks of probation (12 unless recoup.toml says otherwise). Fell behind \
                   again: of the cured. A dash where it is too early";
    Ok(Some((latest.unwrap_or_default(), Table::new(caption, &labels, rows).without_empty_columns())))
}

/// A part of a week counts as one, so that it is true.
fn within(weeks: f64) -> String {
    match weeks.ceil() as i64 {
        ..=1 => ", half of them within a week".to_owned(),
        weeks => format!(", half of them within {weeks} weeks"),
    }
}

/// "March 2026" of "2026-03".
pub(super) fn month_in_words(month: &str) -> String {
    let day = format::date(&format!("{month}-01"));
    day.split_once([' ', '\u{a0}']).map_or(day.clone(), |(_, month)| month.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_week_is_rounded_up() {
        assert_eq!(
            [0.4, 1.0, 2.4, 3.0].map(within),
            [
                ", half of them within a week",
                ", half of them within a week",
                ", half of them within 3 weeks",
                ", half of them within 3 weeks"
            ]
        );
    }
}
