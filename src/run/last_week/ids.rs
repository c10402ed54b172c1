//! How another program changed the ids: a spreadsheet changes numbers, an export changes texts.

use std::collections::{BTreeMap, HashMap};

use rusqlite::Connection;

use super::{Before, LOANS};
use crate::error::Result;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct IdChange {
    /// Loans that are found when it is undone.
    pub(super) loans: u64,
    pub(super) words: &'static str,
    pub(super) before: String,
    pub(super) now: String,
}

/// Removes one kind of difference between ids.
type Form = fn(&str) -> String;

/// The most harmless change first; of two that explain as much, the first is reported.
const FORMS: [(&str, Form); 6] = [
    ("the ids gained or lost \".0\"", whole),
    ("the ids gained or lost zeros", unpadded),
    ("the ids are in another case", str::to_lowercase),
    ("the ids gained or lost spaces or marks", bare),
    ("the ids gained or lost a prefix", without_prefix),
    ("the ids are written differently", |id| bare(&unpadded(&whole(id).to_lowercase()))),
];

/// The change that explains most of the missing live loans, and at least half of them.
pub(super) fn change(
    book: &Connection,
    range: (i64, i64),
    missing: &HashMap<String, Before>,
) -> Result<Option<IdChange>> {
    let mut statement = book.prepare(LOANS)?;
    let now = statement.query_map(range, |row| row.get::<_, String>("loan_id"))?;
    let now: Vec<String> = now.collect::<rusqlite::Result<_>>()?;
    let missing: Vec<&str> = missing.keys().map(String::as_str).collect();
    Ok(explain(&missing, &now))
}

fn explain(missing: &[&str], now: &[String]) -> Option<IdChange> {
    let mut best: Option<IdChange> = None;
    for (words, form) in FORMS {
        // The smallest of each, so that the example does not depend on the order of the lines.
        let mut forms: BTreeMap<String, &str> = BTreeMap::new();
        for id in now {
            let known = forms.entry(form(id)).or_insert(id);
            *known = id.as_str().min(known);
        }
        let found = missing.iter().filter_map(|id| {
            let now = *forms.get(&form(id))?;
            // The letters of a branch before the number are not a new or lost prefix.
            let has_both = words.ends_with("prefix") && has_prefix(id) && has_prefix(now);
            (!has_both && *id != now).then_some((*id, now))
        });
        let found: Vec<(&str, &str)> = found.collect();
        let loans = found.len() as u64;
        if let Some((before, now)) = found.into_iter().min()
            && best.as_ref().is_none_or(|best| best.loans < loans)
        {
            best = Some(IdChange { loans, words, before: before.to_owned(), now: now.to_owned() });
        }
    }
    best.filter(|change| change.loans * 2 >= missing.len() as u64)
}

/// `1000.0` and `1000,00` as `1000`.
fn whole(id: &str) -> String {
    let number = id.split_once(['.', ',']).filter(|(number, decimals)| {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number(number) && !decimals.is_empty() && decimals.bytes().all(|byte| byte == b'0')
    });
    number.map_or(id, |(number, _)| number).to_owned()
}

fn unpadded(id: &str) -> String {
    let mut kept = String::with_capacity(id.len());
    let mut letters = id.chars().peekable();
    while let Some(letter) = letters.next() {
        let is_in_number = kept.ends_with(|last: char| last.is_ascii_digit());
        let is_last = !letters.peek().is_some_and(char::is_ascii_digit);
        if letter != '0' || is_in_number || is_last {
            kept.push(letter);
        }
    }
    kept
}

fn bare(id: &str) -> String {
    id.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn without_prefix(id: &str) -> String {
    id.find(|letter: char| letter.is_ascii_digit()).map_or(id, |place| &id[place..]).to_owned()
}

fn has_prefix(id: &str) -> bool {
    !id.starts_with(|letter: char| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change_of(pairs: &[(&str, &str)]) -> Option<String> {
        let missing: Vec<&str> = pairs.iter().map(|(before, _)| *before).collect();
        let now: Vec<String> = pairs.iter().rev().map(|(_, now)| (*now).to_owned()).collect();
        explain(&missing, &now).map(|IdChange { loans, words, before, now }| format!("{loans} {words}: {before} {now}"))
    }

    #[test]
    fn what_programs_do_to_ids_is_reported_with_an_example() {
        for (pairs, words) in [
            ([("1001", "1001.0"), ("1000", "1000.0")], "2 the ids gained or lost \".0\": 1000 1000.0"),
            ([("0071", "71"), ("0100", "100")], "2 the ids gained or lost zeros: 0071 71"),
            ([("L-7", "L-007"), ("L-10", "L-010")], "2 the ids gained or lost zeros: L-10 L-010"),
            ([("ln1", "LN1"), ("ln2", "LN2")], "2 the ids are in another case: ln1 LN1"),
            ([("LN 1", "LN-1"), ("LN 2", "LN2")], "2 the ids gained or lost spaces or marks: LN 1 LN-1"),
            ([("LN1", "1"), ("LN2", "2")], "2 the ids gained or lost a prefix: LN1 1"),
            ([("ln-001", "LN1"), ("ln-002", "LN2")], "2 the ids are written differently: ln-001 LN1"),
        ] {
            assert_eq!(change_of(&pairs).as_deref(), Some(words));
        }
    }

    #[test]
    fn other_ids_are_other_loans() {
        assert_eq!(change_of(&[("1000", "2000"), ("1001", "2001")]), None);
        assert_eq!(change_of(&[("A001", "B001"), ("A002", "B002")]), None, "another branch's");
        assert_eq!(change_of(&[]), None);
    }

    #[test]
    fn a_number_of_nothing_but_zeros_keeps_one() {
        assert_eq!((unpadded("000"), unpadded("L0-010")), ("0".to_owned(), "L0-10".to_owned()));
        assert_eq!(
            (whole("1.5"), whole("1.0.0"), whole(".0")),
            ("1.5".to_owned(), "1.0.0".to_owned(), ".0".to_owned())
        );
    }
}
