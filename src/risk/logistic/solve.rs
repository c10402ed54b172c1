//! The coefficients of one design matrix at one strength of the penalty, by linfa-logistic (L-BFGS).
//!
//! linfa's probabilities are those of the more frequent label, against its documentation, so coefficients are turned round where
//! that is `false`. Folds are solved roughly in single precision, in half the time; the model that is kept, in double.

use linfa::ParamGuard;
use linfa::dataset::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::LogisticRegression;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, ShapeBuilder};
use serde::{Deserialize, Serialize};

use crate::features::Monotone;
use crate::risk::RiskError;

/// The gradient that ends a fit, in units of `sqrt(loans) / 2`: what is left to gain then is far below one unit of log
/// likelihood, where the noise of the coefficients themselves makes up half a unit for each of them.
const ROUGH: f64 = 0.2;
const EXACT: f64 = 1e-4;
const MOST_ITERATIONS: u64 = 300;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Solution {
    pub weights: Vec<f64>,
    pub intercept: f64,
}

/// Solves in the given precision, from a start towards which nothing draws.
macro_rules! solver {
    ($name:ident, $float:ty, $tolerance:expr) => {
        fn $name(
            cells: ArrayView2<$float>,
            outcomes: ArrayView1<bool>,
            alpha: f64,
            start: &Solution,
        ) -> Result<Solution, RiskError> {
            let loans = outcomes.len();
            let towards = turn(outcomes.iter().filter(|is_positive| **is_positive).count() * 2 >= loans);
            let start: Array1<$float> =
                start.weights.iter().chain([&start.intercept]).map(|value| (towards * value) as $float).collect();
            let fitted = LogisticRegression::default()
                .alpha(alpha as $float)
                .initial_params(start)
                .gradient_tolerance(($tolerance * (loans as f64).sqrt() / 2.0) as $float)
                .max_iterations(MOST_ITERATIONS)
                .check()
                .and_then(|params| params.fit(&DatasetBase::new(cells, outcomes)))
                .map_err(|error| RiskError::Regression(error.to_string()))?;
            let back = turn(fitted.labels().pos.class);
            let weights = fitted.params().iter().map(|weight| back * f64::from(*weight)).collect();
            Ok(Solution { weights, intercept: back * f64::from(fitted.intercept()) })
        }
    };
}

solver!(solve_roughly, f32, ROUGH);
solver!(solve_exactly, f64, EXACT);

fn turn(is_of_true: bool) -> f64 {
    if is_of_true { 1.0 } else { -1.0 }
}

pub(super) struct Problem {
    cells: Array2<f32>,
    outcomes: Array1<bool>,
    directions: Vec<Monotone>,
}

impl Problem {
    pub fn new(cells: Vec<f32>, outcomes: Vec<bool>) -> Self {
        let shape = (outcomes.len(), cells.len() / outcomes.len());
        let cells = Array2::from_shape_vec(shape.f(), cells).expect("whole columns");
        let directions = vec![Monotone::None; cells.ncols()];
        Self { cells, outcomes: Array1::from(outcomes), directions }
    }

    /// The same with a direction for each column: one whose coefficient would go against it is left out.
    pub fn with_directions(self, directions: Vec<Monotone>) -> Self {
        assert_eq!(directions.len(), self.cells.ncols(), "a direction for each column");
        Self { directions, ..self }
    }

    /// The solution at each of the alphas, which go from strong to weak, each solved from the one before.
    pub fn path(&self, alphas: impl Iterator<Item = f64>) -> Result<Vec<Solution>, RiskError> {
        let mut last = self.without_columns();
        let mut kept: Vec<usize> = (0..self.cells.ncols()).collect();
        let next = |alpha: f64| {
            if self.has_something_to_learn() {
                last = self.solve(&mut kept, &last, |columns, start| {
                    let outcomes = self.outcomes.view();
                    match columns {
                        None => solve_roughly(self.cells.view(), outcomes, alpha, start),
                        Some(columns) => {
                            solve_roughly(self.cells.select(Axis(1), columns).view(), outcomes, alpha, start)
                        }
                    }
                })?;
            }
            Ok(last.clone())
        };
        alphas.map(next).collect()
    }

    pub fn refined(&self, alpha: f64, start: &Solution) -> Result<Solution, RiskError> {
        if !self.has_something_to_learn() {
            return Ok(start.clone());
        }
        let is_kept = |column: &usize| start.weights[*column] != 0.0 || self.directions[*column] == Monotone::None;
        let mut kept: Vec<usize> = (0..self.cells.ncols()).filter(is_kept).collect();
        self.solve(&mut kept, start, |columns, start| {
            let cells = columns.map_or_else(|| self.cells.clone(), |columns| self.cells.select(Axis(1), columns));
            solve_exactly(cells.mapv(f64::from).view(), self.outcomes.view(), alpha, start)
        })
    }

    /// Solves with the kept columns, and leaves out of them those whose coefficient goes against their direction, until
    /// there is none. `solve` is given the columns, or none where it is all of them.
    fn solve(
        &self,
        kept: &mut Vec<usize>,
        start: &Solution,
        solve: impl Fn(Option<&[usize]>, &Solution) -> Result<Solution, RiskError>,
    ) -> Result<Solution, RiskError> {
        let mut weights = start.weights.clone();
        let mut intercept = start.intercept;
        loop {
            if kept.is_empty() {
                return Ok(self.without_columns());
            }
            let start = Solution { weights: kept.iter().map(|column| weights[*column]).collect(), intercept };
            let columns = (kept.len() < self.cells.ncols()).then_some(&kept[..]);
            let solved = solve(columns, &start)?;
            weights.fill(0.0);
            kept.iter().zip(&solved.weights).for_each(|(column, weight)| weights[*column] = *weight);
            intercept = solved.intercept;
            let is_right = |column: &usize| match self.directions[*column] {
                Monotone::None => true,
                Monotone::Up => weights[*column] >= 0.0,
                Monotone::Down => weights[*column] <= 0.0,
            };
            let before = kept.len();
            kept.retain(is_right);
            if kept.len() == before {
                return Ok(Solution { weights, intercept });
            }
        }
    }

    fn has_something_to_learn(&self) -> bool {
        let positives = self.positives();
        self.cells.ncols() > 0 && positives > 0 && positives < self.outcomes.len()
    }

    fn positives(&self) -> usize {
        self.outcomes.iter().filter(|is_positive| **is_positive).count()
    }

    /// The share of positives for every loan. Where all are of one kind, half a loan of the other is added, so that the
    /// log-odds are finite.
    fn without_columns(&self) -> Solution {
        let (positives, loans) = (self.positives() as f64, self.outcomes.len() as f64);
        let added = if positives == 0.0 || positives == loans { 0.5 } else { 0.0 };
        let intercept = ((positives + added) / (loans - positives + added)).ln();
        Solution { weights: vec![0.0; self.cells.ncols()], intercept }
    }
}

impl Solution {
    pub fn log_odds(&self, cells: &[f32], loans: usize) -> Vec<f64> {
        let mut log_odds = vec![self.intercept; loans];
        for (weight, column) in self.weights.iter().zip(cells.chunks_exact(loans.max(1))) {
            for (sum, cell) in log_odds.iter_mut().zip(column) {
                *sum += weight * f64::from(*cell);
            }
        }
        log_odds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve loans in two groups: of the six where the column is 1, four are positive; of the others, two.
    fn two_groups() -> Problem {
        let cells = (0..12).map(|loan| if loan < 6 { 1.0 } else { -1.0 }).collect();
        let outcomes = (0..12).map(|loan| [0, 1, 2, 3, 6, 7].contains(&loan)).collect();
        Problem::new(cells, outcomes)
    }

    #[test]
    fn the_closed_solution_of_two_groups_is_found_and_speaks_of_those_not_recovered() {
        let start = two_groups().without_columns();
        let solution = two_groups().refined(0.0, &start).unwrap();
        // Without penalty each group gets its own share: log-odds of +ln 2 and -ln 2.
        assert!((solution.weights[0] - 2f64.ln()).abs() < 1e-4, "{solution:?}");
        assert!(solution.intercept.abs() < 1e-4, "{solution:?}");
        let log_odds = solution.log_odds(&[1.0, -1.0], 2);
        assert!((1.0 / (1.0 + (-log_odds[0]).exp()) - 4.0 / 6.0).abs() < 1e-4);
    }

    #[test]
    fn the_penalty_shrinks_to_where_its_pull_equals_the_gradient() {
        let solution = two_groups().refined(3.0, &two_groups().without_columns()).unwrap();
        // With intercept 0 by symmetry: 12 (p - 4/6) + 3 w = 0 at p = 1 / (1 + exp(-w)).
        let weight = solution.weights[0];
        let gradient = 12.0 * (1.0 / (1.0 + (-weight).exp()) - 4.0 / 6.0) + 3.0 * weight;
        assert!(gradient.abs() < 1e-3, "{weight} leaves {gradient}");
    }

    #[test]
    fn probabilities_speak_of_those_not_recovered_whichever_kind_is_frequent_or_first() {
        // Of the six loans in each group this many are positive; the log-odds of the groups are those of the counts.
        for (in_first, in_second) in [(1, 2), (2, 1), (4, 5), (5, 4), (2, 4), (4, 2)] {
            let cells = (0..12).map(|loan| if loan < 6 { 1.0 } else { -1.0 }).collect();
            let outcomes = (0..12).map(|loan| loan < in_first || (6..6 + in_second).contains(&loan)).collect();
            let problem = Problem::new(cells, outcomes);
            let start = problem.path([1e-3].into_iter()).unwrap().remove(0);
            let solution = problem.refined(0.0, &start).unwrap();
            for (cell, positives) in [(1.0, in_first), (-1.0, in_second)] {
                let expected = (f64::from(positives) / f64::from(6 - positives)).ln();
                assert!((solution.log_odds(&[cell], 1)[0] - expected).abs() < 1e-3, "{positives} of 6: {solution:?}");
            }
        }
    }

    #[test]
    fn a_column_that_would_go_against_its_direction_is_left_out() {
        // Both columns go with the outcome, the first more closely.
        let first = (0..60).map(|loan| if loan < 30 { 1.0 } else { -1.0 });
        let second = (0..60).map(|loan| if (loan < 30) ^ (loan % 6 == 0) { 1.0 } else { -1.0 });
        let cells: Vec<f32> = first.chain(second).collect();
        let outcomes: Vec<bool> = (0..60).map(|loan| (loan < 30) ^ (loan % 5 == 0)).collect();
        let weights = |directions: [Monotone; 2]| {
            let problem = Problem::new(cells.clone(), outcomes.clone()).with_directions(directions.to_vec());
            let rough = problem.path([1.0, 0.01].into_iter()).unwrap().pop().unwrap();
            let exact = problem.refined(0.01, &rough).unwrap();
            let is_kept = |weights: &[f64]| weights.iter().map(|weight| *weight != 0.0).collect::<Vec<_>>();
            assert_eq!(is_kept(&rough.weights), is_kept(&exact.weights));
            exact.weights
        };
        assert!(weights([Monotone::Up, Monotone::None])[0] > 0.5);
        let turned = weights([Monotone::Down, Monotone::Up]);
        assert!(turned[0] == 0.0 && turned[1] > 0.5, "{turned:?}");
        assert_eq!(weights([Monotone::Down, Monotone::Down]), [0.0, 0.0]);
    }

    #[test]
    fn one_kind_of_outcome_or_no_column_leaves_the_share_of_positives() {
        let alphas = || [1.0, 0.1].into_iter();
        let one_kind = Problem::new(vec![1.0, 2.0, 3.0], vec![true; 3]).path(alphas()).unwrap();
        assert_eq!(one_kind, vec![Solution { weights: vec![0.0], intercept: (3.5f64 / 0.5).ln() }; 2]);
        let no_column = Problem::new(vec![], vec![true, false, false]).path(alphas()).unwrap();
        assert_eq!(no_column, vec![Solution { weights: vec![], intercept: 0.5f64.ln() }; 2]);
    }
}
