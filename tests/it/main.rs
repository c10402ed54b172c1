//! The program as its users meet it: every test runs the real binary in a folder of its own, then looks at what it left.

mod check;
mod clock;
mod commands;
mod dump;
mod failures;
mod import;
mod own_features;
mod policy;
mod readme;
mod refused;
mod report;
mod reproducible;
mod scores;
mod segments;
mod strategies;
mod surviving;
mod sweeps;
#[cfg(target_os = "linux")]
mod torture;
mod upgrade;
mod views;
mod weekly_run;
mod workdir;
