//! What the message says: the same in both alternatives, nothing that a mail program drops, and no id in full.

use mailparse::{MailHeaderMap, ParsedMail};

use super::{Workdir, config, parsed};
use crate::workdir::{AS_OF, Rows, texts, value, with_column};

/// A message as its reader sees it.
pub struct Message {
    pub subject: String,
    pub text: String,
    pub html: String,
    /// By name.
    pub attachments: Vec<(String, Vec<u8>)>,
}

impl Message {
    pub fn of(data: &[u8]) -> Self {
        let message = parsed(data);
        let [words, attached @ ..] = message.subparts.as_slice() else { panic!("parts") };
        assert_eq!(
            (message.ctype.mimetype.as_str(), words.ctype.mimetype.as_str()),
            ("multipart/mixed", "multipart/alternative")
        );
        let kinds: Vec<_> = words.subparts.iter().map(|part| part.ctype.mimetype.as_str()).collect();
        assert_eq!(kinds, ["text/plain", "text/html"], "the best alternative comes last");
        let name = |part: &ParsedMail| part.get_content_disposition().params["filename"].clone();
        Self {
            subject: message.headers.get_first_value("Subject").expect("a subject"),
            text: words.subparts[0].get_body().expect("a text").replace("\r\n", "\n"),
            html: words.subparts[1].get_body().expect("a text"),
            attachments: attached.iter().map(|part| (name(part), part.get_body_raw().expect("bytes"))).collect(),
        }
    }

    fn attached(&self, name: &str) -> String {
        let found = self.attachments.iter().find(|(attached, _)| attached == name);
        String::from_utf8(found.unwrap_or_else(|| panic!("no {name}")).1.clone()).expect("UTF-8")
    }
}

/// The message about the latest run, written to a file.
fn written(dir: &Workdir) -> Message {
    dir.ok(&["mail", "--to-file", "x.eml"]);
    Message::of(dir.read("x.eml").as_bytes())
}

fn with_config(loans: usize, mail: &str) -> Workdir {
    let dir = Workdir::with_book(loans);
    dir.write("recoup.toml", config(25, mail, ""));
    dir.run_ok("book.csv");
    dir
}

/// The words of a page, in single spaces.
fn words(html: &str) -> String {
    let mut text = String::new();
    for (number, part) in html.split('<').enumerate() {
        text.push(' ');
        text += if number == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) };
    }
    let text = text.replace("&nbsp;", " ").replace("&#38;", "&").replace("&#39;", "'").replace("&#60;", "<");
    text.replace("&#62;", ">").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn both_alternatives_carry_the_headline_the_figures_the_alerts_and_the_accounts() {
    let dir = with_config(800, "mask = false");
    let message = written(&dir);
    let db = dir.db();
    let (text, html) = (words(&message.text), words(&message.html));
    let mut wanted = vec![
        "On 31 March 2026 the book held 800 loans. ".trim_end().to_owned(),
        "All 800 lines of the file were loaded".to_owned(),
        "Waiting for a named approver to sign the proposed action.".to_owned(),
        "Have the approver decide and sign".to_owned(),
    ];
    wanted.extend(
        ["Outstanding", "Balance at risk", "PAR30", "PAR90", "High Risk loans", "Closed and written off"]
            .map(str::to_owned),
    );
    wanted.extend(texts(&db, "select loan_id from worklist where priority <= 15"));
    wanted.extend(texts(&db, "select borrower_id from worklist where priority <= 15"));
    wanted.extend(texts(&db, "select strategy from worklist where priority <= 15"));
    for reason in texts(&db, "select reasons from worklist where priority <= 15") {
        wanted.push(reason.chars().skip(1).collect());
    }
    for words in &wanted {
        assert!(text.contains(words), "{words} in the text");
        assert!(html.contains(words), "{words} in the page");
    }
    assert!(!text.contains(&texts(&db, "select loan_id from worklist where priority = 16")[0]));
    assert!(message.subject.starts_with("Loan book: ₹") && message.subject.ends_with("(31 March 2026)"));
}

#[test]
fn ids_are_masked_everywhere_but_on_the_disk_unless_it_is_said_otherwise() {
    let dir = with_config(300, "");
    let message = written(&dir);
    let ids = texts(
        &dir.db(),
        "select loan_id from worklist where priority <= 25 union all select borrower_id from worklist where priority <= 25",
    );
    let report = message.attached("report.html");
    assert_eq!(message.attachments.len(), 1);
    let is_in = |text: &str, id: &str| {
        text.match_indices(id).any(|(at, _)| !text[at + id.len()..].starts_with(|next: char| next.is_ascii_digit()))
    };
    for id in &ids {
        assert!(is_in(&dir.report(), id), "{id} is in the report on the disk");
        for (name, text) in [("text", &message.text), ("page", &message.html), ("report", &report)] {
            assert!(!is_in(text, id), "{id} in the {name}");
        }
    }
    assert!(message.text.contains("•••") && report.contains("•••"));
    // Said otherwise.
    let dir = with_config(300, "mask = false\nattach_worklist = true");
    let message = written(&dir);
    assert_eq!(message.attached("report.html"), dir.report(), "the very report");
    assert_eq!(message.attached("worklist.csv"), dir.read(&format!("reports/{AS_OF}/worklist.csv")));
    // On the disk, too.
    dir.write("recoup.toml", "[report]\nmask = true");
    dir.ok(&["report"]);
    assert!(ids.iter().all(|id| !is_in(&dir.report(), id)));
}

#[test]
fn the_page_is_made_of_what_every_mail_program_shows() {
    let html = written(&with_config(800, "")).html;
    let lower = html.to_lowercase();
    for absent in [
        "<style",
        "<svg",
        "data:",
        "flex",
        "grid",
        "class=",
        "<script",
        "<link",
        "<img",
        "url(",
        "http",
        "position:",
        "float:",
        "background",
        "var(",
    ] {
        assert!(!lower.contains(absent), "{absent}");
    }
    assert!(lower.contains("bgcolor=\"#0072b2\""), "bars are cells with a background");
    assert!(html.len() <= 40 * 1024, "{} bytes", html.len());
}

#[test]
fn no_book_makes_the_page_large_or_adds_a_tag() {
    // So many that 500 are still to be collected; each of these letters takes five bytes of a page.
    let dir = Workdir::with_book(1_300);
    let long = "&'".repeat(30_000);
    let book = with_column(&dir.read("book.csv"), "Loan_ID", |row, _| format!("<b>&{row}{}", &long[..900]));
    let book = with_column(&book, "Borrower_ID", |row, _| format!("<script>{row}{}", &long[..900]));
    dir.write("book.csv", book);
    let strategy = format!("[[strategy]]\nname = \"<i>{long}\"\nneeds_approval = true\n");
    dir.write(
        "recoup.toml",
        config(25, "mask = false", "")
            + &strategy
            + "[lender]\nname = \"<u>"
            + &long
            + "\"\n[report]\nfirst_loans = 500\n",
    );
    dir.run_ok("book.csv");
    let message = written(&dir);
    assert!(message.html.len() <= 40 * 1024, "{} bytes", message.html.len());
    assert!(message.text.len() <= 40 * 1024, "{} bytes", message.text.len());
    assert!(dir.report().len() < 500_000, "{} bytes", dir.report().len());
    for tag in ["<b>", "<script", "<i>", "<u>"] {
        assert!(!message.html.contains(tag), "{tag}");
    }
}

#[test]
fn a_line_break_in_a_name_adds_no_header() {
    let dir = Workdir::with_book(60);
    let lender = "[lender]\nname = \"Hill\\r\\nBcc: evil@example.org\\r\\n\\r\\n<b>Dale\\u0000\"\n";
    dir.write("recoup.toml", config(25, "", "") + lender);
    dir.run_ok("book.csv");
    dir.ok(&["mail", "--to-file", "x.eml"]);
    let data = dir.read("x.eml");
    let message = parsed(data.as_bytes());
    assert!(message.headers.get_first_value("Bcc").is_none());
    assert!(
        message.headers.get_first_value("Subject").unwrap().contains("evil@example.org"),
        "it stays in the subject"
    );
    assert!(!data.lines().any(|line| line.starts_with("Bcc")));
    assert_eq!(message.subparts.len(), 2);
}

#[test]
fn the_same_run_gives_the_same_message_but_for_its_date() {
    let dir = with_config(200, "");
    let without_date = || {
        dir.ok(&["mail", "--to-file", "x.eml"]);
        let data = dir.read("x.eml");
        let lines = data.lines().filter(|line| !line.starts_with("Date: "));
        (lines.map(str::to_owned).collect::<Vec<_>>(), data.lines().count())
    };
    let (lines, all) = without_date();
    assert_eq!(lines.len(), all - 1, "one line holds the date");
    assert_eq!(without_date().0, lines);
    let id = lines.iter().find(|line| line.starts_with("Message-ID: ")).unwrap().clone();
    assert!(id.contains("run-1-") && id.ends_with("@lender.example>"), "{id}");
    // Another run has another.
    dir.ok(&["demo", "--loans", "210", "--seed", "9", "--out", "book.csv"]);
    dir.run_ok("book.csv");
    assert!(!without_date().0.contains(&id));
    dir.ok(&["mail", "--run", "1", "--to-file", "x.eml"]);
    assert!(dir.read("x.eml").contains(&id), "and the first one still its own");
}

#[test]
fn a_book_without_scores_or_debts_makes_a_message_that_says_so() {
    let dir = Workdir::new();
    dir.write("recoup.toml", config(25, "", ""));
    dir.write("book.csv", Rows::new().loan(&[("Outstanding_Loan_Amount", "0")]).csv());
    dir.run_ok("book.csv");
    let message = written(&dir);
    for words in ["nothing is owed", "This report uses points by rule", "No loan is live, so there is nothing to work."]
    {
        assert!(message.text.contains(words) && message.html.contains(words), "{words}");
    }
    for absent in ["WHAT TO WORRY ABOUT", "BALANCE BY DAYS"] {
        assert!(!message.text.contains(absent), "{absent}");
    }
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from alerts"), 0);
}
