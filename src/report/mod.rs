//! The report: one HTML file that is complete in itself, without scripts and without a request to anywhere.
//!
//! It reads the public views and nothing else. Every figure comes from a query in `queries/`, and the report shows that
//! same query, so that a reader can put it to the database. Pages are structs of finished values; templates place them.
//! Nothing in the report comes from the clock: the same run gives the same bytes.

mod amounts;
mod book;
mod charts;
mod looks;
mod model;
mod policy;
mod portfolio;
mod quality;
mod segments;
mod table;
#[cfg(test)]
mod tests;

use askama::Template;
use rusqlite::Connection;

use crate::error::Result;
use crate::{format, terms};
use charts::LegendList;

/// What the report needs beside the database.
#[derive(Debug, Clone)]
pub struct ReportSettings {
    /// Stands at the head of the report.
    pub lender: String,
    /// Loans listed under "work these first".
    pub first_loans: usize,
}

/// The style sheet, as it stands in the page.
const STYLE: &str = include_str!("../../templates/style.css");

/// The queries behind the figures, as the report shows them.
struct Queries {
    portfolio: &'static str,
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

/// The page: every value as it is to be read.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    content_security_policy: String,
    lender: &'a str,
    as_of: String,
    currency: String,
    headline: String,
    trust: model::trust::Trust,
    cards: Vec<portfolio::Card>,
    strategies: Vec<portfolio::StrategyRow>,
    first_loans: table::Table,
    amounts: Option<looks::Read<charts::Histogram>>,
    amount_income: Option<looks::Read<charts::Scatter>>,
    payments: Option<looks::Payments>,
    spread: looks::Spread,
    segments: Option<segments::Segments>,
    segment_points: Option<looks::Read<charts::Scatter>>,
    scores: Option<model::scores::Scores>,
    model: model::Section,
    data: quality::DataQuality,
    run: quality::Run,
    queries: Queries,
}

/// The report on the run that the views of this connection show, as HTML.
///
/// The connection is left as it was found. A book of any size gives a file of at most half a megabyte: charts count or
/// sample, tables are capped, and each says so.
///
/// # Errors
/// Those of the database, also where it holds no complete run.
pub fn render(connection: &Connection, settings: &ReportSettings) -> Result<String> {
    book::with_copy(connection, |connection| Ok(page(connection, settings)?.render()?))
}

fn page<'a>(connection: &Connection, settings: &'a ReportSettings) -> Result<Page<'a>> {
    let queries = queries(settings.first_loans);
    let book = portfolio::Portfolio::read(connection)?;
    let card = model::card::Card::read(connection)?;
    let candidates = model::candidates::read(connection)?;
    let in_use = candidates.iter().find(|candidate| candidate.is_in_use);
    let segments = segments::read(connection, &book)?;
    let points = amounts::Points::read(connection)?;
    let segment_points =
        points.as_ref().zip(segments.as_ref()).map(|(points, segments)| points.by_segment(&book, &segments.names));
    let run = quality::run(connection)?;
    let is_by_policy = run.decision.is_by_policy();
    Ok(Page {
        content_security_policy: policy::content_security_policy(STYLE),
        lender: &settings.lender,
        as_of: format::date(&book.as_of_date),
        currency: book.currency.clone(),
        headline: book.headline(),
        trust: model::trust::Trust::of(&run.decision, in_use, &card),
        cards: book.cards(is_by_policy),
        strategies: portfolio::strategies(connection, &book)?,
        first_loans: portfolio::first_loans(connection, &queries.first_loans, &book)?,
        amounts: amounts::histogram(connection, &book)?,
        amount_income: points.as_ref().map(|points| points.by_outcome(&book)),
        payments: looks::payments(connection)?,
        spread: looks::spread(connection, &book)?,
        segments,
        segment_points,
        scores: model::scores::read(connection)?,
        model: model::Section::read(connection, &candidates, in_use, card, is_by_policy)?,
        data: quality::data_quality(connection, &run)?,
        run,
        queries,
    })
}

fn queries(first_loans: usize) -> Queries {
    Queries {
        portfolio: portfolio::PORTFOLIO,
        strategies: portfolio::STRATEGIES,
        first_loans: portfolio::first_loans_query(first_loans),
        amounts: amounts::AMOUNTS,
        points: amounts::POINTS,
        payment_history: looks::PAYMENT_HISTORY,
        spread: looks::SPREAD,
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
