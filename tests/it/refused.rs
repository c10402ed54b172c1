//! A database that is another program's, a later version's or damaged is refused, and nothing is touched.

use std::path::Path;

use crate::workdir::{AS_OF, Workdir, of_an_earlier_version, open, texts, value};

/// All names in a folder but the book's, and what is in each file.
fn everything(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<_> = entries
        .map(|entry| {
            let path = entry.expect("an entry").path();
            (path.display().to_string(), std::fs::read(&path).unwrap_or_default())
        })
        .collect();
    found.sort();
    found
}

/// Every command that opens a database refuses it with this message, and leaves all files as they are.
fn is_refused_untouched(dir: &Workdir, reported: &str) {
    let before = everything(&dir.path(""));
    for args in [&["run", "book.csv", "--as-of", AS_OF][..], &["run", "book.csv", "--force"], &["report"]] {
        let ended = dir.recoup(args);
        assert_eq!(ended.code, 1, "{args:?}: {ended:?}");
        assert!(ended.stderr.contains(reported), "{args:?}: {}", ended.stderr);
        assert!(everything(&dir.path("")) == before, "{args:?} touched something");
    }
}

#[test]
fn another_programs_database_and_its_log_are_refused_untouched() {
    for mode in ["delete", "wal"] {
        let dir = Workdir::with_book(50);
        let path = dir.path("recoup.db");
        let theirs = open(&path);
        assert_eq!(value::<String>(&theirs, &format!("pragma journal_mode = {mode}")), mode);
        theirs.execute_batch("create table invoices (number integer); insert into invoices values (1)").unwrap();
        is_refused_untouched(&dir, "not a Recoup database");
        drop(theirs);
        is_refused_untouched(&dir, "not a Recoup database");
        assert_eq!(value::<i64>(&open(&path), "select count(*) from invoices"), 1);
    }
}

#[test]
fn a_database_of_a_later_version_is_refused_untouched() {
    let dir = Workdir::with_book(60);
    dir.run_ok("book.csv");
    dir.db().execute_batch("pragma user_version = 9999").unwrap();
    is_refused_untouched(&dir, "later version");
    // The same where only its history or its log say so.
    let dir = Workdir::with_book(60);
    dir.run_ok("book.csv");
    dir.db().execute_batch("insert into refinery_schema_history values (9999, 'later', '', '0')").unwrap();
    is_refused_untouched(&dir, "later version");
    let dir = Workdir::with_book(60);
    dir.run_ok("book.csv");
    let later = dir.db();
    assert_eq!(value::<String>(&later, "pragma journal_mode = wal"), "wal");
    later.execute_batch("pragma user_version = 9999").unwrap();
    let left = Workdir::with_book(60);
    for name in ["recoup.db", "recoup.db-wal"] {
        std::fs::copy(dir.path(name), left.path(name)).unwrap();
    }
    let [database, log] = ["recoup.db", "recoup.db-wal"].map(|name| std::fs::read(left.path(name)).unwrap());
    assert!(left.run("book.csv", &[]).stderr.contains("later version"));
    assert!(std::fs::read(left.path("recoup.db")).unwrap() == database, "the log was folded into it");
    assert!(std::fs::read(left.path("recoup.db-wal")).unwrap() == log);
}

#[test]
fn the_version_of_the_tables_is_in_the_file() {
    let dir = Workdir::with_book(60);
    drop(of_an_earlier_version(&dir));
    assert_eq!(value::<i64>(&dir.db(), "pragma user_version"), 1);
    dir.run_ok("book.csv");
    let newest = value::<i64>(&dir.db(), "select max(version) from refinery_schema_history");
    assert_eq!(value::<i64>(&dir.db(), "pragma user_version"), newest);
}

/// Overwrites the first page of a table's or an index's tree with nonsense.
fn damage(path: &Path, first_page: i64, page_bytes: i64) {
    let mut bytes = std::fs::read(path).expect("a database");
    let start = usize::try_from((first_page - 1) * page_bytes).expect("a place in it");
    bytes[start..start + usize::try_from(page_bytes).expect("a size")].fill(0x5a);
    std::fs::write(path, bytes).expect("a damaged database");
}

#[test]
fn a_damaged_page_of_any_table_or_index_is_found_before_a_run_changes_anything() {
    let sound = Workdir::with_book(300);
    sound.run_ok("book.csv");
    let db = sound.db();
    let page_bytes: i64 = value(&db, "pragma page_size");
    let roots = "select rootpage || ' ' || name from sqlite_schema where rootpage > 0";
    let roots = texts(&db, roots);
    assert!(roots.len() > 20, "{roots:?}");
    for root in &roots {
        let (page, name) = root.split_once(' ').unwrap();
        let dir = Workdir::new();
        for file in ["book.csv", "recoup.db"] {
            std::fs::copy(sound.path(file), dir.path(file)).unwrap();
        }
        damage(&dir.path("recoup.db"), page.parse().unwrap(), page_bytes);
        let before = everything(&dir.path(""));
        let ended = dir.run("book.csv", &["--force"]);
        assert_eq!(ended.code, 1, "{name}: {ended:?}");
        assert!(ended.stderr.contains("is damaged"), "{name}: {}", ended.stderr);
        assert!(everything(&dir.path("")) == before, "{name}: something was touched");
    }
}

#[test]
fn a_row_that_refers_to_nothing_is_found_before_a_run_changes_anything() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    dir.db().execute_batch("pragma foreign_keys = off; delete from strategy_rules where position = 1").unwrap();
    let before = everything(&dir.path(""));
    let ended = dir.run("book.csv", &["--force"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("a row of decisions refers to one of strategy_rules"), "{}", ended.stderr);
    assert!(everything(&dir.path("")) == before);
}

#[test]
fn a_cut_off_database_is_refused_untouched() {
    let dir = Workdir::with_book(300);
    dir.run_ok("book.csv");
    let bytes = std::fs::read(dir.path("recoup.db")).unwrap();
    dir.write("recoup.db", &bytes[..bytes.len() / 2]);
    is_refused_untouched(&dir, "is damaged");
}
