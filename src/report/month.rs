//! The month up to the run: where loans moved, and what became of the balance.

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

pub struct Month {
    pub sentence: String,
    pub by_loans: Table,
    pub by_balance: Table,
    pub account: Table,
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
    let of_balance = |one: &Move| one.shares.map_or_else(|| style.amount(one.opening), |(_, owed)| share(owed / 100.0));
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
    }))
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
