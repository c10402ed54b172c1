//! Servers that say what they should not, logins from odd places, and two who send at once.

use super::server::tls_file;
use super::{Manner, PASSWORD, Server, base64_of, config, deliveries, private, sent_by};
use crate::workdir::{Workdir, texts};

const LOGIN: &str = "user = \"recoup\"\npassword_file = \"password\"";

#[test]
fn what_would_end_the_same_is_not_tried_again_and_is_called_what_it_is() {
    for (manner, reported, attempts) in [
        (Manner::Says("RCPT", b"550 unbekannter Empf\xe4nger\r\n"), "text that is not UTF-8", 2),
        (Manner::Says("EHLO", b"250 no extensions\r\n"), "No compatible authentication mechanism", 1),
        (Manner::Says("MAIL", b"552 too large\r\n"), "answered 552 too large", 2),
    ] {
        let (dir, _server) = sent_by(manner, "", LOGIN);
        private(&dir, "password", PASSWORD);
        let ended = dir.recoup(&["mail"]);
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(ended.stderr.contains(reported), "{reported}: {}", ended.stderr);
        assert!(!ended.stderr.contains("encrypted"), "{}", ended.stderr);
        let kept = deliveries(&dir);
        assert_eq!(kept.len(), attempts, "{kept:?}");
        assert!(kept.iter().all(|row| row.ends_with("1 refused")), "{kept:?}");
    }
}

#[test]
fn a_reply_is_kept_as_one_short_line_that_steers_nothing() {
    let answer = "550-\x1b[31mred\x07\r\n550-\u{202e}turned\r\n550 ".to_owned() + &"x".repeat(900) + "\r\n";
    let (dir, _server) = sent_by(Manner::Says("RCPT", answer.leak().as_bytes()), "", "");
    let ended = dir.recoup(&["mail"]);
    let replies = texts(&dir.db(), "select reply from deliveries");
    for text in replies.iter().chain([&ended.stderr]) {
        assert!(!text.contains(['\x1b', '\x07', '\r', '\u{202e}']), "{text:?}");
    }
    for reply in replies {
        assert!(reply.chars().count() <= 200 && !reply.contains('\n'), "{reply:?}");
    }
}

#[test]
fn a_login_that_a_server_repeats_is_hidden_in_every_form() {
    let (dir, _server) = sent_by(Manner::RepeatsLogin(PASSWORD), "", LOGIN);
    private(&dir, "password", PASSWORD);
    let ended = dir.recoup(&["mail"]);
    let reply = texts(&dir.db(), "select reply from deliveries").join("");
    for text in [&reply, &ended.stderr] {
        assert!(text.contains("AUTH PLAIN ••• is no login, ••• no password"), "{text}");
    }
    assert!(!ended.stderr.contains(&base64_of(&format!("\0recoup\0{PASSWORD}"))));
}

/// Runs `recoup mail` as a service that is given these credentials.
#[cfg(unix)]
fn as_service(dir: &Workdir, folder: &str) -> crate::workdir::Ended {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_recoup"));
    command.arg("mail").current_dir(dir.path(".")).env("CREDENTIALS_DIRECTORY", folder);
    crate::workdir::ended(&mut command)
}

#[cfg(unix)]
#[test]
fn a_service_gets_its_login_from_its_credentials_and_from_nowhere_else() {
    let (dir, server) = sent_by(Manner::Accepts, "", "");
    for name in ["smtp-user", "smtp-password"] {
        dir.write(name, PASSWORD);
    }
    // Set to nothing, it is not this folder.
    assert_eq!(as_service(&dir, "").code, 0);
    assert!(!server.commands().iter().any(|verb| verb == "AUTH"));
    let folder = dir.path("credentials");
    std::fs::create_dir(&folder).unwrap();
    let folder = folder.to_str().unwrap();
    dir.ok(&["mail"]);
    for (name, reported) in [("smtp-password", "no user"), ("smtp-user", "no password")] {
        let fresh = sent_by(Manner::Accepts, "", "").0;
        std::fs::create_dir(fresh.path("credentials")).unwrap();
        fresh.write(&format!("credentials/{name}"), "x");
        let ended = as_service(&fresh, fresh.path("credentials").to_str().unwrap());
        assert_eq!(ended.code, 5);
        assert!(ended.stderr.contains(reported), "{reported}: {}", ended.stderr);
    }
    dir.write("credentials/smtp-user", "recoup\n");
    dir.write("credentials/smtp-password", PASSWORD);
    dir.db().execute_batch("delete from deliveries").unwrap();
    assert_eq!(as_service(&dir, folder).code, 0);
    assert!(server.commands().iter().any(|verb| verb == "AUTH"));
    // Over an open line to another machine they do not go, wherever they are from.
    dir.write("recoup.toml", config(9, "", "").replace("127.0.0.1", "mail.lender.example"));
    dir.db().execute_batch("delete from deliveries").unwrap();
    let ended = as_service(&dir, folder);
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains("sent unencrypted"), "{}", ended.stderr);
    assert!(deliveries(&dir).is_empty());
}

#[test]
fn while_one_sends_another_does_not() {
    let (dir, server) = sent_by(Manner::Accepts, "", "");
    let _lock = recoup::parts::RunLock::take(&dir.path("recoup.db"), "process 1, sending e-mail").unwrap();
    let ended = dir.recoup(&["mail"]);
    assert_eq!(ended.code, 4);
    assert!(ended.stderr.contains("process 1, sending e-mail"), "{}", ended.stderr);
    assert!(server.taken().is_empty());
}

#[test]
fn an_attempt_that_a_killed_process_began_is_made_again() {
    let (dir, server) = sent_by(Manner::Accepts, "", "");
    let begun = "insert into deliveries (run_id, kind, recipient, message_id, attempt, status, started_at)
        values (1, 'report', 'ben@lender.example', 'x', 1, 'started', '2026-03-31T06:00:00Z')";
    dir.db().execute_batch(begun).unwrap();
    dir.ok(&["mail"]);
    assert_eq!(server.taken().len(), 2);
}

#[test]
fn a_message_is_written_whole_or_not_at_all() {
    let dir = sent_by(Manner::Accepts, "", "").0;
    std::fs::create_dir(dir.path("folder")).unwrap();
    let before = dir.everything();
    for target in ["folder", "absent/x.eml"] {
        let ended = dir.recoup(&["mail", "--to-file", target]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains(target), "{}", ended.stderr);
    }
    assert!(dir.everything() == before, "nothing is left, and nothing recorded");
}

#[test]
fn an_authority_that_is_none_is_named() {
    let server = Server::start(Manner::Accepts);
    let dir = Workdir::with_book(60);
    dir.write("authority.pem", "no certificate");
    dir.write("recoup.toml", config(server.port, "", "ca_file = \"authority.pem\"").replace("\"none\"", "\"tls\""));
    dir.run_ok("book.csv");
    let ended = dir.recoup(&["mail"]);
    assert_eq!(ended.code, 5);
    assert!(ended.stderr.contains("authority.pem contains no certificate"), "{}", ended.stderr);
}

#[test]
fn a_line_that_never_ends_is_read_to_a_limit() {
    for command in ["EHLO", "RCPT"] {
        let (dir, _server) = sent_by(Manner::NeverEnds(command), "", "");
        let ended = dir.recoup(&["mail"]);
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(ended.stderr.contains("an answer has more than 64 KiB"), "{}", ended.stderr);
        assert!(deliveries(&dir).iter().all(|row| row.ends_with("failed")), "{:?}", deliveries(&dir));
    }
}

/// What a lender sets for a server with a certificate of their own.
fn encrypted(tls: &str, server: &Server) -> String {
    let authority = format!("ca_file = {:?}", tls_file("authority.pem"));
    config(server.port, "", &authority).replace("\"none\"", &format!("{tls:?}"))
}

#[test]
fn a_letter_goes_encrypted_to_a_server_that_its_authority_vouches_for_and_to_no_other() {
    for (tls, manner) in [("tls", Manner::IsEncrypted), ("starttls", Manner::StartsTls)] {
        let (dir, server) = sent_by(manner, "", "");
        dir.write("recoup.toml", encrypted(tls, &server));
        dir.ok(&["mail"]);
        assert_eq!(server.taken().len(), 2, "{tls}");
        let before = server.taken().len();
        // Without the authority no one knows who answers.
        dir.write("recoup.toml", config(server.port, "", "").replace("\"none\"", &format!("{tls:?}")));
        let ended = dir.recoup(&["mail", "--again"]);
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(ended.stderr.contains("no encrypted connection to"), "{}", ended.stderr);
        assert_eq!(server.taken().len(), before, "{tls}");
    }
}

#[test]
fn an_answer_before_the_encryption_is_not_taken_for_one_after_it() {
    let (dir, server) = sent_by(Manner::SpeaksBeforeTls, "", "");
    dir.write("recoup.toml", encrypted("starttls", &server));
    let ended = dir.recoup(&["mail"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.stderr.contains("sent more data before the encryption began"), "{}", ended.stderr);
    assert_eq!(server.commands(), ["EHLO", "STARTTLS"], "nothing more was said, and it was not tried again");
}
