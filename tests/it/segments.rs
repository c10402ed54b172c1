//! Segments keep their names, whatever the seed, and small or odd books still have some.

use crate::workdir::{Rows, Workdir, texts, value, with_column};

const NAMES: [&str; 4] = [
    "High Income, Low Default Risk",
    "Moderate Income, Medium Risk",
    "Moderate Income, High Loan Burden",
    "High Loan, Higher Default Risk",
];

const SEGMENTS: &str = "select segment from segment_summary order by position";

/// Four groups that the method's names fit: `loans` of each, of which the given percentages were not recovered.
fn four_groups(loans: usize, not_recovered: [usize; 4]) -> Rows {
    let groups = [
        ("200000", "500000", "20000", "0", "0"),
        ("60000", "300000", "12000", "3", "20"),
        ("60000", "350000", "42000", "3", "20"),
        ("60000", "900000", "15000", "10", "120"),
    ];
    let mut book = Rows::new();
    for ((income, amount, emi, missed, days), bad) in groups.into_iter().zip(not_recovered) {
        for number in 0..loans {
            let status = if number * 100 < bad * loans { "Written Off" } else { "Fully Recovered" };
            book = book.loan(&[
                ("Monthly_Income", income),
                ("Loan_Amount", amount),
                ("Monthly_EMI", emi),
                ("Num_Missed_Payments", missed),
                ("Days_Past_Due", days),
                ("Recovery_Status", status),
            ]);
        }
    }
    book
}

fn names_of(book: &str) -> Vec<String> {
    let dir = Workdir::new();
    dir.write("book.csv", book);
    dir.run_ok("book.csv");
    texts(&dir.db(), SEGMENTS)
}

const BY_VALUES: [&str; 4] = [
    "120 days late, loan 9,00,000",
    "EMI 70% of income, loan 3,50,000",
    "Income 2,00,000, no missed payments",
    "Loan 3,00,000, income 60,000",
];

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

#[test]
fn the_names_of_the_method_are_used_where_all_their_words_hold() {
    assert_eq!(names_of(&four_groups(100, [5, 30, 40, 80]).csv()), NAMES);
}

#[test]
fn a_risk_that_does_not_rise_beyond_chance_is_in_no_name() {
    for (loans, not_recovered) in [(100, [40, 30, 35, 80]), (100, [25, 30, 30, 80]), (10, [10, 30, 40, 80])] {
        let names = names_of(&four_groups(loans, not_recovered).csv());
        assert!(names.iter().all(|name| !name.contains("Risk")), "{loans} {not_recovered:?}: {names:?}");
        assert_eq!(sorted(names), BY_VALUES, "{loans} {not_recovered:?}");
    }
}

#[test]
fn without_outcomes_the_risk_in_a_name_is_that_of_being_late() {
    let open = |csv: &str| with_column(csv, "Recovery_Status", |_, _| "Outstanding".to_owned());
    let csv = open(&four_groups(100, [0; 4]).csv());
    assert_eq!(sorted(names_of(&csv)), BY_VALUES, "none is over 30 days late in three of four");
    let csv = with_column(&csv, "Days_Past_Due", |row, days| {
        let is_later = row / 100 == 1 && row % 100 < 30 || row / 100 == 2 && row % 100 < 20;
        if is_later { "40".to_owned() } else { days.to_owned() }
    });
    assert_eq!(names_of(&csv), NAMES);
}

#[test]
fn a_name_speaks_of_no_column_that_is_missing_or_the_same_for_all() {
    let csv = four_groups(30, [5, 30, 40, 80]).csv();
    let without = |column: &str| with_column(&csv, column, |_, _| String::new());
    let constant = |column: &str| with_column(&csv, column, |_, _| "50000".to_owned());
    for (csv, unspoken) in [
        (without("Monthly_Income"), &["ncome", "EMI", "urden"][..]),
        (without("Monthly_EMI"), &["EMI", "urden"]),
        (constant("Loan_Amount"), &["oan "]),
        (without("Loan_Amount"), &["oan "]),
    ] {
        let names = names_of(&csv);
        assert!(names.len() > 1, "{names:?}");
        assert!(names.iter().all(|name| unspoken.iter().all(|word| !name.contains(word))), "{unspoken:?}: {names:?}");
    }
}

#[test]
fn segments_whose_values_read_the_same_are_one() {
    let incomes = |values: [&str; 2]| {
        let book = (0..60).fold(Rows::new(), |book, number| book.loan(&[("Monthly_Income", values[number % 2])]));
        names_of(&book.csv())
    };
    assert_eq!(incomes(["50000", "50040"]), ["All loans alike"]);
    assert_eq!(sorted(incomes(["50000", "80000"])), ["Income 50,000", "Income 80,000"]);
}

#[test]
fn two_segments_that_would_share_a_name_get_one_value_more() {
    let groups =
        [("20000", "100000", "0"), ("90000", "900000", "10"), ("90000", "900000", "60"), ("50000", "300000", "400")];
    let mut book = Rows::new();
    for number in 0..120 {
        let (income, amount, days) = groups[number % 4];
        book = book.loan(&[("Monthly_Income", income), ("Loan_Amount", amount), ("Days_Past_Due", days)]);
    }
    assert_eq!(
        sorted(names_of(&book.csv())),
        [
            "400 days late, loan 3,00,000",
            "Income 20,000, loan 1,00,000",
            "Loan 9,00,000, income 90,000, 10 days late",
            "Loan 9,00,000, income 90,000, 60 days late"
        ]
    );
}

#[test]
fn a_name_gives_the_averages_of_its_loans_to_two_figures() {
    let dir = Workdir::new();
    // Averages of 20,600 and 91,750.
    let incomes = ["20400", "91000", "20800", "92500"];
    let book = (0..80).fold(Rows::new(), |book, number| book.loan(&[("Monthly_Income", incomes[number % 4])]));
    dir.write("book.csv", book.csv());
    dir.write("recoup.toml", "[segments]\nclusters = 2");
    dir.run_ok("book.csv");
    let of_each =
        "select segment || ': ' || loans || ', ' || average_income from segment_summary order by average_income";
    assert_eq!(texts(&dir.db(), of_each), ["Income 21,000: 40, 20600.0", "Income 92,000: 40, 91750.0"]);
}

#[test]
fn other_seeds_and_rows_in_another_order_give_the_same_loans_the_same_names() {
    let csv = four_groups(50, [5, 30, 40, 80]).csv();
    let dir = Workdir::new();
    let segments_of = |csv: &str, seed: &str| {
        dir.write("book.csv", csv);
        assert_eq!(dir.run("book.csv", &["--seed", seed]).code, 0);
        texts(&dir.db(), "select loan_id || ' ' || segment from loans order by loan_id")
    };
    let first = segments_of(&csv, "1");
    for seed in ["2", "3", "4"] {
        assert_eq!(segments_of(&csv, seed), first, "seed {seed}");
    }
    let (header, lines) = csv.split_once('\n').expect("a header");
    let reversed: Vec<&str> = lines.lines().rev().collect();
    assert_eq!(segments_of(&format!("{header}\n{}\n", reversed.join("\n")), "1"), first);
}

#[test]
fn another_number_gets_names_of_what_sets_each_apart() {
    let dir = Workdir::with_book(600);
    for clusters in ["3", "6", "\"auto\""] {
        dir.write("recoup.toml", format!("[segments]\nclusters = {clusters}"));
        dir.run_ok("book.csv");
        let names = texts(&dir.db(), SEGMENTS);
        if let Ok(count) = clusters.parse::<usize>() {
            assert_eq!(names.len(), count);
        }
        assert!((2..=8).contains(&names.len()), "{names:?}");
        let none = ["Not late", "No missed payments"];
        let has_value =
            |name: &String| name.contains(|letter: char| letter.is_ascii_digit()) || none.contains(&name.as_str());
        assert!(names.iter().all(|name| !NAMES.contains(&name.as_str()) && has_value(name)), "{names:?}");
    }
}

#[test]
fn fewer_kinds_of_borrower_than_segments_are_not_a_fault() {
    let dir = Workdir::new();
    dir.write("recoup.toml", "[import]\nmax_shrink_percent = 100");
    for (loans, segments) in [(1, 1), (3, 1), (40, 1)] {
        dir.write("book.csv", Rows::new().loans(loans).csv());
        dir.run_ok("book.csv");
        assert_eq!(value::<i64>(&dir.db(), "select count(*) from segment_summary"), segments, "{loans} equal loans");
    }
    let book = Rows::new().loan(&[("Days_Past_Due", "9")]).loan(&[("Days_Past_Due", "99")]).loans(5);
    dir.write("book.csv", book.csv());
    dir.run_ok("book.csv");
    assert_eq!(value::<i64>(&dir.db(), "select count(*) from segment_summary"), 3);
}

#[test]
fn a_large_book_finds_its_segments_on_a_sample() {
    let dir = Workdir::with_book(1200);
    dir.write("recoup.toml", "[segments]\nsample_loans = 300");
    dir.run_ok("book.csv");
    let db = dir.db();
    assert_eq!(value::<i64>(&db, "select sum(loans) from segment_summary"), 1200);
    assert_eq!(value::<i64>(&db, "select count(*) from segment_summary where loans > 50"), 4);
}

#[test]
fn auto_finds_the_groups_that_are_there() {
    let dir = Workdir::new();
    let mut book = Rows::new();
    for number in 0..90 {
        let near = |middle: usize| (middle + number % 7).to_string();
        let group = [10, 2_000, 60_000][number % 3];
        book = book.loan(&[
            ("Monthly_Income", &near(group)),
            ("Loan_Amount", &near(group * 20)),
            ("Num_Missed_Payments", &near([0, 20, 60][number % 3])),
            ("Days_Past_Due", &near([0, 300, 900][number % 3])),
        ]);
    }
    dir.write("book.csv", book.csv());
    dir.write("recoup.toml", "[segments]\nclusters = \"auto\"");
    dir.run_ok("book.csv");
    assert_eq!(texts(&dir.db(), "select cast(loans as text) from segment_summary"), ["30", "30", "30"]);
}
