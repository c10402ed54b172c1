//! What each model says that each feature adds to a raw score.
//!
//! Log odds become probabilities by the slope of the chord between base and score; the policy's points begin at 0.

use super::reasons::Account;
use crate::config::FULL_POINTS;
use crate::error::Result;
use crate::features::{Book, Feature};
use crate::risk::candidates::Model;
use crate::risk::evaluate::line::probability;
use crate::risk::forest::Contributions;
use crate::risk::policy::PolicyScores;

const SAME_LOG_ODDS: f64 = 1e-9;

#[derive(Debug)]
pub struct Accounts {
    features: Vec<Feature>,
    bases: Vec<f64>,
    contributions: Vec<f64>,
    /// Whether contributions are points in hundredths.
    is_points: bool,
}

impl Accounts {
    pub fn of(model: &Model, book: &Book, rows: &[usize]) -> Result<Self> {
        let matrix = book.dataset.records();
        let of = |found: Contributions| Self {
            features: matrix.features().to_vec(),
            bases: found.base,
            contributions: found.values,
            is_points: false,
        };
        Ok(match model {
            Model::Forest(fitted) => of(fitted.contributions(&book.dataset, rows)?),
            Model::Boosting(fitted) => of(fitted.contributions(matrix, rows)?).into_probabilities(),
            Model::Logistic(fitted) => of(fitted.contributions(matrix, rows)?).into_probabilities(),
            Model::Policy(policy) => Self::of_policy(policy, rows),
        })
    }

    fn into_probabilities(mut self) -> Self {
        let loans = self.bases.iter_mut().zip(self.contributions.chunks_mut(self.features.len()));
        for (base, parts) in loans {
            let slope = chord(*base, parts.iter().sum());
            parts.iter_mut().for_each(|part| *part *= slope);
            *base = probability(*base);
        }
        self
    }

    fn of_policy(policy: &PolicyScores, rows: &[usize]) -> Self {
        let features = policy.points.iter().map(|(measure, _)| Feature::number(measure.name())).collect();
        let of_loan = |row: &usize| {
            let row = *row;
            policy.points.iter().map(move |(_, points)| f64::from(points[row]) / FULL_POINTS)
        };
        let contributions = rows.iter().flat_map(of_loan).collect();
        Self { features, bases: vec![0.0; rows.len()], contributions, is_points: true }
    }

    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    pub fn account(&self, place: usize) -> Account<'_> {
        let features = self.features.len();
        let contributions = &self.contributions[place * features..(place + 1) * features];
        Account { base: self.bases[place], contributions, is_points: self.is_points }
    }
}

fn chord(base: f64, step: f64) -> f64 {
    if step.abs() < SAME_LOG_ODDS {
        let probability = probability(base);
        return probability * (1.0 - probability);
    }
    (probability(base + step) - probability(base)) / step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Measure;

    #[test]
    fn log_odds_come_to_the_difference_of_the_probabilities() {
        for (base, step) in [(-1.0, 2.0), (0.3, -4.0), (2.0, 0.0), (-3.0, 1e-12)] {
            let wanted = probability(base + step) - probability(base);
            assert!((chord(base, step) * step - wanted).abs() < 1e-12);
        }
        assert!((chord(0.0, 0.0) - 0.25).abs() < 1e-12);
    }

    #[test]
    fn the_account_of_the_scorecard_is_its_points() {
        let points = vec![(Measure::DaysPastDue, vec![0.0, 40.0]), (Measure::Burden, vec![10.0, 0.0])];
        let policy = PolicyScores { scores: vec![0.1, 0.4], points };
        let accounts = Accounts::of_policy(&policy, &[1]);
        let account = accounts.account(0);
        assert!(account.is_points && account.base == 0.0);
        assert_eq!(account.contributions, [0.4, 0.0]);
        assert!((account.base + account.contributions.iter().sum::<f64>() - policy.scores[1]).abs() < 1e-12);
    }
}
