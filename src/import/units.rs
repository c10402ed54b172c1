//! Whether the columns of a file contradict each other in their assumed units and agree in others. All loans count. A
//! contradiction refuses the file, with the line of the configuration that settles it; an unexplained one is a warning.

use std::collections::BTreeMap;

use super::codes::CodesSeen;
use super::parse::{Cell, Loan};
use super::survey::Reading;
use crate::columns::{
    COLUMNS, ColumnKind, DAYS_PAST_DUE, INSTALMENT, LOAN_AMOUNT, MISSED_PAYMENTS, OUTSTANDING, RATE, TENURE,
};
use crate::config::{BalanceSign, Config, LatenessUnit, RateUnit, TenureUnit};
use crate::progress::grouped;

/// The tolerance of an instalment computed from amount, rate and tenure.
const TOLERANCE: f64 = 0.03;

/// Units agree if this share of the instalments follows, and contradict if less than the second share does.
const AGREE_PERCENT: u64 = 80;
const CONTRADICT_PERCENT: u64 = 20;

/// The fewest loans that can suggest another unit.
const LEAST_LOANS: u64 = 2;

/// Another unit is mentioned if this share of the instalments follows in it; at most this many units.
const MENTIONED_PERCENT: u64 = 5;
const MENTIONED_UNITS: usize = 3;

/// The fewest instalments for a warning.
const LEAST_TO_WARN: u64 = 10;

/// The most months in a column of days past due that counts months.
const MOST_MONTHS: i64 = 12;

/// The fewest loans with several missed payments that can suggest months.
const LEAST_LATE: u64 = 10;

/// The fewest negative balances that can suggest a reversed sign.
const LEAST_NEGATIVE: u64 = 3;

/// The units of rate and tenure; nothing for the assumed unit.
type UnitNames = (Option<&'static str>, Option<&'static str>);

/// A factor to the assumed unit, and the unit's name.
type Factor = (f64, Option<&'static str>);

const OTHERS: [(Factor, Factor); 7] = [
    ((100.0, Some("fraction")), (1.0, None)),
    ((12.0, Some("percent-a-month")), (1.0, None)),
    ((1.0, None), (12.0, Some("years"))),
    ((1.0, None), (84.0 / 365.25, Some("weeks"))),
    ((1.0, None), (12.0 / 365.25, Some("days"))),
    ((100.0, Some("fraction")), (12.0, Some("years"))),
    ((12.0, Some("percent-a-month")), (12.0, Some("years"))),
];

const PERIODS: [(&str, f64); 3] =
    [("weekly", DAYS_OF_MONTH / 7.0), ("fortnightly", DAYS_OF_MONTH / 14.0), ("daily", DAYS_OF_MONTH)];

const DAYS_OF_MONTH: f64 = 365.25 / 12.0;

#[derive(Debug, Default)]
pub struct UnitsSeen {
    scale: i64,
    /// Rates above 0, and those of them below 1.
    rates: [u64; 2],
    instalments: u64,
    follow: u64,
    follow_otherwise: [u64; OTHERS.len()],
    follow_in_period: [u64; PERIODS.len()],
    /// Late loans, and those of them later than [`MOST_MONTHS`].
    late: [u64; 2],
    /// Late loans with two missed payments or more, and those of them with days up to missed payments + 1.
    late_and_missed: [u64; 2],
    balances: [u64; 2],
    codes: [CodesSeen; COLUMNS.len()],
    /// The same for the lender's own columns of numbers, by field.
    own_codes: BTreeMap<usize, CodesSeen>,
}

impl UnitsSeen {
    pub fn new(config: &Config) -> Self {
        Self { scale: config.currency.scale(), ..Self::default() }
    }

    pub fn look_at(&mut self, line: u64, loan: &Loan) {
        for (slot, cell) in loan.cells.iter().enumerate() {
            let (value, scale) = match (*cell, COLUMNS[slot].kind) {
                (Cell::Integer(value), ColumnKind::Money | ColumnKind::Balance) => (value, self.scale),
                (Cell::Integer(value), _) => (value, 1),
                (Cell::Real(value), _) => {
                    self.codes[slot].add_number(value, line);
                    continue;
                }
                (Cell::Missing | Cell::Text | Cell::Date(_), _) => continue,
            };
            self.codes[slot].add(value, scale, line);
        }
        for (field, number) in &loan.own_numbers {
            self.own_codes.entry(*field).or_default().add_number(*number, line);
        }
        let whole = |slot: usize| if let Cell::Integer(value) = loan.cells[slot] { Some(value) } else { None };
        if loan.overpaid.is_some() || whole(OUTSTANDING).is_some_and(|owed| owed > 0) {
            self.balances[usize::from(loan.overpaid.is_some())] += 1;
        }
        if let (Some(days @ 1..), missed) = (whole(DAYS_PAST_DUE), whole(MISSED_PAYMENTS)) {
            self.late[0] += 1;
            self.late[1] += u64::from(days > MOST_MONTHS);
            if let Some(missed @ 2..) = missed {
                self.late_and_missed[0] += 1;
                self.late_and_missed[1] += u64::from(days <= missed + 1);
            }
        }
        let rate = if let Cell::Real(rate) = loan.cells[RATE] { Some(rate) } else { None };
        if let Some(rate) = rate.filter(|rate| *rate > 0.0) {
            self.rates[0] += 1;
            self.rates[1] += u64::from(rate < 1.0);
        }
        if let (Some(amount @ 1..), Some(instalment @ 1..), Some(rate), Some(months)) =
            (whole(LOAN_AMOUNT), whole(INSTALMENT), rate, whole(TENURE))
        {
            self.look_at_instalment(instalment as f64 / amount as f64, rate, months as f64);
        }
    }

    fn look_at_instalment(&mut self, share: f64, rate: f64, months: f64) {
        self.instalments += 1;
        if follows(share, rate, months, 1.0) {
            self.follow += 1;
            return;
        }
        for (count, ((rates, _), (tenures, _))) in self.follow_otherwise.iter_mut().zip(OTHERS) {
            *count += u64::from(follows(share, rate * rates, months * tenures, 1.0));
        }
        for (count, (_, periods)) in self.follow_in_period.iter_mut().zip(PERIODS) {
            *count += u64::from(follows(share, rate, months, periods));
        }
    }

    pub fn problems(&self, config: &Config, reading: &Reading) -> Vec<String> {
        let map = &reading.dialect.map;
        let has_percent = map.fields[RATE].is_some_and(|field| reading.numbers[field].has_percent);
        let units = &config.import.units;
        let mut problems = Vec::new();
        let is_rate_open = units.interest_rate == RateUnit::Auto && !has_percent;
        let [rates, below_one] = self.rates;
        let follow = |count: u64| count * 100 >= self.instalments * AGREE_PERCENT;
        let is_rate_proven = self.instalments >= LEAST_LOANS && follow(self.follow) && below_one * 2 >= rates && {
            self.follow_otherwise[0] * 100 < self.instalments * CONTRADICT_PERCENT
        };
        let are_fractions = is_rate_open && below_one > 0 && below_one * 2 >= rates && !is_rate_proven;
        if are_fractions {
            problems.push(format!(
                "Interest_Rate: {} of {} rates are between 0 and 1: fractions, or percents? Set Interest_Rate = \"fraction\" \
                 (0.125 is 12.5 percent) or \"percent\" under [import.units] in recoup.toml",
                grouped(below_one),
                grouped(rates)
            ));
        }
        if let Some((_, (rate, tenure))) = self.other_unit()
            && (rate.is_none() || is_rate_open)
            && (tenure.is_none() || units.loan_tenure == TenureUnit::Auto)
            // Reported above.
            && !(are_fractions && tenure.is_none())
        {
            let of_rate = rate.filter(|_| !are_fractions).map(|unit| ("Interest_Rate", unit));
            let of_tenure = tenure.map(|unit| ("Loan_Tenure", unit));
            let settings = |pairs: [Option<(&str, &str)>; 2]| -> String {
                let lines = pairs.into_iter().flatten().map(|(column, unit)| format!("{column} = {unit:?}"));
                lines.collect::<Vec<_>>().join(" and ")
            };
            let as_read =
                [of_rate.map(|(column, _)| (column, "percent")), of_tenure.map(|(column, _)| (column, "months"))];
            problems.push(format!(
                "{}: the instalments do not follow from loan amount, rate and tenure as they are read, but do in another unit. \
                 Set {} under [import.units] in recoup.toml, or, if they are correct as they are, {}",
                of_rate.or(of_tenure).map_or("Loan_Tenure", |(column, _)| column),
                settings([of_rate, of_tenure]),
                settings(as_read)
            ));
        }
        problems.extend(self.lateness_problem(units.days_past_due));
        problems.extend(self.balance_problem(units.outstanding));
        // The configuration overrides detected codes.
        let is_open = |field: &usize| reading.codes[*field].is_none();
        let standard = COLUMNS.iter().zip(&self.codes).zip(map.fields);
        let standard = standard.filter(|(_, field)| field.as_ref().is_some_and(is_open));
        problems.extend(standard.filter_map(|((column, codes), _)| codes.problem(column)));
        let own = self.own_codes.iter().filter(|(field, _)| is_open(field));
        problems.extend(own.filter_map(|(field, codes)| codes.problem_of_own(reading.name_of(*field))));
        problems
    }

    /// The other unit in which the instalments follow, if they do not in the assumed one.
    fn other_unit(&self) -> Option<(u64, UnitNames)> {
        if self.instalments < LEAST_LOANS || self.follow * 100 >= self.instalments * CONTRADICT_PERCENT {
            return None;
        }
        let others = self.follow_otherwise.iter().zip(OTHERS);
        let others = others.map(|(count, ((_, rate), (_, tenure)))| (*count, (rate, tenure)));
        // Of equally good units, the first is the simplest.
        let best = others.rev().max_by_key(|(count, _)| *count)?;
        let is_another_rhythm = self.follow_in_period.iter().any(|count| *count >= best.0);
        (best.0 * 100 >= self.instalments * AGREE_PERCENT && !is_another_rhythm).then_some(best)
    }

    fn lateness_problem(&self, unit: LatenessUnit) -> Option<String> {
        let ([late, far], [missed, as_months]) = (self.late, self.late_and_missed);
        let are_months = unit == LatenessUnit::Auto
            && missed >= LEAST_LATE
            && far * 20 <= late
            && as_months * 100 >= missed * AGREE_PERCENT;
        are_months.then(|| {
            format!(
                "Days_Past_Due: of {} late loans with two missed payments or more, {} are late by hardly more days than \
                 payments were missed: months, not days? Set Days_Past_Due = \"months\" or \"days\" under [import.units] in recoup.toml",
                grouped(missed),
                grouped(as_months)
            )
        })
    }

    fn balance_problem(&self, sign: BalanceSign) -> Option<String> {
        let [owed, overpaid] = self.balances;
        let is_turned = sign == BalanceSign::Auto && overpaid >= LEAST_NEGATIVE && overpaid > owed;
        is_turned.then(|| {
            format!(
                "Outstanding_Loan_Amount: {} of {} balances are below 0, so most loans would be overpaid. Set \
                 Outstanding_Loan_Amount = \"owed-negative\" under [import.units] in recoup.toml, or \"owed-positive\" if \
                 they really are",
                grouped(overpaid),
                grouped(owed + overpaid)
            )
        })
    }

    pub fn warnings(&self) -> Vec<String> {
        let is_share = |count: u64, percent: u64| count * 100 >= self.instalments * percent;
        if self.instalments < LEAST_TO_WARN || is_share(self.follow, AGREE_PERCENT) {
            return Vec::new();
        }
        let most = self.follow_in_period.iter().zip(PERIODS).max_by_key(|(count, _)| **count);
        if let Some((count, (rhythm, periods))) = most.filter(|(count, _)| is_share(**count, AGREE_PERCENT)) {
            return vec![format!(
                "{} of {} instalments follow from loan amount, interest rate and tenure as {rhythm} ones, and are taken for monthly \
                 ones: EMI-to-income is too low. Multiply Monthly_EMI by {periods:.2} in the export",
                grouped(*count),
                grouped(self.instalments)
            )];
        }
        let others = self.others();
        let is_mixed = others.iter().any(|(count, _)| is_share(*count, CONTRADICT_PERCENT));
        if is_share(self.follow, CONTRADICT_PERCENT) && !is_mixed {
            return Vec::new();
        }
        let mentioned = others.iter().filter(|(count, _)| is_share(*count, MENTIONED_PERCENT)).take(MENTIONED_UNITS);
        let mentioned: Vec<String> =
            mentioned.map(|(count, unit)| format!("{} with {unit}", with_verb(*count, "does", "do"))).collect();
        let mentioned =
            if mentioned.is_empty() { "hardly any does in another unit".to_owned() } else { mentioned.join(", ") };
        vec![format!(
            "Of {} instalments, {} from loan amount, interest rate and tenure as they are read; of the others, {mentioned}: one of these \
             columns may contain something else, or the loans may use different units",
            grouped(self.instalments),
            with_verb(self.follow, "follows", "follow")
        )]
    }

    /// The number of instalments that follow in each other unit or rhythm, the most first.
    fn others(&self) -> Vec<(u64, String)> {
        let units = self.follow_otherwise.iter().zip(OTHERS).map(|(count, ((_, rate), (_, tenure)))| {
            let of_rate = rate.map(|unit| format!("the rate as {unit}"));
            let of_tenure = tenure.map(|unit| format!("the tenure in {unit}"));
            (*count, [of_rate, of_tenure].into_iter().flatten().collect::<Vec<_>>().join(" and "))
        });
        let rhythms = self.follow_in_period.iter().zip(PERIODS);
        let rhythms = rhythms.map(|(count, (rhythm, _))| (*count, format!("{rhythm} instalments")));
        let mut others: Vec<(u64, String)> = units.chain(rhythms).collect();
        others.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        others
    }
}

fn with_verb(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Whether an instalment, as a share of the loan amount, is an annuity (Brealey, Myers and Allen, Principles of Corporate
/// Finance, "How to Calculate Present Values"), at a flat rate, or interest only. The rate is in percent a year.
fn follows(share: f64, rate_percent: f64, months: f64, paid_a_month: f64) -> bool {
    let interest = rate_percent / 1200.0 / paid_a_month;
    let instalments = months * paid_a_month;
    let is_near = |wanted: f64| (share / wanted - 1.0).abs() <= TOLERANCE;
    let flat = 1.0 / instalments + interest;
    // An annuity is between the flat instalment and one without interest, and above the interest.
    if is_near(flat) || interest > 0.0 && is_near(interest) {
        return true;
    }
    let annuity =
        if interest > 0.0 { interest / (1.0 - (-instalments * interest.ln_1p()).exp()) } else { 1.0 / instalments };
    is_near(annuity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_follows_and_two_follow() {
        assert_eq!(with_verb(1, "follows", "follow"), "1 follows");
        assert_eq!(with_verb(2_000, "follows", "follow"), "2,000 follow");
    }

    #[test]
    fn an_instalment_follows_as_an_annuity_a_flat_one_or_as_interest_alone() {
        // 100,000 at 12 percent over 24 months: 4,707.35; flat: 5,166.67; interest: 1,000.
        for instalment in [4_707.35, 5_166.67, 1_000.0] {
            assert!(follows(instalment / 100_000.0, 12.0, 24.0, 1.0), "{instalment}");
        }
        assert!(follows(0.125, 0.0, 8.0, 1.0) && !follows(0.125, 0.0, 96.0, 1.0));
        // A year of weekly ones at 52 percent, hence about 1 percent a week: 2.469 percent.
        assert!(follows(0.024_69, 52.0, 12.0, DAYS_OF_MONTH / 7.0) && !follows(0.024_69, 52.0, 12.0, 1.0));
        assert!(!follows(0.047_073_5, 0.12, 24.0, 1.0) && !follows(0.047_073_5, 12.0, 2.0, 1.0));
    }
}
