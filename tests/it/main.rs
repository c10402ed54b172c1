//! The program as its users meet it: every test runs the real binary in a folder of its own, then looks at what it left.

mod audit;
mod backup;
mod changes;
mod check;
mod clock;
mod commands;
mod doctor;
#[path = "../common/dump.rs"]
mod dump;
mod erase;
mod erase_elsewhere;
mod erase_names;
mod erase_refused;
mod failures;
mod families;
mod findings;
mod finished;
mod history;
mod hostile;
mod import;
mod mail;
mod numbers;
mod own_features;
mod plain_files;
mod policy;
mod readme;
mod refused;
mod register;
mod report;
mod reproducible;
mod retention;
mod scores;
mod second_name;
mod segments;
mod status;
mod strategies;
mod surviving;
mod torture;
mod units;
mod upgrade;
mod values;
mod views;
mod week;
mod weekly_run;
#[path = "../common/workdir.rs"]
mod workdir;
