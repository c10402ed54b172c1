//! The forest's parameters: unchecked while they are being put together, checked before anything grows.
//!
//! A parameter that is left out gets its value from the book at fitting time: a small book wants other leaves than a
//! large one. [`UsedParams`] is what came out, and is stored with the model.

use linfa::ParamGuard;
use serde::{Deserialize, Serialize};

use super::prior;
use crate::risk::RiskError;

const DEFAULT_TREES: u32 = 200;
/// Far deeper than the leaf size lets most branches grow: a guard against degenerate chains, not a way to tune.
const DEFAULT_MAX_DEPTH: u32 = 32;
/// Beyond this many rows a tree's bootstrap brings time but no accuracy that can be measured on a lender's book.
const DEFAULT_MOST_ROWS: u32 = 20_000;
const MOST_TREES: u32 = 10_000;
const MOST_ROWS_PER_TREE: u32 = 50_000_000;

/// Parameters of a random forest (Breiman, "Random Forests", Machine Learning 45, 2001), not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForestParams(ForestValidParams);

/// Checked parameters: [`Fit`](linfa::traits::Fit) is implemented on these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForestValidParams {
    trees: u32,
    max_depth: u32,
    min_leaf: Option<u32>,
    features_per_split: Option<u32>,
    rows_per_tree: Option<u32>,
    seed: u64,
}

/// The parameters that a forest was grown with, those that the book decided included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsedParams {
    /// Trees in the forest.
    pub trees: u32,
    /// Splits on the longest way from the root to a leaf.
    pub max_depth: u32,
    /// Rows that each leaf holds at least, a row counted as often as the bootstrap drew it.
    pub min_leaf: u32,
    /// Features drawn, without replacement, for each split.
    pub features_per_split: u32,
    /// Draws, with replacement, of each tree's bootstrap.
    pub rows_per_tree: u32,
    /// How many of these are among positives, where either kind of outcome is drawn apart because one is rare.
    pub positive_draws: Option<u32>,
    /// Everything random follows from it.
    pub seed: u64,
}

impl ForestParams {
    /// 200 trees; the rest as the book asks for.
    pub fn new(seed: u64) -> Self {
        Self(ForestValidParams {
            trees: DEFAULT_TREES,
            max_depth: DEFAULT_MAX_DEPTH,
            min_leaf: None,
            features_per_split: None,
            rows_per_tree: None,
            seed,
        })
    }

    /// Number of trees, 1 to 10,000.
    pub fn trees(mut self, trees: u32) -> Self {
        self.0.trees = trees;
        self
    }

    /// Splits on the longest way from the root to a leaf, at least 1.
    pub fn max_depth(mut self, max_depth: u32) -> Self {
        self.0.max_depth = max_depth;
        self
    }

    /// Rows in each leaf, at least 1, a row counted as often as it was drawn. Left out: one and a half times the cube root of
    /// the draws of a tree (12 of 500, 32 of 10,000, 70 of 100,000), which on noisy books of 2,000 loans and more was within
    /// 0.002 of the best AUC, and at 500 loans within 0.007.
    pub fn min_leaf(mut self, min_leaf: u32) -> Self {
        self.0.min_leaf = Some(min_leaf);
        self
    }

    /// Features looked at for each split, at least 1; more than there are means all. Left out: the square root of their
    /// number, rounded.
    pub fn features_per_split(mut self, features_per_split: u32) -> Self {
        self.0.features_per_split = Some(features_per_split);
        self
    }

    /// Draws of each tree's bootstrap, 1 to 50 million. Left out: as many as training rows, at most 20,000: more
    /// made trees more alike and the forest no better (100,000 loans: AUC 0.8417 with 20,000 draws, 0.8406 with 75,000).
    pub fn rows_per_tree(mut self, rows_per_tree: u32) -> Self {
        self.0.rows_per_tree = Some(rows_per_tree);
        self
    }
}

impl ParamGuard for ForestParams {
    type Checked = ForestValidParams;
    type Error = RiskError;

    fn check_ref(&self) -> Result<&Self::Checked, Self::Error> {
        let given = &self.0;
        within("trees", given.trees, MOST_TREES, "from 1 to 10,000")?;
        within("max_depth", given.max_depth, u32::MAX, "at least 1")?;
        within("min_leaf", given.min_leaf.unwrap_or(1), u32::MAX, "at least 1")?;
        within("features_per_split", given.features_per_split.unwrap_or(1), u32::MAX, "at least 1")?;
        within("rows_per_tree", given.rows_per_tree.unwrap_or(1), MOST_ROWS_PER_TREE, "from 1 to 50,000,000")?;
        Ok(given)
    }

    fn check(self) -> Result<Self::Checked, Self::Error> {
        self.check_ref()?;
        Ok(self.0)
    }
}

fn within(name: &'static str, value: u32, most: u32, must_be: &'static str) -> Result<(), RiskError> {
    if (1..=most).contains(&value) {
        return Ok(());
    }
    Err(RiskError::Parameter { name, value: u64::from(value), must_be })
}

impl ForestValidParams {
    /// What these parameters come to on a book with so many rows of known outcome, so many of them positive, and so many
    /// features.
    pub(super) fn for_book(&self, training_rows: u32, positives: u32, features: usize) -> UsedParams {
        let features = features as u32;
        let rows_per_tree = self.rows_per_tree.unwrap_or(training_rows.min(DEFAULT_MOST_ROWS));
        UsedParams {
            trees: self.trees,
            max_depth: self.max_depth,
            min_leaf: self.min_leaf.unwrap_or_else(|| default_min_leaf(rows_per_tree)),
            features_per_split: self.features_per_split.unwrap_or_else(|| rounded_root(features)).clamp(1, features),
            rows_per_tree,
            positive_draws: prior::positive_draws(training_rows, positives, rows_per_tree),
            seed: self.seed,
        }
    }
}

fn default_min_leaf(rows_per_tree: u32) -> u32 {
    (f64::from(rows_per_tree).cbrt() * 1.5).round().max(1.0) as u32
}

fn rounded_root(features: u32) -> u32 {
    f64::from(features).sqrt().round() as u32
}
