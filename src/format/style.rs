//! The lender's number style: the grouping of digits and the position of the currency sign, by the currency's code (Unicode
//! CLDR) or by a sample in the configuration. Shares and scores always have a decimal point, since the report is in English.

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    before: String,
    after: String,
    separator: String,
    is_indian: bool,
}

/// A space that does not break, beside a sign or a unit.
const SPACE: &str = "\u{a0}";

const SAMPLE: &str = "1234567";

/// Code, sign, whether the sign follows the number, group separator, Indian groups. A space separates a sign that ends in a
/// letter or a full stop from the number.
const CURRENCIES: [(&str, &str, bool, &str, bool); 42] = [
    ("INR", "₹", false, ",", true),
    ("NPR", "Rs.", false, ",", true),
    ("PKR", "Rs.", false, ",", true),
    ("LKR", "Rs.", false, ",", false),
    ("BDT", "৳", false, ",", true),
    ("USD", "$", false, ",", false),
    ("CAD", "CA$", false, ",", false),
    ("AUD", "A$", false, ",", false),
    ("NZD", "NZ$", false, ",", false),
    ("SGD", "S$", false, ",", false),
    ("HKD", "HK$", false, ",", false),
    ("MXN", "MX$", false, ",", false),
    ("GBP", "£", false, ",", false),
    ("JPY", "¥", false, ",", false),
    ("CNY", "CN¥", false, ",", false),
    ("KRW", "₩", false, ",", false),
    ("PHP", "₱", false, ",", false),
    ("NGN", "₦", false, ",", false),
    ("GHS", "GH₵", false, ",", false),
    ("KES", "KSh", false, ",", false),
    ("UGX", "USh", false, ",", false),
    ("TZS", "TSh", false, ",", false),
    ("ILS", "₪", false, ",", false),
    ("THB", "฿", false, ",", false),
    ("MYR", "RM", false, ",", false),
    ("PEN", "S/", false, ",", false),
    ("EUR", "€", true, ".", false),
    ("TRY", "₺", false, ".", false),
    ("BRL", "R$", false, ".", false),
    ("COP", "COL$", false, ".", false),
    ("CLP", "CLP$", false, ".", false),
    ("ARS", "AR$", false, ".", false),
    ("IDR", "Rp", false, ".", false),
    ("VND", "₫", true, ".", false),
    ("DKK", "kr.", true, ".", false),
    ("SEK", "kr", true, SPACE, false),
    ("NOK", "kr", true, SPACE, false),
    ("PLN", "zł", true, SPACE, false),
    ("CZK", "Kč", true, SPACE, false),
    ("UAH", "₴", true, SPACE, false),
    ("ZAR", "R", false, SPACE, false),
    ("CHF", "CHF", false, "’", false),
];

impl Style {
    /// By the code of the currency; an unknown code precedes the number.
    pub fn of_currency(code: &str) -> Self {
        let known = CURRENCIES.iter().find(|(known, ..)| *known == code);
        let (_, sign, is_after, separator, is_indian) = *known.unwrap_or(&(code, code, false, ",", false));
        let is_wordlike = sign.ends_with(|last: char| last.is_alphanumeric() || last == '.');
        let (before, after) = match (is_after, is_wordlike) {
            (true, _) => (String::new(), format!("{SPACE}{sign}")),
            (false, true) => (format!("{sign}{SPACE}"), String::new()),
            (false, false) => (sign.to_owned(), String::new()),
        };
        Self { before, after, separator: separator.to_owned(), is_indian }
    }

    /// By how 1234567 is written, such as `₹12,34,567` or `1.234.567 €`; `None` for any other text.
    pub fn of_sample(sample: &str) -> Option<Self> {
        let sample = sample.trim().replace(' ', SPACE);
        let first = sample.find(|letter: char| letter.is_ascii_digit())?;
        let last = sample.rfind(|letter: char| letter.is_ascii_digit())?;
        let number = &sample[first..=last];
        let separator: String = number.chars().find(|letter| !letter.is_ascii_digit()).map(String::from)?;
        let style = |is_indian| Self {
            before: sample[..first].to_owned(),
            after: sample[last + 1..].to_owned(),
            separator: separator.clone(),
            is_indian,
        };
        let is_harmless = sample.chars().all(|letter| super::plain(letter) == letter) && sample.chars().count() <= 24;
        [style(false), style(true)].into_iter().find(|style| is_harmless && style.group(SAMPLE) == number)
    }

    /// `1234567` as `1,234,567`, or as the lender groups it.
    pub fn count(&self, number: i64) -> String {
        let sign = if number < 0 { "-" } else { "" };
        format!("{sign}{}", self.group(&number.unsigned_abs().to_string()))
    }

    /// A count within a sentence: `none` for 0.
    pub fn count_or_none(&self, number: i64) -> String {
        if number == 0 { "none".to_owned() } else { self.count(number) }
    }

    /// A count with its noun, `1 loan` and `2 loans`.
    pub fn loans(&self, number: i64) -> String {
        format!("{} {}", self.count(number), if number == 1 { "loan" } else { "loans" })
    }

    pub fn amount(&self, value: f64) -> String {
        self.count(value.round() as i64)
    }

    pub fn amount_or_none(&self, value: Option<f64>) -> String {
        value.map_or_else(|| super::NONE.to_owned(), |value| self.amount(value))
    }

    pub fn money(&self, value: f64) -> String {
        self.signed(&self.amount(value))
    }

    /// The same, short enough for a chart or a headline.
    pub fn short_money(&self, value: f64) -> String {
        self.signed(&self.compact(value))
    }

    /// An amount short enough for an axis: `950`, `12.5 k`, `1.2 M`, `3.4 bn`, and in lakh and crore where groups are Indian.
    pub fn compact(&self, value: f64) -> String {
        let units: &[(f64, f64, &str)] = if self.is_indian {
            &[(9_995_000.0, 1e7, "Cr"), (99_950.0, 1e5, "L")]
        } else {
            &[(999_500_000.0, 1e9, "bn"), (999_500.0, 1e6, "M"), (9_999.5, 1e3, "k")]
        };
        let Some((_, size, unit)) = units.iter().find(|(from, ..)| value.abs() >= *from) else {
            return self.amount(value);
        };
        let scaled = value / size;
        if scaled.abs() >= 999.5 {
            return format!("{}{SPACE}{unit}", self.amount(scaled));
        }
        let places = usize::from(scaled.abs() < 99.95);
        let text = format!("{scaled:.places$}");
        let text = text.strip_suffix(".0").unwrap_or(&text);
        let text = if self.has_decimal_comma() { text.replace('.', ",") } else { text.to_owned() };
        format!("{text}{SPACE}{unit}")
    }

    /// If points or spaces separate groups, the decimal mark is a comma.
    fn has_decimal_comma(&self) -> bool {
        [".", SPACE, "\u{202f}"].contains(&self.separator.as_str())
    }

    fn signed(&self, number: &str) -> String {
        match number.strip_prefix('-') {
            Some(size) => format!("-{}{size}{}", self.before, self.after),
            None => format!("{}{number}{}", self.before, self.after),
        }
    }

    fn group(&self, digits: &str) -> String {
        let mut grouped = String::with_capacity(2 * digits.len());
        for (position, digit) in digits.chars().enumerate() {
            let right = digits.len() - position;
            let is_bound =
                if self.is_indian { right == 3 || (right > 3 && right % 2 == 1) } else { right.is_multiple_of(3) };
            if position > 0 && is_bound {
                grouped.push_str(&self.separator);
            }
            grouped.push(digit);
        }
        grouped
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn currencies_read_as_their_people_write_them() {
        for (code, money, short) in [
            ("INR", "₹12,34,567", "₹12.3\u{a0}L"),
            ("USD", "$1,234,567", "$1.2\u{a0}M"),
            ("EUR", "1.234.567\u{a0}€", "1,2\u{a0}M\u{a0}€"),
            ("SEK", "1\u{a0}234\u{a0}567\u{a0}kr", "1,2\u{a0}M\u{a0}kr"),
            ("CHF", "CHF\u{a0}1’234’567", "CHF\u{a0}1.2\u{a0}M"),
            ("KES", "KSh\u{a0}1,234,567", "KSh\u{a0}1.2\u{a0}M"),
            ("XAF", "XAF\u{a0}1,234,567", "XAF\u{a0}1.2\u{a0}M"),
        ] {
            let style = Style::of_currency(code);
            assert_eq!((style.money(1_234_567.4).as_str(), style.short_money(1_234_567.4).as_str()), (money, short));
            assert_eq!(Style::of_sample(money), Some(style), "{money}");
        }
        assert_eq!(Style::of_currency("INR").money(-1_234.0), "-₹1,234");
    }

    #[test]
    fn a_sample_that_is_not_1234567_in_groups_is_none() {
        for sample in [
            "",
            "€",
            "1234567",
            "$1,234,56",
            "1,234,568",
            "₹1,23,4,567",
            "$12345,67",
            "$1,234.567",
            "\n1,234,567 \u{7}",
            "\u{202e}1,234,567",
        ] {
            assert_eq!(Style::of_sample(sample), None, "{sample:?}");
        }
        assert!(Style::of_sample(" 1 234 567 FCFA ").is_some());
    }

    #[test]
    fn short_amounts_keep_two_or_three_figures() {
        let plain = Style::of_currency("USD");
        for (value, text) in [
            (0.0, "0"),
            (950.0, "950"),
            (9_999.0, "9,999"),
            (12_500.0, "12.5\u{a0}k"),
            (999_499.0, "999\u{a0}k"),
            (999_500.0, "1\u{a0}M"),
            (123_456_789.0, "123\u{a0}M"),
            (3_400_000_000.0, "3.4\u{a0}bn"),
            (5e12, "5,000\u{a0}bn"),
            (-20_000.0, "-20\u{a0}k"),
        ] {
            assert_eq!(plain.compact(value), text);
        }
        let indian = Style::of_currency("INR");
        for (value, text) in [
            (99_949.0, "99,949"),
            (99_950.0, "1\u{a0}L"),
            (9_994_999.0, "99.9\u{a0}L"),
            (9_995_000.0, "1\u{a0}Cr"),
            (1_524_998_981.0, "152\u{a0}Cr"),
            (5e12, "5,00,000\u{a0}Cr"),
        ] {
            assert_eq!(indian.compact(value), text);
        }
    }

    proptest! {
        #[test]
        fn without_its_groups_every_number_is_itself(number: i64, place in 0..CURRENCIES.len()) {
            let style = Style::of_currency(CURRENCIES[place].0);
            let text = style.count(number);
            prop_assert_eq!(text.replace(&style.separator, ""), number.to_string());
        }
    }
}
