//! What was looked into before the scores were used: whether a column gives the outcome away, and how the scores treat groups
//! of borrowers.

use rusqlite::{Connection, Row};

use crate::error::Result;
use crate::report::format::{self, count, list, sentence_case, share};
use crate::report::table::Table;
use crate::report::terms;

pub const AUDIT: &str = include_str!("../queries/audit.sql");
pub const FAIRNESS: &str = include_str!("../queries/fairness.sql");

/// The verdicts of the audit in the order in which they matter, with their words.
const VERDICTS: [(&str, &str); 3] =
    [("refused", "refused"), ("warned", "used, with a warning"), ("barred", "never used")];

/// The leak audit: what it found, and one sentence on what it did not.
pub struct Audit {
    pub findings: Option<Table>,
    pub sentence: String,
}

struct Finding {
    subject: String,
    verdict: String,
    reason: String,
    auc: Option<f64>,
    alone: String,
}

/// Reads the audit; `None` where the run made none.
///
/// # Errors
/// Those of the database.
pub fn audit(connection: &Connection) -> Result<Option<Audit>> {
    let mut statement = connection.prepare(AUDIT)?;
    let findings = statement.query_map([], |row| {
        let auc: Option<f64> = row.get("auc_alone")?;
        let lower: Option<f64> = row.get("lower_95")?;
        let upper: Option<f64> = row.get("upper_95")?;
        let interval =
            lower.zip(upper).map_or_else(String::new, |(lower, upper)| format!(" ({lower:.2} to {upper:.2})"));
        Ok(Finding {
            subject: terms::label(&row.get::<_, String>("subject")?),
            verdict: row.get("verdict")?,
            reason: row.get("reason")?,
            auc,
            alone: auc.map_or_else(|| format::NONE.to_owned(), |auc| format!("{auc:.2}{interval}")),
        })
    })?;
    let findings: Vec<Finding> = findings.collect::<rusqlite::Result<_>>()?;
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
    let caption = "What the audit warned of or barred; with the AUC of the column alone and its 95% interval where that could be taken";
    let table = (!rows.is_empty()).then(|| Table::new(caption, &labels, rows).without_empty_columns());
    Ok(Some(Audit { findings: table, sentence: unremarkable(&findings) }))
}

fn unremarkable(findings: &[Finding]) -> String {
    let used: Vec<_> = findings.iter().filter(|finding| finding.verdict == "used").collect();
    let names: Vec<_> = used.iter().map(|finding| finding.subject.clone()).collect();
    let strongest = used.iter().filter_map(|finding| Some((finding.auc?, finding))).max_by(|a, b| a.0.total_cmp(&b.0));
    let mut sentence = match used.len() {
        0 => return "No feature was used without remark.".to_owned(),
        1 => format!("One feature was used without remark: {}.", names[0]),
        number => format!("{number} features were used without remark: {}.", list(&names)),
    };
    if let Some((_, finding)) = strongest {
        sentence += &format!(
            " The one that tells most by itself is {}: AUC {}, where 0.50 is chance.",
            finding.subject, finding.alone
        );
    }
    sentence
}

/// A share of a group, with its interval.
#[derive(Debug)]
pub struct Cell {
    pub label: &'static str,
    pub value: String,
    pub interval: String,
}

/// A group of borrowers.
#[derive(Debug)]
pub struct Group {
    pub name: String,
    pub loans: String,
    pub not_recovered: String,
    pub cells: Vec<Cell>,
}

/// The groups by one attribute.
#[derive(Debug)]
pub struct Screen {
    pub attribute: String,
    pub groups: Vec<Group>,
}

/// The shares of a group: their columns in the view, and what they are called.
const SHARES: [(&str, &str); 4] = [
    ("share_flagged", "Flagged"),
    ("true_positive_rate", "Caught"),
    ("false_positive_rate", "False alarms"),
    ("share_not_recovered", "Came about"),
];

/// Reads the screen, a part an attribute.
///
/// # Errors
/// Those of the database.
pub fn fairness(connection: &Connection) -> Result<Vec<Screen>> {
    let mut statement = connection.prepare(FAIRNESS)?;
    let mut rows = statement.query([])?;
    let mut screens: Vec<Screen> = Vec::new();
    while let Some(row) = rows.next()? {
        let attribute = terms::label(&row.get::<_, String>("attribute")?);
        let group = group(row)?;
        match screens.last_mut() {
            Some(screen) if screen.attribute == attribute => screen.groups.push(group),
            _ => screens.push(Screen { attribute, groups: vec![group] }),
        }
    }
    Ok(screens)
}

fn group(row: &Row<'_>) -> rusqlite::Result<Group> {
    let mut cells = Vec::new();
    for (column, label) in SHARES {
        let value: Option<f64> = row.get(column)?;
        let lower: Option<f64> = row.get(format!("{column}_lower_95").as_str())?;
        let upper: Option<f64> = row.get(format!("{column}_upper_95").as_str())?;
        cells.push(Cell {
            label,
            value: value.map_or_else(|| "too few".to_owned(), share),
            interval: value
                .and(lower.zip(upper))
                .map_or_else(String::new, |(lower, upper)| format!("{:.0} to {:.0}%", lower * 100.0, upper * 100.0)),
        });
    }
    let mean_score: Option<f64> = row.get("mean_score")?;
    cells.push(Cell { label: "Mean score", value: format::decimal(mean_score, 3), interval: String::new() });
    Ok(Group {
        name: row.get("group_name")?,
        loans: count(row.get("loans")?),
        not_recovered: count(row.get("not_recovered")?),
        cells,
    })
}
