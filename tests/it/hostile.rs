//! Names and ids of a file are texts wherever they go, and go nowhere else.

use sha2::{Digest, Sha256};

use crate::workdir::{AS_OF, Workdir, rows, texts, value};

/// Some of the names have no digit, as no other id of the book.
const SETTINGS: &str = "[import]\naccept_ids_without_digits = true\n[report]\nfirst_loans = 100\n";

/// What a name might try. No commas or quotation marks, so that it needs no quoting in a CSV file.
fn hostile_names() -> Vec<String> {
    let names = [
        "<script>alert(1)</script>",
        "'><img src=x onerror=alert(1)>",
        "</style><style>*{display:none}</style>",
        "<iframe src=//evil.example>",
        "javascript:alert(1)",
        "=cmd|'/C calc'!A0",
        "+1+1",
        "-2+3",
        "@MAX(A1:A9)",
        "\u{ff1d}1+1",
        "\u{200d}=1+1",
        "../../etc/passwd",
        "/etc/passwd",
        "..\\..\\windows",
        "C:\\temp\\x",
        "'); drop table loan_snapshots; --",
        "1' or '1'='1",
        "{{ 7*7 }}",
        "${HOME}`id`$(id)",
        "\u{202e}gnp.exe",
        "\u{2066}x\u{2069}",
        "👩‍👩‍👧‍👦 नमस्ते",
        "%00%0a",
        "&lt;b&gt;&amp;",
    ];
    let mut names: Vec<String> = names.map(str::to_owned).to_vec();
    names.push("W".repeat(1_000));
    names
}

/// A book in which every third loan has a hostile name in each of its text columns, and the most to collect.
fn hostile_book(dir: &Workdir) -> Vec<String> {
    dir.ok(&["demo", "--loans", "150", "--out", "plain.csv"]);
    let plain = dir.read("plain.csv");
    let mut lines = plain.lines();
    let header: Vec<&str> = lines.next().expect("a header").split(',').collect();
    let names = hostile_names();
    let mut text = header.join(",") + ",Note\n";
    for (row, line) in lines.enumerate() {
        let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
        let name = names.get(row / 3).filter(|_| row % 3 == 0);
        for (column, field) in header.iter().zip(&mut fields) {
            match (*column, name) {
                ("Borrower_ID" | "Employment_Type" | "Loan_Type" | "Payment_History" | "Gender", Some(name)) => {
                    name.clone_into(field);
                }
                ("Collection_Method" | "Legal_Action_Taken", Some(name)) => name.clone_into(field),
                ("Loan_ID", Some(name)) => *field = name.chars().take(900).collect(),
                ("Outstanding_Loan_Amount", Some(_)) => *field = "9000000".to_owned(),
                ("Recovery_Status", Some(_)) => *field = "Outstanding".to_owned(),
                // So that they are to be worked.
                ("Days_Past_Due", Some(_)) => *field = "200".to_owned(),
                _ => {}
            }
        }
        text += &format!("{},{}\n", fields.join(","), name.map_or("", String::as_str));
    }
    dir.write("book.csv", text);
    names
}

#[test]
fn a_book_of_hostile_names_is_a_book_like_any_other() {
    let dir = Workdir::new();
    let names = hostile_book(&dir);
    dir.write("recoup.toml", SETTINGS);
    let before = dir.everything();
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 150);
    let kept =
        texts(&db, "select borrower_id from loans where loan_id = substr(borrower_id, 1, 900) order by file_line");
    // In an id, invisible letters are taken away.
    let is_unseen = |letter: char| matches!(letter, '\u{200d}' | '\u{202e}' | '\u{2066}' | '\u{2069}');
    let seen: Vec<String> = names.iter().map(|name| name.replace(is_unseen, "")).collect();
    assert_eq!(kept, seen, "every name is kept as it was written");
    assert!(rows(&db, "select reason from rejects").is_empty());

    let files = ["report.html", "scores.csv", "worklist.csv"].map(|name| format!("reports/{AS_OF}/{name}"));
    let mut wanted: Vec<String> = before.into_keys().collect();
    wanted.extend(files.map(|name| name.clone()));
    wanted.extend(["recoup.db", "reports", &format!("reports/{AS_OF}")].map(str::to_owned));
    wanted.sort_unstable();
    assert_eq!(dir.everything().into_keys().collect::<Vec<_>>(), wanted, "nothing is written anywhere else");
}

#[test]
fn a_hostile_name_is_a_text_in_the_report() {
    let dir = Workdir::new();
    hostile_book(&dir);
    dir.write("recoup.toml", SETTINGS);
    dir.run_ok("book.csv");
    let report = dir.report();
    assert!(report.contains("alert(1)") && report.contains("drop table"), "the names are in the report");
    let lower = report.to_lowercase();
    for tag in
        ["<script", "<img", "<iframe", "<object", "<embed", "<base", "<form", "<svg onload", " onerror=\"", "<b>&"]
    {
        assert!(!lower.contains(tag), "{tag}");
    }
    assert_eq!(lower.matches("<style").count(), 1);
    assert_eq!(lower.matches("</style").count(), 1);
    assert_eq!(lower.matches("<meta").count(), 6);
    // An attribute ends where it should: no tag holds a name that closed it.
    for tag in report.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        assert!(!tag.contains("onerror") && !tag.contains("alert("), "{tag}");
    }
}

#[test]
fn a_hostile_name_is_a_text_in_a_spreadsheet() {
    let dir = Workdir::new();
    hostile_book(&dir);
    dir.write("recoup.toml", SETTINGS);
    dir.run_ok("book.csv");
    let mut guarded = 0;
    for name in ["worklist.csv", "scores.csv"] {
        let text = dir.read(&format!("reports/{AS_OF}/{name}"));
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for record in reader.records().map(Result::unwrap) {
            for field in &record {
                let seen = field.trim_start_matches(['\u{200b}', ' ']);
                let is_formula = seen.starts_with(['=', '+', '-', '@', '＝']) && field.parse::<f64>().is_err();
                assert!(!is_formula, "{name}: {field}");
                guarded += usize::from(field.starts_with('\''));
            }
        }
    }
    // Six names are formulas and two begin with an apostrophe of their own, each as two ids in two files.
    assert_eq!(guarded, (6 + 2) * 2 * 2);
}

#[test]
fn the_report_allows_its_own_style_and_nothing_else() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    let report = dir.report();
    let policy = report.split("http-equiv=\"Content-Security-Policy\" content=\"").nth(1).expect("a policy");
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("script"), "{policy}");
    let style = report.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).expect("a style");
    let named = policy.split("'sha256-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a hash");
    assert_eq!(from_base64(named), Sha256::digest(style).to_vec());
    assert!(!report.contains(" style=\""), "the policy keeps an element's own style from being applied");
    let head = report.find("<style>").unwrap();
    assert!(report.find("Content-Security-Policy").unwrap() < head, "a policy holds for what comes after it");
}

fn from_base64(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut word, mut bits) = (Vec::new(), 0_u32, 0);
    for digit in text.trim_end_matches('=').chars() {
        word = word << 6 | digits.find(digit).expect("a digit") as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 255) as u8);
        }
    }
    bytes
}

/// Names that are in the books below and may be reported nowhere.
const NAMES: [&str; 4] = ["Zebediah", "Quartermaine", "Warblington", "Featherstone"];

#[test]
fn no_message_contains_a_value_of_the_file() {
    let dir = Workdir::new();
    let header = "Borrower_ID,Loan_ID,Age,Employment_Type,Outstanding_Loan_Amount,Days_Past_Due,Recovery_Status,Note\n";
    let good = "Zebediah,Quartermaine,40,Warblington,1000,5,Outstanding,Featherstone\n";
    let books = [
        ("good.csv", format!("{header}{good}")),
        ("twice.csv", format!("{header}{good}{good}")),
        ("amount.csv", format!("{header}Zebediah,Quartermaine,40,x,Warblington,5,Outstanding,Featherstone\n")),
        ("days.csv", format!("{header}Zebediah,Quartermaine,Warblington,x,7,Featherstone,Outstanding,\n")),
        ("status.csv", format!("{header}Zebediah,Quartermaine,Warblington,x,7,Featherstone,Quartermaine,\n")),
        ("ragged.csv", format!("{header}Zebediah,Quartermaine,Warblington,Featherstone\n")),
        ("quote.csv", format!("{header}\"Zebediah,Quartermaine,Warblington,Featherstone\n{good}")),
        ("control.csv", format!("{header}Zebediah\u{1},Quartermaine\u{2},1,Warblington,7,7,,Featherstone\u{3}\n")),
    ];
    let mut failed = 0;
    let mut reported = String::new();
    for (name, text) in &books {
        dir.write(name, text);
        for args in [&["check", name][..], &["check", name, "--format", "json"], &["run", name, "--as-of", AS_OF]] {
            let ended = dir.recoup(args);
            failed += usize::from(ended.code != 0);
            reported += &format!("{args:?}\n{}{}", ended.stdout, ended.stderr);
        }
    }
    dir.run_ok("good.csv");
    dir.ok(&["backup"]);
    dir.write("recoup-2026-03-31-run-1.db", "no copy");
    dir.db()
        .execute_batch("create trigger fault before insert on decisions begin select raise(abort, 'no room'); end")
        .unwrap();
    let commands = [
        &["run", "good.csv", "--as-of", AS_OF, "--force"][..],
        &["erase", "NOBODY-0001"],
        &["doctor"],
        &["doctor", "--format", "json"],
        &["backup", "--out", "absent/x.db"],
        &["report", "--run", "99"],
        &["report", "--out", "good.csv"],
    ];
    for args in commands {
        let ended = dir.recoup(args);
        assert_ne!(ended.code, 0, "{args:?}: {ended:?}");
        failed += 1;
        reported += &format!("{args:?}\n{}{}", ended.stdout, ended.stderr);
    }
    assert!(failed >= 20, "only {failed} commands failed");
    for name in NAMES {
        let line = reported.lines().find(|line| line.contains(name));
        assert!(line.is_none(), "{name} is reported: {line:?}");
    }
    let kept = texts(&dir.db(), "select coalesce(message, '') from runs").join("\n");
    assert!(kept.contains("refused") && NAMES.iter().all(|name| !kept.contains(name)), "{kept}");
}
