//! The segments of borrowers and how they differ.

use super::format::{self, Style, decimal, share, share_or_none};
use super::portfolio::Portfolio;
use super::scale::ScoreScale;
use super::segmentation::{self, Named};
use super::table::Table;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;

pub const SEGMENTS: &str = "\
select
    position, segment, segment_before, loans, live_loans, outstanding,
    average_income, average_loan_amount, average_burden,
    average_missed_payments, average_days_past_due, loans_with_outcome,
    loans_not_recovered, share_not_recovered, average_risk_score
from segment_summary_by_run
where run_id = ?1
order by position;
";

pub struct Segments {
    pub names: Vec<String>,
    pub table: Table,
    pub sentence: String,
    /// When they were learnt, and what changed since the run before.
    pub learnt: Option<String>,
}

struct SegmentLine {
    name: String,
    name_before: Option<String>,
    live_loans: i64,
    outstanding: f64,
    not_recovered: Count,
    cells: Vec<String>,
}

pub fn read(
    shown: ShownRun<'_>,
    portfolio: &Portfolio,
    scale: ScoreScale,
    chance: &Chance,
    style: &Style,
) -> Result<Option<Segments>> {
    let lines: Vec<SegmentLine> = shown.rows(SEGMENTS, |row| {
        let name: String = row.get("segment")?;
        let loans: i64 = row.get("loans")?;
        let outstanding: f64 = row.get("outstanding")?;
        let not_recovered = Count::new(row.get("loans_not_recovered")?, row.get("loans_with_outcome")?);
        let cells = vec![
            name.clone(),
            style.count(loans),
            style.amount(outstanding),
            style.amount_or_none(row.get("average_income")?),
            style.amount_or_none(row.get("average_loan_amount")?),
            share_or_none(row.get("average_burden")?),
            decimal(row.get("average_missed_payments")?, 1),
            decimal(row.get("average_days_past_due")?, 0),
            share_or_none(row.get("share_not_recovered")?),
            scale.written(row.get("average_risk_score")?, 2),
        ];
        let name_before = row.get("segment_before")?;
        Ok(SegmentLine { name, name_before, live_loans: row.get("live_loans")?, outstanding, not_recovered, cells })
    })?;
    if lines.is_empty() {
        return Ok(None);
    }
    let labels = [
        "Segment",
        "#Loans",
        "#Outstanding",
        "#Average income",
        "#Average loan",
        "#Burden",
        "#Missed",
        "#DPD",
        "#Not recovered",
        if scale.is_points() { "#Points" } else { "#Score" },
    ];
    let sentence = sentence(&lines, portfolio, chance, style);
    let caption = format!("Averages by segment, missing values left out; amounts in {}", portfolio.currency);
    let (named, rows): (Vec<Named>, Vec<_>) =
        lines.into_iter().map(|line| (Named { name: line.name, before: line.name_before }, line.cells)).unzip();
    let learnt = segmentation::sentence(shown, &named, style)?;
    let names = named.into_iter().map(|named| named.name).collect();
    Ok(Some(Segments { names, table: Table::new(caption, &labels, rows).without_empty_columns(), sentence, learnt }))
}

fn sentence(lines: &[SegmentLine], portfolio: &Portfolio, chance: &Chance, style: &Style) -> String {
    let Some(largest) = lines.iter().max_by(|a, b| a.outstanding.total_cmp(&b.outstanding)).filter(|_| lines.len() > 1)
    else {
        return "The loans differ too little in these to form groups.".to_owned();
    };
    let first = if largest.outstanding > 0.0 {
        format!(
            "“{}” owes the most: {} of the gross portfolio on {}. ",
            largest.name,
            share(format::ratio(largest.outstanding, portfolio.outstanding)),
            style.loans(largest.live_loans)
        )
    } else {
        String::new()
    };
    let counts: Vec<Count> = lines.iter().map(|line| line.not_recovered).collect();
    let described = |place: usize| {
        let Count { having, of } = counts[place];
        let [having, of_loans] = [having, of].map(|number| style.count(number as i64));
        format!("“{}” ({}: {having} of {of_loans})", lines[place].name, share(counts[place].share()))
    };
    let known: u64 = counts.iter().map(|count| count.of).sum();
    match chance.furthest_apart(&counts) {
        Some((worst, best)) => format!(
            "{first}Of loans with an outcome, more were not fully recovered in {} than in {}. This is more than chance explains.",
            described(worst),
            described(best)
        ),
        None if counts.iter().filter(|count| count.of > 0).count() > 1 => format!(
            "{first}The share not fully recovered does not differ between segments by more than chance (n = {}).",
            style.count(known as i64)
        ),
        None => first.trim_end().to_owned(),
    }
}
