//! The configuration of features: the lender's own, and the direction in which each may change the risk.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::columns::{self, Origin};
use crate::features::{FEATURES, Monotone};

const MOST_FEATURES: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OwnFeature {
    pub name: String,
    /// A header of the file, ignoring case, spaces, `_` and `-`.
    pub column: String,
    pub kind: OwnKind,
    #[serde(default)]
    pub monotone: Monotone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OwnKind {
    Number,
    Category,
}

impl OwnKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Category => "category",
        }
    }
}

pub fn problems(own: &[OwnFeature], columns: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    if own.len() > MOST_FEATURES {
        problems.push(format!("{} [[feature]]s are more than {MOST_FEATURES}", own.len()));
    }
    let (mut names, mut origins) = (BTreeSet::new(), BTreeSet::new());
    for feature in own {
        let mut report = |problem: &str| problems.push(format!("feature {:?}: {problem}", feature.name));
        if !is_plain_word(&feature.name) {
            report("a name must be a small letter, then small letters, digits and _");
        }
        if FEATURES.iter().any(|standard| standard.name == feature.name) {
            report("every book has a feature of this name: choose another");
        }
        if !names.insert(&feature.name) {
            report("the name appears twice");
        }
        if feature.kind == OwnKind::Category && feature.monotone != Monotone::None {
            report("the risk cannot rise or fall with a category: monotone needs kind = \"number\"");
        }
        match columns::origin(&feature.column, columns) {
            Err(reason) => report(&format!("column {:?} {reason}", feature.column)),
            Ok(Origin::Words(_)) if feature.kind == OwnKind::Number => {
                report(&format!("column {:?} contains words: kind must be \"category\"", feature.column));
            }
            Ok(origin) => {
                if !origins.insert(origin) {
                    report(&format!("column {:?} is used twice", feature.column));
                }
            }
        }
    }
    problems
}

pub fn monotone_problems(monotone: &BTreeMap<String, Monotone>) -> Vec<String> {
    let is_feature = |name: &str| FEATURES.iter().any(|feature| feature.name == name);
    let known = FEATURES.map(|feature| feature.name).join(", ");
    let unknown = monotone.keys().filter(|name| !is_feature(name));
    let mut problems: Vec<String> =
        unknown.map(|name| format!("monotone: there is no feature {name:?} among {known}")).collect();
    for family in FEATURES.iter().filter(|feature| feature.family == feature.name) {
        let forms = FEATURES.iter().filter(|feature| feature.family == family.name);
        let set: Vec<_> = forms.filter_map(|form| Some((form.name, *monotone.get(form.name)?))).collect();
        if set.windows(2).any(|pair| pair[0].1 != pair[1].1) {
            let lines: Vec<String> =
                set.iter().map(|(name, direction)| format!("{name} = \"{}\"", direction.name())).collect();
            let keep = set.first().map_or_else(String::new, |(_, direction)| direction.name().to_owned());
            problems.push(format!(
                "monotone: {} contradict each other, because they are forms of the same measure and must go the same way: keep one line, such \
                 as {} = {keep:?}",
                lines.join(" and "),
                family.name
            ));
        }
    }
    problems
}

/// Removes the default directions of features that the lender configures: a direction binds all forms of a feature.
pub fn give_way(defaults: &mut toml::Table, lender: &toml::Table) {
    let family = |name: &str| FEATURES.iter().find(|feature| feature.name == name).map(|feature| feature.family);
    defaults.retain(|name, _| !lender.keys().any(|set| family(set).is_some() && family(set) == family(name)));
}

fn is_plain_word(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::problems_of;

    fn feature(name: &str, column: &str, kind: &str) -> String {
        format!("[[feature]]\nname = \"{name}\"\ncolumn = '{column}'\nkind = \"{kind}\"\n")
    }

    #[test]
    fn further_columns_and_spare_standard_ones_become_features() {
        let columns =
            ["Branch", "Employment_Type", "loan type", "Payment-History", "Collection_Method", "Legal Action Taken"];
        let mut text: String = columns
            .iter()
            .enumerate()
            .map(|(place, column)| feature(&format!("f{place}"), column, "category"))
            .collect();
        text += &feature("dependents", "Num_Dependents", "number");
        text += &(feature("attempts", "Collection_Attempts", "number") + "monotone = \"up\"");
        let config = Config::parse(&text).unwrap();
        assert_eq!(config.feature.len(), 8);
        assert_eq!((config.feature[0].monotone, config.feature[7].monotone), (Monotone::None, Monotone::Up));
    }

    #[test]
    fn columns_that_no_model_may_see_are_refused_under_any_name() {
        for (column, part) in [
            ("Gender", "never a feature"),
            ("GEN-DER", "never a feature"),
            ("Recovery Status", "to be predicted"),
            ("Loan_ID", "only identifies the loan"),
            ("Borrower_ID", "only identifies the loan"),
            ("Monthly_Income", "a feature already"),
            ("days past due", "a feature already"),
            ("", "empty"),
            (r#"the "best""#, "quotation mark"),
            (r"a\b", "quotation mark"),
        ] {
            let text = problems_of(&feature("mine", column, "category"));
            assert!(text.contains(part), "{column}: {text}");
        }
        let renamed = "[columns]\nGender = \"Sex\"\nDays_Past_Due = \"DPD\"\n";
        assert!(problems_of(&(renamed.to_owned() + &feature("mine", "sex", "category"))).contains("never a feature"));
        assert!(
            problems_of(&(renamed.to_owned() + &feature("mine", "gender", "category"))).contains("never a feature")
        );
        assert!(problems_of(&(renamed.to_owned() + &feature("mine", "DPD", "number"))).contains("a feature already"));
    }

    #[test]
    fn names_and_columns_appear_once_and_names_are_plain_words() {
        let two = |first: (&str, &str), second: (&str, &str)| {
            problems_of(&(feature(first.0, first.1, "category") + &feature(second.0, second.1, "category")))
        };
        assert!(two(("a", "X"), ("a", "Y")).contains("name appears twice"));
        assert!(two(("a", "Branch code"), ("b", "branch_CODE")).contains("used twice"));
        let job = "[columns]\nEmployment_Type = \"Job\"\n";
        let same = feature("a", "Job", "category") + &feature("b", "Employment_Type", "category");
        assert!(problems_of(&(job.to_owned() + &same)).contains("used twice"));
        for name in ["", "Branch", "1st", "_x", "a b", "a-b", "é"] {
            assert!(problems_of(&feature(name, "Branch", "category")).contains("small letter"), "{name}");
        }
        assert!(problems_of(&feature("burden", "Branch", "number")).contains("every book"));
    }

    #[test]
    fn kinds_and_directions_fit_the_column() {
        assert!(problems_of(&feature("a", "Employment_Type", "number")).contains("must be \"category\""));
        assert!(problems_of(&feature("a", "Branch", "text")).contains("category"));
        let up = feature("a", "Branch", "category") + "monotone = \"up\"";
        assert!(problems_of(&up).contains("monotone needs"));
        let many: String =
            (0..101).map(|place| feature(&format!("f{place}"), &format!("c{place}"), "number")).collect();
        assert!(problems_of(&many).contains("more than 100"));
    }

    #[test]
    fn monotone_names_standard_features_and_keeps_the_other_defaults() {
        let config = Config::parse("[monotone]\nburden = \"none\"\nage_years = \"down\"").unwrap();
        let named = |name: &str| config.monotone.get(name).copied();
        assert_eq!(named("burden"), Some(Monotone::None));
        assert_eq!(named("age_years"), Some(Monotone::Down));
        assert_eq!((named("days_past_due"), named("coverage")), (Some(Monotone::Up), Some(Monotone::Down)));
        assert!(problems_of("[monotone]\nincome = \"up\"").contains("\"income\""));
        assert!(problems_of("[monotone]\nburden = \"sideways\"").contains("sideways"));
    }

    #[test]
    fn a_direction_binds_every_form_of_a_feature() {
        let config = Config::parse("[monotone]\nis_secured = \"up\"\ndpd_bucket = \"none\"").unwrap();
        assert_eq!(config.monotone.get("coverage"), None, "the default gives way");
        assert_eq!(config.monotone.get("days_past_due"), None);
        assert_eq!(config.monotone.get("missed_payments"), Some(&Monotone::Up));
        let text = problems_of("[monotone]\ncoverage = \"down\"\ncollateral_value = \"up\"");
        for part in
            ["collateral_value = \"up\" and coverage = \"down\" contradict", "keep one line, such as coverage = "]
        {
            assert!(text.contains(part), "{text}");
        }
        assert!(problems_of("[monotone]\ndays_past_due = \"up\"\ndpd_bucket = \"none\"").contains("contradict"));
        assert_eq!(problems_of("[monotone]\nmissed_share = \"down\"\nmissed_payments = \"down\""), "");
    }
}
