//! What is checked about the columns and groups behind the scores: columns that give the outcome away or hold nothing, shifts
//! between finished and live loans, and the fairness screen.

use crate::workdir::{Workdir, column, texts, value, with_column};

#[test]
fn a_column_written_after_the_outcome_is_named_by_the_audit_when_it_is_forced_in() {
    let dir = Workdir::with_book(900);
    dir.write("recoup.toml", "[[feature]]\nname = \"attempts\"\ncolumn = \"Collection_Attempts\"\nkind = \"number\"\n");
    dir.run_ok("book.csv");
    let found = texts(
        &dir.db(),
        "select subject || ' ' || verdict from feature_audit where subject in ('attempts', 'Collection_Attempts')",
    );
    assert_eq!(found, ["attempts warned"]);
}

#[test]
fn a_target_made_from_the_features_is_refused() {
    let dir = Workdir::with_book(900);
    let book = with_column(&dir.read("book.csv"), "Recovery_Status", |_, _| String::new());
    let days: Vec<u32> = column(&book, "Days_Past_Due").iter().map(|days| days.parse().unwrap()).collect();
    let made = with_column(&book, "Recovery_Status", |row, _| {
        if days[row] > 30 { "Written Off" } else { "Fully Recovered" }.to_owned()
    });
    dir.write("book.csv", made);
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(texts(&db, "select score_source from latest_run"), ["policy"]);
    let refused = texts(&db, "select subject from feature_audit where verdict = 'refused' order by 1");
    assert_eq!(refused, ["days_past_due", "dpd_bucket"], "the column that made the target, in both of its forms");
    let reason: String = value(&db, "select gate_reason from latest_run");
    assert!(reason.contains("because days past due alone"), "{reason}");
}

#[test]
fn a_category_of_300_values_a_constant_and_an_empty_column_are_barred_with_a_sentence() {
    let dir = Workdir::with_book(900);
    let book = dir.read("book.csv");
    let lines: Vec<String> = book
        .lines()
        .enumerate()
        .map(|(row, line)| match row {
            0 => format!("{line},Branch,Country,Empty"),
            _ => format!("{line},B{},IN,", row % 300),
        })
        .collect();
    dir.write("book.csv", lines.join("\n") + "\n");
    let own = |name: &str| format!("[[feature]]\nname = \"{name}\"\ncolumn = \"{name}\"\nkind = \"category\"\n");
    dir.write("recoup.toml", [own("branch"), own("country"), own("empty")].concat());
    dir.run_ok("book.csv");
    let db = dir.db();
    let barred = "select subject || ': ' || reason from feature_audit
        where subject in ('branch', 'country', 'empty') and verdict = 'barred' order by subject";
    assert_eq!(
        texts(&db, barred),
        [
            "branch: it has 300 different texts, more than 64: it looks like an identifier or free text",
            "country: it is the same in every loan with a known outcome, so it does not distinguish loans",
            "empty: it is missing in every loan with a known outcome, so it does not distinguish loans",
        ]
    );
    let seen =
        "select count(*) from models join json_each(feature_names) where value in ('branch', 'country', 'empty')";
    assert_eq!(value::<i64>(&db, seen), 0);
}

#[test]
fn the_fairness_screen_counts_every_loan_with_an_outcome_and_gender_is_not_a_feature() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let db = dir.db();
    let with_outcome: i64 = value(&db, "select count(*) from loans where outcome <> 'outstanding'");
    for attribute in ["gender", "age"] {
        let counted = format!("select sum(loans) from fairness_screen where attribute = '{attribute}'");
        assert_eq!(value::<i64>(&db, &counted), with_outcome, "{attribute}");
    }
    let flagged = "select sum(risk_scores.is_high_risk) from risk_scores join loans using (loan_id)
        where outcome <> 'outstanding' and gender = 'Female'";
    let screened = "select flagged from fairness_screen where group_name = 'Female'";
    assert_eq!(value::<i64>(&db, screened), value::<i64>(&db, flagged));
    assert_eq!(value::<i64>(&db, "select count(*) from models where feature_names like '%gender%'"), 0);
    let measures = "select count(distinct measure) from fairness_differences group by attribute";
    assert_eq!(texts(&db, &format!("select cast(({measures}) as text)")), ["4"]);
    // The difference that is reported is that of the two groups in the screen.
    let apart = "select max(abs(difference - (one.share_flagged - other.share_flagged)))
        from fairness_differences as reported
        join fairness_screen as one on one.group_name = higher_group and one.attribute = reported.attribute
        join fairness_screen as other on other.group_name = lower_group and other.attribute = reported.attribute
        where measure = 'share_flagged'";
    assert!(value::<f64>(&db, apart) < 1e-12);
    for attribute in ["gender", "age"] {
        let of = |column: &str| {
            let sum = format!("select sum({column}) from fairness_to_collect where attribute = '{attribute}'");
            value::<i64>(&db, &sum)
        };
        assert_eq!(of("loans"), value::<i64>(&db, "select live_loans from portfolio"), "{attribute}");
        assert_eq!(of("flagged"), value::<i64>(&db, "select high_risk_loans from portfolio"), "{attribute}");
    }
}

#[test]
fn open_loans_are_compared_with_those_with_an_outcome() {
    let dir = Workdir::with_book(900);
    dir.run_ok("book.csv");
    let of = |what: &str, subject: &str| {
        value::<f64>(&dir.db(), &format!("select {what} from population_stability where subject = '{subject}'"))
    };
    let open: f64 = value(&dir.db(), "select count(*) * 1.0 from loans where is_live and outcome = 'outstanding'");
    assert_eq!(of("open_loans * 1.0", "age_years"), open);
    assert!(of("stability_index", "age_years") < 0.25 && of("stability_index", "risk_score") < 0.25);
    let status = column(&dir.read("book.csv"), "Recovery_Status");
    let older = with_column(&dir.read("book.csv"), "Age", |row, age| {
        if status[row] == "Outstanding" { "66".to_owned() } else { age.to_owned() }
    });
    dir.write("book.csv", older);
    dir.run_ok("book.csv");
    assert!(of("stability_index", "age_years") > 0.25);
    let verdict: String = value(&dir.db(), "select verdict from population_stability where subject = 'age_years'");
    assert_eq!(verdict, "large shift");
    assert!(dir.report().contains("The index is above 0.25 for age"));
}
