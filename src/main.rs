//! The binary: reads the arguments, does what they ask, and tells the scheduler how it ended.

use std::process::ExitCode;

use clap::Parser;
use recoup::{Cli, tell};

fn main() -> ExitCode {
    match Cli::parse().execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("recoup: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
