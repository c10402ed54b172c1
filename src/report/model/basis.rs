//! What the scores depend on: the weight of each feature, how the mean score changes with the most important ones, and, where
//! points are in use, the points.

use crate::db::ShownRun;
use crate::error::Result;
use crate::report::charts::{Curve, Exhibit, Weight, Weights, Words};
use crate::report::format::{self, Style, list, sentence_case};
use crate::report::table::Table;
use crate::report::terms;

pub const IMPORTANCE: &str = "\
select position, feature, importance, lower_95, upper_95
from feature_importance_by_run
where run_id = ?1
order by position
limit 15;
";
pub const DEPENDENCE: &str = "\
select
    dependence.feature, dependence.label, dependence.value,
    dependence.mean_score
from partial_dependence_by_run as dependence
left join feature_importance_by_run as importance using (run_id, feature)
where run_id = ?1
order by importance.position, dependence.feature, dependence.position;
";
pub const POLICY_POINTS: &str = "\
select measure, lower_bound, points, next_points
from policy_points
where run_id = ?1
order by position;
";

/// Ids in the page.
const CHART_IDS: [&str; 4] = ["dependence-1", "dependence-2", "dependence-3", "dependence-4"];

pub fn importance(shown: ShownRun<'_>) -> Result<Option<Exhibit<Weights>>> {
    let weights: Vec<Weight> = shown.rows(IMPORTANCE, |row| {
        let value: f64 = row.get("importance")?;
        let lower: Option<f64> = row.get("lower_95")?;
        let upper: Option<f64> = row.get("upper_95")?;
        Ok(Weight {
            label: terms::label(&row.get::<_, String>("feature")?),
            value,
            interval: lower.zip(upper),
            text: format::fixed(value, 4),
        })
    })?;
    if weights.is_empty() {
        return Ok(None);
    }
    let is_sure = |weight: &&Weight| weight.interval.map_or(weight.value, |(lower, _)| lower) > 0.0;
    let sure: Vec<_> = weights.iter().filter(is_sure).take(3).map(|weight| weight.label.clone()).collect();
    let sentence = if sure.is_empty() {
        "No feature matters by more than chance explains.".to_owned()
    } else {
        format!("The scores depend most on {}.", list(&sure))
    };
    let words = Words {
        id: "importance",
        title: "How much worse the scores get without each feature".to_owned(),
        description: format!("Bars with 95% intervals, the most important feature first. {sentence}"),
    };
    let interval = |weight: &Weight| {
        weight.interval.map_or_else(
            || format::NONE.to_owned(),
            |(lower, upper)| format!("{} to {}", format::fixed(lower, 4), format::fixed(upper, 4)),
        )
    };
    let row = |weight: &Weight| vec![sentence_case(&weight.label), weight.text.clone(), interval(weight)];
    let table = Table::new(
        "Growth of the mean squared error when the values of a feature are shuffled among loans",
        &["Feature", "#Growth", "#95% interval"],
        weights.iter().map(row).collect(),
    );
    Ok(Some(Exhibit { chart: Weights::new(words, &weights, 0.0), sentence, table: table.without_empty_columns() }))
}

/// A line over the values of a number, bars for the texts of a category.
pub enum DependenceChart {
    Line(Curve),
    Bars(Weights),
}

/// How the mean score changes with the most important features: a heading and a chart for each.
pub struct Dependence {
    pub charts: Vec<(String, DependenceChart)>,
    pub table: Table,
}

struct MeanScoreAt {
    value: f64,
    label: Option<String>,
    mean_score: f64,
}

pub fn dependence(shown: ShownRun<'_>, style: &Style) -> Result<Option<Dependence>> {
    let mut statement = shown.prepare(DEPENDENCE)?;
    let mut rows = statement.query([shown.run_id])?;
    let mut curves: Vec<(String, Vec<MeanScoreAt>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let feature: String = row.get("feature")?;
        let point =
            MeanScoreAt { value: row.get("value")?, label: row.get("label")?, mean_score: row.get("mean_score")? };
        match curves.last_mut() {
            Some((name, points)) if *name == feature => points.push(point),
            _ => curves.push((feature, vec![point])),
        }
    }
    curves.truncate(CHART_IDS.len());
    if curves.is_empty() {
        return Ok(None);
    }
    let points = || curves.iter().flat_map(|(_, points)| points);
    let highest = points().map(|point| point.mean_score).fold(0.0, f64::max);
    let charts =
        curves.iter().zip(CHART_IDS).map(|((name, points), id)| chart(id, name, points, highest, style)).collect();
    let row = |(name, points): &(String, Vec<MeanScoreAt>)| {
        let text = |point| format!("{}: {:.3}", written(name, point, style), point.mean_score);
        vec![sentence_case(&terms::label(name)), points.iter().map(text).collect::<Vec<_>>().join("; ")]
    };
    let labels = ["Feature", "Each value, and the mean score if every loan had it"];
    let table = Table::new("The numbers of these charts", &labels, curves.iter().map(row).collect());
    Ok(Some(Dependence { charts, table }))
}

fn written(name: &str, point: &MeanScoreAt, style: &Style) -> String {
    point.label.clone().unwrap_or_else(|| terms::value(name, point.value, style))
}

fn chart(
    id: &'static str,
    name: &str,
    points: &[MeanScoreAt],
    highest: f64,
    style: &Style,
) -> (String, DependenceChart) {
    let label = terms::label(name);
    let ends = |point: &MeanScoreAt| format!("{:.2} at {}", point.mean_score, written(name, point, style));
    let described: Vec<_> = [points.first(), points.last()].into_iter().flatten().map(ends).collect();
    let words = Words {
        id,
        title: format!("Mean score by {label}"),
        description: format!("{}; the table has the values between.", list(&described)),
    };
    let chart = if points.iter().all(|point| point.label.is_some()) {
        let bar = |point: &MeanScoreAt| Weight {
            label: written(name, point, style),
            value: point.mean_score,
            interval: None,
            text: format!("{:.2}", point.mean_score),
        };
        DependenceChart::Bars(Weights::new(words, &points.iter().map(bar).collect::<Vec<_>>(), highest))
    } else {
        let values: Vec<_> = points.iter().map(|point| (point.value, point.mean_score)).collect();
        DependenceChart::Line(Curve::new(words, &values, highest, label.clone(), |value| {
            terms::value(name, value, style)
        }))
    };
    (sentence_case(&label), chart)
}

pub fn points(shown: ShownRun<'_>, style: &Style) -> Result<Option<Table>> {
    let mut statement = shown.prepare(POLICY_POINTS)?;
    let mut is_stepped = true;
    let rows = statement.query_map([shown.run_id], |row| {
        let measure: String = row.get("measure")?;
        let lower: Option<f64> = row.get("lower_bound")?;
        is_stepped &= row.get::<_, Option<f64>>("next_points")?.is_none();
        let from = lower.map_or_else(|| "not known".to_owned(), |lower| terms::value(&measure, lower, style));
        Ok(vec![sentence_case(&terms::label(&measure)), from, row.get::<_, f64>("points")?.to_string()])
    })?;
    let rows: Vec<Vec<String>> = rows.collect::<rusqlite::Result<_>>()?;
    let caption = if is_stepped {
        "Points by measure: a loan gets those of the highest value that it reaches"
    } else {
        "Points by measure: between two values they change evenly"
    };
    Ok((!rows.is_empty()).then(|| Table::new(caption, &["Measure", "#Value", "#Points"], rows)))
}
