//! How the scores are distributed, and how well they came true.

use crate::config::FULL_POINTS;
use crate::db::ShownRun;
use crate::error::Result;
use crate::report::charts::{Histogram, HistogramColumn, Legend, Reliability, ScoreStep, Words};
use crate::report::format::{Style, decimal, ratio, share};
use crate::report::scale::ScoreScale;
use crate::report::table::Table;

pub const SCORE_BINS: &str = include_str!("../queries/score_bins.sql");
const BOUNDARIES: &str = "\
select distinct lower_score
from strategy_rules
where run_id = ?1
    and lower_score is not null
order by lower_score desc;
";
const BINS: usize = 20;

/// Loans in a twentieth of the range of scores.
#[derive(Clone, Copy, Default)]
struct ScoreBin {
    loans: i64,
    to_collect: i64,
    with_outcome: i64,
    not_recovered: i64,
    sum_of_scores: f64,
}

/// How the scores are spread, and how well they came true.
pub struct Scores {
    pub histogram: Histogram,
    pub sentence: String,
    pub table: Table,
    pub reliability: Option<(Reliability, Table)>,
}

pub fn read(shown: ShownRun<'_>, scale: ScoreScale, style: &Style) -> Result<Option<Scores>> {
    let boundaries: Vec<f64> = shown.rows(BOUNDARIES, |row| row.get("lower_score"))?;
    let mut statement = shown.prepare(SCORE_BINS)?;
    let mut rows = statement.query([shown.run_id])?;
    let mut bins = [ScoreBin::default(); BINS];
    let mut median = 0.0;
    while let Some(row) = rows.next()? {
        let bin = row.get::<_, i64>("bin")?.clamp(0, BINS as i64 - 1);
        median = row.get("median_score")?;
        bins[bin as usize] = ScoreBin {
            loans: row.get("loans")?,
            to_collect: row.get("loans_to_collect")?,
            with_outcome: row.get("loans_with_outcome")?,
            not_recovered: row.get::<_, Option<i64>>("loans_not_recovered")?.unwrap_or(0),
            sum_of_scores: row.get::<_, Option<f64>>("sum_of_scores_with_outcome")?.unwrap_or(0.0),
        };
    }
    let total: i64 = bins.iter().map(|bin| bin.loans).sum();
    if total == 0 {
        return Ok(None);
    }
    let points = decimal(Some(median * FULL_POINTS), 1);
    let sentence = match (scale, total) {
        (ScoreScale::Probability, 1) => format!("The only scored loan has a score of {median:.3}."),
        (ScoreScale::Probability, _) => {
            format!("Half of the {} scored loans have a score of {median:.3} or less.", style.count(total))
        }
        (ScoreScale::Points, 1) => format!("The only scored loan has {points} points."),
        (ScoreScale::Points, _) => format!("Half of the {} have {points} points or fewer.", style.loans(total)),
    };
    let columns = bins.map(|bin| HistogramColumn { below: bin.to_collect, above: bin.loans - bin.to_collect });
    let words = Words {
        id: "scores",
        title: format!("{} of all scored loans", if scale.is_points() { "Points" } else { "Risk scores" }),
        description: match scale {
            ScoreScale::Probability => format!("Columns of 0.05 from 0 to 1. {sentence}"),
            ScoreScale::Points => format!("Columns of 5 points from 0 to 100. {sentence}"),
        },
    };
    let along = if scale.is_points() { "points" } else { "risk score" };
    let mut histogram = Histogram::new(words, &columns, 0.05, along.to_owned(), ["to-collect", "closed"], style)
        .with_scores(&boundaries, scale);
    let kinds = [
        ("to-collect", "still to be collected", columns.iter().any(|column| column.below > 0)),
        ("closed", "closed: recovered, written off or nothing owed", columns.iter().any(|column| column.above > 0)),
    ];
    let seen = kinds.into_iter().filter(|(.., is_seen)| *is_seen);
    histogram.legend = seen.map(|(class, label, _)| Legend::of_area(class, label.to_owned())).collect();
    let row = |(place, bin): (usize, &ScoreBin)| {
        let from = place as f64 / BINS as f64;
        let score = scale.band(&format!("{from:.2} to {:.2}", from + 1.0 / BINS as f64));
        vec![score, style.count(bin.loans), style.count(bin.to_collect)]
    };
    let rows = bins.iter().enumerate().filter(|(_, bin)| bin.loans > 0).map(row).collect();
    let caption = if scale.is_points() { "Loans by points" } else { "Scored loans by risk score" };
    let table = Table::new(caption, &[scale.label(), "#Loans", "#To collect"], rows);
    // Points predict no share that could be compared with the actual one.
    let reliability = if scale.is_points() { None } else { reliability(&bins, style) };
    Ok(Some(Scores { histogram, sentence, table, reliability }))
}

fn reliability(bins: &[ScoreBin; BINS], style: &Style) -> Option<(Reliability, Table)> {
    let mut steps = Vec::new();
    let mut rows = Vec::new();
    for (position, pair) in bins.chunks(2).enumerate() {
        let loans: i64 = pair.iter().map(|bin| bin.with_outcome).sum();
        if loans == 0 {
            continue;
        }
        let predicted = pair.iter().map(|bin| bin.sum_of_scores).sum::<f64>() / loans as f64;
        let not_recovered: i64 = pair.iter().map(|bin| bin.not_recovered).sum();
        let observed = ratio(not_recovered as f64, loans as f64);
        steps.push(ScoreStep { predicted, observed, loans });
        rows.push(vec![
            format!("{:.1} to {:.1}", position as f64 / 10.0, (position + 1) as f64 / 10.0),
            style.count(loans),
            share(predicted),
            share(observed),
        ]);
    }
    if steps.is_empty() {
        return None;
    }
    let words = Words {
        id: "reliability",
        title: "Share not recovered: predicted and actual".to_owned(),
        description: "A mark for each step of 0.1 that holds loans; the table has the numbers.".to_owned(),
    };
    let labels = ["Score", "#Loans", "#Predicted", "#Actual"];
    Some((
        Reliability::new(words, &steps),
        Table::new("Share not recovered by score, of loans with an outcome", &labels, rows),
    ))
}
