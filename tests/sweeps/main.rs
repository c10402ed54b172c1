//! The long tests: what the scores must reach, what a run must survive, and files written and damaged in thousands of ways.

mod accuracy;
mod damage;
#[path = "../common/dump.rs"]
#[allow(dead_code, reason = "shared with the tests in `it`")]
mod dump;
#[cfg(target_os = "linux")]
mod killed;
mod panels;
#[path = "../common/workdir.rs"]
#[allow(dead_code, reason = "shared with the tests in `it`")]
mod workdir;
