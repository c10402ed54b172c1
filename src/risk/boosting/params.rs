//! The parameters of gradient boosting: unchecked while they are being put together, checked before anything grows.

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::gradient::MOST_ROWS;
use crate::risk::RiskError;

/// A small book takes all of its loans for each tree: half of them cost 0.010 of AUC on 690 loans. In a large one more and
/// smaller steps were worth 0.002 to 0.003 (0.8627 to 0.8653, and 0.6770 to 0.6808), a quarter of the loans
/// for each: on three books of 100,000 a half and a quarter came to the same, an eighth to 0.0004 less.
const SMALL_BOOK: Steps = Steps { trees: 100, max_depth: 3, learning_rate: 0.1, tosses: 0 };
const LARGE_BOOK: Steps = Steps { trees: 300, max_depth: 4, learning_rate: 0.05, tosses: 2 };
/// From so many loans on a book is large.
const LARGE_FROM: usize = 10_000;
/// As many as the sums of their gradients leave room for. Time goes with the loans.
const DEFAULT_MOST_LOANS: u32 = MOST_ROWS;
const MOST_TREES: u32 = 1_000;
const MOST_DEPTH: u32 = 8;
const LEAST_MOST_LOANS: u32 = 10;

/// Parameters of gradient boosting, not yet checked.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostingParams(BoostingValidParams);

/// Checked parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct BoostingValidParams {
    trees: Option<u32>,
    max_depth: Option<u32>,
    learning_rate: Option<f64>,
    pub(super) most_loans: u32,
    pub(super) seed: u64,
}

/// What the trees of a book grow by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Steps {
    pub trees: u32,
    pub max_depth: u32,
    pub learning_rate: f64,
    /// Each halves the loans of a tree.
    pub tosses: u32,
}

/// The parameters that a model was grown with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UsedParams {
    /// Trees that were kept, of those that grew.
    pub trees: u32,
    /// Splits on the longest way from the root to a leaf.
    pub max_depth: u32,
    /// What is left of each step.
    pub learning_rate: f64,
    /// Loans that it learned from.
    pub trained_loans: u32,
    /// Everything random follows from it.
    pub seed: u64,
}

impl BoostingParams {
    /// From at most 65,000 loans; trees and their steps as the book asks for: at most 100 of depth 3 at a rate of 0.1 in a small
    /// one, 300 of depth 4 at 0.05 in a large one.
    pub fn new(seed: u64) -> Self {
        let most_loans = DEFAULT_MOST_LOANS;
        Self(BoostingValidParams { trees: None, max_depth: None, learning_rate: None, most_loans, seed })
    }

    /// Trees that grow, 1 to 1,000; fewer are kept where more predict worse.
    pub fn trees(mut self, trees: u32) -> Self {
        self.0.trees = Some(trees);
        self
    }

    /// Splits on the longest way from the root to a leaf, 1 to 8.
    pub fn max_depth(mut self, max_depth: u32) -> Self {
        self.0.max_depth = Some(max_depth);
        self
    }

    /// What is left of each step, above 0 and up to 1.
    pub fn learning_rate(mut self, learning_rate: f64) -> Self {
        self.0.learning_rate = Some(learning_rate);
        self
    }

    /// The loans to learn from at most, 10 to 65,000: time grows with them.
    pub fn most_loans(mut self, most_loans: u32) -> Self {
        self.0.most_loans = most_loans;
        self
    }
}

impl ParamGuard for BoostingParams {
    type Checked = BoostingValidParams;
    type Error = RiskError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let given = &self.0;
        let refusal = |name, value: u32, must_be| RiskError::Parameter { name, value: u64::from(value), must_be };
        if let Some(trees) = given.trees.filter(|trees| !(1..=MOST_TREES).contains(trees)) {
            return Err(refusal("trees", trees, "from 1 to 1,000"));
        }
        if let Some(max_depth) = given.max_depth.filter(|max_depth| !(1..=MOST_DEPTH).contains(max_depth)) {
            return Err(refusal("max_depth", max_depth, "from 1 to 8"));
        }
        if let Some(rate) = given.learning_rate.filter(|rate| !(*rate > 0.0 && *rate <= 1.0)) {
            return Err(refusal("learning_rate in thousandths", (rate * 1000.0) as u32, "above 0 and up to 1,000"));
        }
        if !(LEAST_MOST_LOANS..=MOST_ROWS).contains(&given.most_loans) {
            return Err(refusal("most_loans", given.most_loans, "from 10 to 65,000"));
        }
        Ok(given)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

impl BoostingValidParams {
    /// What these parameters come to on a book with so many loans to learn from.
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
