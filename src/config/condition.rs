//! The condition of a strategy: a bound of the score and a least number of days past due.

use super::Strategy;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub score: f64,
    /// Whether the rule includes the bound itself.
    pub is_included: bool,
}

impl Bound {
    fn is_reached_by(self, score: f64) -> bool {
        score > self.score || (self.is_included && score == self.score)
    }

    /// Whether every score that reaches the other bound reaches this one.
    pub fn is_within(self, other: Self) -> bool {
        self.score < other.score || (self.score == other.score && (self.is_included || !other.is_included))
    }
}

/// The condition of a rule; without a bound and days, it takes every remaining loan.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    pub bound: Option<Bound>,
    /// 0 if the rule takes current loans too.
    pub least_days_past_due: i64,
}

impl Condition {
    pub fn of(rule: &Strategy) -> Self {
        let above = rule.above.map(|score| Bound { score, is_included: false });
        let bound = above.or(rule.from.map(|score| Bound { score, is_included: true }));
        Self { bound, least_days_past_due: i64::from(rule.from_days_past_due) }
    }

    pub fn holds(self, score: f64, days_past_due: i64) -> bool {
        days_past_due.max(0) >= self.least_days_past_due && self.bound.is_none_or(|bound| bound.is_reached_by(score))
    }

    pub fn takes_scores_of(self, other: Self) -> bool {
        self.bound.is_none_or(|bound| other.bound.is_some_and(|other| bound.is_within(other)))
    }

    pub fn takes_days_of(self, other: Self) -> bool {
        self.least_days_past_due <= other.least_days_past_due
    }

    /// Whether a rule with this condition leaves nothing to a later one with the other.
    pub fn takes_all_of(self, other: Self) -> bool {
        self.takes_scores_of(other) && self.takes_days_of(other)
    }
}

pub fn conditions(policy: &[Strategy]) -> Vec<Condition> {
    policy.iter().map(Condition::of).collect()
}
