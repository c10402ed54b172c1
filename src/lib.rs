//! Recoup: which loans will not be recovered, what to do about each, and what that is worth.
//!
//! The modules in the order in which the data goes through them:
//!
//! | module | takes | gives |
//! |---|---|---|
//! | [`import`] | the lender's CSV | `loan_snapshots`, `loan_details`, `loan_register`, `rejects` and `skipped_lines` |
//! | [`features`] | the view `loan_features` | a matrix with names, order and missing values |
//! | [`segment`] | the matrix | named segments of borrowers, by k-means |
//! | [`risk`] | the matrix and the known outcomes | a stored model, its metrics, a score for each loan |
//! | [`strategy`] | a score, days past due and the lender's rules | the action; the run writes it down |
//! | [`history`] | the snapshots of earlier weeks | why loans left, the movements of a month, and the book by branch, officer and product |
//! | [`report`] | the views of a run | `report.html` |
//! | [`export`] | the views of a run | `worklist.csv`, `scores.csv` |
//! | [`mail`] | the report's briefing and files | an e-mail to each recipient, and `deliveries` |
//!
//! [`run`] calls them one after the other, the first six inside one transaction; no stage reaches back.
//! Around the flow: [`cli`] (arguments), [`columns`] (what a book's columns are called and hold), [`config`] (the lender's policy), [`db`] (the file, its tables and views),
//! [`progress`] and [`summary`] (what a person sees), [`format`](mod@format) and [`terms`] (how values and features read),
//! [`outputs`] (files written whole or not at all), [`register`] (each loan once), [`chance`] (whether a difference is
//! more than chance), [`money`], [`error`]. Beside it: [`check`] (an import that leaves nothing) and [`demo`] (a made-up book, or a lender's weekly files, with known truth).
//!
//! To keep a book in order: [`backup`] (over [`db::copies`], which the upgrade of a database makes too), [`doctor`]
//! (what is wrong, and what to do), [`erase`] (a borrower, from everywhere) and [`retention`] (how long loans are kept).

mod backup;
mod chance;
mod check;
mod cli;
mod columns;
mod config;
mod db;
mod demo;
mod doctor;
mod erase;
mod error;
mod export;
mod features;
mod format;
mod history;
mod import;
mod mail;
mod money;
mod outputs;
mod progress;
mod register;
mod report;
mod retention;
mod risk;
mod run;
mod segment;
mod strategy;
mod summary;
mod terms;

pub use cli::Cli;
pub use error::{Error, Result};
pub use progress::tell;

/// What the tests and benches reach past the binary. Nothing else is public, so that the compiler finds what nobody uses.
pub mod parts {
    pub use crate::chance::Chance;
    pub use crate::check::{SCRATCH_RUN, begin_scratch_run};
    pub use crate::config::{Config, Measure};
    pub use crate::db::{RunLock, add_migration, begin, create_views, open_for_run, open_scratch, view_names};
    pub use crate::demo::{DemoBook, Signal, write_book};
    pub use crate::features::{Book, FEATURES, Feature, FeatureMatrix, Kind, Monotone, read_book};
    pub use crate::format::{Style, sentence_case};
    pub use crate::import::{Expected, Imported, Source, import};
    pub use crate::progress::Progress;
    pub use crate::risk::boosting::BoostingParams;
    pub use crate::risk::clusters::Clusters;
    pub use crate::risk::evaluate::Metrics;
    pub use crate::risk::explain::dependence;
    pub use crate::risk::folds::Folds;
    pub use crate::risk::forest::{Dataset, ForestParams};
    pub use crate::risk::logistic::LogisticParams;
    pub use crate::risk::policy;
    pub use crate::risk::store::load_forest;
    pub use crate::risk::{Calibration, train};
    pub use crate::run::{Accepted, Request, run};
    pub use crate::segment::segment;
}
