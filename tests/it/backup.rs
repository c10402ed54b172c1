//! Copies of the database: whole, private, known of, and never in anything's way.

use std::path::Path;

use crate::upgrade::version;
use crate::workdir::{AS_OF, Workdir, of_an_earlier_version, open, rows, texts, value};

const COPY: &str = "recoup-2026-03-31-run-1.db";

/// Every row of every table, so that two databases can be compared.
fn contents(path: &Path) -> Vec<String> {
    let db = open(path);
    let tables = texts(&db, "select name from sqlite_schema where type = 'table' and name <> 'backups' order by name");
    assert!(tables.len() > 20, "{tables:?}");
    tables.iter().flat_map(|table| rows(&db, &format!("select '{table}', * from {table}"))).collect()
}

/// The files that are in no place of their own.
fn half_files(dir: &Workdir) -> Vec<String> {
    dir.everything().into_keys().filter(|name| name.contains(".recoup-")).collect()
}

fn known(dir: &Workdir) -> Vec<String> {
    texts(&dir.db(), "select path from backups order by backup_id")
}

#[test]
fn a_backup_is_whole_sound_and_known_of() {
    let dir = Workdir::with_book(200);
    dir.run_ok("book.csv");
    let ended = dir.ok(&["backup"]);
    assert!(ended.stdout.contains(COPY) && ended.stdout.contains("copy it over the database"), "{}", ended.stdout);
    assert_eq!(contents(&dir.path(COPY)), contents(&dir.path("recoup.db")));
    let copy = open(&dir.path(COPY));
    assert_eq!(value::<String>(&copy, "pragma integrity_check"), "ok");
    assert_eq!(value::<String>(&copy, "pragma journal_mode"), "delete", "one file is the whole copy");
    assert_eq!(value::<i64>(&copy, "pragma application_id"), value::<i64>(&dir.db(), "pragma application_id"));
    assert_eq!(value::<i64>(&copy, "select count(*) from risk_scores"), 200);
    let [path] = known(&dir).try_into().unwrap();
    assert!(Path::new(&path).is_absolute() && path.ends_with(COPY), "{path}");
    assert!(half_files(&dir).is_empty() && !dir.exists("recoup.db.lock"));
}

#[cfg(unix)]
#[test]
fn a_backup_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    dir.ok(&["backup"]);
    assert_eq!(std::fs::metadata(dir.path(COPY)).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn nothing_is_replaced_unless_it_is_a_copy_and_asked_for() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    dir.write("notes.txt", "mine");
    for (more, code) in [(&[][..], 2), (&["--force"], 1)] {
        let ended = dir.recoup(&[&["backup", "--out", "notes.txt"], more].concat());
        assert_eq!(ended.code, code, "{ended:?}");
        assert_eq!(dir.read("notes.txt"), "mine");
        assert_eq!(dir.recoup(&[&["backup", "--out", "recoup.db"], more].concat()).code, 2);
    }
    assert!(known(&dir).is_empty());
    dir.ok(&["backup", "--out", "copy.db"]);
    dir.run("book.csv", &["--force"]);
    let before = std::fs::read(dir.path("copy.db")).unwrap();
    let ended = dir.recoup(&["backup", "--out", "copy.db"]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("--force"), "{}", ended.stderr);
    assert!(std::fs::read(dir.path("copy.db")).unwrap() == before);
    dir.ok(&["backup", "--out", "copy.db", "--force"]);
    assert_eq!(value::<i64>(&open(&dir.path("copy.db")), "select count(*) from runs"), 2);
    assert_eq!(texts(&dir.db(), "select run_id || '' from backups"), ["2"]);
}

#[cfg(unix)]
#[test]
fn a_link_where_the_backup_should_be_is_not_followed() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    dir.write("elsewhere", "mine");
    std::os::unix::fs::symlink(dir.path("elsewhere"), dir.path("copy.db")).unwrap();
    for more in [&[][..], &["--force"]] {
        assert_eq!(dir.recoup(&[&["backup", "--out", "copy.db"], more].concat()).code, 2);
    }
    assert_eq!(dir.read("elsewhere"), "mine");
    assert!(dir.path("copy.db").is_symlink());
}

#[test]
fn while_a_run_is_in_progress_there_is_no_backup() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let lock = recoup::parts::RunLock::take(&dir.path("recoup.db"), "process 7, started 2026-03-31T06:00:00Z").unwrap();
    let ended = dir.recoup(&["backup"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    assert!(ended.stderr.contains("process 7"), "{}", ended.stderr);
    drop(lock);
    assert!(!dir.exists(COPY) && known(&dir).is_empty());
    dir.ok(&["backup"]);
}

#[test]
fn a_reader_does_not_stop_a_backup() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let reader = dir.db();
    assert_eq!(value::<String>(&reader, "pragma journal_mode = wal"), "wal");
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from loans"), 50);
    dir.ok(&["backup"]);
    assert_eq!(value::<String>(&open(&dir.path(COPY)), "pragma journal_mode"), "delete");
    reader.execute_batch("rollback").unwrap();
}

#[test]
fn a_reader_that_holds_the_file_makes_a_backup_wait_and_end_with_4() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let reader = dir.db();
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from loans"), 50);
    assert_eq!(dir.recoup(&["backup"]).code, 4);
    reader.execute_batch("rollback").unwrap();
    assert!(!dir.exists(COPY) && half_files(&dir).is_empty() && known(&dir).is_empty());
}

#[test]
fn a_backup_that_cannot_be_made_says_why_and_is_not_noted() {
    let dir = Workdir::with_book(50);
    assert_eq!(dir.recoup(&["backup"]).code, 1, "there is no database yet");
    dir.run_ok("book.csv");
    let ended = dir.recoup(&["backup", "--out", "absent/copy.db"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("absent/copy.db could not be made"), "{}", ended.stderr);
    assert!(ended.stderr.contains("the folder absent does not exist"), "{}", ended.stderr);
    assert!(known(&dir).is_empty());
}

#[cfg(unix)]
#[test]
fn a_backup_without_room_leaves_nothing_behind() {
    let dir = Workdir::with_book(3_000);
    dir.run_ok("book.csv");
    let ended = dir.without_room(600, &["backup"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("could not be made") && ended.stderr.contains("Free some space"), "{}", ended.stderr);
    assert!(!dir.exists(COPY) && half_files(&dir).is_empty() && known(&dir).is_empty());
    assert_eq!(value::<String>(&dir.db(), "pragma integrity_check"), "ok");
    dir.ok(&["backup"]);
}

#[test]
fn half_a_copy_of_a_killed_process_goes_and_one_that_is_being_made_stays() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    dir.write(".recoup-copy-dead", "half a copy");
    dir.write(".recoup-copy-alive", "half a copy");
    let alive = std::fs::File::open(dir.path(".recoup-copy-alive")).unwrap();
    alive.lock_shared().unwrap();
    dir.ok(&["backup"]);
    assert_eq!(half_files(&dir), [".recoup-copy-alive"]);
}

#[test]
fn a_backup_that_is_copied_over_the_database_is_the_book_of_that_day() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    let report = dir.report();
    dir.ok(&["backup"]);
    dir.ok(&["demo", "--loans", "60", "--seed", "5", "--out", "next.csv"]);
    dir.run_ok("next.csv");
    std::fs::copy(dir.path(COPY), dir.path("recoup.db")).unwrap();
    dir.ok(&["report"]);
    assert_eq!(dir.report(), report);
    assert_eq!(known(&dir).len(), 1, "the restored book knows of the copy it came from");
    dir.run_ok("next.csv");
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 60);
}

#[test]
fn a_copy_that_no_longer_exists_can_be_forgotten_and_an_existing_one_cannot() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    dir.ok(&["backup"]);
    assert_eq!(dir.recoup(&["backup", "--forget", COPY]).code, 2);
    std::fs::remove_file(dir.path(COPY)).unwrap();
    dir.ok(&["backup", "--forget", COPY]);
    assert!(known(&dir).is_empty());
    assert_eq!(dir.recoup(&["backup", "--forget", COPY]).code, 1);
}

/// The name of the copy that is made before the tables become those of this program.
fn before_upgrade() -> String {
    "recoup.db.before-v2".to_owned()
}

#[test]
fn before_its_tables_are_changed_the_database_is_copied() {
    let dir = Workdir::with_book(150);
    drop(of_an_earlier_version(&dir));
    let ended = dir.run_ok("book.csv");
    let copy = before_upgrade();
    assert!(ended.stderr.contains(&copy), "{}", ended.stderr);
    let earlier = open(&dir.path(&copy));
    assert_eq!(version(&earlier), 1);
    assert_eq!(value::<i64>(&earlier, "select count(*) from risk_scores"), 3);
    assert_eq!(value::<String>(&earlier, "pragma journal_mode"), "delete");
    assert_eq!(texts(&dir.db(), "select reason from backups"), ["before a migration"]);
    assert!(known(&dir)[0].ends_with(&copy));
    dir.run("book.csv", &["--force"]);
    assert_eq!(known(&dir).len(), 1, "only an upgrade makes a copy");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(dir.path(&copy)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[cfg(unix)]
#[test]
fn without_room_for_the_copy_the_tables_stay_as_they_are() {
    let dir = Workdir::with_book(150);
    drop(of_an_earlier_version(&dir));
    let ended = dir.without_room(48, &["run", "book.csv", "--as-of", AS_OF]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains(&before_upgrade()) && ended.stderr.contains("Free some space"), "{}", ended.stderr);
    let db = dir.db();
    assert_eq!(version(&db), 1);
    assert_eq!(value::<i64>(&db, "select count(*) from risk_scores"), 3);
    assert_eq!(value::<String>(&db, "pragma journal_mode"), "delete");
    drop(db);
    assert!(!dir.exists(&before_upgrade()) && half_files(&dir).is_empty());
    dir.run_ok("book.csv");
    assert!(dir.exists(&before_upgrade()));
}

#[test]
fn an_earlier_copy_of_the_same_name_is_left_alone() {
    let dir = Workdir::with_book(150);
    drop(of_an_earlier_version(&dir));
    dir.write(&before_upgrade(), "another program's");
    dir.run_ok("book.csv");
    assert_eq!(dir.read(&before_upgrade()), "another program's");
    assert!(dir.exists(&format!("{}-2", before_upgrade())));
}

#[test]
fn an_upgrade_that_fails_leaves_no_copy() {
    let dir = Workdir::with_book(150);
    let db = of_an_earlier_version(&dir);
    db.execute_batch("create table next_things (mine text)").unwrap();
    drop(db);
    assert_eq!(dir.run("book.csv", &[]).code, 1);
    assert!(!dir.exists(&before_upgrade()));
    assert_eq!(value::<String>(&dir.db(), "pragma journal_mode"), "delete");
}
