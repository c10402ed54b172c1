//! Status words that are in no list under `[outcome]`: whether such a loan is repaid, lost or owed is unknown, so the file is
//! refused with the lines that settle it.

use std::collections::BTreeMap;

use super::fields::{self, FieldReader};
use crate::config::letters_of;
use crate::progress::{grouped, lines};

/// How many words are listed. A column with more is probably not a status, and its texts may be personal.
const MOST_WORDS: usize = 25;

const LONGEST_WORD: usize = 60;

/// The unknown words of a column: as each is first written, and on how many lines it is found.
#[derive(Debug, Default)]
pub struct UnknownWords {
    words: BTreeMap<String, (String, u64)>,
    lines: u64,
    /// How many lines have such a word that is a number.
    numbers: u64,
    /// How many have a known word, and whether one of these is a number.
    known: u64,
    has_known_number: bool,
}

/// A number among this many known words is not a status, but the value of another column.
const WORDS_FOR_EACH_NUMBER: u64 = 20;

pub fn is_number(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit) && text.is_ascii() && !text.iter().any(u8::is_ascii_alphabetic)
}

impl UnknownWords {
    pub fn is_unknown(&self, reader: &FieldReader, field: &[u8]) -> bool {
        !reader.is_missing(field) && fields::text(field).is_ok_and(|word| reader.status(word).is_none())
    }

    pub fn look_at_known(&mut self, field: &[u8]) {
        self.known += 1;
        self.has_known_number |= is_number(field);
    }

    pub fn look_at(&mut self, field: &[u8]) {
        let Ok(word) = fields::text(field) else { return };
        self.lines += 1;
        self.numbers += u64::from(is_number(field));
        let letters = letters_of(word);
        // One more than the limit is enough to know that there are too many.
        if self.words.len() <= MOST_WORDS || self.words.contains_key(&letters) {
            self.words.entry(letters).or_insert_with(|| (word.to_owned(), 0)).1 += 1;
        }
    }

    fn are_numbers_stray(&self) -> bool {
        !self.has_known_number && self.numbers * WORDS_FOR_EACH_NUMBER <= self.known
    }

    pub fn problem(&self, header: &str) -> Option<String> {
        let is_stray = |word: &str| self.are_numbers_stray() && is_number(word.as_bytes());
        if self.words.values().all(|(word, _)| is_stray(word)) {
            return None;
        }
        let is_long = |word: &str| word.chars().count() > LONGEST_WORD;
        if self.words.len() > MOST_WORDS || self.words.values().any(|(word, _)| is_long(word)) {
            return Some(format!(
                "{header}: {} lines have a status that is in no list under [outcome], with more than {MOST_WORDS} different or \
                 long texts: this is probably not the status column. Name yours under [columns] in recoup.toml: Recovery_Status = \"your header\"",
                grouped(self.lines)
            ));
        }
        let mut words: Vec<(&str, u64)> = self.words.values().map(|(word, lines)| (word.as_str(), *lines)).collect();
        words.retain(|(word, _)| !is_stray(word));
        words.sort_unstable_by(|(one, many), (other, more)| more.cmp(many).then(one.cmp(other)));
        let counts: Vec<String> = words.iter().map(|(word, count)| format!("{word:?} ({})", lines(*count))).collect();
        let list: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        Some(format!(
            "{header}: the meaning of {} is unknown. Add each word to its list under [outcome] in recoup.toml: \
             outstanding = [{}] if these loans are still owed, or fully_recovered, partially_recovered, written_off, \
             refinanced (replaced by another loan) or not_a_loan (an application)",
            counts.join(", "),
            list.join(", ")
        ))
    }
}
