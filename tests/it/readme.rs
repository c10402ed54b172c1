//! The README's queries work on the README's example.

use std::path::Path;

use crate::workdir::Workdir;

#[test]
fn every_query_of_the_readme_gives_rows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let dir = Workdir::new();
    std::fs::copy(root.join("data/sample_loans.csv"), dir.path("sample_loans.csv")).unwrap();
    dir.run_ok("sample_loans.csv");
    let db = dir.db();
    let queries: Vec<&str> = readme.split("```sql\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(queries.len() >= 10, "the README has {} queries", queries.len());
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    let tests = sources(&root.join("tests/it"));
    let section = readme.split("\n## What happens when\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows: Vec<&str> =
        section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| what")).collect();
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
