//! Lines of the file that are no loans: titles above the header, totals and notes below the loans, lines without a value.
//!
//! They are kept as they stand. A line is only taken to be below the loans when it says so itself, by a word such as "Total"
//! where the loan id would be, by values without an id, or by being a sentence; a damaged loan does none of these. Ids may be
//! such words: one with a digit is a loan's, if the line has all that a loan must have.

use memchr::memchr_iter;

use super::columns::{HeaderMap, LOAN_ID};
use super::numbers::trimmed;
use super::records::{Record, is_like_a_number};

/// Words for totals, which are no part of any loan's id.
const TOTALS: [&str; 21] = [
    "total",
    "totals",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "insgesamt",
    "totaal",
    "totale",
    "suma",
    "somme",
    "summa",
    "toplam",
    "jumlah",
    "celkem",
    "razem",
    "итого",
    "всего",
    "कुल",
    "合计",
];

/// Other words with which a line below the loans begins. Ids may begin with them.
const NOTES: [&str; 8] = ["grand", "sub", "average", "count", "end", "generated", "printed", "note"];

/// Whether no field of the record holds anything.
pub fn is_empty(record: &Record) -> bool {
    record.fault.is_none() && record.fields().all(|field| trimmed(field).is_empty())
}

/// Whether the record may be a line below the loans; it is one when no loan follows.
pub fn may_be_below(record: &Record, map: &HeaderMap) -> bool {
    if record.fault.is_some() {
        return false;
    }
    let (loan_id, width) = (map.fields[LOAN_ID].expect("a header has the required columns"), map.width);
    let is_complete =
        record.len() == width && map.numbers().into_iter().all(|field| is_like_a_number(record.field(field)));
    let id = if loan_id < record.len() { trimmed(record.field(loan_id)) } else { b"" };
    if !id.is_empty() && record.len() == width {
        return is_of_totals(id) || begins_as_note(id) && !(is_complete && has_digit(id));
    }
    if is_complete {
        return false;
    }
    let filled: Vec<&[u8]> = record.fields().map(trimmed).filter(|field| !field.is_empty()).collect();
    match filled.as_slice() {
        [] => false,
        [first, ..] if is_of_totals(first) || begins_as_note(first) => true,
        [only] if (record.len() != width || id.is_empty()) && is_sentence(only, width) => true,
        // Sums under their columns, without a word beside them.
        _ => record.len() == width && id.is_empty() && filled.len() * 2 <= width,
    }
}

/// Whether a word for totals stands in a text, whole.
pub fn is_of_totals(text: &[u8]) -> bool {
    words(&String::from_utf8_lossy(text)).any(|word| is_among(&TOTALS, word))
}

/// Whether a text begins with a word for a note.
fn begins_as_note(text: &[u8]) -> bool {
    words(&String::from_utf8_lossy(text)).next().is_some_and(|word| is_among(&NOTES, word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_of_a_word(letter)).filter(|word| !word.is_empty())
}

fn is_among(list: &[&str], word: &str) -> bool {
    let is = |known: &&str| word.eq_ignore_ascii_case(known) || !word.is_ascii() && word.to_lowercase() == **known;
    list.iter().any(is)
}

/// Whether a letter belongs to the word beside it; in an id so does what joins its parts.
fn is_of_a_word(letter: char) -> bool {
    // Vowel signs of Indic scripts are no letters by themselves.
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/' | '\u{900}'..='\u{97f}')
}

/// Whether a text holds a digit of any script.
pub fn has_digit(text: &[u8]) -> bool {
    String::from_utf8_lossy(text).contains(char::is_numeric)
}

/// Three words or more, or a colon after the first: no loan id is like that, but a loan may be, from an export with another
/// separator that was put behind this one.
fn is_sentence(text: &[u8], width: usize) -> bool {
    let is_loan = |separator: u8| memchr_iter(separator, text).count() * 2 >= width;
    if [b',', b';', b'\t', b'|'].into_iter().any(is_loan) {
        return false;
    }
    let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    words >= 3 || text.contains(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_known_by_a_whole_word() {
        for text in ["Total", "GRAND TOTAL:", "Portfolio total", "** Total **", "Итого", "कुल", "Total (20 loans)"]
        {
            assert!(is_of_totals(text.as_bytes()), "{text}");
        }
        for text in ["TOTAL-12", "Subash", "END_7", "Endeavour 5", "LN 0042", "7", "GRAND 12", "Note 7"] {
            assert!(!is_of_totals(text.as_bytes()), "{text}");
        }
        assert!(begins_as_note(b"Note 7") && !begins_as_note(b"END-7") && !begins_as_note(b"A note"));
    }
}
