//! The lender's own columns as features: from the configuration and the file as far as the matrix.

use std::collections::BTreeMap;

use linfa::dataset::Records;
use recoup::parts::{Book, Config, FEATURES, Feature, Kind, Monotone, read_book};

use crate::workdir::{Rows, Workdir, column, texts, value};

fn feature(name: &str, column: &str, kind: &str) -> String {
    format!("[[feature]]\nname = \"{name}\"\ncolumn = \"{column}\"\nkind = \"{kind}\"\n")
}

fn book(dir: &Workdir) -> Book {
    read_book(&dir.db(), 1, &BTreeMap::new(), &|_, _| {}).expect("the book of the first run")
}

/// The own features of a book and their values as text, so that a missing one can be compared.
fn own(book: &Book) -> Vec<(Feature, Vec<String>)> {
    let matrix = book.dataset.records();
    let values = |place: usize| matrix.column(place).iter().map(f32::to_string).collect();
    (FEATURES.len()..matrix.nfeatures()).map(|place| (matrix.features()[place].clone(), values(place))).collect()
}

#[test]
fn numbers_and_categories_follow_the_features_of_every_book() {
    let dir = Workdir::new();
    let branch = feature("branch", "BRANCH-code", "category");
    dir.write("recoup.toml", feature("own_rating", "own rating", "number") + "monotone = \"down\"\n" + &branch);
    let row = |rating, branch| [("Own_Rating", rating), ("Branch Code", branch)];
    let file = Rows::new()
        .loan(&row("12.50", "west"))
        .loan(&row("-3", " East "))
        .loan(&row("", "west"))
        .loan(&row("+.5", ""))
        .loan(&row("7", "Zoo"));
    dir.write("book.csv", file.csv());
    dir.run_ok("book.csv");
    let book = book(&dir);
    let features = own(&book);
    let (rating, ratings) = &features[0];
    let texts = (rating.name.as_str(), rating.label.as_str(), rating.family.as_str());
    assert_eq!(texts, ("own_rating", "own rating", "own_rating"));
    assert_eq!((&rating.kind, rating.monotone), (&Kind::Number, Monotone::Down));
    assert_eq!(ratings, &["12.5", "-3", "NaN", "0.5", "7"]);
    let (branch, branches) = &features[1];
    let levels = ["East", "Zoo", "west"].map(str::to_owned).to_vec();
    assert_eq!((&branch.kind, branch.monotone), (&Kind::Category(levels), Monotone::None));
    assert_eq!(branches, &["2", "0", "2", "NaN", "1"]);
    assert_eq!(features.len(), 2);
}

#[test]
fn values_stay_with_their_loan_whatever_the_order_of_the_file() {
    let dir = Workdir::new();
    dir.write("recoup.toml", feature("rating", "Rating", "number") + &feature("town", "Town", "category"));
    let file = ["c", "a", "b"].iter().fold(Rows::new(), |file, id| {
        let rating = ((id.as_bytes()[0] - b'a') * 10).to_string();
        file.loan(&[("Loan_ID", *id), ("Rating", &rating), ("Town", id)])
    });
    dir.write("book.csv", file.csv());
    dir.run_ok("book.csv");
    let features = own(&book(&dir));
    assert_eq!(features[0].1, ["0", "10", "20"]);
    assert_eq!(features[1].1, ["0", "1", "2"]);
}

#[test]
fn spare_standard_columns_can_be_features_also_under_a_lenders_name() {
    let dir = Workdir::new();
    let columns = "[columns]\nEmployment_Type = \"Job\"\n";
    let text = [
        feature("job", "Job", "category"),
        feature("loan_type", "Loan_Type", "category"),
        feature("history", "Payment History", "category"),
        feature("dependents", "Num_Dependents", "number"),
        feature("attempts", "Collection_Attempts", "category"),
        feature("method", "Collection_Method", "category"),
        feature("legal", "Legal_Action_Taken", "category"),
    ];
    dir.write("recoup.toml", columns.to_owned() + &text.concat());
    let file = Rows::new()
        .loan(&[
            ("Job", "Salaried"),
            ("Loan_Type", "Home"),
            ("Payment_History", "Missed"),
            ("Num_Dependents", "3"),
            ("Collection_Attempts", "10"),
            ("Collection_Method", "Calls"),
            ("Legal_Action_Taken", "Yes"),
        ])
        .loan(&[("Collection_Attempts", "9"), ("Num_Dependents", "many")]);
    dir.write("book.csv", file.csv());
    dir.run_ok("book.csv");
    let features = own(&book(&dir));
    assert_eq!(features[3].1, ["3", "NaN"]);
    assert_eq!(features[4].0.kind, Kind::Category(["10", "9"].map(str::to_owned).to_vec()));
    for (feature, values) in
        features.iter().filter(|(feature, _)| !["dependents", "attempts"].contains(&&*feature.name))
    {
        assert_eq!(values, &["0", "NaN"], "{}", feature.name);
    }
    assert_eq!(features.len(), 7);
}

/// Takes a file however many of its values cannot be read.
const ANY_UNREADABLE: &str = "[import]\nmax_unreadable_percent = 100\n";

#[test]
fn what_is_not_a_number_is_rejected_and_missing_but_stays_as_it_was_written() {
    let dir = Workdir::new();
    dir.write(
        "recoup.toml",
        feature("rating", "Rating", "number") + &feature("grade", "Grade", "category") + ANY_UNREADABLE,
    );
    let huge = "9".repeat(400);
    let written = ["1.5", "abc", "inf", "NaN", "1e999", "1-2", &huge, "0x10", "", "2"];
    let file = written.iter().fold(Rows::new(), |file, text| file.loan(&[("Rating", *text), ("Grade", "abc")]));
    dir.write("book.csv", file.csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    let features = own(&book(&dir));
    let mut values = features[0].1.clone();
    values.retain(|value| value != "NaN");
    assert_eq!(values, ["1.5", "2"]);
    let lines: i64 = value(&db, "select count(*) from rejects where column_name = 'Rating' and not is_row_left_out");
    assert_eq!(lines, 6, "NaN is a word for a missing value");
    let reasons =
        texts(&db, "select line || ' ' || substr(reason, 1, 12) from rejects where value in ('abc', '1e999')");
    assert_eq!(reasons, ["3 not a number", "6 not a number"]);
    assert_eq!(value::<String>(&db, "select extra ->> 'Rating' from loans where loan_id = 'LN_2'"), "abc");
}

#[test]
fn headers_with_odd_letters_are_found() {
    let dir = Workdir::new();
    let headers = ["No. of [visits] (p.a.)", "2nd_score", "$cost", "Größe 'x'", "$.a"];
    let text: String =
        headers.iter().enumerate().map(|(place, header)| feature(&format!("f{place}"), header, "number")).collect();
    dir.write("recoup.toml", text);
    let values = ["1", "2", "3", "4", "5"];
    let loan: Vec<(&str, &str)> = headers.into_iter().zip(values).collect();
    dir.write("book.csv", Rows::new().loan(&loan).csv());
    dir.run_ok("book.csv");
    let read: Vec<String> = own(&book(&dir)).into_iter().flat_map(|(_, values)| values).collect();
    assert_eq!(read, values);
}

#[test]
fn a_column_that_is_not_in_the_file_is_reported_and_missing() {
    let dir = Workdir::new();
    let text = feature("rating", "Rating", "number") + &feature("job", "Employment_Type", "category");
    dir.write("recoup.toml", text + &feature("town", "Town", "category"));
    dir.write("book.csv", Rows::new().loan(&[("Town", "x")]).loans(2).csv());
    let ended = dir.ok(&["check", "book.csv"]);
    assert!(ended.stdout.contains("features absent    Rating, Employment_Type"), "{}", ended.stdout);
    let ended = dir.run_ok("book.csv");
    assert!(ended.stderr.contains("not in the file: Rating, Employment_Type"), "{}", ended.stderr);
    let features = own(&book(&dir));
    assert_eq!(features[0].1, ["NaN"; 3]);
    assert_eq!(
        (&features[1].0.kind, &features[1].1[..]),
        (&Kind::Category(Vec::new()), &["NaN"; 3].map(str::to_owned)[..])
    );
    assert_eq!(features[2].1, ["0", "NaN", "NaN"]);
}

#[test]
fn refused_features_end_with_2_before_anything_is_done() {
    let dir = Workdir::with_book(50);
    for column in ["Gender", "Recovery_Status", "Loan_ID", "borrower id", "Age"] {
        dir.write("recoup.toml", feature("mine", column, "category"));
        let ended = dir.run("book.csv", &[]);
        assert_eq!(ended.code, 2, "{column}: {ended:?}");
        assert!(ended.stderr.contains(column) && ended.stderr.contains("mine"), "{}", ended.stderr);
    }
    assert!(!dir.exists("recoup.db"));
}

#[test]
fn the_view_has_one_row_a_loan_and_feature_that_it_has_a_value_of() {
    let dir = Workdir::with_book(300);
    dir.write(
        "recoup.toml",
        feature("job", "Employment_Type", "category") + &feature("kids", "Num_Dependents", "number"),
    );
    dir.run_ok("book.csv");
    let db = dir.db();
    let kinds = texts(
        &db,
        "select distinct name || ' ' || kind || ' ' || typeof(value)
         from own_feature_values order by 1",
    );
    assert_eq!(kinds, ["job category text", "kids number real"]);
    let filled = value::<i64>(&db, "select count(employment_type) + count(dependents) from loans");
    let book = dir.read("book.csv");
    let given = |name: &str| column(&book, name).iter().filter(|text| !text.is_empty()).count() as i64;
    assert_eq!(filled, given("Employment_Type") + given("Num_Dependents"));
    let keys = "select count(*) from (select distinct snapshot_id, name from own_feature_values)";
    assert_eq!(value::<i64>(&db, keys), filled);
    assert_eq!(value::<i64>(&db, "select count(value) from own_feature_values"), filled);
    dir.write("recoup.toml", "");
    dir.run_ok("book.csv");
    assert_eq!(value::<i64>(&db, "select count(*) from own_feature_values"), 0);
}

#[test]
fn directions_of_the_configuration_reach_the_matrix() {
    let dir = Workdir::with_book(50);
    dir.run_ok("book.csv");
    let directions = |monotone: &BTreeMap<String, Monotone>| -> Vec<String> {
        let book = read_book(&dir.db(), 1, monotone, &|_, _| {}).unwrap();
        let bound = book.dataset.records().features().iter().filter(|feature| feature.monotone != Monotone::None);
        bound.map(|feature| format!("{} {}", feature.name, feature.monotone.name())).collect()
    };
    let config = Config::parse("[monotone]\nburden = \"none\"").unwrap();
    assert_eq!(
        directions(&config.monotone),
        [
            "monthly_income down",
            "collateral_value down",
            "missed_payments up",
            "days_past_due up",
            "coverage down",
            "missed_share up",
            "dpd_bucket up",
            "is_secured down"
        ]
    );
    assert!(directions(&BTreeMap::new()).is_empty());
}

#[test]
fn a_column_written_after_the_outcome_is_doubted_on_the_first_screen_and_the_terminal() {
    let dir = Workdir::with_book(900);
    dir.write("recoup.toml", "[[feature]]\nname = \"attempts\"\ncolumn = \"Collection_Attempts\"\nkind = \"number\"\n");
    let reported = dir.run_ok("book.csv").stdout;
    assert!(reported.contains("written down after the outcome? attempts"), "{reported}");
    let reason: String = value(&dir.db(), "select gate_reason from latest_run");
    assert!(reason.contains("but attempts may have been written down after the outcome"), "{reason}");
    let report = dir.report();
    assert!(report.contains("may use data written after the outcome"));
}
