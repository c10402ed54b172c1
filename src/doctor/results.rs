//! The results of the weekly job: its last run, report and e-mail, and the copies of the database.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, OptionalExtension};

use super::{Finding, Installation, RESTORE};
use crate::config::Mail;
use crate::db::{self, copies};
use crate::error::Result;
use crate::mail;
use crate::progress::counted;
use crate::run::files::FILES;

/// After more days, a weekly job has missed a week.
const LATE_AFTER_DAYS: i64 = 8;

/// The longest time between two copies of a book that changes weekly.
const OLD_BACKUP_DAYS: i64 = 31;

struct LastRun {
    run_id: i64,
    as_of: String,
    input_sha256: String,
    finished_at: String,
}

pub fn examine(
    connection: &Connection,
    installation: &Installation,
    copies: &BTreeSet<PathBuf>,
    now: DateTime<Utc>,
) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let last = last_run(connection)?;
    match &last {
        None => findings.push(Finding::warning("last run", "no run has been completed yet", "`recoup run FILE`")),
        Some(last) => {
            findings.push(age(last, now));
            findings.push(report(last, installation.reports));
        }
    }
    findings.extend(failures(connection, last.as_ref())?);
    if db::check_current(connection, installation.database).is_ok() {
        findings.extend(loans(connection)?);
    }
    findings.append(&mut backups(connection, copies, now)?);
    Ok(findings)
}

fn last_run(connection: &Connection) -> Result<Option<LastRun>> {
    let query = "select run_id, as_of_date, coalesce(input_sha256, '') as input_sha256, finished_at
        from runs
        where run_id = (select run_id from runs where status = 'complete' order by place desc limit 1)";
    let run = connection.query_row(query, [], |row| {
        Ok(LastRun {
            run_id: row.get("run_id")?,
            as_of: row.get("as_of_date")?,
            input_sha256: row.get("input_sha256")?,
            finished_at: row.get("finished_at")?,
        })
    });
    Ok(run.optional()?)
}

fn loans(connection: &Connection) -> Result<Vec<Finding>> {
    let mut statement = connection.prepare(include_str!("uncounted_loans.sql"))?;
    let runs = statement
        .query_map([], |row| Ok((row.get("run_id")?, row.get("counted")?, row.get("stored")?, row.get("decided")?)))?;
    let mut findings = Vec::new();
    for run in runs {
        let (run_id, counted, stored, decided): (i64, i64, i64, i64) = run?;
        let found =
            format!("run {run_id} counted {counted} loans; {stored} are stored, {decided} of them with a decision");
        findings.push(Finding::fault("loans", found, RESTORE));
    }
    let mut statement = connection.prepare(include_str!("missing_summaries.sql"))?;
    let runs: Vec<i64> = statement.query_map([], |row| row.get("run_id"))?.collect::<rusqlite::Result<_>>()?;
    for run_id in runs {
        let found = format!("figures of run {run_id}, which should be kept, are missing");
        findings.push(Finding::fault("figures", found, RESTORE));
    }
    let details: i64 = connection.query_row(include_str!("unused_details.sql"), [], |row| row.get(0))?;
    if details > 0 {
        let found = format!("{} of loan_details belong to no loan of a run", counted(details as u64, "row"));
        let what_to_do = "find out which program deleted loans; the next `recoup erase`, or run that removes old loans, \
            removes them";
        findings.push(Finding::warning("details", found, what_to_do));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("loans", "every run has its loans or its figures"));
    }
    Ok(findings)
}

fn days_since(moment: &str, now: DateTime<Utc>) -> Option<i64> {
    let day = NaiveDate::parse_from_str(moment.get(..10)?, "%Y-%m-%d").ok()?;
    Some((now.date_naive() - day).num_days())
}

fn age(last: &LastRun, now: DateTime<Utc>) -> Finding {
    let found = format!("run {} for {}, ended {}", last.run_id, last.as_of, last.finished_at);
    match days_since(&last.finished_at, now) {
        Some(days) if days > LATE_AFTER_DAYS => Finding::warning(
            "last run",
            format!("{found}, {days} days ago"),
            "check that the scheduled job still starts, and read its log",
        ),
        _ => Finding::ok("last run", found),
    }
}

fn failures(connection: &Connection, last: Option<&LastRun>) -> Result<Option<Finding>> {
    let query = "select count(*) as failures, max(run_id) as latest,
            (select status from runs where status in ('refused', 'failed') order by run_id desc limit 1) as status
        from runs
        where run_id > ?1 and status in ('refused', 'failed')";
    let after = last.map_or(0, |last| last.run_id);
    let (count, latest, status): (i64, Option<i64>, Option<String>) =
        connection.query_row(query, [after], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let Some((latest, status)) = latest.zip(status) else { return Ok(None) };
    let found = format!("{count} since the last complete run; the latest, run {latest}, was {status}");
    let what_to_do =
        format!("`select message from run_history where run_id = {latest}` says why; fix that and run again");
    Ok(Some(Finding::warning("failed runs", found, what_to_do)))
}

/// A report belongs to a run if it shows its number and the hash of its file.
fn report(last: &LastRun, reports: &Path) -> Finding {
    let folder = reports.join(&last.as_of);
    let absent: Vec<&str> = FILES.into_iter().filter(|name| !folder.join(name).is_file()).collect();
    if !absent.is_empty() {
        let found = format!("missing in {}: {}", folder.display(), absent.join(", "));
        return Finding::warning("report", found, "`recoup report` writes them again; name their folder with --out");
    }
    let page = folder.join(FILES[0]);
    let number = format!("<dt>Run</dt><dd>{}</dd>", last.run_id);
    match fs::read_to_string(&page) {
        Ok(text) if text.contains(&number) && text.contains(&last.input_sha256) => {
            Finding::ok("report", format!("{} belongs to run {}", page.display(), last.run_id))
        }
        Ok(_) => Finding::warning(
            "report",
            format!("{} does not belong to run {}, the latest", page.display(), last.run_id),
            "`recoup report` writes it again",
        ),
        Err(error) => Finding::warning(
            "report",
            format!("{} cannot be read: {error}", page.display()),
            "let this user read it, or write it again with `recoup report`",
        ),
    }
}

fn backups(connection: &Connection, known: &BTreeSet<PathBuf>, now: DateTime<Utc>) -> Result<Vec<Finding>> {
    let (there, absent): (Vec<_>, Vec<_>) = known.iter().partition(|path| path.is_file());
    let mut findings: Vec<Finding> = absent
        .into_iter()
        .map(|path| {
            Finding::warning(
                "backup",
                format!("{} is missing", path.display()),
                "restore it, so that erasing a borrower reaches it; if it no longer exists, run `recoup backup --forget` on it",
            )
        })
        .collect();
    for path in &there {
        if let Some(problem) = problem(path) {
            let what_to_do = "delete it, run `recoup backup --forget` on it, and make another with `recoup backup`";
            findings.push(Finding::fault("backup", format!("{}: {problem}", path.display()), what_to_do));
        }
    }
    let query = "select max(made_at) from backups where reason = 'asked for'";
    let latest: Option<String> = connection.query_row(query, [], |row| row.get(0))?;
    findings.push(match latest {
        None => Finding::warning("backups", "none was made", "`recoup backup`, and keep it on another disk"),
        Some(made_at) if days_since(&made_at, now).is_some_and(|days| days > OLD_BACKUP_DAYS) => {
            Finding::warning("backups", format!("the latest is of {made_at}"), "`recoup backup`")
        }
        Some(made_at) => Finding::ok("backups", format!("{} exist, the latest of {made_at}", there.len())),
    });
    Ok(findings)
}

fn problem(path: &Path) -> Option<String> {
    match db::open_to_read(path).and_then(|copy| copies::first_problem(&copy)) {
        Ok(problem) => problem.map(|problem| format!("damaged ({problem})")),
        Err(error) => Some(error.to_string()),
    }
}

pub fn mail_server(settings: &Mail) -> Option<Finding> {
    if !settings.is_configured() {
        return None;
    }
    let check = "e-mail";
    let smtp = &settings.smtp;
    let found = format!("goes to {} recipients by {}:{}", settings.to.len(), smtp.host, smtp.port);
    Some(match mail::check_server(smtp) {
        Ok(()) => Finding::ok(check, found),
        Err(why) => Finding::fault(check, why, "correct [mail.smtp]; `recoup mail` then sends what is missing"),
    })
}

pub fn delivery(connection: &Connection, settings: &Mail) -> Result<Option<Finding>> {
    if !settings.is_configured() {
        return Ok(None);
    }
    let latest = "select run_id from runs where status = 'complete' order by place desc limit 1";
    let Some(run_id) = connection.query_row(latest, [], |row| row.get::<_, i64>("run_id")).optional()? else {
        return Ok(None);
    };
    Ok(Some(match mail::unreached(connection, settings, run_id)?.as_slice() {
        [] => Finding::ok("delivery", format!("run {run_id} has reached all {} recipients", settings.to.len())),
        [first, rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            Finding::warning(
                "delivery",
                format!("run {run_id} has not reached {first}{more}"),
                "`recoup mail` sends it to them only; last_reply in delivery_history says what was wrong",
            )
        }
    }))
}
