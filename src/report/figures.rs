//! The key figures, each with its parts, its number of loans, and its change since the run before.

use super::changes::Changes;
use super::portfolio::{OverDue, Portfolio};
use super::trend::{Spark, Sparks};
use crate::format::{self, Style, ratio, share};

pub struct KeyFigure {
    pub label: &'static str,
    pub value: String,
    /// Numerator, denominator and loans.
    pub detail: String,
    /// A definition, where the name needs one.
    pub note: Option<&'static str>,
    /// Since the run before.
    pub change: Option<String>,
    /// The figure in the last files.
    pub spark: Option<Spark>,
}

pub fn figures(book: &Portfolio, changes: Option<&Changes>, sparks: Sparks, style: &Style) -> Vec<KeyFigure> {
    let part =
        |amount: f64, of: f64| format!("{} ÷ {} = {}", style.money(amount), style.money(of), share(ratio(amount, of)));
    let live = format!("{} live {}", style.count(book.live_loans), if book.live_loans == 1 { "loan" } else { "loans" });
    let mut figures = vec![KeyFigure {
        label: "Outstanding",
        value: style.short_money(book.outstanding),
        detail: format!("{} on {live}", style.money(book.outstanding)),
        note: Some("The gross portfolio: the balance of all live loans"),
        change: changes.and_then(|before| before.of_amount(book.outstanding, before.outstanding, style)),
        spark: sparks.outstanding,
    }];
    if let Some(at_risk) = book.at_risk {
        figures.push(KeyFigure {
            label: "Balance at risk",
            value: style.short_money(at_risk),
            detail: format!("{}; {live}", part(at_risk, book.outstanding)),
            note: Some(
                "Score × balance: the balance expected on loans that will not be fully recovered; part of it may still \
                 come back",
            ),
            change: changes.and_then(|before| before.of_amount(at_risk, before.at_risk, style)),
            spark: sparks.at_risk,
        });
    }
    if book.live_loans > 0 {
        let over_due = |label, now: &OverDue, before: fn(&Changes) -> Option<f64>, note, spark| KeyFigure {
            label,
            value: now.percent.map_or_else(|| format::NONE.to_owned(), |percent| share(percent / 100.0)),
            detail: format!(
                "{} ÷ {}; {} of {live}",
                style.money(now.outstanding),
                style.money(book.outstanding),
                style.count(now.loans)
            ),
            note: Some(note),
            change: changes.and_then(|changes| changes.of_percent(now.percent, before(changes))),
            spark,
        };
        let note = "Balance of live loans more than 30 days past due";
        figures.push(over_due("PAR30", &book.par30, |before| before.par30_percent, note, sparks.par30));
        let note = "Balance of live loans more than 90 days past due";
        figures.push(over_due("PAR90", &book.par90, |before| before.par90_percent, note, sparks.par90));
    }
    if book.loans_scored > 0 && book.live_loans > 0 {
        figures.push(KeyFigure {
            label: "High Risk loans",
            value: style.count(book.high_risk_loans),
            detail: format!("of {live}; {}", part(book.high_risk_outstanding, book.outstanding)),
            note: None,
            change: changes.and_then(|before| before.of_count(book.high_risk_loans, before.high_risk_loans, style)),
            spark: sparks.high_risk,
        });
    }
    figures.extend(ended(book, style));
    figures
}

fn ended(book: &Portfolio, style: &Style) -> Option<KeyFigure> {
    let of = |loans, outstanding, what| {
        (loans > 0).then(|| format!("{} on {}, {what}", style.money(outstanding), style.loans(loans)))
    };
    let kinds: Vec<String> = [
        of(book.closed_loans, book.closed_outstanding, "closed"),
        of(book.written_off_loans, book.written_off_outstanding, "written off"),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!kinds.is_empty()).then(|| KeyFigure {
        label: "Closed and written off",
        value: style.short_money(book.closed_outstanding + book.written_off_outstanding),
        detail: kinds.join("; "),
        note: Some("The balance still on file for loans that are not live; no other figure includes it"),
        change: None,
        spark: None,
    })
}
