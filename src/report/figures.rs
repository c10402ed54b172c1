//! The key figures: each with what it is a part of, how many loans it counts, and how it moved.

use super::changes::Changes;
use super::portfolio::{OverDue, Portfolio};
use crate::format::{self, Style, ratio, share};

/// One key figure.
#[derive(Debug, Clone)]
pub struct Figure {
    pub label: &'static str,
    pub value: String,
    /// Numerator, denominator and loans.
    pub detail: String,
    /// What the figure is, where its name does not say it.
    pub note: Option<&'static str>,
    /// Against the run before, where there is one.
    pub change: Option<String>,
}

/// The key figures, in the order of the report.
pub fn figures(book: &Portfolio, changes: Option<&Changes>, style: &Style) -> Vec<Figure> {
    let part =
        |amount: f64, of: f64| format!("{} ÷ {} = {}", style.money(amount), style.money(of), share(ratio(amount, of)));
    let mut figures = vec![
        Figure {
            label: "Outstanding",
            value: style.short_money(book.outstanding),
            detail: format!("{} on {}", style.money(book.outstanding), style.loans(book.loans)),
            note: None,
            change: changes.and_then(|changes| changes.outstanding(book.outstanding, style)),
        },
        Figure {
            label: "Still to collect",
            value: style.short_money(book.to_collect),
            detail: format!(
                "{}; {} of {}",
                part(book.to_collect, book.outstanding),
                style.count(book.loans_to_collect),
                style.loans(book.loans)
            ),
            note: None,
            change: changes.and_then(|changes| changes.to_collect(book.to_collect, style)),
        },
    ];
    if let Some(at_risk) = book.at_risk {
        figures.push(Figure {
            label: "Balance at risk",
            value: style.short_money(at_risk),
            detail: format!("{}; {} to collect", part(at_risk, book.to_collect), style.loans(book.loans_to_collect)),
            note: Some("Score × balance: expected on loans that will not be fully recovered; part may still come back"),
            change: changes.and_then(|changes| changes.at_risk(book.at_risk, style)),
        });
    }
    figures.push(over_due("PAR30", &book.par30, book, changes.and_then(|it| it.par30(book.par30.percent)), style));
    figures.push(over_due("PAR90", &book.par90, book, changes.and_then(|it| it.par90(book.par90.percent)), style));
    if book.loans_scored > 0 && book.loans_to_collect > 0 {
        figures.push(Figure {
            label: "High Risk loans to collect",
            value: style.count(book.high_risk_loans),
            detail: format!(
                "of {} to collect; {}",
                style.loans(book.loans_to_collect),
                part(book.high_risk_outstanding, book.to_collect)
            ),
            note: None,
            change: changes.and_then(|changes| changes.high_risk_loans(book.high_risk_loans, style)),
        });
    }
    figures
}

fn over_due(
    label: &'static str,
    over_due: &OverDue,
    book: &Portfolio,
    change: Option<String>,
    style: &Style,
) -> Figure {
    Figure {
        label,
        value: over_due.percent.map_or_else(|| format::NONE.to_owned(), |percent| share(percent / 100.0)),
        detail: format!(
            "{} ÷ {}; {} of {}",
            style.money(over_due.outstanding),
            style.money(book.outstanding),
            style.count(over_due.loans),
            style.loans(book.loans)
        ),
        note: Some(if label == "PAR30" {
            "Owed by loans over 30 days past due"
        } else {
            "Owed by loans over 90 days past due"
        }),
        change,
    }
}
