//! The commands: each makes one call and prints its result.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use chrono::Utc;
use serde::Serialize;

use super::{
    AsOf, BackupArgs, CONFIG_FILE, CheckArgs, ClosedArgs, DemoArgs, DoctorArgs, EraseArgs, Format, HistoryArgs,
    InitArgs, MailArgs, RenumberArgs, ReportArgs, RunArgs,
};
use crate::check::CheckResult;
use crate::config::{Config, DEFAULT_TOML};
use crate::demo::{self, DemoBook, DemoWeeks};
use crate::doctor::Findings;
use crate::error::{Error, Result};
use crate::import::{Expected, Source};
use crate::progress::{Progress, counted, grouped, note};
use crate::run::{self, Outcome, Request};
use crate::{backup, check, db, doctor, erase, history, mail, outputs, summary};

/// A line to standard output. A closed pipe is not an error.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The named configuration, or else `recoup.toml` if it exists.
fn config_path(named: Option<&Path>) -> Option<&Path> {
    named.or_else(|| Some(Path::new(CONFIG_FILE)).filter(|path| path.exists()))
}

fn load_config(named: Option<&Path>) -> Result<Config> {
    Config::load(config_path(named))
}

fn print<T: Serialize>(format: Format, found: &T, to_text: impl Fn(&T) -> String) -> Result<()> {
    match format {
        Format::Text => say(to_text(found).trim_end()),
        Format::Json => say(&serde_json::to_string_pretty(found)?),
    }
    Ok(())
}

pub fn weekly_run(args: RunArgs) -> Result<()> {
    let config = load_config(args.places.config.as_deref())?;
    if !args.mail {
        return run_job(args, config).map(drop);
    }
    mail::check_configured(&config)?;
    let named = &args.places.db;
    let database = db::resolve(named).unwrap_or_else(|_| named.clone());
    let newest_before = mail::newest_run(&database);
    let post = |run_id| mail::Post { database: &database, config: &config, run_id, is_again: false };
    match run_job(args, config.clone()) {
        Ok(run_id) => send(&post(Some(run_id))).map_err(|error| match error.exit_code() {
            5 => error,
            // The run is complete, so no other exit code is correct.
            _ => Error::Unsent { cause: Box::new(error) },
        }),
        Err(failure) => {
            // Files could not be written, but the run is in the database, with everything that the report needs.
            if let Error::Output { .. } = failure
                && let Err(error) = send(&post(None))
            {
                note(&error.to_string());
            }
            mail::send_failure(&database, &config, &failure, newest_before, &Utc::now);
            Err(failure)
        }
    }
}

fn run_job(args: RunArgs, mut config: Config) -> Result<i64> {
    if let Some(seed) = args.seed {
        config = config.with_seed(seed)?;
    }
    if let Some(model) = args.model {
        config = config.with_model(model);
    }
    if let Some(threads) = args.threads {
        // This thread counts as one of them.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).use_current_thread();
        let pool = pool.build_global();
        pool.map_err(|error| Error::Usage(format!("--threads {threads}: {error}")))?;
    }
    let database = db::resolve(&args.places.db)?;
    let request = Request {
        source: Source::find(&args.file)?,
        as_of: args.as_of.map(|AsOf(date)| date),
        database,
        reports: args.places.out,
        expected: args.totals.checked(&config)?,
        accepted: args.accept.accepted(),
        is_forced: args.force,
        is_correction: args.replace,
    };
    match run::run(&request, &config, &Utc::now, &mut Progress::to_stderr())? {
        Outcome::Done { run_id, folder } => {
            // The run and its files are complete, so a failure from here on is only noted.
            let summary = db::open_to_read(&request.database).and_then(|connection| {
                summary::lines(db::ShownRun::find(&connection, Some(run_id))?, &folder, &config)
            });
            match summary {
                Ok(lines) => say(&lines.join("\n")),
                Err(error) => note(&format!("the run is complete, but its summary could not be read: {error}")),
            }
            Ok(run_id)
        }
        Outcome::AlreadyDone { run_id } => {
            say(&format!(
                "Nothing to do: run {run_id} already covers this file, day and configuration. --force runs again, \
                 `recoup report` writes its files again."
            ));
            Ok(run_id)
        }
    }
}

fn send(post: &mail::Post) -> Result<()> {
    let sent = mail::send(post, &Utc::now)?;
    say(&match (sent.reached, sent.reached_before) {
        (0, before) => format!(
            "Nothing to send: run {} has reached all {before} recipients. `recoup mail --again` sends it once more.",
            sent.run_id
        ),
        (reached, 0) => format!("Sent      run {} to {reached} recipients", sent.run_id),
        (reached, before) => format!("Sent      run {} to {reached} recipients; {before} had it before", sent.run_id),
    });
    Ok(())
}

pub fn send_mail(args: &MailArgs) -> Result<()> {
    let config = load_config(args.config.as_deref())?;
    let database = db::resolve(&args.db)?;
    let post = mail::Post { database: &database, config: &config, run_id: args.run, is_again: args.again };
    let Some(file) = &args.to_file else { return send(&post) };
    mail::write(&post, file, Utc::now())?;
    say(&format!("Wrote     {}", file.display()));
    Ok(())
}

pub fn check_file(args: &CheckArgs) -> Result<()> {
    let config = load_config(args.config.as_deref())?;
    let earlier = match db::open_to_read(&db::resolve(&args.db)?) {
        Err(Error::NotFound(_)) => None,
        opened => Some(opened?),
    };
    let last_loans = earlier.as_ref().map(|earlier| run::last_loans(earlier, &config)).transpose()?.flatten();
    let expected = Expected { last_loans, ..args.totals.checked(&config)? };
    let since = check::Since {
        // A database of an earlier version is used only after a run has upgraded it.
        earlier_runs: earlier.as_ref().filter(|earlier| db::check_current(earlier, &args.db).is_ok()),
        day: args.as_of.map_or_else(|| Utc::now().date_naive(), |AsOf(day)| day),
        accepted: args.accept.accepted(),
    };
    let result = check::check(&Source::find(&args.file)?, &config, &expected, &since)?;
    print(args.format, &result, CheckResult::to_text)?;
    result.into_verdict()
}

pub fn report_again(args: &ReportArgs) -> Result<()> {
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

pub fn back_up(args: &BackupArgs) -> Result<()> {
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

pub fn examine(args: &DoctorArgs) -> Result<()> {
    let database = db::resolve(&args.places.db)?;
    let installation = doctor::Installation {
        database: &database,
        reports: &args.places.out,
        config: config_path(args.places.config.as_deref()),
    };
    let findings = doctor::examine(&installation, Utc::now());
    print(args.format, &findings, Findings::to_text)?;
    findings.into_verdict()
}

pub fn erase_borrower(args: &EraseArgs) -> Result<()> {
    let config = load_config(args.places.config.as_deref())?;
    let database = db::resolve(&args.places.db)?;
    let places = erase::EraseTargets { database: &database, reports: &args.places.out, config: &config };
    let erased = erase::erase(&places, &args.borrower_id, Utc::now(), &mut Progress::to_stderr())?;
    say(erased.to_text().trim_end());
    erased.into_verdict()
}

pub fn take_closed_loans(args: &ClosedArgs) -> Result<()> {
    let config = load_config(args.config.as_deref())?;
    let database = db::resolve(&args.db)?;
    let closed = history::take_reasons(&Source::find(&args.file)?, &database, &config, Utc::now())?;
    let mut said = format!("Took the reason of {}.", counted(closed.loans as u64, "loan"));
    if closed.unknown > 0 {
        said += &format!(" {} of the list were in no weekly file.", grouped(closed.unknown as u64));
    }
    if closed.live > 0 {
        said += &format!(
            " {} of the list are live in the latest file: nothing was taken of them.",
            grouped(closed.live as u64)
        );
    }
    closed.restated.in_words().iter().for_each(|words| said += &format!(" {words}"));
    say(&said);
    Ok(())
}

pub fn renumber_loans(args: &RenumberArgs) -> Result<()> {
    let config = load_config(args.config.as_deref())?;
    let database = db::resolve(&args.db)?;
    let renumbered = history::renumber(&Source::find(&args.file)?, &database, &config)?;
    let theirs = if renumbered.loans == 1 { "its new id" } else { "their new ids" };
    let mut said = format!("Gave {} {theirs}, in every week.", counted(renumbered.loans as u64, "loan"));
    if renumbered.unknown > 0 {
        said += &format!(" {} of the list were in no weekly file.", grouped(renumbered.unknown as u64));
    }
    say(&said);
    Ok(())
}

pub fn show_history(args: &HistoryArgs) -> Result<()> {
    let config = load_config(args.config.as_deref())?;
    let database = db::resolve(&args.db)?;
    if args.rebuild {
        let remade = history::rebuild(&database, &config)?;
        say(&remade.in_words().unwrap_or_else(|| "There is no run yet.".to_owned()));
        return Ok(());
    }
    let connection = db::open_to_read(&database)?;
    say(&history::lines(db::ShownRun::find(&connection, None)?)?.join("\n"));
    Ok(())
}

pub fn init(args: &InitArgs) -> Result<()> {
    if args.out.exists() {
        let path = args.out.display();
        return Err(Error::Usage(format!("{path} already exists and was left alone: name another with --out")));
    }
    let created = File::create_new(&args.out).and_then(|mut file| file.write_all(DEFAULT_TOML.as_bytes()));
    created.map_err(|error| Error::io("write", &args.out, error))?;
    say(&format!("Wrote {}: every setting with its default. Keep what you change.", args.out.display()));
    Ok(())
}

pub fn demo(args: &DemoArgs) -> Result<()> {
    if args.loans == 0 {
        return Err(Error::Usage("--loans must be at least 1".to_owned()));
    }
    match args.weeks {
        None => demo_book(args),
        Some(weeks) => demo_weeks(args, weeks),
    }
}

fn demo_book(args: &DemoArgs) -> Result<()> {
    let out = args.out.as_deref().unwrap_or(Path::new("demo_loans.csv"));
    if args.truth.as_deref() == Some(out) {
        return Err(Error::Usage("--truth must not be the file of --out".to_owned()));
    }
    let book = DemoBook { loans: args.loans, seed: args.seed, signal: args.signal };
    let failed = |error| Error::io("write", out, error);
    outputs::write_whole(out, |file| match &args.truth {
        None => demo::write_book(&book, file, None).map_err(failed),
        Some(path) => outputs::write_whole(path, |truth| demo::write_book(&book, file, Some(truth)).map_err(failed)),
    })?;
    say(&format!("Wrote {}: {} made-up loans.", out.display(), grouped(args.loans as u64)));
    Ok(())
}

fn demo_weeks(args: &DemoArgs, weeks: u32) -> Result<()> {
    let folder = args.out.as_deref().unwrap_or(Path::new("demo_weeks"));
    let lender = DemoWeeks {
        weeks,
        loans: args.loans,
        seed: args.seed,
        as_of: args.as_of.map_or_else(|| Utc::now().date_naive(), |AsOf(day)| day),
        renumber_week: args.renumber_week,
        frozen_week: args.frozen_week,
        accrues: args.accrued_interest,
    };
    lender.check().map_err(Error::Usage)?;
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let path = folder.display();
        return Err(Error::Usage(format!("{path} is not empty and was left alone: name another folder with --out")));
    }
    outputs::make_folder(folder)?;
    demo::write_weeks(&lender, |name, bytes| {
        let path = folder.join(name);
        outputs::write_whole(&path, |file| file.write_all(bytes).map_err(|error| Error::io("write", &path, error)))
    })?;
    let loans = grouped(args.loans as u64);
    say(&format!("Wrote {}: {weeks} weekly files of about {loans} live loans, and truth.csv.", folder.display()));
    Ok(())
}
