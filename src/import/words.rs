//! Words for a missing value, and the spellings of categories.
//!
//! "N/A" is never a borrower. "NA" or "None" may be an id or a category, so such a text is missing only if several loans share
//! it. Spellings that differ only in case or spaces are one category, shown in the commonest spelling; `[values]` merges others.

use std::collections::{BTreeMap, HashMap};

use crate::columns::normalised;
use crate::config::Config;

/// Words for a missing value that may also be an id or a category.
const DOUBTFUL: [&[u8]; 6] = [b"NA", b"None", b"Nil", b"Unknown", b"N.A", b"Nill"];

/// With more spellings, a column has no categories and is left alone.
const MOST_SPELLINGS: usize = 500;

const MANY_LINES: u64 = 3;

#[derive(Debug)]
pub struct MissingWords {
    words: Vec<Box<[u8]>>,
    /// Whether a word begins with this byte: the fast path.
    begins: [bool; 256],
}

impl MissingWords {
    pub fn new(words: &[String]) -> Self {
        let words: Vec<Box<[u8]>> = words.iter().map(|word| word.trim().as_bytes().into()).collect();
        let mut begins = [false; 256];
        for first in words.iter().filter_map(|word| word.first()) {
            begins[usize::from(first.to_ascii_lowercase())] = true;
            begins[usize::from(first.to_ascii_uppercase())] = true;
        }
        Self { words, begins }
    }

    pub fn has(&self, field: &[u8]) -> bool {
        field.first().is_none_or(|first| {
            self.begins[usize::from(*first)] && self.words.iter().any(|word| word.eq_ignore_ascii_case(field))
        })
    }

    pub fn is_doubtful(field: &[u8]) -> bool {
        matches!(field.first(), Some(b'N' | b'n' | b'U' | b'u'))
            && DOUBTFUL.into_iter().any(|word| word.eq_ignore_ascii_case(field))
    }
}

pub type Replaced = HashMap<Box<[u8]>, Option<Box<str>>>;

pub fn codes_of(config: &Config, names: &[&str]) -> Option<Vec<Box<[u8]>>> {
    let is_named = |name: &str| names.iter().any(|known| normalised(known) == normalised(name));
    let codes = config.import.missing_values.iter().find(|(name, _)| is_named(name));
    codes.map(|(_, codes)| codes.iter().map(|code| without_zero_decimals(code.trim().as_bytes()).into()).collect())
}

pub fn is_code(codes: &[Box<[u8]>], text: &[u8]) -> bool {
    let text = without_zero_decimals(text);
    codes.iter().any(|code| code.eq_ignore_ascii_case(text))
}

pub fn is_named<'name>(mut names: impl Iterator<Item = &'name String>, header: &str) -> bool {
    names.any(|name| normalised(name) == normalised(header))
}

/// A number without zero decimals: 9999.0 is the code 9999.
fn without_zero_decimals(text: &[u8]) -> &[u8] {
    match text.iter().rposition(|byte| *byte == b'.') {
        Some(point) if point > 0 && text[point + 1..].iter().all(|digit| *digit == b'0') => &text[..point],
        _ => text,
    }
}

#[derive(Debug, Default)]
pub struct WordsColumn {
    /// Otherwise ids, of which only the doubtful words matter.
    is_category: bool,
    /// Configured codes for a missing value. Even an empty list makes doubtful words real values.
    codes: Option<Vec<Box<[u8]>>>,
    /// The meaning of each normalised spelling.
    values: BTreeMap<String, String>,
    spellings: BTreeMap<Box<[u8]>, u64>,
    has_too_many: bool,
}

impl WordsColumn {
    pub fn new(is_category: bool, names: &[&str], config: &Config) -> Self {
        let is_named = |name: &str| names.iter().any(|known| normalised(known) == normalised(name));
        let values = config.values.iter().find(|(name, _)| is_named(name)).map(|(_, values)| values);
        let values = values.into_iter().flatten();
        Self {
            is_category,
            codes: codes_of(config, names),
            values: values.map(|(spelling, value)| (folded(spelling), value.trim().to_owned())).collect(),
            ..Self::default()
        }
    }

    pub fn look_at(&mut self, text: &[u8]) {
        let counts = self.is_category && !self.has_too_many || MissingWords::is_doubtful(text) || self.is_code(text);
        if !counts {
            return;
        }
        if let Some(count) = self.spellings.get_mut(text) {
            *count += 1;
            return;
        }
        self.spellings.insert(text.into(), 1);
        // The result must not depend on the order of the lines.
        if !self.has_too_many && self.spellings.len() > MOST_SPELLINGS {
            self.has_too_many = true;
            let codes = self.codes.take();
            let is_code = |text: &[u8]| codes.iter().flatten().any(|code| code.eq_ignore_ascii_case(text));
            self.spellings.retain(|text, _| MissingWords::is_doubtful(text) || is_code(text));
            self.codes = codes;
        }
    }

    pub fn usual(&self) -> impl Iterator<Item = &[u8]> {
        let usual = self.spellings.iter().filter(|(_, count)| **count >= MANY_LINES);
        usual.filter(|_| self.is_category && !self.has_too_many).map(|(text, _)| &**text)
    }

    fn is_code(&self, text: &[u8]) -> bool {
        self.codes.iter().flatten().any(|code| code.eq_ignore_ascii_case(text))
    }

    pub fn decide(self) -> Replaced {
        let mut doubtful: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for (text, count) in self.spellings.iter().filter(|(text, _)| MissingWords::is_doubtful(text)) {
            *doubtful.entry(text.to_ascii_lowercase()).or_default() += count;
        }
        let is_missing = |text: &[u8]| {
            self.is_code(text)
                || self.codes.is_none() && doubtful.get(&text.to_ascii_lowercase()).is_some_and(|count| *count > 1)
        };
        let mut replaced = Replaced::new();
        let mut groups: BTreeMap<String, Vec<(&str, u64)>> = BTreeMap::new();
        let set: BTreeMap<String, &String> = self.values.values().map(|value| (folded(value), value)).collect();
        for (text, count) in &self.spellings {
            if is_missing(text) {
                replaced.insert(text.clone(), None);
            } else if let Ok(text) = std::str::from_utf8(text)
                && self.is_category
                && !self.has_too_many
            {
                let folded_text = folded(text);
                let group = self.values.get(&folded_text).map_or(folded_text, |value| folded(value));
                groups.entry(group).or_default().push((text, *count));
            }
        }
        for (group, spellings) in groups {
            // Spellings are sorted, so the first of the most frequent is always the same.
            let most = spellings.iter().map(|(_, count)| *count).max();
            let shown = spellings.iter().find(|(_, count)| Some(*count) == most).map(|(text, _)| *text);
            let Some(shown) = set.get(&group).map(|value| value.as_str()).or(shown) else { continue };
            for (text, _) in spellings.iter().filter(|(text, _)| *text != shown) {
                replaced.insert(text.as_bytes().into(), Some(shown.into()));
            }
        }
        replaced
    }
}

/// A spelling as compared: in lower case, with single spaces.
fn folded(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(column: &str, is_category: bool, config: &str, texts: &[&str]) -> BTreeMap<String, Option<String>> {
        let config = Config::parse(config).expect("a configuration");
        let mut words = WordsColumn::new(is_category, &[column], &config);
        texts.iter().for_each(|text| words.look_at(text.as_bytes()));
        let texts = words.decide().into_iter().map(|(text, kept)| {
            (String::from_utf8(text.into_vec()).expect("text"), kept.map(|kept| kept.into_string()))
        });
        texts.collect()
    }

    fn of(pairs: &[(&str, Option<&str>)]) -> BTreeMap<String, Option<String>> {
        pairs.iter().map(|(text, kept)| ((*text).to_owned(), kept.map(str::to_owned))).collect()
    }

    #[test]
    fn spellings_that_differ_in_case_or_spaces_are_shown_as_most_loans_have_them() {
        let texts =
            ["Female", "female", "FEMALE", "Female", "Male", "Self  Employed", "self employed", "self employed"];
        let wanted =
            of(&[("female", Some("Female")), ("FEMALE", Some("Female")), ("Self  Employed", Some("self employed"))]);
        assert_eq!(replaced("Gender", true, "", &texts), wanted);
        let mut turned = texts;
        turned.reverse();
        assert_eq!(replaced("Gender", true, "", &turned), wanted);
        // As often the one as the other: the first by its letters.
        assert_eq!(replaced("Gender", true, "", &["b", "B"]), of(&[("b", Some("B"))]));
    }

    #[test]
    fn the_configuration_says_which_spellings_are_one() {
        let config = "[values.gender]\nF = \"Female\"\nW = \"female\"";
        let kept = replaced("Gender", true, config, &["F", "f", "FEMALE", "FEMALE", "w", "M"]);
        let shown: std::collections::BTreeSet<_> = kept.values().flatten().collect();
        assert_eq!(shown.len(), 1, "{kept:?}");
        assert!(["F", "f", "FEMALE", "w"].iter().all(|text| kept.contains_key(*text)), "{kept:?}");
        assert!(!kept.contains_key("M"));
    }

    #[test]
    fn doubtful_words_are_missing_where_several_loans_share_them() {
        assert_eq!(replaced("Borrower_ID", false, "", &["NA", "B1", "na"]), of(&[("NA", None), ("na", None)]));
        assert_eq!(replaced("Borrower_ID", false, "", &["NA", "B1", "None"]), of(&[]));
        assert_eq!(replaced("Loan_Type", true, "", &["None", "None"]), of(&[("None", None)]));
        let kept = "[import.missing_values]\nLoan_Type = []";
        assert_eq!(replaced("Loan_Type", true, kept, &["None", "None"]), of(&[]));
        let coded = "[import.missing_values]\nLoan_Type = [\"zz\"]";
        assert_eq!(replaced("Loan_Type", true, coded, &["ZZ", "Home"]), of(&[("ZZ", None)]));
    }

    #[test]
    fn texts_that_are_not_categories_stay_as_they_are() {
        let mut texts: Vec<String> = (0..=MOST_SPELLINGS).map(|place| format!("Street {place}")).collect();
        texts.extend(["street 1".to_owned(), "NA".to_owned(), "NA".to_owned()]);
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        assert_eq!(replaced("Branch", true, "", &texts), of(&[("NA", None)]));
    }

    #[test]
    fn words_for_a_missing_value_are_known_without_case() {
        let words = MissingWords::new(&["N/A".to_owned(), "9999".to_owned()]);
        assert!(words.has(b"") && words.has(b"n/a") && words.has(b"9999"));
        assert!(!words.has(b"99990") && !words.has(b"N/B") && !words.has(b"NA"));
        assert_eq!(without_zero_decimals(b"9999.00"), b"9999");
        assert_eq!(without_zero_decimals(b"9999.50"), b"9999.50");
    }
}
