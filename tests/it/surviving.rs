//! Runs that meet a limit, a full disk, someone else at work, or a link: what they leave, and what they wait for. Runs that
//! are killed or starved at each system call in turn are in `torture`.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::Duration;

use rusqlite::Connection;

use crate::workdir::of_an_earlier_version;
use crate::workdir::{AS_OF, Workdir, rows, value};

/// A run under a limit on the size of files, in blocks of 512 bytes: it is killed, or gets an error, where it goes over.
#[cfg(unix)]
fn run_within(dir: &Workdir, blocks: usize, is_reported: bool) -> std::process::ExitStatus {
    let ignore = if is_reported { "trap '' XFSZ; " } else { "" };
    let script = format!("{ignore}ulimit -c 0; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).arg(dir.program()).args(["run", "book.csv", "--as-of", AS_OF]);
    command.args(["--model", "policy"]).current_dir(dir.path("")).stdin(Stdio::null());
    command.output().expect("sh").status
}

#[cfg(unix)]
fn survives_a_limit(prepare: fn(&Workdir)) {
    let mut stopped = 0;
    for blocks in (0..1040).step_by(80) {
        for is_reported in [true, false] {
            let dir = Workdir::with_book(60);
            prepare(&dir);
            let shown = |db: &Connection| rows(db, "select loan_id, risk_score from risk_scores order by loan_id");
            let before = shown(&dir.db());
            let status = run_within(&dir, blocks, is_reported);
            stopped += usize::from(!status.success());
            assert_eq!(value::<String>(&dir.db(), "pragma integrity_check"), "ok", "{blocks} blocks");
            let after = shown(&dir.db());
            assert!(after == before || after.len() == 60, "{blocks} blocks");
            if status.code() == Some(1) {
                assert!(after == before, "{blocks} blocks");
            }
            dir.ok(&["run", "book.csv", "--as-of", AS_OF, "--model", "policy"]);
            assert_eq!(shown(&dir.db()).len(), 60, "{blocks} blocks");
        }
    }
    println!("stopped {stopped} of 26 runs");
    assert!((4..26).contains(&stopped), "the limits are on both sides of what a run writes: {stopped}");
}

#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_leaves_the_last_run() {
    survives_a_limit(|dir| {
        dir.write("last.csv", dir.read("book.csv").lines().take(51).collect::<Vec<_>>().join("\n") + "\n");
        dir.ok(&["run", "last.csv", "--as-of", AS_OF, "--model", "policy"]);
    });
}

#[cfg(unix)]
#[test]
fn a_limit_on_the_size_of_files_leaves_the_last_run_of_an_earlier_version() {
    survives_a_limit(|dir| drop(of_an_earlier_version(dir)));
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_on_a_full_disk_does_not_end_a_run() {
    let dir = Workdir::with_book(60);
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_recoup"))
        .args(["run", "book.csv", "--as-of", AS_OF])
        .current_dir(dir.path(""))
        .stdout(full())
        .stderr(full())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(dir.exists(&format!("reports/{AS_OF}/report.html")));
}

#[test]
fn a_run_waits_for_another_writer_as_long_as_it_is_configured() {
    let dir = Workdir::with_book(60);
    dir.run_ok("book.csv");
    let holder = dir.db();
    holder.execute_batch("begin immediate").unwrap();
    dir.write("recoup.toml", "[database]\nwait_seconds = 0");
    let ended = dir.run("book.csv", &["--force"]);
    assert_eq!(ended.code, 4, "{ended:?}");
    dir.write("recoup.toml", "[database]\nwait_seconds = 3600");
    let mut waiting = Command::new(env!("CARGO_BIN_EXE_recoup"))
        .args(["run", "book.csv", "--as-of", AS_OF, "--force"])
        .current_dir(dir.path(""))
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // It says that someone is in its way; only then do they let it.
    let mut reported = BufReader::new(waiting.stderr.take().unwrap());
    let mut line = String::new();
    reported.read_line(&mut line).unwrap();
    assert!(line.contains("another program has the database open"), "{line}");
    assert_eq!(value::<i64>(&holder, "select count(*) from runs"), 1);
    holder.execute_batch("rollback").unwrap();
    reported.read_to_string(&mut line).unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(0), "{line}");
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from runs where status = 'complete'"), 2);
}

#[test]
fn a_report_from_a_database_in_wal_mode_leaves_nothing_beside_it() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    assert_eq!(value::<String>(&dir.db(), "pragma journal_mode = wal"), "wal");
    let before = std::fs::read(dir.path("recoup.db")).unwrap();
    dir.ok(&["report"]);
    assert!(!dir.exists("recoup.db-wal") && !dir.exists("recoup.db-shm"));
    assert!(std::fs::read(dir.path("recoup.db")).unwrap() == before);
    // A run that has nothing to do leaves it as any run does.
    assert!(dir.run_ok("book.csv").stdout.contains("Nothing to do"));
    assert_eq!(value::<String>(&dir.db(), "pragma journal_mode"), "delete");
}

#[cfg(unix)]
#[test]
fn a_link_where_the_reports_or_the_lock_should_be_is_never_written_through() {
    let dir = Workdir::with_book(60);
    dir.write("mine.txt", "mine");
    std::os::unix::fs::symlink("mine.txt", dir.path("recoup.db.lock")).unwrap();
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.contains("recoup.db.lock"), "{}", ended.stderr);
    assert_eq!(dir.read("mine.txt"), "mine");
    std::fs::remove_file(dir.path("recoup.db.lock")).unwrap();
    for folder in ["elsewhere", "reports"] {
        std::fs::create_dir(dir.path(folder)).unwrap();
    }
    dir.write("elsewhere/report.html", "mine");
    std::os::unix::fs::symlink("../elsewhere", dir.path(&format!("reports/{AS_OF}"))).unwrap();
    dir.run_ok("book.csv");
    assert_eq!(dir.read("elsewhere/report.html"), "mine");
    assert_eq!(std::fs::read_dir(dir.path("elsewhere")).unwrap().count(), 1);
    assert!(dir.path(&format!("reports/{AS_OF}")).symlink_metadata().unwrap().is_dir());
    assert_ne!(dir.report(), "mine");
}

#[test]
fn a_user_who_reads_while_a_run_is_in_progress_neither_waits_nor_delays_it() {
    let dir = Workdir::with_book(60);
    dir.run_ok("book.csv");
    let path = dir.path("recoup.db");
    let mut at_work = recoup::parts::open_for_run(&path, Duration::ZERO).unwrap();
    let run = recoup::parts::begin(&mut at_work, &path).unwrap();
    run.execute_batch("delete from decisions").unwrap();
    let reader = dir.db();
    reader.busy_timeout(Duration::ZERO).unwrap();
    reader.execute_batch("begin").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from risk_scores where risk_score is not null"), 60);
    run.commit().unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from risk_scores where risk_score is not null"), 60);
    reader.execute_batch("commit").unwrap();
    assert_eq!(value::<i64>(&reader, "select count(*) from risk_scores where strategy is not null"), 0);
}
