//! Recoup: which loans will not be recovered, what to do about each, and what that is worth.
//!
//! The modules in the order in which the data goes through them:
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`import`] | the lender's CSV | `loan_snapshots` and `rejects` |
//! | [`features`] | the view `loan_features` | a matrix with names, order and missing values |
//! | [`segment`] | the matrix | named segments of borrowers, by k-means |
//! | [`risk`] | the matrix and the known outcomes | a stored model, its metrics, a score for each loan |
//! | [`strategy`] | scores and the lender's rules | an action for each loan |
//! | [`report`] | the public views | `report.html` |
//! | [`export`] | the public views | `worklist.csv`, `scores.csv` |
//!
//! [`run`] calls them one after the other, inside one transaction; no stage reaches back.
//! Beside the flow: [`cli`] (arguments), [`config`] (the lender's policy), [`db`] (the file, its tables and views),
//! [`outputs`] (files written whole or not at all), [`progress`], [`money`], [`error`], and [`demo`] (a made-up book with
//! known truth).

pub mod db;
pub mod error;
pub mod features;
pub mod money;
pub mod report;
pub mod risk;
