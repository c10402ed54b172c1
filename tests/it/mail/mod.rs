//! The e-mail: what is in it, whom it reaches, and what happens when it does not.

mod content;
mod failure;
mod hostile;
mod server;

use base64::prelude::{BASE64_STANDARD, Engine};
use mailparse::{MailHeaderMap, ParsedMail};

pub use self::content::Message;
use self::server::{Manner, Server};
use crate::workdir::{AS_OF, Ended, Rows, Workdir, rows, texts, value};

const PASSWORD: &str = "s3cret-Tr0ub4dor";

/// The configuration for a server on this machine and two recipients, with further lines.
fn config(port: u16, mail: &str, smtp: &str) -> String {
    format!(
        "[mail]\nfrom = \"Recoup <recoup@lender.example>\"\nto = [\"Anna <anna@lender.example>\", \"ben@lender.example\"]\n\
         {mail}\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nattempts = 3\npause_seconds = 0\n{smtp}\n"
    )
}

/// A folder with a book that was run, and a server.
fn sent_by(manner: Manner, mail: &str, smtp: &str) -> (Workdir, Server) {
    let server = Server::start(manner);
    let dir = Workdir::with_book(300);
    dir.write("recoup.toml", config(server.port, mail, smtp));
    dir.run_ok("book.csv");
    (dir, server)
}

fn deliveries(dir: &Workdir) -> Vec<String> {
    texts(&dir.db(), "select recipient || ' ' || attempt || ' ' || status from deliveries order by delivery_id")
}

fn parsed(data: &[u8]) -> ParsedMail<'_> {
    mailparse::parse_mail(data).expect("a message")
}

#[test]
fn a_run_with_mail_reaches_each_recipient_by_themselves_and_no_one_twice() {
    let server = Server::start(Manner::Accepts);
    let dir = Workdir::with_book(300);
    dir.write("recoup.toml", config(server.port, "", ""));
    let ended = dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--mail"]);
    assert!(ended.stdout.contains("Sent      run 1 to 2 recipients"), "{ended:?}");
    let taken = server.taken();
    let recipients: Vec<_> = taken.iter().map(|taken| taken.recipients.join(" ")).collect();
    assert_eq!(recipients, ["RCPT TO:<anna@lender.example>", "RCPT TO:<ben@lender.example>"]);
    assert_eq!(taken[0].data, taken[1].data, "everybody gets the same message");
    let message = parsed(&taken[0].data);
    assert_eq!(message.headers.get_first_value("To").unwrap(), "Anna <anna@lender.example>, ben@lender.example");
    for header in ["From", "Date", "Message-ID", "Subject"] {
        assert_eq!(message.headers.get_all_values(header).len(), 1, "{header}");
    }
    assert_eq!(deliveries(&dir), ["Anna <anna@lender.example> 1 sent", "ben@lender.example 1 sent"]);
    // The same command again, and the one that only sends.
    let again = dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--mail"]);
    assert!(again.stdout.contains("Nothing to send"), "{again:?}");
    assert!(dir.ok(&["mail"]).stdout.contains("Nothing to send"));
    assert_eq!(server.taken().len(), 2);
    dir.ok(&["mail", "--again"]);
    assert_eq!(server.taken().len(), 4);
}

#[test]
fn one_who_is_refused_keeps_it_from_no_other_and_gets_it_the_next_time() {
    let (dir, server) = sent_by(Manner::Refuses("anna"), "", "");
    let ended = dir.recoup(&["mail"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    for reported in ["Anna <anna@lender.example>", "550", "no such user here", "`recoup mail`"] {
        assert!(ended.stderr.contains(reported), "{reported} in {}", ended.stderr);
    }
    assert!(!ended.stderr.contains("ben@"), "{}", ended.stderr);
    let looked_at = dir.ok(&["doctor"]).stdout;
    assert!(looked_at.contains("run 1 has not reached Anna <anna@lender.example>\n"), "{looked_at}");
    assert_eq!(deliveries(&dir), ["Anna <anna@lender.example> 1 refused", "ben@lender.example 1 sent"]);
    assert_eq!(server.taken().len(), 1);
    // Ben under another name is Ben.
    let other = Server::start(Manner::Accepts);
    dir.write(
        "recoup.toml",
        config(other.port, "", "").replace("\"ben@", "\"Ben <Ben@").replace("ample\"]", "ample>\"]"),
    );
    assert!(dir.ok(&["mail"]).stdout.contains("to 1 recipients; 1 had it before"));
    assert_eq!(other.taken()[0].recipients, ["RCPT TO:<anna@lender.example>"]);
    let history = texts(
        &dir.db(),
        "select recipient || ' ' || is_reached || ' ' || attempts || ' ' || last_status from delivery_history order by 1",
    );
    assert_eq!(history, ["Anna <anna@lender.example> 1 2 sent", "ben@lender.example 1 1 sent"]);
}

#[test]
fn a_server_that_is_busy_or_hangs_up_is_tried_again() {
    let (dir, server) = sent_by(Manner::IsBusy(3), "", "");
    dir.ok(&["mail"]);
    assert_eq!(server.taken().len(), 2);
    let (anna, ben) = ("Anna <anna@lender.example>", "ben@lender.example");
    assert_eq!(
        deliveries(&dir),
        [(anna, "1 failed"), (ben, "1 failed"), (anna, "2 failed"), (ben, "2 sent"), (anna, "3 sent")]
            .map(|(who, how)| format!("{who} {how}"))
    );
    let (dir, server) = sent_by(Manner::HangsUp(1), "", "");
    dir.ok(&["mail"]);
    assert_eq!(server.taken().len(), 2);
    assert_eq!(deliveries(&dir).len(), 3);
}

/// All that a failed sending must leave as it was.
fn all_but_deliveries(dir: &Workdir) -> Vec<String> {
    let db = dir.db();
    let tables = texts(&db, "select name from sqlite_schema where type = 'table' and name <> 'deliveries' order by 1");
    tables.iter().flat_map(|table| rows(&db, &format!("select * from {table}"))).collect()
}

#[test]
fn a_server_that_cannot_be_used_is_exit_code_5_and_changes_neither_run_nor_files() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = Server::start(Manner::IsSilent);
    let no_login = Server::start(Manner::RefusesLogin);
    let plain = Server::start(Manner::Accepts);
    let login = format!("user = \"u\"\npassword_file = \"{}\"", "password");
    for (port, smtp, reported, attempts) in [
        (nobody, "", "refused", 3),
        (silent.port, "timeout_seconds = 1\nattempts = 1", "did not answer within 1 s", 1),
        (no_login.port, login.as_str(), "refused the login (535", 1),
    ] {
        let dir = Workdir::with_book(120);
        private(&dir, "password", PASSWORD);
        dir.write(
            "recoup.toml",
            config(port, "", "").replace("attempts = 3\n", if attempts == 1 { "" } else { "attempts = 3\n" }) + smtp,
        );
        dir.run_ok("book.csv");
        let (tables, report) = (all_but_deliveries(&dir), dir.report());
        let ended = dir.recoup(&["mail"]);
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(ended.stderr.contains(reported) && ended.stderr.contains("the run is safe"), "{}", ended.stderr);
        // Where the server itself cannot be used, it is not asked again for the next recipient.
        assert_eq!(deliveries(&dir).len(), attempts, "{:?}", deliveries(&dir));
        assert_eq!(all_but_deliveries(&dir), tables);
        assert_eq!(dir.report(), report);
        assert_eq!(value::<String>(&dir.db(), "pragma integrity_check"), "ok");
    }
    let dir = Workdir::with_book(120);
    dir.write("recoup.toml", config(plain.port, "", "").replace("\"none\"", "\"starttls\""));
    dir.run_ok("book.csv");
    let ended = dir.recoup(&["mail"]);
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains("STARTTLS is not supported") && ended.stderr.contains("mail.smtp.tls"), "{ended:?}");
    assert!(!plain.commands().iter().any(|verb| verb == "MAIL"), "nothing is sent unencrypted");
}

/// A file that only its owner may read.
fn private(dir: &Workdir, name: &str, text: &str) {
    dir.write(name, text);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(dir.path(name), owner_only).expect("a file of ours");
    }
}

#[test]
fn the_password_is_nowhere_but_in_its_file() {
    for manner in [Manner::Accepts, Manner::RefusesLogin, Manner::RepeatsLogin(PASSWORD)] {
        let server = Server::start(manner);
        let dir = Workdir::with_book(120);
        private(&dir, "password", &format!("{PASSWORD}\n"));
        dir.write("recoup.toml", config(server.port, "", "user = \"recoup\"\npassword_file = \"password\""));
        let sent = dir.recoup(&["run", "book.csv", "--as-of", AS_OF, "--mail"]);
        dir.ok(&["mail", "--to-file", "x.eml"]);
        let looked_at = dir.recoup(&["doctor"]);
        assert!(server.commands().iter().any(|verb| verb == "AUTH"), "it was needed");
        let base64 = base64_of(&format!("\0recoup\0{PASSWORD}"));
        for ended in [&sent, &looked_at] {
            let Ended { stdout, stderr, .. } = ended;
            assert!(!(stdout.clone() + stderr).contains(PASSWORD));
            assert!(!(stdout.clone() + stderr).contains(&base64));
        }
        for (name, bytes) in dir.everything().into_iter().filter(|(name, _)| name != "password") {
            let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!holds(PASSWORD) && !holds(&base64), "{name}");
        }
    }
}

fn base64_of(text: &str) -> String {
    BASE64_STANDARD.encode(text)
}

#[cfg(unix)]
#[test]
fn a_password_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, server) = sent_by(Manner::Accepts, "", "user = \"recoup\"\npassword_file = \"password\"");
    private(&dir, "password", PASSWORD);
    std::fs::set_permissions(dir.path("password"), std::fs::Permissions::from_mode(0o640)).unwrap();
    let ended = dir.recoup(&["mail"]);
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains("chmod 600 password"), "{}", ended.stderr);
    let looked_at = dir.recoup(&["doctor"]);
    assert!(looked_at.code == 1 && looked_at.stdout.contains("chmod 600 password"), "{looked_at:?}");
    assert!(server.commands().is_empty() && deliveries(&dir).is_empty());
}

#[test]
fn without_recipients_nothing_is_sent_and_the_run_is_not_begun() {
    let dir = Workdir::with_book(50);
    let ended = dir.recoup(&["run", "book.csv", "--mail"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("mail.to"), "{}", ended.stderr);
    assert!(!dir.exists("recoup.db"));
    dir.write("small.csv", Rows::new().loans(3).csv());
    dir.run_ok("small.csv");
    assert_eq!(dir.recoup(&["mail"]).code, 2);
}
