//! The risk of each loan: models that learn from loans with a known outcome, what they are worth, and which is used.
//!
//! Only [`policy`] and [`store`] touch the database. Nothing reads a clock or draws a random number that the seed does not fix:
//! the same matrix, outcomes and parameters give the same bytes whatever the number of threads.

pub mod applied;
pub mod audit;
pub mod bins;
pub mod boosting;
pub mod calibrate;
pub mod candidates;
pub mod clusters;
pub mod cross_fit;
pub mod error;
pub mod evaluate;
pub mod explain;
pub mod fairness;
pub mod folds;
pub mod forest;
pub mod gate;
pub mod logistic;
pub mod policy;
mod sealed;
pub mod stability;
pub mod store;
pub mod support;
pub mod train;

pub use calibrate::Calibration;
pub use error::RiskError;
pub use sealed::learnt_texts;
