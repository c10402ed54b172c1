//! The configuration of the import: what detection leaves open, and what is accepted.

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::Encoding;
use serde::{Deserialize, Serialize};

use super::values::Units;
use super::{OrAuto, OwnFeature, OwnKind, failed};
use crate::columns::{ColumnKind, normalised, standard};

/// The order of day and month in a date that ends with the year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    DayFirst,
    MonthFirst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Separator {
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DecimalMark {
    Point,
    Comma,
}

#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    pub max_rejected_percent: f64,
    /// A file with a higher share of unreadable values in one column is refused.
    pub max_unreadable_percent: f64,
    /// A file that has shrunk more since the last run is refused.
    pub max_shrink_percent: f64,
    /// "auto", or the name of an encoding.
    pub encoding: String,
    pub separator: SeparatorChoice,
    /// Without a number, the first line that has the required columns.
    pub header_line: OrAuto<u64>,
    /// Whether the last line may lack a line end.
    pub accept_open_end: bool,
    /// Whether an id may lack a digit when nearly all others have one.
    pub accept_ids_without_digits: bool,
    /// Whether a book may lack nearly all of the last run's live loans.
    pub accept_changed_ids: bool,
    /// Whether a book may be unchanged for days.
    pub accept_unchanged: bool,
    /// Whether balances or days past due may jump implausibly, and closed loans become live again.
    pub accept_changed_values: bool,
    pub missing: Vec<String>,
    /// The same for one column; all its other values are then real.
    pub missing_values: BTreeMap<String, Vec<String>>,
    pub units: Units,
    /// The decimal mark of ambiguous columns.
    pub decimal: BTreeMap<String, DecimalMark>,
    pub dates: BTreeMap<String, DateChoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SeparatorChoice {
    Auto,
    Comma,
    Semicolon,
    Tab,
    Pipe,
}

impl SeparatorChoice {
    pub fn set(self) -> Option<Separator> {
        match self {
            Self::Auto => None,
            Self::Comma => Some(Separator::Comma),
            Self::Semicolon => Some(Separator::Semicolon),
            Self::Tab => Some(Separator::Tab),
            Self::Pipe => Some(Separator::Pipe),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DateChoice {
    /// Determined from all values
    Auto,
    DayFirst,
    MonthFirst,
}

impl DateChoice {
    pub fn set(self) -> Option<DateOrder> {
        match self {
            Self::Auto => None,
            Self::DayFirst => Some(DateOrder::DayFirst),
            Self::MonthFirst => Some(DateOrder::MonthFirst),
        }
    }
}

impl Import {
    pub(super) fn problems(&self, columns: &BTreeMap<String, String>, features: &[OwnFeature]) -> Vec<String> {
        let is_percent = |value| (0.0..=100.0).contains(&value);
        let is_encoding = |label: &str| Encoding::for_label_no_replacement(label.as_bytes()).is_some();
        let mut words = self.missing.iter().chain(self.missing_values.values().flatten());
        let mut problems = failed(&[
            (is_percent(self.max_rejected_percent), "import.max_rejected_percent must be 0 to 100"),
            (is_percent(self.max_unreadable_percent), "import.max_unreadable_percent must be 0 to 100"),
            (is_percent(self.max_shrink_percent), "import.max_shrink_percent must be 0 to 100"),
            (
                self.encoding == "auto" || is_encoding(&self.encoding),
                "import.encoding must be \"auto\" or an encoding such as \"utf-8\", \"utf-16le\" or \"windows-1252\"",
            ),
            (self.header_line.fixed().is_none_or(|line| line > 0), "import.header_line must be 1 or more, or \"auto\""),
            (
                words.all(|word| !word.trim().is_empty()),
                "import.missing and import.missing_values: a word must not be empty",
            ),
        ]);
        for name in self.dates.keys() {
            if standard(name, columns).is_some_and(|column| column.kind != ColumnKind::Date) {
                problems.push(format!("import.dates: {name:?} is a standard column that contains no dates"));
            }
            let is_number = |feature: &&OwnFeature| {
                feature.kind == OwnKind::Number && normalised(&feature.column) == normalised(name)
            };
            if let Some(feature) = features.iter().find(is_number) {
                problems.push(format!("import.dates: {name:?} is a number for the feature {:?}", feature.name));
            }
        }
        problems
    }
}

pub(super) fn add_missing(defaults: &mut toml::Table, lender: &mut toml::Table) {
    let defaults = defaults.get("missing").and_then(toml::Value::as_array).cloned().unwrap_or_default();
    if let Some(toml::Value::Array(words)) = lender.get_mut("missing") {
        words.extend(defaults);
        let mut seen = BTreeSet::new();
        words.retain(|word| seen.insert(word.to_string()));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::config::tests::problems_of;

    #[test]
    fn what_settles_a_file_can_be_set() {
        let config = Config::parse(
            "[import]\nencoding = \"windows-1252\"\nseparator = \"semicolon\"\nheader_line = 3\n\
             [import.decimal]\nMonthly_EMI = \"comma\"\n[import.dates]\n\"Disbursed on\" = \"day-first\"\n",
        )
        .unwrap();
        assert_eq!(config.import.header_line.fixed(), Some(3));
        assert!(config.import.separator.set().is_some());
        assert!(config.import.missing.iter().any(|word| word == "#N/A"), "the defaults stay");
    }

    #[test]
    fn words_for_a_missing_value_are_added_to_the_default_ones() {
        let missing = |text: &str| Config::parse(text).unwrap().import.missing;
        let (default, added) = (missing(""), missing("[import]\nmissing = [\"n.v.\", \"NULL\"]"));
        assert_eq!(added.len(), default.len() + 1);
        assert!(default.iter().all(|word| added.contains(word)));
        assert!(problems_of("[import]\nmissing = 5").contains("missing"));
        assert!(problems_of("[import.missing_values]\nAge = [\"\"]").contains("must not be empty"));
    }

    #[test]
    fn what_cannot_be_set_is_reported() {
        assert!(problems_of("[import]\nencoding = \"klingon\"").contains("import.encoding"));
        assert!(problems_of("[import]\nseparator = \"slash\"").contains("semicolon"));
        assert!(problems_of("[import]\nheader_line = 0").contains("header_line"));
        assert!(problems_of("[import]\nmax_shrink_percent = 101").contains("max_shrink_percent"));
        assert!(problems_of("[import.dates]\nAge = \"auto\"").contains("standard column"));
        assert!(problems_of("[columns]\nAge = \"Born\"\n[import.dates]\nborn = \"auto\"").contains("standard column"));
        let feature = "[[feature]]\nname = \"opened\"\ncolumn = \"Opened\"\nkind = \"number\"\n";
        assert!(problems_of(&format!("{feature}[import.dates]\nopened = \"auto\"")).contains("feature"));
    }
}
