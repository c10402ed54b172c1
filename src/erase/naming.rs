//! Whether a text names a person by an id that is a word of its own: `B-10` is not found in `B-101`.
//!
//! An id with letters, or a number too long for an amount, is a name everywhere. A shorter number is one only in a column of
//! references, such as `Guarantor_ID`, or after a word that says so, as in "guarantor 7".

pub(super) const ERASED: &str = "(erased)";

/// People and agreements that have ids.
const WHOSE: &str = "\
    account applicant aval avalista borrower buerge bürge caution client cliente coapplicant coborrower contract \
    customer debtor deudor emprunteur fiador garant garante garantor guarantor kreditnehmer kunde loan loanee member \
    nominee obligor party prestatario referred referrer referee relative spouse surety witness";

/// Words that may accompany such an id.
const BESIDE: &str = "a by co code id ids is key linked name no nr num number of old parent ref reference related";

/// Whether an id is unmistakable in any value: letters and digits, or too many digits for an amount.
pub(super) fn is_unmistakable(id: &str) -> bool {
    let has_digit = id.chars().any(|letter| letter.is_ascii_digit());
    let length = id.chars().count();
    length >= 7 || (length >= 4 && has_digit && has_letter(id))
}

fn is_among(list: &str, word: &str) -> bool {
    list.split(' ').any(|known| known == word)
}

fn has_letter(id: &str) -> bool {
    id.chars().any(char::is_alphabetic)
}

fn is_word(id: &str) -> bool {
    is_unmistakable(id) || (has_letter(id) && id.chars().count() >= 2)
}

fn is_of_references(header: &str) -> bool {
    let words = words(header);
    words.iter().any(|word| is_among(WHOSE, word))
        && words.iter().all(|word| {
            let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
            is_number || is_among(WHOSE, word) || is_among(BESIDE, word)
        })
}

/// The words of a header, in small letters: `GuarantorId`, `guarantor_id` and `Guarantor ID` have the same.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut last = ' ';
    for letter in text.chars() {
        let is_new = !letter.is_alphanumeric()
            || (letter.is_uppercase() && last.is_lowercase())
            || (letter.is_numeric() != last.is_numeric());
        if is_new {
            words.push(String::new());
        }
        if letter.is_alphanumeric() {
            words.last_mut().expect("there is a first").extend(letter.to_lowercase());
        }
        last = letter;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The header of its column, if it is a value.
    pub(super) header: Option<&'a str>,
    /// What continues a word beside letters and digits: `_` and `-` do in an id, but separate words in a file name.
    pub(super) inner: &'a str,
}

impl Context<'_> {
    pub(super) const TEXT: Context<'static> = Context { header: None, inner: "_-" };
}

/// The text with every mention of this id replaced by [`ERASED`]; nothing if there is none.
pub(super) fn without(text: &str, id: &str, context: Context) -> Option<String> {
    let is_name = is_word(id) || context.header.is_some_and(is_of_references);
    let is_inner =
        |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || context.inner.contains(letter));
    let mut kept = String::new();
    let mut from = 0;
    for (place, _) in text.match_indices(id) {
        let end = place + id.len();
        let is_alone = !is_inner(text[..place].chars().next_back()) && !is_inner(text[end..].chars().next());
        if place >= from && is_alone && (is_name || (!is_decimal(&text[end..]) && is_announced(&text[..place]))) {
            kept.push_str(&text[from..place]);
            kept.push_str(ERASED);
            from = end;
        }
    }
    (from > 0).then(|| kept + &text[from..])
}

/// Whether a number continues after its point, other than with the zeros that a spreadsheet adds to an id.
fn is_decimal(rest: &str) -> bool {
    let mut letters = rest.chars();
    matches!(letters.next(), Some('.' | ',')) && letters.next().is_some_and(|letter| ('1'..='9').contains(&letter))
}

/// Whether the words before a number announce an id: "guarantor no. 7", "client: 7".
fn is_announced(before: &str) -> bool {
    let mut words = before.rsplit(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty());
    // Neither the end of a sentence nor another number may separate the number from its word.
    let gap = before.rsplit(char::is_alphabetic).next().unwrap_or_default();
    if gap.chars().any(|letter| letter.is_ascii_digit() || ";!?\n|".contains(letter)) {
        return false;
    }
    let said = words.by_ref().map(str::to_lowercase).find(|word| !is_among(BESIDE, word));
    said.is_some_and(|word| is_among(WHOSE, &word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(text: &str, id: &str) -> Option<String> {
        without(text, id, Context::TEXT)
    }

    #[test]
    fn an_id_is_taken_out_where_it_is_a_word_and_nowhere_else() {
        assert_eq!(reported("B-10, B-101; AB-10 (B-10)", "B-10").unwrap(), "(erased), B-101; AB-10 ((erased))");
        assert_eq!(reported("B-10", "B-10").unwrap(), "(erased)");
        assert_eq!(reported("B-101", "B-10"), None);
        assert_eq!(reported("é:B-10é", "B-10"), None);
        assert_eq!(reported("cousin of Li, Lis", "Li").unwrap(), "cousin of (erased), Lis");
    }

    #[test]
    fn a_short_number_is_a_name_only_after_a_word_that_says_so() {
        for text in ["guarantor 7", "Client no. 7 pays", "borrower: 7", "{\"words\":\"guarantor_id: 7\"}", "loan #7"] {
            assert_eq!(reported(text, "7").unwrap(), text.replace('7', ERASED), "{text}");
        }
        for text in
            ["7 days", "call client at 7", "paid 7 of 12", "guarantor; 7", "loan 3, 7 months", "client 7.5", "77"]
        {
            assert_eq!(reported(text, "7"), None, "{text}");
        }
    }

    #[test]
    fn a_short_number_is_a_name_in_a_column_of_references() {
        let value = |header| without("7", "7", Context { header: Some(header), ..Context::TEXT });
        for header in
            ["Guarantor", "guarantor_id", "GuarantorID2", "Co-Borrower No", "Linked Loan", "Referred by", "Fiador"]
        {
            assert!(value(header).is_some(), "{header}");
        }
        for header in ["Branch", "Branch_ID", "Customer_Rating", "Number_of_Loans", "Loan_Purpose", "Months"] {
            assert!(value(header).is_none(), "{header}");
        }
    }

    #[test]
    fn a_short_number_says_nothing_of_another_line() {
        for (id, is) in
            [("7", false), ("1500", false), ("20260331", true), ("BR_1", true), ("Male", false), ("", false)]
        {
            assert_eq!(is_unmistakable(id), is, "{id}");
        }
    }
}
