//! The book by branch, officer and product, where the file has these columns, and which of them is worse than the rest by more
//! than chance. A result is never put down to a person: what each was given to collect may differ.

use super::table::Table;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, NONE, Style, ratio, share, share_or_none};

pub const GROUPS: &str = "\
select
    dimension, group_name, verdict, live_loans, outstanding, par30_loans,
    par30_loans_percent, lower_95_percent, upper_95_percent,
    par30_loans_percent_elsewhere, par30_outstanding, par30_percent,
    par30_percent_before, collected
from portfolio_by_group_by_run
where run_id = ?1
order by position;
";

const START: &str = "\
select as_of_date
from runs
where run_id in (select start_run_id from group_summaries where run_id = ?1)";

/// Columns with values that are in no summary: they have too many to compare. Not known once the loans have been removed.
const TOO_MANY_VALUES: &str = "\
select distinct lower(given.standard_name)
from input_columns as given
where given.run_id = ?1
    and lower(given.standard_name) in ('branch', 'officer', 'product')
    and lower(given.standard_name) not in (
        select dimension
        from group_summaries
        where run_id = ?1
    )
    and exists (
        select 1
        from stg_loans as loans
        where loans.run_id = ?1
            and loans.is_live
            and case lower(given.standard_name)
                when 'branch' then loans.branch
                when 'officer' then loans.officer
                else loans.product
            end is not null
    )";

/// The others are one row.
const MOST_ROWS: usize = 10;

/// Smaller groups are not shown: their figures would be those of a few people.
const LEAST_LOANS: i64 = 5;

const DIMENSIONS: [Dimension; 3] = [
    Dimension { code: "branch", name: "Branch", plural: "branches" },
    Dimension { code: "officer", name: "Officer", plural: "officers" },
    Dimension { code: "product", name: "Product", plural: "products" },
];

struct Dimension {
    code: &'static str,
    name: &'static str,
    plural: &'static str,
}

pub struct ByGroup {
    pub heading: String,
    pub parts: Vec<Part>,
    /// What the columns are.
    pub note: String,
}

/// One dimension.
pub struct Part {
    pub heading: String,
    pub sentence: String,
    pub table: Table,
}

struct Group {
    dimension: String,
    /// `None` for loans without a value.
    name: Option<String>,
    verdict: Option<String>,
    loans: i64,
    outstanding: f64,
    late_loans: i64,
    late_elsewhere: Option<f64>,
    late_outstanding: f64,
    par30: Option<f64>,
    par30_before: Option<f64>,
    collected: Option<f64>,
}

/// `None` where no dimension has two groups and none has too many.
pub fn read(shown: ShownRun<'_>, currency: &str, style: &Style) -> Result<Option<ByGroup>> {
    let groups: Vec<Group> = shown.rows(GROUPS, |row| {
        Ok(Group {
            dimension: row.get("dimension")?,
            name: row.get::<_, Option<String>>("group_name")?.map(|name| format::one_line(&name)),
            verdict: row.get("verdict")?,
            loans: row.get("live_loans")?,
            outstanding: row.get("outstanding")?,
            late_loans: row.get("par30_loans")?,
            late_elsewhere: row.get("par30_loans_percent_elsewhere")?,
            late_outstanding: row.get("par30_outstanding")?,
            par30: row.get("par30_percent")?,
            par30_before: row.get("par30_percent_before")?,
            collected: row.get("collected")?,
        })
    })?;
    let start = shown.rows(START, |row| row.get::<_, String>(0))?.first().map(|day| format::date(day));
    let mut names = Vec::new();
    let mut parts = Vec::new();
    for dimension in &DIMENSIONS {
        let of_it: Vec<&Group> = groups.iter().filter(|group| group.dimension == dimension.code).collect();
        let live = of_it.iter().filter(|group| group.loans > 0).count();
        if live > 1 && of_it.iter().any(|group| group.loans >= LEAST_LOANS) {
            names.push(dimension.code.to_owned());
            parts.push(Part {
                heading: format::sentence_case(dimension.plural),
                sentence: sentence(dimension, &of_it, style),
                table: table(dimension, of_it, currency, style),
            });
        }
    }
    let too_many = shown.rows(TOO_MANY_VALUES, |row| row.get::<_, String>(0))?;
    let too_many: Vec<&Dimension> =
        DIMENSIONS.iter().filter(|one| too_many.iter().any(|name| name == one.code)).collect();
    let mut notes = Vec::new();
    if parts.is_empty() {
        names.extend(too_many.iter().map(|dimension| dimension.code.to_owned()));
    } else {
        notes.push(note(start.as_deref(), &groups));
    }
    notes.extend(too_many.iter().map(|one| format!("{} has too many different values to compare.", one.name)));
    if notes.is_empty() {
        return Ok(None);
    }
    let note = notes.join(" ");
    Ok(Some(ByGroup { heading: format!("By {}", format::list(&names)), parts, note }))
}

fn note(start: Option<&str>, groups: &[Group]) -> String {
    let mut note =
        "“Over 30 days” is a share of the loans, PAR30 one of the balance, which a few large loans can move."
            .to_owned();
    if let Some(start) = start {
        note += &format!(
            " Its change is in points since {start}. What was collected since then, as far as balances tell, counts for \
             the group that a loan was in on that day."
        );
    }
    if groups.iter().any(|group| (1..LEAST_LOANS).contains(&group.loans)) {
        note += &format!(" Groups of fewer than {LEAST_LOANS} loans are not shown by themselves.");
    }
    note
}

fn sentence(dimension: &Dimension, groups: &[&Group], style: &Style) -> String {
    let plural = dimension.plural;
    let share_of = |group: &Group| ratio(group.late_loans as f64, group.loans as f64);
    let with = |verdict: &str| {
        let mut found: Vec<&Group> =
            groups.iter().copied().filter(|group| group.verdict.as_deref() == Some(verdict)).collect();
        found.sort_by(|one, other| share_of(one).total_cmp(&share_of(other)));
        found
    };
    let described = |group: &Group| {
        let of = match &group.name {
            Some(name) => format!("{} {name}", dimension.name),
            None => format!("Loans without {} {}", article(dimension.code), dimension.code),
        };
        format!(
            "{of}: {} of {} are over 30 days past due, {} elsewhere",
            share(share_of(group)),
            style.loans(group.loans),
            share_or_none(group.late_elsewhere.map(|percent| percent / 100.0))
        )
    };
    let fair = if dimension.code == "officer" { " What each officer was given to collect may differ." } else { "" };
    if let [others @ .., worst] = with("worse").as_slice() {
        let more = match others.len() {
            0 => String::new(),
            1 => format!(" 1 more of the {plural} is worse beyond chance."),
            more => format!(" {} more of the {plural} are worse beyond chance.", style.count(more as i64)),
        };
        return format!("{}; more than chance explains.{more}{fair}", described(worst));
    }
    if let [best, others @ ..] = with("better").as_slice() {
        let better = match others.len() {
            0 => "one is better".to_owned(),
            more => format!("{} are better", style.count(more as i64 + 1)),
        };
        return format!(
            "None of the {plural} is worse than the rest by more than chance explains, but {better}. {}.{fair}",
            described(best)
        );
    }
    if with("within chance").is_empty() {
        return format!("There are too few loans to compare {plural}: it takes 20 in one, and 20 elsewhere.");
    }
    format!("The share of loans over 30 days past due differs between {plural} by no more than chance explains.")
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with('o') { "an" } else { "a" }
}

fn table(dimension: &Dimension, groups: Vec<&Group>, currency: &str, style: &Style) -> Table {
    let (mut named, mut others): (Vec<&Group>, Vec<&Group>) =
        groups.into_iter().partition(|group| group.loans >= LEAST_LOANS);
    named.sort_by(|one, other| other.late_outstanding.total_cmp(&one.late_outstanding));
    others.extend(named.split_off(named.len().min(MOST_ROWS)));
    let mut rows: Vec<Vec<String>> = named.into_iter().map(|group| cells(group, style)).collect();
    let others = together(&others, style);
    if others.loans >= LEAST_LOANS {
        rows.push(cells(&others, style));
    }
    let caption = format!("Largest balance over 30 days past due first; amounts in {currency}");
    let labels = [dimension.name, "#Loans", "#Over 30 days", "#Outstanding", "#PAR30", "#PAR30 change", "#Collected"];
    Table::new(caption, &labels, rows).without_empty_columns()
}

fn cells(group: &Group, style: &Style) -> Vec<String> {
    let share_of_loans = (group.loans > 0).then(|| ratio(group.late_loans as f64, group.loans as f64));
    let change = group.par30.zip(group.par30_before).map(|(now, before)| now - before);
    vec![
        group.name.clone().unwrap_or_else(|| "Not given".to_owned()),
        style.count(group.loans),
        share_or_none(share_of_loans),
        style.amount(group.outstanding),
        share_or_none(group.par30.map(|percent| percent / 100.0)),
        change.map_or_else(|| NONE.to_owned(), signed),
        style.amount_or_none(group.collected),
    ]
}

fn signed(points: f64) -> String {
    let size = format::fixed(points, 1);
    if points > 0.0 && size != "0.0" { format!("+{size}") } else { size }
}

fn together(groups: &[&Group], style: &Style) -> Group {
    let sum = |of: fn(&Group) -> f64| groups.iter().map(|group| of(group)).sum::<f64>();
    let outstanding = sum(|group| group.outstanding);
    let late_outstanding = sum(|group| group.late_outstanding);
    let name =
        if groups.len() == 1 { "1 other".to_owned() } else { format!("{} others", style.count(groups.len() as i64)) };
    Group {
        dimension: String::new(),
        name: Some(name),
        verdict: None,
        loans: groups.iter().map(|group| group.loans).sum(),
        outstanding,
        late_loans: groups.iter().map(|group| group.late_loans).sum(),
        late_elsewhere: None,
        late_outstanding,
        par30: (outstanding > 0.0).then(|| ratio(late_outstanding, outstanding) * 100.0),
        par30_before: None,
        collected: groups.iter().map(|group| group.collected).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, verdict: &str) -> Group {
        Group {
            dimension: "branch".to_owned(),
            name: Some(name.to_owned()),
            verdict: Some(verdict.to_owned()),
            loans: 40,
            outstanding: 1000.0,
            late_loans: 10,
            late_elsewhere: Some(12.5),
            late_outstanding: 250.0,
            par30: Some(25.0),
            par30_before: None,
            collected: None,
        }
    }

    #[test]
    fn one_branch_and_several_are_told_apart() {
        let said = |verdicts: &[&str]| {
            let groups: Vec<Group> = verdicts.iter().map(|verdict| group("North", verdict)).collect();
            sentence(&DIMENSIONS[0], &groups.iter().collect::<Vec<_>>(), &Style::of_currency("INR"))
        };
        let north = "Branch North: 25.0% of 40 loans are over 30 days past due, 12.5% elsewhere";
        assert_eq!(said(&["worse"]), format!("{north}; more than chance explains."));
        assert!(said(&["worse"; 2]).ends_with("explains. 1 more of the branches is worse beyond chance."));
        assert!(said(&["worse"; 3]).ends_with("explains. 2 more of the branches are worse beyond chance."));
        assert!(said(&["better"]).contains("chance explains, but one is better. Branch North"));
        assert!(said(&["better"; 2]).contains("chance explains, but 2 are better. Branch North"));
    }
}
