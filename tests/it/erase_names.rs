//! A borrower whose id is a short number, or letters only, is gone from others' rows too, and what only looks like them stays.

use crate::workdir::{AS_OF, Workdir, texts, value};

/// A book of 300 loans in which every third names this borrower as guarantor, in a note, and in lines that are no loans;
/// branches and visits are small numbers.
fn dir(id: &str, feature: &str) -> Workdir {
    let dir = Workdir::with_book(300);
    let csv = dir.read("book.csv");
    let mut lines = csv.lines();
    let header = lines.next().expect("a header");
    let place = |name: &str| header.split(',').position(|column| column == name).expect("a column of the book");
    let mut text = format!("{header},Guarantor_ID,Note,Branch,Visits\n");
    for (row, line) in lines.enumerate() {
        let mut fields: Vec<&str> = line.split(',').collect();
        if row == 0 {
            fields[place("Borrower_ID")] = id;
        }
        let guarantor = [id, "none", "a bank"][row % 3];
        let note = if row % 3 == 1 { format!("ask guarantor {id} first") } else { "7 days late".to_owned() };
        text += &format!("{},{guarantor},{note},{},{}\n", fields.join(","), row % 9, row % 8);
    }
    let mut application: Vec<&str> = vec![""; header.split(',').count()];
    application[place("Loan_ID")] = "APP1";
    application[place("Recovery_Status")] = "Rejected";
    for borrower in [id, "STRANGER"] {
        application[place("Borrower_ID")] = borrower;
        application[place("Age")] = "7";
        text += &format!("{},none,,7,7\n", application.join(","));
    }
    dir.write("book.csv", text);
    dir.write("recoup.toml", feature);
    dir.run_ok("book.csv");
    dir
}

const GUARANTORS: &str = "[[feature]]\nname = \"guarantor\"\ncolumn = \"Guarantor_ID\"\nkind = \"category\"\n";

/// Every text of every table in which the id is a word behind "guarantor".
fn naming(dir: &Workdir, id: &str) -> Vec<String> {
    let db = dir.db();
    let places = [
        "select borrower_id from loan_register",
        "select extra ->> '$.Guarantor_ID' from loan_details where extra is not null",
        "select extra ->> '$.Note' from loan_details where extra ->> '$.Note' like 'ask%'",
        "select label from partial_dependences where label is not null",
        "select parameters from models where parameters like '%guarantor = %'",
        "select reasons from score_reasons where reasons like '%guarantor: %'",
        "select raised_by || lowered_by from score_reasons",
    ];
    let mut found = Vec::new();
    for place in places {
        for text in texts(&db, &format!("select coalesce(t, '') from ({})", place.replacen(" from", " as t from", 1))) {
            let announced = ["guarantor ", "guarantor: ", "guarantor = "].map(|word| format!("{word}{id}"));
            let is_named = text == id
                || announced.iter().any(|name| {
                    text.match_indices(name.as_str())
                        .any(|(at, _)| !text[at + name.len()..].starts_with(|next: char| next.is_alphanumeric()))
                });
            if is_named {
                found.push(format!("{place}: {text}"));
            }
        }
    }
    let blobs: i64 = value(&db, "select count(*) from models where length(content) > 0 and kind <> 'policy'");
    assert!(blobs == 0 || blobs > 1);
    found.extend((0..blobs).map(|_| "a model".to_owned()));
    found
}

#[test]
fn whoever_they_are_no_other_row_names_them() {
    for id in ["7", "412", "AB", "Ozymandias", "B7", "BRW-ERASE-7701"] {
        let dir = dir(id, GUARANTORS);
        assert!(naming(&dir, id).len() > 200, "{id}: {}", naming(&dir, id).len());
        let ended = dir.ok(&["erase", id]);
        assert_eq!(naming(&dir, id), Vec::<String>::new(), "{id}");
        let db = dir.db();
        let kept = texts(&db, "select content from skipped_lines where reason = 'not a loan'");
        assert!(kept.len() == 1 && kept[0].contains("STRANGER"), "{id}: {kept:?}");
        assert!(ended.stdout.contains(&format!("reports/{AS_OF}")), "{}", ended.stdout);
        if id.len() > 1 {
            let page = dir.report() + &dir.read(&format!("reports/{AS_OF}/worklist.csv"));
            assert!(!page.contains(&format!("guarantor: {id}")), "{id} is in the report");
        }
    }
}

#[test]
fn what_only_looks_like_a_short_number_stays() {
    let dir = dir("7", GUARANTORS);
    let counts = "select group_concat(n, ' ') from (
        select count(*) as n from loans where branch = '7'
        union all select count(*) from loans where extra ->> '$.Visits' = '7'
        union all select count(*) from loans where extra ->> '$.Note' = '7 days late')";
    let before: String = value(&dir.db(), counts);
    dir.ok(&["erase", "7"]);
    assert_eq!(value::<String>(&dir.db(), counts), before.replacen("200", "199", 1), "but for their own loan");
}

#[test]
fn a_model_of_another_column_stays() {
    let dir = dir("7", "[[feature]]\nname = \"branch\"\ncolumn = \"Branch\"\nkind = \"category\"\n");
    let models = "select count(*) from models where length(content) > 0";
    let before: i64 = value(&dir.db(), models);
    assert!(before > 1);
    dir.ok(&["erase", "7"]);
    assert_eq!(value::<i64>(&dir.db(), models), before);
}

#[test]
fn tables_and_triggers_of_others_are_named_and_copy_nothing() {
    let dir = dir("BRW-ERASE-7701", "");
    dir.db()
        .execute_batch(
            "create table calls (who text, day text);
            create table gone (borrower_id text);
            create trigger keeps after delete on loan_snapshots begin
                insert into gone values (old.borrower_id);
            end;
            insert into calls values ('spoke to BRW-ERASE-7701', '2026-03-30')",
        )
        .unwrap();
    let found = dir.ok(&["doctor"]).stdout;
    assert!(found.contains("table calls, table gone, trigger keeps on loan_snapshots"), "{found}");
    let ended = dir.recoup(&["erase", "BRW-ERASE-7701"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    for reported in ["the table calls,", "the table gone,", "the trigger keeps on loan_snapshots"] {
        assert!(ended.stdout.contains(reported), "{reported}: {}", ended.stdout);
    }
    assert!(
        ended.stderr.contains("the table calls, which is not Recoup's, still names the borrower in its column who"),
        "{ended:?}"
    );
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from gone"), 0);
    dir.db().execute_batch("delete from calls").unwrap();
    dir.db()
        .execute_batch(
            "update loan_register set borrower_id = 'BRW-ERASE-7701'
            where loan_key = (select loan_key from loan_snapshots where line = 5)",
        )
        .unwrap();
    dir.ok(&["erase", "BRW-ERASE-7701"]);
}
