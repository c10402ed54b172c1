//! The parameters of gradient boosting; those left out follow from the book.

use serde::{Deserialize, Serialize};

use super::gradient::MOST_ROWS;

/// A small book takes all of its loans for each tree: half of them cost 0.010 of AUC on 690 loans. In a large one more and
/// smaller steps were worth 0.002 to 0.003 (0.8627 to 0.8653, and 0.6770 to 0.6808), a quarter of the loans
/// for each: on three books of 100,000 a half and a quarter came to the same, an eighth to 0.0004 less.
const SMALL_BOOK: Steps = Steps { trees: 100, max_depth: 3, learning_rate: 0.1, halvings: 0 };
const LARGE_BOOK: Steps = Steps { trees: 300, max_depth: 4, learning_rate: 0.05, halvings: 2 };
const LARGE_FROM: usize = 10_000;

#[derive(Debug, Clone, PartialEq)]
pub struct BoostingParams {
    pub trees: Option<u32>,
    pub max_depth: Option<u32>,
    pub learning_rate: Option<f64>,
    /// Loans to learn from, 10 to 65,000: the sums of their gradients leave room for no more.
    pub most_loans: u32,
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Steps {
    pub trees: u32,
    pub max_depth: u32,
    pub learning_rate: f64,
    pub halvings: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UsedParams {
    pub trees: u32,
    pub max_depth: u32,
    /// What is left of each step.
    pub learning_rate: f64,
    pub trained_loans: u32,
    pub seed: u64,
}

impl BoostingParams {
    pub fn new(seed: u64) -> Self {
        Self { trees: None, max_depth: None, learning_rate: None, most_loans: MOST_ROWS, seed }
    }

    pub(super) fn for_book(&self, loans: usize) -> Steps {
        let steps = if loans < LARGE_FROM { SMALL_BOOK } else { LARGE_BOOK };
        Steps {
            trees: self.trees.unwrap_or(steps.trees),
            max_depth: self.max_depth.unwrap_or(steps.max_depth),
            learning_rate: self.learning_rate.unwrap_or(steps.learning_rate),
            ..steps
        }
    }
}
