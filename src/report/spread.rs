//! Missed payments, income and loan size by outcome, as box plots over all loans. The sentences mention a difference only
//! where it is more than chance explains.

use super::charts::{BoxPlot, Exhibit, Quantiles, Words};
use super::format::{self, Style};
use super::looks::OUTCOMES;
use super::portfolio::Portfolio;
use super::table::Table;
use crate::chance::{Chance, Count};
use crate::db::ShownRun;
use crate::error::Result;

pub const SPREAD: &str = "\
-- The values of every loan; quantiles are taken over all of them, by outcome. A
-- quantile is the smallest value that at least that share of loans do not exceed.
select
    iif(is_not_recovered is null, 'none', outcome) as outcome,
    missed_payments,
    monthly_income,
    loan_amount
from loans_by_run
where run_id = ?1;
";

const NOTE: &str = "The box is the middle half of the loans, the line in it the median, and the whiskers reach from the \
                    5th to the 95th percentile. All loans with a known value count.";

/// The class of the last outcome: none yet.
const OPEN: &str = "open";

/// The three box plots, each where there is something to compare.
#[derive(Default)]
pub struct Spread {
    pub missed: Option<Exhibit<BoxPlot>>,
    pub income: Option<Exhibit<BoxPlot>>,
    pub amount: Option<Exhibit<BoxPlot>>,
    pub note: &'static str,
    /// The median of loan amount ÷ monthly income over all loans that have both.
    pub months_of_income: Option<f64>,
}

/// The known values of one measure, by outcome in the order of [`OUTCOMES`].
type Values = [Vec<f64>; OUTCOMES.len()];

struct BoxSubject<'a> {
    id: &'static str,
    title: &'static str,
    noun: &'static str,
    axis: String,
    write: &'a dyn Fn(f64) -> String,
}

/// A book without outcomes has nothing to compare and gets no box plots.
pub fn read(shown: ShownRun<'_>, portfolio: &Portfolio, chance: &Chance, style: &Style) -> Result<Spread> {
    let mut statement = shown.prepare(SPREAD)?;
    let mut rows = statement.query([shown.run_id])?;
    let [mut missed, mut income, mut amount] = [const { [const { Vec::new() }; OUTCOMES.len()] }; 3];
    let mut months = Vec::new();
    while let Some(row) = rows.next()? {
        let outcome = row.get_ref("outcome")?.as_str_or_null().map_err(rusqlite::Error::from)?;
        let place = OUTCOMES.iter().position(|known| Some(known.key) == outcome).unwrap_or(OUTCOMES.len() - 1);
        let [missed_here, income_here, amount_here]: [Option<f64>; 3] =
            [row.get("missed_payments")?, row.get("monthly_income")?, row.get("loan_amount")?];
        missed[place].extend(missed_here);
        income[place].extend(income_here);
        amount[place].extend(amount_here);
        months.extend(
            income_here.filter(|income| *income > 0.0).zip(amount_here).map(|(income, amount)| amount / income),
        );
    }
    let currency = &portfolio.currency;
    let money = |value: f64| style.short_money(value);
    let number = |value: f64| style.count(value as i64);
    let money_subject = |id, title, noun: &'static str| {
        let axis = format!("{noun}, {currency}");
        BoxSubject { id, title, noun, axis, write: &money }
    };
    let missed_subject = BoxSubject {
        axis: "missed payments".to_owned(),
        write: &number,
        ..money_subject("missed", "Missed payments by recovery status", "missed payments")
    };
    let income_subject = money_subject("income", "Monthly income by outcome", "monthly income");
    let amount_subject = money_subject("size", "Loan amount by outcome", "loan amount");
    months.sort_unstable_by(f64::total_cmp);
    Ok(Spread {
        missed: plot(&missed_subject, missed, chance, style),
        income: plot(&income_subject, income, chance, style),
        amount: plot(&amount_subject, amount, chance, style),
        note: NOTE,
        months_of_income: quantile(&months, 0.5),
    })
}

fn plot(subject: &BoxSubject<'_>, mut values: Values, chance: &Chance, style: &Style) -> Option<Exhibit<BoxPlot>> {
    if values[..OUTCOMES.len() - 1].iter().all(Vec::is_empty) {
        return None;
    }
    values.iter_mut().for_each(|values| values.sort_unstable_by(f64::total_cmp));
    let group = |(outcome, values): (usize, &Vec<f64>)| {
        let at = |share: f64| quantile(values, share);
        Some(Quantiles {
            label: format::sentence_case(OUTCOMES[outcome].label),
            class: OUTCOMES[outcome].class,
            loans: values.len() as i64,
            p5: at(0.05)?,
            p25: at(0.25)?,
            p50: at(0.5)?,
            p75: at(0.75)?,
            p95: at(0.95)?,
        })
    };
    let groups: Vec<Quantiles> = values.iter().enumerate().filter_map(group).collect();
    let known: Vec<&[f64]> = values.iter().map(Vec::as_slice).filter(|values| !values.is_empty()).collect();
    let sentence = sentence(subject, &groups, &known, chance, style);
    let words = Words { id: subject.id, title: subject.title.to_owned(), description: sentence.clone() };
    let table = table(subject, &groups, style);
    let chart = BoxPlot::new(words, &groups, subject.axis.clone(), style, subject.write);
    Some(Exhibit { chart, sentence, table })
}

/// The smallest of the sorted values that at least this share of them do not exceed.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied()
}

/// The medians, and which two differ most by more than chance explains, or that none do.
fn sentence(
    subject: &BoxSubject<'_>,
    groups: &[Quantiles],
    values: &[&[f64]],
    chance: &Chance,
    style: &Style,
) -> String {
    let median = |group: &Quantiles| format!("{} for {}", (subject.write)(group.p50), loans(group));
    let medians = format!("Median {}: {}.", subject.noun, format::list(&groups.iter().map(median).collect::<Vec<_>>()));
    // Loans without an outcome are not compared.
    let ended = groups.iter().filter(|group| group.class != OPEN).count();
    let (groups, values) = (&groups[..ended], &values[..ended]);
    if ended < 2 {
        return medians;
    }
    let apart = chance.furthest_apart(&above_the_median(values)).map(|(more, less)| (&groups[more], &groups[less]));
    // Groups may differ while the middle of both is the same, or reads the same.
    match apart.filter(|(more, less)| more.p50 > less.p50 && (subject.write)(more.p50) != (subject.write)(less.p50)) {
        Some((more, less)) => {
            let more = format::sentence_case(&loans(more));
            format!("{medians} {more} have a higher median than {}, by more than chance.", loans(less))
        }
        None => format!(
            "Outcomes do not differ in median {} by more than chance (n = {}).",
            subject.noun,
            style.count(groups.iter().map(|group| group.loans).sum())
        ),
    }
}

fn loans(group: &Quantiles) -> String {
    match group.class {
        OPEN => "loans without an outcome".to_owned(),
        _ => format!("{} loans", group.label.to_lowercase()),
    }
}

/// How many values of each group are above the median of all, or at least the median where that divides them more evenly.
fn above_the_median(groups: &[&[f64]]) -> Vec<Count> {
    let mut all: Vec<f64> = groups.iter().flat_map(|values| values.iter().copied()).collect();
    let middle = all.len().saturating_sub(1) / 2;
    if all.is_empty() {
        return Vec::new();
    }
    let median = *all.select_nth_unstable_by(middle, f64::total_cmp).1;
    let counts = |is_over: &dyn Fn(f64) -> bool| -> Vec<Count> {
        let count = |values: &&[f64]| {
            let under = values.partition_point(|value| !is_over(*value));
            Count { having: (values.len() - under) as u64, of: values.len() as u64 }
        };
        groups.iter().map(count).collect()
    };
    let unevenness = |counts: &[Count]| {
        let over: u64 = counts.iter().map(|count| count.having).sum();
        (2 * over).abs_diff(all.len() as u64)
    };
    let (over, from) = (counts(&|value| value > median), counts(&|value| value >= median));
    if unevenness(&over) <= unevenness(&from) { over } else { from }
}

fn table(subject: &BoxSubject<'_>, groups: &[Quantiles], style: &Style) -> Table {
    let cells = |group: &Quantiles| {
        let mut cells = vec![group.label.clone(), style.count(group.loans)];
        cells.extend([group.p5, group.p25, group.p50, group.p75, group.p95].map(subject.write));
        cells
    };
    let labels = ["Outcome", "#Loans", "#5%", "#25%", "#Median", "#75%", "#95%"];
    let caption = format!("{}, in percentiles", subject.title);
    Table::new(caption, &labels, groups.iter().map(cells).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_value_of_the_loans_themselves() {
        let values: Vec<f64> = (1..=10).map(f64::from).collect();
        assert_eq!(
            [0.05, 0.25, 0.5, 0.75, 0.95].map(|share| quantile(&values, share)),
            [1.0, 3.0, 5.0, 8.0, 10.0].map(Some)
        );
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn values_that_are_mostly_the_same_are_divided_beside_these() {
        let counts = above_the_median(&[&[0.0, 0.0, 0.0, 1.0], &[0.0, 2.0, 3.0]]);
        assert_eq!(counts, [Count::new(1, 4), Count::new(2, 3)]);
        let counts = above_the_median(&[&[1.0, 5.0, 5.0], &[2.0, 5.0]]);
        assert_eq!(counts, [Count::new(2, 3), Count::new(1, 2)]);
    }

    #[test]
    fn medians_differ_only_beyond_chance() {
        let write = |value: f64| value.to_string();
        let subject =
            BoxSubject { id: "missed", title: "Missed", noun: "missed payments", axis: String::new(), write: &write };
        let sentence = |low: usize, high: usize| {
            let values = |number: usize, from: usize| (0..number).map(|value| (from + value % 5) as f64).collect();
            let chance = Chance::of_single_loans();
            let style = Style::of_currency("USD");
            let values = [values(low, 0), Vec::new(), values(high, 3), Vec::new()];
            plot(&subject, values, &chance, &style).map(|read| read.sentence).unwrap_or_default()
        };
        assert_eq!(
            sentence(50, 40),
            "Median missed payments: 2 for fully recovered loans and 5 for written off loans. Written off loans have more than \
             fully recovered loans, beyond chance."
        );
        assert_eq!(
            sentence(5, 3),
            "By outcome there is no difference beyond chance between the medians of missed payments (n = 8)."
        );
    }
}
