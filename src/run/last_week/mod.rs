//! Compares this week's book with an earlier one and refuses other ids (`ids`), the same file again (`movement`) and values of
//! another unit or day (`jump`): every change since would be wrong. Each is an inference, so each can be accepted, once by a
//! flag or always by the configuration.

mod ids;
mod jump;
mod movement;
mod renumbered;

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use rusqlite::{Connection, OptionalExtension};

use crate::config::Config;
use crate::error::Result;
use crate::progress::grouped;
use jump::Jump;
use movement::Movement;
use renumbered::{Renumbered, renumbered};

/// Whether a book has moved is judged against a run at least this old: a book can be the same after a weekend or a second run.
const LEAST_DAYS: u64 = 5;

/// Fewer live loans can all be gone in a week.
const LEAST_LIVE: u64 = 5;

/// Fewer closed loans can all have been reopened.
const LEAST_CLOSED: u64 = 5;

/// Another book has fewer than one in this many of the live loans.
const ONE_IN_FOUND: u64 = 5;

/// More than one in this many live loans under changed ids is not chance.
const ONE_IN_CHANGED: u64 = 20;

/// In percent: if fewer live loans are found, the file was cut off.
const KEPT_PERCENT: u64 = 95;

const ACCEPT_VALUES: &str = "If they are right, add --accept-changed-values (import.accept_changed_values = true \
                             accepts such a book every time)";

const NONE: (i64, i64) = (0, -1);

/// One row a loan of a range of snapshots, in the order of its file.
const LOANS: &str = "\
select
    register.loan_id,
    loans.outstanding_minor,
    loans.days_past_due,
    loans.is_closed,
    loans.is_live
from loan_snapshots as loans
join loan_register as register using (loan_key)
where loans.snapshot_id between ?1 and ?2
";

/// Which differences from the earlier book are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepted {
    pub changed_ids: bool,
    pub unchanged: bool,
    /// Balances or days past due have jumped, or closed loans are live again.
    pub changed_values: bool,
}

impl Accepted {
    #[must_use]
    pub fn or_configured(self, config: &Config) -> Self {
        Self {
            changed_ids: self.changed_ids || config.import.accept_changed_ids,
            unchanged: self.unchanged || config.import.accept_unchanged,
            changed_values: self.changed_values || config.import.accept_changed_values,
        }
    }
}

struct EarlierRun {
    run_id: i64,
    as_of: NaiveDate,
    range: (i64, i64),
}

#[derive(Debug, Clone, Copy)]
struct Before {
    outstanding_minor: i64,
    days_past_due: i64,
}

struct Comparison {
    earlier: EarlierRun,
    reopened: Reopened,
    /// Only loans closed with a balance.
    reopened_owing: Reopened,
    live: u64,
    found: u64,
    missing: HashMap<String, Before>,
    movement: Movement,
    jump: Jump,
}

/// Closed loans that are in the file again, and how many of them are live.
#[derive(Debug, Default)]
struct Reopened {
    closed: u64,
    live: u64,
}

impl Reopened {
    fn count(&mut self, is_live: bool) {
        self.closed += 1;
        self.live += u64::from(is_live);
    }

    fn is_of_most(&self) -> bool {
        self.live >= LEAST_CLOSED && self.live * 2 > self.closed
    }
}

/// Reasons to refuse the loans of a run that describes `day`. The earlier runs may be in another database.
pub fn problems(
    (book, snapshots): (&Connection, Option<(i64, i64)>),
    earlier_runs: &Connection,
    day: NaiveDate,
    config: &Config,
    accepted: Accepted,
) -> Result<Vec<String>> {
    let Some(last) = earlier_run(earlier_runs, day, 1, config)? else { return Ok(Vec::new()) };
    let long_ago = earlier_run(earlier_runs, day, LEAST_DAYS, config)?.filter(|run| run.run_id != last.run_id);
    let is_long_ago = (day - last.as_of).num_days() >= LEAST_DAYS as i64;
    let range = snapshots.unwrap_or(NONE);
    let mut last = compare(book, range, earlier_runs, last, day)?;
    let mut problems = Vec::new();
    if !accepted.changed_ids {
        problems.extend(changed_ids((book, range), earlier_runs, &last)?);
    }
    if !accepted.unchanged {
        let stale = match long_ago {
            _ if is_long_ago => last.unchanged(day),
            Some(run) => compare(book, range, earlier_runs, run, day)?.unchanged(day),
            None => None,
        };
        problems.extend(stale);
    }
    if !accepted.changed_values {
        problems.extend(last.reopened());
    }
    // In another book, the same ids are other loans.
    if !accepted.changed_values && last.found * 2 > last.live {
        problems.extend(last.changed_balances());
        problems.extend(last.changed_days(day));
    }
    Ok(problems)
}

#[derive(Debug, Clone, Copy)]
pub struct Latest((i64, i64));

/// Must be called before the loans of a new run are stored; `None` where the loans are removed or in another currency.
pub fn latest(earlier_runs: &Connection, config: &Config) -> Result<Option<Latest>> {
    let values = (&config.currency.code, config.currency.scale());
    let range = earlier_runs.query_row(include_str!("latest_snapshots.sql"), values, |row| {
        Ok(Latest((row.get("first_snapshot_id")?, row.get("last_snapshot_id")?)))
    });
    Ok(range.optional()?)
}

/// Whether nearly all live loans of the latest run are in this book: then a much shorter file lost closed loans and was not
/// cut off.
pub fn keeps_live_loans(
    (book, snapshots): (&Connection, Option<(i64, i64)>),
    earlier_runs: &Connection,
    latest: Option<Latest>,
) -> Result<bool> {
    let Some(Latest(range)) = latest else { return Ok(false) };
    let mut statement = book.prepare(LOANS)?;
    let now = statement
        .query_map(snapshots.unwrap_or(NONE), |row| row.get(0))?
        .collect::<rusqlite::Result<HashSet<String>>>()?;
    let (mut live, mut found) = (0, 0);
    let mut statement = earlier_runs.prepare(LOANS)?;
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        if row.get("is_live")? {
            live += 1;
            found += u64::from(now.contains(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?));
        }
    }
    Ok(live > 0 && found * 100 >= live * KEPT_PERCENT)
}

fn earlier_run(connection: &Connection, day: NaiveDate, days: u64, config: &Config) -> Result<Option<EarlierRun>> {
    let Some(latest) = day.checked_sub_days(Days::new(days)) else { return Ok(None) };
    let values = (latest.to_string(), &config.currency.code, config.currency.scale());
    let run = connection.query_row(include_str!("earlier_run.sql"), values, |row| {
        let range = (row.get("first_snapshot_id")?, row.get("last_snapshot_id")?);
        Ok((row.get::<_, i64>("run_id")?, row.get::<_, String>("as_of_date")?, range))
    });
    let run = run.optional()?;
    Ok(run.and_then(|(run_id, as_of, range)| Some(EarlierRun { run_id, as_of: as_of.parse().ok()?, range })))
}

fn compare(
    book: &Connection,
    range: (i64, i64),
    earlier_runs: &Connection,
    earlier: EarlierRun,
    day: NaiveDate,
) -> Result<Comparison> {
    let (mut missing, mut closed) = (HashMap::new(), HashMap::new());
    let mut statement = earlier_runs.prepare(LOANS)?;
    let mut rows = statement.query(earlier.range)?;
    while let Some(row) = rows.next()? {
        if row.get("is_live")? {
            let before = Before { outstanding_minor: row.get(1)?, days_past_due: row.get(2)? };
            missing.insert(row.get("loan_id")?, before);
        } else if row.get("is_closed")? {
            closed.insert(row.get::<_, String>("loan_id")?, row.get::<_, i64>("outstanding_minor")? > 0);
        }
    }
    let live = missing.len() as u64;
    let (mut reopened, mut reopened_owing) = (Reopened::default(), Reopened::default());
    let (mut movement, mut jump) = (Movement::default(), Jump::after((day - earlier.as_of).num_days()));
    let mut statement = book.prepare(LOANS)?;
    let mut rows = statement.query(range)?;
    while let Some(row) = rows.next()? {
        let loan_id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        let is_live = row.get("is_live")?;
        if let Some(has_owed) = closed.get(loan_id) {
            reopened.count(is_live);
            if *has_owed {
                reopened_owing.count(is_live);
            }
        }
        let before = missing.remove(loan_id);
        if is_live {
            let (outstanding_minor, days_past_due) = (row.get(1)?, row.get(2)?);
            movement.count(before, outstanding_minor, days_past_due);
            if let Some(before) = before {
                jump.count(before, outstanding_minor, days_past_due);
            }
        }
    }
    Ok(Comparison {
        earlier,
        reopened,
        reopened_owing,
        live,
        found: live - missing.len() as u64,
        missing,
        movement,
        jump,
    })
}

fn changed_ids(
    (book, range): (&Connection, (i64, i64)),
    earlier_runs: &Connection,
    last: &Comparison,
) -> Result<Option<String>> {
    let missing = last.missing.len() as u64;
    let is_other = last.live >= LEAST_LIVE && last.found * ONE_IN_FOUND < last.live;
    if missing * ONE_IN_CHANGED <= last.live {
        return Ok(None);
    }
    let is_many = |loans: u64| loans > 1 && loans * ONE_IN_CHANGED > last.live;
    let change = ids::change(book, range, &last.missing)?.filter(|change| is_other || is_many(change.loans));
    let renumbered = match change {
        None => renumbered((book, range), (earlier_runs, &last.earlier), &last.missing)?,
        Some(_) => None,
    };
    let (day, live) = (last.earlier.as_of, grouped(last.live));
    let (why, what_to_do) = match (change, renumbered.filter(|renumbered| is_many(renumbered.loans))) {
        (Some(change), _) => (
            format!("{}: loan {} of {day} is loan {} now", change.words, change.before, change.now),
            "Export the ids as they were",
        ),
        (None, Some(Renumbered { loans, before, now })) => (
            format!(
                "{} of the others are there under another id, with the same borrower, amount and balance: loan {before} of \
                 {day} is loan {now} now",
                grouped(loans)
            ),
            "Give the new id of each loan in a list with the columns old_id and new_id: `recoup renumber ids.csv`. Then run \
             this file again",
        ),
        (None, None) if is_other => (
            "it is another book, or its loans were numbered anew".to_owned(),
            "Name the right file; for another branch, use a separate database with --db; for new ids, give a list with the \
             columns old_id and new_id: `recoup renumber ids.csv`",
        ),
        (None, None) => return Ok(None),
    };
    let found = match last.found {
        0 => format!("none of the {live} live loans of {day} is in this file"),
        found => format!("only {} of the {live} live loans of {day} are in this file", grouped(found)),
    };
    Ok(Some(format!(
        "{found}: {why}. {what_to_do}. To go on without, add --accept-changed-ids: these loans then count as new \
         (import.accept_changed_ids = true accepts such a book every time)"
    )))
}

impl Comparison {
    fn unchanged(&self, day: NaiveDate) -> Option<String> {
        let is_whole = self.missing.is_empty();
        let facts = self.movement.no_movement(is_whole)?;
        let (earlier, days) = (self.earlier.as_of, (day - self.earlier.as_of).num_days());
        Some(format!(
            "this is the book of {earlier} again: {facts} as {days} days ago. Export it again. To accept it, for instance \
             as a sample, add --accept-unchanged (import.accept_unchanged = true accepts such a book every time)"
        ))
    }

    fn reopened(&self) -> Option<String> {
        let kinds = [(&self.reopened, ""), (&self.reopened_owing, " with a balance")];
        kinds.into_iter().find(|(reopened, _)| reopened.is_of_most()).map(|(reopened, which)| {
            format!(
                "{} of the {} loans that were closed{which} on {} are live again: the status column is missing or empty. Export it \
                 with the status, or give the column's name in [columns]. If they were reopened, add --accept-changed-values \
                 (import.accept_changed_values = true accepts such a book every time)",
                grouped(reopened.live),
                grouped(reopened.closed),
                self.earlier.as_of
            )
        })
    }

    fn changed_balances(&mut self) -> Option<String> {
        let facts = self.jump.of_balances()?;
        Some(format!(
            "{facts} on {}: the amounts are in another unit or currency, or lost their decimal mark. Export them as they \
             were. {ACCEPT_VALUES}",
            self.earlier.as_of
        ))
    }

    fn changed_days(&self, day: NaiveDate) -> Option<String> {
        let facts = self.jump.of_days()?;
        let (earlier, days) = (self.earlier.as_of, (day - self.earlier.as_of).num_days());
        Some(format!(
            "{facts} than on {earlier}, {days} {} before: the file describes another day than {day}, or the days are counted \
             differently. Give the day that it describes with --as-of, or export it again. {ACCEPT_VALUES}",
            if days == 1 { "day" } else { "days" },
        ))
    }
}
