//! A borrower in places that hold no loan of theirs: lines that are not loans, and names of files.

use crate::workdir::{Rows, Workdir, rows, texts};

#[test]
fn a_line_that_is_not_a_loan_is_deleted_if_a_field_is_the_borrowers_id() {
    let dir = Workdir::new();
    let book = Rows::new().loans(30).loan(&[("Loan_ID", "4711"), ("Borrower_ID", "12")]);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    let contents = ["x;\"4711\";Zebediah", "12\tZebediah", " '12' |Zebediah", "912,4711-1,others", "total 12,others"];
    for (line, content) in (900..).zip(contents) {
        dir.db()
            .execute(
                "insert into skipped_lines (run_id, line, reason, content) values (1, ?1, 'below the data', ?2)",
                (line, content),
            )
            .unwrap();
    }
    dir.ok(&["erase", "12"]);
    assert_eq!(texts(&dir.db(), "select content from skipped_lines order by line"), contents[3..]);
}

#[test]
fn a_line_that_is_not_a_loan_is_enough_to_be_found() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loans(30).csv());
    dir.run_ok("book.csv");
    dir.db()
        .execute_batch(
            "insert into skipped_lines (run_id, line, reason, content) values (1, 900, 'below the data', '77,Zebediah')",
        )
        .unwrap();
    dir.ok(&["erase", "77"]);
    assert!(rows(&dir.db(), "select * from skipped_lines").is_empty());
    assert_eq!(dir.recoup(&["erase", "77"]).code, 1);
}

#[test]
fn an_id_in_the_name_of_a_file_goes() {
    let dir = Workdir::new();
    dir.write("BRW1001-Person_BRW1001.csv", Rows::new().loans(30).loan(&[("Borrower_ID", "BRW1001")]).csv());
    dir.run_ok("BRW1001-Person_BRW1001.csv");
    dir.ok(&["erase", "BRW1001"]);
    assert_eq!(texts(&dir.db(), "select input_name from runs"), ["(erased)-Person_(erased).csv"]);
}
