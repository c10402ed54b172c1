//! The words of Recovery_Status: each says what became of the money (the outcome that models learn from) and whether the loan
//! is still owed. The lender's words are added to the defaults of `data/recoup.toml`; a word listed elsewhere leaves its
//! default list.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The lists of words, compared by their letters and digits, ignoring case.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeWords {
    pub fully_recovered: Vec<String>,
    pub partially_recovered: Vec<String>,
    pub written_off: Vec<String>,
    /// Closed because another loan replaced it, which does not show whether the money comes back.
    pub refinanced: Vec<String>,
    pub outstanding: Vec<String>,
    /// Applications that were rejected, withdrawn or not yet paid out.
    pub not_a_loan: Vec<String>,
    /// Words of the lists above whose loans are still live, although the outcome is known.
    pub still_collected: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Loan { outcome: Option<&'static str>, is_closed: bool },
    NotALoan,
}

const STILL_COLLECTED: &str = "still_collected";

pub fn letters_of(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl OutcomeWords {
    fn lists(&self) -> [(&'static str, Status, &[String]); 6] {
        let closed = |outcome| Status::Loan { outcome, is_closed: true };
        let outstanding = Status::Loan { outcome: Some("outstanding"), is_closed: false };
        [
            ("fully_recovered", closed(Some("fully_recovered")), &self.fully_recovered),
            ("partially_recovered", closed(Some("partially_recovered")), &self.partially_recovered),
            ("written_off", closed(Some("written_off")), &self.written_off),
            ("refinanced", closed(None), &self.refinanced),
            ("outstanding", outstanding, &self.outstanding),
            ("not_a_loan", Status::NotALoan, &self.not_a_loan),
        ]
    }

    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.lists().into_iter().flat_map(|(_, _, words)| words).map(String::as_str)
    }

    pub fn statuses(&self) -> BTreeMap<String, Status> {
        let words =
            self.lists().into_iter().flat_map(|(_, status, words)| words.iter().map(move |word| (word, status)));
        let mut statuses: BTreeMap<String, Status> = words.map(|(word, status)| (letters_of(word), status)).collect();
        for word in &self.still_collected {
            if let Some(Status::Loan { is_closed, .. }) = statuses.get_mut(&letters_of(word)) {
                *is_closed = false;
            }
        }
        statuses
    }

    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut seen: BTreeMap<String, &str> = BTreeMap::new();
        for (key, _, words) in self.lists() {
            for word in words {
                let letters = letters_of(word);
                if letters.is_empty() {
                    problems.push(format!("outcome.{key}: {word:?} has neither a letter nor a digit"));
                } else if let Some(other) = seen.insert(letters, key)
                    && other != key
                {
                    problems.push(format!("outcome: {word:?} is under {other} and under {key}"));
                }
            }
        }
        for word in &self.still_collected {
            match seen.get(&letters_of(word)) {
                None => problems.push(format!(
                    "outcome.{STILL_COLLECTED}: {word:?} is in no other list; add it to partially_recovered or written_off too"
                )),
                Some(&"not_a_loan") => {
                    problems.push(format!("outcome.{STILL_COLLECTED}: {word:?} is under not_a_loan, too"));
                }
                Some(_) => {}
            }
        }
        problems
    }
}

/// Adds the lender's words to the defaults. A default word that the lender lists elsewhere leaves its list.
pub(super) fn add_words(defaults: &mut toml::Table, lender: &toml::Table) {
    let texts = |value: &toml::Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(toml::Value::as_str).map(letters_of).collect()
    };
    let moved: Vec<String> =
        lender.iter().filter(|(key, _)| *key != STILL_COLLECTED).flat_map(|(_, list)| texts(list)).collect();
    for (key, list) in defaults.iter_mut().filter(|(key, _)| *key != STILL_COLLECTED) {
        let own = lender.get(key).map(texts).unwrap_or_default();
        if let toml::Value::Array(words) = list {
            words.retain(|word| {
                let letters = word.as_str().map(letters_of).unwrap_or_default();
                !moved.contains(&letters) || own.contains(&letters)
            });
        }
    }
    for (key, list) in lender {
        match (defaults.get_mut(key), list) {
            (Some(toml::Value::Array(words)), toml::Value::Array(added)) => {
                let known: Vec<String> = words.iter().filter_map(toml::Value::as_str).map(letters_of).collect();
                let is_new = |word: &&toml::Value| word.as_str().is_none_or(|text| !known.contains(&letters_of(text)));
                words.extend(added.iter().filter(is_new).cloned());
            }
            // Anything else is refused when the whole configuration is read.
            _ => {
                defaults.insert(key.clone(), list.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn status(config: &str, word: &str) -> Option<Status> {
        Config::parse(config).unwrap().outcome.statuses().get(&letters_of(word)).copied()
    }

    fn closed(outcome: Option<&'static str>) -> Option<Status> {
        Some(Status::Loan { outcome, is_closed: true })
    }

    const LIVE: Option<Status> = Some(Status::Loan { outcome: Some("outstanding"), is_closed: false });

    #[test]
    fn the_words_of_common_loan_systems_are_known() {
        for word in
            ["Fully Paid", "Closed (obligations met)", "CLOSED_OBLIGATION_MET", "Overpaid", "Completed", "Repaid"]
        {
            assert_eq!(status("", word), closed(Some("fully_recovered")), "{word}");
        }
        for word in
            ["Current", "Active in bad standing", "Late (31-120 days)", "Past Due (>120 days)", "Missed Repayment"]
        {
            assert_eq!(status("", word), LIVE, "{word}");
        }
        for word in ["Closed (written off)", "Chargedoff", "Does not meet the credit policy. Status:Charged Off"] {
            assert_eq!(status("", word), closed(Some("written_off")), "{word}");
        }
        for word in ["Closed (rescheduled)", "Restructured", "REFINANCED"] {
            assert_eq!(status("", word), closed(None), "{word}");
        }
        for word in ["Rejected", "Withdrawn by applicant", "Sanctioned", "Submitted and pending approval"] {
            assert_eq!(status("", word), Some(Status::NotALoan), "{word}");
        }
        assert_eq!(status("", "Lost at sea"), None);
    }

    #[test]
    fn a_settled_loan_is_closed_and_a_charged_off_one_may_be_collected() {
        assert_eq!(status("", "Settled"), closed(Some("partially_recovered")));
        let collected = Status::Loan { outcome: Some("written_off"), is_closed: false };
        assert_eq!(status("", "Charged off collectible"), Some(collected));
        let reported = "[outcome]\nstill_collected = [\"Partially Recovered\"]";
        let live = Status::Loan { outcome: Some("partially_recovered"), is_closed: false };
        assert_eq!(status(reported, "partially_recovered"), Some(live));
    }

    #[test]
    fn a_lenders_words_are_added_and_may_move_a_default_one() {
        let reported = "[outcome]\nwritten_off = [\"Lost at sea\", \"Defaulted\"]";
        assert_eq!(status(reported, "lost-at-sea"), closed(Some("written_off")));
        assert_eq!(status(reported, "Charged Off"), closed(Some("written_off")), "the defaults stay");
        assert_eq!((status("", "Defaulted"), status(reported, "Defaulted")), (LIVE, closed(Some("written_off"))));
    }

    #[test]
    fn a_word_cannot_mean_two_things() {
        let problem = |text: &str| Config::parse(text).expect_err("a faulty configuration").to_string();
        let both = "[outcome]\nwritten_off = [\"Gone\"]\nfully_recovered = [\"gone!\"]";
        assert!(problem(both).contains("under fully_recovered and under written_off"), "{}", problem(both));
        assert!(problem("[outcome]\nstill_collected = [\"Gone\"]").contains("is in no other list"));
        assert!(problem("[outcome]\nwritten_off = [\"--\"]").contains("neither a letter nor a digit"));
        assert!(problem("[outcome]\nlost = [\"x\"]").contains("lost"));
    }
}
