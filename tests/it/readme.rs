//! The queries that the documents show work on the sample, and every fault that they list has its test.

use std::collections::BTreeSet;
use std::path::Path;

use recoup::parts::FEATURES;

use crate::workdir::{Workdir, column, value};

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

#[test]
fn every_query_of_the_documents_gives_the_rows_that_it_should() {
    let dir = Workdir::new();
    dir.write("sample_loans.csv", text("data/sample_loans.csv"));
    dir.run_ok("sample_loans.csv");
    let db = dir.db();
    let (readme, more) = (text("README.md"), text("data/queries.sql"));
    let shown = readme.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let queries: Vec<&str> =
        shown.chain(more.split_inclusive(";\n")).filter(|query| !query.trim().is_empty()).collect();
    let rows = |query: &str| {
        let mut statement = db.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        statement.query_map([], |_| Ok(())).unwrap().map(Result::unwrap).count()
    };
    let number = |query: &str| value::<i64>(&db, query) as usize;
    let approvals = number("select count(*) from loans where is_live and risk_score > 0.75 and days_past_due >= 31");
    let alerts = number("select count(distinct alert) from alert_loans");
    let book = dir.read("sample_loans.csv");
    let header = book.lines().next().unwrap();
    let with_gaps = header.split(',').filter(|name| column(&book, name).iter().any(String::is_empty)).count();
    let loan_types = column(&book, "Loan_Type").into_iter().collect::<BTreeSet<_>>().len();
    let reasons = number(
        "select json_array_length(score_reasons.reasons) from score_reasons
        join loan_snapshots using (snapshot_id) join loan_register using (loan_key)
        where loan_id = (select loan_id from loans where strategy is not null order by risk_score * outstanding desc limit 1)",
    );
    // Two ids, the status, gender, and what is written after the outcome: attempts, method and legal action.
    let audited = FEATURES.len() + 7;
    let (buckets, candidates, strategies, segments, stages) = (6, 4, 5, 4, 7);
    let in_the_readme = [1, 10, approvals, alerts, buckets, candidates];
    let in_the_file = [
        [1, 10, approvals, strategies, segments, buckets],
        [loan_types, 10, alerts, approvals, candidates, reasons],
        [audited, with_gaps, 1, stages, 0, 0],
    ];
    let known = in_the_readme.into_iter().chain(in_the_file.concat()).filter(|rows| *rows > 0);
    // The month, with one file: itself; no movements, cures, exits or months of disbursal yet, and no branch, officer or
    // product in this book.
    let expected: Vec<usize> = known.chain([1, 0, 0, 0, 0, 0]).collect();
    let given: Vec<usize> = queries.iter().map(|query| rows(query)).collect();
    assert_eq!(given, expected);
}

/// The sources of these tests, with those in the folders below.
fn sources(folder: &Path) -> String {
    let entries = std::fs::read_dir(folder).expect("the folder of the tests");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.is_dir() || path.extension().is_some_and(|ending| ending == "rs"))
        .map(|path| if path.is_dir() { sources(&path) } else { std::fs::read_to_string(&path).expect("a source") })
        .collect()
}

#[test]
fn every_row_of_the_tables_of_faults_has_its_test() {
    let tests = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests"));
    let document = text("tests/README.md");
    let rows: Vec<&str> =
        document.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what")).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit(": `").next().unwrap();
        let names: Vec<&str> = last.split(['`', '*', ',', ' ']).filter(|name| !name.is_empty()).collect();
        assert!(!names.is_empty() && names.iter().all(|name| name.matches('_').count() > 1), "{row}");
        for name in names {
            let is_there =
                [format!("fn {name}"), format!("\n    {name}")].iter().any(|wanted| tests.contains(wanted.as_str()));
            assert!(is_there, "{name} is no test");
        }
    }
}
