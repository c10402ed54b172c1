//! The mail about a run that failed: it goes whatever is wrong, says what is true, and changes nothing about how the run ends.

use mailparse::MailHeaderMap;

use super::{Manner, Server, config, deliveries, parsed, sent_by};
use crate::workdir::{AS_OF, Workdir, texts};

/// What the last mail said, as its subject and text.
fn reported(server: &Server) -> (String, String) {
    let taken = server.taken();
    let message = parsed(&taken.last().expect("a mail").data);
    (message.headers.get_first_value("Subject").expect("a subject"), message.get_body().expect("a text"))
}

#[test]
fn a_failed_run_is_reported_by_a_short_mail_and_ends_as_it_would() {
    let (dir, server) = sent_by(Manner::Accepts, "failures_to = [\"carl@lender.example\"]", "");
    let run = |file: &str| dir.recoup(&["run", file, "--as-of", "2026-04-07", "--accept-unchanged", "--mail"]);
    dir.write("broken.csv", "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\n1,x,y\n2,x,y\n");
    for (file, code, reported) in
        [("absent.csv", 2, "absent.csv is not found"), ("broken.csv", 3, "broken.csv was refused")]
    {
        let before = server.taken().len();
        assert_eq!(run(file).code, code);
        let taken = server.taken();
        assert_eq!(taken.len(), before + 1, "one mail");
        let last = taken.last().unwrap();
        assert_eq!(last.recipients, ["RCPT TO:<carl@lender.example>"]);
        let message = parsed(&last.data);
        let body = message.get_body().unwrap();
        let subject = message.headers.get_first_value("Subject").unwrap();
        assert!(subject.contains(&format!("failed (exit code {code})")), "{subject}");
        for words in [reported, "The last good run, as of 31 March 2026, and its report are unchanged", "recoup doctor"]
        {
            assert!(body.contains(words), "{words} in {body}");
        }
        assert!(body.len() < 2_000);
    }
    // One that left no run is not taken for an earlier one that failed.
    assert_eq!(run("absent.csv").code, 2);
    let kept = texts(&dir.db(), "select concat_ws(' ', kind, run_id, status) from deliveries order by delivery_id");
    assert_eq!(kept, ["failure sent", "failure 2 sent", "failure sent"]);
    // No one to tell changes nothing about how the run ends.
    dir.write("recoup.toml", config(1, "", "attempts = 1").replacen("attempts = 3\n", "", 1));
    let ended = run("absent.csv");
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("could not be reported to every recipient"), "{}", ended.stderr);
}

/// A failed command must be reported, whatever it asked for.
#[cfg(unix)]
#[test]
fn a_run_that_fails_before_it_begins_is_reported_too() {
    let (dir, server) = sent_by(Manner::Accepts, "", "");
    std::os::unix::fs::symlink("nowhere.db", dir.path("link.db")).unwrap();
    for (args, code) in [(["--seed", "9223372036854775808"], 2), (["--db", "link.db"], 1), (["--expect-total", "x"], 2)]
    {
        let before = server.taken().len();
        let ended = dir.recoup(&[&["run", "book.csv", "--mail"], &args[..]].concat());
        assert_eq!(ended.code, code, "{ended:?}");
        assert_eq!(server.taken().len(), before + 2, "{args:?}");
        assert!(reported(&server).0.contains(&format!("exit code {code}")));
    }
}

#[test]
fn a_failure_is_reported_where_it_cannot_be_recorded() {
    let fault = "create trigger fault before insert on deliveries begin select raise(abort, 'no room'); end";
    let (dir, server) = sent_by(Manner::Accepts, "", "");
    dir.db().execute_batch(fault).unwrap();
    let ended = dir.recoup(&["run", "absent.csv", "--mail"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("sent but not recorded: no room"), "{}", ended.stderr);
    assert_eq!(server.taken().len(), 2);
    assert!(reported(&server).1.contains("The last good run, as of 31 March 2026"));
    // Without the views, which a damaged database may lack.
    dir.db().execute_batch("drop trigger fault; drop view latest_run").unwrap();
    assert_eq!(dir.recoup(&["run", "absent.csv", "--mail"]).code, 2);
    assert!(reported(&server).1.contains("The last good run, as of 31 March 2026"));
    assert_eq!(deliveries(&dir).len(), 2);
}

#[test]
fn a_damaged_database_is_not_said_to_be_an_empty_one() {
    let (dir, server) = sent_by(Manner::Accepts, "", "");
    let mut bytes = std::fs::read(dir.path("recoup.db")).unwrap();
    let half = bytes.len() / 2;
    bytes[4096..half].fill(0xA5);
    dir.write("recoup.db", bytes);
    assert_eq!(dir.recoup(&["run", "book.csv", "--mail"]).code, 1);
    let (_, text) = reported(&server);
    assert!(
        text.contains("is damaged") && text.contains("could not be read to see if there is an earlier run"),
        "{text}"
    );
    // Where there is none, the mail says so.
    std::fs::remove_file(dir.path("recoup.db")).unwrap();
    assert_eq!(dir.recoup(&["run", "absent.csv", "--mail"]).code, 2);
    assert!(reported(&server).1.contains("There is no earlier run"));
}

#[test]
fn files_that_cannot_be_written_do_not_keep_the_report_back_and_are_reported() {
    let (dir, server) = sent_by(Manner::Accepts, "failures_to = [\"carl@lender.example\"]", "");
    std::fs::remove_dir_all(dir.path("reports")).unwrap();
    dir.write("reports", "in the way");
    let run = || dir.recoup(&["run", "book.csv", "--as-of", "2026-04-07", "--accept-unchanged", "--mail"]);
    let ended = run();
    assert_eq!(ended.code, 5, "{ended:?}");
    let recipients: Vec<_> = server.taken().iter().map(|taken| taken.recipients.join(" ")).collect();
    let wanted = ["anna", "ben", "carl"].map(|who| format!("RCPT TO:<{who}@lender.example>"));
    assert_eq!(recipients, wanted);
    let (subject, text) = reported(&server);
    assert!(
        subject.contains("done, but not its files") && text.contains("The run, as of 7 April 2026, is in the database")
    );
    assert_eq!(texts(&dir.db(), "select distinct run_id || kind from deliveries order by 1"), ["2failure", "2report"]);
    // Where the report reaches no one either, both are reported.
    dir.write("recoup.toml", config(1, "", "attempts = 1").replacen("attempts = 3\n", "", 1));
    let ended = dir.recoup(&["run", "book.csv", "--as-of", "2026-04-14", "--accept-unchanged", "--mail"]);
    assert_eq!(ended.code, 5);
    for words in ["did not reach everyone", "`recoup report` writes the files again"] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
}

#[test]
fn a_run_that_is_made_ends_with_5_whatever_keeps_its_report_from_being_sent() {
    let fault = |what: &str| {
        format!("create trigger fault before {what} on deliveries begin select raise(abort, 'no room'); end")
    };
    for (what, sent) in [("insert", 0), ("update", 1)] {
        let (dir, server) = sent_by(Manner::Accepts, "", "");
        dir.db().execute_batch(&fault(what)).unwrap();
        let report = dir.report();
        let ended = dir.recoup(&["run", "book.csv", "--as-of", AS_OF, "--mail"]);
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(ended.stderr.contains("the run is safe") && ended.stderr.contains("no room"), "{}", ended.stderr);
        assert_eq!(server.taken().len(), sent, "what cannot be recorded is not sent");
        assert_eq!(dir.report(), report);
        dir.db().execute_batch("drop trigger fault").unwrap();
        dir.ok(&["mail"]);
        assert_eq!(server.taken().len(), sent + 2);
        let ids: std::collections::BTreeSet<_> = server
            .taken()
            .iter()
            .map(|taken| parsed(&taken.data).headers.get_first_value("Message-ID").unwrap())
            .collect();
        assert_eq!(ids.len(), 1, "a recipient who gets it twice can see that it is the same");
    }
    let dir = Workdir::with_book(50);
    dir.write("recoup.toml", config(1, "", ""));
    assert_eq!(dir.recoup(&["mail"]).code, 1, "no run, no code that says that one is safe");
}
