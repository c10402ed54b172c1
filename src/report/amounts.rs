//! The look at loan amounts against monthly income: a histogram of amounts, and scatters of both by outcome and by segment.

use super::charts::{Column, Group, Histogram, Scatter, Words};
use super::format::{Style, ratio, share};
use super::looks::{OUTCOMES, Outcome, Read};
use super::portfolio::Portfolio;
use super::table::Table;
use crate::chance::Chance;
use crate::db::ShownRun;
use crate::error::Result;

pub const AMOUNTS: &str = include_str!("queries/amounts.sql");
pub const POINTS: &str = include_str!("queries/points.sql");

/// The query makes at most about 25 bars; beyond this one, something is wrong with it, and the page stays small.
const LAST_BAR: i64 = 60;

/// A chart of one loan shows nothing.
const LEAST_SHOWN: i64 = 2;

/// A column that is taller by less is not worth a sentence, in however large a book.
const LEAST_MARGIN: f64 = 1.25;

/// Loan amounts in columns; `None` where fewer than two loans have an amount.
///
/// # Errors
/// Those of the database.
pub fn histogram(
    shown: ShownRun<'_>,
    portfolio: &Portfolio,
    chance: &Chance,
    style: &Style,
) -> Result<Option<Read<Histogram>>> {
    let mut statement = shown.prepare(AMOUNTS)?;
    let mut rows = statement.query([shown.run_id])?;
    let mut columns = Vec::new();
    let (mut width, mut largest) = (1.0, 0.0_f64);
    while let Some(row) = rows.next()? {
        let bar = row.get::<_, i64>("bar")?.clamp(0, LAST_BAR) as usize;
        width = row.get("width")?;
        largest = row.get("largest_amount")?;
        columns.resize(columns.len().max(bar + 1), Column { below: 0, above: 0 });
        columns[bar].below += row.get::<_, i64>("loans")?;
    }
    let total: i64 = columns.iter().map(|column| column.below).sum();
    if total < LEAST_SHOWN {
        return Ok(None);
    }
    let mut sentence = match most_often(&columns, chance) {
        Some(tallest) => format!(
            "Most often a loan was for {} to {}: {} of {} with an amount ({}).",
            style.money(tallest as f64 * width),
            style.amount((tallest + 1) as f64 * width),
            style.count(columns[tallest].below),
            style.loans(total),
            share(ratio(columns[tallest].below as f64, total as f64))
        ),
        None => format!("Among {} with an amount, no size stands out.", style.loans(total)),
    };
    let last = (columns.len() - 1) as f64 * width;
    if largest > last + width {
        sentence += &format!(" The last column takes all from {} up.", style.money(last));
    }
    let words = Words {
        id: "amounts",
        title: "Loans by loan amount".to_owned(),
        description: format!("Columns of {} each. {sentence}", style.money(width)),
    };
    let label = format!("loan amount, {}", portfolio.currency);
    let chart = Histogram::new(words, &columns, width, label, ["score", "score"], style);
    let row = |(place, column): (usize, &Column)| {
        let ends = [place, place + 1].map(|step| style.amount(step as f64 * width));
        let to = if largest > last + width && place + 1 == columns.len() { "and over" } else { &ends[1] };
        vec![format!("{} to {to}", ends[0]).replace("to and", "and"), style.count(column.below)]
    };
    let caption = format!("Loans by loan amount; amounts in {}", portfolio.currency);
    let table = Table::new(caption, &["Loan amount", "#Loans"], columns.iter().enumerate().map(row).collect());
    Ok(Some(Read { chart, sentence, table }))
}

/// The column that holds more loans than any other by more than chance gives, and by a margin that matters.
fn most_often(columns: &[Column], chance: &Chance) -> Option<usize> {
    let tallest = (0..columns.len()).max_by_key(|place| (columns[*place].below, usize::MAX - place))?;
    let others = columns.iter().enumerate().filter(|(place, _)| *place != tallest);
    let next = others.map(|(_, column)| column.below).max().unwrap_or(0);
    let (loans, pairs) = (columns[tallest].below, columns.len() * (columns.len() - 1) / 2);
    let is_by_far = loans as f64 >= LEAST_MARGIN * next as f64;
    (is_by_far && chance.is_more(loans, next, pairs)).then_some(tallest)
}

/// One loan of the scatter.
struct Point {
    income: f64,
    amount: f64,
    outcome: String,
    segment: Option<String>,
}

/// The loans that the two scatters show.
pub struct Points {
    points: Vec<Point>,
    loans_in_all: i64,
    ends: (f64, f64),
}

impl Points {
    /// Reads the points; `None` where fewer than two loans have both amount and income.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(shown: ShownRun<'_>) -> Result<Option<Self>> {
        let mut statement = shown.prepare(POINTS)?;
        let mut rows = statement.query([shown.run_id])?;
        let mut read = Self { points: Vec::new(), loans_in_all: 0, ends: (0.0, 0.0) };
        let mut averages = (0.0, 0.0);
        while let Some(row) = rows.next()? {
            read.loans_in_all = row.get("loans_in_all")?;
            averages = (row.get("average_income")?, row.get("average_amount")?);
            let (income, amount) = (row.get("monthly_income")?, row.get("loan_amount")?);
            read.ends = (read.ends.0.max(income), read.ends.1.max(amount));
            read.points.push(Point { income, amount, outcome: row.get("outcome")?, segment: row.get("segment")? });
        }
        // Few very large values would press all others into a corner.
        read.ends = (read.ends.0.min(4.0 * averages.0), read.ends.1.min(4.0 * averages.1));
        Ok((read.points.len() as i64 >= LEAST_SHOWN).then_some(read))
    }

    fn shown(&self, style: &Style) -> String {
        let shown = self.points.len() as i64;
        let of_all = if shown < self.loans_in_all {
            format!(
                "{} of {}, picked by the last digits of their ids",
                style.count(shown),
                style.loans(self.loans_in_all)
            )
        } else {
            format!("all {} with both values", style.loans(shown))
        };
        let beyond =
            self.points.iter().filter(|point| point.income > self.ends.0 || point.amount > self.ends.1).count();
        match beyond {
            0 => format!("Shown: {of_all}."),
            1 => format!("Shown: {of_all}; 1 beyond the scale lies on its edge."),
            beyond => format!("Shown: {of_all}; {} beyond the scale lie on its edge.", style.count(beyond as i64)),
        }
    }

    fn read_groups(
        &self,
        words: Words,
        portfolio: &Portfolio,
        groups: Vec<Group>,
        sentence: String,
        style: &Style,
    ) -> Read<Scatter> {
        let groups: Vec<_> = groups.into_iter().filter(|group| !group.points.is_empty()).collect();
        let row = |group: &Group| vec![group.label.clone(), style.count(group.points.len() as i64)];
        let rows = groups.iter().map(row).collect();
        let table = Table::new(words.title.clone(), &["Group", "#Loans shown"], rows);
        let labels =
            (format!("monthly income, {}", portfolio.currency), format!("loan amount, {}", portfolio.currency));
        Read { chart: Scatter::new(words, &groups, self.ends, labels, style), sentence, table }
    }

    fn where_(&self, keep: impl Fn(&Point) -> bool) -> Vec<(f64, f64)> {
        self.points.iter().filter(|point| keep(point)).map(|point| (point.income, point.amount)).collect()
    }

    /// Loan amount against income, by outcome; `months_of_income` is the median of one by the other, of all loans.
    pub fn by_outcome(&self, portfolio: &Portfolio, months_of_income: Option<f64>, style: &Style) -> Read<Scatter> {
        let group = |outcome: &Outcome| Group {
            label: outcome.label.to_owned(),
            class: outcome.class.to_owned(),
            points: self.where_(|point| point.outcome == outcome.key),
        };
        let mut sentence = self.shown(style);
        if let Some(months) = months_of_income {
            sentence = format!("The median loan is {months:.1} months’ income of its borrower. {sentence}");
        }
        let words = Words {
            id: "amount-income",
            title: "Loan amount against monthly income, by outcome".to_owned(),
            description: sentence.clone(),
        };
        self.read_groups(words, portfolio, OUTCOMES.iter().map(group).collect(), sentence, style)
    }

    /// Loan amount against income, by segment.
    pub fn by_segment(&self, portfolio: &Portfolio, names: &[String], style: &Style) -> Read<Scatter> {
        let group = |(position, name): (usize, &String)| Group {
            label: name.clone(),
            class: format!("s{}", position % 6),
            points: self.where_(|point| point.segment.as_ref() == Some(name)),
        };
        let sentence = self.shown(style);
        let words = Words {
            id: "segment-points",
            title: "Loan amount against monthly income, by segment".to_owned(),
            description: sentence.clone(),
        };
        self.read_groups(words, portfolio, names.iter().enumerate().map(group).collect(), sentence, style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(loans: &[i64]) -> Option<usize> {
        let columns: Vec<Column> = loans.iter().map(|below| Column { below: *below, above: 0 }).collect();
        most_often(&columns, &Chance::of_single_loans())
    }

    #[test]
    fn an_amount_is_the_most_frequent_only_beyond_chance_and_by_a_margin() {
        assert_eq!(most(&[605, 576, 298, 147]), None, "a tie but for chance");
        assert_eq!(most(&[29, 27, 25, 22, 23, 20, 21]), None);
        assert_eq!(most(&[10, 120, 40, 30]), Some(1));
        assert_eq!(most(&[5, 2, 1]), None, "few loans");
        assert_eq!(most(&[110_000, 100_000]), None, "beyond chance, but no margin");
        assert_eq!(most(&[0, 40]), Some(1));
        assert_eq!(most(&[3]), None);
    }
}
