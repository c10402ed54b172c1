//! The commands beside the weekly job, and how wrong usage ends.

use std::path::Path;

use crate::workdir::{AS_OF, Workdir};

#[test]
fn init_writes_the_defaults_and_leaves_a_file_alone() {
    let dir = Workdir::with_book(100);
    dir.run_ok("book.csv");
    dir.ok(&["init"]);
    let defaults = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recoup.toml");
    assert_eq!(dir.read("recoup.toml"), std::fs::read_to_string(defaults).unwrap());
    let ended = dir.run_ok("book.csv");
    assert!(ended.stdout.contains("Nothing to do"), "the file that init writes changes no default: {}", ended.stdout);
    dir.write("recoup.toml", "seed = 7");
    assert_eq!(dir.recoup(&["init"]).code, 2);
    assert_eq!(dir.read("recoup.toml"), "seed = 7");
}

#[test]
fn wrong_usage_ends_with_2_and_names_the_mistake() {
    let dir = Workdir::with_book(50);
    for (args, reported) in [
        (&["run"][..], "required arguments were not provided:\n  <FILE>"),
        (&["run", "book.csv", "--as-of", "31.3.2026"], "invalid value '31.3.2026' for '--as-of"),
        (&["run", "book.csv", "--config", "absent.toml"], "absent.toml: No such file"),
        (&["run", "book.csv", "--threads", "0"], "invalid value '0' for '--threads"),
        (&["mend"], "unrecognized subcommand 'mend'"),
    ] {
        let ended = dir.recoup(args);
        assert_eq!(ended.code, 2, "{args:?}: {ended:?}");
        assert!(ended.stderr.contains(reported), "{args:?}: {}", ended.stderr);
    }
    dir.write("recoup.toml", "[risk]\ntres = 100");
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 2);
    assert!(ended.stderr.contains("tres") && ended.stderr.contains("recoup.toml"), "{}", ended.stderr);
    assert!(!dir.exists("recoup.db"));
}

#[test]
fn the_report_of_an_earlier_run_can_be_written_again() {
    let dir = Workdir::with_book(300);
    dir.run_ok("book.csv");
    let names = ["report.html", "worklist.csv", "scores.csv"];
    let first = names.map(|name| dir.read(&format!("reports/{AS_OF}/{name}")));
    dir.ok(&["demo", "--loans", "200", "--seed", "9", "--out", "book.csv"]);
    dir.run_ok("book.csv");
    assert_ne!(names.map(|name| dir.read(&format!("reports/{AS_OF}/{name}"))), first);
    dir.ok(&["report", "--run", "1", "--out", "again"]);
    assert_eq!(names.map(|name| dir.read(&format!("again/{AS_OF}/{name}"))), first);
    dir.ok(&["report", "--out", "latest"]);
    assert_eq!(dir.read(&format!("latest/{AS_OF}/report.html")), dir.report());
    let ended = dir.recoup(&["report", "--run", "77"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stderr.contains("run_history"), "{}", ended.stderr);
}

#[test]
fn the_sample_is_what_demo_makes() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--loans", "2000", "--out", "sample.csv"]);
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample_loans.csv");
    assert!(dir.read("sample.csv") == std::fs::read_to_string(kept).unwrap(), "data/sample_loans.csv differs");
}

#[test]
fn a_made_up_book_comes_with_its_truth() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--loans", "300", "--out", "book.csv", "--truth", "truth.csv", "--signal", "none"]);
    let truth = dir.read("truth.csv");
    assert_eq!(truth.lines().count(), 301);
    let mut probabilities = truth.lines().skip(1).map(|line| line.split(',').nth(1).unwrap());
    assert!(
        probabilities.all(|text| text == "0.400000"),
        "without a signal, four in ten of any borrower are not recovered"
    );
}

#[test]
fn the_weekly_files_of_a_made_up_lender_are_taken_week_by_week() {
    let dir = Workdir::new();
    let demo = ["demo", "--weeks", "3", "--loans", "300", "--as-of", "2026-03-30", "--out", "lender"];
    dir.ok(&demo);
    for day in ["2026-03-16", "2026-03-23", "2026-03-30"] {
        dir.ok(&["run", &format!("lender/{day}.csv"), "--as-of", day]);
    }
    assert!(dir.read("lender/truth.csv").contains(",disbursed,"));
    let again = dir.recoup(&demo);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("lender is not empty"), "{}", again.stderr);
}

#[test]
fn options_of_weekly_files_need_weeks_and_those_of_one_book_exclude_them() {
    let dir = Workdir::new();
    for args in [
        &["demo", "--as-of", "2026-03-30"][..],
        &["demo", "--frozen-week", "2"],
        &["demo", "--weeks", "3", "--truth", "truth.csv"],
        &["demo", "--weeks", "3", "--signal", "none"],
        &["demo", "--weeks", "3", "--renumber-week", "4"],
        &["demo", "--weeks", "0"],
    ] {
        assert_eq!(dir.recoup(args).code, 2, "{args:?}");
    }
    assert!(dir.everything().is_empty());
}
