//! Loans by month of disbursal: how many were ever over 30 days past due, month by month on the book.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::charts::{Exhibit, Legend, Panel, Panels, Words};
use super::month::month_in_words;
use super::table::Table;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{Style, share, share_or_none, whole_share};

pub const VINTAGES: &str = "\
select
    vintage, months_on_book, loans, ever30, ever30_percent,
    ever30_lower_95_percent, ever30_upper_95_percent, ever90, lost
from vintages_by_run
where run_id = ?1
    and is_complete
    and loans is not null
order by vintage, months_on_book;
";

/// The newest that are drawn.
const MOST_PANELS: usize = 12;

/// Fewer points are no curve, and fewer curves are no comparison.
const LEAST: usize = 2;

/// Hardly any loan can be over 30 days late before its second month: the first instalment is due after one.
const FIRST_MONTH_COMPARED: i64 = 2;

/// A new point comes every month, and a year of false alarms is to be as unlikely as one.
const LOOKS_A_YEAR: usize = 12;

struct Point {
    month: i64,
    loans: i64,
    ever30: i64,
    ever90: i64,
    lost: i64,
    interval: (f64, f64),
}

impl Point {
    fn count(&self) -> Count {
        Count::new(self.ever30, self.loans)
    }
}

struct Vintage {
    name: String,
    points: Vec<Point>,
    /// The loans of all earlier months of disbursal, by month on the book.
    older: BTreeMap<i64, Count>,
}

impl Vintage {
    fn last(&self) -> &Point {
        &self.points[self.points.len() - 1]
    }

    fn older_at(&self, month: i64) -> Option<Count> {
        self.older.get(&month).copied()
    }
}

/// `None` unless two months of disbursal have two points each.
pub fn read(shown: ShownRun<'_>, chance: &Chance, style: &Style) -> Result<Option<Exhibit<Panels>>> {
    let rows = shown.rows(VINTAGES, |row| {
        let percent = |column: &str| row.get::<_, f64>(column).map(|percent| percent / 100.0);
        let point = Point {
            month: row.get("months_on_book")?,
            loans: row.get("loans")?,
            ever30: row.get("ever30")?,
            ever90: row.get("ever90")?,
            lost: row.get("lost")?,
            interval: (percent("ever30_lower_95_percent")?, percent("ever30_upper_95_percent")?),
        };
        Ok((row.get::<_, String>("vintage")?, point))
    })?;
    let mut vintages = in_order(rows);
    vintages.retain(|vintage| vintage.points.len() >= LEAST);
    if vintages.len() < LEAST {
        return Ok(None);
    }
    let sentence = sentence(&vintages, chance, style);
    let drawn = &vintages[vintages.len().saturating_sub(MOST_PANELS)..];
    let words = Words {
        id: "vintages",
        title: "Share of loans ever more than 30 days late".to_owned(),
        description:
            "A panel for each month of disbursal, with a curve by month on the book, over that of all earlier \
                      months of disbursal"
                .to_owned(),
    };
    let legend = vec![
        Legend::of_line("score", "Disbursed in this month".to_owned()),
        Legend::of_line("pooled", "All disbursed earlier".to_owned()),
    ];
    let panels: Vec<Panel> = drawn.iter().map(panel).collect();
    let chart = Panels::new(words, &panels, legend);
    Ok(Some(Exhibit { chart, sentence, table: table(drawn, style) }))
}

/// The rows come in the order of the months of disbursal.
fn in_order(rows: Vec<(String, Point)>) -> Vec<Vintage> {
    let mut vintages: Vec<Vintage> = Vec::new();
    let mut older: BTreeMap<i64, Count> = BTreeMap::new();
    for (name, point) in rows {
        if vintages.last().is_none_or(|last| last.name != name) {
            for point in vintages.last().map_or(&[][..], |last| &last.points) {
                let sum = older.entry(point.month).or_default();
                sum.having += point.ever30 as u64;
                sum.of += point.loans as u64;
            }
            vintages.push(Vintage { name, points: Vec::new(), older: older.clone() });
        }
        if let Some(last) = vintages.last_mut() {
            last.points.push(point);
        }
    }
    vintages
}

fn panel(vintage: &Vintage) -> Panel {
    let month = format!("{}-01", vintage.name).parse::<NaiveDate>();
    Panel {
        title: month.map_or_else(|_| vintage.name.clone(), |month| month.format("%b %Y").to_string()),
        end: whole_share(vintage.last().count().share()),
        line: vintage.points.iter().map(|point| (point.month as f64, point.count().share())).collect(),
        behind: vintage.older.iter().map(|(month, count)| (*month as f64, count.share())).collect(),
    }
}

/// Whether the newest month of disbursal that can be compared does worse than the earlier ones did by the same month.
fn sentence(vintages: &[Vintage], chance: &Chance, style: &Style) -> String {
    let compared = vintages.iter().rev().find_map(|vintage| {
        let last = Some(vintage.last()).filter(|last| last.month >= FIRST_MONTH_COMPARED)?;
        Some((vintage, last, vintage.older_at(last.month)?))
    });
    let Some((vintage, last, older)) = compared else {
        return "It is too early to say whether newer loans do worse: they have not been on the book for long enough."
            .to_owned();
    };
    let verdict = match (last.count().share() > older.share(), chance.differ(last.count(), older, LOOKS_A_YEAR)) {
        (true, true) => "The newer loans do worse, by more than chance explains.",
        (false, true) => "The newer loans do better, by more than chance explains.",
        (_, false) => "A difference of this size may be chance.",
    };
    format!(
        "Of {} disbursed in {}, {} had been more than 30 days late by month {} on the book: {} (95% interval {} to {}). Of \
         those disbursed earlier, it was {} by that month. {verdict}",
        style.loans(last.loans),
        month_in_words(&vintage.name),
        style.count(last.ever30),
        last.month,
        share(last.count().share()),
        share(last.interval.0),
        share(last.interval.1),
        share(older.share())
    )
}

fn table(vintages: &[Vintage], style: &Style) -> Table {
    let row = |vintage: &Vintage| {
        let last = vintage.last();
        let of_loans = |count: i64| share(count as f64 / last.loans as f64);
        vec![
            month_in_words(&vintage.name),
            style.count(last.loans),
            style.count(last.month),
            of_loans(last.ever30),
            share(last.interval.0),
            share(last.interval.1),
            share_or_none(vintage.older_at(last.month).map(Count::share)),
            of_loans(last.ever90),
            of_loans(last.lost),
        ]
    };
    let labels = [
        "Disbursed in",
        "#Loans",
        "#Months on book",
        "#Ever over 30",
        "#95% from",
        "#95% to",
        "#Earlier loans",
        "#Ever over 90",
        "#Lost",
    ];
    let caption =
        "Shares of the loans by the last full month on the book; earlier loans: ever over 30 by the same month";
    Table::new(caption, &labels, vintages.iter().rev().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(vintages: &[(&str, &[(i64, i64)])]) -> Vec<(String, Point)> {
        let point =
            |(month, ever30): (i64, i64)| Point { month, loans: 100, ever30, ever90: 0, lost: 0, interval: (0.0, 1.0) };
        let of_vintage = |(name, points): &(&str, &[(i64, i64)])| {
            points.iter().map(|counts| ((*name).to_owned(), point(*counts))).collect::<Vec<_>>()
        };
        vintages.iter().flat_map(of_vintage).collect()
    }

    #[test]
    fn a_month_of_disbursal_is_compared_with_all_earlier_ones_at_the_same_month_on_book() {
        let vintages = in_order(rows(&[
            ("2026-01", &[(1, 0), (2, 4), (3, 9)]),
            ("2026-02", &[(1, 0), (2, 6)]),
            ("2026-03", &[(1, 1)]),
        ]));
        let older: Vec<_> = vintages.iter().map(|vintage| vintage.older_at(2).map(|count| count.having)).collect();
        assert_eq!(older, [None, Some(4), Some(10)]);
        assert_eq!(vintages[2].older_at(3), Some(Count::new(9, 100)));
        assert_eq!(vintages[1].older_at(9), None);
    }

    #[test]
    fn the_sentence_says_worse_only_beyond_chance() {
        let chance = Chance::of_single_loans();
        let style = Style::of_currency("INR");
        let said = |newest: i64| {
            let vintages = in_order(rows(&[
                ("2025-12", &[(1, 0), (2, 5)]),
                ("2026-01", &[(1, 0), (2, 5)]),
                ("2026-02", &[(1, 0), (2, newest)]),
                ("2026-03", &[(0, 0), (1, 90)]),
            ]));
            sentence(&vintages, &chance, &style)
        };
        assert_eq!(
            said(25),
            "Of 100 loans disbursed in February 2026, 25 had been more than 30 days late by month 2 on the book: 25.0% \
             (95% interval 0.0% to 100.0%). Of those disbursed earlier, it was 5.0% by that month. The newer loans do worse, by \
             more than chance explains."
        );
        assert!(said(11).ends_with("A difference of this size may be chance."));
        let early = in_order(rows(&[("2026-02", &[(0, 0), (1, 0)]), ("2026-03", &[(0, 0), (1, 9)])]));
        assert!(sentence(&early, &chance, &style).starts_with("It is too early to say"));
    }
}
