//! The as-of date of a run: the one that is given, or today in UTC where that can be right.

use std::process::Command;

use chrono::{DateTime, Utc};
use recoup::Error;
use recoup::parts::{Accepted, Config, Expected, Progress, Request, Source, run};

use crate::dump::{dump, tables};
use crate::workdir::{AS_OF, Workdir, value};

/// Runs at a moment of its own clock, with or without a given day; returns the as-of date.
fn run_at(dir: &Workdir, moment: &str, said: Option<&str>) -> Result<String, Error> {
    let request = Request {
        expected: Expected::default(),
        source: Source::find(&dir.path("book.csv")).expect("a book"),
        as_of: said.map(|day| day.parse().expect("a day")),
        database: dir.path("recoup.db"),
        reports: dir.path("reports"),
        accepted: Accepted { unchanged: true, ..Default::default() },
        is_forced: true,
        is_correction: false,
    };
    let moment: DateTime<Utc> = moment.parse().expect("a moment");
    let config = Config::parse("[risk]\nmodel = \"policy\"").expect("a configuration");
    run(&request, &config, &|| moment, &mut Progress::to_stderr())?;
    Ok(value(&dir.db(), "select as_of_date from latest_run"))
}

#[test]
fn a_day_that_was_not_given_is_today_and_never_before_the_last_run() {
    let dir = Workdir::with_book(50);
    assert_eq!(run_at(&dir, "2026-03-31T23:59:59Z", None).unwrap(), "2026-03-31");
    assert_eq!(run_at(&dir, "2026-03-31T00:00:00Z", None).unwrap(), "2026-03-31");
    let before = std::fs::read(dir.path("recoup.db")).unwrap();
    let refused = run_at(&dir, "2026-03-30T23:59:59Z", None).unwrap_err();
    assert_eq!(refused.exit_code(), 2);
    let reported = refused.to_string();
    for word in ["2026-03-30", "2026-03-31", "--as-of", "clock", "recoup.db"] {
        assert!(reported.contains(word), "{word} in {reported}");
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
        run(&["run", "book.csv", "--accept-unchanged"]);
        let is_utc = "select as_of_date = substr(started_at, 1, 10) from latest_run";
        assert!(value::<bool>(&dir.db(), is_utc), "{zone}");
    }
    assert!(seen.iter().all(|other| *other == seen[0]), "a time zone changes a result");
}
