//! What is no plain file is refused at once, as a database and as a book: nothing waits for a pipe that no one writes to.

use crate::workdir::{AS_OF, Workdir};

/// Every command that is given a database.
const COMMANDS: [&[&str]; 8] = [
    &["run", "book.csv", "--as-of", AS_OF],
    &["run", "book.csv", "--as-of", AS_OF, "--mail"],
    &["check", "book.csv"],
    &["report"],
    &["mail"],
    &["backup"],
    &["doctor"],
    &["erase", "B1"],
];

fn is_refused(dir: &Workdir, database: &str, reported: &str) {
    let before = dir.everything();
    for command in COMMANDS {
        let ended = dir.recoup(&[command, &["--db", database]].concat());
        assert_eq!(ended.code, 2, "{command:?} {database}: {ended:?}");
        assert!(ended.stderr.contains(reported) && ended.stderr.contains("plain file"), "{}", ended.stderr);
    }
    assert!(dir.everything().keys().eq(before.keys()), "{database}: something was made");
}

fn dir() -> Workdir {
    let dir = Workdir::with_book(20);
    let mail = "[mail]\nfrom = \"r@lender.example\"\nto = [\"a@lender.example\"]\n[mail.smtp]\nhost = \"127.0.0.1\"\n\
        port = 9\ntls = \"none\"\nattempts = 1\ntimeout_seconds = 1\n";
    dir.write("recoup.toml", mail);
    dir
}

#[test]
fn a_database_is_a_plain_file() {
    let dir = dir();
    std::fs::create_dir(dir.path("folder")).unwrap();
    for (database, reported) in [(":memory:", "is gone"), ("file:recoup.db", "is a URI"), ("folder", "is a folder")] {
        is_refused(&dir, database, reported);
    }
}

#[cfg(unix)]
fn pipe(dir: &Workdir, name: &str) {
    let made = std::process::Command::new("mkfifo").arg(dir.path(name)).status().expect("mkfifo");
    assert!(made.success());
}

#[cfg(unix)]
#[test]
fn a_pipe_and_a_device_are_not_databases() {
    let dir = dir();
    is_refused(&dir, "/dev/null", "is a device, a pipe or a socket");
    let dir = self::dir();
    pipe(&dir, "pipe.db");
    for command in COMMANDS {
        let ended = dir.recoup(&[command, &["--db", "pipe.db"]].concat());
        assert_eq!(ended.code, 2, "{command:?}: {ended:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_book_is_a_plain_file() {
    let dir = Workdir::new();
    pipe(&dir, "book.csv");
    std::fs::create_dir(dir.path("folder")).unwrap();
    for (book, reported) in [("book.csv", "a pipe"), ("/dev/null", "a device"), ("folder", "a folder")] {
        for command in ["run", "check"] {
            let ended = dir.recoup(&[command, book]);
            assert_eq!(ended.code, 2, "{command} {book}: {ended:?}");
            assert!(ended.stderr.contains(reported) && ended.stderr.contains("regular file"), "{}", ended.stderr);
        }
    }
}
