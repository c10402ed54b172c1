//! The queries that the documents show work on the sample, and every fault that they list has its test.

use std::path::Path;

use crate::workdir::Workdir;

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path)
}

#[test]
fn every_query_of_the_documents_gives_rows() {
    let dir = Workdir::new();
    dir.write("sample_loans.csv", text("data/sample_loans.csv"));
    dir.run_ok("sample_loans.csv");
    let db = dir.db();
    let (readme, more) = (text("README.md"), text("data/queries.sql"));
    let shown = readme.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let queries: Vec<&str> =
        shown.chain(more.split_inclusive(";\n")).filter(|query| !query.trim().is_empty()).collect();
    assert!(queries.len() >= 20, "{} queries", queries.len());
    for query in queries {
        let mut statement = db.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let count = statement.query_map([], |_| Ok(())).unwrap().count();
        assert!(count > 0, "no rows: {query}");
    }
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
