//! What a run does not touch, what it waits for, and which day it stands for. What is left of runs that are killed is in
//! `torture`; here are the ends that need no tool: a limit on the size of files, and files that are not fit to be used.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use recoup::config::Config;
use recoup::error::Error;
use recoup::import::Source;
use recoup::progress::Progress;
use recoup::run::{Request, run};
use rusqlite::Connection;

use crate::dump::{dump, tables};
use crate::upgrade::of_the_first_version;
use crate::workdir::{AS_OF, Workdir, open, rows, texts, value};

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
fn is_refused_untouched(dir: &Workdir, told: &str) {
    let before = everything(&dir.path(""));
    for args in [&["run", "book.csv", "--as-of", AS_OF][..], &["run", "book.csv", "--force"], &["report"]] {
        let ended = dir.recoup(args);
        assert_eq!(ended.code, 1, "{args:?}: {ended:?}");
        assert!(ended.stderr.contains(told), "{args:?}: {}", ended.stderr);
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
fn the_version_of_the_tables_stands_in_the_file() {
    let dir = Workdir::with_book(60);
    drop(of_the_first_version(&dir));
    assert_eq!(value::<i64>(&dir.db(), "pragma user_version"), 0);
    dir.run_ok("book.csv");
    let newest = value::<i64>(&dir.db(), "select max(version) from refinery_schema_history");
    assert_eq!(value::<i64>(&dir.db(), "pragma user_version"), newest);
}

/// Overwrites every page of a table's or an index's tree but the first with nonsense.
fn damage(path: &Path, first_page: i64, page_bytes: i64) {
    let mut bytes = std::fs::read(path).unwrap();
    let start = usize::try_from((first_page - 1) * page_bytes).unwrap();
    bytes[start..start + usize::try_from(page_bytes).unwrap()].fill(0x5a);
    std::fs::write(path, bytes).unwrap();
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

/// A run under a limit on the size of files, in blocks of 512 bytes: it is killed, or gets an error, where it goes over.
#[cfg(unix)]
fn run_within(dir: &Workdir, blocks: usize, is_told: bool) -> std::process::ExitStatus {
    let ignore = if is_told { "trap '' XFSZ; " } else { "" };
    let script = format!("{ignore}ulimit -c 0; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_recoup"), "run", "book.csv", "--as-of", AS_OF]);
    command.args(["--model", "policy"]).current_dir(dir.path("")).stdin(Stdio::null());
    command.output().expect("sh").status
}

#[cfg(unix)]
fn survives_a_limit(prepare: fn(&Workdir)) {
    let mut stopped = 0;
    for blocks in (0..1040).step_by(80) {
        for is_told in [true, false] {
            let dir = Workdir::with_book(60);
            prepare(&dir);
            let shown = |db: &Connection| rows(db, "select loan_id, risk_score from risk_scores order by loan_id");
            let before = shown(&dir.db());
            let status = run_within(&dir, blocks, is_told);
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
fn a_limit_on_the_size_of_files_leaves_the_last_run_of_the_first_version() {
    survives_a_limit(|dir| drop(of_the_first_version(dir)));
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
fn a_run_waits_for_somebody_who_writes_as_long_as_it_is_told_to() {
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
    // It says that somebody is in its way; only then do they let it.
    let mut told = BufReader::new(waiting.stderr.take().unwrap());
    let mut line = String::new();
    told.read_line(&mut line).unwrap();
    assert!(line.contains("somebody has the database open"), "{line}");
    assert_eq!(value::<i64>(&holder, "select count(*) from runs"), 1);
    holder.execute_batch("rollback").unwrap();
    told.read_to_string(&mut line).unwrap();
    assert_eq!(waiting.wait().unwrap().code(), Some(0), "{line}");
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from runs where status = 'complete'"), 2);
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
    assert_eq!(everything(&dir.path("elsewhere")).len(), 1);
    assert!(dir.path(&format!("reports/{AS_OF}")).symlink_metadata().unwrap().is_dir());
    assert_ne!(dir.report(), "mine");
}

/// A run at a moment of a clock of its own, with or without a day that somebody said; gives the day that it stands for.
fn run_at(dir: &Workdir, moment: &str, said: Option<&str>) -> Result<String, Error> {
    let request = Request {
        source: Source::find(&dir.path("book.csv")).unwrap(),
        as_of: said.map(|day| day.parse().unwrap()),
        database: dir.path("recoup.db"),
        reports: dir.path("reports"),
        is_forced: true,
    };
    let moment: DateTime<Utc> = moment.parse().unwrap();
    let config = Config::parse("[risk]\nmodel = \"policy\"").unwrap();
    run(&request, &config, &|| moment, &mut Progress::to_stderr())?;
    Ok(value(&dir.db(), "select as_of_date from shown_run"))
}

#[test]
fn a_day_that_nobody_said_is_today_and_never_before_the_last_run() {
    let dir = Workdir::with_book(50);
    assert_eq!(run_at(&dir, "2026-03-31T23:59:59Z", None).unwrap(), "2026-03-31");
    assert_eq!(run_at(&dir, "2026-03-31T00:00:00Z", None).unwrap(), "2026-03-31");
    let before = std::fs::read(dir.path("recoup.db")).unwrap();
    let refused = run_at(&dir, "2026-03-30T23:59:59Z", None).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    let told = refused.to_string();
    for word in ["2026-03-30", "2026-03-31", "--as-of", "clock", "recoup.db"] {
        assert!(told.contains(word), "{word} in {told}");
    }
    assert!(std::fs::read(dir.path("recoup.db")).unwrap() == before);
    assert_eq!(run_at(&dir, "2026-03-30T12:00:00Z", Some("2026-03-24")).unwrap(), "2026-03-24");
    assert_eq!(run_at(&dir, "2026-03-30T12:00:00Z", Some("2026-04-07")).unwrap(), "2026-04-07");
    assert_eq!(run_at(&dir, "2026-04-06T12:00:00Z", None).unwrap_err().exit_code(), 2, "a day to come was said");
    assert_eq!(run_at(&dir, "2026-04-07T00:00:00Z", None).unwrap(), "2026-04-07");
}

#[test]
fn a_clock_that_is_behind_ends_the_command_with_2_and_says_what_to_do() {
    let dir = Workdir::with_book(50);
    dir.ok(&["run", "book.csv", "--as-of", "2999-12-31"]);
    let ended = dir.recoup(&["run", "book.csv"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("--as-of"), "{}", ended.stderr);
    dir.run_ok("book.csv");
}

#[test]
fn no_time_zone_changes_a_result() {
    let mut seen = Vec::new();
    for zone in ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "XYZ-14", "XYZ11"] {
        let dir = Workdir::with_book(300);
        let run = |args: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_recoup"));
            let status = command.args(args).env("TZ", zone).current_dir(dir.path("")).output().unwrap().status;
            assert!(status.success(), "{zone}");
        };
        run(&["run", "book.csv", "--as-of", AS_OF]);
        let lines = dump(&dir.db());
        assert!(tables(&lines) > 8);
        seen.push((lines, dir.report(), dir.read(&format!("reports/{AS_OF}/worklist.csv"))));
        run(&["run", "book.csv"]);
        let is_utc = "select as_of_date = substr(started_at, 1, 10) from shown_run";
        assert!(value::<bool>(&dir.db(), is_utc), "{zone}");
    }
    assert!(seen.iter().all(|other| *other == seen[0]), "a time zone changes a result");
}
