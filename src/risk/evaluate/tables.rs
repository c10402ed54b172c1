//! Tables by score: what was promised and what came, and how many of the bad loans the riskiest hold.

use super::tied::Tied;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityRow {
    pub loans: u64,
    pub mean_score: f64,
    pub observed_rate: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LiftRow {
    pub loans: u64,
    pub not_recovered: u64,
    pub mean_score: f64,
    pub lift: f64,
    /// The share of the book's positives that this row and those before it hold, 0 to 1.
    pub captured: f64,
}

#[derive(Default)]
struct Group {
    loans: u64,
    positives: u64,
    scores: f64,
}

/// The loans in this many groups of about equal count, lowest scores first. Loans with equal scores stay together, so groups
/// are fewer and less equal where many scores are equal.
fn grouped(tied: &[Tied], loans: u64, groups: usize) -> Vec<Group> {
    let group_of = |middle: f64| (middle * groups as f64 / loans as f64) as usize;
    let mut table: Vec<(usize, Group)> = Vec::with_capacity(groups);
    let mut before = 0u64;
    for tied in tied {
        let place = group_of(before as f64 + tied.loans() as f64 / 2.0);
        before += tied.loans();
        if table.last().is_none_or(|(last, _)| *last != place) {
            table.push((place, Group::default()));
        }
        if let Some((_, group)) = table.last_mut() {
            group.loans += tied.loans();
            group.positives += tied.positives;
            group.scores += tied.score * tied.loans() as f64;
        }
    }
    table.into_iter().map(|(_, group)| group).collect()
}

pub(super) fn reliability(tied: &[Tied], loans: u64, groups: usize) -> Vec<ReliabilityRow> {
    let row = |group: Group| ReliabilityRow {
        loans: group.loans,
        mean_score: group.scores / group.loans as f64,
        observed_rate: group.positives as f64 / group.loans as f64,
    };
    grouped(tied, loans, groups).into_iter().map(row).collect()
}

pub(super) fn lift(tied: &[Tied], loans: u64, positives: u64, groups: usize) -> Vec<LiftRow> {
    let base_rate = positives as f64 / loans as f64;
    let mut captured = 0;
    let row = |group: Group| {
        captured += group.positives;
        LiftRow {
            loans: group.loans,
            not_recovered: group.positives,
            mean_score: group.scores / group.loans as f64,
            lift: group.positives as f64 / group.loans as f64 / base_rate,
            captured: captured as f64 / positives as f64,
        }
    };
    grouped(tied, loans, groups).into_iter().rev().map(row).collect()
}

pub(super) fn expected_calibration_error(table: &[ReliabilityRow]) -> f64 {
    let loans: u64 = table.iter().map(|row| row.loans).sum();
    let distance = |row: &ReliabilityRow| row.loans as f64 * (row.mean_score - row.observed_rate).abs();
    table.iter().map(distance).sum::<f64>() / loans as f64
}
