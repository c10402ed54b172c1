//! Money as whole minor units (cents, paise), exactly.
//!
//! Amounts are read from decimal text digit by digit, never through a float, so that sums are exact. Decimals beyond the minor
//! unit are rounded half away from zero, as in a ledger.

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Minor(pub i64);

/// The largest amount, in major units; a larger one is a mistake in the file.
pub const LARGEST_MAJOR_UNITS: i64 = 1_000_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    #[error("not a plain decimal number such as 1234.56")]
    NotDecimal,
    #[error("larger than {LARGEST_MAJOR_UNITS}")]
    TooLarge,
}

impl Minor {
    /// Reads plain decimal text (`-12`, `12.5`, `12.345`) as minor units with `decimals` (0 to 4) places.
    pub fn parse(text: &[u8], decimals: u32) -> Result<Self, NotMoney> {
        let (is_negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
            Some(point) => (&digits[..point], &digits[point + 1..]),
            None => (digits, &digits[digits.len()..]),
        };
        if (whole.is_empty() && fraction.is_empty()) || !whole.iter().chain(fraction).all(u8::is_ascii_digit) {
            return Err(NotMoney::NotDecimal);
        }
        let scale = 10_i64.pow(decimals);
        let mut minor: i64 = 0;
        let kept = (0..decimals as usize).map(|place| fraction.get(place).copied().unwrap_or(b'0'));
        for digit in whole.iter().copied().chain(kept) {
            minor = minor * 10 + i64::from(digit - b'0');
            if minor > LARGEST_MAJOR_UNITS * scale {
                return Err(NotMoney::TooLarge);
            }
        }
        if fraction.get(decimals as usize).is_some_and(|digit| *digit >= b'5') {
            minor += 1;
        }
        Ok(Self(if is_negative { -minor } else { minor }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn decimals_beyond_the_minor_unit_round_half_away_from_zero() {
        for (text, minor) in [
            ("1727997.257896650", 172_799_726),
            ("0.005", 1),
            ("-0.005", -1),
            ("0.0049999", 0),
            (".5", 50),
            ("7.", 700),
            ("+3", 300),
        ] {
            assert_eq!(Minor::parse(text.as_bytes(), 2), Ok(Minor(minor)), "{text}");
        }
        assert_eq!(Minor::parse(b"12.5", 0), Ok(Minor(13)));
        assert_eq!(Minor::parse(b"12.5", 3), Ok(Minor(12_500)));
    }

    #[test]
    fn anything_but_plain_decimals_is_refused() {
        for text in ["", "-", ".", "1e5", "1,234", "12 ", "NaN", "inf", "1.2.3", "--1", "₹5"] {
            assert_eq!(Minor::parse(text.as_bytes(), 2), Err(NotMoney::NotDecimal), "{text}");
        }
        assert_eq!(Minor::parse(b"1000000000000.01", 2), Err(NotMoney::TooLarge));
        assert_eq!(Minor::parse(&[b'9'; 400], 2), Err(NotMoney::TooLarge));
    }

    proptest! {
        #[test]
        fn every_amount_comes_back_exactly(minor in -LARGEST_MAJOR_UNITS * 100..LARGEST_MAJOR_UNITS * 100) {
            let sign = if minor < 0 { "-" } else { "" };
            let text = format!("{sign}{}.{:02}", minor.abs() / 100, minor.abs() % 100);
            prop_assert_eq!(Minor::parse(text.as_bytes(), 2), Ok(Minor(minor)));
        }
    }
}
