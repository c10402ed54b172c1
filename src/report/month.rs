//! The month up to the run: where loans moved, and what became of the balance.

use rusqlite::OptionalExtension;

use super::table::{Table, TableHead};
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

pub const ROLL_SUMMARY: &str = "\
-- Of the loans at the start of the month, how many did what.
select
    position_from, state_from, loans, forward, back, cure, stay, closed,
    gone_unknown
from roll_summary_by_run
where run_id = ?1
order by position_from;
";

/// The loans at the start of the month that are in the file on lines that could not be loaded.
const REJECTED: &str = "\
select count(distinct before.loan_key)
from period_pairs as pairs
join rejects on rejects.run_id = pairs.run_id
join loan_snapshots as before
    on before.run_id = pairs.start_run_id
    and before.loan_key = rejects.loan_key
where pairs.run_id = ?1
    and rejects.is_row_left_out
    and before.is_live";

/// The day a month before the run, where there is no file near it though the files go further back.
const NO_FILE: &str = "\
select pairs.month_before
from period_pairs as pairs
join runs using (run_id)
where pairs.run_id = ?1
    and exists (
        select 1
        from panel_of_run as panel
        where panel.run_id = ?1
            and panel.as_of_date < date(runs.as_of_date, '-35 days')
    )
    and not exists (
        select 1
        from panel_of_run as panel
        where panel.run_id = ?1
            and panel.as_of_date between date(pairs.month_before, '-3 days')
            and date(pairs.month_before, '+3 days')
    )";

/// The columns of the matrix: what a live loan can become.
const STATES: &str = "select label from loan_states where position >= 0 order by position";

pub struct Month {
    pub sentence: String,
    pub by_loans: Table,
    pub by_balance: Table,
    pub account: Table,
    pub cash: Option<String>,
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
    name: &'a str,
    moves: Vec<&'a Move>,
}

impl StateAtStart<'_> {
    fn loans(&self) -> i64 {
        self.moves.iter().map(|one| one.loans).sum()
    }
}

/// What the loans at the start of the month did, as `roll_summary_by_run` defines it.
#[derive(Default)]
struct Rolls {
    loans: i64,
    late: i64,
    forward: i64,
    cured: i64,
    unknown: i64,
    /// Of these, those on lines that could not be loaded this week.
    rejected: i64,
}

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
    let mut names = shown.prepare(STATES)?;
    let became = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let of_loans = |one: &Move| one.shares.map_or_else(|| style.count(one.loans), |(loans, _)| share(loans / 100.0));
    let of_balance =
        |one: &Move| one.shares.map_or_else(|| style.compact(one.opening), |(_, owed)| share(owed / 100.0));
    Ok(Some(Month {
        sentence: rolls(shown)?.sentence(&start, days, style),
        by_loans: matrix(
            format!("Loans by their state on {start}, and where they are now"),
            &states,
            &became,
            of_loans,
            style,
        ),
        by_balance: matrix(
            format!("Balance on {start} by the loans’ state then, and where they are now, in {currency} or percent"),
            &states,
            &became,
            of_balance,
            style,
        ),
        account: account(shown, currency, style)?,
        cash: cash(shown, style)?,
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

/// The states of loans that were there at the start, in order.
fn states_at_start(moves: &[Move]) -> Vec<StateAtStart<'_>> {
    let were_there: Vec<&Move> = moves.iter().filter(|one| one.from.0 >= 0).collect();
    let states = were_there.chunk_by(|one, other| one.from.0 == other.from.0);
    states.map(|moves| StateAtStart { name: &moves[0].from.1, moves: moves.to_vec() }).collect()
}

fn matrix(
    caption: String,
    states: &[StateAtStart<'_>],
    became: &[String],
    cell: impl Fn(&Move) -> String,
    style: &Style,
) -> Table {
    let row = |state: &StateAtStart<'_>| {
        let heads = [state.name.to_owned(), style.count(state.loans())];
        let cells = (0..became.len() as i64).map(|to| {
            state.moves.iter().copied().find(|one| one.to == to).map_or_else(|| format::NONE.to_owned(), &cell)
        });
        heads.into_iter().chain(cells).collect()
    };
    let number = |label: String| TableHead { label: label.into(), class: "number" };
    let at_start = TableHead { label: "At the start".into(), class: "text" };
    let heads = [at_start, number("Loans".to_owned())].into_iter().chain(became.iter().cloned().map(number));
    Table::with_heads(caption, heads.collect(), states.iter().map(row).collect()).without_empty_columns()
}

/// Of all states at the start together.
fn rolls(shown: ShownRun<'_>) -> Result<Rolls> {
    let states = shown.rows(ROLL_SUMMARY, |row| {
        let loans = row.get("loans")?;
        Ok(Rolls {
            loans,
            late: if row.get::<_, i64>("position_from")? > 0 { loans } else { 0 },
            forward: row.get("forward")?,
            cured: row.get("cure")?,
            unknown: row.get("gone_unknown")?,
            rejected: 0,
        })
    })?;
    let rejected = shown.query_row(REJECTED, |row| row.get(0))?;
    Ok(states.into_iter().fold(Rolls { rejected, ..Rolls::default() }, |sum, state| Rolls {
        loans: sum.loans + state.loans,
        late: sum.late + state.late,
        forward: sum.forward + state.forward,
        cured: sum.cured + state.cured,
        unknown: sum.unknown + state.unknown,
        rejected,
    }))
}

impl Rolls {
    /// Loans that are gone without a reason may be good or bad: both are counted.
    fn sentence(&self, start: &str, days: i64, style: &Style) -> String {
        if self.loans == 0 {
            return format!("No loan was live on {start}, {days} days before.");
        }
        let mut text = format!(
            "In the {days} days since {start}, {} of {} moved to a later bucket or {} lost (written off or settled at a \
             loss)",
            style.count_or_none(self.forward),
            style.loans(self.loans),
            if self.forward == 1 || self.loans == 1 { "was" } else { "were" }
        );
        match (self.late, self.cured) {
            (0, _) => {}
            (1, 0) => text += ", and the one loan that was late is still late or gone",
            (1, _) => text += ", and the one loan that was late is now up to date",
            (late, cured) => {
                text += &format!(
                    ", and {} of the {} that were late {} now up to date",
                    style.count_or_none(cured),
                    style.loans(late),
                    if cured == 1 { "is" } else { "are" }
                );
            }
        }
        text += ".";
        if self.unknown > 0 {
            let why = match self.rejected {
                0 => "left the file without a reason".to_owned(),
                rejected if rejected == self.unknown => "could not be loaded this time".to_owned(),
                rejected => {
                    format!("left the file without a reason or could not be loaded ({})", style.count(rejected))
                }
            };
            text += &format!(
                " {} {why}: if {} lost, then {} of {}.",
                style.loans(self.unknown),
                if self.unknown == 1 { "it was" } else { "all of them were" },
                style.count(self.forward + self.unknown),
                style.loans(self.loans)
            );
        }
        text
    }
}

/// Why there is no last month: the files go back over five weeks, but none is of a day near the same day a month before.
pub fn missing(shown: ShownRun<'_>) -> Result<Option<String>> {
    let day = shown.rows(NO_FILE, |row| row.get::<_, String>(0))?.into_iter().next();
    Ok(day.map(|day| format!("No file within 3 days of {}: no comparison with a month before.", format::date(&day))))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn said(loans: i64, late: i64, [forward, cured, unknown]: [i64; 3]) -> String {
        let text = Rolls { loans, late, forward, cured, unknown, rejected: 0 }.sentence(
            "2 March 2026",
            28,
            &Style::of_currency("INR"),
        );
        text.strip_prefix("In the 28 days since 2 March 2026, ").unwrap().to_owned()
    }

    #[test]
    fn a_month_of_few_loans_is_said_as_a_person_would() {
        assert_eq!(
            said(791, 40, [3, 2, 4]),
            "3 of 791 loans moved to a later bucket or were lost (written off or settled at a loss), and 2 of the 40 loans \
             that were late are now up to date. 4 loans left the file without a reason: if all of them were lost, then 7 of \
             791 loans."
        );
        assert_eq!(
            said(1, 1, [0, 1, 0]),
            "none of 1 loan moved to a later bucket or was lost (written off or settled at a loss), and the one loan that \
             was late is now up to date."
        );
        assert!(said(2, 1, [0, 0, 1]).ends_with(
            "and the one loan that was late is still late or gone. 1 loan left the file without a reason: if it was lost, \
             then 1 of 2 loans."
        ));
        assert!(said(9, 2, [0, 1, 0]).ends_with("and 1 of the 2 loans that were late is now up to date."));
        assert!(said(9, 2, [0, 0, 0]).ends_with("and none of the 2 loans that were late are now up to date."));
        assert!(said(9, 0, [1, 0, 0]).ends_with("settled at a loss)."));
        let rejected = Rolls { loans: 9, unknown: 3, rejected: 1, ..Rolls::default() };
        let text = rejected.sentence("2 March 2026", 28, &Style::of_currency("INR"));
        assert!(text.contains("3 loans left the file without a reason or could not be loaded (1): if all"), "{text}");
        let text = Rolls { rejected: 3, ..rejected }.sentence("2 March 2026", 28, &Style::of_currency("INR"));
        assert!(text.contains("3 loans could not be loaded this time: if all of them were lost"), "{text}");
    }
}
