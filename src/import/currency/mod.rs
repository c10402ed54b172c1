//! Currency signs and codes beside amounts: which currencies each can mean, and whether one currency fits them all.
//!
//! "$" is the sign of twenty currencies and "Rs" of six, so a sign never says which currency it is; but two signs can
//! contradict each other, or the currency of the configuration.

/// Signs, and the codes of the currencies that are written so. Where one begins another, the longer comes first.
const SIGNS: [(&[&str], &str); 77] = [
    (&["US$"], "USD"),
    (&["CA$"], "CAD"),
    (&["AU$"], "AUD"),
    (&["NZ$"], "NZD"),
    (&["HK$"], "HKD"),
    (&["MX$"], "MXN"),
    (&["NT$"], "TWD"),
    (&["A$"], "AUD"),
    (&["C$"], "CAD NIO"),
    (&["S$"], "SGD"),
    (&["R$"], "BRL"),
    (&["J$"], "JMD"),
    (&["N$"], "NAD"),
    (&["RD$"], "DOP"),
    (&["TT$"], "TTD"),
    (
        &["$"],
        "USD CAD AUD NZD SGD HKD MXN ARS CLP COP UYU TWD BBD BMD BND BSD BZD CUP DOP FJD GYD JMD KYD LRD NAD NIO SBD SRD \
         TTD XCD ZWL",
    ),
    (&["€"], "EUR"),
    (&["£"], "GBP EGP LBP SYP SDG SSP FKP GIP SHP"),
    (&["CN¥"], "CNY"),
    (&["JP¥"], "JPY"),
    (&["¥"], "JPY CNY"),
    (&["₹"], "INR"),
    (&["₨", "Rs.", "Rs"], "INR PKR LKR NPR MUR SCR"),
    (&["Rp.", "Rp"], "IDR"),
    (&["RM"], "MYR"),
    (&["R"], "ZAR"),
    (&["GH₵", "₵"], "GHS"),
    (&["₦"], "NGN"),
    (&["₱"], "PHP CUP"),
    (&["₫"], "VND"),
    (&["₭"], "LAK"),
    (&["₮"], "MNT"),
    (&["₩"], "KRW"),
    (&["₽"], "RUB"),
    (&["₺"], "TRY"),
    (&["₴"], "UAH"),
    (&["₸"], "KZT"),
    (&["₼"], "AZN"),
    (&["₾"], "GEL"),
    (&["₪"], "ILS"),
    (&["฿"], "THB"),
    (&["₡"], "CRC"),
    (&["₲"], "PYG"),
    (&["៛"], "KHR"),
    (&["৳"], "BDT"),
    (&["NRs.", "NRs"], "NPR"),
    (&["KShs.", "KShs", "KSh.", "KSh"], "KES"),
    (&["TShs.", "TShs", "TSh.", "TSh"], "TZS"),
    (&["UShs.", "UShs", "USh.", "USh"], "UGX"),
    (&["F CFA", "FCFA", "CFA"], "XOF XAF"),
    (&["kr.", "kr"], "SEK NOK DKK ISK"),
    (&["zł"], "PLN"),
    (&["S/.", "S/"], "PEN"),
    (&["B/."], "PAB"),
    (&["Bs.", "Bs"], "BOB VES"),
    (&["Tk.", "Tk"], "BDT"),
    (&["रु"], "INR NPR"),
    (&["Nu."], "BTN"),
    (&["Kč"], "CZK"),
    (&["Ft"], "HUF"),
    (&["lei"], "RON MDL"),
    (&["TL"], "TRY"),
    (&["руб.", "руб"], "RUB BYN"),
    (&["Birr"], "ETB"),
    (&["Br"], "ETB BYN"),
    (&["Kz"], "AOA"),
    (&["đ"], "VND"),
    (&["MK"], "MWK"),
    (&["ZK"], "ZMW"),
    (&["Ks"], "MMK KES"),
    (&["GH¢", "GHC"], "GHS"),
    (&["Le"], "SLE"),
    (&["FRw"], "RWF"),
    (&["FBu"], "BIF"),
    (&["Shs.", "Shs", "Sh.", "Sh"], "KES TZS UGX SOS"),
    // After the amount, "5K" is 5,000; before it, either is a sign.
    (&["K"], "ZMW MMK PGK LAK MWK"),
    (&["N"], "NGN"),
];

/// Signs of [`SIGNS`] that are recognised only as a capital before an amount.
const CAPITALS: [&str; 2] = ["K", "N"];

/// Signs that are recognised only in a book of one of these currencies: elsewhere they are letters, or another sign.
const SIGNS_OF_BOOK: [(&[&str], &str); 6] = [
    (&["P"], "PHP BWP"),
    (&["Q"], "GTQ"),
    (&["L"], "HNL"),
    (&["Fr.", "Fr"], "CHF"),
    (&["DHs", "DH"], "MAD AED"),
    (&["L.E.", "LE"], "EGP"),
];

/// A code that is also a common word at the end of a header.
const WORD: &str = "ALL";

/// ISO 4217 codes of money that loans are made in.
const CODES: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
                     CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD \
                     HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL \
                     LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP \
                     PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
                     TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWL";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign<'text> {
    /// One of [`SIGNS`], and the codes that it can mean.
    Known(&'static str, &'static str),
    /// One of [`SIGNS_OF_BOOK`], of the book's currency.
    OfBook,
    Code(&'text [u8]),
}

fn flat(
    signs: &'static [(&'static [&'static str], &'static str)],
) -> impl Iterator<Item = (&'static str, &'static str)> {
    signs.iter().flat_map(|(signs, codes)| signs.iter().map(move |sign| (*sign, *codes)))
}

/// Takes a sign or a code off an end of an amount, without regard to case. `book` is the code in the configuration,
/// which may be in no list.
pub fn without_sign<'text>(amount: &'text [u8], book: &str) -> Option<(&'text [u8], Sign<'text>)> {
    let (start, end) = (amount.split_at_checked(3), amount.len().checked_sub(3).map(|place| amount.split_at(place)));
    // A code is not followed by another letter.
    if let Some((code, rest)) = start
        && is_code(code, book)
        && !rest.first().is_some_and(u8::is_ascii_alphabetic)
    {
        return Some((rest, Sign::Code(code)));
    }
    if let Some((rest, code)) = end
        && is_code(code, book)
        && !rest.last().is_some_and(u8::is_ascii_alphabetic)
    {
        return Some((rest, Sign::Code(code)));
    }
    // A sign of letters is a word: "R" is not the end of "kr".
    let is_letter = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphabetic);
    let at_start = |sign: &[u8]| {
        let (head, rest) = amount.split_at_checked(sign.len())?;
        (head.eq_ignore_ascii_case(sign) && !(is_letter(sign.last()) && is_letter(rest.first()))).then_some(rest)
    };
    let at_end = |sign: &[u8]| {
        let (rest, tail) = amount.split_at_checked(amount.len().checked_sub(sign.len())?)?;
        (tail.eq_ignore_ascii_case(sign) && !(is_letter(sign.first()) && is_letter(rest.last()))).then_some(rest)
    };
    let of_book = flat(&SIGNS_OF_BOOK).find_map(|(sign, codes)| {
        let is_of_book = codes.split_ascii_whitespace().any(|code| code.eq_ignore_ascii_case(book));
        match sign.len() {
            _ if !is_of_book => None,
            1 => without_capital(amount, sign),
            _ => at_start(sign.as_bytes()).or_else(|| at_end(sign.as_bytes())),
        }
    });
    if let Some(rest) = of_book {
        return Some((rest, Sign::OfBook));
    }
    let known = flat(&SIGNS).find_map(|(sign, codes)| {
        let rest = match CAPITALS.contains(&sign) {
            true => without_capital(amount, sign)?,
            false => at_start(sign.as_bytes()).or_else(|| at_end(sign.as_bytes()))?,
        };
        Some((rest, Sign::Known(sign, codes)))
    });
    known.or_else(|| {
        let rest = at_start(book.as_bytes()).or_else(|| at_end(book.as_bytes())).filter(|_| !book.is_empty())?;
        Some((rest, Sign::Code(&amount[..0])))
    })
}

fn without_capital<'text>(amount: &'text [u8], sign: &str) -> Option<&'text [u8]> {
    let rest = amount.strip_prefix(sign.as_bytes())?;
    rest.trim_ascii_start().first().is_some_and(u8::is_ascii_digit).then_some(rest)
}

/// Whether a text begins with a capital that is a sign of another currency: unless it must be an amount, it is a code, such
/// as N5.
pub fn is_code_with_capital(text: &[u8], book: &str) -> bool {
    let Some(b'K' | b'N') = text.first() else { return false };
    let is_other = |codes: &str| !codes.split_ascii_whitespace().any(|code| code.eq_ignore_ascii_case(book));
    flat(&SIGNS)
        .filter(|(sign, _)| CAPITALS.contains(sign))
        .any(|(sign, codes)| without_capital(text, sign).is_some() && is_other(codes))
}

/// The sign or code at the end of a header, and what is before it: `Balance (USD)`, `Loan_Amount_INR`, `Income [₹]`.
pub fn of_header(header: &str) -> Option<(&str, Sign<'_>)> {
    let in_brackets = [('(', ')'), ('[', ']')].into_iter().find_map(|(open, close)| {
        let (rest, inner) = header.trim_end().strip_suffix(close)?.rsplit_once(open)?;
        Some((rest, inner.trim().trim_start_matches("in ")))
    });
    let apart = || header.trim_end().rsplit_once([' ', '\u{a0}', '_', '-']);
    let joined = || {
        let (rest, code) = header.split_at_checked(header.len().checked_sub(3)?)?;
        let is_apart = rest.ends_with(char::is_lowercase) && code.bytes().all(|byte| byte.is_ascii_uppercase());
        is_apart.then_some((rest, code))
    };
    let (rest, text) = in_brackets.or_else(apart).or_else(joined)?;
    let is_sign = |(sign, _): &(&str, &str)| sign.eq_ignore_ascii_case(text) && !CAPITALS.contains(sign);
    let sign = match is_code(text.as_bytes(), "") {
        true => Some(Sign::Code(text.as_bytes())).filter(|_| !text.eq_ignore_ascii_case(WORD)),
        false => flat(&SIGNS).find(is_sign).map(|(sign, codes)| Sign::Known(sign, codes)),
    };
    Some((rest, sign?))
}

fn is_code(text: &[u8], book: &str) -> bool {
    !text.is_empty()
        && text.iter().all(u8::is_ascii_alphabetic)
        && (text.eq_ignore_ascii_case(book.as_bytes())
            || CODES.split_ascii_whitespace().any(|code| code.as_bytes().eq_ignore_ascii_case(text)))
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignFound {
    sign: String,
    codes: Vec<String>,
    line: u64,
}

#[derive(Debug, Clone, Default)]
pub struct SignsSeen(Vec<SignFound>);

/// Normalised headers of a column that gives the currency of each loan.
const HEADERS: [&str; 6] = ["currency", "currencycode", "ccy", "loancurrency", "curr", "currencyiso"];

pub fn is_header(normalised: &str) -> bool {
    HEADERS.contains(&normalised)
}

impl SignsSeen {
    /// Adds the currency that a separate field gives for this line's amounts, if it is a code.
    pub fn add_code(&mut self, text: &[u8], book: &str, line: u64) {
        if is_code(text, book) {
            self.add(Sign::Code(text), book, line);
        }
    }

    pub fn add(&mut self, sign: Sign, book: &str, line: u64) {
        let (sign, codes) = match sign {
            Sign::Known(sign, codes) => (sign, codes),
            Sign::OfBook | Sign::Code([]) => (book, book),
            Sign::Code(code) => {
                let code = std::str::from_utf8(code).unwrap_or_default();
                (code, code)
            }
        };
        if self.0.iter().any(|found| found.sign.eq_ignore_ascii_case(sign)) {
            return;
        }
        let codes = codes.split_ascii_whitespace().map(str::to_ascii_uppercase).collect();
        self.0.push(SignFound { sign: sign.to_owned(), codes, line });
    }
}

pub fn problem(columns: &[(String, SignsSeen)], book: &str) -> Option<String> {
    let all: Vec<(&str, &SignFound)> =
        columns.iter().flat_map(|(header, seen)| seen.0.iter().map(move |found| (header.as_str(), found))).collect();
    let ((first_header, first), rest) = all.split_first()?;
    let mut common = first.codes.clone();
    for (header, found) in rest {
        let shared: Vec<String> = common.iter().filter(|code| found.codes.contains(code)).cloned().collect();
        if shared.is_empty() {
            let is_apart = |other: &SignFound| !other.codes.iter().any(|code| found.codes.contains(code));
            let (other_header, other) = all.iter().find(|(_, other)| is_apart(other)).unwrap_or(&all[0]);
            return Some(format!(
                "{other_header} is in {:?} (the first is in line {}) and {header} in {:?} (line {}): a book has one \
                 currency. Convert them to one, or load each currency as a book of its own",
                other.sign, other.line, found.sign, found.line
            ));
        }
        common = shared;
    }
    if common.iter().any(|code| code.eq_ignore_ascii_case(book)) {
        return None;
    }
    let others = match common.len() {
        1 => String::new(),
        2..=4 => format!(" (or {})", common[1..].join(", ")),
        _ => format!(" (or {} or another currency with this sign)", common[1..4].join(", ")),
    };
    Some(format!(
        "{first_header}: line {} has the currency {:?}, and the book's is {book}. Set code = {:?}{others} \
         under [currency] in recoup.toml",
        first.line, first.sign, common[0]
    ))
}

#[cfg(test)]
mod tests;
