//! Lines of the file that are no loans: titles above the header, totals and notes below the loans, lines without a value.
//!
//! They are kept as they stand. A line is only taken to be below the loans when it says so itself, by a word such as "Total"
//! where the loan id would be, by values without an id, or by being a sentence; a damaged loan does none of these.

use memchr::memchr_iter;

use super::numbers::trimmed;
use super::records::Record;

/// Words with which a line of totals or notes begins.
const WORDS_BELOW: [&str; 17] = [
    "total",
    "totals",
    "grand",
    "sub",
    "subtotal",
    "sum",
    "summe",
    "gesamt",
    "totaal",
    "totale",
    "suma",
    "average",
    "count",
    "end",
    "generated",
    "printed",
    "note",
];

/// Whether no field of the record holds anything.
pub fn is_empty(record: &Record) -> bool {
    record.fault.is_none() && record.fields().all(|field| trimmed(field).is_empty())
}

/// Whether the record may be a line below the loans; it is one when no loan follows.
pub fn may_be_below(record: &Record, loan_id: usize, width: usize) -> bool {
    if record.fault.is_some() {
        return false;
    }
    let id = if loan_id < record.len() { trimmed(record.field(loan_id)) } else { b"" };
    if !id.is_empty() && record.len() == width {
        return begins_as_below(id);
    }
    let filled: Vec<&[u8]> = record.fields().map(trimmed).filter(|field| !field.is_empty()).collect();
    match filled.as_slice() {
        [] => false,
        [first, ..] if begins_as_below(first) => true,
        [only] if (record.len() != width || id.is_empty()) && is_sentence(only, width) => true,
        // Sums under their columns, without a word beside them.
        _ => record.len() == width && id.is_empty() && filled.len() * 2 <= width,
    }
}

/// Whether a text begins with one of the words, whole.
pub fn begins_as_below(text: &[u8]) -> bool {
    let ornament = text.iter().take_while(|byte| matches!(byte, b'*' | b'-' | b'=' | b' ')).count();
    let text = &text[ornament..];
    let end = text.iter().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(text.len());
    let is_whole = text.get(end).is_none_or(|next| !next.is_ascii_digit() && !matches!(next, b'_' | b'-' | b'/'));
    is_whole && WORDS_BELOW.iter().any(|word| text[..end].eq_ignore_ascii_case(word.as_bytes()))
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
