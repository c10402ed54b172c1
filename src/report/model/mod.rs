//! The scores and the model behind them: which are in use and why ([`trust`], [`candidates`]), how good they are
//! ([`measures`], [`scores`], [`card`]), what they depend on ([`basis`], [`picture`]), and what was checked before they were
//! used ([`checks`], [`groups`]). A part without data is left out.

pub mod basis;
pub mod candidates;
pub mod card;
pub mod checks;
pub mod groups;
pub mod measures;
pub mod picture;
pub mod scores;
pub mod trust;

use super::briefing::ReportData;
use super::charts::{Exhibit, Picture, Weights};
use super::scale::ScoreScale;
use super::table::Table;
use crate::chance::Chance;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::Style;

pub struct ModelSection {
    pub source: Option<String>,
    pub comparison: Option<candidates::Comparison>,
    pub measures: Vec<measures::ExplainedMeasure>,
    pub thresholds: Option<Table>,
    pub deciles: Option<measures::Deciles>,
    pub points: Option<Table>,
    pub importance: Option<Exhibit<Weights>>,
    pub dependence: Option<basis::Dependence>,
    pub picture: Option<Exhibit<Picture>>,
    pub audit: Option<checks::Audit>,
    pub stability: Option<checks::Stability>,
    pub fairness: Vec<groups::GroupScreen>,
    pub card: Vec<card::CardPart>,
}

impl ModelSection {
    pub fn read(
        shown: ShownRun<'_>,
        data: &ReportData,
        scale: ScoreScale,
        chance: &Chance,
        style: &Style,
    ) -> Result<Self> {
        let (card, candidates) = (&data.card, &data.candidates);
        // Points tested on loans unlike live ones say nothing about live ones.
        let is_judged = !(scale.is_points() && data.run.decision.is_unlike_live);
        let (points, importance, dependence, picture) = if scale.is_points() {
            (basis::points(shown, style)?, None, None, None)
        } else {
            let picture = picture::read(shown, card.value("picture_explained"), style)?;
            (None, basis::importance(shown)?, basis::dependence(shown, style)?, picture)
        };
        Ok(Self {
            source: data.in_use().map(|candidate| measures::source(candidate, card, is_judged, style)),
            comparison: candidates::comparison(candidates, style),
            measures: if is_judged { measures::measures(card, scale) } else { Vec::new() },
            thresholds: if is_judged { measures::thresholds(card, scale, style) } else { None },
            deciles: if is_judged { measures::deciles(shown, scale, chance, style)? } else { None },
            points,
            importance,
            dependence,
            picture,
            audit: checks::audit(shown)?,
            stability: checks::stability(shown, style)?,
            fairness: groups::fairness(shown, scale, is_judged, style)?,
            card: card
                .parts
                .iter()
                .filter(|part| is_judged || !part.name.eq_ignore_ascii_case(card::METRICS))
                .cloned()
                .collect(),
        })
    }
}
