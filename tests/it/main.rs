//! The program as its users meet it: every test runs the real binary in a folder of its own, then looks at what it left.

mod backup;
mod check;
mod commands;
mod damage;
mod doctor;
mod erase;
mod erase_refused;
mod failures;
mod hostile;
mod import;
mod own_features;
mod policy;
mod readme;
mod report;
mod reproducible;
mod retention;
mod scores;
mod segments;
mod strategies;
mod sweeps;
mod torture;
mod upgrade;
mod views;
mod weekly_run;
mod workdir;
