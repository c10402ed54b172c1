//! Words of the status that no list under `[outcome]` has: nobody knows whether such a loan is repaid, lost or owed, so the
//! file is refused with the lines that settle it.

use std::collections::BTreeMap;

use super::fields::{self, FieldReader};
use crate::config::letters_of;
use crate::progress::grouped;

/// So many words are listed. A column with more is hardly a status, and its texts may be personal.
const MOST_WORDS: usize = 25;

/// The longest word that is listed, in characters.
const LONGEST_WORD: usize = 60;

/// The unknown words of a column: as each is first written, and on how many lines it is found.
#[derive(Debug, Default)]
pub struct UnknownWords {
    words: BTreeMap<String, (String, u64)>,
    lines: u64,
}

impl UnknownWords {
    /// Whether a trimmed field is a word that no list has.
    pub fn is_unknown(&self, reader: &FieldReader, field: &[u8]) -> bool {
        !reader.is_missing(field) && fields::text(field).is_ok_and(|word| reader.status(word).is_none())
    }

    /// Counts such a word.
    pub fn look_at(&mut self, field: &[u8]) {
        let Ok(word) = fields::text(field) else { return };
        self.lines += 1;
        let letters = letters_of(word);
        // One more than is listed is enough to know that there are too many.
        if self.words.len() <= MOST_WORDS || self.words.contains_key(&letters) {
            self.words.entry(letters).or_insert_with(|| (word.to_owned(), 0)).1 += 1;
        }
    }

    /// Which words nobody explained, and what to do; nothing where all are known.
    pub fn problem(&self, header: &str) -> Option<String> {
        if self.words.is_empty() {
            return None;
        }
        let is_long = |word: &str| word.chars().count() > LONGEST_WORD;
        if self.words.len() > MOST_WORDS || self.words.values().any(|(word, _)| is_long(word)) {
            return Some(format!(
                "{header}: {} lines have a status that no list under [outcome] has, and more than {MOST_WORDS} different or long \
                 texts are among them: this is hardly the column with the status. Name yours under [columns] in recoup.toml: \
                 Recovery_Status = \"your header\"",
                grouped(self.lines)
            ));
        }
        let mut words: Vec<(&str, u64)> = self.words.values().map(|(word, lines)| (word.as_str(), *lines)).collect();
        words.sort_unstable_by(|(one, many), (other, more)| more.cmp(many).then(one.cmp(other)));
        let line = |lines: u64| if lines == 1 { "1 line".to_owned() } else { format!("{} lines", grouped(lines)) };
        let counts: Vec<String> = words.iter().map(|(word, lines)| format!("{word:?} ({})", line(*lines))).collect();
        let list: Vec<String> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        Some(format!(
            "{header}: nothing says what {} means. Put each word in the list that says it, under [outcome] in recoup.toml: \
             outstanding = [{}] where such loans are still owed, or fully_recovered, partially_recovered, written_off, \
             refinanced (another loan took its place) or not_a_loan (an application)",
            counts.join(", "),
            list.join(", ")
        ))
    }
}
