//! A direction binds a feature in all its forms: in the curves of every model, and in the reasons that people read.

use std::collections::BTreeMap;

use recoup::parts::{Config, FeatureMatrix, Monotone, dependence, policy, read_book, train};
use rusqlite::Connection;

use crate::workdir::{Rows, Workdir, value};

/// Numbers from 0 to 1, the same on every machine.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / (1_u64 << 31) as f64
    }
}

/// A book in which those with more collateral, fewer days past due and fewer missed payments were recovered less often, or,
/// the right way round, more often.
fn book(seed: u64, is_against: bool) -> String {
    let mut draws = Draws(seed);
    let mut book = Rows::new();
    for _ in 0..360 {
        let days = if draws.next() < 0.5 { 0.0 } else { (draws.next() * 150.0).floor() };
        let missed = (draws.next() * 9.0).floor();
        let owed = 20_000.0 + (draws.next() * 60_000.0).floor();
        let coverage = if draws.next() < 0.4 { 0.0 } else { draws.next() * 2.5 };
        let income = 10_000.0 + (draws.next() * 50_000.0).floor();
        let risk = (days / 150.0 + missed / 9.0 + (2.5 - coverage) / 2.5) / 3.0;
        let risk = if is_against { 1.0 - risk } else { risk };
        let status = match draws.next() {
            chance if chance < 0.3 => "Outstanding",
            _ if draws.next() < 0.05 + 0.9 * risk * risk * 1.6 => "Written Off",
            _ => "Fully Recovered",
        };
        book = book.loan(&[
            ("Days_Past_Due", &days.to_string()),
            ("Num_Missed_Payments", &missed.to_string()),
            ("Outstanding_Loan_Amount", &owed.to_string()),
            ("Collateral_Value", &(coverage * owed).round().to_string()),
            ("Monthly_Income", &income.to_string()),
            ("Monthly_EMI", &(500.0 + (draws.next() * 9_000.0).floor()).to_string()),
            ("Loan_Amount", "90000"),
            ("Loan_Tenure", if draws.next() < 0.5 { "24" } else { "60" }),
            ("Age", &(21.0 + (draws.next() * 40.0).floor()).to_string()),
            ("Recovery_Status", status),
        ]);
    }
    book.csv()
}

/// Each feature with a direction, as it came from the configuration, and its values in the book.
const BOUND: [(&str, f64); 9] = [
    ("days_past_due", 1.0),
    ("dpd_bucket", 1.0),
    ("missed_payments", 1.0),
    ("missed_share", 1.0),
    ("coverage", -1.0),
    ("collateral_value", -1.0),
    ("is_secured", -1.0),
    ("burden", 1.0),
    ("monthly_income", -1.0),
];

#[test]
fn no_curve_of_any_model_goes_against_the_direction_of_its_family() {
    for (seed, is_against) in [(1, true), (2, false), (3, true)] {
        let dir = Workdir::new();
        dir.write("book.csv", book(seed, is_against));
        dir.run_ok("book.csv");
        let config = Config::parse("risk.trees = 50").unwrap();
        let mut book = read_book(&dir.db(), 1, &config.monotone, &|_, _| {}).unwrap();
        let points = policy::scores(&book, &config.policy);
        let judgement = train::judge(&mut book, points, &config, &|_, _| {}).unwrap();
        let models: Vec<_> = judgement.candidates.iter().filter(|candidate| candidate.calibration.is_some()).collect();
        assert_eq!(models.len(), 3);
        let mut bends = 0;
        for candidate in models {
            for (name, sign) in BOUND {
                let score = |matrix: &FeatureMatrix| candidate.score(matrix);
                let curve = dependence::curve(book.dataset.records(), name, &score).unwrap();
                let points = curve.unwrap_or_else(|| panic!("{name} varies")).points;
                for pair in points.windows(2) {
                    let step = (pair[1].mean_score - pair[0].mean_score) * sign;
                    assert!(step > -1e-9, "{name} of {:?}: {pair:?}", candidate.model.source());
                    bends += usize::from(step > 1e-6);
                }
            }
        }
        assert!(is_against || bends > 20, "models that follow no feature at all would pass");
    }
}

#[test]
fn a_direction_reaches_every_form_of_a_feature_and_no_other() {
    let dir = Workdir::new();
    dir.write("book.csv", Rows::new().loans(3).csv());
    dir.run_ok("book.csv");
    let directions = |text: &str| -> BTreeMap<String, Monotone> {
        let config = Config::parse(text).unwrap();
        let book = read_book(&dir.db(), 1, &config.monotone, &|_, _| {}).unwrap();
        let features = book.dataset.records().features().iter();
        features.map(|feature| (feature.name.clone(), feature.monotone)).collect()
    };
    let by_default = directions("");
    for (name, sign) in BOUND {
        assert_eq!(by_default[name], if sign > 0.0 { Monotone::Up } else { Monotone::Down }, "{name}");
    }
    for name in ["outstanding", "loan_amount", "monthly_emi", "tenure_months", "age_years", "share_owed"] {
        assert_eq!(by_default[name], Monotone::None, "{name}");
    }
    let set = directions("[monotone]\nis_secured = \"none\"\nmissed_share = \"down\"");
    for name in ["coverage", "collateral_value", "is_secured"] {
        assert_eq!(set[name], Monotone::None, "{name}");
    }
    assert_eq!((set["missed_payments"], set["missed_share"]), (Monotone::Down, Monotone::Down));
    assert_eq!(set["dpd_bucket"], Monotone::Up);
}

#[test]
fn directions_that_contradict_each_other_are_refused_with_the_line_to_keep() {
    let dir = Workdir::with_book(50);
    dir.write("recoup.toml", "[monotone]\ncoverage = \"down\"\ncollateral_value = \"up\"");
    let ended = dir.run("book.csv", &[]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.stderr.contains("contradict") && ended.stderr.contains("keep one line"), "{}", ended.stderr);
}

/// The median among the loans still to be collected, as half of them have at most it.
fn median(db: &Connection, feature: &str) -> f64 {
    let query = format!(
        "select {feature} from loans where is_live and {feature} is not null order by 1
         limit 1 offset (select count({feature}) / 2 from loans where is_live)"
    );
    value(db, &query)
}

#[test]
fn no_reason_goes_against_the_direction_of_its_family() {
    for (seed, is_against, model) in [(4, true, "forest"), (5, true, "logistic"), (6, false, "boosting")] {
        let dir = Workdir::new();
        dir.write("book.csv", book(seed, is_against));
        assert_eq!(dir.run("book.csv", &["--model", model]).code, 0);
        let db = dir.db();
        let mut reasons = 0;
        for (feature, sign) in [("days_past_due", 1.0), ("missed_payments", 1.0), ("coverage", -1.0), ("burden", 1.0)] {
            let median = median(&db, feature);
            let of = format!("top_score_reasons join loans using (loan_id) where feature = '{feature}'");
            reasons += value::<i64>(&db, &format!("select count(*) from {of}"));
            let against =
                format!("select count(*) from {of} and contribution * ({feature} - {median:?}) * {sign} < -1e-9");
            assert_eq!(value::<i64>(&db, &against), 0, "{feature} of {model}");
        }
        assert!(is_against || reasons > 50, "{reasons}");
        let current = "select count(*) from worklist join loans using (loan_id)
            where loans.days_past_due = 0 and reasons like '%past due%'";
        assert_eq!(value::<i64>(&db, current), 0, "being current raises no risk");
        let on_age = "select count(*) from top_score_reasons where feature = 'age_years' or words like 'borrower is%'";
        assert_eq!(value::<i64>(&db, on_age), 0, "age is no reason");
        let sums = "select max(abs(base + total + rest - risk_score)) from (
            select min(base) as base, sum(contribution) as total, min(rest) as rest, min(risk_score) as risk_score
            from top_score_reasons group by loan_id)";
        assert!(value::<f64>(&db, sums) < 1e-9);
    }
}

#[test]
fn reasons_for_points_are_points_that_add_up_to_the_score() {
    let dir = Workdir::new();
    let late = [
        ("Days_Past_Due", "60"),
        ("Num_Missed_Payments", "4"),
        ("Monthly_EMI", "300"),
        ("Monthly_Income", "1000"),
        ("Collateral_Value", "1500"),
        ("Loan_Amount", "2000"),
    ];
    let current = [("Num_Missed_Payments", "0"), ("Monthly_EMI", "0"), ("Monthly_Income", "1000")];
    dir.write("book.csv", Rows::new().loan(&late).loan(&current).csv());
    dir.run_ok("book.csv");
    let db = dir.db();
    let reasons = "60 days past due: 54 points; 4 payments missed: 2 points; EMI takes 30% of income: 1 point";
    assert_eq!(value::<String>(&db, "select reasons from worklist where loan_id = 'LN_1'"), reasons);
    let score = "select risk_score from worklist where loan_id = 'LN_1' and balance_at_risk is null";
    assert!((value::<f64>(&db, score) - 0.5775).abs() < 1e-6);
    let sum = "select base + sum(contribution) + rest - risk_score from top_score_reasons where loan_id = 'LN_1'";
    assert!(value::<f64>(&db, sum).abs() < 1e-6);
}
