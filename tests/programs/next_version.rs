//! The program as a next version may be: with one migration more. The tests of upgrades run it on databases of this one.

use std::process::ExitCode;

use clap::Parser;
use recoup::Cli;
use recoup::tell;

const MIGRATION: &str = "
    create table next_things (thing text not null) strict;
    alter table runs add column next_note text;
    update runs set next_note = 'upgraded';
";

fn main() -> ExitCode {
    recoup::parts::add_migration("V2__next_version", MIGRATION);
    match Cli::parse().execute() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("recoup: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
