//! The risk of each loan: a model that learns from the loans whose outcome is known, and what it is worth.
//!
//! | file | holds |
//! |---|---|
//! | [`bins`] | columns of numbers as codes of one byte, with a code for "missing" |
//! | [`forest`] | the random forest: parameters, fitting, out-of-bag and ordinary scores, the stored form |
//! | [`evaluate`] | how good probabilities are, given the outcomes: AUC, Brier, log loss, KS, calibration table |
//! | [`train`] | the stage of a run: fit, evaluate, score, and store all three |
//! | [`error`] | what can go wrong, in words for the person who runs the job |
//!
//! But for [`train`], nothing here touches the database; nothing at all reads a clock, or draws a random number that the seed does not
//! fix: the same matrix, outcomes and parameters give the same bytes whatever the number of threads.

pub mod bins;
pub mod error;
pub mod evaluate;
pub mod forest;
pub mod train;

pub use error::RiskError;
pub use evaluate::{Metrics, ReliabilityRow, reliability};
pub use forest::{Forest, ForestParams, ForestValidParams};
