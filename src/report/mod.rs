//! The report: one HTML file that is complete in itself, without scripts and without a request to anywhere.
//!
//! It reads the views of all runs, and of these the run that it shows. Every figure comes from a query in `queries/`, and the
//! report shows that same query with the number of the run, so that a reader can put it to the database. Pages are structs of finished values; templates place them.
//! Nothing in the report comes from the clock: the same run gives the same bytes.
//!
//! What its first screens say is a [`Briefing`], which the e-mail says too.

mod alerts;
mod amounts;
mod arrears;
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

use crate::chance::Chance;
use crate::config::Config;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::Style;
use crate::{format, terms};
use charts::LegendList;

pub use briefing::Briefing;
pub use first_loans::MAIL_ROOM;
pub(crate) use model::checks::large_shifts;
pub use portfolio::how_to_collect;

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
    /// What the configuration says, for this run.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(shown: ShownRun<'_>, config: &Config) -> Result<Self> {
        let code: String = shown.query_row("select currency_code from runs where run_id = ?1", |row| row.get(0))?;
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
    portfolio: String,
    changes: String,
    alerts: String,
    arrears: String,
    strategies: String,
    first_loans: String,
    amounts: String,
    points: String,
    payment_history: String,
    spread: String,
    segments: String,
    score_bins: String,
    candidates: String,
    model: String,
    deciles: String,
    importance: String,
    dependence: String,
    picture: String,
    policy_points: String,
    audit: String,
    stability: String,
    fairness: String,
    differences: String,
    flagged: String,
    data_quality: String,
    rejects: String,
    run: String,
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

/// The report on a run, as HTML.
///
/// A book of any size gives a file of at most half a megabyte: charts count or
/// sample, tables and texts are capped, and each says so.
///
/// # Errors
/// Those of the database, also where it holds no complete run.
pub fn render(shown: ShownRun<'_>, settings: &ReportSettings) -> Result<String> {
    Ok(page(shown, settings)?.render()?)
}

/// What the report of the shown run says on its first screens.
///
/// # Errors
/// As [`render`].
pub fn brief(shown: ShownRun<'_>, settings: &ReportSettings) -> Result<Briefing> {
    Briefing::read(shown, settings, &briefing::Basis::read(shown, &settings.style)?)
}

fn page(shown: ShownRun<'_>, settings: &ReportSettings) -> Result<Page> {
    let style = &settings.style;
    let basis = briefing::Basis::read(shown, &settings.style)?;
    let briefing = Briefing::read(shown, settings, &basis)?;
    let (book, scale) = (&basis.book, briefing.scale);
    let chance = Chance::of_run(shown)?;
    let segments = segments::read(shown, book, scale, &chance, style)?;
    let spread = spread::read(shown, book, &chance, style)?;
    let points = amounts::Points::read(shown)?;
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
        strategies: strategies::read(shown, book, scale, style)?,
        amounts: amounts::histogram(shown, book, &chance, style)?,
        amount_income: points.as_ref().map(|points| points.by_outcome(book, spread.months_of_income, style)),
        payments: looks::payments(shown, &chance, style)?,
        spread,
        segments,
        segment_points,
        scores: model::scores::read(shown, scale, style)?,
        model: model::Section::read(shown, &basis, scale, &chance, style)?,
        data: quality::data_quality(shown, &basis.run, style)?,
        run: basis.run,
        briefing,
        queries: queries(shown, settings.first_loans),
    })
}

fn queries(run: ShownRun<'_>, first_loans: usize) -> Queries {
    Queries {
        portfolio: run.pasteable(portfolio::PORTFOLIO),
        changes: run.pasteable(changes::CHANGES),
        alerts: run.pasteable(alerts::ALERTS),
        arrears: run.pasteable(arrears::ARREARS),
        strategies: run.pasteable(strategies::STRATEGIES),
        first_loans: run.pasteable(&first_loans::query(first_loans)),
        amounts: run.pasteable(amounts::AMOUNTS),
        points: run.pasteable(amounts::POINTS),
        payment_history: run.pasteable(looks::PAYMENT_HISTORY),
        spread: run.pasteable(spread::SPREAD),
        segments: run.pasteable(segments::SEGMENTS),
        score_bins: run.pasteable(model::scores::SCORE_BINS),
        candidates: run.pasteable(model::candidates::CANDIDATES),
        model: run.pasteable(model::card::MODEL),
        deciles: run.pasteable(model::measures::DECILES),
        importance: run.pasteable(model::basis::IMPORTANCE),
        dependence: run.pasteable(model::basis::DEPENDENCE),
        picture: run.pasteable(model::picture::PICTURE),
        policy_points: run.pasteable(model::basis::POLICY_POINTS),
        audit: run.pasteable(model::checks::AUDIT),
        stability: run.pasteable(model::checks::STABILITY),
        fairness: run.pasteable(model::groups::FAIRNESS),
        differences: run.pasteable(model::groups::DIFFERENCES),
        flagged: run.pasteable(model::groups::FLAGGED),
        data_quality: run.pasteable(quality::DATA_QUALITY),
        rejects: run.pasteable(quality::REJECTS),
        run: run.pasteable(quality::RUN),
    }
}
