//! How the scores treat groups of borrowers: the shares of each, the largest differences, and which loans still to be
//! collected the scores flag. A screen, not a verdict.

use rusqlite::Row;

use crate::db::ShownRun;
use crate::error::Result;
use crate::report::format::{self, Style, share};
use crate::report::scale::ScoreScale;
use crate::report::table::Table;
use crate::report::terms;

pub const FAIRNESS: &str = "\
select
    attribute, group_name, loans, not_recovered, share_flagged,
    share_flagged_lower_95, share_flagged_upper_95, true_positive_rate,
    true_positive_rate_lower_95, true_positive_rate_upper_95,
    false_positive_rate, false_positive_rate_lower_95,
    false_positive_rate_upper_95, share_not_recovered,
    share_not_recovered_lower_95, share_not_recovered_upper_95, mean_score
from fairness_screen_by_run
where run_id = ?1
order by attribute desc, position;
";
pub const DIFFERENCES: &str = "\
select
    attribute, measure, higher_group, lower_group, difference, lower_95,
    upper_95, pairs_compared, is_within_chance
from fairness_differences_by_run
where run_id = ?1
order by attribute desc, position;
";
pub const FLAGGED: &str = "\
select
    attribute, group_name, loans, flagged, share_flagged,
    share_flagged_lower_95, share_flagged_upper_95
from fairness_to_collect_by_run
where run_id = ?1
order by attribute desc, position;
";

const TOO_FEW: &str = "too few";

const ACTUAL_RATE: &str = "Actual rate";

pub struct GroupShare {
    pub label: &'static str,
    pub value: String,
    pub interval: String,
}

pub struct BorrowerGroup {
    pub name: String,
    pub loans: String,
    pub not_recovered: String,
    pub cells: Vec<GroupShare>,
}

/// The groups by one attribute.
#[derive(Default)]
pub struct GroupScreen {
    pub attribute: String,
    pub groups: Vec<BorrowerGroup>,
    /// The largest difference in each measure: its label, and a sentence.
    pub differences: Vec<(&'static str, String)>,
    /// Loans still to be collected.
    pub to_collect: Option<Table>,
}

/// The shares of a group: columns of the view, and labels.
const SHARES: [(&str, &str); 4] = [
    ("share_flagged", "Flagged"),
    ("true_positive_rate", "Caught"),
    ("false_positive_rate", "False alarms"),
    ("share_not_recovered", ACTUAL_RATE),
];

/// Loans with an outcome are shown only where they can judge the scores (`is_judged`).
pub fn fairness(shown: ShownRun<'_>, scale: ScoreScale, is_judged: bool, style: &Style) -> Result<Vec<GroupScreen>> {
    let mut screens: Vec<GroupScreen> = Vec::new();
    if is_judged {
        add_groups(shown, &mut screens, scale, style)?;
        add_differences(shown, &mut screens, scale, style)?;
    }
    add_to_collect(shown, &mut screens, style)?;
    Ok(screens)
}

fn add_groups(shown: ShownRun<'_>, screens: &mut Vec<GroupScreen>, scale: ScoreScale, style: &Style) -> Result<()> {
    let mut statement = shown.prepare(FAIRNESS)?;
    let mut rows = statement.query([shown.run_id])?;
    while let Some(row) = rows.next()? {
        let attribute = terms::label(&row.get::<_, String>("attribute")?);
        let group = group(row, scale, style)?;
        match screens.last_mut() {
            Some(screen) if screen.attribute == attribute => screen.groups.push(group),
            _ => screens.push(GroupScreen { attribute, groups: vec![group], ..GroupScreen::default() }),
        }
    }
    Ok(())
}

fn by<'a>(screens: &'a mut Vec<GroupScreen>, attribute: &str) -> &'a mut GroupScreen {
    let attribute = terms::label(attribute);
    let place = screens.iter().position(|screen| screen.attribute == attribute).unwrap_or_else(|| {
        screens.push(GroupScreen { attribute, ..GroupScreen::default() });
        screens.len() - 1
    });
    &mut screens[place]
}

/// Points predict no rate, so the actual rate is not compared with them.
fn add_differences(
    shown: ShownRun<'_>,
    screens: &mut Vec<GroupScreen>,
    scale: ScoreScale,
    style: &Style,
) -> Result<()> {
    let mut statement = shown.prepare(DIFFERENCES)?;
    let mut rows = statement.query([shown.run_id])?;
    while let Some(row) = rows.next()? {
        let (label, sentence) = difference(row, style)?;
        if scale.is_points() && label == ACTUAL_RATE {
            continue;
        }
        by(screens, &row.get::<_, String>("attribute")?).differences.push((label, sentence));
    }
    Ok(())
}

fn difference(row: &Row<'_>, style: &Style) -> rusqlite::Result<(&'static str, String)> {
    let (label, what) = match row.get_ref("measure")?.as_str()? {
        "share_flagged" => ("Flagged", "A larger share is flagged"),
        "true_positive_rate" => ("Caught", "Of loans not recovered, a larger share is flagged"),
        "false_positive_rate" => ("False alarms", "Of loans fully recovered, a larger share is flagged"),
        _ => (ACTUAL_RATE, "Compared with the scores, a larger share is not recovered"),
    };
    let (higher, lower): (Option<String>, Option<String>) = (row.get("higher_group")?, row.get("lower_group")?);
    let value: Option<f64> = row.get("difference")?;
    let (Some(value), Some((higher, lower))) = (value, higher.zip(lower)) else {
        return Ok((label, "Too few loans to compare two groups.".to_owned()));
    };
    if value == 0.0 {
        return Ok((label, "The same in all groups with enough loans.".to_owned()));
    }
    let pairs: i64 = row.get("pairs_compared")?;
    let [from, to] = [row.get("lower_95")?, row.get("upper_95")?].map(points);
    let of = if pairs == 1 { String::new() } else { format!(" over all {} pairs of groups", style.count(pairs)) };
    let sentence = if row.get("is_within_chance")? {
        format!(
            "Groups with enough loans do not differ by more than chance (95% interval of the largest difference{of}: {from} to {to} points)."
        )
    } else {
        format!(
            "{what} for “{higher}” than for “{lower}”, by {} points (95% interval{of}: {from} to {to}): more than chance explains.",
            points(value)
        )
    };
    Ok((label, sentence))
}

/// A share in percentage points.
fn points(share: f64) -> String {
    format::fixed(share * 100.0, 1)
}

fn add_to_collect(shown: ShownRun<'_>, screens: &mut Vec<GroupScreen>, style: &Style) -> Result<()> {
    let mut statement = shown.prepare(FLAGGED)?;
    let mut rows = statement.query([shown.run_id])?;
    let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let attribute: String = row.get("attribute")?;
        let value: Option<f64> = row.get("share_flagged")?;
        let interval = interval(row, "share_flagged")?;
        let cells = vec![
            row.get("group_name")?,
            style.count(row.get("loans")?),
            style.count(row.get("flagged")?),
            value.map_or_else(|| TOO_FEW.to_owned(), share),
            if interval.is_empty() { format::NONE.to_owned() } else { interval },
        ];
        match tables.last_mut() {
            Some((of, cells_of)) if *of == attribute => cells_of.push(cells),
            _ => tables.push((attribute, vec![cells])),
        }
    }
    for (attribute, rows) in tables {
        let screen = by(screens, &attribute);
        let caption = format!("Loans still to be collected, by {}", screen.attribute);
        let labels = ["Group", "#To collect", "#Flagged", "#Share", "#95% interval"];
        screen.to_collect = Some(Table::new(caption, &labels, rows));
    }
    Ok(())
}

/// The interval of a share, empty where there is none.
fn interval(row: &Row<'_>, column: &str) -> rusqlite::Result<String> {
    let lower: Option<f64> = row.get(format!("{column}_lower_95").as_str())?;
    let upper: Option<f64> = row.get(format!("{column}_upper_95").as_str())?;
    let ends = |(lower, upper): (f64, f64)| format!("{:.0} to {:.0}%", lower * 100.0, upper * 100.0);
    Ok(lower.zip(upper).map_or_else(String::new, ends))
}

fn group(row: &Row<'_>, scale: ScoreScale, style: &Style) -> rusqlite::Result<BorrowerGroup> {
    let mut cells = Vec::new();
    for (column, label) in SHARES {
        let value: Option<f64> = row.get(column)?;
        let value = value.map_or_else(|| TOO_FEW.to_owned(), share);
        cells.push(GroupShare { label, value, interval: interval(row, column)? });
    }
    let label = if scale.is_points() { "Mean points" } else { "Mean score" };
    cells.push(GroupShare { label, value: scale.written(row.get("mean_score")?, 3), interval: String::new() });
    Ok(BorrowerGroup {
        name: row.get("group_name")?,
        loans: style.count(row.get("loans")?),
        not_recovered: style.count(row.get("not_recovered")?),
        cells,
    })
}
