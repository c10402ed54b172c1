//! The segments of a run in `segmentations` and `segments`, and those of the run that it is compared with. A number is stored
//! as text that reads as the same number to the last bit.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::{Connection, OptionalExtension, Row};

use super::names::Name;
use super::profile::TRAITS;
use super::scale::{Point, Scale, by_trait, of_traits};
use super::{Learnt, Reason, Segmentation};
use crate::error::Result;
use crate::features::FEATURES;

/// The segments of the run that a run is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Earlier {
    pub(super) learnt_run_id: i64,
    /// Between the day on which they were learnt and that of the run.
    pub(super) days: i64,
    pub(super) definition: String,
    /// `None`, as are the segments, where they are of other traits.
    pub(super) scale: Option<Scale>,
    pub(super) segments: Vec<EarlierSegment>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct EarlierSegment {
    pub position: i64,
    pub name: Name,
    pub centre: Point,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Due => "due",
            Self::Changed => "changed",
            Self::Unnamed => "unnamed",
        }
    }
}

/// The segments of the run that this one is compared with, if there are any: of the latest complete one of an earlier day in
/// the same currency, so that a run that is done again finds the same ones.
pub fn earlier(connection: &Connection, run_id: i64) -> Result<Option<Earlier>> {
    let query = "select before.run_id, before.learnt_run_id, before.definition_sha256, before.scale,
             learnt.as_of_date as learnt_on, runs.as_of_date
         from compared_runs
         join runs using (run_id)
         join segmentations as before on before.run_id = compared_runs.compared_run_id
         join runs as learnt on learnt.run_id = before.learnt_run_id
         where runs.run_id = ?1";
    let found = connection.query_row(query, [run_id], |row| {
        let day = |column: &str| row.get::<_, String>(column).map(|day| day.parse::<NaiveDate>().ok());
        let days = day("as_of_date")?.zip(day("learnt_on")?).map(|(day, learnt)| (day - learnt).num_days());
        let earlier = Earlier {
            learnt_run_id: row.get("learnt_run_id")?,
            days: days.unwrap_or(i64::MAX),
            definition: row.get("definition_sha256")?,
            scale: None,
            segments: Vec::new(),
        };
        Ok((row.get::<_, i64>("run_id")?, row.get::<_, String>("scale")?, earlier))
    });
    let Some((before, scale, mut earlier)) = found.optional()? else { return Ok(None) };
    if let Some(scale) = Scale::from_json(&scale)?
        && let Some(segments) = earlier_segments(connection, before)?
    {
        (earlier.scale, earlier.segments) = (Some(scale), segments);
    }
    Ok(Some(earlier))
}

/// `None` where they are of other traits.
fn earlier_segments(connection: &Connection, run_id: i64) -> Result<Option<Vec<EarlierSegment>>> {
    let query = "select position, name, named_for, learnt_centre from segments where run_id = ?1 order by position";
    let mut statement = connection.prepare(query)?;
    let read = |row: &Row<'_>| {
        let (named_for, centre) = (row.get("named_for")?, row.get("learnt_centre")?);
        Ok((row.get("position")?, row.get("name")?, named_for, centre))
    };
    let mut segments = Vec::new();
    for row in statement.query_map([run_id], read)? {
        let (position, text, named_for, centre): (i64, String, Option<String>, String) = row?;
        let Some(centre) = of_traits(&serde_json::from_str(&centre)?) else { return Ok(None) };
        let Some(name) = name_of(text, named_for.as_deref())? else { return Ok(None) };
        segments.push(EarlierSegment { position, name, centre });
    }
    Ok(Some(segments))
}

fn name_of(text: String, named_for: Option<&str>) -> Result<Option<Name>> {
    let Some(named_for) = named_for else { return Ok(Some(Name::Whole(text))) };
    let values: Vec<BTreeMap<String, f64>> = serde_json::from_str(named_for)?;
    let place = |name: &String| TRAITS.iter().position(|known| known == name);
    let values = values.iter().flatten().map(|(name, value)| Some((place(name)?, *value)));
    Ok(values.collect::<Option<_>>().map(Name::Values))
}

/// Returns the segment id of each loan, in the book's order.
pub fn store(connection: &Connection, run_id: i64, segmentation: &Segmentation) -> Result<Vec<i64>> {
    let (learnt_run_id, reason) = match segmentation.learnt {
        Learnt::InRun(learnt) => (learnt, None),
        Learnt::Now(reason) => (run_id, Some(reason.name())),
    };
    connection.execute(
        "insert into segmentations (run_id, learnt_run_id, learnt_because, definition_sha256, scale)
         values (?1, ?2, ?3, ?4, ?5)",
        (run_id, learnt_run_id, reason, &segmentation.definition, segmentation.scale.to_json()?),
    )?;
    let mut insert = connection.prepare(
        "insert into segments (run_id, position, name, name_before, named_for, learnt_centre, centre)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         returning segment_id",
    )?;
    let mut segment_ids = Vec::new();
    for segment in &segmentation.segments {
        let means: BTreeMap<&str, Option<f64>> =
            FEATURES.iter().zip(&segment.means).map(|(feature, mean)| (feature.name, *mean)).collect();
        let named_for = match &segment.name {
            Name::Whole(_) => None,
            Name::Values(values) => {
                let one = |(place, value): &(usize, f64)| BTreeMap::from([(TRAITS[*place], *value)]);
                Some(serde_json::to_string(&values.iter().map(one).collect::<Vec<_>>())?)
            }
        };
        let centre = serde_json::to_string(&by_trait(&segment.centre))?;
        let (name, before) = (&segment.name_text, &segment.name_before);
        let values = (run_id, segment.position, name, before, named_for, centre, serde_json::to_string(&means)?);
        segment_ids.push(insert.query_row(values, |row| row.get::<_, i64>(0))?);
    }
    Ok(segmentation.membership.iter().map(|segment| segment_ids[*segment]).collect())
}
