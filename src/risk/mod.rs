//! The risk of each loan: candidates that learn from the loans whose outcome is known, and what they are worth.
//!
//! | file | holds |
//! |---|---|
//! | [`train`] | the stage of a run: audit, learn, judge, choose, explain |
//! | [`policy`] | the scorecard: the lender's rules in the database, and the points that they give each loan |
//! | [`audit`] | features that know more than anybody could have known before the outcome |
//! | [`candidates`] | each model fitted, calibrated, and judged on loans that it did not see |
//! | [`clusters`] | which loans are of one borrower, and what that means for a spread |
//! | [`folds`] | the loans with an outcome dealt into parts |
//! | [`support`] | whether finished loans and live ones have the values of a feature in common |
//! | [`forest`] | the random forest: parameters, fitting, out-of-bag and ordinary scores, the stored form |
//! | [`bins`] | columns of numbers as codes of one byte, with a code for "missing" |
//! | [`boosting`] | gradient boosting on the forest's bins and trees |
//! | [`logistic`] | the logistic regression: design matrix, strength of its penalty, coefficients |
//! | [`calibrate`] | raw scores to probabilities, by Platt's line or isotonic regression |
//! | [`evaluate`] | how good probabilities are, given the outcomes: AUC, Brier, log loss, KS, calibration, lift |
//! | [`gate`] | whose scores are used: a model's only where it is shown to beat chance, base rate and policy |
//! | [`fairness`] | how the scores treat groups of borrowers |
//! | [`stability`] | whether the loans that are scored are like those that were learnt from |
//! | [`applied`] | the two before this on the loans still to be collected, where scores are used |
//! | [`explain`] | why a loan has its score, and what the scores rest on |
//! | [`store`] | all of it written to the tables of the run |
//! | [`error`] | what can go wrong, in words for the person who runs the job |
//!
//! But for [`policy`] and [`store`], nothing here touches the database; nothing at all reads a clock, or draws a random
//! number that the seed does not fix: the same matrix, outcomes and parameters give the same bytes whatever the number of
//! threads.

pub mod applied;
pub mod audit;
pub mod bins;
pub mod boosting;
pub mod calibrate;
pub mod candidates;
pub mod clusters;
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
