//! The lender's policy: `recoup.toml` over the defaults of `data/recoup.toml`, checked once. `recoup init` writes the file that
//! the defaults come from, so the two cannot differ. An unknown key is an error.

mod check;
mod condition;
mod history;
mod import;
mod mail;
mod outcome;
mod own;
mod points;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use condition::{Bound, Condition, conditions};
pub use history::History;
pub use import::{DateOrder, DecimalMark, Import, Separator};
pub use mail::{Mail, Smtp, Tls, bare_address};
pub use outcome::{OutcomeWords, Status, letters_of};
pub use own::{OwnFeature, OwnKind};
pub use points::{FULL_POINTS, Measure, PolicyRule};
pub use values::{
    BalanceSign, Buckets, DaysPastDue, EmptyDays, LatenessUnit, NegativeDays, RateUnit, Spellings, TenureUnit, Units,
};

use check::failed;

use crate::error::{Error, Result};
use crate::features::Monotone;
use crate::format::Style;

pub const DEFAULT_TOML: &str = include_str!("../../data/recoup.toml");

/// The policy of a run. A value of this type has been checked: ranges hold, rules are in order.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub seed: u64,
    pub lender: Lender,
    pub currency: Currency,
    /// Changes no result, so it is not part of the policy's hash; neither are `retention` and `mail`.
    #[serde(skip_serializing)]
    pub database: Database,
    pub import: Import,
    pub dpd: DaysPastDue,
    pub values: Spellings,
    pub columns: BTreeMap<String, String>,
    pub outcome: OutcomeWords,
    pub segments: Segments,
    pub risk: Risk,
    pub policy: Vec<PolicyRule>,
    #[serde(default)]
    pub feature: Vec<OwnFeature>,
    /// By feature name; any other feature may raise or lower the risk.
    pub monotone: BTreeMap<String, Monotone>,
    pub strategy: Vec<Strategy>,
    pub history: History,
    pub report: Report,
    #[serde(skip_serializing)]
    pub retention: Retention,
    #[serde(skip_serializing)]
    pub mail: Mail,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Lender {
    pub name: String,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Currency {
    pub code: String,
    /// Decimal places of the minor unit, 0 to 4.
    pub decimals: u32,
    /// How 1234567 is written, or "auto" by the code.
    pub format: String,
}

impl Currency {
    pub fn scale(&self) -> i64 {
        10_i64.pow(self.decimals)
    }

    /// The style of a currency's amounts; the configured sample applies to the lender's own.
    pub fn style(&self, code: &str) -> Style {
        let sampled = if code == self.code { Style::of_sample(&self.format) } else { None };
        sampled.unwrap_or_else(|| Style::of_currency(code))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    pub wait_seconds: u64,
}

impl Database {
    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_seconds)
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    pub clusters: Clusters,
    pub starts: usize,
    pub sample_loans: usize,
    /// How long the centres stay as they were learnt.
    pub relearn_weeks: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "a number, or \"auto\"")]
pub enum OrAuto<T> {
    Fixed(T),
    Chosen(Auto),
}

impl<T> OrAuto<T> {
    pub fn fixed(self) -> Option<T> {
        match self {
            Self::Fixed(value) => Some(value),
            Self::Chosen(Auto::Auto) => None,
        }
    }
}

/// A fixed number of segments, or the number with the best silhouette.
pub type Clusters = OrAuto<usize>;

/// A fixed number of trees, or one that fits the book.
pub type Trees = OrAuto<u32>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    Auto,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    pub model: Model,
    pub trees: Trees,
    pub high_risk_from: f64,
    pub min_outcomes: usize,
    /// How many loans at the top of the worklist get reasons.
    pub reason_loans: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Model {
    /// Those of the model that passes the gate, or else the policy's
    Auto,
    /// Those of the random forest, whatever the gate says
    Forest,
    /// Those of gradient boosting, whatever the gate says
    Boosting,
    /// Those of the logistic regression, whatever the gate says
    Logistic,
    /// Those by points, whatever the gate says
    Policy,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    pub name: String,
    /// Applies to scores above this.
    pub above: Option<f64>,
    /// Applies to this score and above.
    pub from: Option<f64>,
    /// The fewest days past due; 0 for all loans.
    #[serde(default)]
    pub from_days_past_due: u32,
    #[serde(default)]
    pub needs_approval: bool,
    /// Whether staff work these loans; others are counted, not listed.
    #[serde(default = "yes")]
    pub on_worklist: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub first_loans: usize,
    /// Whether only the ends of loan and borrower ids are shown.
    pub mask: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// 0 keeps loans for ever.
    pub weeks: u32,
}

impl Config {
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Self::parse("") };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::Usage(format!("cannot read the configuration {}: {error}", path.display())))?;
        Self::parse(&text).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))
    }

    pub fn parse(text: &str) -> Result<Self> {
        let usage = |error: toml::de::Error| Error::Usage(error.to_string().trim_end().to_owned());
        let mut merged: toml::Table = DEFAULT_TOML.parse().map_err(usage)?;
        let mut lender: toml::Table = text.parse().map_err(usage)?;
        if let (Some(toml::Value::Table(defaults)), Some(toml::Value::Table(words))) =
            (merged.get_mut("outcome"), lender.get("outcome"))
        {
            outcome::add_words(defaults, words);
            lender.remove("outcome");
        }
        if let (Some(toml::Value::Table(defaults)), Some(toml::Value::Table(directions))) =
            (merged.get_mut("monotone"), lender.get("monotone"))
        {
            own::give_way(defaults, directions);
        }
        if let (Some(toml::Value::Table(defaults)), Some(toml::Value::Table(import))) =
            (merged.get_mut("import"), lender.get_mut("import"))
        {
            import::add_missing(defaults, import);
        }
        overlay(&mut merged, lender);
        let config: Self = merged.try_into().map_err(usage)?;
        config.check()?;
        Ok(config)
    }

    /// The scores at which a loan's treatment changes: the bounds of the strategies and the high-risk flag, lowest first.
    pub fn thresholds(&self) -> Vec<f64> {
        let bounds = self.strategy.iter().filter_map(|rule| rule.above.or(rule.from));
        let mut thresholds: Vec<f64> = bounds.chain([self.risk.high_risk_from]).collect();
        thresholds.sort_unstable_by(f64::total_cmp);
        thresholds.dedup();
        thresholds
    }

    pub fn with_seed(self, seed: u64) -> Result<Self> {
        let config = Self { seed, ..self };
        config.check()?;
        Ok(config)
    }

    #[must_use]
    pub fn with_model(self, model: Model) -> Self {
        Self { risk: Risk { model, ..self.risk }, ..self }
    }

    /// The SHA-256, in hex, of all values that may change a result.
    pub fn sha256(&self) -> String {
        let values = serde_json::to_vec(self).expect("a configuration is plain data");
        hex::encode(Sha256::digest(&values))
    }
}

/// Puts the lender's values over the defaults, table by table; a list replaces the whole default list.
fn overlay(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn problems_of(text: &str) -> String {
        Config::parse(text).map_or_else(|error| error.to_string(), |_| String::new())
    }

    fn message(text: &str) -> String {
        Config::parse(text).expect_err("a faulty configuration").to_string()
    }

    #[test]
    fn a_short_file_changes_only_what_it_names() {
        let config = Config::parse("[segments]\nclusters = \"auto\"\n[currency]\ncode = \"EUR\"").unwrap();
        assert_eq!(config.segments.clusters, Clusters::Chosen(Auto::Auto));
        assert_eq!((config.currency.code.as_str(), config.currency.decimals), ("EUR", 2));
        assert_eq!(config.strategy.len(), 5);
        assert_ne!(config.sha256(), Config::parse("").unwrap().sha256());
    }

    #[test]
    fn how_long_to_wait_is_not_part_of_the_policy() {
        let patient = Config::parse("[database]\nwait_seconds = 3600").unwrap();
        assert_eq!(patient.database.wait(), Duration::from_secs(3600));
        assert_eq!(patient.sha256(), Config::parse("").unwrap().sha256());
        assert!(message("[database]\nwait_seconds = 3601").contains("database.wait_seconds"));
    }

    #[test]
    fn a_misspelt_key_is_named() {
        assert!(message("[segments]\nclusers = 3").contains("clusers"));
    }

    #[test]
    fn every_value_out_of_range_is_listed_at_once() {
        let text = message("[segments]\nclusters = 1\nstarts = 0\nrelearn_weeks = 0\n[risk]\ntrees = 3");
        for key in ["segments.clusters", "segments.starts", "segments.relearn_weeks", "risk.trees"] {
            assert!(text.contains(key), "{key} in {text}");
        }
    }

    #[test]
    fn every_strategy_can_apply_and_the_last_takes_the_rest() {
        let rule = |name: &str, body: &str| format!("[[strategy]]\nname = \"{name}\"\n{body}\n");
        let (low, rest) = (rule("low", "from = 0.2"), rule("rest", ""));
        let never = message(&(low.clone() + &rule("high", "above = 0.9") + &rest));
        assert!(
            never.contains("strategy \"high\" never applies: \"low\" before it covers all of its loans"),
            "{never}"
        );
        assert!(message(&low).contains("must have neither above nor from nor from_days_past_due"));
        assert!(message(&rule("late", "from_days_past_due = 1")).contains("must have neither"));
        assert!(message(&(rule("two", "from = 0.2\nabove = 0.1") + &rest)).contains("either above or from"));
        assert!(message(&(rule("none", "") + &rest)).contains("needs above, from or from_days_past_due"));
        assert!(message(&(rule("far", "from = 1.2") + &rest)).contains("0 to 1"));
        assert!(message(&(rule("nan", "from = nan") + &rest)).contains("0 to 1"));
        assert!(message(&(rule("old", "from_days_past_due = 36501") + &rest)).contains("0 to 36500"));
        assert!(Config::parse(&(rule("one", "above = 0.2") + &rest)).is_ok());
        // Later rules may take what is less late, at any score.
        let late = rule("late", "from = 0.2\nfrom_days_past_due = 31");
        assert!(Config::parse(&(late.clone() + &rule("all", "from = 0.2") + &rest)).is_ok());
        assert!(Config::parse(&(late.clone() + &rule("sure", "above = 0.9\nfrom_days_past_due = 5") + &rest)).is_ok());
        assert!(message(&(late + &rule("later", "above = 0.9\nfrom_days_past_due = 60") + &rest)).contains("never"));
    }

    #[test]
    fn what_needs_approval_is_on_the_worklist() {
        let text = "[[strategy]]\nname = \"sue\"\nneeds_approval = true\non_worklist = false";
        assert!(message(text).contains("strategy \"sue\" needs approval, so it must be on the worklist"));
        assert!(Config::parse("[[strategy]]\nname = \"call\"").unwrap().strategy[0].on_worklist);
    }

    #[test]
    fn how_long_loans_are_kept_is_checked_and_makes_no_other_policy() {
        assert_eq!(Config::parse("[retention]\nweeks = 52").unwrap().sha256(), Config::parse("").unwrap().sha256());
        assert!(message("[retention]\nweeks = 5201").contains("retention.weeks"));
        assert!(message("[retention]\nweeks = -1").contains("weeks"));
    }
}
