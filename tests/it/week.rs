//! This week's book beside the last one: the same file once more, and other ids, are refused until someone accepts them.

use crate::workdir::{AS_OF, Ended, Rows, Workdir, aged, texts, value, with_column};

/// A week, and two days, after the tests' day.
const A_WEEK_LATER: &str = "2026-04-07";
const SOON_AFTER: &str = "2026-04-02";

/// A book of this many live loans, of which every third is late, each by other days.
fn book(loans: usize) -> String {
    let book = (0..loans).fold(Rows::new(), |book, number| {
        let (id, owed) = ((1000 + number).to_string(), (500 + 10 * number).to_string());
        let days = if number.is_multiple_of(3) { (number % 80 + 1).to_string() } else { "0".to_owned() };
        book.loan(&[("Loan_ID", &id), ("Outstanding_Loan_Amount", &owed), ("Days_Past_Due", &days)])
    });
    book.csv()
}

/// A folder where this book was run on the tests' day.
fn after(book: &str) -> Workdir {
    let dir = Workdir::new();
    dir.write("book.csv", book);
    dir.run_ok("book.csv");
    dir
}

fn next(dir: &Workdir, book: &str, day: &str, more: &[&str]) -> Ended {
    dir.write("next.csv", book);
    dir.recoup(&[&["run", "next.csv", "--as-of", day], more].concat())
}

/// The next week's book is refused with these words, by `check` too, and leaves nothing but the note that it was.
fn is_refused(dir: &Workdir, book: &str, reported: &[&str]) {
    dir.write("next.csv", book);
    let loans = "select count(*) from loan_snapshots";
    let (runs, before) = (value::<i64>(&dir.db(), "select count(*) from runs"), value::<i64>(&dir.db(), loans));
    let checked = dir.recoup(&["check", "next.csv", "--as-of", A_WEEK_LATER]);
    assert!(checked.stdout.contains("would be refused"), "{}", checked.stdout);
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from runs"), runs);
    let ended = next(dir, book, A_WEEK_LATER, &[]);
    for ended in [checked, ended] {
        assert_eq!(ended.code, 3, "{ended:?}");
        assert_eq!(ended.stderr.lines().filter(|line| line.starts_with("  - ")).count(), 1, "{}", ended.stderr);
        for words in reported {
            assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
        }
    }
    assert_eq!(value::<i64>(&dir.db(), loans), before);
    assert_eq!(texts(&dir.db(), "select status from runs order by run_id desc limit 1"), ["refused"]);
    assert!(!dir.exists(&format!("reports/{A_WEEK_LATER}")));
}

fn is_taken(dir: &Workdir, book: &str) {
    let ended = next(dir, book, A_WEEK_LATER, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}

#[test]
fn last_weeks_file_is_refused_until_it_is_accepted() {
    let dir = after(&book(60));
    let reported = ["the book of 2026-03-31 again", "20 of 20 late loans", "every loan owes the same", "7 days ago"];
    is_refused(&dir, &book(60), &reported);
    is_refused(&dir, &book(60), &["add --accept-unchanged", "import.accept_unchanged = true"]);
    dir.write("next.csv", book(60));
    let checked = dir.ok(&["check", "next.csv", "--as-of", A_WEEK_LATER, "--accept-unchanged"]);
    assert!(checked.stdout.contains("would be loaded"), "{}", checked.stdout);
    assert_eq!(next(&dir, &book(60), A_WEEK_LATER, &["--accept-unchanged"]).code, 0);
    assert!(next(&dir, &book(60), A_WEEK_LATER, &[]).stdout.contains("Nothing to do"));
    dir.write("recoup.toml", "[import]\naccept_unchanged = true\n");
    assert_eq!(next(&dir, &book(60), "2026-04-14", &[]).code, 0);
}

#[test]
fn a_few_corrections_make_no_new_book_of_last_weeks() {
    let dir = after(&book(60));
    let corrected =
        with_column(&book(60), "Days_Past_Due", |row, days| if row < 8 { "9".to_owned() } else { days.to_owned() });
    let corrected =
        with_column(
            &corrected,
            "Outstanding_Loan_Amount",
            |row, owed| if row < 9 { "9".to_owned() } else { owed.to_owned() },
        );
    is_refused(&dir, &corrected, &["17 of 20 late loans have the same days past due as 7 days ago"]);
}

#[test]
fn a_book_may_be_unchanged_for_some_days_but_not_every_day() {
    let dir = after(&book(60));
    for (day, code) in [(AS_OF, 0), (SOON_AFTER, 0), ("2026-04-04", 0), ("2026-04-05", 3), ("2026-04-06", 3)] {
        assert_eq!(next(&dir, &book(60), day, &["--force"]).code, code, "{day}");
    }
    // A week that was forgotten, brought in late.
    assert_eq!(next(&dir, &book(60), "2026-03-01", &[]).code, 0);
}

#[test]
fn a_book_that_moves_as_books_do_is_taken() {
    is_taken(&after(&book(60)), &aged(&book(60), 7));
    // Interest only: no balance moves for a month, but who is late is later.
    let later = |_: usize, days: &str| {
        if days == "0" { "0".to_owned() } else { (days.parse::<i64>().unwrap() + 7).to_string() }
    };
    is_taken(&after(&book(60)), &with_column(&book(60), "Days_Past_Due", later));
    // Days past due in buckets, of which no loan has left its own, while some paid.
    let bucket = |_: usize, days: &str| (days.parse::<i64>().unwrap().min(89) / 30 * 30).to_string();
    let paid = |row: usize, owed: &str| if row % 9 == 4 { "100".to_owned() } else { owed.to_owned() };
    let buckets = with_column(&book(60), "Days_Past_Due", bucket);
    is_taken(&after(&buckets), &with_column(&buckets, "Outstanding_Loan_Amount", paid));
    // No one is late, and one has paid.
    let current = with_column(&book(60), "Days_Past_Due", |_, _| "0".to_owned());
    let one = |row: usize, owed: &str| if row == 0 { "1".to_owned() } else { owed.to_owned() };
    is_taken(&after(&current), &with_column(&current, "Outstanding_Loan_Amount", one));
    is_refused(&after(&current), &current, &["all 60 live loans owe the same and have the same days past due"]);
}

#[test]
fn closed_loans_and_small_books_may_be_unchanged() {
    is_taken(&after(&book(3)), &book(3));
    let closed = with_column(&book(60), "Outstanding_Loan_Amount", |_, _| "0".to_owned());
    is_taken(&after(&closed), &closed);
}

/// The book a week later, with each balance changed so.
fn with_balances(change: impl Fn(i64) -> String) -> String {
    let change = |_: usize, owed: &str| change(owed.parse().expect("a number"));
    let later = |_: usize, days: &str| (days.parse::<i64>().expect("a number") + 7).to_string();
    with_column(&with_column(&book(60), "Outstanding_Loan_Amount", change), "Days_Past_Due", later)
}

#[test]
fn a_book_in_another_unit_is_refused_until_it_is_accepted() {
    let dir = after(&book(60));
    let tenfold = with_balances(|owed| (owed * 10).to_string());
    let reported =
        ["60 of 60 live loans owe about 10 times what they owed on 2026-03-31", "add --accept-changed-values"];
    is_refused(&dir, &tenfold, &reported);
    is_refused(&dir, &with_balances(|owed| format!("{}.{:02}", owed / 100, owed % 100)), &["owe about one 100th of"]);
    assert_eq!(next(&dir, &tenfold, A_WEEK_LATER, &["--accept-changed-values"]).code, 0);
    dir.write("recoup.toml", "[import]\naccept_changed_values = true\n");
    assert_eq!(next(&dir, &book(60), "2026-04-14", &[]).code, 0);
}

#[test]
fn days_past_due_of_another_day_are_refused() {
    let dir = after(&book(60));
    let shifted = |by: i64| {
        let later = move |_: usize, days: &str| match days.parse::<i64>().unwrap() {
            0 => "0".to_owned(),
            days => (days + by).max(0).to_string(),
        };
        with_column(&book(60), "Days_Past_Due", later)
    };
    let reported = ["20 of 20 late loans are later by more than 10 days than on 2026-03-31, 7 days before"];
    is_refused(&dir, &shifted(40), &reported);
    is_refused(&dir, &shifted(40), &["another day than 2026-04-07", "--as-of", "add --accept-changed-values"]);
    is_refused(&dir, &shifted(-14), &["are less late by 14 days"]);
    is_taken(&dir, &shifted(9));
}

#[test]
fn last_weeks_file_of_a_small_book_is_refused_although_a_loan_was_corrected() {
    let corrected = |row: usize, owed: &str| if row == 4 { "77".to_owned() } else { owed.to_owned() };
    let corrected = with_column(&book(12), "Outstanding_Loan_Amount", corrected);
    is_refused(&after(&book(12)), &corrected, &["4 of 4 late loans have the same days past due as 7 days ago"]);
}

fn with_ids(book: &str, change: impl Fn(&str) -> String) -> String {
    with_column(book, "Loan_ID", |_, id| change(id))
}

#[test]
fn ids_that_another_program_changed_are_named() {
    let dir = after(&book(60));
    let later = aged(&book(60), 7);
    for (ids, reported) in [
        (with_ids(&later, |id| format!("{id}.0")), "gained or lost \".0\": loan 1000 of 2026-03-31 is loan 1000.0 now"),
        (with_ids(&later, |id| format!("00{id}")), "gained or lost zeros: loan 1000 of 2026-03-31 is loan 001000 now"),
        (
            with_ids(&later, |id| format!("LN-{id}")),
            "gained or lost a prefix: loan 1000 of 2026-03-31 is loan LN-1000 now",
        ),
    ] {
        is_refused(&dir, &ids, &["none of the 60 live loans of 2026-03-31", reported, "add --accept-changed-ids"]);
    }
    let upper = with_ids(&book(60), |id| format!("ln{id}"));
    is_refused(&after(&upper), &with_ids(&later, |id| format!("LN{id}")), &["in another case: loan ln1000"]);
}

#[test]
fn another_book_is_refused_until_it_is_accepted() {
    let dir = after(&book(60));
    let other = with_ids(&aged(&book(60), 7), |id| format!("{}", id.parse::<i64>().unwrap() + 5_000));
    is_refused(
        &dir,
        &other,
        &["none of the 60 live loans", "another book", "--db", "import.accept_changed_ids = true"],
    );
    let few = with_ids(&aged(&book(60), 7), |id| if id < "1011" { id.to_owned() } else { format!("9{id}") });
    is_refused(&dir, &few, &["only 11 of the 60 live loans"]);
    let enough = with_ids(&aged(&book(60), 7), |id| if id < "1012" { id.to_owned() } else { format!("9{id}") });
    assert_eq!(next(&dir, &enough, SOON_AFTER, &[]).code, 0, "a fifth is enough");
    assert_eq!(next(&dir, &other, A_WEEK_LATER, &["--accept-changed-ids"]).code, 0);
    dir.write("recoup.toml", "[import]\naccept_changed_ids = true\n");
    assert_eq!(next(&dir, &aged(&book(60), 14), "2026-04-14", &[]).code, 0);
}

#[test]
fn a_part_of_the_ids_changed_is_enough_to_ask() {
    let dir = after(&with_ids(&book(60), |id| if id > "1049" { format!("0{id}") } else { id.to_owned() }));
    is_refused(&dir, &aged(&book(60), 7), &["only 50 of the 60 live loans", "gained or lost zeros: loan 01050"]);
}

#[test]
fn of_a_small_book_all_loans_may_be_gone_but_not_under_other_ids() {
    let dir = after(&book(3));
    is_taken(&dir, &with_ids(&book(3), |id| format!("9{id}")));
    is_refused(&after(&book(3)), &with_ids(&book(3), |id| format!("{id}.0")), &["loan 1000 of 2026-03-31"]);
}

#[test]
fn another_currency_is_another_book() {
    let dir = after(&book(60));
    dir.write("recoup.toml", "[currency]\ncode = \"EUR\"\n");
    is_taken(&dir, &with_ids(&book(60), |id| format!("9{id}")));
}

#[test]
fn the_message_that_names_a_loan_forgets_an_erased_one() {
    let borrowers = |book: &str| {
        let lines = book.lines().enumerate();
        lines
            .map(|(row, line)| {
                format!("{line},{}\n", if row == 0 { "Borrower_ID".to_owned() } else { format!("B-{row:04}") })
            })
            .collect::<String>()
    };
    let dir = after(&borrowers(&book(60)));
    is_refused(&dir, &borrowers(&with_ids(&book(60), |id| format!("{id}.0"))), &["loan 1000 of"]);
    dir.ok(&["erase", "B-0001"]);
    let message: String = value(&dir.db(), "select message from runs where status = 'refused'");
    assert!(message.contains("loan (erased) of 2026-03-31 is loan (erased).0 now"), "{message}");
}

/// A book of which all loans after the first `live` are closed, with this status.
fn partly_closed(loans: usize, live: usize, status: fn(usize) -> &'static str) -> String {
    let book = book(loans);
    let (header, lines) = book.split_once('\n').expect("a header");
    let with_status = lines.lines().enumerate().map(|(row, line)| {
        let status = if row < live { "Outstanding" } else { status(row) };
        format!("{line},{status}\n")
    });
    format!("{header},Recovery_Status\n{}", with_status.collect::<String>())
}

#[test]
fn closed_loans_that_are_live_again_because_the_status_is_lost_are_refused() {
    let ended = |row: usize| if row.is_multiple_of(2) { "Written Off" } else { "Settled" };
    let week = partly_closed(100, 60, ended);
    let dir = after(&week);
    let later = aged(&week, 7);
    let empty = with_column(&later, "Recovery_Status", |_, _| String::new());
    let without = with_column(&later, "Recovery_Status", |_, _| "x".to_owned());
    let without = without.replace("Recovery_Status", "Remark");
    for lost in [&empty, &without] {
        let reported =
            "40 of the 40 loans that were closed on 2026-03-31 are live again: the status column is missing or empty";
        is_refused(&dir, lost, &[reported, "add --accept-changed-values"]);
    }
    let reopened = |count: usize| {
        with_column(&later, "Recovery_Status", |row, status| {
            if (60..60 + count).contains(&row) { "Outstanding".to_owned() } else { status.to_owned() }
        })
    };
    is_refused(&dir, &reopened(21), &["21 of the 40 loans that were closed"]);
    is_taken(&dir, &reopened(20));
    let dir = after(&week);
    assert_eq!(next(&dir, &empty, A_WEEK_LATER, &["--accept-changed-values"]).code, 0);
    let few = partly_closed(64, 60, |_| "Written Off");
    let reopened = with_column(&aged(&few, 7), "Recovery_Status", |_, _| "Outstanding".to_owned());
    is_taken(&after(&few), &reopened);
}

#[test]
fn a_file_that_lost_closed_loans_only_is_taken_and_one_that_lost_live_loans_is_not() {
    let week = partly_closed(200, 40, |_| "Written Off");
    let later = aged(&week, 7);
    let first = |lines: usize| later.lines().take(1 + lines).map(|line| format!("{line}\n")).collect::<String>();
    // Two of 40 live loans were repaid and removed, too.
    let fewer: String = first(50)
        .lines()
        .filter(|line| !line.starts_with("1007,") && !line.starts_with("1011,"))
        .map(|line| format!("{line}\n"))
        .collect();
    for shorter in [first(50), fewer] {
        let dir = after(&week);
        dir.write("next.csv", &shorter);
        let checked = dir.ok(&["check", "next.csv", "--as-of", A_WEEK_LATER]);
        assert!(checked.stdout.contains("would be loaded"), "{}", checked.stdout);
        is_taken(&dir, &shorter);
    }
    let reported = ["ends in line 38 after 37 loans; the last run had 200", "--expect-rows 37"];
    is_refused(&after(&week), &first(37), &reported);
}

#[test]
fn a_book_in_another_currency_is_no_shrunken_one() {
    let dir = Workdir::new();
    dir.write("book.csv", book(60));
    dir.run_ok("book.csv");
    dir.write("dollars.toml", "[currency]\ncode = \"USD\"\n");
    dir.write("dollars.csv", book(12));
    let config = ["--config", "dollars.toml"];
    let ended = dir.recoup(&[&["run", "dollars.csv", "--as-of", AS_OF][..], &config].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let ended = next(&dir, &aged(&book(60), 7), A_WEEK_LATER, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
}
