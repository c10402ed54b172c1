//! `recoup doctor`: what is as it should be, what is not, and what to do; it changes nothing.

use serde_json::Value;

use crate::workdir::of_an_earlier_version;
use crate::workdir::{AS_OF, Ended, Workdir, open};

/// The findings of a state, as "check: found -> what to do".
fn found(dir: &Workdir, state: &str) -> Vec<String> {
    let ended = dir.recoup(&["doctor", "--format", "json"]);
    let reported: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {ended:?}"));
    let findings = reported["findings"].as_array().expect("a list");
    let count = |state: &str| findings.iter().filter(|finding| finding["state"] == state).count();
    assert_eq!(reported["faults"], count("fault"), "{reported}");
    assert_eq!(reported["warnings"], count("warning"), "{reported}");
    assert_eq!(ended.code, i32::from(count("fault") > 0), "{reported}");
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let reported = findings.iter().filter(|finding| finding["state"] == state);
    reported.map(|finding| ["check", "found", "what_to_do"].map(|key| text(finding, key)).join(": ")).collect()
}

/// The one finding of a state, which must hold these words.
fn only(dir: &Workdir, state: &str, words: &[&str]) {
    let found = found(dir, state);
    assert_eq!(found.len(), 1, "{found:?}");
    for word in words {
        assert!(found[0].contains(word), "{word}: {found:?}");
    }
}

fn sound() -> Workdir {
    let dir = Workdir::with_book(200);
    dir.run_ok("book.csv");
    dir.ok(&["backup", "--out", "copy.db"]);
    assert!(found(&dir, "fault").is_empty() && found(&dir, "warning").is_empty(), "{:?}", found(&dir, "warning"));
    dir
}

#[test]
fn a_sound_installation_is_found_so_and_left_as_it_is() {
    let dir = sound();
    let before = dir.everything();
    let ended = dir.ok(&["doctor"]);
    assert!(dir.everything() == before, "doctor changed something");
    assert!(ended.stdout.lines().all(|line| line.starts_with("ok ")), "{}", ended.stdout);
    for check in [
        "config",
        "version",
        "integrity",
        "references",
        "views",
        "not ours",
        "loans",
        "size",
        "last run",
        "report",
        "backups",
        "disk",
        "at work",
        "who may read",
    ] {
        assert!(ended.stdout.contains(&format!("ok       {check} ")), "{check}: {}", ended.stdout);
    }
}

#[test]
fn without_a_database_or_with_another_programs_there_is_a_fault() {
    let dir = Workdir::new();
    only(&dir, "fault", &["there is no database recoup.db", "recoup run FILE"]);
    open(&dir.path("recoup.db")).execute_batch("create table invoices (number integer)").unwrap();
    only(&dir, "fault", &["not a Recoup database", "--db"]);
    let ended: Ended = dir.recoup(&["doctor"]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.starts_with("FAULT") && ended.stderr.contains("faults"), "{ended:?}");
}

#[test]
fn a_damaged_database_is_a_fault_and_a_backup_is_the_way_out() {
    let dir = sound();
    let mut bytes = std::fs::read(dir.path("recoup.db")).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 20_000].fill(0xA5);
    dir.write("recoup.db", bytes);
    let found = found(&dir, "fault");
    assert!(!found.is_empty() && found.iter().all(|finding| finding.contains("backup")), "{found:?}");
}

#[test]
fn a_row_that_refers_to_none_is_a_fault() {
    let dir = sound();
    dir.db().execute_batch("pragma foreign_keys = off; delete from segments").unwrap();
    only(&dir, "fault", &["references", "decisions"]);
}

#[test]
fn a_configuration_that_no_run_could_use_is_a_fault() {
    let dir = sound();
    dir.write("recoup.toml", "[risk]\ntres = 100");
    only(&dir, "fault", &["config", "tres"]);
}

/// As for two recipients by a server that no one runs.
const MAIL: &str = "[mail]\nfrom = \"r@lender.example\"\nto = [\"anna@lender.example\", \"ben@lender.example\"]\n\
    [mail.smtp]\nhost = \"localhost\"\nuser = \"recoup\"\npassword_file = \"password\"\n";

#[cfg(unix)]
#[test]
fn a_password_that_cannot_be_used_is_a_fault() {
    use std::os::unix::fs::PermissionsExt;
    let dir = sound();
    dir.write("recoup.toml", MAIL);
    only(&dir, "fault", &["e-mail", "password_file password", "No such file"]);
    dir.write("password", "secret");
    let readable_by = |mode| {
        std::fs::set_permissions(dir.path("password"), std::fs::Permissions::from_mode(mode)).expect("a file of ours");
    };
    readable_by(0o640);
    only(&dir, "fault", &["e-mail", "chmod 600 password"]);
    readable_by(0o600);
    assert!(found(&dir, "fault").is_empty());
    // One that the service is handed cannot be seen from here, and is no fault.
    dir.write("recoup.toml", MAIL.replace("password_file = \"password\"", ""));
    assert!(found(&dir, "fault").is_empty());
}

#[test]
fn whoever_the_latest_report_has_not_reached_is_named() {
    let dir = sound();
    dir.write("recoup.toml", MAIL.replace("password_file = \"password\"", ""));
    only(&dir, "warning", &["run 1 has not reached anna@lender.example and 1 more", "`recoup mail`"]);
    let reached = |who: &str| {
        let insert = "insert into deliveries (run_id, kind, recipient, message_id, attempt, status, started_at)
            values (1, 'report', ?1, 'x', 1, 'sent', '')";
        dir.db().execute(insert, [who]).expect("a row");
    };
    reached("Anna <anna@lender.example>");
    only(&dir, "warning", &["run 1 has not reached ben@lender.example:"]);
    reached("ben@lender.example");
    assert!(found(&dir, "warning").is_empty());
    assert!(found(&dir, "ok").iter().any(|found| found.contains("run 1 has reached all 2 recipients")));
}

#[test]
fn a_damaged_backup_is_a_fault_and_an_absent_one_a_warning() {
    let dir = sound();
    std::fs::rename(dir.path("copy.db"), dir.path("moved.db")).unwrap();
    only(&dir, "warning", &["copy.db is missing", "--forget"]);
    dir.write("copy.db", "no database");
    only(&dir, "fault", &["copy.db", "--forget"]);
}

#[test]
fn a_report_that_is_absent_or_of_another_run_is_a_warning() {
    let dir = sound();
    let page = format!("reports/{AS_OF}/report.html");
    std::fs::rename(dir.path(&page), dir.path("kept.html")).unwrap();
    only(&dir, "warning", &["report.html", "recoup report"]);
    std::fs::rename(dir.path("kept.html"), dir.path(&page)).unwrap();
    dir.ok(&["demo", "--loans", "120", "--seed", "3", "--out", "next.csv"]);
    dir.ok(&["run", "next.csv", "--as-of", AS_OF, "--out", "elsewhere"]);
    only(&dir, "warning", &["does not belong to run 2", "recoup report"]);
    dir.ok(&["report"]);
    assert!(found(&dir, "warning").is_empty());
}

#[test]
fn a_run_that_came_to_nothing_since_is_a_warning() {
    let dir = sound();
    dir.write("bad.csv", "Loan_ID,Outstanding_Loan_Amount,Days_Past_Due\nA,1,1\nA,1,1\n");
    assert_eq!(dir.run("bad.csv", &[]).code, 3);
    only(&dir, "warning", &["1 since the last complete run", "run 2, was refused", "run_history"]);
}

#[test]
fn a_job_that_no_longer_runs_and_a_backup_of_long_ago_are_warnings() {
    let dir = sound();
    dir.db().execute_batch("update runs set finished_at = '2020-01-01T06:00:00Z'").unwrap();
    only(&dir, "warning", &["last run", "days ago", "scheduled job"]);
    dir.db().execute_batch("update runs set finished_at = '2999-01-01T06:00:00Z'").unwrap();
    dir.db().execute_batch("update backups set made_at = '2020-01-01T06:00:00Z'").unwrap();
    only(&dir, "warning", &["backups", "2020-01-01", "recoup backup"]);
}

#[test]
fn what_killed_processes_left_is_found() {
    let dir = sound();
    dir.write(".recoup-copy-x1", "half a copy");
    dir.write(&format!("reports/{AS_OF}/.recoup-x2"), "half a report");
    dir.write("recoup.db.lock", "process 7");
    let found = found(&dir, "warning");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains(".recoup-copy-x1") && found[1].contains(".recoup-x2"), "{found:?}");
    assert!(dir.ok(&["doctor"]).stdout.contains("harmless"));
}

#[test]
fn a_run_in_progress_is_reported_and_not_disturbed() {
    let dir = sound();
    let lock = recoup::parts::RunLock::take(&dir.path("recoup.db"), "process 7, started early").unwrap();
    assert!(dir.ok(&["doctor"]).stdout.contains("a run is in progress (process 7, started early)"));
    drop(lock);
    assert!(dir.ok(&["doctor"]).stdout.contains("no run is in progress"));
}

#[test]
fn a_database_of_an_earlier_version_is_a_warning_and_of_a_later_one_a_fault() {
    let dir = Workdir::new();
    drop(of_an_earlier_version(&dir));
    let warned = found(&dir, "warning").join("\n");
    assert!(warned.contains("tables of version 1") && warned.contains("the next `recoup run`"), "{warned}");
    let dir = sound();
    dir.db().execute_batch("insert into refinery_schema_history (version, name) values (99, 'x')").unwrap();
    only(&dir, "fault", &["a later version of Recoup", "newer program"]);
}

#[cfg(unix)]
#[test]
fn what_others_may_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let dir = sound();
    for (name, reported) in [(&*format!("reports/{AS_OF}/worklist.csv"), "worklist.csv"), ("copy.db", "copy.db")] {
        std::fs::set_permissions(dir.path(name), std::fs::Permissions::from_mode(0o644)).unwrap();
        only(&dir, "warning", &[reported, "chmod 600"]);
        std::fs::set_permissions(dir.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

#[test]
fn a_damaged_database_is_to_be_restored() {
    let dir = sound();
    let mut bytes = std::fs::read(dir.path("recoup.db")).unwrap();
    bytes[100..112].fill(0xff);
    dir.write("recoup.db", bytes);
    only(&dir, "fault", &["damaged", "copy the latest good backup over the database"]);
}

#[test]
fn loans_that_are_not_those_that_were_counted_are_a_fault() {
    let dir = sound();
    dir.db().execute_batch("pragma foreign_keys = on; delete from loan_snapshots where line = 5").unwrap();
    only(&dir, "fault", &["loans", "run 1 counted 200 loans; 199 are stored", "backup"]);
    let dir = sound();
    dir.db().execute_batch("delete from decisions where snapshot_id = 5").unwrap();
    only(&dir, "fault", &["loans", "200 are stored, 199 of them with a decision"]);
    let dir = sound();
    dir.db().execute_batch("delete from loan_snapshots; delete from decisions; delete from score_reasons").unwrap();
    only(&dir, "fault", &["200 loans; 0 are stored"]);
    only(&dir, "warning", &["details", "200 rows of loan_details belong to no loan of a run", "recoup erase"]);
}

#[test]
fn figures_that_should_stay_are_missed() {
    for table in ["run_summaries", "segment_summaries", "strategy_summaries", "arrears_summaries"] {
        let dir = sound();
        let removed = "delete from score_reasons; delete from decisions; delete from loan_snapshots;
            update runs set loans_removed_at = '2026-04-01T06:00:00Z'";
        dir.db().execute_batch(removed).unwrap();
        assert!(found(&dir, "fault").is_empty(), "{:?}", found(&dir, "fault"));
        dir.db().execute_batch(&format!("delete from {table}")).unwrap();
        only(&dir, "fault", &["figures of run 1"]);
    }
}

#[test]
fn whoever_was_erased_is_not_missed() {
    let dir = sound();
    let who: String = crate::workdir::value(&dir.db(), "select borrower_id from loans limit 1");
    dir.ok(&["erase", &who]);
    assert!(found(&dir, "fault").is_empty(), "{:?}", found(&dir, "fault"));
}

#[test]
fn a_trigger_or_table_of_another_program_is_a_warning() {
    let dir = sound();
    let trigger = "create trigger theirs after delete on loan_snapshots begin select 1; end";
    dir.db().execute_batch(trigger).unwrap();
    only(&dir, "warning", &["not ours", "trigger theirs on loan_snapshots", "recoup erase"]);
}
