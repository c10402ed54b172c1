use super::*;

fn seen(signs: &[&str], book: &str) -> SignsSeen {
    let mut seen = SignsSeen::default();
    for (place, text) in signs.iter().enumerate() {
        let (_, sign) = without_sign(text.as_bytes(), book).expect("an amount with a sign");
        seen.add(sign, book, place as u64 + 2);
    }
    seen
}

fn reported(columns: &[(&str, &[&str])], book: &str) -> Option<String> {
    let columns: Vec<(String, SignsSeen)> =
        columns.iter().map(|(header, signs)| ((*header).to_owned(), seen(signs, book))).collect();
    problem(&columns, book)
}

#[test]
fn signs_that_fit_the_book_are_fine() {
    for (sign, book) in [
        ("$5", "USD"),
        ("$5", "MXN"),
        ("5$", "SGD"),
        ("Rs. 5", "NPR"),
        ("rs5", "INR"),
        ("5 kr", "SEK"),
        ("£5", "EGP"),
        ("¥5", "CNY"),
        ("USD 5", "USD"),
        ("5 usd", "USD"),
        ("R 5", "ZAR"),
        ("LOY5", "LOY"),
        ("P 5", "PHP"),
        ("P5", "BWP"),
        ("Q5", "GTQ"),
        ("L 5", "HNL"),
        ("Fr. 5", "CHF"),
        ("5 F CFA", "XOF"),
        ("Birr 5", "ETB"),
        ("NRs. 5", "NPR"),
        ("5 DH", "MAD"),
        ("5 Kz", "AOA"),
        ("5 đ", "VND"),
        ("LE 5", "EGP"),
        ("UShs 5", "UGX"),
    ] {
        assert_eq!(reported(&[("Amount", &[sign])], book), None, "{sign} {book}");
    }
    assert_eq!(reported(&[("Amount", &["₹5", "Rs 5", "INR 5"]), ("EMI", &["₨5"])], "INR"), None);
    assert_eq!(reported(&[("Amount", &[])], "INR"), None);
}

#[test]
fn a_sign_of_another_currency_names_the_line_to_set() {
    let text = reported(&[("Balance", &["$5"])], "INR").unwrap();
    for part in [
        "Balance",
        "line 2",
        "\"$\"",
        "INR",
        "code = \"USD\"",
        "[currency]",
        "CAD",
        "or another currency with this sign",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(reported(&[("Balance", &["900 USD"])], "INR").unwrap().contains("code = \"USD\" under"));
    // Two signs leave fewer currencies than one.
    assert!(reported(&[("Balance", &["$5"]), ("EMI", &["CAD 5"])], "INR").unwrap().contains("code = \"CAD\" under"));
}

#[test]
fn two_currencies_are_reported_with_both_columns() {
    let text = reported(&[("Balance", &["$5"]), ("Collateral", &["€5"])], "USD").unwrap();
    for part in ["Balance", "Collateral", "\"$\"", "\"€\"", "one currency"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(reported(&[("Balance", &["USD 5", "EUR 5"])], "USD").unwrap().contains("(line 3)"));
}

#[test]
fn a_capital_is_a_sign_before_an_amount_only() {
    for (sign, book) in [
        ("K5", "ZMW"),
        ("K 1,500.00", "MMK"),
        ("N5", "NGN"),
        ("Tk 5", "BDT"),
        ("5 tk.", "BDT"),
        ("S/5", "PEN"),
        ("S/.5", "PEN"),
    ] {
        assert_eq!(reported(&[("Amount", &[sign])], book), None, "{sign} {book}");
    }
    for text in ["5K", "k5", "n5", "KX5", "N"] {
        assert_eq!(without_sign(text.as_bytes(), "ZMW"), None, "{text}");
    }
    for (text, book) in [("P5", "INR"), ("Q5", "HNL"), ("5L", "HNL"), ("p5", "PHP"), ("DH 5", "EGP")] {
        assert_eq!(without_sign(text.as_bytes(), book), None, "{text} {book}");
    }
    assert!(is_code_with_capital(b"N5", "INR") && !is_code_with_capital(b"N5", "NGN"));
    assert!(!is_code_with_capital(b"None", "INR") && !is_code_with_capital(b"5", "INR"));
}

#[test]
fn a_header_may_end_with_a_currency() {
    let of = |header: &'static str| of_header(header).map(|(rest, _)| rest.trim());
    for header in
        ["Balance (USD)", "Balance_usd", "Balance [₹]", "BalanceUSD", "Balance (Rs.)", "Balance ₹", "Balance (in INR)"]
    {
        assert_eq!(of(header).map(|rest| rest.trim_end_matches('_')), Some("Balance"), "{header}");
    }
    for header in
        ["Balance", "Loan_Amount", "Amount all", "Balance (%)", "Balance (K)", "Balance (days)", "", "USD", "()"]
    {
        assert_eq!(of(header), None, "{header}");
    }
}

#[test]
fn three_letters_that_are_not_a_code_are_not_a_sign() {
    assert_eq!(without_sign(b"ABC 5", "INR"), None);
    assert_eq!(without_sign(b"USDX5", "INR"), None);
    assert_eq!(without_sign(b"5", "INR"), None);
}
