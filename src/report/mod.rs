//! The report: one HTML file that is complete in itself, without scripts and without a request to any machine.
//! Beside each figure it shows the query that gave it. Templates only place finished values, and nothing comes from the
//! clock: the same run gives the same bytes. The e-mail repeats the first screens, the [`Briefing`].

mod alerts;
mod amounts;
mod arrears;
mod briefing;
mod by_group;
mod changes;
mod charts;
mod cures;
mod figures;
mod first_loans;
mod looks;
mod model;
mod month;
mod portfolio;
mod quality;
mod scale;
mod segmentation;
mod segments;
mod spread;
mod strategies;
mod style_sheet;
mod table;
#[cfg(test)]
mod tests;
mod trend;
mod vintages;

use askama::Template;

use crate::chance::Chance;
use crate::config::Config;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::Style;
use crate::{format, terms};
use charts::{Exhibit, LegendList};

pub use briefing::Briefing;
pub use first_loans::MAIL_ROOM;
pub(crate) use model::checks::large_shifts;
pub use portfolio::how_to_collect;

/// What the report needs beside the database.
#[derive(Debug, Clone)]
pub struct ReportSettings {
    pub lender: String,
    /// Loans listed under "Work these first".
    pub first_loans: usize,
    /// The size of that list in bytes: fewer loans are listed where their texts are long.
    pub accounts_room: usize,
    /// Whether only the ends of loan and borrower ids are shown.
    pub mask: bool,
    pub style: Style,
}

impl ReportSettings {
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

/// Every value as the page shows it; a part without content is left out.
#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    content_security_policy: String,
    style_sheet: String,
    currency: String,
    briefing: Briefing,
    has_changes: bool,
    has_at_risk: bool,
    trend: Option<Exhibit<charts::StackedBars>>,
    month: Option<month::Month>,
    /// Why there is no last month, where a reader would expect one.
    month_missing: Option<String>,
    cures: Option<(String, table::Table)>,
    by_group: Option<by_group::ByGroup>,
    vintages: Option<vintages::Vintages>,
    strategies: Vec<strategies::StrategyRow>,
    amounts: Option<Exhibit<charts::Histogram>>,
    amount_income: Option<Exhibit<charts::Scatter>>,
    payments: Option<Exhibit<charts::ShareBars>>,
    spread: spread::Spread,
    segments: Option<segments::Segments>,
    segment_points: Option<Exhibit<charts::Scatter>>,
    scores: Option<model::scores::Scores>,
    model: model::ModelSection,
    data: quality::DataQuality,
    run: quality::RunFacts,
    shown: ShownRun<'a>,
    first_loans_query: String,
}

impl Page<'_> {
    /// The query as it can be pasted: with the number of the run.
    fn sql(&self, query: &str) -> String {
        query.replace("?1", &self.shown.run_id.to_string())
    }

    fn has_month(&self) -> bool {
        self.month.is_some() || self.month_missing.is_some() || self.cures.is_some()
    }

    fn has_judged_groups(&self) -> bool {
        self.model.fairness.iter().any(|screen| !screen.groups.is_empty())
    }

    fn has_looks(&self) -> bool {
        let spread = &self.spread;
        let has_spread = spread.missed.is_some() || spread.income.is_some() || spread.amount.is_some();
        self.amounts.is_some() || self.amount_income.is_some() || self.payments.is_some() || has_spread
    }
}

/// The report on a run, as HTML of at most half a megabyte whatever the size of the book: charts count or sample, tables and
/// texts are capped, and each says so.
pub fn render(shown: ShownRun<'_>, settings: &ReportSettings) -> Result<String> {
    Ok(page(shown, settings)?.render()?)
}

pub fn brief(shown: ShownRun<'_>, settings: &ReportSettings) -> Result<Briefing> {
    Briefing::read(shown, settings, &briefing::ReportData::read(shown, &settings.style)?)
}

/// The 95 % interval in the columns `lower_95` and `upper_95` with this prefix.
fn interval(row: &rusqlite::Row<'_>, prefix: &str) -> rusqlite::Result<Option<(f64, f64)>> {
    let end = |end: &str| row.get::<_, Option<f64>>(format!("{prefix}{end}_95").as_str());
    Ok(end("lower")?.zip(end("upper")?))
}

fn page<'a>(shown: ShownRun<'a>, settings: &ReportSettings) -> Result<Page<'a>> {
    let style = &settings.style;
    let data = briefing::ReportData::read(shown, &settings.style)?;
    let briefing = Briefing::read(shown, settings, &data)?;
    let (book, scale) = (&data.book, briefing.scale);
    let chance = Chance::of_run(shown)?;
    let segments = segments::read(shown, book, scale, &chance, style)?;
    let spread = spread::read(shown, book, &chance, style)?;
    let points = amounts::LoanPoints::read(shown)?;
    let segment_points = points
        .as_ref()
        .zip(segments.as_ref())
        .map(|(points, segments)| points.by_segment(book, &segments.names, style));
    let style_sheet = style_sheet::style_sheet(&briefing.lender, &briefing.as_of);
    Ok(Page {
        content_security_policy: style_sheet::content_security_policy(&style_sheet),
        style_sheet,
        currency: book.currency.clone(),
        has_changes: data.changes.is_some(),
        has_at_risk: book.at_risk.is_some(),
        trend: trend::read(shown, &book.currency, style)?,
        month: month::read(shown, &book.currency, style)?,
        month_missing: month::missing(shown)?,
        cures: cures::read(shown, style)?,
        by_group: by_group::read(shown, &book.currency, style)?,
        vintages: vintages::read(shown, &chance, style)?,
        strategies: strategies::read(shown, book, scale, style)?,
        amounts: amounts::histogram(shown, book, &chance, style)?,
        amount_income: points.as_ref().map(|points| points.by_outcome(book, spread.months_of_income, style)),
        payments: looks::payments(shown, &chance, style)?,
        spread,
        segments,
        segment_points,
        scores: model::scores::read(shown, scale, style)?,
        model: model::ModelSection::read(shown, &data, scale, &chance, style)?,
        data: quality::data_quality(shown, &data.run, style)?,
        run: data.run,
        briefing,
        shown,
        first_loans_query: first_loans::query(settings.first_loans),
    })
}
