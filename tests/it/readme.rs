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
