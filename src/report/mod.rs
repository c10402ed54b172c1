//! The report: one HTML file that is complete in itself, without scripts and without a request to anywhere.
//!
//! It reads the public views and nothing else. Every figure comes from a query in `queries/`, and the report shows that
//! same query, so that a reader can put it to the database. Pages are structs of finished values; templates place them.
//! Nothing in the report comes from the clock: the same run gives the same bytes.
//!
//! What its first screens say is a [`Briefing`], which the e-mail says too.

mod alerts;
mod amounts;
mod arrears;
mod book;
mod briefing;
mod changes;
mod charts;
mod figures;
mod first_loans;
mod looks;
mod model;
mod policy;
mod portfolio;
mod print;
mod quality;
mod scale;
mod segments;
mod spread;
mod strategies;
mod table;
#[cfg(test)]
mod tests;

use askama::Template;
use rusqlite::Connection;

use crate::chance::Chance;
use crate::config::Config;
use crate::error::Result;
use crate::format::Style;
use crate::{format, terms};
use charts::LegendList;

pub use alerts::Alert;
pub use arrears::{Arrears, Bucket};
pub use briefing::{Briefing, Headline};
pub use figures::Figure;
pub use first_loans::{Account, MAIL_ROOM};
pub(crate) use model::checks::large_shifts;
pub use model::trust::Trust;
pub use portfolio::how_to_collect;
pub use scale::ScoreScale;

/// What the report needs beside the database.
#[derive(Debug, Clone)]
pub struct ReportSettings {
    /// Stands at the head of the report.
    pub lender: String,
    /// Loans listed under "work these first".
    pub first_loans: usize,
    /// What those may take, in bytes: fewer are listed where their texts are long.
    pub accounts_room: usize,
    /// Whether only the ends of loan and borrower ids are shown.
    pub mask: bool,
    /// How the lender writes numbers.
    pub style: Style,
}

impl ReportSettings {
    /// What the configuration says, for the run that the views of this connection show.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(connection: &Connection, config: &Config) -> Result<Self> {
        let code: String = connection.query_row("select currency_code from shown_run", [], |row| row.get(0))?;
        Ok(Self {
            lender: format::one_line(&config.lender.name),
            first_loans: config.report.first_loans,
            accounts_room: first_loans::REPORT_ROOM,
            mask: config.report.mask,
            style: config.currency.style(&code),
        })
    }
}

/// The style sheet, but for what the print of each report has of its own.
const STYLE: &str = include_str!("../../templates/style.css");

/// The queries behind the figures, as the report shows them.
struct Queries {
    portfolio: &'static str,
    changes: &'static str,
    alerts: &'static str,
    arrears: &'static str,
    strategies: &'static str,
    first_loans: String,
    amounts: &'static str,
    points: &'static str,
    payment_history: &'static str,
    spread: &'static str,
    segments: &'static str,
    score_bins: &'static str,
    candidates: &'static str,
    model: &'static str,
    deciles: &'static str,
    importance: &'static str,
    dependence: &'static str,
    picture: &'static str,
    policy_points: &'static str,
    audit: &'static str,
    stability: &'static str,
    fairness: &'static str,
    differences: &'static str,
    flagged: &'static str,
    data_quality: &'static str,
    rejects: &'static str,
    run: &'static str,
}

/// The page: every value as it is to be read. A part that has nothing to say is left out.
#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    content_security_policy: String,
    style_sheet: String,
    currency: String,
    briefing: Briefing,
    has_changes: bool,
    has_at_risk: bool,
    strategies: Vec<strategies::StrategyRow>,
    amounts: Option<looks::Read<charts::Histogram>>,
    amount_income: Option<looks::Read<charts::Scatter>>,
    payments: Option<looks::Payments>,
    spread: spread::Spread,
    segments: Option<segments::Segments>,
    segment_points: Option<looks::Read<charts::Scatter>>,
    scores: Option<model::scores::Scores>,
    model: model::Section,
    data: quality::DataQuality,
    run: quality::Run,
    queries: Queries,
}

impl Page {
    fn has_judged_groups(&self) -> bool {
        self.model.fairness.iter().any(|screen| !screen.groups.is_empty())
    }

    fn has_looks(&self) -> bool {
        let spread = &self.spread;
        let has_spread = spread.missed.is_some() || spread.income.is_some() || spread.amount.is_some();
        self.amounts.is_some() || self.amount_income.is_some() || self.payments.is_some() || has_spread
    }
}

/// The report on the run that the views of this connection show, as HTML.
///
/// The connection is left as it was found. A book of any size gives a file of at most half a megabyte: charts count or
/// sample, tables and texts are capped, and each says so.
///
/// # Errors
/// Those of the database, also where it holds no complete run.
pub fn render(connection: &Connection, settings: &ReportSettings) -> Result<String> {
    book::with_copy(connection, |connection| Ok(page(connection, settings)?.render()?))
}

/// What the report of the shown run says on its first screens.
///
/// # Errors
/// As [`render`].
pub fn brief(connection: &Connection, settings: &ReportSettings) -> Result<Briefing> {
    book::with_copy(connection, |connection| {
        Briefing::read(connection, settings, &briefing::Basis::read(connection, &settings.style)?)
    })
}

fn page(connection: &Connection, settings: &ReportSettings) -> Result<Page> {
    let style = &settings.style;
    let basis = briefing::Basis::read(connection, &settings.style)?;
    let briefing = Briefing::read(connection, settings, &basis)?;
    let (book, scale) = (&basis.book, briefing.scale);
    let chance = Chance::of_book(connection)?;
    let segments = segments::read(connection, book, scale, &chance, style)?;
    let spread = spread::read(connection, book, &chance, style)?;
    let points = amounts::Points::read(connection)?;
    let segment_points = points
        .as_ref()
        .zip(segments.as_ref())
        .map(|(points, segments)| points.by_segment(book, &segments.names, style));
    let style_sheet = format!("{STYLE}{}", print::margins(&briefing.lender, &briefing.as_of));
    Ok(Page {
        content_security_policy: policy::content_security_policy(&style_sheet),
        style_sheet,
        currency: book.currency.clone(),
        has_changes: basis.changes.is_some(),
        has_at_risk: book.at_risk.is_some(),
        strategies: strategies::read(connection, book, scale, style)?,
        amounts: amounts::histogram(connection, book, &chance, style)?,
        amount_income: points.as_ref().map(|points| points.by_outcome(book, spread.months_of_income, style)),
        payments: looks::payments(connection, &chance, style)?,
        spread,
        segments,
        segment_points,
        scores: model::scores::read(connection, scale, style)?,
        model: model::Section::read(connection, &basis, scale, &chance, style)?,
        data: quality::data_quality(connection, &basis.run, style)?,
        run: basis.run,
        briefing,
        queries: queries(settings.first_loans),
    })
}

fn queries(first_loans: usize) -> Queries {
    Queries {
        portfolio: portfolio::PORTFOLIO,
        changes: changes::CHANGES,
        alerts: alerts::ALERTS,
        arrears: arrears::ARREARS,
        strategies: strategies::STRATEGIES,
        first_loans: first_loans::query(first_loans),
        amounts: amounts::AMOUNTS,
        points: amounts::POINTS,
        payment_history: looks::PAYMENT_HISTORY,
        spread: spread::SPREAD,
        segments: segments::SEGMENTS,
        score_bins: model::scores::SCORE_BINS,
        candidates: model::candidates::CANDIDATES,
        model: model::card::MODEL,
        deciles: model::measures::DECILES,
        importance: model::basis::IMPORTANCE,
        dependence: model::basis::DEPENDENCE,
        picture: model::picture::PICTURE,
        policy_points: model::basis::POLICY_POINTS,
        audit: model::checks::AUDIT,
        stability: model::checks::STABILITY,
        fairness: model::groups::FAIRNESS,
        differences: model::groups::DIFFERENCES,
        flagged: model::groups::FLAGGED,
        data_quality: quality::DATA_QUALITY,
        rejects: quality::REJECTS,
        run: quality::RUN,
    }
}
