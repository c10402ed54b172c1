//! Thirteen months of the book, and the last thirteen files beside each key figure.

use chrono::{Months, NaiveDate};

use super::charts::{Exhibit, Legend, StackedBars, StackedColumn, Words};
use super::table::Table;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, coordinate, share, share_or_none};

pub const TREND: &str = "\
select
    months_back, as_of_date, outstanding, par30_percent, par90_percent,
    collected_at_least, lost, new_outstanding
from portfolio_trend_by_run
where run_id = ?1
order by months_back desc;
";

const BUCKETS: &str = "\
select trend.months_back, buckets.position, buckets.outstanding_minor * 1.0 / runs.currency_scale as outstanding
from portfolio_trend_by_run as trend
join arrears_summaries as buckets on buckets.run_id = trend.month_run_id
join runs on runs.run_id = ?1
where trend.run_id = ?1
order by trend.months_back, buckets.position";

const FILES: &str = "\
select sums.outstanding_minor, sums.at_risk_minor, sums.par30_minor, sums.par90_minor, sums.high_risk_loans
from panel_of_run as panel
join run_summaries as sums on sums.run_id = panel.panel_run_id
where panel.run_id = ?1
order by panel.as_of_date desc
limit 13";

/// Fewer points are no trend.
const LEAST: usize = 3;

const MONTHS: usize = 13;

const NAMES: &str = "select bucket from arrears_buckets order by position";

struct MonthRow {
    back: usize,
    day: String,
    outstanding: f64,
    par30: Option<f64>,
    par90: Option<f64>,
    collected: Option<f64>,
    lost: Option<f64>,
    new: Option<f64>,
}

/// `None` of fewer than three months.
pub fn read(shown: ShownRun<'_>, currency: &str, style: &Style) -> Result<Option<Exhibit<StackedBars>>> {
    let rows: Vec<MonthRow> = shown.rows(TREND, |row| {
        Ok(MonthRow {
            back: row.get::<_, u32>("months_back")? as usize,
            day: row.get("as_of_date")?,
            outstanding: row.get("outstanding")?,
            par30: row.get("par30_percent")?,
            par90: row.get("par90_percent")?,
            collected: row.get("collected_at_least")?,
            lost: row.get("lost")?,
            new: row.get("new_outstanding")?,
        })
    })?;
    if rows.len() < LEAST {
        return Ok(None);
    }
    let mut columns: Vec<StackedColumn> =
        (0..MONTHS).map(|_| StackedColumn { label: String::new(), parts: [0.0; 6] }).collect();
    for row in &rows {
        columns[MONTHS - 1 - row.back].label = month_back(&rows[rows.len() - 1].day, row.back);
    }
    let buckets =
        shown.rows(BUCKETS, |row| Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?, row.get::<_, f64>(2)?)))?;
    for (back, position, outstanding) in buckets {
        columns[MONTHS - 1 - back as usize].parts[position as usize] = outstanding;
    }
    let words = Words {
        id: "trend",
        title: "Gross portfolio by month and days past due".to_owned(),
        description: "A column for each month, divided by days past due".to_owned(),
    };
    let mut names = shown.prepare(NAMES)?;
    let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let legend =
        names.into_iter().zip(StackedBars::CLASSES).map(|(name, class)| Legend::of_area(class, name)).collect();
    let chart = StackedBars::new(words, &columns, currency.to_owned(), legend, style);
    Ok(Some(Exhibit { chart, sentence: sentence(&rows, style), table: table(&rows, currency, style) }))
}

/// "Mar" of a month before an ISO date: the file nearest to a day of it may be of the month after.
fn month_back(day: &str, months: usize) -> String {
    let month = day.parse::<NaiveDate>().ok().and_then(|day| day.checked_sub_months(Months::new(months as u32)));
    month.map_or_else(String::new, |month| month.format("%b").to_string())
}

fn sentence(rows: &[MonthRow], style: &Style) -> String {
    let (first, last) = (&rows[0], &rows[rows.len() - 1]);
    let percent = |row: &MonthRow| share_or_none(row.par30.map(|percent| percent / 100.0));
    let mut text = format!(
        "Since {} the gross portfolio went from {} to {}",
        format::date(&first.day),
        style.short_money(first.outstanding),
        style.short_money(last.outstanding),
    );
    if first.par30.and(last.par30).is_some() {
        text += &format!(", and PAR30 from {} to {}", percent(first), percent(last));
    }
    text += ".";
    let highest = rows.iter().max_by(|one, other| one.par30.unwrap_or(0.0).total_cmp(&other.par30.unwrap_or(0.0)));
    if let Some(highest) = highest.filter(|row| row.back != first.back && row.back != last.back) {
        text += &format!(
            " Of the months shown, PAR30 was highest on {}, at {}.",
            format::date(&highest.day),
            percent(highest)
        );
    }
    text
}

fn table(rows: &[MonthRow], currency: &str, style: &Style) -> Table {
    let amount = |value: Option<f64>| value.map_or_else(|| format::NONE.to_owned(), |value| style.compact(value));
    let percent = |value: Option<f64>| value.map_or_else(|| format::NONE.to_owned(), |value| share(value / 100.0));
    let line = |row: &MonthRow| {
        vec![
            format::date(&row.day),
            style.compact(row.outstanding),
            percent(row.par30),
            percent(row.par90),
            amount(row.collected),
            amount(row.lost),
            amount(row.new),
        ]
    };
    let labels = ["Day", "#Portfolio", "#PAR30", "#PAR90", "#Collected", "#Lost", "#New"];
    let caption = format!(
        "Amounts in {currency}; the portfolio is gross; collected (at least), lost and new are of the month up to the day; new is \
         the balance on the day of loans that the file did not have a month before"
    );
    Table::new(caption, &labels, rows.iter().map(line).collect()).without_empty_columns()
}

/// A line through the last files, in a box of 120 by 28.
pub struct Spark {
    pub points: String,
    pub end: (String, String),
}

#[derive(Default)]
pub struct Sparks {
    pub outstanding: Option<Spark>,
    pub at_risk: Option<Spark>,
    pub par30: Option<Spark>,
    pub par90: Option<Spark>,
    pub high_risk: Option<Spark>,
}

impl Sparks {
    pub fn read(shown: ShownRun<'_>) -> Result<Self> {
        let mut files: Vec<[Option<f64>; 5]> = shown.rows(FILES, |row| {
            let outstanding: f64 = row.get(0)?;
            let of_all = |part: f64| (outstanding > 0.0).then(|| part / outstanding);
            Ok([Some(outstanding), row.get(1)?, of_all(row.get(2)?), of_all(row.get(3)?), row.get(4)?])
        })?;
        files.reverse();
        let spark = |column: usize| {
            let values: Option<Vec<f64>> = files.iter().map(|file| file[column]).collect();
            values.and_then(|values| Spark::of(&values))
        };
        Ok(Self { outstanding: spark(0), at_risk: spark(1), par30: spark(2), par90: spark(3), high_risk: spark(4) })
    }
}

impl Spark {
    fn of(values: &[f64]) -> Option<Self> {
        if values.len() < LEAST {
            return None;
        }
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let across = 114.0 / (values.len() - 1) as f64;
        let at = |(place, value): (usize, &f64)| {
            let height = if high > low { (value - low) / (high - low) } else { 0.5 };
            (coordinate(3.0 + across * place as f64), coordinate(25.0 - 22.0 * height))
        };
        let points: Vec<(String, String)> = values.iter().enumerate().map(at).collect();
        let end = points[points.len() - 1].clone();
        let points = points.iter().map(|(x, y)| format!("{x},{y}")).collect::<Vec<_>>().join(" ");
        Some(Self { points, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_has_one_name_however_long_the_months_are() {
        let names: Vec<String> = (0..13).map(|back| month_back("2026-03-31", back)).collect();
        assert_eq!(names.join(" "), "Mar Feb Jan Dec Nov Oct Sep Aug Jul Jun May Apr Mar");
    }

    #[test]
    fn the_highest_share_is_that_of_the_months_shown() {
        let row = |back: usize, day: &str, par30: Option<f64>| MonthRow {
            back,
            day: day.to_owned(),
            outstanding: 1000.0,
            par30,
            par90: None,
            collected: None,
            lost: None,
            new: None,
        };
        let said = |rows: &[MonthRow]| sentence(rows, &Style::of_currency("USD"));
        let mut rows =
            [row(2, "2026-01-31", Some(5.0)), row(1, "2026-02-28", Some(9.0)), row(0, "2026-03-31", Some(7.0))];
        assert_eq!(
            said(&rows),
            "Since 31 January 2026 the gross portfolio went from $1,000 to $1,000, and PAR30 from 5.0% to 7.0%. Of the months \
             shown, PAR30 was highest on 28 February 2026, at 9.0%."
        );
        rows[1].par30 = Some(6.0);
        rows[0].par30 = None;
        assert_eq!(said(&rows), "Since 31 January 2026 the gross portfolio went from $1,000 to $1,000.");
    }

    #[test]
    fn a_line_goes_from_its_lowest_to_its_highest_value() {
        let spark = Spark::of(&[2.0, 1.0, 3.0]).unwrap();
        assert_eq!(spark.points, "3,14 60,25 117,3");
        assert_eq!(spark.end, ("117".to_owned(), "3".to_owned()));
        assert!(Spark::of(&[1.0, 2.0]).is_none());
        assert_eq!(Spark::of(&[5.0; 3]).unwrap().points, "3,14 60,14 117,14");
    }
}
