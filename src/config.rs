//! The lender's policy: what `recoup.toml` says, over the defaults of `data/recoup.toml`, checked once.
//!
//! The commented file that `recoup init` writes is also where the defaults are, so the two cannot differ. A key that does
//! not exist is an error, not a silent nothing.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The default configuration, every key explained.
pub const DEFAULT_TOML: &str = include_str!("../data/recoup.toml");

/// The policy of a run. A value of this type has been checked: ranges hold, rules are in order.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub seed: u64,
    pub lender: Lender,
    pub currency: Currency,
    pub import: Import,
    pub columns: BTreeMap<String, String>,
    pub outcome: OutcomeWords,
    pub segments: Segments,
    pub risk: Risk,
    pub strategy: Vec<Strategy>,
    pub report: Report,
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
    /// Places of the minor unit, 0 to 4.
    pub decimals: u32,
}

impl Currency {
    /// Minor units in one major unit.
    pub fn scale(&self) -> i64 {
        10_i64.pow(self.decimals)
    }
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    pub max_rejected_percent: f64,
}

/// The words in Recovery_Status that mean each outcome.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeWords {
    pub fully_recovered: Vec<String>,
    pub partially_recovered: Vec<String>,
    pub written_off: Vec<String>,
    pub outstanding: Vec<String>,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Segments {
    pub clusters: Clusters,
    pub starts: usize,
    pub sample_loans: usize,
}

/// A fixed number of segments, or the number with the best silhouette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "a number, or \"auto\"")]
pub enum Clusters {
    Fixed(usize),
    Chosen(Auto),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Auto {
    Auto,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Risk {
    pub trees: Trees,
    pub high_risk_from: f64,
    pub min_outcomes: usize,
}

/// A fixed number of trees, or one that fits the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "a number, or \"auto\"")]
pub enum Trees {
    Fixed(u32),
    Chosen(Auto),
}

/// One rule of the lender's policy: a lower bound on the score, and what to do from there up.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    pub name: String,
    /// Scores strictly over this.
    pub above: Option<f64>,
    /// This score and over.
    pub from: Option<f64>,
    #[serde(default)]
    pub needs_approval: bool,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub first_loans: usize,
}

impl Config {
    /// The file's policy over the defaults; without a file, the defaults.
    ///
    /// # Errors
    /// [`Error::Usage`] when the file cannot be read, is not TOML, has an unknown key or a value out of range.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else { return Self::parse("") };
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::Usage(format!("cannot read the configuration {}: {error}", path.display())))?;
        Self::parse(&text).map_err(|error| Error::Usage(format!("{}: {error}", path.display())))
    }

    /// The same from text.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Self> {
        let usage = |error: toml::de::Error| Error::Usage(error.to_string().trim_end().to_owned());
        let mut merged: toml::Table = DEFAULT_TOML.parse().map_err(usage)?;
        overlay(&mut merged, text.parse().map_err(usage)?);
        let config: Self = merged.try_into().map_err(usage)?;
        config.check()?;
        Ok(config)
    }

    /// The same policy with another seed.
    ///
    /// # Errors
    /// [`Error::Usage`] when the seed is out of range.
    pub fn with_seed(self, seed: u64) -> Result<Self> {
        let config = Self { seed, ..self };
        config.check()?;
        Ok(config)
    }

    /// What identifies this policy: the SHA-256, in hex, of all its values.
    pub fn sha256(&self) -> String {
        let values = serde_json::to_vec(self).expect("a configuration is plain data");
        hex::encode(Sha256::digest(&values))
    }

    fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        let mut require = |holds: bool, problem: &str| {
            if !holds {
                problems.push(problem.to_owned());
            }
        };
        require(i64::try_from(self.seed).is_ok(), "seed must be 0 to 9223372036854775807");
        require(self.currency.decimals <= 4, "currency.decimals must be 0 to 4");
        require(!self.currency.code.trim().is_empty(), "currency.code must not be empty");
        require(
            (0.0..=100.0).contains(&self.import.max_rejected_percent),
            "import.max_rejected_percent must be 0 to 100",
        );
        if let Clusters::Fixed(count) = self.segments.clusters {
            require((2..=12).contains(&count), "segments.clusters must be 2 to 12, or \"auto\"");
        }
        require((1..=1000).contains(&self.segments.starts), "segments.starts must be 1 to 1000");
        require(
            (100..=1_000_000).contains(&self.segments.sample_loans),
            "segments.sample_loans must be 100 to 1000000",
        );
        if let Trees::Fixed(count) = self.risk.trees {
            require((50..=1000).contains(&count), "risk.trees must be 50 to 1000, or \"auto\"");
        }
        require(self.risk.min_outcomes >= 20, "risk.min_outcomes must be 20 or more");
        require((0.0..=1.0).contains(&self.risk.high_risk_from), "risk.high_risk_from must be 0 to 1");
        require((1..=500).contains(&self.report.first_loans), "report.first_loans must be 1 to 500");
        problems.extend(strategy_problems(&self.strategy));
        problems.extend(outcome_problems(&self.outcome));
        problems.extend(crate::import::naming_problems(&self.columns));
        if problems.is_empty() { Ok(()) } else { Err(Error::Usage(problems.join("; "))) }
    }
}

/// Puts the lender's values over the defaults, table by table; a list replaces the default list whole.
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

fn strategy_problems(rules: &[Strategy]) -> Vec<String> {
    let mut problems = Vec::new();
    let Some((last, bounded)) = rules.split_last() else {
        return vec!["at least one [[strategy]] is needed".to_owned()];
    };
    if last.above.is_some() || last.from.is_some() {
        problems.push(format!("the last strategy, {:?}, must have neither above nor from", last.name));
    }
    let mut upper = f64::INFINITY;
    for rule in bounded {
        match (rule.above, rule.from) {
            (Some(bound), None) | (None, Some(bound)) if (0.0..=1.0).contains(&bound) && bound < upper => upper = bound,
            (Some(_), None) | (None, Some(_)) => problems.push(format!(
                "strategy {:?}: its bound must be 0 to 1 and lower than that of the strategy before it",
                rule.name
            )),
            _ => problems.push(format!("strategy {:?} must have either above or from", rule.name)),
        }
    }
    problems
}

fn outcome_problems(words: &OutcomeWords) -> Vec<String> {
    let mut seen = BTreeMap::new();
    let mut problems = Vec::new();
    let lists = [
        ("fully_recovered", &words.fully_recovered),
        ("partially_recovered", &words.partially_recovered),
        ("written_off", &words.written_off),
        ("outstanding", &words.outstanding),
    ];
    for (outcome, list) in lists {
        for word in list {
            if let Some(other) = seen.insert(crate::import::normalised(word), outcome)
                && other != outcome
            {
                problems.push(format!("outcome: {word:?} is under {other} and under {outcome}"));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        Config::parse(text).expect_err("a faulty configuration").to_string()
    }

    #[test]
    fn a_short_file_changes_only_what_it_names() {
        let config = Config::parse("[segments]\nclusters = \"auto\"\n[currency]\ncode = \"EUR\"").unwrap();
        assert_eq!(config.segments.clusters, Clusters::Chosen(Auto::Auto));
        assert_eq!((config.currency.code.as_str(), config.currency.decimals), ("EUR", 2));
        assert_eq!(config.strategy.len(), 3);
        assert_ne!(config.sha256(), Config::parse("").unwrap().sha256());
    }

    #[test]
    fn a_misspelt_key_is_named() {
        assert!(message("[segments]\nclusers = 3").contains("clusers"));
    }

    #[test]
    fn every_value_out_of_range_is_listed_at_once() {
        let text = message("[segments]\nclusters = 1\nstarts = 0\n[risk]\ntrees = 3");
        for key in ["segments.clusters", "segments.starts", "risk.trees"] {
            assert!(text.contains(key), "{key} in {text}");
        }
    }

    #[test]
    fn strategies_must_descend_and_the_last_takes_the_rest() {
        let rule = |body: &str| format!("[[strategy]]\nname = \"x\"\n{body}\n");
        assert!(message(&(rule("from = 0.2") + &rule("above = 0.9") + &rule(""))).contains("lower than"));
        assert!(message(&rule("from = 0.2")).contains("neither"));
        assert!(message(&(rule("from = 0.2\nabove = 0.1") + &rule(""))).contains("either"));
        assert!(Config::parse(&(rule("above = 0.2") + &rule(""))).is_ok());
    }

    #[test]
    fn one_word_cannot_mean_two_outcomes() {
        assert!(message("[outcome]\nwritten_off = [\"fully-recovered\"]").contains("fully_recovered"));
    }
}
