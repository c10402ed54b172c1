//! The command line: arguments become one checked request, and each command is one call.
//!
//! Results go to standard output; progress, notes and errors to standard error.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use chrono::{Datelike, NaiveDate, Utc};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{Config, DEFAULT_TOML, Model};
use crate::demo::{self, DemoBook, Signal};
use crate::error::{Error, Result};
use crate::import::{Expected, Source};
use crate::money::Minor;
use crate::progress::{Progress, note};
use crate::run::{self, Outcome, Request};
use crate::{backup, check, db, doctor, erase, outputs, summary};

/// The configuration that is read when none is named.
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
    /// Copy the database: whole, checked, and known of
    Backup(BackupArgs),
    /// Look whether everything is as a run needs it, and say what to do; changes nothing
    Doctor(DoctorArgs),
    /// Erase a borrower from the database, its copies, and the reports
    Erase(EraseArgs),
    /// Write a commented recoup.toml with every setting and its default
    Init(InitArgs),
    /// Write a made-up loan book whose true probabilities are known
    Demo(DemoArgs),
}

/// Where a run's results are, and the policy that it goes by.
#[derive(Debug, Args)]
struct Places {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// The configuration [default: recoup.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder of the reports; each as-of date has its own below it
    #[arg(long, value_name = "FOLDER", default_value = "reports")]
    out: PathBuf,
}

/// What the lender knows of the file from elsewhere.
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
        let wrong = |amount: &str, error| Error::Usage(format!("--expect-total {amount}: {error}"));
        let parse = |amount: &String| {
            Minor::parse(amount.as_bytes(), config.currency.decimals).map_err(|error| wrong(amount, error))
        };
        let total = self.expect_total.as_ref().map(parse).transpose()?;
        Ok(Expected { rows: self.expect_rows, total, last_loans: None })
    }
}

#[derive(Debug, Args)]
struct RunArgs {
    /// The loan book, as CSV with a header line
    file: PathBuf,
    #[command(flatten)]
    places: Places,
    #[command(flatten)]
    totals: ControlTotals,
    /// The day that the file describes [default: today, UTC]
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<AsOf>,
    /// Fixes every random choice, over the configuration's seed
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Whose scores are used, over the configuration's risk.model
    #[arg(long, value_enum, value_name = "MODEL")]
    model: Option<Model>,
    /// Processor threads to use [default: all]; the result is the same with any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Run even if the same file was run for the same day with the same configuration
    #[arg(long)]
    force: bool,
}

/// A day of this age, written as the calendar of any database writes it.
#[derive(Debug, Clone, Copy)]
struct AsOf(NaiveDate);

impl FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        let date = date.filter(|date| (1970..=2999).contains(&date.year()) && date.to_string() == text);
        date.map(Self).ok_or_else(|| "a day such as 2026-03-31 is wanted".to_owned())
    }
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// The loan book, as CSV with a header line
    file: PathBuf,
    /// The configuration [default: recoup.toml, where there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The database, to compare with its last run where there is one
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    #[command(flatten)]
    totals: ControlTotals,
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
    places: Places,
    /// An earlier run, by its number in run_history [default: the latest complete one]
    #[arg(long, value_name = "N")]
    run: Option<i64>,
}

#[derive(Debug, Args)]
struct BackupArgs {
    /// The database
    #[arg(long, value_name = "FILE", default_value = "recoup.db")]
    db: PathBuf,
    /// Where the copy goes [default: beside the database, with the day and number of its latest run in the name]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a copy that is there
    #[arg(long)]
    force: bool,
    /// Make no copy, but strike this one, which is no more, from what the database knows of
    #[arg(long, value_name = "FILE", conflicts_with_all = ["out", "force"])]
    forget: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct DoctorArgs {
    #[command(flatten)]
    places: Places,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Debug, Args)]
struct EraseArgs {
    /// Whom: the Borrower_ID, exactly as the file has it
    borrower_id: String,
    #[command(flatten)]
    places: Places,
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Where to write it; a file that is there is left alone
    #[arg(long, value_name = "FILE", default_value = CONFIG_FILE)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct DemoArgs {
    /// Loans in the book
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    loans: usize,
    /// Another seed makes another book
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// The book
    #[arg(long, value_name = "FILE", default_value = "demo_loans.csv")]
    out: PathBuf,
    /// Where to write each loan's true probability and outcome
    #[arg(long, value_name = "FILE")]
    truth: Option<PathBuf>,
    /// What the outcomes depend on
    #[arg(long, value_enum, default_value_t = Signal::Normal)]
    signal: Signal,
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// Whatever kept it from being done; [`Error::exit_code`] says how the process ends.
    pub fn execute(self) -> Result<()> {
        match self.command {
            Command::Run(args) => weekly_run(args),
            Command::Check(args) => check_file(&args),
            Command::Report(args) => report_again(&args),
            Command::Backup(args) => back_up(&args),
            Command::Doctor(args) => look_after(&args),
            Command::Erase(args) => erase_borrower(&args),
            Command::Init(args) => init(&args),
            Command::Demo(args) => demo_book(&args),
        }
    }
}

/// A line to standard output. That nobody reads it any more is no fault.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The named configuration, or `recoup.toml` where there is one, or the defaults.
fn load_config(named: Option<&Path>) -> Result<Config> {
    let found = Some(Path::new(CONFIG_FILE)).filter(|path| path.exists());
    Config::load(named.or(found))
}

fn weekly_run(args: RunArgs) -> Result<()> {
    let mut config = load_config(args.places.config.as_deref())?;
    if let Some(seed) = args.seed {
        config = config.with_seed(seed)?;
    }
    if let Some(model) = args.model {
        config = config.with_model(model);
    }
    if let Some(threads) = args.threads {
        // This thread is one of them, so that with one there is no other.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).use_current_thread();
        let pool = pool.build_global();
        pool.map_err(|error| Error::Usage(format!("--threads {threads}: {error}")))?;
    }
    let request = Request {
        source: Source::find(&args.file)?,
        as_of: args.as_of.map(|AsOf(date)| date),
        database: db::resolve(&args.places.db)?,
        reports: args.places.out,
        expected: args.totals.checked(&config)?,
        is_forced: args.force,
    };
    match run::run(&request, &config, &Utc::now, &mut Progress::to_stderr())? {
        Outcome::Done { run_id, folder } => {
            // The run is made and its files are there: whatever is wrong from here on is no reason to say otherwise.
            let told = db::open_to_read(&request.database).and_then(|connection| {
                db::show_run(&connection, run_id)?;
                summary::lines(&connection, &folder)
            });
            match told {
                Ok(lines) => say(&lines.join("\n")),
                Err(error) => note(&format!("the run is done, but its summary could not be read: {error}")),
            }
        }
        Outcome::AlreadyDone { run_id } => say(&format!(
            "Nothing to do: run {run_id} was made of this very file, day and configuration. --force runs again, \
             `recoup report` writes its files again."
        )),
    }
    Ok(())
}

fn check_file(args: &CheckArgs) -> Result<()> {
    let config = load_config(args.config.as_deref())?;
    let last_loans = match db::open_to_read(&db::resolve(&args.db)?) {
        Err(Error::NotFound(_)) => None,
        opened => run::last_loans(&opened?)?,
    };
    let expected = Expected { last_loans, ..args.totals.checked(&config)? };
    let finding = check::check(&Source::find(&args.file)?, &config, &expected)?;
    match args.format {
        Format::Text => say(finding.to_text().trim_end()),
        Format::Json => say(&serde_json::to_string_pretty(&finding)?),
    }
    finding.into_verdict()
}

fn report_again(args: &ReportArgs) -> Result<()> {
    let config = load_config(args.places.config.as_deref())?;
    let folder = run::files::write_files_again(
        &db::resolve(&args.places.db)?,
        args.run,
        &config,
        &args.places.out,
        &mut Progress::to_stderr(),
    )?;
    say(&format!("Report    {}", folder.join("report.html").display()));
    Ok(())
}

fn back_up(args: &BackupArgs) -> Result<()> {
    let database = db::resolve(&args.db)?;
    if let Some(copy) = &args.forget {
        backup::forget(&database, copy, Utc::now())?;
        say(&format!("Forgotten {}", copy.display()));
        return Ok(());
    }
    let made = backup::backup(&database, args.out.as_deref(), args.force, Utc::now())?;
    say(&made.to_text());
    Ok(())
}

fn look_after(args: &DoctorArgs) -> Result<()> {
    let database = db::resolve(&args.places.db)?;
    let named = args.places.config.as_deref();
    let found = Path::new(CONFIG_FILE);
    let installation = doctor::Installation {
        database: &database,
        reports: &args.places.out,
        config: named.or_else(|| Some(found).filter(|path| path.exists())),
    };
    let findings = doctor::examine(&installation, Utc::now());
    match args.format {
        Format::Text => say(findings.to_text().trim_end()),
        Format::Json => say(&serde_json::to_string_pretty(&findings)?),
    }
    findings.into_verdict()
}

fn erase_borrower(args: &EraseArgs) -> Result<()> {
    let config = load_config(args.places.config.as_deref())?;
    let database = db::resolve(&args.places.db)?;
    let places = erase::Places { database: &database, reports: &args.places.out, config: &config };
    let erased = erase::erase(&places, &args.borrower_id, Utc::now(), &mut Progress::to_stderr())?;
    say(erased.to_text().trim_end());
    erased.into_verdict()
}

fn init(args: &InitArgs) -> Result<()> {
    use std::io::Write;
    if args.out.exists() {
        let path = args.out.display();
        return Err(Error::Usage(format!("{path} is there already and was left alone: name another with --out")));
    }
    let created = File::create_new(&args.out).and_then(|mut file| file.write_all(DEFAULT_TOML.as_bytes()));
    created.map_err(|error| Error::io("write", &args.out, error))?;
    say(&format!("Wrote {}: every setting with its default. Keep what you change.", args.out.display()));
    Ok(())
}

fn demo_book(args: &DemoArgs) -> Result<()> {
    if args.loans == 0 || args.truth.as_ref() == Some(&args.out) {
        return Err(Error::Usage("a book has at least one loan, and --truth is another file than --out".to_owned()));
    }
    let book = DemoBook { loans: args.loans, seed: args.seed, signal: args.signal };
    let failed = |error| Error::io("write", &args.out, error);
    outputs::write_whole(&args.out, |out| match &args.truth {
        None => demo::write_book(&book, out, None).map_err(failed),
        Some(path) => outputs::write_whole(path, |truth| demo::write_book(&book, out, Some(truth)).map_err(failed)),
    })?;
    say(&format!("Wrote {}: {} made-up loans.", args.out.display(), crate::progress::grouped(args.loans as u64)));
    Ok(())
}
