//! Recognises lines that are not loans: totals and notes below the loans, and empty lines. Such a line lacks required values and
//! has a word such as "Total" in place of the loan id, values without an id, or a sentence. A line with an id, a balance and
//! days past due is a loan unless its balance is a sum ([`super::totals`]).

use memchr::memchr_iter;

use super::header_map::HeaderMap;
use super::ids::has_digit;
use super::numbers::trimmed;
use super::records::{Record, is_like_a_number};
use crate::columns::{COLUMNS, LOAN_ID};

const TOTALS: &str = "\
    total totals subtotal sum summe gesamt gesamtsumme insgesamt totaal totale suma somme summa toplam jumlah celkem \
    razem итого всего कुल 合计";

/// Those of them that are also names.
const NAMES: &str = "sum suma summa somme";

/// Other words that begin a line below the loans. Ids may begin with them, too.
const NOTES: &str = "average count end generated printed note";

/// This many words in place of numbers mean that the line is shifted.
const WORDS_FOR_NUMBERS: usize = 2;

pub fn is_empty(record: &Record) -> bool {
    record.fault.is_none() && record.fields().all(|field| trimmed(field).is_empty())
}

/// Whether an incomplete record may be a line below the loans; it is one if no loan follows. With an id, it is a damaged loan.
pub fn may_be_below(record: &Record, map: &HeaderMap) -> bool {
    if record.fault.is_some() {
        return false;
    }
    let width = map.width;
    let filled: Vec<&[u8]> = record.fields().map(trimmed).filter(|field| !field.is_empty()).collect();
    let is_short = filled.len() * 2 <= width || filled.len() < 3;
    let is_label = |text: &[u8]| is_of_totals(text) && (!has_digit(text) || is_phrase(text));
    let id = field(record, map.fields[LOAN_ID].expect("a header has the required columns"));
    match filled.as_slice() {
        [] => false,
        [only] if is_label(only) || begins_as_note(only) && !is_like_an_id(only) => true,
        [only] if (record.len() != map.line_width || id.is_empty()) && is_sentence(only, width) => true,
        _ if !id.is_empty() => is_label(id) || is_short && begins_as_note(id) && !is_like_an_id(id),
        [first, ..] if is_label(first) => is_short || words(&String::from_utf8_lossy(first)).count() == 1,
        [first, ..] if begins_as_note(first) => is_short,
        // Sums under their columns, without a word beside them.
        _ => record.len() == map.line_width && filled.len() * 2 <= width,
    }
}

/// A trimmed field, empty if the line is too short.
pub fn field(record: &Record, place: usize) -> &[u8] {
    if place < record.len() { trimmed(record.field(place)) } else { b"" }
}

pub fn label(record: &Record) -> &[u8] {
    record.fields().map(trimmed).find(|field| !field.is_empty()).unwrap_or_default()
}

pub fn is_complete(record: &Record, map: &HeaderMap) -> bool {
    record.fault.is_none() && map.numbers().into_iter().all(|place| is_like_a_number(field(record, place)))
}

pub fn is_shifted(record: &Record, map: &HeaderMap) -> bool {
    let numbers = COLUMNS.iter().zip(map.fields).filter(|(column, _)| column.kind.is_number());
    let words = numbers.filter_map(|(_, field)| field).filter(|field| {
        let text = trimmed(record.field(*field));
        text.iter().any(u8::is_ascii_alphabetic) && !is_like_a_number(text)
    });
    words.count() >= WORDS_FOR_NUMBERS
}

pub fn is_text(record: &Record) -> bool {
    let filled = record.fields().filter(|field| !trimmed(field).is_empty()).count();
    filled == 1 || is_phrase(label(record)) || label(record).starts_with(b"<")
}

fn is_phrase(text: &[u8]) -> bool {
    let words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    words >= 3 || has_marks(text)
}

fn has_marks(text: &[u8]) -> bool {
    text.iter().any(|byte| matches!(byte, b':' | b'(' | b'*' | b'='))
}

fn is_like_an_id(text: &[u8]) -> bool {
    has_digit(text) && !is_phrase(text)
}

pub fn is_of_totals(text: &[u8]) -> bool {
    words(&String::from_utf8_lossy(text)).any(|word| is_among(TOTALS, word) || word.eq_ignore_ascii_case("sub-total"))
}

/// Whether an id can only be the label of a total: a word for one, without a name or number that makes it an id. A number in
/// brackets or after a colon does not: "Total (20 loans)".
pub fn is_certain_total(id: &[u8]) -> bool {
    let has_number = has_digit(id);
    if has_number && !has_marks(id) || !is_of_totals(id) {
        return false;
    }
    let text = String::from_utf8_lossy(id);
    let is_name = |word: &str| is_among(NAMES, word) || !is_of_totals(word.as_bytes());
    !has_number && words(&text).count() == 1 || !words(&text).all(is_name)
}

pub fn should_be_total(label: &[u8], id: &[u8], is_below: bool) -> bool {
    is_certain_total(id) || if is_below { !begins_as_note(label) } else { id.is_empty() && is_of_totals(label) }
}

fn begins_as_note(text: &[u8]) -> bool {
    words(&String::from_utf8_lossy(text)).next().is_some_and(|word| is_among(NOTES, word))
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_of_a_word(letter)).filter(|word| !word.is_empty())
}

fn is_among(list: &str, word: &str) -> bool {
    let is = |known: &str| word.eq_ignore_ascii_case(known) || !word.is_ascii() && word.to_lowercase() == known;
    list.split(' ').any(is)
}

/// Whether a letter is part of a word; in an id, so are the marks that join its parts.
fn is_of_a_word(letter: char) -> bool {
    // Vowel signs of Indic scripts are not letters by themselves.
    letter.is_alphanumeric() || matches!(letter, '_' | '-' | '/' | '\u{900}'..='\u{97f}')
}

/// At least three words, or a colon: not a loan id, but perhaps a loan of an appended export with another separator.
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
        for text in
            ["Total", "GRAND TOTAL:", "Portfolio total", "** Total **", "Итого", "कुल", "Total (20 loans)", "Sub-Total"]
        {
            assert!(is_of_totals(text.as_bytes()), "{text}");
        }
        for text in ["TOTAL-12", "Subash", "END_7", "Endeavour 5", "LN 0042", "7", "GRAND 12", "Note 7"] {
            assert!(!is_of_totals(text.as_bytes()), "{text}");
        }
        for id in ["Total", "Sum", "Sub total North", "Grand Total"] {
            assert!(is_certain_total(id.as_bytes()), "{id}");
        }
        for id in ["Total (20 loans)", "Grand total: 7"] {
            assert!(is_certain_total(id.as_bytes()), "{id}");
        }
        for id in ["Suma Devi", "SUM 0012", "Total 7", "Asha", "Suma (7)"] {
            assert!(!is_certain_total(id.as_bytes()), "{id}");
        }
        assert!(begins_as_note(b"Note 7") && !begins_as_note(b"END-7") && !begins_as_note(b"A note"));
    }
}
