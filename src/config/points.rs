//! The scorecard as configuration: how many points a loan gets for each measure.

use serde::{Deserialize, Serialize};

const MOST_BANDS: usize = 100;

/// The points that make a score of 1.
pub const FULL_POINTS: f64 = 100.0;

/// What the policy may use; each is a column of the view `int_loan_ratios`, and never negative.
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

    /// The feature's name in the configuration, `policy_points` and the matrix.
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

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRule {
    pub measure: Measure,
    /// Pairs of a value, the first 0, and its points; linear between values, constant after the last.
    pub bands: Vec<(f64, f64)>,
    pub missing: f64,
}

impl PolicyRule {
    /// Panics for a rule without bands, which no checked configuration has.
    pub fn points(&self, value: Option<f64>) -> f64 {
        let Some(value) = value else { return self.missing };
        let next = self.bands.partition_point(|(bound, _)| *bound <= value);
        let (bound, points) = self.bands[next.saturating_sub(1)];
        let Some((next_bound, next_points)) = self.bands.get(next) else { return points };
        points + (next_points - points) / (next_bound - bound) * (value - bound).max(0.0)
    }

    fn most_points(&self) -> f64 {
        self.bands.iter().map(|(_, points)| *points).fold(self.missing, f64::max)
    }
}

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
            problems
                .push(format!("policy {name}: bands must contain 1 to {MOST_BANDS} pairs of a value and its points"));
        }
        if rule.bands.first().is_some_and(|(bound, _)| *bound != 0.0) {
            problems.push(format!("policy {name}: the first value must be 0"));
        }
        let is_ascending = rule.bands.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !is_ascending || rule.bands.iter().any(|(bound, _)| !bound.is_finite()) {
            problems.push(format!("policy {name}: each value must be higher than the one before it"));
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
    fn points_go_in_a_straight_line_from_value_to_value() {
        let rule = rule(Measure::DaysPastDue, &[(0.0, 2.0), (10.0, 22.0), (20.0, 12.0)], 7.0);
        for (value, points) in
            [(0.0, 2.0), (1.0, 4.0), (9.5, 21.0), (10.0, 22.0), (15.0, 17.0), (20.0, 12.0), (9e9, 12.0)]
        {
            assert!((rule.points(Some(value)) - points).abs() < 1e-9, "{value}");
        }
        assert_eq!(rule.points(None), 7.0);
    }

    #[test]
    fn by_default_every_day_counts_and_the_thresholds_keep_their_sense() {
        let config = crate::config::Config::parse("").unwrap();
        let score = |values: [Option<f64>; 5]| -> f64 {
            let of = |rule: &PolicyRule| {
                let place = Measure::ALL.iter().position(|measure| *measure == rule.measure).unwrap();
                rule.points(values[place])
            };
            config.policy.iter().map(of).sum()
        };
        let of_days = |days: f64| score([Some(days), None, None, None, None]);
        assert!((0..360).all(|days| of_days(f64::from(days + 1)) > of_days(f64::from(days))));
        assert!(of_days(90.0) < 75.0 && of_days(91.0) > 75.0, "non-performing, and nothing else is known");
        let safest = |days: f64, missed: f64| score([Some(days), Some(missed), Some(0.1), Some(2.0), Some(0.2)]);
        assert!(safest(91.0, 4.0) > 75.0, "over three months late, with several missed payments");
        assert!(score([Some(0.0), Some(0.0), Some(0.9), Some(0.0), Some(1.0)]) < 25.0, "current with a clean past");
        assert!(
            safest(0.0, 3.0) > safest(0.0, 0.0) && safest(0.0, 3.0) < safest(5.0, 0.0),
            "missed before, now current"
        );
        assert!(score([Some(1e4), Some(1e3), Some(9.0), Some(0.0), Some(9.0)]) <= FULL_POINTS);
    }

    #[test]
    fn each_fault_of_a_rule_is_reported() {
        let reported = |bands: &[(f64, f64)], missing| problems(&[rule(Measure::Coverage, bands, missing)]).join("; ");
        for (bands, missing, part) in [
            (&[][..], 0.0, "1 to 100 pairs"),
            (&[(0.0, 1.0); 101][..], 0.0, "1 to 100 pairs"),
            (&[(1.0, 5.0)][..], 0.0, "must be 0"),
            (&[(0.0, 5.0), (2.0, 4.0), (2.0, 3.0)][..], 0.0, "higher than the one before it"),
            (&[(0.0, 5.0), (f64::NAN, 4.0)][..], 0.0, "higher than the one before it"),
            (&[(0.0, 5.0), (f64::INFINITY, 4.0)][..], 0.0, "higher than the one before it"),
            (&[(0.0, -5.0)][..], 0.0, "0 or more"),
            (&[(0.0, 5.0)][..], f64::NAN, "0 or more"),
            (&[(0.0, 5.0)][..], 101.0, "101 points"),
        ] {
            assert!(reported(bands, missing).contains(part), "{part}: {}", reported(bands, missing));
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
