//! The command line: arguments become one checked request. Results go to standard output; progress, notes and errors to
//! standard error.

mod commands;

use std::path::PathBuf;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Config, Model};
use crate::demo::Signal;
use crate::error::{Error, Result};
use crate::import::Expected;
use crate::money::Minor;
use crate::run::Accepted;

const CONFIG_FILE: &str = "recoup.toml";

/// Which loans will not be recovered, what to do about each, and what that is worth.
#[derive(Debug, Parser)]
#[command(version, about, disable_help_subcommand = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The weekly job: read a loan CSV, score every loan, write the report and the worklist
    Run(RunArgs),
    /// What an import of a file would do; writes nothing
    Check(CheckArgs),
    /// Write the report and the exports of a run again, from the database
    Report(ReportArgs),
    /// E-mail a run's report to those who do not have it, or write the e-mail to a file
    Mail(MailArgs),
    /// Make a checked copy of the database, and record it
    Backup(BackupArgs),
    /// Check that everything is ready for a run, and say what to do; changes nothing
    Doctor(DoctorArgs),
    /// Erase a borrower from the database, its copies, and the reports
    Erase(EraseArgs),
    /// Take from a file why loans were closed that left the weekly files without a reason
    Closed(ClosedArgs),
    /// Take from a file the new ids of loans that were numbered anew
    Renumber(RenumberArgs),
    /// Which weeks are there, and their history made again from their loans
    History(HistoryArgs),
    /// Write a commented recoup.toml with every setting and its default
    Init(InitArgs),
    /// Write a made-up loan book whose true probabilities are known, or a lender's weekly files
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
struct PlaceArgs {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// The configuration [default: recoup.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the reports, with a subfolder for each as-of date
    #[arg(long, value_name = "FOLDER", default_value = "reports")]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct ControlTotals {
    /// Refuse the file unless it has this many loans
    #[arg(long, value_name = "N")]
    expect_rows: Option<u64>,
    /// Refuse the file unless its outstanding balances add up to this, such as 1234567.89
    #[arg(long, value_name = "AMOUNT")]
    expect_total: Option<String>,
}

impl ControlTotals {
    fn checked(&self, config: &Config) -> Result<Expected> {
        let parse = |amount: &String| {
            let parsed = Minor::parse(amount.as_bytes(), config.currency.decimals);
            parsed.map_err(|error| Error::Usage(format!("--expect-total {amount}: {error}")))
        };
        let total = self.expect_total.as_ref().map(parse).transpose()?;
        Ok(Expected { rows: self.expect_rows, total, last_loans: None })
    }
}

#[derive(Debug, Args)]
struct AcceptArgs {
    /// Accept a file with hardly any live loan of the last run: its ids were changed, or it is another book
    #[arg(long)]
    accept_changed_ids: bool,
    /// Accept balances and days past due that are unchanged for at least 5 days, as in a repeated sample
    #[arg(long)]
    accept_unchanged: bool,
    /// Accept implausible jumps of balances or days past due, and closed loans that are live again
    #[arg(long)]
    accept_changed_values: bool,
}

impl AcceptArgs {
    fn accepted(&self) -> Accepted {
        Accepted {
            changed_ids: self.accept_changed_ids,
            unchanged: self.accept_unchanged,
            changed_values: self.accept_changed_values,
        }
    }
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The loan book, as CSV with a header line
    file: PathBuf,
    #[command(flatten)]
    places: PlaceArgs,
    #[command(flatten)]
    totals: ControlTotals,
    #[command(flatten)]
    accept: AcceptArgs,
    /// The day that the file describes [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<AsOf>,
    /// The seed of every random choice, instead of the configuration's
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The model that scores, instead of the configuration's risk.model
    #[arg(long, value_enum, value_name = "MODEL")]
    model: Option<Model>,
    /// Processor threads to use [default: all]; the result is the same with any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// E-mail the report, or the reason why the run failed
    #[arg(long)]
    mail: bool,
    /// Run even if the same file was run for the same day with the same configuration
    #[arg(long)]
    force: bool,
    /// The file corrects the run of the day --as-of: it takes its place, and the history of later weeks is made again
    #[arg(long, requires = "as_of")]
    replace: bool,
}

/// A day from 1970 to 2999, in ISO 8601.
#[derive(Debug, Clone, Copy)]
struct AsOf(NaiveDate);

impl FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let date = date.filter(|date| (1970..=2999).contains(&date.year()) && date.to_string() == text);
        date.map(Self).ok_or_else(|| "give a day such as 2026-03-31".to_owned())
    }
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The loan book, as CSV with a header line
    file: PathBuf,
    /// The configuration [default: recoup.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database, to compare with its last run
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    #[command(flatten)]
    totals: ControlTotals,
    #[command(flatten)]
    accept: AcceptArgs,
    /// The day that the file describes [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<AsOf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Args)]
struct ReportArgs {
    #[command(flatten)]
    places: PlaceArgs,
    /// An earlier run, by its number in run_history [default: the latest complete one]
    #[arg(long, value_name = "N")]
    run: Option<i64>,
}

#[derive(Debug, Args)]
struct MailArgs {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// The configuration [default: recoup.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// An earlier run, by its number in run_history [default: the latest complete one]
    #[arg(long, value_name = "N")]
    run: Option<i64>,
    /// Write the message to this file instead of sending it
    #[arg(long, value_name = "FILE", conflicts_with = "again")]
    to_file: Option<PathBuf>,
    /// Send it also to those who have it
    #[arg(long)]
    again: bool,
}

#[derive(Debug, Args)]
struct BackupArgs {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// Where to write the copy [default: beside the database, named by the day and number of its latest run]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace an existing copy
    #[arg(long)]
    force: bool,
    /// Make no copy, but remove this one, which no longer exists, from the record of copies
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "force"])]
    forget: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    #[command(flatten)]
    places: PlaceArgs,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
struct EraseArgs {
    /// The Borrower_ID, exactly as in the file
    borrower_id: String,
    #[command(flatten)]
    places: PlaceArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example: loans that vanished, each with a word of [outcome] in recoup.toml:
  Loan_ID,Recovery_Status
  LN_17,Fully Recovered
  LN_23,Written Off")]
struct ClosedArgs {
    /// A CSV with the columns Loan_ID and Recovery_Status
    file: PathBuf,
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// The configuration [default: recoup.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example: the lender's new system gives each loan another id:
  old_id,new_id
  LN_17,K5061
  LN_23,K5062
The earlier weeks then have the new ids, and the file with them can be loaded.")]
struct RenumberArgs {
    /// A CSV with the columns old_id and new_id
    file: PathBuf,
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// The configuration [default: recoup.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct HistoryArgs {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// The configuration [default: recoup.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Make again, from the loans, what the weeks say together: why loans left, movements, cures, cash
    #[arg(long)]
    rebuild: bool,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Where to write it; an existing file is left alone
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example: a lender over 60 weeks, one file a week, and what really happened in truth.csv beside them:
  recoup demo --weeks 60 --loans 2000 --as-of 2026-03-30 --out lender")]
struct DemoArgs {
    /// Loans in the book, or live loans in each weekly file
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    loans: usize,
    /// Another seed makes another book
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// The book, or the folder of the weekly files [default: demo_loans.csv; with --weeks demo_weeks]
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// Where to write each loan's true probability and outcome
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// What the outcomes depend on
    #[arg(long, value_enum, default_value_t = Signal::Normal)]
    signal: Signal,
    /// Write so many weekly files of one lender, and truth.csv with every event between them
    #[arg(long, value_name = "N", conflicts_with_all = ["truth", "signal"], value_parser = clap::value_parser!(u32).range(1..=520))]
    weeks: Option<u32>,
    /// The day of the last weekly file [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD", requires = "weeks")]
    as_of: Option<AsOf>,
    /// All loans have other ids from this weekly file on, counted from 1
    #[arg(long, value_name = "K", requires = "weeks")]
    renumber_week: Option<u32>,
    /// This weekly file is the one before again
    #[arg(long, value_name = "K", requires = "weeks")]
    frozen_week: Option<u32>,
    /// Balances hold the interest to the day of the file, and not only the principal
    #[arg(long, requires = "weeks")]
    accrued_interest: bool,
}

impl Cli {
    pub fn execute(self) -> Result<()> {
        match self.command {
            Command::Run(args) => commands::weekly_run(args),
            Command::Check(args) => commands::check_file(&args),
            Command::Report(args) => commands::report_again(&args),
            Command::Mail(args) => commands::send_mail(&args),
            Command::Backup(args) => commands::back_up(&args),
            Command::Doctor(args) => commands::examine(&args),
            Command::Erase(args) => commands::erase_borrower(&args),
            Command::Closed(args) => commands::take_closed_loans(&args),
            Command::Renumber(args) => commands::renumber_loans(&args),
            Command::History(args) => commands::show_history(&args),
            Command::Init(args) => commands::init(&args),
            Command::Demo(args) => commands::demo(&args),
        }
    }
}
