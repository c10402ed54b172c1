//! The program as its users meet it: every test runs the real binary in a folder of its own, then looks at what it left.

mod backup;
mod check;
mod clock;
mod commands;
mod damage;
mod doctor;
mod dump;
mod erase;
mod erase_elsewhere;
mod erase_refused;
mod failures;
mod hostile;
mod import;
#[cfg(target_os = "linux")]
mod killed;
mod mail;
mod numbers;
mod own_features;
mod policy;
mod readme;
mod refused;
mod report;
mod reproducible;
mod retention;
mod scores;
mod second_name;
mod segments;
mod strategies;
mod surviving;
mod sweeps;
mod torture;
mod upgrade;
mod views;
mod weekly_run;
mod workdir;
