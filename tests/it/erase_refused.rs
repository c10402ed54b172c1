//! Where a borrower is not erased, nothing is changed.

use crate::erase::{WHO, assert_gone, assert_there, two_weeks};
use crate::workdir::value;

#[test]
fn whoever_is_nowhere_is_refused_with_nothing_changed() {
    let dir = two_weeks();
    dir.ok(&["erase", WHO]);
    let before = dir.everything();
    for who in [WHO, "BRW-ERASE-770", "brw-erase-7701"] {
        let ended = dir.recoup(&["erase", who]);
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains("no such borrower") && !ended.stderr.contains(who), "{}", ended.stderr);
    }
    assert_eq!(dir.recoup(&["erase", " "]).code, 2);
    assert!(dir.everything() == before, "something was changed");
}

#[test]
fn while_a_run_is_in_progress_or_another_program_reads_nothing_is_erased() {
    let dir = two_weeks();
    let lock = recoup::parts::RunLock::take(&dir.path("recoup.db"), "process 7").unwrap();
    assert_eq!(dir.recoup(&["erase", WHO]).code, 4);
    drop(lock);
    let reader = dir.db();
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from loans"), 251);
    assert_eq!(dir.recoup(&["erase", WHO]).code, 4);
    reader.execute_batch("rollback").unwrap();
    assert_eq!(value::<String>(&reader, "pragma journal_mode = wal"), "wal");
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from loans"), 251);
    assert_eq!(dir.recoup(&["erase", WHO]).code, 4, "a log that another program reads keeps what was erased");
    reader.execute_batch("rollback").unwrap();
    drop(reader);
    assert_there("copy.db", &std::fs::read(dir.path("copy.db")).unwrap());
    dir.ok(&["erase", WHO]);
    assert_gone("recoup.db", &std::fs::read(dir.path("recoup.db")).unwrap());
}

#[test]
fn an_erasure_that_fails_half_way_leaves_everything_as_it_was() {
    let dir = two_weeks();
    // A table of someone else refers to a loan of theirs, after other rows of theirs are deleted.
    dir.db()
        .execute_batch(
            "create table theirs (snapshot_id integer references loan_snapshots);
            insert into theirs select max(snapshot_id) from stg_loans where borrower_id = 'BRW-ERASE-7701'",
        )
        .unwrap();
    let before = dir.everything();
    assert_eq!(dir.recoup(&["erase", WHO]).code, 1);
    assert!(dir.everything() == before, "something was changed");
    dir.db().execute_batch("drop table theirs").unwrap();
    dir.ok(&["erase", WHO]);
}

#[cfg(unix)]
#[test]
fn a_disk_that_takes_no_more_leaves_the_borrower_where_they_were_and_says_so() {
    let dir = two_weeks();
    let before = ["recoup.db", "copy.db"].map(|name| std::fs::read(dir.path(name)).unwrap());
    let ended = dir.without_room(40, &["erase", WHO]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("recoup.db") && ended.stderr.contains("disk"), "{}", ended.stderr);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 251);
    assert!(before == ["recoup.db", "copy.db"].map(|name| std::fs::read(dir.path(name)).unwrap()));
    dir.ok(&["erase", WHO]);
    assert_gone("recoup.db", &std::fs::read(dir.path("recoup.db")).unwrap());
}
