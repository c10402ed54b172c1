//! A loan is registered once, whatever its files call its borrower from week to week.

use crate::workdir::{Workdir, texts, value};

const HEADER: &str = "Loan_ID,Borrower_ID,Outstanding_Loan_Amount,Days_Past_Due\n";

fn week(dir: &Workdir, day: &str, lines: &str) {
    dir.write("book.csv", format!("{HEADER}{lines}"));
    dir.ok(&["run", "book.csv", "--as-of", day]);
}

fn borrowers(dir: &Workdir) -> Vec<String> {
    texts(
        &dir.db(),
        "select run_id || ' ' || loan_id || ' ' || coalesce(borrower_id, '-') from loans_by_run order by 1",
    )
}

#[test]
fn each_run_keeps_the_borrower_that_its_own_file_names() {
    let dir = Workdir::new();
    week(&dir, "2026-01-05", "L1,Ann,100,0\nL2,Bea,200,3\nL3,,300,0\n");
    week(&dir, "2026-01-12", "L1,Ann,90,0\nL2,Cid,190,9\nL3,Dan,290,0\n");
    week(&dir, "2026-01-19", "L1,,80,0\nL2,Eve,180,0\nL3,Dan,280,5\n");
    let named =
        ["1 L1 Ann", "1 L2 Bea", "1 L3 -", "2 L1 Ann", "2 L2 Cid", "2 L3 Dan", "3 L1 -", "3 L2 Eve", "3 L3 Dan"];
    assert_eq!(borrowers(&dir), named);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loan_register"), 3);
    assert_eq!(texts(&dir.db(), "select movement from loan_movements where movement in ('new', 'gone')"), [""; 0]);

    dir.ok(&["erase", "Cid"]);
    assert_eq!(borrowers(&dir), named.into_iter().filter(|line| !line.contains("Cid")).collect::<Vec<_>>());
    dir.ok(&["erase", "Eve"]);
    dir.ok(&["erase", "Bea"]);
    assert_eq!(texts(&dir.db(), "select loan_id from loan_register order by 1"), ["L1", "L3"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from former_borrowers where borrower_id not in ('Ann')"), 0);
}

#[test]
fn a_loan_on_two_lines_changes_nothing_in_the_register() {
    let dir = Workdir::new();
    week(&dir, "2026-01-05", "L1,Ann,100,0\nL2,Bea,200,3\n");
    dir.write("recoup.toml", "[import]\nmax_rejected_percent = 100\n");
    week(&dir, "2026-01-12", "L1,Zoe,100,5\nL2,Bea,190,0\nL1,Yan,70,0\nL9,Zed,1,0\nL9,Zed,2,0\n");
    let register = "select loan_id || ' ' || borrower_id from loan_register order by 1";
    assert_eq!(texts(&dir.db(), register), ["L1 Ann", "L2 Bea"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loan_details"), 2);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from former_borrowers"), 0);
    assert_eq!(borrowers(&dir), ["1 L1 Ann", "1 L2 Bea", "2 L2 Bea"]);
    let left_out = "select distinct line || ' ' || borrower_id from rejects where is_row_left_out order by 1";
    assert_eq!(texts(&dir.db(), left_out), ["2 Zoe", "4 Yan", "5 Zed", "6 Zed"]);
}

#[test]
fn the_register_forgets_loans_with_their_last_run() {
    let dir = Workdir::new();
    week(&dir, "2026-01-05", "L1,Ann,100,0\nL2,Bea,200,3\nL3,Cid,300,8\n");
    week(&dir, "2026-01-12", "L2,Bob,190,5\nL3,Cid,290,0\n");
    dir.write("recoup.toml", "[retention]\nweeks = 1\n");
    week(&dir, "2026-01-19", "L2,Bob,180,5\nL3,Cid,280,7\n");
    assert_eq!(texts(&dir.db(), "select loan_id from loan_register order by 1"), ["L2", "L3"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from former_borrowers"), 0);
}

/// What the register and the former borrowers hold, without keys.
fn names_kept(dir: &Workdir) -> Vec<String> {
    texts(
        &dir.db(),
        "select borrower_id from loan_register union select borrower_id from former_borrowers order by borrower_id",
    )
}

#[test]
fn a_borrower_whose_loans_are_gone_is_in_no_table() {
    let dir = Workdir::new();
    dir.write(
        "recoup.toml",
        "[retention]\nweeks = 2\n[import]\naccept_unchanged = true\naccept_changed_values = true\n",
    );
    let others = "L2,Bea,200,3\nL3,Cid,300,8\n";
    week(&dir, "2026-01-05", &format!("L1,Ann,100,0\n{others}"));
    week(&dir, "2026-01-12", others);
    week(&dir, "2026-01-19", others);
    week(&dir, "2026-01-26", &format!("L1,Bob,100,0\n{others}"));
    assert_eq!(names_kept(&dir), ["Bea", "Bob", "Cid"]);
}

#[test]
fn the_borrower_of_an_earlier_run_is_the_latest_again_when_the_later_run_is_gone() {
    let dir = Workdir::new();
    dir.write(
        "recoup.toml",
        "[retention]\nweeks = 2\n[import]\naccept_unchanged = true\naccept_changed_values = true\n",
    );
    let others = "L2,Bea,200,3\nL3,Cid,300,8\n";
    week(&dir, "2026-03-30", &format!("L1,Ann,100,0\n{others}"));
    // A week of January, brought in late.
    week(&dir, "2026-01-05", &format!("L1,Zoe,100,0\n{others}"));
    week(&dir, "2026-04-06", others);
    assert_eq!(names_kept(&dir), ["Ann", "Bea", "Cid"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from former_borrowers"), 0);
    assert_eq!(borrowers(&dir).iter().filter(|line| line.contains("L1")).collect::<Vec<_>>(), ["1 L1 Ann"]);
}

/// What of a loan is the same from week to week, and which run has which.
fn details(dir: &Workdir) -> Vec<String> {
    texts(
        &dir.db(),
        "select loan_id || details_number || ' ' || coalesce(branch, '-') || ' ' || (
             select group_concat(run_id)
             from loan_snapshots as loans
             where loans.loan_key = details.loan_key and loans.details_number = details.details_number
         )
         from loan_details as details join loan_register using (loan_key)
         order by 1",
    )
}

#[test]
fn what_a_loans_weeks_have_in_common_is_stored_once() {
    let dir = Workdir::new();
    let week = |day: &str, lines: &str| {
        dir.write("book.csv", format!("Loan_ID,Borrower_ID,Outstanding_Loan_Amount,Days_Past_Due,Branch\n{lines}"));
        dir.ok(&["run", "book.csv", "--as-of", day]);
    };
    week("2026-01-05", "L1,Ann,100,0,North\nL2,Bea,200,3,North\nL3,Cid,9,0,\n");
    week("2026-01-12", "L1,Ann,90,0,North\nL2,Bea,190,9,South\nL3,Cid,8,0,\n");
    week("2026-01-19", "L1,Ann,80,7,North\nL2,Bea,180,9,North\n");
    assert_eq!(details(&dir), ["L11 North 1,2,3", "L21 North 1", "L22 South 2", "L23 North 3", "L31 - 1,2"]);
    let branches = texts(&dir.db(), "select run_id || branch from loans_by_run where loan_id = 'L2' order by 1");
    assert_eq!(branches, ["1North", "2South", "3North"]);

    dir.write("recoup.toml", "[retention]\nweeks = 2\n");
    week("2026-01-26", "L1,Ann,70,7,North\nL2,Bea,170,9,North\n");
    assert_eq!(details(&dir), ["L11 North 2,3,4", "L22 South 2", "L23 North 3,4", "L31 - 2"]);
    dir.ok(&["erase", "Bea"]);
    assert_eq!(details(&dir), ["L11 North 2,3,4", "L31 - 2"]);
}
