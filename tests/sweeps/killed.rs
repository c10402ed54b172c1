//! What is left of a run that is killed, or that the disk fails, at each of its system calls in turn: the Nth, then the
//! N+1st, until a run passes. After each one: the database is sound and shows the last run or this one, the files in the
//! report's folder are all of one run, and the next run ends with the same bytes as one that no one disturbed.
//!
//! strace injects the faults, one kind of call at a time.

use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use rayon::prelude::*;
use rusqlite::Connection;

use crate::dump::{dump, tables};
use crate::workdir::{AS_OF, Workdir, of_an_earlier_version, rows, texts, value};

/// Every call of a run that changes something on disk. A name that a processor's system does not have is passed over.
const WRITES: [&str; 10] =
    ["pwrite64", "write", "ftruncate", "rename", "renameat", "renameat2", "unlink", "unlinkat", "mkdir", "rmdir"];
const SYNCS: [&str; 2] = ["fsync", "fdatasync"];
/// Those of them that need room.
const TAKES_ROOM: [&str; 3] = ["pwrite64", "write", "mkdir"];

const RUN: [&str; 8] = ["run", "book.csv", "--as-of", AS_OF, "--model", "policy", "--threads", "1"];
const FILES: [&str; 3] = ["report.html", "worklist.csv", "scores.csv"];

/// What a run finds when it begins.
#[derive(Debug, Clone, Copy)]
enum Before {
    /// Nothing: the run makes the database.
    Nothing,
    /// The last week's run, and its files in the folder that this run's will be in.
    LastRun,
    /// A database of an earlier version, which the run brings up to date.
    EarlierVersion,
}

/// A folder as a run finds it, and what an undisturbed run makes of it.
struct Situation {
    found: Workdir,
    /// What the views show of the last run; nothing where there is none.
    shown_before: Vec<String>,
    files_before: Option<[String; 3]>,
    shown_after: Vec<String>,
    files_after: [String; 3],
    dump_after: Vec<String>,
    /// What an undisturbed run leaves in its folder.
    names_after: Vec<String>,
}

impl Situation {
    fn of(before: Before) -> Self {
        let found = Workdir::with_book(60);
        match before {
            Before::Nothing => {}
            Before::LastRun => {
                found.ok(&RUN);
                found.ok(&["demo", "--loans", "61", "--seed", "7", "--out", "book.csv"]);
            }
            Before::EarlierVersion => {
                drop(of_an_earlier_version(&found));
                std::fs::create_dir_all(found.path(&format!("reports/{AS_OF}"))).expect("a folder");
                FILES.iter().for_each(|name| found.write(&format!("reports/{AS_OF}/{name}"), "of the earlier version"));
            }
        }
        let undisturbed = copy(&found);
        undisturbed.ok(&RUN);
        let dump_after = dump(&undisturbed.db());
        assert!(tables(&dump_after) >= 8, "{} tables", tables(&dump_after));
        let shown_before = if found.exists("recoup.db") { shown(&copy(&found).db()) } else { Vec::new() };
        let shown_after = shown(&undisturbed.db());
        assert_eq!(shown_after.len(), found.read("book.csv").lines().count() - 1);
        assert_ne!(shown_before, shown_after);
        let files_after = files(&undisturbed).expect("an undisturbed run leaves its files");
        let names_after = names(&undisturbed.path(""));
        let is_upgraded = matches!(before, Before::EarlierVersion);
        assert_eq!(names_after.len(), if is_upgraded { 4 } else { 3 }, "{names_after:?}");
        Self { shown_before, files_before: files(&found), shown_after, files_after, dump_after, names_after, found }
    }

    /// Looks at what a disturbed run left, as a user would who comes by; gives whether the run is in it.
    fn look_at(&self, left: &Workdir, when: &str) -> bool {
        let looked_at = copy(left);
        let code = looked_at.recoup(&["report", "--out", "again"]).code;
        assert!(code <= 1, "{when}: a report from what is left ended with {code}");
        let shows = if looked_at.exists("recoup.db") { sound(&looked_at.db(), when) } else { Vec::new() };
        assert!(shows == self.shown_before || shows == self.shown_after, "{when}: neither run is shown");
        let files = files(left);
        let is_one_set = files == self.files_before || files.as_ref() == Some(&self.files_after);
        assert!(is_one_set, "{when}: the files are neither those of the last run nor of this one");
        let is_done = shows == self.shown_after;
        assert!(is_done || files == self.files_before, "{when}: files of a run that is not in the database");
        is_done
    }

    /// The next run ends where an undisturbed one does, and leaves nothing else behind.
    fn converges(&self, left: &Workdir, when: &str) {
        let ended = left.recoup(&RUN);
        assert_eq!(ended.code, 0, "{when}: the next run: {ended:?}");
        assert_eq!(sound(&left.db(), when), self.shown_after, "{when}");
        assert!(dump(&left.db()) == self.dump_after, "{when}: the next run's database differs");
        assert!(files(left).as_ref() == Some(&self.files_after), "{when}: the next run's files differ");
        assert_eq!(names(&left.path("")), self.names_after, "{when}");
        let journal_mode = std::fs::read(left.path("recoup.db")).expect("a database")[18];
        assert_eq!(journal_mode, 1, "{when}: a rollback journal, so that a copy is whole");
        assert_eq!(names(&left.path("reports")), [AS_OF], "{when}");
        assert_eq!(names(&left.path(&format!("reports/{AS_OF}"))).len(), FILES.len(), "{when}");
    }
}

/// What the views show, in every version of them.
fn shown(db: &Connection) -> Vec<String> {
    if texts(db, "select name from sqlite_schema where name = 'risk_scores'").is_empty() {
        return Vec::new();
    }
    rows(db, "select loan_id, risk_score from risk_scores order by loan_id")
}

fn sound(db: &Connection, when: &str) -> Vec<String> {
    assert_eq!(value::<String>(db, "pragma integrity_check"), "ok", "{when}");
    assert_eq!(value::<i64>(db, "select count(*) from pragma_foreign_key_check"), 0, "{when}");
    shown(db)
}

/// The files of the day, where there is a folder of it. The report gives the run's number, also in its queries, and one that
/// failed has a number, too.
fn files(dir: &Workdir) -> Option<[String; 3]> {
    let there = FILES.map(|name| format!("reports/{AS_OF}/{name}"));
    dir.exists(&format!("reports/{AS_OF}")).then(|| there.map(|name| numberless(&dir.read(&name))))
}

/// A report without the number of its run.
fn numberless(text: &str) -> String {
    ["<dt>Run</dt><dd>", "run_id = "].iter().fold(text.to_owned(), |text, before| {
        let mut parts = text.split(before);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + before + part.trim_start_matches(|letter: char| letter.is_ascii_digit()))
    })
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8")).collect();
    names.sort();
    names
}

/// The same folder again, as it is on the disk.
fn copy(dir: &Workdir) -> Workdir {
    let copied = Workdir::new();
    if dir.is_upgraded() {
        copied.upgrade();
    }
    let status = Command::new("cp").arg("-a").arg(dir.path(".")).arg(copied.path("")).status().expect("cp");
    assert!(status.success());
    copied
}

/// Runs the job with these faults, and gives also what strace saw of the calls.
fn strace(dir: &Workdir, rules: &[String]) -> (Output, String) {
    let seen = tempfile::NamedTempFile::new().expect("a file");
    let output = Command::new("strace")
        .args(["-f", "-qq", "-o"])
        .arg(seen.path())
        .args(rules.iter().flat_map(|rule| ["-e", rule]))
        .arg(dir.program())
        .args(RUN)
        .current_dir(dir.path(""))
        .output()
        .expect("these tests need strace");
    let seen = std::fs::read(seen.path()).expect("what strace saw");
    (output, String::from_utf8_lossy(&seen).into_owned())
}

/// Each call of these kinds that an undisturbed run makes, by its kind and number.
fn points(situation: &Situation, calls: &[&'static str]) -> Vec<(&'static str, usize)> {
    let mut points = Vec::new();
    for call in calls {
        let (output, seen) = strace(&copy(&situation.found), &[format!("trace=?{call}")]);
        assert!(output.status.success(), "{output:?}");
        let made = seen.lines().filter(|line| line.contains(&format!(" {call}("))).count();
        // One more: so often the call is not made, and the run passes.
        points.extend((1..=made + 1).map(|number| (*call, number)));
    }
    assert!(points.len() > 3 + calls.len(), "{points:?}");
    points
}

/// Disturbs a run at each point in turn. `fault` is what happens at the call of a number, `check` looks at how the run ended.
fn sweep(
    before: Before,
    calls: &[&'static str],
    fault: impl Fn(usize) -> String + Sync,
    check: impl Fn(&Situation, &Workdir, &Output, &str) + Sync,
) {
    let situation = Situation::of(before);
    let points = points(&situation, calls);
    let passed: usize = points
        .par_iter()
        .map(|(call, number)| {
            let fault = fault(*number);
            let when = format!("{before:?}, {call}, {fault}");
            let dir = copy(&situation.found);
            let (output, seen) = strace(&dir, &[format!("trace=?{call}"), format!("inject=?{call}:{fault}")]);
            check(&situation, &dir, &output, &when);
            situation.converges(&dir, &when);
            let is_hit = seen.contains("(INJECTED)") || output.status.signal().is_some();
            usize::from(!is_hit)
        })
        .sum();
    println!("{before:?}: {}: {} points of {calls:?}", fault(1), points.len() - passed);
    assert_eq!(passed, calls.len(), "every point but the last of each call was one");
}

fn killed(before: Before, calls: &[&'static str]) {
    let fault = |number| format!("signal=KILL:when={number}");
    sweep(before, calls, fault, |situation, dir, output, when| {
        assert!(
            matches!((output.status.signal(), output.status.code()), (Some(9), _) | (_, Some(0))),
            "{when}: {output:?}"
        );
        situation.look_at(dir, when);
    });
}

/// The first call fails once, the second and all after it, the third once, and so on.
fn failed(before: Before, calls: &[&'static str], error: &str) {
    let fault = |number| format!("error={error}:when={number}{}", if number % 2 == 0 { "+" } else { "" });
    sweep(before, calls, fault, |situation, dir, output, when| {
        let is_done = situation.look_at(dir, when);
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1 | 5)), "{when}: {output:?}");
        assert_eq!(is_done, code != Some(1), "{when}: {output:?}");
    });
}

macro_rules! sweeps {
    ($($name:ident: $what:expr;)+) => {
        $(
            #[test]
            fn $name() {
                $what
            }
        )+
    };
}

sweeps! {
    killed_at_every_write_of_the_first_run: killed(Before::Nothing, &WRITES);
    killed_at_every_write_of_a_later_run: killed(Before::LastRun, &WRITES);
    killed_at_every_write_of_a_run_that_migrates: killed(Before::EarlierVersion, &WRITES);
    killed_at_every_sync_of_the_first_run: killed(Before::Nothing, &SYNCS);
    killed_at_every_sync_of_a_later_run: killed(Before::LastRun, &SYNCS);
    killed_at_every_sync_of_a_run_that_migrates: killed(Before::EarlierVersion, &SYNCS);
    the_disk_full_at_every_write_of_the_first_run: failed(Before::Nothing, &TAKES_ROOM, "ENOSPC");
    the_disk_full_at_every_write_of_a_later_run: failed(Before::LastRun, &TAKES_ROOM, "ENOSPC");
    the_disk_full_at_every_write_of_a_run_that_migrates: failed(Before::EarlierVersion, &TAKES_ROOM, "ENOSPC");
    every_sync_failing_in_the_first_run: failed(Before::Nothing, &SYNCS, "EIO");
    every_sync_failing_in_a_later_run: failed(Before::LastRun, &SYNCS, "EIO");
    every_sync_failing_in_a_run_that_migrates: failed(Before::EarlierVersion, &SYNCS, "EIO");
}
