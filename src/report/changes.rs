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

pub struct Changes {
    /// The day of the run before, as text.
    pub since: String,
    pub outstanding: Option<f64>,
    pub at_risk: Option<f64>,
    pub par30_percent: Option<f64>,
    pub par90_percent: Option<f64>,
    pub high_risk_loans: Option<i64>,
    /// Of the run before and of this one.
    score_sources: [String; 2],
    /// Number, balance and words of [`MOVEMENTS`]; `None` where loans cannot be followed.
    movements: Option<Vec<(i64, f64, &'static str)>>,
}

/// What became of loans: the columns of their number and balance, and words.
const MOVEMENTS: [(&str, &str, &str); 6] = [
    ("loans_worse", "worse_outstanding", "fell further behind"),
    ("loans_better", "better_outstanding", "improved"),
    ("loans_closed", "closed_outstanding", "closed"),
    ("loans_written_off", "written_off_outstanding", "written off"),
    ("loans_new", "new_outstanding", "new"),
    ("loans_gone", "gone_outstanding", "gone from the file"),
];

impl Changes {
    /// `None` where there is no earlier run.
    pub fn read(shown: ShownRun<'_>) -> Result<Option<Self>> {
        let changes = shown.query_row(CHANGES, |row| {
            let is_followed = row.get::<_, Option<i64>>("loans_new")?.is_some();
            let mut movements = Vec::new();
            for (loans, outstanding, words) in MOVEMENTS.into_iter().filter(|_| is_followed) {
                movements.push((row.get(loans)?, row.get(outstanding)?, words));
            }
            Ok(Self {
                since: format::date(&row.get::<_, String>("compared_as_of_date")?),
                outstanding: row.get("outstanding_before")?,
                at_risk: row.get("balance_at_risk_before")?,
                par30_percent: row.get("par30_percent_before")?,
                par90_percent: row.get("par90_percent_before")?,
                high_risk_loans: row.get("high_risk_loans_before")?,
                score_sources: [row.get("score_source_before")?, row.get("score_source")?],
                movements: is_followed.then_some(movements),
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
        let [before, now] = &self.score_sources;
        let of = |source| candidates::with_article(source, "the");
        (before != now).then(|| {
            format!(
                "The scores now come from {}; on {} they came from {}, so scores and bands of the two days cannot be compared.",
                of(now),
                self.since,
                of(before)
            )
        })
    }

    fn moved(&self, style: &Style) -> Option<String> {
        let movements = self.movements.as_ref()?;
        let seen = movements.iter().filter(|(loans, ..)| *loans > 0);
        let moves: Vec<String> = seen
            .map(|(loans, owed, words)| format!("{} {words} ({})", style.count(*loans), style.money(*owed)))
            .collect();
        Some(match moves.as_slice() {
            [] => format!(
                "Since {}, no live loan changed its arrears bucket, and none was closed, added or removed.",
                self.since
            ),
            moves => format!("Loans since {}: {}.", self.since, format::list(moves)),
        })
    }

    pub fn of_amount(&self, now: f64, before: Option<f64>, style: &Style) -> Option<String> {
        let change = now.round() - before?.round();
        Some(self.words(change, &style.money(change.abs())))
    }

    pub fn of_percent(&self, now: Option<f64>, before: Option<f64>) -> Option<String> {
        // Rounded as shown, so that a reader who subtracts gets the same.
        let change = shown_tenths(now?) - shown_tenths(before?);
        Some(self.words(change, &format!("{:.1} points", change.abs() / 10.0)))
    }

    pub fn of_count(&self, now: i64, before: Option<i64>, style: &Style) -> Option<String> {
        let change = now - before?;
        Some(self.words(change as f64, &style.count(change.abs())))
    }

    fn words(&self, change: f64, size: &str) -> String {
        match change {
            change if change > 0.0 => format!("up {size} since {}", self.since),
            change if change < 0.0 => format!("down {size} since {}", self.since),
            _ => format!("unchanged since {}", self.since),
        }
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
