//! Loans by month of disbursal: how many were ever over 30 days past due, month by month on the book.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::charts::{Exhibit, Legend, Panel, Panels, Words};
use super::cures::month_in_words;
use super::table::Table;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, share, share_or_none, whole_share};
use crate::history::LEAST_FOR_A_POINT;

pub const VINTAGES: &str = "\
select
    vintage, months_on_book, loans, ever30, ever30_percent,
    ever30_lower_95_percent, ever30_upper_95_percent, ever90, lost
from vintages_by_run
where run_id = ?1
    and is_complete
    and loans > 0
order by vintage, months_on_book;
";

/// Whether the file says when loans were disbursed, or at least when they end.
const IS_DATED: &str = "\
select exists (
    select 1
    from input_columns
    where run_id = ?1
        and standard_name in ('Disbursed_On', 'Maturity_Date')
)";

/// The newest that are drawn.
const MOST_PANELS: usize = 12;

/// Fewer points are no curve, and fewer curves are no comparison.
const LEAST: usize = 2;

/// Months of disbursal together need as many loans as one.
const LEAST_POOLED: u64 = LEAST_FOR_A_POINT as u64;

/// Hardly any loan can be over 30 days late before its second month: the first instalment is due after one.
const FIRST_MONTH_COMPARED: i64 = 2;

/// A new point comes every month, and a year of false alarms is to be as unlikely as one.
const LOOKS_A_YEAR: usize = 12;

#[derive(Clone)]
struct Point {
    month: i64,
    loans: i64,
    ever30: i64,
    ever90: i64,
    lost: i64,
    /// `None` of too few loans for a point of a curve; they still count among those of all months.
    interval: Option<(f64, f64)>,
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

/// What the month of a loan is, in words.
struct MonthWords {
    heading: &'static str,
    column: &'static str,
    verb: &'static str,
    note: &'static str,
}

const DISBURSED: MonthWords = MonthWords {
    heading: "Loans by month of disbursal",
    column: "Disbursed in",
    verb: "disbursed",
    note: "Loans count that were in the file by the month after their disbursal, and stay counted when they close.",
};

/// Where the file has no date.
const FIRST_SEEN: MonthWords = MonthWords {
    heading: "Loans by month first in the file",
    column: "First in the file in",
    verb: "first in the file",
    note: "The file does not say when a loan was disbursed: it counts from the month in which the file first has it, if hardly \
           any of it was paid back by then, and stays counted when it closes.",
};

pub struct Vintages {
    pub heading: &'static str,
    pub exhibit: Exhibit<Panels>,
    pub note: String,
}

/// `None` unless two months of disbursal have two points each, or one has and can be compared with the earlier ones together, or
/// all have too few loans and can be shown together.
pub fn read(shown: ShownRun<'_>, chance: &Chance, style: &Style) -> Result<Option<Vintages>> {
    let rows = shown.rows(VINTAGES, |row| {
        let percent =
            |column: &str| row.get::<_, Option<f64>>(column).map(|found| found.map(|percent| percent / 100.0));
        let point = Point {
            month: row.get("months_on_book")?,
            loans: row.get("loans")?,
            ever30: row.get("ever30")?,
            ever90: row.get("ever90")?,
            lost: row.get("lost")?,
            interval: percent("ever30_lower_95_percent")?.zip(percent("ever30_upper_95_percent")?),
        };
        Ok((row.get::<_, String>("vintage")?, point))
    })?;
    let words = if shown.query_row(IS_DATED, |row| row.get(0))? { &DISBURSED } else { &FIRST_SEEN };
    let together = together(&rows);
    let mut vintages = in_order(&rows);
    vintages.retain(|vintage| vintage.points.len() >= LEAST);
    let is_compared = vintages.len() >= LEAST || vintages.iter().any(|one| !one.older.is_empty());
    let (exhibit, few) = match (is_compared, vintages.is_empty() && is_worth_showing(&together)) {
        (true, _) => (by_month(&vintages, words, chance, style), "is only in the grey line"),
        (false, true) => (all_together(&together, style), "has no curve of its own"),
        (false, false) => return Ok(None),
    };
    let note = format!(
        "The share of loans that were ever more than 30 days late. {} A month of fewer than {LEAST_POOLED} loans {few}.",
        words.note
    );
    Ok(Some(Vintages { heading: words.heading, exhibit, note }))
}

fn by_month(vintages: &[Vintage], words: &MonthWords, chance: &Chance, style: &Style) -> Exhibit<Panels> {
    let drawn = &vintages[vintages.len().saturating_sub(MOST_PANELS)..];
    let legend = vec![
        Legend::of_line("score", format!("{} in this month", format::sentence_case(words.verb))),
        Legend::of_line("pooled", format!("All {} earlier", words.verb)),
    ];
    let panels: Vec<Panel> = drawn.iter().map(panel).collect();
    let description = "A panel for each month, with a curve by month on the book, over that of all earlier months";
    Exhibit {
        chart: Panels::new(chart_words(description), &panels, legend),
        sentence: sentence(vintages, words, chance, style),
        table: table(drawn, words, style),
    }
}

fn chart_words(description: &str) -> Words {
    Words {
        id: "vintages",
        title: "Share of loans ever more than 30 days late".to_owned(),
        description: description.to_owned(),
    }
}

/// The loans of all months, by month on the book, as far as there are enough.
fn together(rows: &[(String, Point)]) -> BTreeMap<i64, Count> {
    let mut sums = BTreeMap::new();
    for (_, point) in rows {
        add(&mut sums, point);
    }
    enough(&sums)
}

fn add(sums: &mut BTreeMap<i64, Count>, point: &Point) {
    let sum = sums.entry(point.month).or_default();
    sum.having += point.ever30 as u64;
    sum.of += point.loans as u64;
}

fn enough(sums: &BTreeMap<i64, Count>) -> BTreeMap<i64, Count> {
    sums.iter().filter(|(_, count)| count.of >= LEAST_POOLED).map(|(month, count)| (*month, *count)).collect()
}

fn is_worth_showing(together: &BTreeMap<i64, Count>) -> bool {
    together.len() >= LEAST && together.keys().any(|month| *month >= FIRST_MONTH_COMPARED)
}

/// One curve, where each month has too few loans for one of its own.
fn all_together(together: &BTreeMap<i64, Count>, style: &Style) -> Exhibit<Panels> {
    let last = together.last_key_value();
    let line = together.iter().map(|(month, count)| (*month as f64, count.share())).collect();
    let panel = Panel {
        title: "All months".to_owned(),
        end: last.map_or_else(String::new, |(_, count)| whole_share(count.share())),
        line,
        behind: Vec::new(),
    };
    let sentence = last.map_or_else(String::new, |(month, count)| {
        format!(
            "No month has enough loans for a curve of its own. Of {} of all months together, {} had been more than 30 days late \
             by month {month} on the book: {}.",
            style.loans(count.of as i64),
            style.count_or_none(count.having as i64),
            share(count.share())
        )
    });
    let row = |(month, count): (&i64, &Count)| {
        vec![style.count(*month), style.count(count.of as i64), style.count(count.having as i64), share(count.share())]
    };
    let labels = ["#Month on book", "#Loans", "#Ever over 30", "#Share"];
    let table =
        Table::new("Loans of all months that were followed for so long", &labels, together.iter().map(row).collect());
    let legend = vec![Legend::of_line("score", "All months together".to_owned())];
    Exhibit { chart: Panels::new(chart_words("One curve by month on the book"), &[panel], legend), sentence, table }
}

/// The rows come in the order of the months of disbursal. All loans count among the older ones; points of too few are left out.
fn in_order(rows: &[(String, Point)]) -> Vec<Vintage> {
    let mut vintages: Vec<Vintage> = Vec::new();
    let mut older: BTreeMap<i64, Count> = BTreeMap::new();
    for points in rows.chunk_by(|one, other| one.0 == other.0) {
        let earlier = enough(&older);
        for (_, point) in points {
            add(&mut older, point);
        }
        let shown = points.iter().filter(|(_, point)| point.interval.is_some());
        vintages.push(Vintage {
            name: points[0].0.clone(),
            points: shown.map(|(_, point)| point.clone()).collect(),
            older: earlier,
        });
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
fn sentence(vintages: &[Vintage], words: &MonthWords, chance: &Chance, style: &Style) -> String {
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
    let interval = last
        .interval
        .map_or_else(String::new, |(lower, upper)| format!(" (95% interval {} to {})", share(lower), share(upper)));
    let verb = words.verb;
    format!(
        "Of {} {verb} in {}, {} had been more than 30 days late by month {} on the book: {}{interval}. Of those {verb} earlier, \
         it was {} by that month. {verdict}",
        style.loans(last.loans),
        month_in_words(&vintage.name),
        style.count_or_none(last.ever30),
        last.month,
        share(last.count().share()),
        share(older.share())
    )
}

fn table(vintages: &[Vintage], words: &MonthWords, style: &Style) -> Table {
    let row = |vintage: &Vintage| {
        let last = vintage.last();
        let of_loans = |count: i64| share(count as f64 / last.loans as f64);
        vec![
            month_in_words(&vintage.name),
            style.count(last.loans),
            style.count(last.month),
            of_loans(last.ever30),
            share_or_none(last.interval.map(|(lower, _)| lower)),
            share_or_none(last.interval.map(|(_, upper)| upper)),
            share_or_none(vintage.older_at(last.month).map(Count::share)),
            of_loans(last.ever90),
            of_loans(last.lost),
        ]
    };
    let labels = [
        words.column,
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
        let point = |(month, ever30): (i64, i64)| Point {
            month,
            loans: 100,
            ever30,
            ever90: 0,
            lost: 0,
            interval: Some((0.0, 1.0)),
        };
        let of_vintage = |(name, points): &(&str, &[(i64, i64)])| {
            points.iter().map(|counts| ((*name).to_owned(), point(*counts))).collect::<Vec<_>>()
        };
        vintages.iter().flat_map(of_vintage).collect()
    }

    #[test]
    fn a_month_of_disbursal_is_compared_with_all_earlier_ones_at_the_same_month_on_book() {
        let vintages = in_order(&rows(&[
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
    fn months_of_few_loans_count_together() {
        let few = |name: &str, month: i64, ever30: i64| {
            (name.to_owned(), Point { month, loans: 25, ever30, ever90: 0, lost: 0, interval: None })
        };
        let mut points = vec![few("2026-01", 1, 0), few("2026-01", 2, 5), few("2026-02", 1, 1), few("2026-02", 2, 2)];
        assert_eq!(together(&points), BTreeMap::from([(1, Count::new(1, 50)), (2, Count::new(7, 50))]));
        points.extend(rows(&[("2026-03", &[(1, 0), (2, 6)])]));
        let vintages = in_order(&points);
        assert!(vintages[1].points.is_empty() && vintages[1].older.is_empty(), "25 earlier loans are too few");
        assert_eq!(vintages[2].older_at(2), Some(Count::new(7, 50)));
        points.truncate(2);
        assert!(!is_worth_showing(&together(&points)));
    }

    #[test]
    fn the_sentence_says_worse_only_beyond_chance() {
        let chance = Chance::of_single_loans();
        let style = Style::of_currency("INR");
        let said = |newest: i64| {
            let vintages = in_order(&rows(&[
                ("2025-12", &[(1, 0), (2, 5)]),
                ("2026-01", &[(1, 0), (2, 5)]),
                ("2026-02", &[(1, 0), (2, newest)]),
                ("2026-03", &[(0, 0), (1, 90)]),
            ]));
            sentence(&vintages, &DISBURSED, &chance, &style)
        };
        assert_eq!(
            said(25),
            "Of 100 loans disbursed in February 2026, 25 had been more than 30 days late by month 2 on the book: 25.0% \
             (95% interval 0.0% to 100.0%). Of those disbursed earlier, it was 5.0% by that month. The newer loans do worse, by \
             more than chance explains."
        );
        assert!(said(11).ends_with("A difference of this size may be chance."));
        let early = in_order(&rows(&[("2026-02", &[(0, 0), (1, 0)]), ("2026-03", &[(0, 0), (1, 9)])]));
        assert!(sentence(&early, &DISBURSED, &chance, &style).starts_with("It is too early to say"));
    }
}
