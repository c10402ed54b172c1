//! The book by branch, officer and product, on small books whose figures are known.

use rusqlite::Connection;

use crate::mail::Message;
use crate::workdir::{AS_OF, Rows, Workdir, texts, value};

/// The rows of these columns, with `|` between them.
fn rows(db: &Connection, columns: &str, of: &str) -> Vec<String> {
    let columns: Vec<String> = columns.split(", ").map(|column| format!("coalesce({column}, '')")).collect();
    texts(db, &format!("select {} from {of}", columns.join(" || '|' || ")))
}

/// The text of the report's section, in single spaces.
fn section(report: &str) -> Option<String> {
    let section = report.split("<section id=\"groups\">").nth(1)?.split("</section>").next()?;
    let mut words = String::new();
    for part in section.split('<') {
        words += part.split_once('>').map_or(part, |(_, text)| text);
        words.push(' ');
    }
    Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
}

const HEADER: &str = "Loan_ID,Borrower_ID,Outstanding_Loan_Amount,Days_Past_Due,Recovery_Status,Branch,Officer\n";

/// Two files a month apart: eight loans of North, five of South, one without a branch. N2 moves to South, N3 is paid, N4 is
/// written off, N5 falls behind, and S6 is new.
fn month() -> Workdir {
    let dir = Workdir::new();
    let first = [
        "N1,Ann,1000,0,,North,Rao",
        "N2,Bea,1000,40,,North,Rao",
        "N3,Cid,1000,0,,North,Rao",
        "N4,Dan,1000,95,,North,Rao",
        "N5,Eva,1000,10,,North,Rao",
        "N6,Fay,1000,0,,North,Rao",
        "N7,Gus,1000,0,,North,Rao",
        "N8,Hal,1000,0,,North,Rao",
        "S1,Ida,2000,0,,South,Rao",
        "S2,Jon,2000,0,,South,Rao",
        "S3,Kay,2000,0,,South,Rao",
        "S4,Lea,2000,0,,South,Rao",
        "S5,Mia,2000,45,,South,Rao",
        "X1,Ned,500,0,,,Rao",
    ];
    let second = [
        "N1,Ann,900,0,,North,Rao",
        "N2,Bea,700,12,,South,Rao",
        "N3,Cid,0,0,Fully Recovered,North,Rao",
        "N4,Dan,1000,123,Written Off,North,Rao",
        "N5,Eva,1000,38,,North,Rao",
        "N6,Fay,900,0,,North,Rao",
        "N7,Gus,900,0,,North,Rao",
        "N8,Hal,900,0,,North,Rao",
        "S1,Ida,1900,0,,South,Rao",
        "S2,Jon,1900,0,,South,Rao",
        "S3,Kay,1900,0,,South,Rao",
        "S4,Lea,1900,0,,South,Rao",
        "S5,Mia,2000,73,,South,Rao",
        "S6,Oli,3000,0,,South,Rao",
        "X1,Ned,400,0,,,Rao",
    ];
    for (day, lines) in [("2026-03-02", &first[..]), ("2026-03-30", &second[..])] {
        dir.write("book.csv", format!("{HEADER}{}\n", lines.join("\n")));
        dir.ok(&["run", "book.csv", "--as-of", day]);
    }
    dir
}

#[test]
fn every_live_loan_counts_once_in_each_dimension() {
    let columns = "run_id, dimension, group_name, live_loans, outstanding, par30_loans, par30_outstanding, par90_loans, \
                   round(par30_percent,1), round(par30_percent_before,1)";
    assert_eq!(
        rows(&month().db(), columns, "portfolio_by_group_by_run order by run_id, position"),
        [
            "1|branch||1|500.0|0|0.0|0|0.0|",
            "1|branch|North|8|8000.0|2|2000.0|1|25.0|",
            "1|branch|South|5|10000.0|1|2000.0|0|20.0|",
            "1|officer|Rao|14|18500.0|3|4000.0|1|21.6|",
            "2|branch||1|400.0|0|0.0|0|0.0|0.0",
            "2|branch|North|5|4600.0|1|1000.0|0|21.7|25.0",
            "2|branch|South|7|13300.0|1|2000.0|0|15.0|20.0",
            "2|officer|Rao|13|18300.0|2|3000.0|0|16.4|21.6",
        ]
    );
}

#[test]
fn a_month_counts_for_the_group_at_its_start() {
    let dir = month();
    // N2 paid 300 and S5 only went from 45 to 73 days; both were in their first branch then.
    assert_eq!(
        rows(
            &dir.db(),
            "group_name, opening, forward_percent, collected",
            "portfolio_by_group where dimension = 'branch'"
        ),
        ["|500.0|0.0|100.0", "North|8000.0|25.0|1700.0", "South|10000.0|20.0|400.0"]
    );
    let of_the_month: f64 = value(&dir.db(), "select collected_at_least from cash_collected");
    assert_eq!(
        of_the_month,
        value::<f64>(&dir.db(), "select sum(collected) from portfolio_by_group where dimension = 'officer'")
    );
    let page = section(&dir.read("reports/2026-03-30/report.html")).expect("a section");
    for words in [
        "By branch There are too few loans to compare branches: it takes 20 in one, and 20 elsewhere.",
        "South 7 14.3% 13,300 15.0% -5.0 400",
        "North 5 20.0% 4,600 21.7% -3.3 1,700",
        "Its change is in points since 2 March 2026.",
        "Groups of fewer than 5 loans are not shown by themselves.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("other"), "one borrower's figures: {page}");
    assert!(!page.contains("Officers"), "one officer is no comparison");
    let first = section(&dir.read("reports/2026-03-02/report.html")).expect("a section");
    assert!(!first.contains("Collected") && !first.contains("since"), "{first}");
}

#[test]
fn a_history_made_again_has_the_same_groups() {
    let dir = month();
    let of_all =
        || rows(&dir.db(), "run_id, position, group_name, start_run_id, live_loans, cash_minor", "group_summaries");
    let before = of_all();
    dir.ok(&["history", "--rebuild"]);
    assert_eq!(of_all(), before);
    assert_eq!(before.len(), 8);
}

#[test]
fn a_file_that_had_no_such_column_a_month_ago_has_no_month() {
    let dir = Workdir::new();
    let book = |branch: &str| {
        (1..=12).fold(Rows::new(), |book, _| book.loan(&[("Outstanding_Loan_Amount", "1000"), ("Note", branch)]))
    };
    dir.write("book.csv", book("North").csv());
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-02"]);
    dir.write("book.csv", book("North").csv().replace("Note", "Branch").replace("1000", "900"));
    dir.ok(&["run", "book.csv", "--as-of", "2026-03-30"]);
    assert_eq!(
        rows(
            &dir.db(),
            "run_id, group_name, live_loans, start_run_id, opening, collected",
            "portfolio_by_group_by_run"
        ),
        ["2|North|12|||"]
    );
}

/// Loans of two branches with two officers each, so many of which are late.
fn branches(north: (usize, usize), south: (usize, usize)) -> Rows {
    let mut book = Rows::new();
    for (branch, officers, (late, loans)) in [("North", ["Rao", "Das"], north), ("South", ["Nair", "Gill"], south)] {
        for loan in 0..loans {
            let days = if loan < late { "45" } else { "0" };
            book = book.loan(&[("Days_Past_Due", days), ("Branch", branch), ("Officer", officers[loan % 2])]);
        }
    }
    book
}

fn of_book(book: &Rows) -> Workdir {
    let dir = Workdir::new();
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    dir
}

#[test]
fn a_branch_that_is_worse_beyond_chance_is_an_alert() {
    let dir = of_book(&branches((30, 60), (12, 60)));
    let db = dir.db();
    let columns =
        "dimension, group_name, verdict, round(par30_loans_percent,1), round(par30_loans_percent_elsewhere,1)";
    assert_eq!(
        rows(&db, columns, "portfolio_by_group order by position"),
        [
            "branch|North|worse|50.0|20.0",
            "branch|South|better|20.0|50.0",
            "officer|Das|within chance|50.0|30.0",
            "officer|Gill|within chance|20.0|40.0",
            "officer|Nair|within chance|20.0|40.0",
            "officer|Rao|within chance|50.0|30.0",
        ]
    );
    // Wilson's interval of 30 of 60.
    assert_eq!(
        rows(
            &db,
            "round(lower_95_percent,2), round(upper_95_percent,2)",
            "portfolio_by_group where group_name = 'North'"
        ),
        ["37.74|62.26"]
    );
    assert_eq!(
        rows(&db, "alert, group_name, loans, outstanding", "alerts where alert like 'late_%'"),
        ["late_branch|North|30|30000.0"]
    );
    let late = "select count(*) from alert_loans join loans using (loan_id)
        where alert = 'late_branch' and branch = 'North' and alert_loans.days_past_due > 30";
    assert_eq!(value::<i64>(&db, late), 30);
    let report = dir.report();
    assert!(report.contains(
        "Branch North: 50.0% of its loans are over 30 days past due, 20.0% elsewhere. This is more than chance explains."
    ));
    let page = section(&report).expect("a section");
    for words in [
        "By branch and officer",
        "Branch North: 50.0% of 60 loans are over 30 days past due, 20.0% elsewhere; more than chance explains.",
        "The share of loans over 30 days past due differs between officers by no more than chance explains.",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[test]
fn an_officers_result_is_never_called_bad_work() {
    let mut book = branches((10, 60), (10, 60));
    for loan in 0..40 {
        let days = if loan < 24 { "45" } else { "0" };
        book = book.loan(&[("Days_Past_Due", days), ("Branch", "North"), ("Officer", "<b>Shah</b>")]);
    }
    let dir = of_book(&book);
    let report = dir.report();
    assert_eq!(texts(&dir.db(), "select group_name from alerts where alert = 'late_officer'"), ["<b>Shah</b>"]);
    for words in [
        "Officer &#60;b&#62;Shah&#60;/b&#62;: 60.0% of the loans are over 30 days past due, 16.7% elsewhere.",
        "what each officer was given to collect may differ.",
    ] {
        assert!(report.contains(words), "{words}");
    }
    assert!(!report.contains("<b>Shah"));
}

#[test]
fn a_mail_names_a_worse_branch_and_no_group_of_a_few_loans() {
    let dir = Workdir::new();
    let mut book = branches((30, 60), (12, 60));
    for loan in 0..6 {
        let branch = if loan < 4 { "Hill" } else { "Dale" };
        book = book.loan(&[("Branch", branch), ("Officer", "Shah")]);
    }
    dir.write("book.csv", book.csv());
    dir.write(
        "recoup.toml",
        "[mail]\nfrom = \"r@lender.example\"\nto = [\"a@lender.example\"]\n[mail.smtp]\nhost = \"localhost\"\n",
    );
    dir.run_ok("book.csv");
    dir.ok(&["mail", "--to-file", "x.eml"]);
    let message = Message::of(dir.read("x.eml").as_bytes());
    let (_, report) = message.attachments.iter().find(|(name, _)| name == "report.html").expect("the report");
    let report = String::from_utf8_lossy(report);
    for page in [&message.text, &message.html, &*report] {
        assert!(page.contains("Branch North: 50.0% of its loans"), "{page}");
        assert!(!page.contains("Hill") && !page.contains("Dale"), "{page}");
    }
    assert!(report.contains(">2 others<") && report.contains(">Shah<"));
}

#[test]
fn equal_groups_and_small_ones_raise_no_alert() {
    for book in [
        branches((18, 60), (18, 60)),
        // 40 % beside 20 %, which one look in twenty gives: there is one every week.
        branches((24, 60), (12, 60)),
        // All of 19 loans, beside none.
        branches((19, 19), (0, 60)),
    ] {
        let dir = of_book(&book);
        assert_eq!(value::<i64>(&dir.db(), "select count(*) from alerts where alert like 'late_%'"), 0);
        assert!(dir.report().contains("<section id=\"groups\">"));
    }
}

#[test]
fn a_column_of_ids_is_no_dimension_and_an_empty_one_neither() {
    let of_values = |values: usize| {
        (0..210).fold(Rows::new(), |book, loan| {
            book.loan(&[("Officer", &*format!("O{}", loan % values)), ("Branch", ""), ("Product", "Car")])
        })
    };
    for (values, dimensions) in [(200, &["officer", "product"][..]), (201, &["product"])] {
        let dir = of_book(&of_values(values));
        assert_eq!(texts(&dir.db(), "select distinct dimension from portfolio_by_group order by 1"), dimensions);
        // No group has five loans, and one product is no comparison.
        let said = (values == 201).then(|| "By officer Officer has too many different values to compare.".to_owned());
        let page = section(&dir.report());
        assert_eq!(page.is_some(), said.is_some());
        assert!(page.unwrap_or_default().starts_with(&said.unwrap_or_default()));
    }
}

#[test]
fn more_than_ten_groups_are_a_row_of_others() {
    let book = (0..120).fold(Rows::new(), |book, loan| {
        book.loan(&[("Branch", &*format!("B{:02}", loan % 12)), ("Days_Past_Due", if loan < 30 { "40" } else { "0" })])
    });
    let page = section(&of_book(&book).report()).expect("a section");
    assert!(page.contains("B09 10 20.0% 10,000 20.0% 2 others 20 20.0% 20,000 20.0%"), "{page}");
}

#[test]
fn a_book_without_the_columns_shows_nothing() {
    let dir = of_book(&Rows::new().loans(40));
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from group_summaries"), 0);
    assert!(!dir.report().contains("id=\"groups\"") && !dir.report().contains("#groups"));
    let header = |dir: &Workdir| dir.read(&format!("reports/{AS_OF}/worklist.csv")).lines().next().unwrap().to_owned();
    assert!(!header(&dir).contains("branch") && !header(&dir).contains("officer"), "{}", header(&dir));
    let with_branch = of_book(&Rows::new().loan(&[("Branch", "North"), ("Days_Past_Due", "50")]));
    assert!(
        header(&with_branch).starts_with("priority,loan_id,borrower_id,branch,segment,"),
        "{}",
        header(&with_branch)
    );
    let with_both = of_book(&branches((2, 2), (2, 2)));
    let worklist = with_both.read(&format!("reports/{AS_OF}/worklist.csv"));
    assert!(worklist.starts_with("priority,loan_id,borrower_id,branch,officer,segment,"), "{worklist}");
    assert_eq!(worklist.matches(",South,Nair,").count(), 1, "{worklist}");
}

#[test]
fn the_groups_outlive_their_loans() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[import]\naccept_changed_values = true\n[retention]\nweeks = 2\n");
    for (number, day) in ["2026-03-01", "2026-03-08", "2026-03-15", "2026-03-22"].iter().enumerate() {
        dir.write("book.csv", branches((10 + number, 40), (10, 40)).csv());
        dir.ok(&["run", "book.csv", "--as-of", day, "--accept-unchanged"]);
    }
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select count(*) from loan_snapshots where run_id = 1"), 0);
    assert_eq!(
        rows(
            &db,
            "group_name, live_loans, par30_loans",
            "portfolio_by_group_by_run where run_id = 1 and dimension = 'branch'"
        ),
        ["North|40|10", "South|40|10"]
    );
}

#[test]
fn a_group_named_after_an_erased_borrower_loses_the_name() {
    let dir = of_book(&branches((5, 20), (5, 20)).loan(&[
        ("Borrower_ID", "BRW_77"),
        ("Branch", "Agent BRW_77"),
        ("Days_Past_Due", "50"),
    ]));
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from group_summaries where group_name like '%BRW_77%'"), 1);
    dir.ok(&["erase", "BRW_77"]);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from group_summaries where group_name like '%BRW_77%'"), 0);
    assert_eq!(
        value::<i64>(&dir.db(), "select sum(live_loans) from portfolio_by_group where dimension = 'branch'"),
        41
    );
}
