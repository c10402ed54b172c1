//! The policy score as configuration: how many points a loan gets for each measure.

use serde::{Deserialize, Serialize};

/// The most bands that a measure may have: as many as the view `int_policy_bands_pivoted` sets side by side.
const MOST_BANDS: usize = 8;

/// The points that make a score of 1.
pub const FULL_POINTS: f64 = 100.0;

/// What the policy may look at; each is a column of the view `int_loan_ratios_computed`, and never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    DaysPastDue,
    MissedPayments,
    Burden,
    Coverage,
    ShareOwed,
}

impl Measure {
    /// Every measure, in the order in which their points are added up.
    pub const ALL: [Self; 5] = [Self::DaysPastDue, Self::MissedPayments, Self::Burden, Self::Coverage, Self::ShareOwed];

    /// The feature that it is: what the configuration, `policy_points` and the matrix call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::DaysPastDue => "days_past_due",
            Self::MissedPayments => "missed_payments",
            Self::Burden => "burden",
            Self::Coverage => "coverage",
            Self::ShareOwed => "share_owed",
        }
    }
}

/// The points for one measure.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    pub measure: Measure,
    /// From this value on, so many points, up to the next band; the first band begins at 0.
    pub bands: Vec<(f64, f64)>,
    /// The points of a loan whose value is missing.
    pub missing: f64,
}

impl PolicyRule {
    fn most_points(&self) -> f64 {
        self.bands.iter().map(|(_, points)| *points).fold(self.missing, f64::max)
    }
}

/// What is wrong with the rules, in words.
pub fn problems(rules: &[PolicyRule]) -> Vec<String> {
    if rules.is_empty() {
        return vec!["at least one [[policy]] is needed".to_owned()];
    }
    let mut problems = Vec::new();
    for (place, rule) in rules.iter().enumerate() {
        let name = rule.measure.name();
        if rules[..place].iter().any(|other| other.measure == rule.measure) {
            problems.push(format!("policy: {name} has two rules"));
        }
        if !(1..=MOST_BANDS).contains(&rule.bands.len()) {
            problems.push(format!("policy {name}: 1 to {MOST_BANDS} bands are needed"));
        }
        if rule.bands.first().is_some_and(|(bound, _)| *bound != 0.0) {
            problems.push(format!("policy {name}: the first band must begin at 0"));
        }
        let is_ascending = rule.bands.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !is_ascending || rule.bands.iter().any(|(bound, _)| !bound.is_finite()) {
            problems.push(format!("policy {name}: each band must begin higher than the one before it"));
        }
        let mut points = rule.bands.iter().map(|(_, points)| *points).chain([rule.missing]);
        if !points.all(|points| points.is_finite() && points >= 0.0) {
            problems.push(format!("policy {name}: points must be 0 or more"));
        }
    }
    let most: f64 = rules.iter().map(PolicyRule::most_points).sum();
    if problems.is_empty() && most > FULL_POINTS {
        problems.push(format!(
            "policy: the worst loan would get {most} points, but a score of 1 is {FULL_POINTS}: lower some"
        ));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(measure: Measure, bands: &[(f64, f64)], missing: f64) -> PolicyRule {
        PolicyRule { measure, bands: bands.to_vec(), missing }
    }

    #[test]
    fn a_policy_of_one_rule_is_enough() {
        assert!(problems(&[rule(Measure::Burden, &[(0.0, 0.0), (0.4, 100.0)], 50.0)]).is_empty());
        assert_eq!(problems(&[]).len(), 1);
    }

    #[test]
    fn each_fault_of_a_rule_is_told() {
        let told = |bands: &[(f64, f64)], missing| problems(&[rule(Measure::Coverage, bands, missing)]).join("; ");
        for (bands, missing, part) in [
            (&[][..], 0.0, "1 to 8 bands"),
            (&[(0.0, 1.0); 9][..], 0.0, "1 to 8 bands"),
            (&[(1.0, 5.0)][..], 0.0, "begin at 0"),
            (&[(0.0, 5.0), (2.0, 4.0), (2.0, 3.0)][..], 0.0, "higher than the one before"),
            (&[(0.0, 5.0), (f64::NAN, 4.0)][..], 0.0, "higher than the one before"),
            (&[(0.0, 5.0), (f64::INFINITY, 4.0)][..], 0.0, "higher than the one before"),
            (&[(0.0, -5.0)][..], 0.0, "0 or more"),
            (&[(0.0, 5.0)][..], f64::NAN, "0 or more"),
            (&[(0.0, 5.0)][..], 101.0, "101 points"),
        ] {
            assert!(told(bands, missing).contains(part), "{part}: {}", told(bands, missing));
        }
    }

    #[test]
    fn the_worst_loan_may_get_100_points_over_all_rules() {
        let rules = |points| {
            [rule(Measure::Burden, &[(0.0, 60.0)], 0.0), rule(Measure::Coverage, &[(0.0, points), (1.0, 0.0)], 10.0)]
        };
        assert!(problems(&rules(40.0)).is_empty());
        assert!(problems(&rules(40.5))[0].contains("100.5 points"));
    }

    #[test]
    fn a_measure_has_one_rule() {
        let twice = [rule(Measure::Burden, &[(0.0, 6.0)], 0.0), rule(Measure::Burden, &[(0.0, 7.0)], 0.0)];
        assert!(problems(&twice)[0].contains("two rules"));
    }
}
