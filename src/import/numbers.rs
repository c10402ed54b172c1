//! Numbers as people and programs write them: `1,234.56`, `1.234,56`, `12,34,567.00`, `(123.45)`, `₹ 1 234,56`, `12.5%`.
//!
//! A text can mean two numbers, depending on the decimal mark, so it is read both ways, and the whole column decides
//! ([`super::conventions`]). Numbers become plain decimal text, without rounding.

use crate::config::DecimalMark;

use super::currency::{Sign, without_sign};

/// A text as a number: the signs around its digits, and the digits with their marks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number<'text> {
    is_negative: bool,
    pub has_percent: bool,
    pub signs: [Option<Sign<'text>>; 2],
    body: &'text [u8],
}

/// Separators of groups of digits, other than point and comma.
const SPACES: [&[u8]; 5] = [b" ", "\u{a0}".as_bytes(), "\u{202f}".as_bytes(), "\u{2009}".as_bytes(), b"'"];

/// The minus signs of the keyboard and of print.
const MINUSES: [&[u8]; 2] = [b"-", "\u{2212}".as_bytes()];

/// What a ledger puts after an amount, and whether it makes the amount a credit.
const LEDGER_SIDES: [(&[u8], bool); 4] = [(b"dr.", false), (b"dr", false), (b"cr.", true), (b"cr", true)];

/// What ends an amount in India.
const NOTHING_MORE: [&[u8]; 2] = [b"/-", b"/="];

impl<'text> Number<'text> {
    /// Removes signs, ledger sides, currency, percent and brackets, each at most once; nothing if no digits are left. `currency`
    /// is the book's code.
    pub fn of(text: &'text [u8], currency: &str) -> Option<Self> {
        let mut number = Self { is_negative: false, has_percent: false, signs: [None; 2], body: trimmed(text) };
        let mut is_signed = false;
        let mut is_ended = false;
        while !(number.body.first()?.is_ascii_digit() && number.body.last()?.is_ascii_digit()) {
            let body = number.body;
            let side = || LEDGER_SIDES.into_iter().find_map(|(side, is_ours)| Some((at_end(body, side)?, is_ours)));
            let end = || NOTHING_MORE.into_iter().find_map(|end| body.strip_suffix(end));
            if let Some(rest) = MINUSES.into_iter().find_map(|sign| without(body, sign)).filter(|_| !is_signed)
                && !body.ends_with(b"/-")
            {
                (number.body, number.is_negative, is_signed) = (rest, true, true);
            } else if let Some(rest) = body.strip_prefix(b"+").filter(|_| !is_signed) {
                (number.body, is_signed) = (rest, true);
            } else if let [b'(', inner @ .., b')'] = body
                && !is_signed
            {
                (number.body, number.is_negative, is_signed) = (inner, true, true);
            } else if let Some((rest, is_credit)) = side().filter(|_| !is_signed) {
                (number.body, number.is_negative, is_signed) = (rest, is_credit, true);
            } else if let Some(rest) = body.strip_suffix(b"%").filter(|_| !number.has_percent) {
                (number.body, number.has_percent) = (rest, true);
            } else if let Some(rest) = end().filter(|_| !is_ended) {
                (number.body, is_ended) = (rest, true);
            } else if let Some((rest, sign)) = without_sign(body, currency)
                && let place = usize::from(matches!(sign, Sign::Code(_)))
                && number.signs[place].is_none()
            {
                number.body = rest;
                number.signs[place] = Some(sign);
            } else if matches!(body, [b'.' | b',', b'0'..=b'9', ..] | [.., b'0'..=b'9', b'.' | b',']) {
                break;
            } else {
                return None;
            }
            number.body = trimmed(number.body);
        }
        Some(number)
    }

    /// Writes the number as plain decimal text (`-1234.56`); returns whether it can be read with this decimal mark. The other
    /// mark, or a space, may only separate groups of three digits or, with commas, of two before the last three, as in India.
    pub fn read(&self, mark: DecimalMark, plain: &mut Vec<u8>) -> bool {
        plain.clear();
        if self.is_negative {
            plain.push(b'-');
        }
        let (decimal, other) = match mark {
            DecimalMark::Point => (b'.', b','),
            DecimalMark::Comma => (b',', b'.'),
        };
        let mut marks = self.body.iter().enumerate().filter(|(_, byte)| **byte == decimal);
        let (whole, decimals) = match (marks.next(), marks.next()) {
            (None, _) => (self.body, &b""[..]),
            (Some((place, _)), None) => (&self.body[..place], &self.body[place + 1..]),
            _ => return false,
        };
        let is_decimal = decimals.iter().all(u8::is_ascii_digit) && !(whole.is_empty() && decimals.is_empty());
        if !is_decimal || !whole_digits(whole, other, plain) {
            return false;
        }
        if !decimals.is_empty() {
            plain.push(b'.');
            plain.extend_from_slice(decimals);
        }
        true
    }
}

/// Adds the digits of a whole number, grouped by this mark or one kind of space; returns whether it is one.
fn whole_digits(whole: &[u8], mark: u8, plain: &mut Vec<u8>) -> bool {
    let Some(first) = whole.iter().position(|byte| !byte.is_ascii_digit()) else {
        plain.extend_from_slice(whole);
        return true;
    };
    let parting = [mark];
    let Some(parting) = SPACES.into_iter().chain([&parting[..]]).find(|parting| whole[first..].starts_with(parting))
    else {
        return false;
    };
    // A group never begins with the zero of a number below one.
    if first == 0 || first > 3 || whole[0] == b'0' {
        return false;
    }
    let mut rest = whole;
    let mut lengths = [0_usize; 16];
    let mut groups = 0;
    loop {
        let end = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        if end == 0 || groups == lengths.len() {
            return false;
        }
        plain.extend_from_slice(&rest[..end]);
        lengths[groups] = end;
        groups += 1;
        if end == rest.len() {
            break;
        }
        match rest[end..].strip_prefix(parting) {
            Some(next) => rest = next,
            None => return false,
        }
    }
    let [_, middle @ .., last] = &lengths[..groups] else { return false };
    let in_threes = middle.iter().all(|length| *length == 3);
    let in_twos = parting == b"," && first <= 2 && middle.iter().all(|length| *length == 2);
    *last == 3 && (in_threes || in_twos)
}

/// The text without surrounding spaces of any kind.
pub fn trimmed(mut text: &[u8]) -> &[u8] {
    loop {
        text = text.trim_ascii();
        if text.first().is_none_or(u8::is_ascii) && text.last().is_none_or(u8::is_ascii) {
            return text;
        }
        let rest =
            SPACES[1..4].iter().find_map(|space| text.strip_prefix(*space).or_else(|| text.strip_suffix(*space)));
        match rest {
            Some(rest) => text = rest,
            None => return text,
        }
    }
}

fn at_end<'text>(text: &'text [u8], end: &[u8]) -> Option<&'text [u8]> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(end.len())?)?;
    tail.eq_ignore_ascii_case(end).then_some(rest)
}

fn without<'text>(text: &'text [u8], sign: &[u8]) -> Option<&'text [u8]> {
    text.strip_prefix(sign).or_else(|| text.strip_suffix(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plain text with a decimal point and with a decimal comma.
    fn both(text: &str) -> (Option<String>, Option<String>) {
        let read = |mark| {
            let mut plain = Vec::new();
            let is_read = Number::of(text.as_bytes(), "INR")?.read(mark, &mut plain);
            is_read.then(|| String::from_utf8(plain).unwrap())
        };
        (read(DecimalMark::Point), read(DecimalMark::Comma))
    }

    #[track_caller]
    fn reads(text: &str, point: &str, comma: &str) {
        let wanted = |plain: &str| (!plain.is_empty()).then(|| plain.to_owned());
        assert_eq!(both(text), (wanted(point), wanted(comma)), "{text:?}");
    }

    #[test]
    fn plain_numbers_mean_the_same_with_either_mark() {
        for text in ["0", "7", "1234567", "007"] {
            reads(text, text, text);
        }
        reads("-12", "-12", "-12");
        reads("+12", "12", "12");
    }

    #[test]
    fn marks_that_can_only_be_read_one_way_are_reported() {
        reads("1,234.56", "1234.56", "");
        reads("1.234,56", "", "1234.56");
        reads("12,34,567.00", "1234567.00", "");
        reads("1,234,567", "1234567", "");
        reads("1.234.567", "", "1234567");
        reads("1234.567", "1234.567", "");
        reads("0.125", "0.125", "");
        reads("0,125", "", "0.125");
        reads("12.5", "12.5", "");
        reads("12,5", "", "12.5");
        reads("12.", "12", "");
        reads(".5", ".5", "");
    }

    #[test]
    fn three_digits_after_the_only_mark_can_be_read_both_ways() {
        reads("1,234", "1234", "1.234");
        reads("1.234", "1.234", "1234");
        reads("(45,000)", "-45000", "-45.000");
    }

    #[test]
    fn spaces_and_apostrophes_part_groups() {
        reads("1 234,56", "", "1234.56");
        reads("1\u{a0}234\u{a0}567", "1234567", "1234567");
        reads("1\u{202f}234.5", "1234.5", "");
        reads("1'234'567.50", "1234567.50", "");
        reads("4 2", "", "");
        reads("1 234\u{a0}567", "", "");
    }

    #[test]
    fn signs_around_the_digits_are_removed_once() {
        for text in [
            "$5 USD",
            "US$5 USD",
            "USD $5",
            "INR ₹5",
            "Tk 5",
            "S/5",
            "K5",
            "₹ 5",
            "₹5",
            "$5",
            "5 €",
            "Rs. 5",
            "Rs 5",
            "INR 5",
            "5 INR",
            " \u{a0}5 ",
        ] {
            reads(text, "5", "5");
        }
        for text in ["(5)", "-5", "\u{2212}5", "5-", "-₹5", "₹-5", "(₹ 5)", "₹ (5)"] {
            reads(text, "-5", "-5");
        }
        for text in
            ["5K", "5K USD", "USD 5 USD", "$5 €", "--5", "-(5)", "$$5", "5%%", "(5", "5)", "₹", "-", "", "$€5", "()"]
        {
            reads(text, "", "");
        }
        assert!(Number::of("12.5 %".as_bytes(), "").unwrap().has_percent);
    }

    #[test]
    fn a_ledger_says_which_side_an_amount_is_on() {
        for text in ["1,234.50 Dr", "1,234.50DR", "1,234.50 Dr.", "Rs. 1,234.50 dr", "1,234.50/-", "₹1,234.50/-"] {
            reads(text, "1234.50", "");
        }
        for text in ["12.5 Cr", "12.5 CR.", "₹12.5 cr", "(12.5)"] {
            reads(text, "-12.5", "");
        }
        for text in ["-5 Cr", "(5) Dr", "5 Dr Cr", "Dr", "5/-/-", "5 D"] {
            reads(text, "", "");
        }
    }

    #[test]
    fn what_is_not_a_number_is_not_read() {
        for text in [
            "1,23", "1,2345", "12,34,56", "1,,234", ",234,567", "1.2.3", "1e5", "1E+15", "inf", "NaN", "0x10",
            "1,234,56",
        ] {
            let (point, comma) = both(text);
            let is_decimal_comma = text == "1,23" || text == "1,2345";
            assert_eq!((point.is_some(), comma.is_some()), (false, is_decimal_comma), "{text}");
        }
    }
}
