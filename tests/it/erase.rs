//! A borrower who is erased is gone: from tables, free pages, copies, reports and exports.

use crate::workdir::{AS_OF, Rows, Workdir, aged, of_an_earlier_version, open, rows, texts, value};

/// The borrower, their loans, and texts that say who they are.
pub const WHO: &str = "BRW-ERASE-7701";
const LOANS: [&str; 3] = ["LNX-ERASE-01", "LNX-ERASE-02", "LNX-LEFTOUT-03"];
const NAMES: [&str; 3] = ["Zebediah", "Quartermaine", "Warblington"];

/// Everything that must not be found again.
fn needles() -> Vec<&'static str> {
    [&[WHO], &LOANS[..], &NAMES].concat()
}

pub fn assert_gone(name: &str, bytes: &[u8]) {
    assert!(!bytes.is_empty(), "{name}");
    for needle in needles() {
        assert!(memchr::memmem::find(bytes, needle.as_bytes()).is_none(), "{needle} is in {name}");
    }
}

pub fn assert_there(name: &str, bytes: &[u8]) {
    for needle in [WHO, LOANS[0]] {
        assert!(memchr::memmem::find(bytes, needle.as_bytes()).is_some(), "{needle} was never in {name}");
    }
}

/// A book of 250 others, among whom the borrower has the first and the last loan, and a line that is left out; another's
/// contact names the borrower. `extra` tells one week from the next.
fn book(dir: &Workdir, extra: &str) {
    dir.ok(&["demo", "--loans", "250", "--out", "others.csv"]);
    let others = dir.read("others.csv");
    let mut lines = others.lines();
    let header = lines.next().expect("a header").to_owned();
    let place = |name: &str| header.split(',').position(|column| column == name).expect("a column");
    let with = |line: &str, values: &[(&str, &str)], contact: &str| {
        let mut fields: Vec<&str> = line.split(',').collect();
        for (column, value) in values {
            fields[place(column)] = value;
        }
        format!("{},{contact}\n", fields.join(","))
    };
    let others: Vec<&str> = lines.collect();
    let mut text = format!("{header},Contact\n");
    let late = [("Recovery_Status", "Outstanding"), ("Days_Past_Due", "300"), ("Outstanding_Loan_Amount", "9000000")];
    let first = [&[("Borrower_ID", WHO), ("Loan_ID", LOANS[0])], &late[..]].concat();
    text += &with(others[0], &first, "Zebediah Quartermaine");
    for (number, line) in others.iter().enumerate().skip(1) {
        let contact = if number == 9 { format!("guarantor {WHO}; {extra}") } else { extra.to_owned() };
        text += &with(line, &[], &contact);
    }
    text += &with(
        others[0],
        &[("Borrower_ID", WHO), ("Loan_ID", LOANS[2]), ("Outstanding_Loan_Amount", "Warblington")],
        "Quartermaine",
    );
    text += &with(others[0], &[("Borrower_ID", WHO), ("Loan_ID", LOANS[1]), ("Age", "Warblington")], "Quartermaine");
    dir.write("book.csv", text);
}

/// Two weeks of the book, each with a report, and a copy in between.
pub fn two_weeks() -> Workdir {
    let dir = Workdir::new();
    book(&dir, "week 1");
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-24"]);
    // What an import notes of a line that was left out, and of a line that is no loan.
    let db = dir.db();
    db.execute(
        "update rejects set borrower_id = ?1 where line in (select line from rejects where value = 'Warblington')",
        [WHO],
    )
    .expect("a change");
    db.execute(
        "insert into rejects (run_id, line, column_name, value, reason, is_row_left_out, borrower_id)
         values (1, 900, 'Loan_ID', ?1, 'this loan id stands on more than one line', 1, ?2)",
        (LOANS[2], WHO),
    )
    .expect("a change");
    db.execute(
        "insert into skipped_lines (run_id, line, reason, content) values (1, 901, 'below the data', ?1)",
        [format!("total of {WHO},,12")],
    )
    .expect("a change");
    drop(db);
    dir.ok(&["backup", "--out", "copy.db"]);
    book(&dir, "week 2");
    dir.write("book.csv", aged(&dir.read("book.csv"), 7));
    dir.run_ok("book.csv");
    let db = dir.db();
    db.execute("update rejects set borrower_id = ?1 where value = 'Warblington'", [WHO]).expect("a change");
    dir
}

/// The files that a borrower may be in.
fn held(dir: &Workdir) -> Vec<String> {
    let names = dir.everything().into_keys();
    names
        .filter(|name| !name.ends_with("book.csv") && !name.ends_with("others.csv") && dir.path(name).is_file())
        .collect()
}

#[test]
fn nothing_of_a_borrower_is_left_in_any_file() {
    let dir = two_weeks();
    let listing = ["recoup.db", "copy.db", "reports/2026-03-24/worklist.csv", "reports/2026-03-31/scores.csv"];
    for name in listing {
        assert_there(name, &std::fs::read(dir.path(name)).unwrap());
    }
    assert_there("report", dir.report().as_bytes());
    let ended = dir.ok(&["erase", WHO]);
    let names = held(&dir);
    assert_eq!(names.len(), 8, "two databases and three files of each week: {names:?}");
    for name in names {
        assert_gone(&name, &std::fs::read(dir.path(&name)).unwrap());
    }
    assert_gone("what was reported", (ended.stdout.clone() + &ended.stderr).as_bytes());
    for reported in ["Erased    4 loans", "copy.db", "2026-03-24", AS_OF, "your own CSV files"] {
        assert!(ended.stdout.contains(reported), "{reported}: {}", ended.stdout);
    }
}

#[test]
fn what_remains_is_complete_and_says_that_someone_was_erased() {
    let dir = two_weeks();
    let others = "select count(*) from stg_loans where borrower_id <> 'BRW-ERASE-7701'";
    let before: i64 = value(&dir.db(), others);
    let figures = rows(&dir.db(), "select loans, outstanding from portfolio_by_run");
    dir.ok(&["erase", WHO]);
    for (name, runs) in [("recoup.db", 2), ("copy.db", 1)] {
        let db = open(&dir.path(name));
        assert_eq!(value::<String>(&db, "pragma integrity_check"), "ok", "{name}");
        assert_eq!(value::<i64>(&db, "select count(*) from pragma_foreign_key_check"), 0, "{name}");
        assert_eq!(value::<i64>(&db, "select freelist_count from pragma_freelist_count"), 0, "{name}");
        let noted = "select run_id || ' ' || erased_loans from runs where erased_at is not null order by run_id";
        assert_eq!(texts(&db, noted), ["1 2", "2 2"][..runs], "{name}");
        for view in recoup::parts::view_names() {
            value::<i64>(&db, &format!("select count(*) from {view}"));
        }
    }
    let db = dir.db();
    assert_eq!(value::<i64>(&db, others), before);
    for table in ["decisions", "score_reasons"] {
        let loose =
            format!("select count(*) from {table} where snapshot_id not in (select snapshot_id from loan_snapshots)");
        assert_eq!(value::<i64>(&db, &loose), 0, "{table}");
    }
    assert_eq!(value::<i64>(&db, "select count(*) from loans"), 249);
    assert_eq!(value::<i64>(&db, "select count(*) from decisions"), 2 * 249);
    assert_eq!(rows(&db, "select loans, outstanding from portfolio_by_run"), figures, "figures are of their day");
    let guarantor = "select count(*) from loans where extra like '%guarantor (erased); week 2%'";
    assert_eq!(value::<i64>(&db, guarantor), 1, "another's contact stays, without the name");
    assert!(!dir.exists("recoup.db-journal") && !dir.exists("recoup.db-wal") && !dir.exists("recoup.db.lock"));
    dir.ok(&["doctor"]);
}

#[test]
fn what_others_left_beside_the_databases_goes_too() {
    let dir = two_weeks();
    dir.write(".recoup-copy-x1", WHO);
    // Someone looked into the copy, wrote to it, and was killed: its log is not folded back.
    std::fs::create_dir(dir.path("killed")).unwrap();
    let copy = open(&dir.path("copy.db"));
    assert_eq!(value::<String>(&copy, "pragma journal_mode = wal"), "wal");
    copy.execute("update rejects set reason = ?1 where value = 'Warblington'", [WHO]).unwrap();
    for name in ["copy.db", "copy.db-wal"] {
        std::fs::copy(dir.path(name), dir.path(&format!("killed/{name}"))).unwrap();
    }
    drop(copy);
    for name in ["copy.db", "copy.db-wal"] {
        std::fs::rename(dir.path(&format!("killed/{name}")), dir.path(name)).unwrap();
    }
    assert_there("copy.db", &std::fs::read(dir.path("copy.db")).unwrap());
    dir.ok(&["erase", WHO]);
    let names = held(&dir);
    assert_eq!(names.len(), 8, "{names:?}");
    for name in names {
        assert_gone(&name, &std::fs::read(dir.path(&name)).unwrap());
    }
    assert_eq!(value::<String>(&open(&dir.path("copy.db")), "pragma integrity_check"), "ok");
}

#[test]
fn the_ids_of_erased_loans_at_the_end_do_not_come_back_as_another_runs() {
    let dir = two_weeks();
    dir.ok(&["erase", WHO]);
    dir.write("next.csv", Rows::new().loans(5).csv());
    dir.ok(&["run", "next.csv", "--as-of", "2026-04-07", "--expect-rows", "5", "--accept-changed-ids"]);
    dir.ok(&["report", "--run", "2", "--out", "again"]);
    assert_eq!(dir.read(&format!("again/{AS_OF}/scores.csv")).lines().count(), 250);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from loans"), 5);
}

#[test]
fn a_book_of_one_borrower_still_has_its_views_and_its_report() {
    let dir = Workdir::new();
    let book = (0..40).fold(Rows::new(), |book, _| book.loan(&[("Borrower_ID", "ONLY-0001")]));
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    dir.ok(&["erase", "ONLY-0001"]);
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loan_snapshots"), 0);
    assert_eq!(rows(&db, "select loans_loaded, erased_loans from run_history"), ["Integer(40) Integer(40)"]);
    for view in recoup::parts::view_names() {
        value::<i64>(&db, &format!("select count(*) from {view}"));
    }
    assert!(!dir.report().contains("ONLY-0001"));
    assert_eq!(dir.read(&format!("reports/{AS_OF}/worklist.csv")).lines().count(), 1);
    dir.ok(&["report", "--run", "1", "--out", "again"]);
    dir.ok(&["doctor"]);
    dir.write("next.csv", Rows::new().loans(5).csv());
    dir.ok(&["run", "next.csv", "--as-of", "2026-04-07", "--expect-rows", "5", "--accept-changed-ids"]);
    dir.ok(&["report", "--run", "1", "--out", "again"]);
    assert_eq!(dir.read(&format!("again/{AS_OF}/scores.csv")).lines().count(), 1);
}

#[test]
fn a_copy_that_cannot_be_reached_is_reported_and_the_rest_is_done() {
    let dir = two_weeks();
    std::fs::rename(dir.path("copy.db"), dir.path("elsewhere.db")).unwrap();
    let ended = dir.recoup(&["erase", WHO]);
    assert_eq!(ended.code, 5, "{ended:?}");
    assert!(ended.stderr.contains("copy.db") && ended.stderr.contains("--forget"), "{}", ended.stderr);
    assert_gone("recoup.db", &std::fs::read(dir.path("recoup.db")).unwrap());
    std::fs::rename(dir.path("elsewhere.db"), dir.path("copy.db")).unwrap();
    let ended = dir.ok(&["erase", WHO]);
    assert!(ended.stdout.contains("copy.db"), "{}", ended.stdout);
    assert_gone("copy.db", &std::fs::read(dir.path("copy.db")).unwrap());
}

#[test]
fn the_copy_made_before_an_upgrade_is_reached_in_its_own_tables() {
    let dir = Workdir::with_book(150);
    let db = of_an_earlier_version(&dir);
    let third = "(select loan_key from loan_snapshots where snapshot_id = 3)";
    db.execute(
        &format!("update loan_register set borrower_id = ?1, loan_id = ?2 where loan_key = {third}"),
        (WHO, LOANS[0]),
    )
    .unwrap();
    db.execute(
        "insert into rejects (run_id, line, column_name, value, reason, is_row_left_out)
        values (1, 4, 'Age', 'Warblington', 'not a whole number', 0)",
        [],
    )
    .unwrap();
    drop(db);
    dir.run_ok("book.csv");
    let copy = "recoup.db.before-v2".to_owned();
    // A process that was killed before it could note its copy leaves it beside the database.
    dir.db().execute("delete from backups", []).unwrap();
    assert_there(&copy, &std::fs::read(dir.path(&copy)).unwrap());
    dir.ok(&["erase", WHO]);
    for name in ["recoup.db", &copy] {
        assert_gone(name, &std::fs::read(dir.path(name)).unwrap());
    }
    let earlier = open(&dir.path(&copy));
    assert_eq!(value::<i64>(&earlier, "select max(version) from refinery_schema_history"), 1);
    assert_eq!(value::<i64>(&earlier, "select count(*) from risk_scores"), 2);
    assert_eq!(value::<i64>(&earlier, "select count(*) from decisions"), 2);
}

#[test]
fn the_files_of_a_run_whose_loans_are_gone_are_removed() {
    let dir = two_weeks();
    dir.write("recoup.toml", "[retention]\nweeks = 1\n");
    dir.write("next.csv", Rows::new().loans(5).csv());
    dir.ok(&["run", "next.csv", "--as-of", "2026-04-07", "--expect-rows", "5", "--accept-changed-ids"]);
    assert!(dir.read("reports/2026-03-24/worklist.csv").contains(WHO));
    let ended = dir.ok(&["erase", WHO]);
    assert!(ended.stdout.contains("Removed   reports/2026-03-24"), "{}", ended.stdout);
    assert!(!dir.exists("reports/2026-03-24/report.html") && !dir.exists("reports/2026-03-24/scores.csv"));
    assert_gone("report", dir.report().as_bytes());
    assert!(dir.exists("reports/2026-04-07/report.html"));
}

#[test]
fn an_id_that_is_a_number_is_taken_for_one_only_where_ids_stand() {
    let dir = Workdir::new();
    let book = (1..=30).fold(Rows::new(), |book, number| {
        let (id, branch) = (number.to_string(), (number % 3).to_string());
        book.loan(&[
            ("Borrower_ID", &id),
            ("Loan_ID", &id),
            ("Branch", &branch),
            ("Age", if number < 3 { "x1" } else { "30" }),
        ])
    });
    dir.write("book.csv", book.csv());
    dir.write("recoup.toml", "[import]\nmax_unreadable_percent = 10\n");
    dir.run_ok("book.csv");
    dir.db()
        .execute(
            "insert into rejects (run_id, line, column_name, value, reason, is_row_left_out)
        values (1, 9, 'Branch', '1', 'x', 0)",
            [],
        )
        .unwrap();
    dir.ok(&["erase", "1"]);
    let db = dir.db();
    assert_eq!(texts(&db, "select borrower_id from loans order by file_line limit 2"), ["2", "3"]);
    assert_eq!(value::<i64>(&db, "select count(*) from loans where branch = '1'"), 9);
    assert_eq!(texts(&db, "select column_name || line from rejects order by line"), ["Age3", "Branch9"]);
}

#[test]
fn a_loan_of_theirs_without_a_borrower_goes_and_one_that_another_took_over_stays() {
    let dir = Workdir::new();
    let weeks = [
        ("2026-03-17", [("A1-0001", WHO), ("A1-0002", WHO)]),
        ("2026-03-24", [("A1-0001", ""), ("A1-0002", "BRW-OTHER-1")]),
    ];
    for (day, loans) in weeks {
        let book = loans.iter().fold(Rows::new().loans(30), |book, (loan, borrower)| {
            book.loan(&[("Loan_ID", loan), ("Borrower_ID", borrower)])
        });
        dir.write("book.csv", book.csv());
        dir.ok(&["run", "book.csv", "--as-of", day, "--accept-unchanged"]);
    }
    dir.ok(&["erase", WHO]);
    let left = texts(&dir.db(), "select run_id || ' ' || loan_id from stg_loans where loan_id like 'A1%'");
    assert_eq!(left, ["2 A1-0002"]);
}

#[test]
fn a_text_that_a_model_learnt_goes_with_the_model() {
    let dir = Workdir::with_book(400);
    let header = dir.read("book.csv").lines().next().unwrap().to_owned();
    let lines: String =
        dir.read("book.csv").lines().skip(1).enumerate().fold(format!("{header},Guarantor\n"), |text, (row, line)| {
            let guarantor = ["BRW-ERASE-7701", "nobody", "a bank"][row % 3];
            text + line + "," + guarantor + "\n"
        });
    dir.write("book.csv", lines);
    dir.write("recoup.toml", "[[feature]]\nname = \"guarantor\"\ncolumn = \"Guarantor\"\nkind = \"category\"\n");
    dir.run_ok("book.csv");
    let bytes = std::fs::read(dir.path("recoup.db")).unwrap();
    assert!(memchr::memmem::find_iter(&bytes, WHO).count() > 130, "models and loans name them");
    dir.ok(&["erase", WHO]);
    assert_gone("recoup.db", &std::fs::read(dir.path("recoup.db")).unwrap());
    assert!(value::<i64>(&dir.db(), "select count(*) from model_metrics") > 0, "what a model was worth stays");
    dir.ok(&["report"]);
}
