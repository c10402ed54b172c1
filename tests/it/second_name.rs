//! A database under a second name, or with something in the place of its lock, and one that was there empty.
#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::workdir::{Workdir, value};

#[test]
fn a_run_by_a_links_name_respects_the_lock_of_the_database_itself() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    symlink("recoup.db", dir.path("link.db")).unwrap();
    let lock = recoup::parts::RunLock::take(&dir.path("recoup.db"), "process 7, started early").unwrap();
    let ended = dir.run("book.csv", &["--force", "--db", "link.db"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stderr.contains("process 7, started early"), "{}", ended.stderr);
    drop(lock);
    dir.ok(&["report", "--db", "link.db"]);
    assert!(dir.path("link.db").is_symlink());
}

#[test]
fn a_later_versions_log_is_left_alone_by_a_links_name_too() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let later = dir.db();
    assert_eq!(value::<String>(&later, "pragma journal_mode = wal"), "wal");
    later.execute_batch("pragma user_version = 9999").unwrap();
    let left = Workdir::with_book(50);
    for name in ["recoup.db", "recoup.db-wal"] {
        std::fs::copy(dir.path(name), left.path(name)).unwrap();
    }
    symlink("recoup.db", left.path("link.db")).unwrap();
    let [database, log] = ["recoup.db", "recoup.db-wal"].map(|name| std::fs::read(left.path(name)).unwrap());
    let ended = left.run("book.csv", &["--db", "link.db"]);
    assert!(ended.stderr.contains("later version"), "{}", ended.stderr);
    assert!(std::fs::read(left.path("recoup.db")).unwrap() == database, "the log was folded into it");
    assert!(std::fs::read(left.path("recoup.db-wal")).unwrap() == log);
}

#[test]
fn a_link_to_no_database_is_refused_by_every_command() {
    let dir = Workdir::with_book(50);
    symlink("absent.db", dir.path("link.db")).unwrap();
    for args in
        [&["run", "book.csv"][..], &["check", "book.csv"], &["report"], &["backup"], &["doctor"], &["erase", "B"]]
    {
        let ended = dir.recoup(&[args, &["--db", "link.db"]].concat());
        assert_eq!(ended.code, 1, "{args:?}: {ended:?}");
        assert!(ended.stderr.contains("link.db is a link that leads to no file"), "{args:?}: {}", ended.stderr);
    }
    assert!(!dir.exists("absent.db"));
}

#[test]
fn an_empty_file_that_becomes_the_database_is_made_its_owners_alone() {
    let dir = Workdir::with_book(50);
    let mode = || dir.path("recoup.db").metadata().unwrap().permissions().mode() & 0o777;
    dir.write("recoup.db", "");
    std::fs::set_permissions(dir.path("recoup.db"), PermissionsExt::from_mode(0o644)).unwrap();
    dir.run_ok("book.csv");
    assert_eq!(mode(), 0o600);
    // Rights that someone gave to a database of ours are theirs to choose.
    std::fs::set_permissions(dir.path("recoup.db"), PermissionsExt::from_mode(0o640)).unwrap();
    dir.ok(&["run", "book.csv", "--as-of", crate::workdir::AS_OF, "--force"]);
    assert_eq!(mode(), 0o640);
}

#[test]
fn what_is_in_the_locks_place_is_named_with_what_to_do() {
    let dir = Workdir::with_book(50);
    symlink("nothing", dir.path("recoup.db.lock")).unwrap();
    let ended = dir.run("book.csv", &[]);
    assert!(ended.stderr.contains("recoup.db.lock: there is a link of that name"), "{}", ended.stderr);
    std::fs::remove_file(dir.path("recoup.db.lock")).unwrap();
    std::fs::create_dir(dir.path("recoup.db.lock")).unwrap();
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("a folder of that name, which no run made: remove it"), "{}", ended.stderr);
}
