//! Checks made before the scores were used: whether a column gives the outcome away, and whether live loans are like those
//! that the scores were tested on.

use crate::db::ShownRun;
use crate::error::Result;
use crate::report::format::{self, Style, list, sentence_case};
use crate::report::table::Table;
use crate::report::terms;

pub const AUDIT: &str = "\
select subject, verdict, reason, auc_alone, lower_95, upper_95
from feature_audit_by_run
where run_id = ?1
order by position;
";
const LARGE_SHIFTS: &str = include_str!("../queries/large_shifts.sql");
pub const STABILITY: &str = "\
-- The score first, then the features that differ most.
select
    subject, verdict, loans_with_outcome, open_loans, stability_index,
    by_chance
from population_stability_by_run
where run_id = ?1
order by subject <> 'risk_score', stability_index desc, position;
";

/// The verdicts of the audit, most serious first, with their words.
const VERDICTS: [(&str, &str); 3] =
    [("refused", "refused"), ("warned", "allowed, with a warning"), ("barred", "never used")];

/// Rows of the table.
const MOST_SHIFTS: usize = 8;

pub struct Audit {
    pub findings: Option<Table>,
    pub sentence: String,
}

struct AuditedFeature {
    subject: String,
    verdict: String,
    reason: String,
    auc: Option<f64>,
    alone: String,
}

pub fn audit(shown: ShownRun<'_>) -> Result<Option<Audit>> {
    let findings: Vec<AuditedFeature> = shown.rows(AUDIT, |row| {
        let auc: Option<f64> = row.get("auc_alone")?;
        let lower: Option<f64> = row.get("lower_95")?;
        let upper: Option<f64> = row.get("upper_95")?;
        let interval =
            lower.zip(upper).map_or_else(String::new, |(lower, upper)| format!(" ({lower:.2} to {upper:.2})"));
        Ok(AuditedFeature {
            subject: terms::label(&row.get::<_, String>("subject")?),
            verdict: row.get("verdict")?,
            reason: row.get("reason")?,
            auc,
            alone: auc.map_or_else(|| format::NONE.to_owned(), |auc| format!("{auc:.2}{interval}")),
        })
    })?;
    if findings.is_empty() {
        return Ok(None);
    }
    let of = |verdict: &'static str, words: &'static str| {
        findings.iter().filter(move |finding| finding.verdict == verdict).map(move |finding| {
            let reason = sentence_case(&finding.reason);
            vec![sentence_case(&finding.subject), words.to_owned(), reason, finding.alone.clone()]
        })
    };
    let rows: Vec<_> = VERDICTS.iter().flat_map(|(verdict, words)| of(verdict, words)).collect();
    let labels = ["Column or feature", "Verdict", "Why", "AUC alone"];
    let caption = "What the audit warned about or barred, with the AUC of the column alone and its 95% interval where it could be measured";
    let table = (!rows.is_empty()).then(|| Table::new(caption, &labels, rows).without_empty_columns());
    Ok(Some(Audit { findings: table, sentence: without_concern(&findings) }))
}

fn without_concern(findings: &[AuditedFeature]) -> String {
    let used: Vec<_> = findings.iter().filter(|finding| finding.verdict == "used").collect();
    let names: Vec<_> = used.iter().map(|finding| finding.subject.clone()).collect();
    let strongest = used.iter().filter_map(|finding| Some((finding.auc?, finding))).max_by(|a, b| a.0.total_cmp(&b.0));
    let mut sentence = match used.len() {
        0 => return "Every feature is listed below.".to_owned(),
        1 => format!("One feature raises no concern: {}.", names[0]),
        number => format!("{number} features raise no concern: {}.", list(&names)),
    };
    if let Some((_, finding)) = strongest {
        sentence +=
            &format!(" The strongest alone is {}: AUC {}, where 0.50 is chance.", finding.subject, finding.alone);
    }
    sentence
}

/// Whether the loans that the scores are used on are like those that they were tested on.
pub struct Stability {
    pub sentence: String,
    /// `None` where there are too few loans.
    pub table: Option<Table>,
}

struct FeatureShift {
    name: String,
    index: Option<f64>,
    by_chance: Option<f64>,
    verdict: String,
}

impl FeatureShift {
    /// Large by the usual limit, and by more than chance explains.
    fn is_large(&self) -> bool {
        self.verdict == "large shift" && self.index > self.by_chance
    }

    fn reading(&self) -> String {
        let is_chance = self.index.is_some() && self.index <= self.by_chance && self.verdict != "stable";
        if is_chance { format!("{}, may be chance", self.verdict) } else { self.verdict.clone() }
    }
}

/// Labels of the features in which live loans differ much from those that the model in use was tested on.
pub fn large_shifts(shown: ShownRun<'_>) -> Result<Vec<String>> {
    let mut statement = shown.prepare(LARGE_SHIFTS)?;
    let subjects = statement.query_map([shown.run_id], |row| row.get::<_, String>(0))?;
    Ok(subjects.map(|subject| subject.map(|subject| label(&subject))).collect::<rusqlite::Result<_>>()?)
}

/// Whether live loans differ much from finished ones in the inputs of the scorecard, by more than chance explains.
pub fn is_unlike_live(shown: ShownRun<'_>) -> Result<bool> {
    let query = "select exists (
                     select 1
                     from population_stability_by_run
                     where run_id = ?1
                         and verdict = 'large shift'
                         and not is_within_chance
                         and subject in ('risk_score', 'days_past_due', 'missed_payments', 'outstanding')
                 )";
    Ok(shown.query_row(query, |row| row.get(0))?)
}

pub fn stability(shown: ShownRun<'_>, style: &Style) -> Result<Option<Stability>> {
    let mut statement = shown.prepare(STABILITY)?;
    let mut loans = None;
    let rows = statement.query_map([shown.run_id], |row| {
        loans = Some((row.get("loans_with_outcome")?, row.get("open_loans")?));
        let subject: String = row.get("subject")?;
        Ok(FeatureShift {
            name: label(&subject),
            index: row.get("stability_index")?,
            by_chance: row.get("by_chance")?,
            verdict: row.get("verdict")?,
        })
    })?;
    let shifts: Vec<FeatureShift> = rows.collect::<rusqlite::Result<_>>()?;
    let Some((with_outcome, open)) = loans else { return Ok(None) };
    let number = |value: Option<f64>| format::decimal(value, 2);
    let row = |shift: &FeatureShift| {
        vec![sentence_case(&shift.name), number(shift.index), number(shift.by_chance), shift.reading()]
    };
    let caption = format!(
        "Population stability index of the score, and of the features that differ most: {} with an outcome against {} open \
         and still to be collected",
        style.loans(with_outcome),
        style.count(open)
    );
    let labels = ["Score or feature", "#Index", "#By chance up to", "Reading"];
    let is_any_known = shifts.iter().any(|shift| shift.index.is_some());
    let table = is_any_known.then(|| Table::new(caption, &labels, shifts.iter().take(MOST_SHIFTS).map(row).collect()));
    Ok(Some(Stability { sentence: shifted(&shifts, (with_outcome, open), style), table }))
}

fn label(subject: &str) -> String {
    if subject == "risk_score" { "the score".to_owned() } else { terms::label(subject) }
}

fn shifted(shifts: &[FeatureShift], (with_outcome, open): (i64, i64), style: &Style) -> String {
    if open == 0 {
        return "There are no live loans without an outcome to compare.".to_owned();
    }
    if shifts.iter().all(|shift| shift.index.is_none()) {
        return format!(
            "{} with an outcome and {} open are too few to compare: 50 of each are needed.",
            style.loans(with_outcome),
            style.count(open)
        );
    }
    let large: Vec<String> = shifts.iter().filter(|shift| shift.is_large()).map(|shift| shift.name.clone()).collect();
    if large.is_empty() {
        return "No index is above 0.25 by more than chance explains.".to_owned();
    }
    format!(
        "The index is above 0.25 for {}: live loans differ a lot from those that the scores were tested on, so the test \
         results may not hold for them.",
        list(&large)
    )
}
