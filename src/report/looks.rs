//! The four looks at the data: amounts against income, payment history against recovery, missed payments by recovery
//! status, income and loan size by outcome. Each with one sentence that is read from its numbers.

use rusqlite::Connection;

use super::charts::{BoxPlot, Column, Group, Histogram, Legend, Quantiles, Scatter, Share, ShareBars, ShareRow, Words};
use super::format::{self, compact, count, loans, ratio, share};
use super::portfolio::Portfolio;
use super::table::Table;
use crate::error::Result;

pub const AMOUNTS: &str = include_str!("queries/amounts.sql");
pub const POINTS: &str = include_str!("queries/points.sql");
pub const PAYMENT_HISTORY: &str = include_str!("queries/payment_history.sql");
pub const SPREAD: &str = include_str!("queries/spread.sql");

/// More payment histories than this are counted as "others".
const MOST_HISTORIES: usize = 6;

/// The query makes at most about 25 bars; beyond this one, something is wrong with it, and the page stays small.
const LAST_BAR: i64 = 60;

/// What became of a loan: its name in the database, in words, and the class that colours it.
struct Outcome {
    key: &'static str,
    label: &'static str,
    class: &'static str,
}

const OUTCOMES: [Outcome; 4] = [
    Outcome { key: "fully_recovered", label: "fully recovered", class: "fully" },
    Outcome { key: "partially_recovered", label: "partially recovered", class: "partly" },
    Outcome { key: "written_off", label: "written off", class: "written" },
    Outcome { key: "outstanding", label: "no outcome yet", class: "open" },
];

/// A chart and the sentence that reads it.
pub struct Read<T> {
    pub chart: T,
    pub sentence: String,
}

/// Loan amounts in columns; `None` where no loan has an amount.
///
/// # Errors
/// Those of the database.
pub fn amounts(connection: &Connection, portfolio: &Portfolio) -> Result<Option<Read<Histogram>>> {
    let mut statement = connection.prepare(AMOUNTS)?;
    let mut rows = statement.query([])?;
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
    let Some((tallest, column)) =
        columns.iter().enumerate().max_by_key(|(place, column)| (column.below, usize::MAX - place))
    else {
        return Ok(None);
    };
    let mut sentence = format!(
        "Most often a loan was for {} to {}: {} of {} with an amount ({}).",
        portfolio.money(tallest as f64 * width),
        format::amount((tallest + 1) as f64 * width),
        count(column.below),
        loans(total),
        share(ratio(column.below as f64, total as f64))
    );
    let last = (columns.len() - 1) as f64 * width;
    if largest > last + width {
        sentence += &format!(" The last column takes all from {} up.", portfolio.money(last));
    }
    let words = Words {
        id: "amounts",
        title: "Loans by loan amount".to_owned(),
        description: format!("Columns of {} each. {sentence}", portfolio.money(width)),
    };
    let label = format!("loan amount, {}", portfolio.currency);
    let chart = Histogram::new(words, &columns, width, label, ["score", "score"]);
    Ok(Some(Read { chart, sentence }))
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
    /// Reads the points; `None` where no loan has both amount and income.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(connection: &Connection) -> Result<Option<Self>> {
        let mut statement = connection.prepare(POINTS)?;
        let mut rows = statement.query([])?;
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
        Ok((!read.points.is_empty()).then_some(read))
    }

    fn shown(&self) -> String {
        let shown = self.points.len() as i64;
        let of_all = if shown < self.loans_in_all {
            format!("{} of {}, evenly through the file", count(shown), loans(self.loans_in_all))
        } else {
            format!("all {} with both values", loans(shown))
        };
        let beyond =
            self.points.iter().filter(|point| point.income > self.ends.0 || point.amount > self.ends.1).count();
        match beyond {
            0 => format!("Shown: {of_all}."),
            beyond => format!("Shown: {of_all}; {} beyond the scale stand on its edge.", count(beyond as i64)),
        }
    }

    fn chart(&self, words: Words, portfolio: &Portfolio, groups: Vec<Group>) -> Scatter {
        let groups: Vec<_> = groups.into_iter().filter(|group| !group.points.is_empty()).collect();
        let labels =
            (format!("monthly income, {}", portfolio.currency), format!("loan amount, {}", portfolio.currency));
        Scatter::new(words, &groups, self.ends, labels)
    }

    fn where_(&self, keep: impl Fn(&Point) -> bool) -> Vec<(f64, f64)> {
        self.points.iter().filter(|point| keep(point)).map(|point| (point.income, point.amount)).collect()
    }

    /// Loan amount against income, by outcome.
    pub fn by_outcome(&self, portfolio: &Portfolio) -> Read<Scatter> {
        let group = |outcome: &Outcome| Group {
            label: outcome.label.to_owned(),
            class: outcome.class.to_owned(),
            points: self.where_(|point| point.outcome == outcome.key),
        };
        let mut sentence = self.shown();
        if let Some(years) = self.median_ratio() {
            sentence = format!("The middle loan here is {years:.1} months’ income of its borrower. {sentence}");
        }
        let words = Words {
            id: "amount-income",
            title: "Loan amount against monthly income, by outcome".to_owned(),
            description: sentence.clone(),
        };
        Read { chart: self.chart(words, portfolio, OUTCOMES.iter().map(group).collect()), sentence }
    }

    /// Loan amount against income, by segment.
    pub fn by_segment(&self, portfolio: &Portfolio, names: &[String]) -> Read<Scatter> {
        let group = |(position, name): (usize, &String)| Group {
            label: name.clone(),
            class: format!("s{}", position % 6),
            points: self.where_(|point| point.segment.as_ref() == Some(name)),
        };
        let sentence = self.shown();
        let words = Words {
            id: "segment-points",
            title: "Loan amount against monthly income, by segment".to_owned(),
            description: sentence.clone(),
        };
        Read { chart: self.chart(words, portfolio, names.iter().enumerate().map(group).collect()), sentence }
    }

    fn median_ratio(&self) -> Option<f64> {
        let mut ratios: Vec<f64> =
            self.points.iter().filter(|point| point.income > 0.0).map(|point| point.amount / point.income).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied()
    }
}

/// Payment history against recovery status.
pub struct Payments {
    pub chart: ShareBars,
    pub sentence: String,
    pub table: Table,
}

struct History {
    label: String,
    loans: i64,
    by_outcome: [i64; 4],
}

impl History {
    fn recovered(&self) -> Option<f64> {
        let known: i64 = self.by_outcome[..3].iter().sum();
        (known > 0).then(|| self.by_outcome[0] as f64 / known as f64)
    }
}

/// Reads payment histories; `None` where no loan has one.
///
/// # Errors
/// Those of the database.
pub fn payments(connection: &Connection) -> Result<Option<Payments>> {
    let mut statement = connection.prepare(PAYMENT_HISTORY)?;
    let rows = statement.query_map([], |row| {
        Ok(History {
            label: row.get("payment_history")?,
            loans: row.get("loans")?,
            by_outcome: [
                row.get("fully_recovered")?,
                row.get("partially_recovered")?,
                row.get("written_off")?,
                row.get("no_outcome_yet")?,
            ],
        })
    })?;
    let mut histories: Vec<History> = rows.collect::<rusqlite::Result<_>>()?;
    histories.truncate(MOST_HISTORIES);
    if histories.is_empty() || histories.iter().all(|history| history.recovered().is_none()) {
        return Ok(None);
    }
    let sentence = payments_sentence(&histories);
    let words = Words {
        id: "payment-history",
        title: "What became of loans, by payment history".to_owned(),
        description: sentence.clone(),
    };
    let rows: Vec<_> = histories.iter().map(share_row).collect();
    let is_seen = |place: &usize| histories.iter().any(|history| history.by_outcome[*place] > 0);
    let legend = (0..OUTCOMES.len())
        .filter(is_seen)
        .map(|place| Legend::of_area(OUTCOMES[place].class, OUTCOMES[place].label.to_owned()))
        .collect();
    let cells = |history: &History| {
        let mut cells = vec![history.label.clone(), count(history.loans)];
        cells.extend(history.by_outcome.iter().map(|loans| count(*loans)));
        cells.push(format::share_or_none(history.recovered()));
        cells
    };
    let labels =
        ["Payment history", "#Loans", "#Fully recovered", "#Partially", "#Written off", "#No outcome", "#Share fully"];
    let caption = format!(
        "Loans by payment history and recovery, the {MOST_HISTORIES} most frequent histories at most; the share is of loans with an outcome"
    );
    let table = Table::new(caption, &labels, histories.iter().map(cells).collect());
    Ok(Some(Payments { chart: ShareBars::new(words, &rows, legend), sentence, table }))
}

fn share_row(history: &History) -> ShareRow {
    let part = |(outcome, loans): (&Outcome, &i64)| Share { class: outcome.class, loans: *loans };
    ShareRow {
        label: format!("{} ({})", history.label, loans(history.loans)),
        parts: OUTCOMES.iter().zip(&history.by_outcome).map(part).collect(),
    }
}

fn payments_sentence(histories: &[History]) -> String {
    let known = || histories.iter().filter_map(|history| history.recovered().map(|part| (part, &history.label)));
    let best = known().max_by(|a, b| a.0.total_cmp(&b.0));
    let worst = known().min_by(|a, b| a.0.total_cmp(&b.0));
    match (best, worst) {
        (Some(best), Some(worst)) if best.1 != worst.1 => format!(
            "Of loans with an outcome, {} were fully recovered where the payment history is “{}”, and {} where it is “{}”.",
            share(best.0),
            best.1,
            share(worst.0),
            worst.1
        ),
        (Some((part, label)), _) => {
            format!("All loans have the payment history “{label}”; {} were fully recovered.", share(part))
        }
        _ => String::new(),
    }
}

/// The three box plots, each where there is something to compare.
#[derive(Default)]
pub struct Spread {
    pub missed: Option<Read<BoxPlot>>,
    pub missed_table: Option<Table>,
    pub income: Option<Read<BoxPlot>>,
    pub amount: Option<Read<BoxPlot>>,
    pub note: String,
}

/// Reads the quantiles by outcome. A book without outcomes has nothing to compare, and gets no box plots.
///
/// # Errors
/// Those of the database.
pub fn spread(connection: &Connection, portfolio: &Portfolio) -> Result<Spread> {
    let mut statement = connection.prepare(SPREAD)?;
    let rows = statement.query_map([], |row| {
        let outcome: String = row.get("outcome")?;
        let place = OUTCOMES.iter().position(|known| known.key == outcome).unwrap_or(OUTCOMES.len() - 1);
        let quantiles = Quantiles {
            label: format::sentence_case(OUTCOMES[place].label),
            class: OUTCOMES[place].class,
            loans: row.get("loans")?,
            p5: row.get("p5")?,
            p25: row.get("p25")?,
            p50: row.get("p50")?,
            p75: row.get("p75")?,
            p95: row.get("p95")?,
        };
        Ok((row.get::<_, String>("measure")?, place, quantiles, row.get::<_, i64>("step")?))
    })?;
    let mut rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.sort_by_key(|row| row.1);
    let step = rows.first().map_or(1, |row| row.3);
    let of = |measure: &str| -> Vec<Quantiles> {
        let groups: Vec<_> = rows.iter().filter(|row| row.0 == measure).map(|row| row.2.clone()).collect();
        let is_comparable = rows.iter().any(|row| row.0 == measure && row.1 < 3);
        if is_comparable { groups } else { Vec::new() }
    };
    let money = |value: f64| format!("{}\u{a0}{}", portfolio.currency, compact(value));
    let currency = &portfolio.currency;
    let plot = |id, title: &str, measure, label: String, verb: &str, write: &dyn Fn(f64) -> String| {
        let groups = of(measure);
        let sentence = medians_sentence(&groups, verb, write)?;
        let words = Words { id, title: title.to_owned(), description: sentence.clone() };
        Some(Read { chart: BoxPlot::new(words, &groups, label, write), sentence })
    };
    let number = |value: f64| count(value as i64);
    let missed = of("missed_payments");
    Ok(Spread {
        missed: plot(
            "missed",
            "Missed payments by recovery status",
            "missed_payments",
            "missed payments".to_owned(),
            "missed payments",
            &number,
        ),
        income: plot(
            "income",
            "Monthly income by outcome",
            "monthly_income",
            format!("monthly income, {currency}"),
            "monthly income",
            &money,
        ),
        amount: plot(
            "size",
            "Loan amount by outcome",
            "loan_amount",
            format!("loan amount, {currency}"),
            "loan amount",
            &money,
        ),
        missed_table: (!missed.is_empty()).then(|| quantile_table(&missed, &number)),
        note: spread_note(step),
    })
}

fn quantile_table(groups: &[Quantiles], write: &dyn Fn(f64) -> String) -> Table {
    let cells = |group: &Quantiles| {
        let mut cells = vec![group.label.clone(), count(group.loans)];
        cells.extend([group.p5, group.p25, group.p50, group.p75, group.p95].map(write));
        cells
    };
    let labels = ["Outcome", "#Loans", "#5%", "#25%", "#Median", "#75%", "#95%"];
    let caption = "Missed payments: of each hundred loans, so many missed no more than this";
    Table::new(caption, &labels, groups.iter().map(cells).collect())
}

fn spread_note(step: i64) -> String {
    let read = "The box holds the middle half of the loans, the line in it is the median, the whiskers reach from the 5th to \
                the 95th percentile.";
    if step > 1 { format!("{read} Read from every {} line of the file.", ordinal(step)) } else { read.to_owned() }
}

fn ordinal(number: i64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, tens) if tens != 11 => "st",
        (2, tens) if tens != 12 => "nd",
        (3, tens) if tens != 13 => "rd",
        _ => "th",
    };
    format!("{}{ending}", count(number))
}

fn medians_sentence(groups: &[Quantiles], noun: &str, write: &dyn Fn(f64) -> String) -> Option<String> {
    let parts: Vec<_> =
        groups.iter().map(|group| format!("{} for {} loans", write(group.p50), label_of(group))).collect();
    (!parts.is_empty()).then(|| format!("Median {noun}: {}.", format::list(&parts)))
}

fn label_of(group: &Quantiles) -> String {
    match group.class {
        "open" => "still open".to_owned(),
        _ => group.label.to_lowercase(),
    }
}
