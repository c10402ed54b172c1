//! When the segments were learnt, what is new about them, and how many loans moved between them since the run before.

use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style};

pub const SEGMENTATION: &str = "\
select
    learnt_run_id = run_id as is_learnt_now, learnt_because, loans_compared,
    loans_moved, learnt_as_of_date, compared_as_of_date
from segmentation_by_run
where run_id = ?1 and compared_as_of_date is not null;
";

/// A segment's name, and the one that it had in the run before.
pub struct Named {
    pub name: String,
    pub before: Option<String>,
}

struct Segmentation {
    /// Why the segments were learnt in this run; `None` if they were learnt earlier.
    why: Option<&'static str>,
    learnt_on: String,
    moved: Option<(i64, i64)>,
    since: String,
}

/// `None` where there is no earlier run, or only one segment.
pub fn sentence(shown: ShownRun<'_>, segments: &[Named], style: &Style) -> Result<Option<String>> {
    let found = shown.rows(SEGMENTATION, |row| {
        let because: Option<String> = row.get("learnt_because")?;
        let (moved, of): (Option<i64>, Option<i64>) = (row.get("loans_moved")?, row.get("loans_compared")?);
        Ok(Segmentation {
            why: row.get::<_, bool>("is_learnt_now")?.then(|| why(because.as_deref())),
            learnt_on: format::date(&row.get::<_, String>("learnt_as_of_date")?),
            moved: moved.zip(of).filter(|(_, of)| *of > 0),
            since: format::date(&row.get::<_, String>("compared_as_of_date")?),
        })
    })?;
    let found = found.first().filter(|_| segments.len() > 1);
    Ok(found.map(|found| found.words(segments, style)))
}

fn why(because: Option<&str>) -> &'static str {
    match because {
        Some("due") => "as scheduled",
        Some("changed") => "since the settings or the columns changed",
        Some("unnamed") => "since the old names no longer fitted",
        _ => "since there were none before",
    }
}

impl Segmentation {
    fn words(&self, segments: &[Named], style: &Style) -> String {
        let new: Vec<String> =
            segments.iter().filter(|one| one.before.is_none()).map(|one| format!("“{}”", one.name)).collect();
        let mut sentences = match self.why {
            Some(why) if new.len() == segments.len() => {
                return format!("The segments were learnt anew on {}, {why}: all segments are new.", self.learnt_on);
            }
            Some(why) => {
                vec![self.with_moves(format!("The segments were learnt anew on {}, {why}", self.learnt_on), style)]
            }
            None => vec![self.with_moves(format!("The segments were learnt on {}", self.learnt_on), style)],
        };
        if !new.is_empty() {
            sentences.push(format!("New: {}.", format::list(&new)));
        } else if self.why.is_some() {
            sentences.push("No segment is new.".to_owned());
        }
        let renamed = |one: &Named| Some(format!("“{}” was “{}”", one.name, one.before.as_ref()?));
        let has_other_name = |one: &&Named| one.before.as_ref() != Some(&one.name);
        let renamed: Vec<String> = segments.iter().filter(has_other_name).filter_map(renamed).collect();
        if !renamed.is_empty() {
            sentences.push(format!("Renamed, since the old name no longer fitted: {}.", format::list(&renamed)));
        }
        sentences.join(" ")
    }

    fn with_moves(&self, learnt: String, style: &Style) -> String {
        match self.moved {
            Some((moved, of)) => {
                let moved = style.count_or_none(moved);
                let loans = if of == 1 { "live loan" } else { "live loans" };
                format!(
                    "{learnt}; {moved} of {} {loans} moved to another segment since {}.",
                    style.count(of),
                    self.since
                )
            }
            None => format!("{learnt}."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(why: Option<&'static str>, moved: Option<(i64, i64)>, segments: &[(&str, Option<&str>)]) -> String {
        let segments: Vec<Named> = segments
            .iter()
            .map(|(name, before)| Named { name: (*name).to_owned(), before: before.map(str::to_owned) })
            .collect();
        let (learnt_on, since) = ("5 January 2026".to_owned(), "12 January 2026".to_owned());
        Segmentation { why, learnt_on, moved, since }.words(&segments, &Style::of_currency("INR"))
    }

    #[test]
    fn a_reader_learns_how_old_the_segments_are_and_what_moved() {
        let kept = [("A", Some("A")), ("B", Some("B"))];
        assert_eq!(
            words(None, Some((31, 1_804)), &kept),
            "The segments were learnt on 5 January 2026; 31 of 1,804 live loans moved to another segment since 12 January 2026."
        );
        assert_eq!(
            words(None, Some((0, 1)), &kept),
            "The segments were learnt on 5 January 2026; none of 1 live loan moved to another segment since 12 January 2026."
        );
        assert_eq!(
            words(None, None, &kept),
            "The segments were learnt on 5 January 2026.",
            "the earlier loans are gone"
        );
        assert_eq!(
            words(None, None, &[("A", Some("A")), ("C", Some("B"))]),
            "The segments were learnt on 5 January 2026. Renamed, since the old name no longer fitted: “C” was “B”."
        );
    }

    #[test]
    fn segments_that_were_learnt_anew_are_told_apart_from_those_that_stayed() {
        let due = Some("as scheduled");
        assert_eq!(
            words(due, Some((31, 1_804)), &[("A", Some("A")), ("C", None)]),
            "The segments were learnt anew on 5 January 2026, as scheduled; 31 of 1,804 live loans moved to another segment since 12 January \
             2026. New: “C”."
        );
        assert!(words(due, None, &[("A", Some("A"))]).ends_with("No segment is new."));
        assert_eq!(
            words(due, Some((9, 9)), &[("C", None), ("D", None)]),
            "The segments were learnt anew on 5 January 2026, as scheduled: all segments are new."
        );
    }
}
