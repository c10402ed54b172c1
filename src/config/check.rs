//! The checks of a configuration.

use super::{Config, Strategy, conditions, own, points};
use crate::error::{Error, Result};
use crate::format::Style;

impl Config {
    pub(super) fn check(&self) -> Result<()> {
        let is_between = |range: std::ops::RangeInclusive<usize>, value: usize| range.contains(&value);
        let is_format = |format: &str| format == "auto" || Style::of_sample(format).is_some();
        let (clusters, trees) = (self.segments.clusters.fixed(), self.risk.trees.fixed());
        let mut problems = failed(&[
            (i64::try_from(self.seed).is_ok(), "seed must be 0 to 9223372036854775807"),
            (self.currency.decimals <= 4, "currency.decimals must be 0 to 4"),
            (!self.currency.code.trim().is_empty(), "currency.code must not be empty"),
            (
                is_format(&self.currency.format),
                "currency.format must be \"auto\", or show how 1234567 is written, such as \"₹12,34,567\" or \"1.234.567 €\"",
            ),
            (self.database.wait_seconds <= 3600, "database.wait_seconds must be 0 to 3600"),
            (clusters.is_none_or(|count| is_between(2..=12, count)), "segments.clusters must be 2 to 12, or \"auto\""),
            (is_between(1..=1000, self.segments.starts), "segments.starts must be 1 to 1000"),
            (is_between(100..=1_000_000, self.segments.sample_loans), "segments.sample_loans must be 100 to 1000000"),
            ((1..=520).contains(&self.segments.relearn_weeks), "segments.relearn_weeks must be 1 to 520"),
            (trees.is_none_or(|count| (50..=1000).contains(&count)), "risk.trees must be 50 to 1000, or \"auto\""),
            (self.risk.min_outcomes >= 20, "risk.min_outcomes must be 20 or more"),
            ((0.0..=1.0).contains(&self.risk.high_risk_from), "risk.high_risk_from must be 0 to 1"),
            (self.risk.reason_loans <= 1_000_000, "risk.reason_loans must be 0 to 1000000"),
            (is_between(1..=500, self.report.first_loans), "report.first_loans must be 1 to 500"),
            (self.retention.weeks <= 5_200, "retention.weeks must be 0 to 5200"),
        ]);
        problems.extend(self.import.problems(&self.columns, &self.feature));
        problems.extend(super::values::problems(&self.values, &self.columns));
        problems.extend(self.history.problems());
        problems.extend(self.mail.problems());
        problems.extend(strategy_problems(&self.strategy));
        problems.extend(self.outcome.problems());
        problems.extend(crate::columns::naming_problems(&self.columns));
        problems.extend(points::problems(&self.policy));
        problems.extend(own::problems(&self.feature, &self.columns));
        problems.extend(own::monotone_problems(&self.monotone));
        if problems.is_empty() { Ok(()) } else { Err(Error::Usage(problems.join("; "))) }
    }
}

/// The most days past due in a rule: a hundred years.
const MOST_DAYS: u32 = 36_500;

/// The messages of the checks that do not hold.
pub(super) fn failed(checks: &[(bool, &str)]) -> Vec<String> {
    checks.iter().filter(|(holds, _)| !holds).map(|(_, problem)| (*problem).to_owned()).collect()
}

fn strategy_problems(rules: &[Strategy]) -> Vec<String> {
    let mut problems = Vec::new();
    let Some((last, others)) = rules.split_last() else {
        return vec!["at least one [[strategy]] is needed".to_owned()];
    };
    if last.above.is_some() || last.from.is_some() || last.from_days_past_due > 0 {
        problems.push(format!(
            "the last strategy, {:?}, must have neither above nor from nor from_days_past_due: it applies to the remaining loans",
            last.name
        ));
    }
    for rule in rules {
        let name = &rule.name;
        if rule.above.is_some() && rule.from.is_some() {
            problems.push(format!("strategy {name:?} must have either above or from"));
        }
        if !rule.above.into_iter().chain(rule.from).all(|bound| (0.0..=1.0).contains(&bound)) {
            problems.push(format!("strategy {name:?}: above and from must be 0 to 1"));
        }
        if rule.from_days_past_due > MOST_DAYS {
            problems.push(format!("strategy {name:?}: from_days_past_due must be 0 to {MOST_DAYS}"));
        }
        if rule.needs_approval && !rule.on_worklist {
            problems.push(format!(
                "strategy {name:?} needs approval, so it must be on the worklist: leave out on_worklist = false"
            ));
        }
    }
    for rule in others.iter().filter(|rule| rule.above.or(rule.from).is_none() && rule.from_days_past_due == 0) {
        problems
            .push(format!("strategy {:?} needs above, from or from_days_past_due: only the last has none", rule.name));
    }
    if problems.is_empty() { never_applied(rules) } else { problems }
}

fn never_applied(rules: &[Strategy]) -> Vec<String> {
    let conditions = conditions(rules);
    let never = |(position, rule): (usize, &Strategy)| {
        let earlier = conditions[..position].iter().position(|earlier| earlier.takes_all_of(conditions[position]))?;
        Some(format!(
            "strategy {:?} never applies: {:?} before it covers all of its loans; move it up, or give it a lower score or \
             fewer days",
            rule.name, rules[earlier].name
        ))
    };
    rules.iter().enumerate().filter_map(never).collect()
}
