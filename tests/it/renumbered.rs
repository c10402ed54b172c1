//! Loans that the lender's system numbers anew go on as the same loans.

use crate::dump::dump;
use crate::workdir::{Workdir, rows, texts};

/// Of the demo's five weekly files.
const NEW_IDS_FROM: &str = "2026-03-31";
const DAYS: [&str; 5] = ["2026-03-10", "2026-03-17", "2026-03-24", NEW_IDS_FROM, "2026-04-07"];

fn lender(more: &[&str]) -> Workdir {
    let dir = Workdir::new();
    let lender = ["demo", "--weeks", "5", "--loans", "200", "--as-of", "2026-04-07", "--out", "weeks"];
    dir.ok(&[&lender, more].concat());
    dir
}

fn weekly(dir: &Workdir, day: &str) {
    dir.ok(&["run", &format!("weeks/{day}.csv"), "--as-of", day, "--model", "policy"]);
}

#[test]
fn with_a_list_of_new_ids_the_weeks_go_on_as_if_nothing_had_been_renumbered() {
    let (dir, plain) = (lender(&["--renumber-week", "4"]), lender(&[]));
    for day in &DAYS[..3] {
        weekly(&dir, day);
    }
    let refused = dir.recoup(&["run", "weeks/2026-03-31.csv", "--as-of", NEW_IDS_FROM, "--model", "policy"]);
    assert_eq!(refused.code, 3, "{refused:?}");
    for said in ["under another id, with the same borrower, amount and balance: loan LN_", "`recoup renumber ids.csv`"]
    {
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let truth = dir.read("weeks/truth.csv");
    let (mut list, mut loans) = ("Old ID;New ID\n".to_owned(), 0);
    for line in truth.lines() {
        if let [_, old, _, "renumbered", _, _, new] = line.split(',').collect::<Vec<_>>()[..] {
            list += &format!("{old};{new}\n");
            loans += 1;
        }
    }
    dir.write("ids.csv", list + "LN_0;K0\n");
    let said = dir.ok(&["renumber", "ids.csv"]).stdout;
    assert_eq!(
        said,
        format!("Gave {loans} loans their new ids, in every week. 1 of the list were in no weekly file.\n")
    );
    DAYS[3..].iter().for_each(|day| weekly(&dir, day));
    DAYS.iter().for_each(|day| weekly(&plain, day));
    for query in [
        "select live_loans, outstanding, par30_percent from portfolio_by_run order by run_id",
        "select state_from, state_to, loans, opening, closing from roll_rates order by 1, 2",
        "select line, loans, amount from reconciliation order by position",
        "select as_of_date, reason, basis, count(*) from loan_exits_by_run join runs using (run_id) group by 1, 2, 3 order by 1, 2, 3",
    ] {
        let (renumbered, never) = (rows(&dir.db(), query), rows(&plain.db(), query));
        assert!(!never.is_empty(), "{query}");
        assert_eq!(renumbered, never, "{query}");
    }
}

/// Ten loans, of which the first few have other ids.
fn ten(other: usize, balance: usize) -> String {
    let id = |loan| if loan < other { format!("K{}", loan * 37 + 500) } else { format!("L{loan}") };
    let line = |loan| format!("{},B{loan},{},{},{}\n", id(loan), 5000 + loan, balance + loan * 10, loan * 3);
    let lines: String = (0..10).map(line).collect();
    format!("Loan_ID,Borrower_ID,Loan_Amount,Outstanding_Loan_Amount,Days_Past_Due\n{lines}")
}

#[test]
fn a_few_loans_under_other_ids_are_noticed_by_borrower_amount_and_balance() {
    for (other, balance, is_refused) in [(2, 960, true), (1, 960, false), (2, 700, false), (10, 960, true)] {
        let dir = Workdir::new();
        dir.write("one.csv", ten(0, 1000));
        dir.write("two.csv", ten(other, balance));
        dir.ok(&["run", "one.csv", "--as-of", "2026-03-03"]);
        let ended = dir.recoup(&["run", "two.csv", "--as-of", "2026-03-10"]);
        assert_eq!(ended.code, if is_refused { 3 } else { 0 }, "{other} {balance}: {ended:?}");
        let example = "loan L0 of 2026-03-03 is loan K500 now";
        assert_eq!(ended.stderr.contains(example), is_refused, "{other} {balance}: {ended:?}");
    }
}

#[test]
fn a_list_that_would_make_two_loans_one_changes_nothing() {
    let dir = Workdir::new();
    dir.write("one.csv", ten(0, 1000));
    dir.ok(&["run", "one.csv", "--as-of", "2026-03-03"]);
    let before = dump(&dir.db());
    for (list, said) in [
        ("L1,L2\n", "the new id L2 of loan L1 is already that of another loan"),
        ("L1,K1\nL1,K2\n", "line 3: the old id L1 is on another line too"),
        ("L1,K1\nL2,K1\n", "line 3: the new id K1 is on another line too"),
        ("L1,\n", "line 2: an id is empty"),
    ] {
        dir.write("ids.csv", format!("old_id,new_id\n{list}"));
        let refused = dir.recoup(&["renumber", "ids.csv"]);
        assert_eq!(refused.code, 3, "{refused:?}");
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert_eq!(dump(&dir.db()), before);
    }
    // Two loans may change ids with each other.
    dir.write("ids.csv", "old_id,new_id\nL1,L2\nL2,L1\n");
    assert_eq!(dir.ok(&["renumber", "ids.csv"]).stdout, "Gave 2 loans their new ids, in every week.\n");
    let swapped = "select loan_id || ' ' || borrower_id from loans where loan_id in ('L1', 'L2') order by loan_id";
    assert_eq!(texts(&dir.db(), swapped), ["L1 B2", "L2 B1"]);
}

#[test]
fn a_borrower_is_erased_under_the_old_ids_too() {
    let dir = Workdir::new();
    // A note of another loan names this one by its old id.
    let note = |loan| if loan == 12 { "guarantor of LNX-OLD-37" } else { "" };
    let line = |loan| format!("LNX-OLD-{loan},BRW-LONG-{loan},5000,{},{},{}\n", 1000 + loan, loan * 9, note(loan));
    let lines: String = (10..40).map(line).collect();
    dir.write(
        "one.csv",
        format!("Loan_ID,Borrower_ID,Loan_Amount,Outstanding_Loan_Amount,Days_Past_Due,Note\n{lines}"),
    );
    dir.ok(&["run", "one.csv", "--as-of", "2026-03-03"]);
    std::fs::remove_file(dir.path("one.csv")).unwrap();
    dir.write("ids.csv", "old_id,new_id\nLNX-OLD-37,LNX-NEW-37\n");
    dir.ok(&["renumber", "ids.csv"]);
    std::fs::remove_file(dir.path("ids.csv")).unwrap();
    let naming = |id: &str| {
        let has = |bytes: &[u8]| memchr::memmem::find(bytes, id.as_bytes()).is_some();
        dir.everything().iter().filter(|(_, bytes)| has(bytes)).map(|(name, _)| name.clone()).collect::<Vec<_>>()
    };
    assert!(naming("LNX-OLD-37").len() > 1, "{:?}", naming("LNX-OLD-37"));
    dir.ok(&["erase", "BRW-LONG-37"]);
    for id in ["LNX-OLD-37", "LNX-NEW-37", "BRW-LONG-37"] {
        assert!(naming(id).is_empty(), "{id}: {:?}", naming(id));
    }
    assert!(!naming("LNX-OLD-36").is_empty());
}
