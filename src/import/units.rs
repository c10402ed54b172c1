//! Whether the columns of a file contradict each other in the unit that each is taken in, and agree in another.
//!
//! Looked at while the loans are loaded, over all of them, so that neither their order nor a sample decides. A contradiction
//! refuses the file, with the line of the configuration that settles it; what no unit explains is only said.

use super::columns::{
    COLUMNS, DAYS_PAST_DUE, INSTALMENT, Kind, LOAN_AMOUNT, MISSED_PAYMENTS, OUTSTANDING, RATE, TENURE,
};
use super::parse::{Cell, Loan};
use crate::config::{BalanceSign, Config, LatenessUnit, RateUnit, TenureUnit};
use crate::progress::grouped;

/// An instalment follows from the amount, the rate and the tenure where it is within this share of what they give.
const TOLERANCE: f64 = 0.03;

/// Units agree where so many instalments of a hundred follow, and contradict where fewer than so many do.
const AGREE_PERCENT: u64 = 80;
const CONTRADICT_PERCENT: u64 = 20;

/// So many loans must speak for another unit.
const LEAST_LOANS: u64 = 2;

/// So many loans must have an instalment before it is said that it follows from nothing.
const LEAST_TO_WARN: u64 = 10;

/// Nobody is later than so many months in a file whose days past due are months.
const MOST_MONTHS: i64 = 12;

/// So many loans with several missed payments must speak for months.
const LEAST_LATE: u64 = 10;

/// So many negative balances may make one think that the sign is turned.
const LEAST_NEGATIVE: u64 = 3;

/// The names of a unit of rates and of one of tenures; nothing for the unit that is taken anyway.
type UnitNames = (Option<&'static str>, Option<&'static str>);

/// How many of the unit taken one of a rate is, with its name.
type Factor = (f64, Option<&'static str>);

/// Other units of rate and tenure: what the values taken are multiplied by, and what each is called.
const OTHERS: [(Factor, Factor); 7] = [
    ((100.0, Some("fraction")), (1.0, None)),
    ((12.0, Some("percent-a-month")), (1.0, None)),
    ((1.0, None), (12.0, Some("years"))),
    ((1.0, None), (84.0 / 365.25, Some("weeks"))),
    ((1.0, None), (12.0 / 365.25, Some("days"))),
    ((100.0, Some("fraction")), (12.0, Some("years"))),
    ((12.0, Some("percent-a-month")), (12.0, Some("years"))),
];

/// Numbers that stand for no value in many systems.
const CODES: [i64; 9] = [99, 999, 9_999, 99_999, 999_999, 9_999_999, 99_999_999, 999_999_999, 9_999_999_999];

/// A code from here on is one in an amount, where it is this often the largest other one: prices end in 9, too.
const LEAST_AMOUNT: i64 = 99_999;
const AMOUNTS_BEYOND: f64 = 10.0;

/// What may be codes in one column.
#[derive(Debug, Clone, Copy, Default)]
struct CodesSeen {
    /// How many loans have each of [`CODES`], and the first line.
    counts: [(u64, u64); CODES.len()],
    /// The largest of all other values, and how many there are.
    largest: f64,
    others: u64,
}

/// What the loans of a file say of its units.
#[derive(Debug)]
pub struct UnitsSeen {
    scale: i64,
    /// Rates above 0, and those of them below 1.
    rates: [u64; 2],
    /// Instalments that can be held against amount, rate and tenure.
    instalments: u64,
    follow: u64,
    follow_otherwise: [u64; OTHERS.len()],
    /// Loans that are late, and those that are so by more than [`MOST_MONTHS`].
    late: [u64; 2],
    /// Of the late loans with two missed payments or more: all, and those late by no more days than missed payments and one.
    late_and_missed: [u64; 2],
    /// Balances above and below 0.
    balances: [u64; 2],
    codes: [CodesSeen; COLUMNS.len()],
}

impl UnitsSeen {
    pub fn new(config: &Config) -> Self {
        Self {
            scale: config.currency.scale(),
            rates: [0; 2],
            instalments: 0,
            follow: 0,
            follow_otherwise: [0; OTHERS.len()],
            late: [0; 2],
            late_and_missed: [0; 2],
            balances: [0; 2],
            codes: [CodesSeen::default(); COLUMNS.len()],
        }
    }

    /// Looks at a loan that is loaded from this line.
    pub fn look_at(&mut self, line: u64, loan: &Loan) {
        for (slot, cell) in loan.cells.iter().enumerate() {
            let (value, scale) = match (*cell, COLUMNS[slot].kind) {
                (Cell::Integer(value), Kind::Money | Kind::Balance) => (value, self.scale),
                (Cell::Integer(value), _) => (value, 1),
                (Cell::Real(value), _) if value.fract() == 0.0 => (value as i64, 1),
                (Cell::Real(value), _) => {
                    self.codes[slot].add_other(value);
                    continue;
                }
                (Cell::Missing | Cell::Text, _) => continue,
            };
            self.codes[slot].add(value, scale, line);
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
            self.instalments += 1;
            let share = instalment as f64 / amount as f64;
            if follows(share, rate, months as f64) {
                self.follow += 1;
                return;
            }
            for (count, ((rates, _), (tenures, _))) in self.follow_otherwise.iter_mut().zip(OTHERS) {
                *count += u64::from(follows(share, rate * rates, months as f64 * tenures));
            }
        }
    }

    /// What keeps the file from being taken; `has_percent` says that the rates carry a percent sign, and `is_set` whether the
    /// configuration says which codes a column has.
    pub fn problems(&self, config: &Config, has_percent: bool, is_set: impl Fn(usize) -> bool) -> Vec<String> {
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
            // Said already.
            && !(are_fractions && tenure.is_none())
        {
            let of_rate = rate.filter(|_| !are_fractions).map(|unit| ("Interest_Rate", unit));
            let of_tenure = tenure.map(|unit| ("Loan_Tenure", unit));
            let lines: Vec<String> =
                [of_rate, of_tenure].iter().flatten().map(|(column, unit)| format!("{column} = {unit:?}")).collect();
            let taken: Vec<&str> =
                [of_rate.map(|_| "Interest_Rate = \"percent\""), of_tenure.map(|_| "Loan_Tenure = \"months\"")]
                    .into_iter()
                    .flatten()
                    .collect();
            problems.push(format!(
                "{}: the instalments do not follow from loan amount, rate and tenure as they are read, but do in another unit. \
                 Set {} under [import.units] in recoup.toml, or, where they are what they seem, {}",
                of_rate.or(of_tenure).map_or("Loan_Tenure", |(column, _)| column),
                lines.join(" and "),
                taken.join(" and ")
            ));
        }
        problems.extend(self.lateness_problem(units.days_past_due));
        problems.extend(self.balance_problem(units.outstanding));
        let open = (0..COLUMNS.len()).filter(|slot| !is_set(*slot));
        problems.extend(open.filter_map(|slot| self.codes[slot].problem(slot)));
        problems
    }

    /// The other unit in which the instalments follow, where they do not in the one taken.
    fn other_unit(&self) -> Option<(u64, UnitNames)> {
        if self.instalments < LEAST_LOANS || self.follow * 100 >= self.instalments * CONTRADICT_PERCENT {
            return None;
        }
        let others = self.follow_otherwise.iter().zip(OTHERS);
        let others = others.map(|(count, ((_, rate), (_, tenure)))| (*count, (rate, tenure)));
        // Of units that explain as many, the first is the simplest.
        let best = others.rev().max_by_key(|(count, _)| *count)?;
        (best.0 * 100 >= self.instalments * AGREE_PERCENT).then_some(best)
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
                 Outstanding_Loan_Amount = \"owed-negative\" under [import.units] in recoup.toml, or \"owed-positive\" where \
                 they are overpaid",
                grouped(overpaid),
                grouped(owed + overpaid)
            )
        })
    }

    /// What the report says although the file is taken.
    pub fn warnings(&self) -> Vec<String> {
        let is_odd = self.instalments >= LEAST_TO_WARN && self.follow * 100 < self.instalments * CONTRADICT_PERCENT;
        let warning = is_odd.then(|| {
            format!(
                "Of {} instalments, {} follow from loan amount, interest rate and tenure as they are read, and no other unit \
                 explains the rest: one of these columns may hold something else.",
                grouped(self.instalments),
                grouped(self.follow)
            )
        });
        warning.into_iter().collect()
    }
}

/// Whether an instalment, as a share of the loan amount, is one of a loan at this rate in percent a year over so many months:
/// an annuity (Brealey, Myers and Allen, Principles of Corporate Finance, "How to Calculate Present Values"), with interest
/// on the whole amount until the end (a flat rate), or of interest alone.
fn follows(share: f64, rate_percent: f64, months: f64) -> bool {
    let interest = rate_percent / 1200.0;
    let is_near = |wanted: f64| (share / wanted - 1.0).abs() <= TOLERANCE;
    let flat = 1.0 / months + interest;
    // An annuity is between the flat instalment and one without interest, and above the interest.
    if is_near(flat) || interest > 0.0 && is_near(interest) {
        return true;
    }
    let annuity = if interest > 0.0 { interest / (1.0 - (-months * interest.ln_1p()).exp()) } else { 1.0 / months };
    is_near(annuity)
}

impl CodesSeen {
    fn add(&mut self, value: i64, scale: i64, line: u64) {
        let major = value / scale;
        if major % 10 == 9
            && value % scale == 0
            && let Some(place) = CODES.iter().position(|code| *code == major)
        {
            let (count, first_line) = &mut self.counts[place];
            if *count == 0 || line < *first_line {
                *first_line = line;
            }
            *count += 1;
            return;
        }
        self.add_other(value as f64 / scale as f64);
    }

    fn add_other(&mut self, value: f64) {
        self.others += 1;
        self.largest = self.largest.max(value);
    }

    /// The largest code that is repeated and far beyond all other values.
    fn problem(&self, slot: usize) -> Option<String> {
        let column = &COLUMNS[slot];
        let is_amount = matches!(column.kind, Kind::Money | Kind::Balance);
        let is_code = |(code, (count, _)): &(i64, (u64, u64))| match *code {
            code if is_amount => {
                *count >= 2 && code >= LEAST_AMOUNT && self.others > 0 && code as f64 >= AMOUNTS_BEYOND * self.largest
            }
            // Some people are nearly that old, but not several of the very age and none a little younger.
            99 if column.name == "Age" => *count >= 3 && self.largest <= 85.0,
            99 => *count >= 3 && self.others > 0 && self.largest * 2.0 <= 99.0,
            code => *count >= 2 && self.largest * 2.0 <= code as f64,
        };
        let (code, (count, line)) = CODES.into_iter().zip(self.counts).rev().find(is_code)?;
        Some(format!(
            "{name}: {code} is on {} lines (the first is line {line}), and all other values are far below: a code for no value? \
             Then set {name} = [\"{code}\"] under [import.missing_values] in recoup.toml; where it is a number, set {name} = []",
            grouped(count),
            name = column.name
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instalment_follows_as_an_annuity_a_flat_one_or_as_interest_alone() {
        // 100,000 at 12 percent over 24 months: 4,707.35; flat: 5,166.67; interest: 1,000.
        for instalment in [4_707.35, 5_166.67, 1_000.0] {
            assert!(follows(instalment / 100_000.0, 12.0, 24.0), "{instalment}");
        }
        assert!(follows(0.125, 0.0, 8.0) && !follows(0.125, 0.0, 96.0));
        assert!(!follows(0.047_073_5, 0.12, 24.0) && !follows(0.047_073_5, 12.0, 2.0));
    }

    #[test]
    fn codes_are_repeated_and_far_beyond_all_others() {
        let told = |column: &str, values: &[i64]| {
            let slot = COLUMNS.iter().position(|known| known.name == column).unwrap();
            let mut codes = CodesSeen::default();
            (2..).zip(values).for_each(|(line, value)| codes.add(*value, 1, line));
            codes.problem(slot).is_some()
        };
        assert!(told("Days_Past_Due", &[0, 9_999, 30, 9_999]));
        assert!(told("Days_Past_Due", &[9_999, 9_999]), "even where there is no other");
        assert!(!told("Days_Past_Due", &[0, 9_999, 30]) && !told("Days_Past_Due", &[999, 999, 600]));
        assert!(told("Age", &[20, 99, 70, 99, 99]) && !told("Age", &[20, 99, 93, 99, 99]));
        assert!(!told("Days_Past_Due", &[99, 99, 60]) && told("Num_Missed_Payments", &[99, 99, 3, 99]));
        assert!(!told("Monthly_EMI", &[999, 999, 10]) && told("Monthly_EMI", &[999_999, 999_999, 10]));
    }
}
