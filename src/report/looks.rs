//! Outcomes by payment history, and the outcomes that the other looks at the book share.

use super::charts::{Exhibit, Legend, ShareBars, Words};
use super::format::{self, Style, share};
use super::table::Table;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;

pub const PAYMENT_HISTORY: &str = include_str!("queries/payment_history.sql");

pub struct Outcome {
    /// In the database.
    pub key: &'static str,
    pub label: &'static str,
    /// Of the style sheet.
    pub class: &'static str,
}

/// In the order of the charts.
pub const OUTCOMES: [Outcome; 4] = [
    Outcome { key: "fully_recovered", label: "fully recovered", class: "fully" },
    Outcome { key: "partially_recovered", label: "partially recovered", class: "partly" },
    Outcome { key: "written_off", label: "written off", class: "written" },
    Outcome { key: "none", label: "without an outcome", class: "open" },
];

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

/// `None` where no loan with an outcome has a payment history.
pub fn payments(shown: ShownRun<'_>, chance: &Chance, style: &Style) -> Result<Option<Exhibit<ShareBars>>> {
    let histories: Vec<History> = shown.rows(PAYMENT_HISTORY, |row| {
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
    // The chart and its sentence cover loans with an outcome, the table covers all.
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
    let row = |history: &&History| {
        let label = format!("{} ({} with an outcome)", history.label, style.loans(history.recovered().of as i64));
        let parts = OUTCOMES[..3].iter().zip(history.by_outcome).map(|(outcome, loans)| (outcome.class, loans));
        (label, parts.collect())
    };
    let rows: Vec<_> = known.iter().map(row).collect();
    let seen = (0..3).filter(|position| known.iter().any(|history| history.by_outcome[*position] > 0));
    let legend = seen.map(|position| Legend::of_area(OUTCOMES[position].class, OUTCOMES[position].label.to_owned()));
    let cells = |history: &History| {
        let recovered = history.recovered();
        let mut cells = vec![history.label.clone(), style.count(history.loans)];
        cells.extend(history.by_outcome.iter().map(|loans| style.count(*loans)));
        cells.push(format::share_or_none((recovered.of > 0).then(|| recovered.share())));
        cells
    };
    let labels =
        ["Payment history", "#Loans", "#Fully recovered", "#Partially", "#Written off", "#No outcome", "#Share fully"];
    let caption =
        "Loans by payment history (at most the 6 most frequent) and recovery; the share is of loans with an outcome";
    let table = Table::new(caption, &labels, histories.iter().map(cells).collect());
    Ok(Some(Exhibit { chart: ShareBars::new(words, &rows, legend.collect()), sentence, table }))
}

fn payments_sentence(histories: &[&History], chance: &Chance, style: &Style) -> String {
    let counts: Vec<Count> = histories.iter().map(|history| history.recovered()).collect();
    let known: u64 = counts.iter().map(|count| count.of).sum();
    let recovered = |position: usize| {
        let count = counts[position];
        format!("{} ({} of {})", share(count.share()), style.count(count.having as i64), style.count(count.of as i64))
    };
    let label = |position: usize| &histories[position].label;
    match (chance.furthest_apart(&counts), histories) {
        (Some((best, worst)), _) => format!(
            "Of loans with an outcome and the payment history “{}”, {} were fully recovered; of those with “{}”, {}. This is \
             more than chance explains.",
            label(best),
            recovered(best),
            label(worst),
            recovered(worst)
        ),
        (None, [_]) => {
            format!(
                "Of loans with an outcome and the payment history “{}”, {} were fully recovered.",
                label(0),
                recovered(0)
            )
        }
        (None, _) => format!(
            "The share fully recovered does not differ between payment histories by more than chance (n = {}).",
            style.count(known as i64)
        ),
    }
}
