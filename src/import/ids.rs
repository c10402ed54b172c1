//! Cleans ids of invisible characters and of a spreadsheet's apostrophe, and finds words among ids with digits.

use super::numbers::trimmed;
use crate::columns::is_invisible;

const LEAST_IDS: u64 = 10;

/// A letter is common in ids if it is at least one in this many letters.
const LETTERS_FOR_EACH_USUAL: u64 = 1_000;

/// An id without invisible characters, surrounding spaces and a spreadsheet's apostrophe; nothing if it is already clean.
pub fn cleaned(id: &[u8]) -> Option<Vec<u8>> {
    let id = trimmed(id);
    if id.is_ascii() && id.first() != Some(&b'\'') {
        return None;
    }
    let text = std::str::from_utf8(id).ok()?;
    let seen: String = text.chars().filter(|letter| !is_invisible(*letter)).collect();
    let mut clean = seen.trim();
    // After an invisible character, the quotation marks around the id were read as part of it.
    if let Some(bare) = clean.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        clean = bare.trim();
    }
    // A name may begin with an apostrophe; a number does not.
    if let Some(bare) = clean.strip_prefix('\'')
        && bare.starts_with(char::is_alphanumeric)
        && bare.contains(char::is_numeric)
    {
        clean = bare.strip_suffix('\'').unwrap_or(bare);
    }
    (clean.as_bytes() != id).then(|| clean.as_bytes().to_vec())
}

pub fn cleaned_header(header: &str) -> String {
    let seen: String = header.chars().filter(|letter| !is_invisible(*letter) && *letter != '\0').collect();
    seen.trim().to_owned()
}

pub fn has_digit(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_digit) || !text.is_ascii() && String::from_utf8_lossy(text).contains(char::is_numeric)
}

/// The form of an id, with `0` for digits and `a` for letters: `LN-0042` is `a-0`.
pub fn form(id: &[u8]) -> Vec<u8> {
    let class = |byte: &u8| match byte {
        b'0'..=b'9' => b'0',
        byte if byte.is_ascii_alphabetic() || !byte.is_ascii() => b'a',
        other => *other,
    };
    let mut form: Vec<u8> = id.iter().map(class).collect();
    form.dedup();
    form
}

#[derive(Debug)]
pub struct Ids {
    with_digit: u64,
    without_digit: u64,
    /// The frequency of each byte in ids with a digit.
    bytes: Box<[u64; 256]>,
}

impl Ids {
    pub fn new() -> Self {
        Self { with_digit: 0, without_digit: 0, bytes: Box::new([0; 256]) }
    }

    pub fn look_at(&mut self, id: &[u8]) {
        if !has_digit(id) {
            self.without_digit += 1;
            return;
        }
        self.with_digit += 1;
        for byte in id {
            self.bytes[usize::from(*byte)] += 1;
        }
    }

    /// If at least half of the ids have no digit, anything is an id; otherwise a text without a digit is one only if it is made of
    /// the letters of the others, as in random ids.
    pub fn rule(&self) -> IdRule {
        let looks = self.with_digit + self.without_digit >= LEAST_IDS && self.with_digit > self.without_digit;
        let letters: u64 = self.bytes.iter().sum();
        let is_usual = self.bytes.map(|count| count > 0 && count * LETTERS_FOR_EACH_USUAL >= letters);
        IdRule { usual: looks.then(|| Box::new(is_usual)) }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct IdRule {
    /// The common bytes of ids with a digit; nothing if ids need no digit.
    usual: Option<Box<[bool; 256]>>,
}

impl IdRule {
    pub const ANY: Self = Self { usual: None };

    /// Whether a text is a word among ids with digits.
    pub fn is_broken(&self, id: &[u8]) -> bool {
        self.usual.as_ref().is_some_and(|usual| !has_digit(id) && !id.iter().all(|byte| usual[usize::from(*byte)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(ids: &[String]) -> IdRule {
        let mut seen = Ids::new();
        ids.iter().for_each(|id| seen.look_at(id.as_bytes()));
        seen.rule()
    }

    #[test]
    fn invisible_letters_and_what_a_spreadsheet_adds_are_not_part_of_an_id() {
        for letter in "\u{ad}\u{200b}\u{200f}\u{202a}\u{202e}\u{2060}\u{2069}\u{61c}\u{feff}\u{fe0f}\u{180e}\u{34f}\u{3164}\u{115f}"
            .chars()
        {
            for id in [format!("{letter}LN_5"), format!("LN{letter}_5"), format!("LN_5{letter}"), format!("LN_5 {letter}")] {
                assert_eq!(cleaned(id.as_bytes()).as_deref(), Some(&b"LN_5"[..]), "{id:?}");
            }
            assert_eq!(cleaned_header(&format!(" Loan{letter}_ID\u{3000}")), "Loan_ID");
        }
        for space in "\u{2007}\u{3000}\u{2003}\u{85}\u{1680}".chars() {
            assert_eq!(cleaned(format!("{space}7{space}").as_bytes()).as_deref(), Some(&b"7"[..]));
        }
        assert_eq!(cleaned("\u{feff}\"M0/7\"".as_bytes()).as_deref(), Some(&b"M0/7"[..]));
        assert_eq!(cleaned(b"'001000").as_deref(), Some(&b"001000"[..]));
        assert_eq!(cleaned(b"'001000'").as_deref(), Some(&b"001000"[..]));
        for id in ["001000", " LN_5 ", "'t Hof", "José 7", "L'5", "'", "क्षेत्र 7"] {
            assert_eq!(cleaned(id.as_bytes()), None, "{id}");
        }
    }

    #[test]
    fn ids_of_one_kind_have_one_form() {
        assert_eq!(form(b"LN-0042"), b"a-0");
        assert_eq!(form(b"L7"), form(b"L1234"));
        assert_ne!(form(b"20 loans"), form(b"L20"));
    }

    #[test]
    fn words_among_ids_with_digits_are_none_however_many_they_are() {
        for words in [1, 2, 5, 30, 49] {
            let ids: Vec<String> = (0..100)
                .map(|number| if number < words { "Fully Recovered".to_owned() } else { format!("LN_{number}") })
                .collect();
            assert!(rule(&ids).is_broken(b"Fully Recovered"), "{words} of 100");
            assert!(!rule(&ids).is_broken(b"LN_5"));
        }
        let names: Vec<String> =
            (0..100).map(|number| if number < 60 { "Asha Rao".to_owned() } else { format!("LN_{number}") }).collect();
        assert!(!rule(&names).is_broken(b"Asha Rao"), "most ids are words");
        assert!(!rule(&["A1".to_owned(), "North".to_owned()]).is_broken(b"North"), "too few to say");
    }

    #[test]
    fn ids_of_letters_and_digits_by_chance_may_have_no_digit() {
        let letters: Vec<char> = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".chars().collect();
        let ids: Vec<String> =
            (0..200_usize).map(|n| (0..6).map(|place| letters[(n * 7 + place * (n + 11)) % 36]).collect()).collect();
        assert!(ids.iter().filter(|id| !has_digit(id.as_bytes())).count() > 2);
        assert!(!rule(&ids).is_broken(b"KQZTRA") && rule(&ids).is_broken(b"Total"));
    }
}
