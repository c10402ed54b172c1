//! Whole reports, from small books in a database that is built as a run builds it.

mod fixture;
mod judged;

use rusqlite::Connection;

use self::fixture::{Content, GOOD, book, empty_run, settings, sum_up};
use super::render;
use crate::chance::Chance;
use crate::db::ShownRun;
use crate::run::store_figures;

fn report(connection: &Connection) -> String {
    sum_up(connection);
    render(ShownRun::find(connection, Some(7)).unwrap(), &settings()).unwrap()
}

/// The text of the page without its tags, in single spaces.
fn text(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for letter in html.chars() {
        match letter {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            '\u{a0}' => text.push(' '),
            _ if is_tag => {}
            _ => text.push(letter),
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_key_figures_are_those_of_the_book() {
    // Of loans of 1, 2, … 12 hundred, 3, 4, 7, 8, 11 and 12 are live, and of these 3 and 12 late; 1, 5 and 9 are closed.
    let page = text(&report(&book(12, GOOD)));
    for figure in [
        "On 31 January 2026 the book held 12 loans. 6 are live and owe ₹4,500;",
        "33.3% of that is more than 30 days past due. 3 are closed and 3 are written off.",
        "₹1,500 ÷ ₹4,500; 2 of 6 live loans",
        "₹1,500 on 3 loans, closed; ₹1,800 on 3 loans, written off",
        "All 6 loans to work",
    ] {
        assert!(page.contains(figure), "{figure} in {page}");
    }
}

#[test]
fn the_first_loans_are_in_the_order_of_the_worklist() {
    let connection = book(60, GOOD);
    let html = report(&connection);
    let mut statement = connection.prepare("select loan_id from worklist order by priority limit 25").unwrap();
    let listed: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let places: Vec<_> = listed.iter().map(|loan| html.find(&format!("\"row\">{loan} <small>")).unwrap()).collect();
    assert_eq!(listed.len(), 25);
    assert!(places.is_sorted());
}

#[test]
fn every_shown_query_can_be_pasted_and_gives_its_rows() {
    let connection = book(60, GOOD);
    sum_up(&connection);
    let first_loans = super::first_loans::query(3);
    // Amounts of 51,000 to 110,000 fall into 13 bars of 5,000, scores of 0.01 to 0.60 into 13 bins of 0.05.
    for (query, rows) in [
        (super::portfolio::PORTFOLIO, 1),
        (super::strategies::STRATEGIES, 3),
        (&first_loans, 3),
        (super::amounts::AMOUNTS, 13),
        (super::amounts::POINTS, 60),
        (super::looks::PAYMENT_HISTORY, 2),
        (super::spread::SPREAD, 60),
        (super::segments::SEGMENTS, 2),
        (super::model::scores::SCORE_BINS, 13),
        (super::model::candidates::CANDIDATES, 1),
        (super::quality::DATA_QUALITY, 21),
        (super::quality::RUN, 1),
    ] {
        let query = &query.replace("?1", "7");
        assert!(query.trim_end().ends_with(';') && !query.contains('?'), "{query}");
        let mut statement = connection.prepare(query).unwrap();
        let given = statement.query_map([], |_| Ok(())).unwrap().map(Result::unwrap).count();
        assert_eq!(given, rows, "{query}");
    }
}

#[test]
fn scores_that_do_not_separate_loans_are_refused_on_the_first_screen() {
    for useless in [Content::Scored { auc_lower: 0.5, brier: 0.2 }, Content::Scored { auc_lower: 0.7, brier: 0.25 }] {
        let html = report(&book(40, useless));
        let caution = html.find("Do not act on the scores").unwrap();
        assert!(caution < html.find("Key figures").unwrap());
    }
    assert!(!report(&book(40, GOOD)).contains("Do not act"));
}

#[test]
fn a_book_with_nothing_owed_or_nothing_in_it_still_gives_a_report() {
    let connection = book(5, Content::Required);
    connection.execute("update loan_snapshots set outstanding_minor = 0", []).unwrap();
    assert!(text(&report(&connection)).contains("nothing is owed. "));
    let connection = book(8, GOOD);
    let closed = "update loan_snapshots set outcome = 'fully_recovered', is_closed = 1;
        update decisions set worklist_place = null";
    connection.execute_batch(closed).unwrap();
    let page = text(&report(&connection));
    assert!(page.contains("the book held 8 loans, and none is live: 8 are closed."));
    assert!(page.contains("No loan is live, so there is nothing to work."));
    assert!(!page.contains("still_collected"), "what was repaid is not collected");
    for absent in ["Balance at risk", "there are no scores"] {
        assert!(!page.split(" Definitions As-of date").next().unwrap().contains(absent), "{absent}");
    }
    assert!(text(&report(&empty_run(0))).contains("the book held 0 loans; nothing is owed"));
}

#[test]
fn a_book_without_a_live_loan_says_so_and_how_to_have_what_is_still_collected() {
    let connection = book(8, GOOD);
    connection.execute("update loan_snapshots set is_closed = 1", []).unwrap();
    connection.execute("update loan_details set recovery_status = 'Part \"paid\"'", []).unwrap();
    let page = text(&report(&connection)).replace("&#34;", "\"").replace("&#39;", "'");
    assert!(page.contains("none is live: 6 are closed and 2 are written off."), "{page:.900}");
    let line = r#"put still_collected = ["Part \"paid\""] under [outcome]"#;
    assert!(
        page.contains(line) || page.contains(r#"put still_collected = ['Part "paid"'] under [outcome]"#),
        "{page:.900}"
    );
}

#[test]
fn what_a_file_says_is_never_markup() {
    let connection = book(8, GOOD);
    let evil = "<script>alert('1')</script>&\"";
    connection.execute("update loan_register set loan_id = loan_id || ?1, borrower_id = ?1", [evil]).unwrap();
    connection.execute("update loan_details set payment_history = ?1", [evil]).unwrap();
    connection.execute("update segments set name = name || ?1", [evil]).unwrap();
    connection.execute("update strategy_rules set strategy = ?1, band = ?1", [evil]).unwrap();
    connection
        .execute(
            "insert into rejects (run_id, line, column_name, value, reason, is_row_left_out)
             values (7, 3, ?1, 'a secret value', ?1, 0)",
            [evil],
        )
        .unwrap();
    let html = report(&connection);
    assert!(html.contains("&#60;script&#62;alert"));
    assert!(!html.to_lowercase().contains("<script"));
    assert!(!html.contains("a secret value"));
}

#[test]
fn the_page_asks_nothing_of_any_other_machine() {
    let html = report(&book(60, GOOD));
    for trace in ["http:", "https:", "<script", "@import", "url(", "src=", "<iframe", "onload"] {
        assert!(!html.contains(trace), "{trace}");
    }
}

#[test]
fn the_same_run_gives_the_same_bytes_and_nothing_of_the_clock() {
    let connection = book(200, GOOD);
    let html = report(&connection);
    assert_eq!(html, report(&connection));
    assert_eq!(html, report(&book(200, GOOD)));
    assert!(!html.contains("03:04"));
}

#[test]
fn a_large_book_makes_no_larger_file() {
    let (small, large) = (report(&book(2_000, GOOD)), report(&book(30_000, GOOD)));
    assert!(small.len() < 150_000, "{}", small.len());
    assert!(large.len() < 150_000, "{}", large.len());
    assert!(text(&large).contains("of 30,000 loans, picked by the last digits of their ids"));
    assert!(text(&large).contains("All loans with a known value count."));
}

#[test]
fn an_earlier_run_is_reported_by_its_number() {
    let connection = book(12, GOOD);
    connection
        .execute_batch(
            "create temp table again as select * from runs;
             alter table again drop column place;
             update again
             set run_id = 8, as_of_date = '2026-02-07', lines_read = 0, loans_loaded = 0, rows_rejected = 0,
                 first_snapshot_id = 13, last_snapshot_id = 13;
             insert into runs select * from again;",
        )
        .unwrap();
    assert!(text(&report(&connection)).contains("On 31 January 2026 the book held 12 loans"));
    store_figures(&connection, 8, &Chance::of_single_loans()).unwrap();
    let latest = ShownRun::find(&connection, None).unwrap();
    assert!(render(latest, &settings()).unwrap().contains("As of 7 February 2026"));
}

#[test]
fn ids_in_the_page_are_unique_and_every_link_has_its_target() {
    let html = report(&book(60, GOOD));
    let mut ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let found = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), found);
    for target in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(ids.contains(&target), "{target}");
    }
}
