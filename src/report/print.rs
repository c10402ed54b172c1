//! What stands in the margins of every printed page: whose report of which day it is, and the page's number.
//!
//! Page margins take their text from the style sheet alone, so the lender's name becomes a part of it: every letter that
//! could mean something there is written as an escape.

use std::fmt::Write;

/// The rule for the margins.
pub fn margins(lender: &str, as_of: &str) -> String {
    let (lender, as_of) = (string(lender), string(as_of));
    format!("@page{{@top-left{{content:{lender}}}@top-right{{content:{as_of}}}}}\n")
}

/// A text as a CSS string.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() || letter == ' ' {
            quoted.push(letter);
        } else {
            // U+0000 has no escape.
            let code = if letter == '\0' { 0xfffd } else { u32::from(letter) };
            write!(quoted, "\\{code:x} ").expect("a string takes any text");
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_neither_end_the_string_nor_the_style() {
        let rule = margins("</style><script>\"}*\\\n", "31 January 2026");

        assert!(rule.contains(r#""\3c \2f style\3e \3c script\3e \22 \7d \2a \5c \a ""#), "{rule}");
        assert!(rule.contains("\"31 January 2026\""));
    }
}
