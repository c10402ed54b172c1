//! The header: separators after its last name, a second header between the loans, and help if a required column is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::header_map::HeaderMap;
use super::numbers::trimmed;
use super::records::{Record, Records, is_like_a_number};
use super::skip;
use super::synonyms;
use crate::columns::COLUMNS;
use crate::config::{Config, letters_of};

/// How many lines below the header are checked for trailing separators.
const LINES_LOOKED_AT: usize = 100;

/// How many headers are listed, and how many letters of each.
const LISTED_HEADERS: usize = 60;
const LISTED_LETTERS: usize = 60;

pub fn compared(field: &[u8]) -> String {
    letters_of(&String::from_utf8_lossy(field))
}

pub fn names(fields: &[String]) -> usize {
    fields.iter().filter(|field| !field.is_empty() && !is_like_a_number(field.as_bytes())).count()
}

/// Ignores empty fields after the last name if most lines end with them.
pub fn mended(map: &mut HeaderMap, headers: &mut Vec<String>, records: &mut Records) {
    let named = headers.len() - headers.iter().rev().take_while(|header| header.is_empty()).count();
    let (mut lines, mut record) = (0, Record::default());
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    // The survey reports an unreadable line.
    while lines < LINES_LOOKED_AT && records.next(&mut record).is_ok_and(|is_there| is_there) {
        if skip::is_empty(&record) {
            continue;
        }
        lines += 1;
        if record.len() >= named && record.fields().skip(named).all(|field| trimmed(field).is_empty()) {
            *widths.entry(record.len()).or_default() += 1;
        }
    }
    let most = widths.into_iter().max_by_key(|(_, count)| *count);
    if let Some((line_width, _)) = most.filter(|(_, count)| count * 2 > lines) {
        headers.truncate(named);
        map.extras.retain(|(field, _)| *field < named);
        (map.width, map.line_width) = (named, line_width);
    }
}

pub fn help(headers: &[String], config: &Config) -> Vec<String> {
    let is_number =
        |header: &String| header.bytes().any(|byte| byte.is_ascii_digit()) && !header.contains(char::is_alphabetic);
    // A line with numbers is a loan, whose values must not be shown.
    if headers.iter().any(is_number) || names(headers) < 2 {
        return vec!["no line names the columns: add a header line above the loans".to_owned()];
    }
    let cut = |header: &String| header.chars().take(LISTED_LETTERS).collect::<String>();
    let listed: Vec<String> =
        headers.iter().filter(|header| !header.is_empty()).take(LISTED_HEADERS).map(cut).collect();
    let mut help = vec![format!("the file has these headers: {}", listed.join(", "))];
    let proposals = synonyms::proposals(headers, &config.columns);
    if !proposals.is_empty() {
        let lines: Vec<String> =
            proposals.iter().map(|(name, header)| format!("\n      {name} = {:?}", cut(header))).collect();
        help.push(format!(
            "these may be the right columns; check what each contains, then paste the correct lines into recoup.toml:\n      \
             [columns]{}",
            lines.concat()
        ));
    }
    help
}

/// A line below the header that is a header itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// With the same names in the same order.
    Same,
    /// The lines below it would be misread.
    Other,
}

/// The names by which a second header is recognised.
#[derive(Debug)]
pub struct HeaderNames {
    header: Vec<String>,
    /// Those, the standard ones and the lender's.
    all: BTreeSet<String>,
}

impl HeaderNames {
    pub fn new(mut header: Vec<String>, own: &BTreeMap<String, String>) -> Self {
        without_empty_end(&mut header);
        let standard = COLUMNS.iter().map(|column| letters_of(column.name));
        let all = header.iter().cloned().chain(standard).chain(own.values().map(|name| letters_of(name)));
        Self { all: all.filter(|name| !name.is_empty()).collect(), header }
    }

    /// Whether an incomplete record is a header: it has known names, or different words in all columns.
    pub fn look_at(&self, record: &Record) -> Option<Again> {
        let mut fields: Vec<String> = record.fields().map(compared).collect();
        without_empty_end(&mut fields);
        if fields == self.header {
            return Some(Again::Same);
        }
        let filled: Vec<&String> = fields.iter().filter(|field| !field.is_empty()).collect();
        let known = filled.iter().filter(|field| self.all.contains(**field)).count();
        let is_of_names = known >= 2 && known * 2 >= filled.len();
        let different: BTreeSet<&&String> = filled.iter().collect();
        let is_of_words = filled.len() >= 3
            && filled.len() == self.header.len()
            && different.len() == filled.len()
            && filled.iter().all(|field| !field.contains(char::is_numeric));
        (is_of_names || is_of_words).then_some(Again::Other)
    }
}

fn without_empty_end(fields: &mut Vec<String>) {
    let filled = fields.iter().rposition(|field| !field.is_empty()).map_or(0, |last| last + 1);
    fields.truncate(filled);
}
