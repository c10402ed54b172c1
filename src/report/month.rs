//! The month up to the run: where loans moved, and what became of the balance.

use rusqlite::OptionalExtension;

use super::table::Table;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, share};

pub const ROLL_RATES: &str = "\
-- Of the loans of a state at the start of the month, where they are now.
select
    position_from, state_from, position_to, state_to, loans, share_percent,
    lower_95_percent, upper_95_percent, opening, outstanding_percent
from roll_rates_by_run
where run_id = ?1
order by position_from, position_to;
";

pub const RECONCILIATION: &str = "\
select position, label, loans, amount
from reconciliation_by_run
where run_id = ?1
order by position;
";

pub const CASH: &str = "\
select
    basis, collected_at_least, collected, collected_at_least_before,
    collected_before
from cash_collected_by_run
where run_id = ?1;
";

pub const CURES: &str = "\
select
    month, loans, caught_up, caught_up_unpaid, half_caught_up_weeks, paid_off,
    refinanced, lost, unknown, still_behind, cured, redefaulted,
    lower_95_percent, upper_95_percent
from cures_by_run
where run_id = ?1
order by month;
";

/// A share of fewer loans is not put into words.
const LEAST_FOR_A_SENTENCE: i64 = 10;

pub struct Month {
    pub sentence: String,
    pub by_loans: Table,
    pub by_balance: Table,
    pub account: Table,
    pub cash: Option<String>,
    pub cures: Option<(String, Table)>,
}

struct Move {
    from: (i64, String),
    to: i64,
    loans: i64,
    opening: f64,
    /// Of the loans, and of the balance, of the state at the start, in percent; `None` of too few loans.
    shares: Option<(f64, f64)>,
}

/// The loans of one state at the start of the month.
struct StateAtStart<'a> {
    position: i64,
    name: &'a str,
    moves: Vec<&'a Move>,
}

impl StateAtStart<'_> {
    fn loans(&self) -> i64 {
        self.moves.iter().map(|one| one.loans).sum()
    }
}

/// The columns of the matrix: the positions of `loan_states`.
const COLUMNS: [&str; 13] = [
    "At the start",
    "#Loans",
    "#Current",
    "#1 to 30",
    "#31 to 60",
    "#61 to 90",
    "#91 to 180",
    "#Over 180",
    "#Paid in full",
    "#Refinanced",
    "#Settled at a loss",
    "#Written off",
    "#Gone",
];
const STATES: usize = COLUMNS.len() - 2;
const LAST_BUCKET: i64 = 5;
const WRITTEN_OFF: i64 = 9;
const UNKNOWN: i64 = 10;

/// `None` where no run of about a month before has its loans.
pub fn read(shown: ShownRun<'_>, currency: &str, style: &Style) -> Result<Option<Month>> {
    let moves: Vec<Move> = shown.rows(ROLL_RATES, |row| {
        Ok(Move {
            from: (row.get("position_from")?, row.get("state_from")?),
            to: row.get("position_to")?,
            loans: row.get("loans")?,
            opening: row.get("opening")?,
            shares: match row.get::<_, Option<f64>>("lower_95_percent")? {
                Some(_) => Some((row.get("share_percent")?, row.get("outstanding_percent")?)),
                None => None,
            },
        })
    })?;
    if moves.is_empty() {
        return Ok(None);
    }
    let (start, days): (String, i64) = shown.query_row(
        "select
             earlier.as_of_date,
             cast(julianday(runs.as_of_date) - julianday(earlier.as_of_date) as integer)
         from runs
         join runs as earlier
             on earlier.run_id = (select min(start_run_id) from transition_sums where run_id = ?1)
         where runs.run_id = ?1",
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let start = format::date(&start);
    let states = states_at_start(&moves);
    let of_loans = |one: &Move| one.shares.map_or_else(|| style.count(one.loans), |(loans, _)| share(loans / 100.0));
    let of_balance =
        |one: &Move| one.shares.map_or_else(|| style.compact(one.opening), |(_, owed)| share(owed / 100.0));
    Ok(Some(Month {
        sentence: sentence(&states, &start, days, style),
        by_loans: matrix(format!("Loans by their state on {start}, and where they are now"), &states, of_loans, style),
        by_balance: matrix(
            format!("Balance on {start} by the loans’ state then, and where they are now, in {currency} or percent"),
            &states,
            of_balance,
            style,
        ),
        account: account(shown, currency, style)?,
        cash: cash(shown, style)?,
        cures: cures(shown, style)?,
    }))
}

/// The month in a line, for the first screen and the mail; `None` without one.
pub fn in_short(shown: ShownRun<'_>, style: &Style) -> Result<Option<String>> {
    let month = read(shown, "", style)?;
    Ok(month.map(|month| month.cash.into_iter().fold(month.sentence, |text, cash| text + " " + &cash)))
}

/// What was collected in the month, and in the one before.
fn cash(shown: ShownRun<'_>, style: &Style) -> Result<Option<String>> {
    let found = shown
        .query_row(CASH, |row| {
            let basis: String = row.get("basis")?;
            let is_accrued = basis == "accrued";
            let of = |suffix: &str| -> rusqlite::Result<Option<f64>> {
                let name = if is_accrued { "collected" } else { "collected_at_least" };
                row.get(format!("{name}{suffix}").as_str())
            };
            Ok((basis, of("")?, of("_before")?))
        })
        .optional()?;
    let Some((basis, Some(now), before)) = found else { return Ok(None) };
    let before = before.map_or_else(String::new, |before| format!(" ({} in the month before)", style.money(before)));
    let now = style.money(now);
    Ok(Some(match basis.as_str() {
        "accrued" => {
            format!("About {now} was collected{before}, interest included. Loans gone without a reason are left out.")
        }
        "still" => format!(
            "At least {now} was collected{before}, going by how far balances fell. That leaves out interest paid on top of the \
             balance, and loans gone without a reason."
        ),
        _ => format!(
            "At least {now} was collected{before}. The file does not show how much interest is in its balances; say so with \
             balance under [history] in recoup.toml."
        ),
    }))
}

/// What became of loans that fell behind, by month, where enough weeks have passed.
fn cures(shown: ShownRun<'_>, style: &Style) -> Result<Option<(String, Table)>> {
    let known = |count: Option<i64>| count.map_or_else(|| format::NONE.to_owned(), |count| style.count(count));
    let mut latest = None;
    let rows = shown.rows(CURES, |row| {
        let (loans, caught_up): (i64, i64) = (row.get("loans")?, row.get("caught_up")?);
        let month = month_in_words(&row.get::<_, String>("month")?);
        if loans >= LEAST_FOR_A_SENTENCE {
            let half: Option<f64> = row.get("half_caught_up_weeks")?;
            let (lower, upper): (f64, f64) = (row.get("lower_95_percent")?, row.get("upper_95_percent")?);
            let soon = half.map_or_else(String::new, |weeks| format!(", half of them within {weeks:.0} weeks"));
            latest = Some(format!(
                "Of the {} that fell more than 30 days behind in {month}, {} caught up within 12 weeks{soon}: {} \
                 (95% interval {} to {}).",
                style.loans(loans),
                style.count(caught_up),
                share(caught_up as f64 / loans as f64),
                share(lower / 100.0),
                share(upper / 100.0)
            ));
        }
        Ok(vec![
            month,
            style.count(loans),
            style.count(caught_up),
            style.count(row.get("caught_up_unpaid")?),
            style.count(row.get("paid_off")?),
            style.count(row.get("refinanced")?),
            style.count(row.get("lost")?),
            style.count(row.get("unknown")?),
            style.count(row.get("still_behind")?),
            known(row.get("cured")?),
            known(row.get("redefaulted")?),
        ])
    })?;
    if rows.is_empty() {
        return Ok(None);
    }
    let labels = [
        "Fell behind in",
        "#Loans",
        "#Caught up",
        "#Without paying",
        "#Paid in full",
        "#Refinanced",
        "#Lost",
        "#Gone",
        "#Still behind",
        "#Stayed up to date",
        "#Fell behind again",
    ];
    let caption =
        "Loans that fell more than 30 days behind, and where they were 12 weeks later; a dash where it is too early";
    Ok(Some((latest.unwrap_or_default(), Table::new(caption, &labels, rows).without_empty_columns())))
}

/// "March 2026" of "2026-03".
pub(super) fn month_in_words(month: &str) -> String {
    let day = format::date(&format!("{month}-01"));
    day.split_once([' ', '\u{a0}']).map_or(day.clone(), |(_, month)| month.to_owned())
}

/// The states of loans that were there at the start, in order.
fn states_at_start(moves: &[Move]) -> Vec<StateAtStart<'_>> {
    let were_there: Vec<&Move> = moves.iter().filter(|one| one.from.0 >= 0).collect();
    let states = were_there.chunk_by(|one, other| one.from.0 == other.from.0);
    states
        .map(|moves| StateAtStart { position: moves[0].from.0, name: &moves[0].from.1, moves: moves.to_vec() })
        .collect()
}

fn matrix(caption: String, states: &[StateAtStart<'_>], cell: impl Fn(&Move) -> String, style: &Style) -> Table {
    let row = |state: &StateAtStart<'_>| {
        let heads = [state.name.to_owned(), style.count(state.loans())];
        let cells = (0..STATES as i64).map(|to| {
            state.moves.iter().copied().find(|one| one.to == to).map_or_else(|| format::NONE.to_owned(), &cell)
        });
        heads.into_iter().chain(cells).collect()
    };
    Table::new(caption, &COLUMNS, states.iter().map(row).collect()).without_empty_columns()
}

/// How many loans fell behind and improved. Loans that are gone without a reason may be good or bad: both are counted.
fn sentence(states: &[StateAtStart<'_>], start: &str, days: i64, style: &Style) -> String {
    let sum = |is_counted: &dyn Fn(i64, &Move) -> bool| -> i64 {
        let of_state = |state: &StateAtStart<'_>| {
            let counted = state.moves.iter().filter(|one| is_counted(state.position, one));
            counted.map(|one| one.loans).sum::<i64>()
        };
        states.iter().map(of_state).sum()
    };
    let all = sum(&|_, _| true);
    let forward = sum(&|from, one| (one.to > from && one.to <= LAST_BUCKET) || one.to == WRITTEN_OFF);
    let late = sum(&|from, _| from > 0);
    let cured = sum(&|from, one| from > 0 && one.to == 0);
    let unknown = sum(&|_, one| one.to == UNKNOWN);
    let of = |part: i64, all: i64| format!("{} of {}", style.count(part), style.loans(all));
    let mut text =
        format!("In the {days} days since {start}, {} fell further behind or were written off", of(forward, all));
    if late > 0 {
        text += &format!(", and {} that were late are now up to date", of(cured, late));
    }
    text += ".";
    if unknown > 0 {
        text += &format!(
            " {} left the file without a reason: if all of them went bad, {} fell behind.",
            style.loans(unknown),
            of(forward + unknown, all)
        );
    }
    text
}

fn account(shown: ShownRun<'_>, currency: &str, style: &Style) -> Result<Table> {
    let rows = shown.rows(RECONCILIATION, |row| {
        let loans: Option<i64> = row.get("loans")?;
        let amount: f64 = row.get("amount")?;
        let cells = vec![
            row.get("label")?,
            loans.map_or_else(|| format::NONE.to_owned(), |loans| style.count(loans)),
            style.amount(amount),
        ];
        Ok((loans != Some(0) || amount != 0.0, cells))
    })?;
    let rows = rows.into_iter().filter(|(is_shown, _)| *is_shown).map(|(_, cells)| cells).collect();
    let caption = format!("From the balance then to the balance now, in {currency}");
    Ok(Table::new(caption, &["Line", "#Loans", "#Amount"], rows))
}
