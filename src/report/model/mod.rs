//! The scores and the model behind them: which are in use and why, how good they are, what they rest on, and what was
//! looked into before they were used.
//!
//! | file | holds |
//! |---|---|
//! | [`trust`] | the first screen: which scores, and why |
//! | [`candidates`] | the models and the points side by side |
//! | [`card`] | the model card, and the measures in it |
//! | [`measures`] | each measure with its meaning, the thresholds, the tenths |
//! | [`scores`] | how scores are spread, and whether they come true |
//! | [`basis`] | what the scores rest on |
//! | [`picture`] | the scores as a tree of three questions |
//! | [`checks`] | the leak audit, and whether the loans to collect are like those that were learnt from |
//! | [`groups`] | how the scores treat groups of borrowers |
//!
//! A part of which the run knows nothing is left out.

pub mod basis;
pub mod candidates;
pub mod card;
pub mod checks;
pub mod groups;
pub mod measures;
pub mod picture;
pub mod scores;
pub mod trust;

use super::briefing::Basis;
use super::scale::ScoreScale;
use super::table::Table;
use crate::chance::Chance;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::Style;

/// The model section: every part as it is to be read.
pub struct Section {
    pub source: Option<String>,
    pub comparison: Option<candidates::Comparison>,
    pub measures: Vec<measures::Measure>,
    pub thresholds: Option<Table>,
    pub deciles: Option<measures::Deciles>,
    pub points: Option<Table>,
    pub importance: Option<basis::Importance>,
    pub dependence: Option<basis::Dependence>,
    pub picture: Option<picture::Read>,
    pub audit: Option<checks::Audit>,
    pub stability: Option<checks::Stability>,
    pub fairness: Vec<groups::Screen>,
    pub card: Vec<card::Part>,
}

impl Section {
    /// Reads what the run knows about its scores.
    ///
    /// # Errors
    /// Those of the database.
    pub fn read(shown: ShownRun<'_>, basis: &Basis, scale: ScoreScale, chance: &Chance, style: &Style) -> Result<Self> {
        let (card, candidates) = (&basis.card, &basis.candidates);
        // What points do on loans that are not like live ones says nothing of them.
        let is_judged = !(scale.is_points() && basis.run.decision.is_unlike_live);
        let judged = is_judged.then_some(());
        let (points, importance, dependence, picture) = if scale.is_points() {
            (basis::points(shown, style)?, None, None, None)
        } else {
            let picture = picture::read(shown, card.value("picture_explained"), style)?;
            (None, basis::importance(shown)?, basis::dependence(shown, style)?, picture)
        };
        Ok(Self {
            source: basis.in_use().map(|candidate| measures::source(candidate, card, is_judged, style)),
            comparison: candidates::comparison(candidates, style),
            measures: judged.map_or_else(Vec::new, |()| measures::measures(card, scale)),
            thresholds: judged.and_then(|()| measures::thresholds(card, scale, style)),
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
