//! The model part of the report, from a run that judged its candidates.

use rusqlite::Connection;

use super::fixture::{Content, GOOD, book, sum_up};
use super::{report, text};
use crate::config::Config;
use crate::db::ShownRun;

/// A book whose forest passed the gate.
fn forest() -> Connection {
    let connection = book(120, GOOD);
    connection.execute_batch(include_str!("judged.sql")).unwrap();
    connection
}

/// A book whose models did not pass, so that points by rule are in use.
fn policy() -> Connection {
    let connection = forest();
    connection
        .execute_batch(
            "update models set is_in_use = kind = 'policy', is_accepted = 0, verdict = 'Refused: no better than chance.';
             update runs
             set score_source = 'policy',
                 gate_reason = 'The scores are the policy points, because no model was shown to do better on 1,204 finished loans.'",
        )
        .unwrap();
    connection
}

/// A book without outcomes, which has points all the same.
fn unjudged() -> Connection {
    let connection = book(60, Content::Required);
    connection
        .execute_batch(
            "insert into models (
                 model_id, run_id, kind, version, parameters, feature_names, trained_loans, content, is_in_use,
                 is_accepted, verdict, calibration
             ) values (1, 7, 'policy', 1, '{}', '[]', 0, x'', 1, 0, 'Not judged.', '{}');
             insert into policy_points (run_id, position, measure, lower_bound, points)
             values (7, 1, 'days_past_due', 0, 0), (7, 2, 'days_past_due', 31, 25);
             insert into audit_findings (run_id, position, subject, verdict, reason)
             values (7, 1, 'Gender', 'barred', 'never a feature')",
        )
        .unwrap();
    connection
}

fn expect(page: &str, sentences: &[&str]) {
    for sentence in sentences {
        assert!(page.contains(sentence), "{sentence} in {page}");
    }
}

/// The same book where the audit warns of nothing, and live loans are like finished ones.
fn undoubted() -> Connection {
    let connection = forest();
    connection.execute("update audit_findings set verdict = 'used' where verdict = 'warned'", []).unwrap();
    connection
        .execute("update population_shifts set verdict = 'some shift' where verdict = 'large shift'", [])
        .unwrap();
    connection
}

#[test]
fn a_feature_that_may_be_a_leak_is_a_caution_on_the_first_screen_and_the_last_line() {
    let html = report(&forest());
    expect(&text(&html), &["The scores passed their test, but may use data written after the outcome"]);
    assert!(html.contains("notice caution"));
    let last = last_line(&forest());
    let expected = "chance 0.50): written down after the outcome? branch: may not hold for live loans, which differ a lot in days past due";
    assert!(last.ends_with(expected), "{last}");
}

#[test]
fn scores_that_live_loans_may_not_bear_out_are_no_headline() {
    let connection = undoubted();
    let shift = |subject: &str, by_chance: f64| {
        let sql = "update population_shifts set verdict = case when subject = ?1 then 'large shift' else 'stable' end,
                index_value = 0.4, by_chance = ?2";
        connection.execute(sql, (subject, by_chance)).unwrap();
        (text(&report(&connection)), last_line(&connection))
    };
    for (subject, name) in [("risk_score", "the score"), ("days_past_due", "days past due"), ("burden", "loan burden")]
    {
        let (page, last) = shift(subject, 0.04);
        expect(page.split("Key figures").next().unwrap(), &["The scores may not hold for live loans."]);
        expect(&page, &[&format!("Live loans differ a lot from finished ones in {name},"), "Note the caution"]);
        assert!(last.ends_with(&format!(": may not hold for live loans, which differ a lot in {name}")), "{last}");
    }
    // A feature that barely counts, a shift that may be chance, and points that learnt nothing.
    for (page, last) in [shift("branch", 0.04), shift("days_past_due", 0.5)] {
        assert!(page.contains("The scores passed their test.") && last.ends_with("chance 0.50)"), "{last}");
    }
    let by_points = policy();
    by_points.execute("update population_shifts set verdict = 'large shift', index_value = 0.9", []).unwrap();
    assert!(
        !last_line(&by_points).contains("may not hold") && !text(&report(&by_points)).contains("may not hold for live")
    );
}

fn last_line(connection: &Connection) -> String {
    sum_up(connection);
    let run = ShownRun::find(connection, Some(7)).unwrap();
    let lines = crate::summary::lines(run, std::path::Path::new("reports"), &Config::parse("").unwrap());
    lines.unwrap().pop().expect("a line for the scores")
}

#[test]
fn the_first_screen_says_which_scores_are_in_use_and_why() {
    let page = text(&report(&undoubted()));
    expect(page.split("Key figures").next().unwrap(), &["The scores passed their test. All 120 lines"]);
    expect(
        &page,
        &[
            "The scores passed their test The scores are those of the random forest, because on 1,204 finished loans",
            "84 times in 100 (chance alone: 50)",
            "A score is a probability, not a verdict on a borrower.",
        ],
    );
    // A score is the probability of less than all, not the share that is lost.
    expect(&page, &["expected on loans that will not be fully recovered; part of it may still come back"]);
    assert!(!page.contains("expected not to come back"));
}

#[test]
fn where_no_model_passed_the_points_are_named_and_nothing_is_called_a_probability() {
    let page = text(&report(&policy()));
    expect(
        page.split("Key figures").next().unwrap(),
        &[
            "points by rule, not a model The scores are the policy points, because no model",
            "They are not learnt from outcomes",
        ],
    );
    expect(
        &page,
        &[
            "Loans with the most points come first; among equals, the largest balance.",
            "Points go from 0 to 100 by the lender’s policy.",
            "Loans by points",
            "over 75",
            "How the points are made",
            "Days past due 31 25",
            "Loan burden 50% 12.5",
            "Policy points 0.781 (0.754 to 0.808)",
        ],
    );
    for absent in [
        "A score is the probability",
        "What the scores depend on",
        "The scores in a picture",
        "Score × balance:",
        "At risk",
        "Do the scores come true?",
        "Brier score, against",
        "Actual rate Compared with the scores",
    ] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn points_that_do_no_better_than_chance_are_reported_as_such() {
    let connection = policy();
    connection
        .execute("update model_metrics set lower_95 = 0.49, upper_95 = 0.70 where metric = 'auc' and model_id = 3", [])
        .unwrap();
    let page = text(&report(&connection));
    expect(&page, &["The points cannot be tested on the finished loans of this book"]);
    assert!(!page.contains("does not show that the points rank"));
    connection.execute("update population_shifts set verdict = 'some shift'", []).unwrap();
    expect(&text(&report(&connection)), &["This book does not show that the points rank loans better"]);
}

#[test]
fn a_forced_model_is_named_and_one_that_was_refused_is_a_caution() {
    let connection = undoubted();
    connection
        .execute(
            "update runs set forced_model = 'forest', gate_reason = 'as asked for (model = forest), ' || gate_reason",
            [],
        )
        .unwrap();
    let html = report(&connection);
    let sentences = ["The scores come from the random forest, as requested", "As asked for (model = forest)"];
    expect(&text(&html), &sentences);
    assert!(!html.contains("notice caution"));
    connection.execute("update models set is_accepted = 0 where model_id = 1", []).unwrap();
    let html = report(&connection);
    expect(&text(&html), &["Do not rely on these scores: the random forest did not pass its test", "Note the caution"]);
    assert!(html.contains("notice caution"));
}

#[test]
fn requested_points_differ_from_points_in_place_of_a_model() {
    let connection = policy();
    connection.execute("update runs set forced_model = 'logistic'", []).unwrap();
    expect(&text(&report(&connection)), &["points by rule, not a model"]);
    connection.execute("update runs set forced_model = 'policy'", []).unwrap();
    expect(&text(&report(&connection)), &["points by rule, as requested"]);
}

#[test]
fn a_book_without_outcomes_says_so_and_leaves_out_what_it_cannot_know() {
    let page = text(&report(&unjudged()));
    expect(&page, &["no loan has a known outcome to learn from", "How the points are made", "Gender never used"]);
    for absent in ["What the measures say", "The candidates", "at each threshold", "groups of borrowers", "NaN"] {
        assert!(!page.contains(absent), "{absent}");
    }
}

#[test]
fn the_model_section_has_the_numbers_of_the_views() {
    let page = text(&report(&forest()));
    expect(
        &page,
        &[
            "Random forest 0.842 (0.819 to 0.865) 0.537 0.1491 38.2% 0.457 0.98 0.01 0.021 passed, in use",
            "Policy points 0.781 (0.754 to 0.808) 0.433 – – – – – – the benchmark",
            // 231 + 34 flagged; 231 of 489; 231 of 265.
            "0.75 265 231 34 258 47% 87%",
            "0.50 491 362 129 127 74% 74%",
            "The 10% of loans with the highest scores held 24% of all that were not recovered; the top three deciles held 61%.",
            "The scores depend most on days past due, missed payments and loan burden.",
            "Branch Harbour: 0.380; Market Street: 0.410; Old Town: 0.470",
            "explain 71% of the differences between scores",
            "Days past due over 34, loan burden over 41% 287 0.88",
            "Branch allowed, with a warning All 14 loans",
            "3 features raise no concern: days past due, missed payments and loan burden.",
            "Female 571 220 40.1% 36 to 44%",
            "Other 14 5 too few",
            "Seen by the model age, income, days past due, loan burden",
            "Loans learnt from 1,204",
            "they may have been measured after the outcome",
            "population_stability says by how much",
            "loans of one borrower are kept together",
            "0.9800 (0.8700 to 1.0900)",
        ],
    );
    assert!(!page.contains("Picture explained"), "no measure of the scores");
    assert!(page.find("Branch allowed, with a warning") < page.find("Collection Attempts never used"));
}

#[test]
fn groups_are_compared_in_plain_sentences_and_too_few_is_reported() {
    let page = text(&report(&forest()));
    expect(
        &page,
        &[
            "Flagged Groups with enough loans do not differ by more than chance (95% interval of the largest difference: -4.0 \
             to 7.2 points).",
            "Caught The same in all groups with enough loans.",
            "False alarms Too few loans to compare two groups.",
            "Actual rate Compared with the scores, a larger share is not recovered for “Male” than for “Female”, by 11.4 \
             points (95% interval over all 3 pairs of groups: 1.1 to 21.7): more than chance explains.",
            "Female 212 53 25.0% 20 to 31% Other 9 1 too few –",
        ],
    );
}

#[test]
fn a_book_whose_open_loans_differ_is_reported_with_the_features() {
    let connection = forest();
    expect(
        &text(&report(&connection)),
        &[
            "The index is above 0.25 for days past due: live loans differ a lot",
            "The score 0.04 0.04 stable Days past due 0.41 0.04 large shift Branch 0.12 0.16 some shift, may be chance",
        ],
    );
    connection.execute("update population_shifts set by_chance = 0.5 where subject = 'days_past_due'", []).unwrap();
    expect(&text(&report(&connection)), &["No index is above 0.25 by more than chance"]);
    connection
        .execute("update population_shifts set index_value = null, by_chance = null, verdict = 'too few'", [])
        .unwrap();
    expect(&text(&report(&connection)), &["open are too few to compare: 50 of each are needed"]);
    connection.execute("update population_shifts set open_loans = 0", []).unwrap();
    expect(&text(&report(&connection)), &["There are no live loans without an outcome to compare"]);
}

#[test]
fn the_first_loans_say_why_and_those_beyond_the_reasons_have_a_dash() {
    let connection = forest();
    let html = report(&connection);
    assert!(html.contains("EMI takes 61% of income; 7 of 36 payments missed</td>"));
    let html = report(&book(12, GOOD));
    assert!(!html.contains(">Why</th>"), "a column without values is left out");
}

#[test]
fn every_query_of_the_model_section_gives_all_of_its_rows() {
    let connection = forest();
    sum_up(&connection);
    use crate::report::model::{basis, candidates, checks, groups, measures, picture};
    // As many as judged.sql inserts, and ten deciles.
    for (query, rows) in [
        (candidates::CANDIDATES, 3),
        (measures::DECILES, 10),
        (basis::IMPORTANCE, 8),
        (basis::DEPENDENCE, 18),
        (picture::PICTURE, 13),
        (basis::POLICY_POINTS, 8),
        (checks::AUDIT, 7),
        (checks::STABILITY, 4),
        (groups::FAIRNESS, 5),
        (groups::DIFFERENCES, 4),
        (groups::FLAGGED, 2),
    ] {
        let query = &query.replace("?1", "7");
        assert!(query.trim_end().ends_with(';') && !query.contains('?'), "{query}");
        let mut statement = connection.prepare(query).unwrap();
        let given = statement.query_map([], |_| Ok(())).unwrap().map(Result::unwrap).count();
        assert_eq!(given, rows, "{query}");
    }
}

#[test]
fn a_full_model_section_stays_small_and_its_texts_are_never_markup() {
    let connection = forest();
    let evil = "<script>alert('1')</script>&\"";
    connection
        .execute_batch(&format!(
            "update models set verdict = '{0}'; update runs set gate_reason = '{0}';
             update audit_findings set subject = '{0}', reason = '{0}'; update fairness_groups set name = '{0}';
             update partial_dependences set label = '{0}' where label is not null;
             update picture_nodes set feature = '{0}' where feature is not null;
             update policy_points set measure = '{0}' where position = 1; update score_reasons set raised_by = '{0}'",
            evil.replace('\'', "''")
        ))
        .unwrap();
    let html = report(&connection);
    assert!(!html.to_lowercase().contains("<script"));
    assert!(html.len() < 150_000, "{}", html.len());
}

#[test]
fn ids_stay_unique_in_a_full_report() {
    let html = report(&forest());
    let mut ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let found = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), found);
    assert!(ids.contains(&"dependence-4-title") && ids.contains(&"picture-title"));
}

#[test]
fn the_last_line_of_a_run_names_the_scores_and_what_they_are_worth() {
    let last = last_line;
    let connection = undoubted();
    assert_eq!(last(&connection), "Scores    forest: out-of-sample AUC 0.84 (0.82 to 0.86; chance 0.50)");
    connection.execute("update models set is_accepted = 0", []).unwrap();
    assert!(last(&connection).ends_with("chance 0.50): refused by the gate, in use as requested"));
    assert!(last(&policy()).starts_with("Scores    policy points: The scores are the policy points, because no model"));
    assert_eq!(
        last(&book(9, Content::Required)),
        "Scores    policy points: The scores are the policy points, because no loan has a known outcome to learn from."
    );
    let poor = book(9, Content::Scored { auc_lower: 0.5, brier: 0.2 });
    assert!(last(&poor).ends_with(": no better than chance, do not act on these scores"));
}
