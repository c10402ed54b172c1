//! The style sheet of a report, and the Content-Security-Policy that allows it by its hash and nothing else: should a text of
//! the book come into the page as a tag, a browser would still neither run nor fetch nor style by it.

use std::fmt::Write;

use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256};

/// The sheet with the lender and the day in the margins of every printed page. These take their text from the sheet alone, so
/// every letter that could have a meaning there is escaped.
pub fn style_sheet(lender: &str, as_of: &str) -> String {
    let (sheet, lender, as_of) = (include_str!("../../templates/style.css"), css_string(lender), css_string(as_of));
    format!("{sheet}@page{{@top-left{{content:{lender}}}@top-right{{content:{as_of}}}}}\n")
}

fn css_string(text: &str) -> String {
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

/// The policy of a page with this style sheet between its tags.
pub fn content_security_policy(style_sheet: &str) -> String {
    let hash = BASE64_STANDARD.encode(Sha256::digest(style_sheet));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_neither_end_the_string_nor_the_style() {
        let rule = style_sheet("</style><script>\"}*\\\n", "31 January 2026");

        assert!(rule.contains(r#""\3c \2f style\3e \3c script\3e \22 \7d \2a \5c \a ""#), "{rule}");
        assert!(rule.contains("\"31 January 2026\""));
    }
}
