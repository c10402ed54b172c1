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
//! | [`strategy`] | a score, days past due and the lender's rules | the action; the run writes it down |
//! | [`report`] | the public views | `report.html` |
//! | [`export`] | the public views | `worklist.csv`, `scores.csv` |
//! | [`mail`] | the report's briefing and files | an e-mail to each recipient, and `deliveries` |
//!
//! [`run`] calls them one after the other, the first five inside one transaction; no stage reaches back.
//! Around the flow: [`cli`] (arguments), [`columns`] (what a book's columns are called and hold), [`config`] (the lender's policy), [`db`] (the file, its tables and views),
//! [`progress`] and [`summary`] (what a person sees), [`format`](mod@format) and [`terms`] (how values and features read),
//! [`outputs`] (files written whole or not at all), [`chance`] (whether a difference is
//! worth telling), [`money`], [`error`]. Beside it: [`check`] (an import that leaves nothing) and [`demo`] (a made-up book with known truth).
//!
//! For those who look after a book: [`backup`] (over [`db::copies`], which the upgrade of a database makes too), [`doctor`]
//! (what is wrong, and what to do), [`erase`] (a borrower, from everywhere) and [`retention`] (how long loans are kept).

pub mod backup;
pub mod chance;
pub mod check;
pub mod cli;
pub mod columns;
pub mod config;
pub mod db;
pub mod demo;
pub mod doctor;
pub mod erase;
pub mod error;
pub mod export;
pub mod features;
pub mod format;
pub mod import;
pub mod mail;
pub mod money;
pub mod outputs;
pub mod progress;
pub mod report;
pub mod retention;
pub mod risk;
pub mod run;
pub mod segment;
pub mod strategy;
pub mod summary;
pub mod terms;
