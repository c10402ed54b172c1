//! Segments keep their names, whatever the seed and from week to week, and small or odd books still have some.

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

const SETTINGS: &str = "\
[import]
accept_unchanged = true
accept_changed_values = true
[segments]
clusters = 3
";

/// Three groups of 40 borrowers: monthly income, loan amount and days past due.
const GROUPS: [[&str; 3]; 3] = [["20000", "100000", "0"], ["90000", "900000", "0"], ["50000", "300000", "120"]];

fn in_groups(groups: [[&str; 3]; 3]) -> Rows {
    (0..120).fold(Rows::new(), |book, number| {
        let [income, amount, days] = groups[number % 3];
        book.loan(&[("Monthly_Income", income), ("Loan_Amount", amount), ("Days_Past_Due", days)])
    })
}

fn week(dir: &Workdir, day: &str, csv: &str, settings: &str) {
    dir.write("book.csv", csv);
    dir.write("recoup.toml", settings);
    dir.ok(&["run", "book.csv", "--as-of", day]);
}

/// The segments of the latest run, each with its name in the run before.
fn names_and_before(dir: &Workdir) -> Vec<String> {
    let query = "select segment || ' < ' || coalesce(segment_before, 'new') from segment_summary order by position";
    texts(&dir.db(), query)
}

/// In which run the segments of the latest run were learnt, why if in this one, and how many loans moved of how many.
fn learnt(dir: &Workdir) -> String {
    let query = "select concat_ws(' ', learnt_run_id, learnt_because, loans_moved, loans_compared) from segmentation";
    value(&dir.db(), query)
}

const NAMED: [&str; 3] = ["120 days late", "Income 20,000, loan 1,00,000", "Loan 9,00,000, income 90,000"];

#[test]
fn a_run_puts_each_loan_in_the_nearest_segment_that_was_learnt_before() {
    let dir = Workdir::new();
    week(&dir, "2026-03-03", &in_groups(GROUPS).csv(), SETTINGS);
    assert_eq!(
        (names_and_before(&dir), learnt(&dir)),
        (NAMED.map(|name| format!("{name} < new")).to_vec(), "1 first".into())
    );
    assert!(!dir.read("reports/2026-03-03/report.html").contains("Learnt"));
    // Two borrowers of the first group are as late as the third; all incomes rise by less than a tenth.
    let mut later = in_groups([["21000", "100000", "0"], ["95000", "900000", "0"], ["52000", "300000", "127"]]).csv();
    later =
        with_column(
            &later,
            "Days_Past_Due",
            |row, days| {
                if [0, 3].contains(&row) { "125".to_owned() } else { days.to_owned() }
            },
        );
    let kept: Vec<String> = NAMED.iter().map(|name| format!("{name} < {name}")).collect();
    for run in [2, 3] {
        week(&dir, "2026-03-10", &later, &format!("{SETTINGS}relearn_weeks = {run}"));
        assert_eq!((names_and_before(&dir), learnt(&dir)), (kept.clone(), "1 2 120".into()), "run {run}");
    }
    let report = dir.read("reports/2026-03-10/report.html");
    let sentence =
        "The segments were learnt on 3 March 2026; 2 of 120 live loans moved to another segment since 3 March 2026.";
    assert!(report.contains(sentence));
}

#[test]
fn a_segment_gets_another_name_when_its_own_is_no_longer_true() {
    let dir = Workdir::new();
    week(&dir, "2026-03-03", &in_groups(GROUPS).csv(), SETTINGS);
    let [poor, rich, late] = GROUPS;
    week(&dir, "2026-03-10", &in_groups([poor, rich, [late[0], late[1], "133"]]).csv(), SETTINGS);
    let [late_name, others @ ..] = NAMED;
    let kept = others.map(|name| format!("{name} < {name}"));
    let renamed = format!("133 days late < {late_name}");
    assert_eq!(names_and_before(&dir), [&[renamed], &kept[..]].concat());
    assert_eq!(learnt(&dir), "1 0 120", "the loans stay where they are");
    let report = dir.read("reports/2026-03-10/report.html");
    assert!(
        report.contains(&format!("Renamed, since the old name no longer fitted: “133 days late” was “{late_name}”."))
    );
    // A tenth of what the name says is not enough to change it.
    week(&dir, "2026-03-17", &in_groups([poor, rich, [late[0], late[1], "146"]]).csv(), SETTINGS);
    assert_eq!(names_and_before(&dir)[0], "133 days late < 133 days late");
}

#[test]
fn segments_that_are_learnt_anew_stay_who_they_are_unless_they_moved() {
    let dir = Workdir::new();
    let settings = format!("{SETTINGS}relearn_weeks = 2");
    week(&dir, "2026-03-03", &in_groups(GROUPS).csv(), &settings);
    week(&dir, "2026-03-10", &in_groups(GROUPS).csv(), &settings);
    assert_eq!(learnt(&dir), "1 0 120");
    // The first group stays, the second is another one now, and the third is only later than its name says.
    let moved = [GROUPS[0], ["35000", "300000", "0"], ["50000", "300000", "160"]];
    week(&dir, "2026-03-17", &in_groups(moved).csv(), &settings);
    assert_eq!(learnt(&dir), "3 due 40 120");
    let names = names_and_before(&dir);
    assert_eq!(names[0], format!("160 days late, income 50,000 < {}", NAMED[0]));
    assert_eq!(names[1], format!("{0} < {0}", NAMED[1]));
    assert!(names[2].ends_with("< new"), "{names:?}");
    let new = names[2].trim_end_matches(" < new");
    let report = dir.read("reports/2026-03-17/report.html");
    for sentence in [
        "The segments were learnt anew on 17 March 2026, as scheduled; 40 of 120 live loans moved to another segment since 10 March 2026.",
        &format!("New: “{new}”."),
        &format!("“160 days late, income 50,000” was “{}”.", NAMED[0]),
    ] {
        assert!(report.contains(sentence), "{sentence}");
    }
    week(&dir, "2026-03-24", &in_groups(moved).csv(), &settings);
    assert_eq!(learnt(&dir), "3 0 120", "the weeks count from the run that learnt them");
}

#[test]
fn what_defines_the_segments_makes_them_be_learnt_anew() {
    let dir = Workdir::new();
    let csv = in_groups(GROUPS).csv();
    week(&dir, "2026-03-03", &csv, SETTINGS);
    week(&dir, "2026-03-10", &csv, &SETTINGS.replace("clusters = 3", "clusters = 2"));
    assert!(learnt(&dir).starts_with("2 changed"), "{}", learnt(&dir));
    week(&dir, "2026-03-17", &with_column(&csv, "Loan_Amount", |_, _| String::new()), SETTINGS);
    assert!(learnt(&dir).starts_with("3 changed"), "{}", learnt(&dir));
    assert!(names_and_before(&dir).iter().all(|names| !names.split(" < ").next().unwrap_or("").contains("oan ")));
    let other = format!("{SETTINGS}[currency]\ncode = \"EUR\"");
    week(&dir, "2026-03-24", &csv, &other);
    assert_eq!(learnt(&dir), "4 first", "no other run is in this currency");
}

#[test]
fn a_lender_finds_its_borrowers_where_they_were_last_week() {
    let dir = Workdir::new();
    dir.ok(&["demo", "--weeks", "4", "--loans", "400", "--as-of", "2026-03-30", "--out", "weeks"]);
    dir.write("recoup.toml", "[risk]\nmin_outcomes = 100000");
    for day in ["2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30"] {
        dir.ok(&["run", &format!("weeks/{day}.csv"), "--as-of", day]);
    }
    let pairs = "from compared_runs as runs
         join loans_by_run as loans on loans.run_id = runs.run_id
         join loans_by_run as earlier on earlier.run_id = runs.compared_run_id and earlier.loan_id = loans.loan_id
         where loans.is_live and earlier.is_live";
    let db = dir.db();
    let same: f64 = value(&db, &format!("select avg(loans.segment = earlier.segment) {pairs}"));
    assert!(value::<i64>(&db, &format!("select count(*) {pairs}")) > 1_000);
    assert!(same >= 0.95, "{same} keep their segment");
    // A segment that has another name now is the same one.
    let moved = "select count(*)
         from compared_runs as runs
         join loans_by_run as loans on loans.run_id = runs.run_id
         join segment_summary_by_run as now on now.run_id = runs.run_id and now.segment = loans.segment
         join loans_by_run as earlier on earlier.run_id = runs.compared_run_id and earlier.loan_id = loans.loan_id
         where loans.is_live and earlier.is_live and earlier.segment <> now.segment_before";
    assert_eq!(value::<i64>(&db, "select sum(loans_moved) from segmentation_by_run"), value::<i64>(&db, moved));
}
