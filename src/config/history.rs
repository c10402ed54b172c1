//! What makes a cure, and what the balance of the file holds.

use serde::{Deserialize, Serialize};

use super::failed;

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The most days past due of a loan that is up to date.
    pub cure_days: u32,
    /// How long it has to stay so before it counts as cured.
    pub probation_weeks: u32,
    /// How long after that it is watched for falling behind again.
    pub redefault_weeks: u32,
    /// A loan that was away from the files for longer begins anew.
    pub gap_weeks: u32,
    pub balance: Balance,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Balance {
    /// As the late loans show on which nothing was paid.
    Auto,
    Principal,
    TotalPayable,
    Accrued,
}

impl Balance {
    /// In `balance_checks`.
    pub fn basis(self) -> Option<&'static str> {
        match self {
            Self::Auto => None,
            Self::Principal | Self::TotalPayable => Some("still"),
            Self::Accrued => Some("accrued"),
        }
    }
}

impl History {
    pub fn problems(&self) -> Vec<String> {
        let is_in_a_year = |weeks: u32| (1..=52).contains(&weeks);
        failed(&[
            (self.cure_days <= 30, "history.cure_days must be 0 to 30"),
            (is_in_a_year(self.probation_weeks), "history.probation_weeks must be 1 to 52"),
            (is_in_a_year(self.redefault_weeks), "history.redefault_weeks must be 1 to 52"),
            (is_in_a_year(self.gap_weeks), "history.gap_weeks must be 1 to 52"),
        ])
    }
}
