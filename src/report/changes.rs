//! Changes since the run before, in key figures and in loans, which are followed from file to file by their id.

use rusqlite::OptionalExtension;

use super::model::candidates;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style};

pub const CHANGES: &str = "\
select
    compared_as_of_date, score_source_before, score_source,
    outstanding_before, balance_at_risk_before,
    par30_percent_before, par90_percent_before,
    high_risk_loans_before, loans_new, new_outstanding, loans_gone,
    gone_outstanding, loans_closed, closed_outstanding, loans_written_off,
    written_off_outstanding, loans_worse, worse_outstanding, loans_better,
    better_outstanding
from portfolio_changes_by_run
where run_id = ?1;
";

#[derive(Debug, Clone)]
pub struct Changes {
    /// The day of the run before, as text.
    pub since: String,
    outstanding: Option<f64>,
    at_risk: Option<f64>,
    par30_percent: Option<f64>,
    par90_percent: Option<f64>,
    high_risk_loans: Option<i64>,
    /// Of the run before and of this one.
    score_sources: [Option<String>; 2],
    movements: Option<Movements>,
}

/// Loans and what they owe, by what became of them.
#[derive(Debug, Clone)]
struct Movements {
    new: (i64, f64),
    gone: (i64, f64),
    closed: (i64, f64),
    written_off: (i64, f64),
    worse: (i64, f64),
    better: (i64, f64),
}

impl Changes {
    /// `None` where there is no earlier run.
    pub fn read(shown: ShownRun<'_>) -> Result<Option<Self>> {
        let changes = shown.query_row(CHANGES, |row| {
            let moved = |loans: &str, outstanding: &str| -> rusqlite::Result<(i64, f64)> {
                Ok((row.get(loans)?, row.get(outstanding)?))
            };
            let is_followed = row.get::<_, Option<i64>>("loans_new")?.is_some();
            let movements = || -> rusqlite::Result<Movements> {
                Ok(Movements {
                    new: moved("loans_new", "new_outstanding")?,
                    gone: moved("loans_gone", "gone_outstanding")?,
                    closed: moved("loans_closed", "closed_outstanding")?,
                    written_off: moved("loans_written_off", "written_off_outstanding")?,
                    worse: moved("loans_worse", "worse_outstanding")?,
                    better: moved("loans_better", "better_outstanding")?,
                })
            };
            Ok(Self {
                since: format::date(&row.get::<_, String>("compared_as_of_date")?),
                outstanding: row.get("outstanding_before")?,
                at_risk: row.get("balance_at_risk_before")?,
                par30_percent: row.get("par30_percent_before")?,
                par90_percent: row.get("par90_percent_before")?,
                high_risk_loans: row.get("high_risk_loans_before")?,
                score_sources: [row.get("score_source_before")?, row.get("score_source")?],
                movements: if is_followed { Some(movements()?) } else { None },
            })
        });
        Ok(changes.optional()?)
    }

    pub fn is_followed(&self) -> bool {
        self.movements.is_some()
    }

    pub fn sentence(&self, style: &Style) -> Option<String> {
        let sentences: Vec<String> = [self.moved(style), self.rescored()].into_iter().flatten().collect();
        (!sentences.is_empty()).then(|| sentences.join(" "))
    }

    fn rescored(&self) -> Option<String> {
        let [Some(before), Some(now)] = &self.score_sources else { return None };
        let of = |source: &str| candidates::with_article(source, "the");
        match (before.as_str(), now.as_str()) {
            (before, now) if before == now => None,
            (before, "none") => {
                Some(format!("There are no scores now; on {} they came from {}.", self.since, of(before)))
            }
            ("none", now) => Some(format!("The scores now come from {}; on {} there were none.", of(now), self.since)),
            (before, now) => Some(format!(
                "The scores now come from {}; on {} they came from {}, so scores and bands of the two days cannot be compared.",
                of(now),
                self.since,
                of(before)
            )),
        }
    }

    fn moved(&self, style: &Style) -> Option<String> {
        let movements = self.movements.as_ref()?;
        let kinds = [
            (&movements.worse, "fell further behind"),
            (&movements.better, "improved"),
            (&movements.closed, "closed"),
            (&movements.written_off, "written off"),
            (&movements.new, "new"),
            (&movements.gone, "gone from the file"),
        ];
        let moves: Vec<String> = kinds
            .iter()
            .filter(|((loans, _), _)| *loans > 0)
            .map(|((loans, owed), what)| format!("{} {what} ({})", style.count(*loans), style.money(*owed)))
            .collect();
        Some(match moves.as_slice() {
            [] => format!(
                "Since {}, no live loan changed its arrears bucket, and none was closed, added or removed.",
                self.since
            ),
            moves => format!("Loans since {}: {}.", self.since, format::list(moves)),
        })
    }

    fn of_amount(&self, now: f64, before: Option<f64>, style: &Style) -> Option<String> {
        let change = now.round() - before?.round();
        Some(self.words(change, &style.money(change.abs())))
    }

    fn of_percent(&self, now: Option<f64>, before: Option<f64>) -> Option<String> {
        // Rounded as shown, so that a reader who subtracts gets the same.
        let change = shown_tenths(now?) - shown_tenths(before?);
        Some(self.words(change, &format!("{:.1} points", change.abs() / 10.0)))
    }

    fn words(&self, change: f64, size: &str) -> String {
        match change {
            change if change > 0.0 => format!("up {size} since {}", self.since),
            change if change < 0.0 => format!("down {size} since {}", self.since),
            _ => format!("unchanged since {}", self.since),
        }
    }

    pub fn outstanding(&self, now: f64, style: &Style) -> Option<String> {
        self.of_amount(now, self.outstanding, style)
    }

    pub fn at_risk(&self, now: Option<f64>, style: &Style) -> Option<String> {
        self.of_amount(now?, self.at_risk, style)
    }

    pub fn par30(&self, now: Option<f64>) -> Option<String> {
        self.of_percent(now, self.par30_percent)
    }

    pub fn par90(&self, now: Option<f64>) -> Option<String> {
        self.of_percent(now, self.par90_percent)
    }

    pub fn high_risk_loans(&self, now: i64, style: &Style) -> Option<String> {
        let change = now - self.high_risk_loans?;
        Some(self.words(change as f64, &style.count(change.abs())))
    }
}

/// A percentage in tenths, rounded as [`format::share`] does.
fn shown_tenths(percent: f64) -> f64 {
    let shown = format::share(percent / 100.0);
    let number: f64 = shown.trim_end_matches('%').parse().unwrap_or(percent);
    (number * 10.0).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_in_points_is_the_difference_of_what_is_shown() {
        // One loan of sixteen: 6.25 % is shown as 6.2 %.
        for (percent, tenths) in
            [(6.25, 62.0), (18.75, 188.0), (0.25, 2.0), (12.34, 123.0), (0.0, 0.0), (100.0, 1000.0)]
        {
            assert_eq!(format::share(percent / 100.0), format!("{:.1}%", tenths / 10.0));
            assert!((shown_tenths(percent) - tenths).abs() < f64::EPSILON, "{percent}");
        }
    }
}
