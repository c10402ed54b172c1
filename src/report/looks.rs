//! The looks at what became of loans: payment history against recovery, missed payments by recovery status, income and
//! loan size by outcome. Each with one sentence that is read from its numbers.

use rusqlite::Connection;

use super::charts::{BoxPlot, Legend, Quantiles, Share, ShareBars, ShareRow, Words};
use super::format::{self, Style, share};
use super::portfolio::Portfolio;
use super::table::Table;
use crate::error::Result;

pub const PAYMENT_HISTORY: &str = include_str!("queries/payment_history.sql");
pub const SPREAD: &str = include_str!("queries/spread.sql");

/// More payment histories than this are counted as "others".
const MOST_HISTORIES: usize = 6;

/// What became of a loan: its name in the database, in words, and the class that colours it.
pub struct Outcome {
    pub key: &'static str,
    pub label: &'static str,
    pub class: &'static str,
}

/// The outcomes, in the order in which charts show them.
pub const OUTCOMES: [Outcome; 4] = [
    Outcome { key: "fully_recovered", label: "fully recovered", class: "fully" },
    Outcome { key: "partially_recovered", label: "partially recovered", class: "partly" },
    Outcome { key: "written_off", label: "written off", class: "written" },
    Outcome { key: "outstanding", label: "no outcome yet", class: "open" },
];

/// A chart, and the sentence that reads it.
pub struct Read<T> {
    pub chart: T,
    pub sentence: String,
    /// The numbers that the chart draws.
    pub table: Table,
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
pub fn payments(connection: &Connection, style: &Style) -> Result<Option<Payments>> {
    let mut statement = connection.prepare(PAYMENT_HISTORY)?;
    let rows = statement.query_map([], |row| {
        Ok(History {
            label: format::one_line(&row.get::<_, String>("payment_history")?),
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
    let rows: Vec<_> = histories.iter().map(|history| share_row(history, style)).collect();
    let is_seen = |place: &usize| histories.iter().any(|history| history.by_outcome[*place] > 0);
    let legend = (0..OUTCOMES.len())
        .filter(is_seen)
        .map(|place| Legend::of_area(OUTCOMES[place].class, OUTCOMES[place].label.to_owned()))
        .collect();
    let cells = |history: &History| {
        let mut cells = vec![history.label.clone(), style.count(history.loans)];
        cells.extend(history.by_outcome.iter().map(|loans| style.count(*loans)));
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

fn share_row(history: &History, style: &Style) -> ShareRow {
    let part = |(outcome, loans): (&Outcome, &i64)| Share { class: outcome.class, loans: *loans };
    ShareRow {
        label: format!("{} ({})", history.label, style.loans(history.loans)),
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
    pub income: Option<Read<BoxPlot>>,
    pub amount: Option<Read<BoxPlot>>,
    pub note: String,
}

/// Reads the quantiles by outcome. A book without outcomes has nothing to compare, and gets no box plots.
///
/// # Errors
/// Those of the database.
pub fn spread(connection: &Connection, portfolio: &Portfolio, style: &Style) -> Result<Spread> {
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
    let money = |value: f64| style.short_money(value);
    let currency = &portfolio.currency;
    let plot = |id, title: &str, measure, label: String, verb: &str, write: &dyn Fn(f64) -> String| {
        let groups = of(measure);
        let sentence = medians_sentence(&groups, verb, write)?;
        let words = Words { id, title: title.to_owned(), description: sentence.clone() };
        let table = quantile_table(title, &groups, write, style);
        Some(Read { chart: BoxPlot::new(words, &groups, label, style, write), sentence, table })
    };
    let number = |value: f64| style.count(value as i64);
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
        note: spread_note(step),
    })
}

fn quantile_table(title: &str, groups: &[Quantiles], write: &dyn Fn(f64) -> String, style: &Style) -> Table {
    let cells = |group: &Quantiles| {
        let mut cells = vec![group.label.clone(), style.count(group.loans)];
        cells.extend([group.p5, group.p25, group.p50, group.p75, group.p95].map(write));
        cells
    };
    let labels = ["Outcome", "#Loans", "#5%", "#25%", "#Median", "#75%", "#95%"];
    let caption = format!("{title}: so many of a hundred loans have no more than this");
    Table::new(caption, &labels, groups.iter().map(cells).collect())
}

fn spread_note(step: i64) -> String {
    let read = "The box holds the middle half of the loans, the line in it is the median, the whiskers reach from the 5th to \
                the 95th percentile.";
    if step > 1 {
        format!("{read} Read from one loan in {step}, picked by the last digits of their ids.")
    } else {
        read.to_owned()
    }
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
