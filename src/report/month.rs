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

pub const CURES: &str = "\
select
    month, loans, caught_up, caught_up_unpaid, half_caught_up_weeks, paid_off,
    refinanced, lost, unknown, still_behind, cured, redefaulted,
    lower_95_percent, upper_95_percent
from cures_by_run
where run_id = ?1
order by month;
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

/// A share of fewer loans is not put into words.
const LEAST_FOR_A_SENTENCE: i64 = 10;

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

/// What became of loans that fell behind, by month, where enough weeks have passed.
pub fn cures(shown: ShownRun<'_>, style: &Style) -> Result<Option<(String, Table)>> {
    let known = |count: Option<i64>| count.map_or_else(|| format::NONE.to_owned(), |count| style.count(count));
    let mut latest = None;
    let rows = shown.rows(CURES, |row| {
        let (loans, caught_up): (i64, i64) = (row.get("loans")?, row.get("caught_up")?);
        let month = month_in_words(&row.get::<_, String>("month")?);
        if loans >= LEAST_FOR_A_SENTENCE {
            let half: Option<f64> = row.get("half_caught_up_weeks")?;
            let (lower, upper): (f64, f64) = (row.get("lower_95_percent")?, row.get("upper_95_percent")?);
            let soon = half.filter(|_| caught_up > 1).map_or_else(String::new, within);
            latest = Some(format!(
                "Of the {} that fell more than 30 days behind in {month}, {} caught up within 12 weeks{soon}: {} \
                 (95% interval {} to {}).",
                style.loans(loans),
                style.count_or_none(caught_up),
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
        "#Cured",
        "#Fell behind again",
    ];
    let caption = "Loans that fell more than 30 days behind, and where they were 12 weeks later. Cured: caught up, and then not \
                   over 30 days late again for the weeks of probation (12 unless recoup.toml says otherwise). Fell behind \
                   again: of the cured. A dash where it is too early";
    Ok(Some((latest.unwrap_or_default(), Table::new(caption, &labels, rows).without_empty_columns())))
}

/// A part of a week counts as one, so that it is true.
fn within(weeks: f64) -> String {
    match weeks.ceil() as i64 {
        ..=1 => ", half of them within a week".to_owned(),
        weeks => format!(", half of them within {weeks} weeks"),
    }
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
        })
    })?;
    Ok(states.into_iter().fold(Rolls::default(), |sum, state| Rolls {
        loans: sum.loans + state.loans,
        late: sum.late + state.late,
        forward: sum.forward + state.forward,
        cured: sum.cured + state.cured,
        unknown: sum.unknown + state.unknown,
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
            text += &format!(
                " {} left the file without a reason: if {} lost, then {} of {}.",
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
        let text =
            Rolls { loans, late, forward, cured, unknown }.sentence("2 March 2026", 28, &Style::of_currency("INR"));
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
    }

    #[test]
    fn a_part_of_a_week_is_rounded_up() {
        assert_eq!(
            [0.4, 1.0, 2.4, 3.0].map(within),
            [
                ", half of them within a week",
                ", half of them within a week",
                ", half of them within 3 weeks",
                ", half of them within 3 weeks"
            ]
        );
    }
}
