//! The end of the file: an error message of the exporting program, or a missing line end.

use std::collections::BTreeMap;

use super::header_map::HeaderMap;
use super::numbers::trimmed;
use super::records::{Record, is_like_a_number};

/// A column with more different words is not a column of categories.
const MOST_WORDS: usize = 50;

/// Parts of error messages, in small letters.
const ERROR_PARTS: &str = "\
    sqlstate|traceback (most recent call last)|timeout expired|timed out|time-out|lost connection to\
    |connection reset|connection refused|connection was closed|connection closed|connection to the server\
    |server has gone away|deadlock|fatal error|fatal:|internal server error|bad gateway|service unavailable\
    |segmentation fault|out of memory|no space left on device|access denied|permission denied|nullpointerexception\
    |sqlexception|exception in thread|unhandled exception|stack trace|object reference not set|syntax error|<html\
    |</html|<!doctype|snapshot too old|closed the connection|connection lost|connexion perdue|verbindung abgebrochen\
    |verbindung verloren|query failed|export failed|aborted|session expired|pg_dump:|mysqldump:|truncated\
    |only the first ";

/// Beginnings of error messages, in small letters.
const ERROR_BEGINNINGS: &str = "\
    error:|error |error at line|fatal |exception:|exception |system.|java.|at java.|caused by:|warning: |notice: \
    |<br|<?xml|{\"error|#error|erreur|fehler|killed";

/// Whether a line that is not a loan is an error message.
pub fn is_error_message(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line)
        .trim_matches(|letter: char| letter == '"' || letter.is_whitespace())
        .to_lowercase();
    ERROR_PARTS.split('|').any(|part| text.contains(part))
        || ERROR_BEGINNINGS.split('|').any(|beginning| text.starts_with(beginning))
        || text.split(|letter: char| !letter.is_alphanumeric() && !matches!(letter, '-' | ':')).any(is_error_number)
        || text.starts_with("msg ") && text.contains("level ")
        || text.contains("error:") && text.contains("exception")
}

/// Whether a word is an error number of Oracle (`ora-01555`, `exp-00056:`) or DB2 (`sql0803n`).
fn is_error_number(word: &str) -> bool {
    let is_number = |rest: &str| rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let is_of = |word: &str, name: &str| word.strip_prefix(name).is_some_and(is_number);
    // A loan id may be `EXP-00056`, but has no colon.
    let (word, has_colon) = word.strip_suffix(':').map_or((word, false), |word| (word, true));
    ["ora-", "pls-", "sp2-", "tns-"].iter().any(|name| is_of(word, name))
        || has_colon && ["imp-", "exp-"].iter().any(|name| is_of(word, name))
        || word.strip_prefix("sql").and_then(|rest| rest.strip_suffix('n')).is_some_and(is_number)
}

/// Whether the last line is complete although it has no line end: it has all fields, and the last value cannot continue.
#[derive(Debug, Default)]
pub struct OpenEnd {
    /// The words of the last column, without the last line's.
    words: BTreeMap<Vec<u8>, u64>,
    is_whole: bool,
}

impl OpenEnd {
    pub fn look_at(&mut self, record: &Record, map: &HeaderMap) {
        if record.len() != map.line_width {
            return;
        }
        let field = record.field(map.width - 1);
        if !record.is_ended {
            self.is_whole = map.line_width > map.width || self.is_complete(field, record.raw());
        } else if let Some(count) = self.words.get_mut(field) {
            *count += 1;
        } else if self.words.len() <= MOST_WORDS {
            self.words.insert(field.to_vec(), 1);
        }
    }

    /// A number in quotation marks is complete with the second mark; a word if other lines have it and no longer one.
    fn is_complete(&self, field: &[u8], raw: &[u8]) -> bool {
        if raw.ends_with(b"\"") && is_like_a_number(field) && !field.contains(&b'"') {
            return true;
        }
        let is_word = !trimmed(field).is_empty() && !field.iter().any(u8::is_ascii_digit);
        let goes_on = |word: &Vec<u8>| word.len() > field.len() && word.starts_with(field);
        is_word && self.words.len() <= MOST_WORDS && self.words.contains_key(field) && !self.words.keys().any(goes_on)
    }

    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_messages_are_reported_from_notes_and_loans() {
        for line in [
            "ORA-01555: snapshot too old: rollback segment number 9 too small",
            "ERROR: canceling statement due to statement timeout",
            "ERROR 2013 (HY000): Lost connection to MySQL server during query",
            "Msg 1205, Level 13, State 51, Line 1",
            "Traceback (most recent call last):",
            "Timeout expired. The timeout period elapsed",
            "<html><body><h1>504 Gateway Time-out</h1>",
            "\"SQLSTATE[HY000]: General error\"",
            "java.sql.SQLException: Closed Connection",
            "    at java.base/java.lang.Thread.run(Thread.java:829)",
            "SQL0952N  Processing was cancelled",
            "EXP-00056: ORACLE error 1555 encountered",
            "Fatal error: Allowed memory size exhausted",
        ] {
            assert!(is_error_message(line.as_bytes()), "{line}");
        }
        for line in [
            "Total,300.50,",
            "Errors: 0",
            "100 rows selected.",
            "Generated by the loan system: all branches",
            "(20 rows affected)",
            "Printed 2026-01-05 without error",
            "LN_20,B_20,Exceptional Motors,1020.00",
            "Warnings 0",
            "Oracle report of 5 January",
            "EXP-00056,1020.00,,Closed",
        ] {
            assert!(!is_error_message(line.as_bytes()), "{line}");
        }
    }
}
