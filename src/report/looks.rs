//! The look at what became of loans by payment history, with one sentence that is read from the numbers of the chart; and
//! what the other looks share.

use super::charts::{Legend, Share, ShareBars, ShareRow, Words};
use super::format::{self, Style, share};
use super::table::Table;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;

pub const PAYMENT_HISTORY: &str = include_str!("queries/payment_history.sql");

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
    Outcome { key: "none", label: "without an outcome", class: "open" },
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
    /// Fully recovered, of those with an outcome.
    fn recovered(&self) -> Count {
        Count::new(self.by_outcome[0], self.by_outcome[..3].iter().sum())
    }
}

/// Reads payment histories; `None` where no loan with an outcome has one.
///
/// # Errors
/// Those of the database.
pub fn payments(shown: ShownRun<'_>, chance: &Chance, style: &Style) -> Result<Option<Payments>> {
    let mut statement = shown.prepare(PAYMENT_HISTORY)?;
    let rows = statement.query_map([shown.run_id], |row| {
        Ok(History {
            label: format::one_line(&row.get::<_, String>("payment_history")?),
            loans: row.get("loans")?,
            by_outcome: [
                row.get("fully_recovered")?,
                row.get("partially_recovered")?,
                row.get("written_off")?,
                row.get("no_outcome")?,
            ],
        })
    })?;
    let histories: Vec<History> = rows.collect::<rusqlite::Result<_>>()?;
    // The chart and its sentence speak of loans with an outcome, the table of all.
    let known: Vec<&History> = histories.iter().filter(|history| history.recovered().of > 0).collect();
    if known.is_empty() {
        return Ok(None);
    }
    let sentence = payments_sentence(&known, chance, style);
    let words = Words {
        id: "payment-history",
        title: "What became of loans with an outcome, by payment history".to_owned(),
        description: sentence.clone(),
    };
    let rows: Vec<_> = known.iter().map(|history| share_row(history, style)).collect();
    let is_seen = |place: &usize| known.iter().any(|history| history.by_outcome[*place] > 0);
    let legend = (0..3)
        .filter(is_seen)
        .map(|place| Legend::of_area(OUTCOMES[place].class, OUTCOMES[place].label.to_owned()))
        .collect();
    let cells = |history: &History| {
        let recovered = history.recovered();
        let mut cells = vec![history.label.clone(), style.count(history.loans)];
        cells.extend(history.by_outcome.iter().map(|loans| style.count(*loans)));
        cells.push(format::share_or_none((recovered.of > 0).then(|| recovered.share())));
        cells
    };
    let labels =
        ["Payment history", "#Loans", "#Fully recovered", "#Partially", "#Written off", "#No outcome", "#Share fully"];
    let caption = "Loans by payment history and recovery, the 6 most frequent histories at most; the share is of loans with an outcome";
    let table = Table::new(caption, &labels, histories.iter().map(cells).collect());
    Ok(Some(Payments { chart: ShareBars::new(words, &rows, legend), sentence, table }))
}

fn share_row(history: &History, style: &Style) -> ShareRow {
    let part = |(outcome, loans): (&Outcome, &i64)| Share { class: outcome.class, loans: *loans };
    ShareRow {
        label: format!("{} ({} with an outcome)", history.label, style.loans(history.recovered().of as i64)),
        parts: OUTCOMES[..3].iter().zip(&history.by_outcome).map(part).collect(),
    }
}

fn payments_sentence(histories: &[&History], chance: &Chance, style: &Style) -> String {
    let counts: Vec<Count> = histories.iter().map(|history| history.recovered()).collect();
    let known: u64 = counts.iter().map(|count| count.of).sum();
    let told = |place: usize| {
        let count = counts[place];
        format!("{} ({} of {})", share(count.share()), style.count(count.having as i64), style.count(count.of as i64))
    };
    let label = |place: usize| &histories[place].label;
    match (chance.furthest_apart(&counts), histories) {
        (Some((best, worst)), _) => format!(
            "Of loans with an outcome, {} were fully recovered where the payment history is “{}”, and {} where it is “{}”: \
             a difference beyond chance.",
            told(best),
            label(best),
            told(worst),
            label(worst)
        ),
        (None, [_]) => {
            format!(
                "Of loans with an outcome and the payment history “{}”, {} were fully recovered.",
                label(0),
                told(0)
            )
        }
        (None, _) => format!(
            "By payment history there is no difference beyond chance in the share fully recovered (n = {}).",
            style.count(known as i64)
        ),
    }
}
