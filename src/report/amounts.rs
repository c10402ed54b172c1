//! Loan amounts against monthly income: a histogram of amounts, and scatters of both by outcome and by segment.

use super::charts::{Exhibit, Histogram, HistogramColumn, Scatter, ScatterGroup, Words};
use super::format::{Style, ratio, share};
use super::looks::{OUTCOMES, Outcome};
use super::portfolio::Portfolio;
use super::table::Table;
use crate::chance::Chance;
use crate::db::ShownRun;
use crate::error::Result;

pub const AMOUNTS: &str = include_str!("queries/amounts.sql");
pub const POINTS: &str = include_str!("queries/points.sql");

/// The query makes about 25 bars at most; this limit keeps the page small whatever it returns.
const LAST_BAR: i64 = 60;

/// A chart of one loan shows nothing.
const LEAST_SHOWN: i64 = 2;

/// How many times the next column the tallest must be to be worth a sentence.
const LEAST_MARGIN: f64 = 1.25;

/// `None` where fewer than two loans have an amount.
pub fn histogram(
    shown: ShownRun<'_>,
    portfolio: &Portfolio,
    chance: &Chance,
    style: &Style,
) -> Result<Option<Exhibit<Histogram>>> {
    let mut statement = shown.prepare(AMOUNTS)?;
    let mut rows = statement.query([shown.run_id])?;
    let mut columns = Vec::new();
    let (mut width, mut largest) = (1.0, 0.0_f64);
    while let Some(row) = rows.next()? {
        let bar = row.get::<_, i64>("bar")?.clamp(0, LAST_BAR) as usize;
        width = row.get("width")?;
        largest = row.get("largest_amount")?;
        columns.resize(columns.len().max(bar + 1), HistogramColumn { below: 0, above: 0 });
        columns[bar].below += row.get::<_, i64>("loans")?;
    }
    let total: i64 = columns.iter().map(|column| column.below).sum();
    if total < LEAST_SHOWN {
        return Ok(None);
    }
    let mut sentence = match most_often(&columns, chance) {
        Some(tallest) => format!(
            "The most common loan amount is {} to {}: {} of {} with an amount ({}).",
            style.money(tallest as f64 * width),
            style.amount((tallest + 1) as f64 * width),
            style.count(columns[tallest].below),
            style.loans(total),
            share(ratio(columns[tallest].below as f64, total as f64))
        ),
        None => format!("No loan size stands out among {} with an amount.", style.loans(total)),
    };
    let last = (columns.len() - 1) as f64 * width;
    if largest > last + width {
        sentence += &format!(" The last column holds all amounts from {} up.", style.money(last));
    }
    let words = Words {
        id: "amounts",
        title: "Loans by loan amount".to_owned(),
        description: format!("Columns of {} each. {sentence}", style.money(width)),
    };
    let label = format!("loan amount, {}", portfolio.currency);
    let chart = Histogram::new(words, &columns, width, label, ["score", "score"], style);
    let row = |(place, column): (usize, &HistogramColumn)| {
        let ends = [place, place + 1].map(|step| style.amount(step as f64 * width));
        let to = if largest > last + width && place + 1 == columns.len() { "and over" } else { &ends[1] };
        vec![format!("{} to {to}", ends[0]).replace("to and", "and"), style.count(column.below)]
    };
    let caption = format!("Loans by loan amount; amounts in {}", portfolio.currency);
    let table = Table::new(caption, &["Loan amount", "#Loans"], columns.iter().enumerate().map(row).collect());
    Ok(Some(Exhibit { chart, sentence, table }))
}

/// The column that holds more loans than any other, by more than chance explains and by a margin that matters.
fn most_often(columns: &[HistogramColumn], chance: &Chance) -> Option<usize> {
    let tallest = (0..columns.len()).max_by_key(|place| (columns[*place].below, usize::MAX - place))?;
    let others = columns.iter().enumerate().filter(|(place, _)| *place != tallest);
    let next = others.map(|(_, column)| column.below).max().unwrap_or(0);
    let (loans, pairs) = (columns[tallest].below, columns.len() * (columns.len() - 1) / 2);
    let is_by_far = loans as f64 >= LEAST_MARGIN * next as f64;
    (is_by_far && chance.is_more(loans, next, pairs)).then_some(tallest)
}

struct LoanPoint {
    income: f64,
    amount: f64,
    outcome: String,
    segment: Option<String>,
}

/// The loans that the two scatters show, and the ends of the axes (income, amount).
pub struct LoanPoints {
    points: Vec<LoanPoint>,
    loans_in_all: i64,
    ends: (f64, f64),
}

impl LoanPoints {
    /// `None` where fewer than two loans have both amount and income.
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
            read.points.push(LoanPoint { income, amount, outcome: row.get("outcome")?, segment: row.get("segment")? });
        }
        // A few very large values would squeeze all others into a corner.
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

    fn exhibit(
        &self,
        words: Words,
        portfolio: &Portfolio,
        groups: Vec<ScatterGroup>,
        sentence: String,
        style: &Style,
    ) -> Exhibit<Scatter> {
        let groups: Vec<_> = groups.into_iter().filter(|group| !group.points.is_empty()).collect();
        let row = |group: &ScatterGroup| vec![group.label.clone(), style.count(group.points.len() as i64)];
        let rows = groups.iter().map(row).collect();
        let table = Table::new(words.title.clone(), &["Group", "#Loans shown"], rows);
        let labels =
            (format!("monthly income, {}", portfolio.currency), format!("loan amount, {}", portfolio.currency));
        Exhibit { chart: Scatter::new(words, &groups, self.ends, labels, style), sentence, table }
    }

    fn of(&self, keep: impl Fn(&LoanPoint) -> bool) -> Vec<(f64, f64)> {
        self.points.iter().filter(|point| keep(point)).map(|point| (point.income, point.amount)).collect()
    }

    /// `months_of_income` is the median of loan amount ÷ monthly income over all loans.
    pub fn by_outcome(&self, portfolio: &Portfolio, months_of_income: Option<f64>, style: &Style) -> Exhibit<Scatter> {
        let group = |outcome: &Outcome| ScatterGroup {
            label: outcome.label.to_owned(),
            class: outcome.class.to_owned(),
            points: self.of(|point| point.outcome == outcome.key),
        };
        let mut sentence = self.shown(style);
        if let Some(months) = months_of_income {
            sentence = format!("The median loan is {months:.1} times the borrower’s monthly income. {sentence}");
        }
        let words = Words {
            id: "amount-income",
            title: "Loan amount against monthly income, by outcome".to_owned(),
            description: sentence.clone(),
        };
        self.exhibit(words, portfolio, OUTCOMES.iter().map(group).collect(), sentence, style)
    }

    pub fn by_segment(&self, portfolio: &Portfolio, names: &[String], style: &Style) -> Exhibit<Scatter> {
        let group = |(position, name): (usize, &String)| ScatterGroup {
            label: name.clone(),
            class: format!("s{}", position % 6),
            points: self.of(|point| point.segment.as_ref() == Some(name)),
        };
        let sentence = self.shown(style);
        let words = Words {
            id: "segment-points",
            title: "Loan amount against monthly income, by segment".to_owned(),
            description: sentence.clone(),
        };
        self.exhibit(words, portfolio, names.iter().enumerate().map(group).collect(), sentence, style)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(loans: &[i64]) -> Option<usize> {
        let columns: Vec<HistogramColumn> =
            loans.iter().map(|below| HistogramColumn { below: *below, above: 0 }).collect();
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
