//! What the risk model must reach, on made-up books with known truth.

use rayon::prelude::*;
use recoup::parts::Metrics;

use crate::workdir::{Workdir, texts, value};

/// Runs the job on a made-up book and gives whose scores it uses.
fn source_of(loans: u64, seed: u64, signal: &str) -> String {
    let dir = Workdir::new();
    let [loans, seed] = [loans, seed].map(|number| number.to_string());
    dir.ok(&["demo", "--loans", &loans, "--seed", &seed, "--signal", signal, "--out", "book.csv"]);
    dir.run_ok("book.csv");
    value(&dir.db(), "select score_source from latest_run")
}

fn sources(seeds: std::ops::Range<u64>, loans: u64, signal: &str) -> Vec<String> {
    seeds.into_par_iter().map(|seed| source_of(loans, seed, signal)).collect()
}

#[test]
fn a_model_of_noise_is_refused_in_95_of_100_books() {
    let sources = sources(1..101, 800, "none");
    let accepted = sources.iter().filter(|source| *source != "policy").count();
    println!("accepted {accepted} of {}", sources.len());
    assert!(accepted <= 5, "accepted {accepted} of {}", sources.len());
}

#[test]
fn a_model_of_a_real_signal_is_accepted_in_50_of_50_books() {
    let sources = sources(1..51, 2_000, "normal");
    let refused: Vec<_> = (1..).zip(&sources).filter(|(_, source)| *source == "policy").map(|(seed, _)| seed).collect();
    let logistic = sources.iter().filter(|source| *source == "logistic").count();
    println!("refused {refused:?}; logistic in use in {logistic} of {}", sources.len());
    assert!(refused.is_empty(), "refused at seeds {refused:?}");
}

/// Scores of a run, true probabilities and what came of each loan, by loan id.
struct Scored {
    scores: Vec<f64>,
    truth: Vec<f64>,
    outcomes: Vec<bool>,
}

impl Scored {
    fn of(loans: u64, seed: u64) -> Self {
        let dir = Workdir::new();
        let [loans, seed] = [loans, seed].map(|number| number.to_string());
        dir.ok(&["demo", "--loans", &loans, "--seed", &seed, "--out", "book.csv", "--truth", "truth.csv"]);
        dir.run_ok("book.csv");
        let mut truth: Vec<(String, f64, bool)> = dir
            .read("truth.csv")
            .lines()
            .skip(1)
            .map(|line| {
                let fields: Vec<&str> = line.split(',').collect();
                (fields[0].to_owned(), fields[1].parse().expect("a probability"), fields[2] == "1")
            })
            .collect();
        truth.sort_by(|one, other| one.0.cmp(&other.0));
        let scores = texts(&dir.db(), "select cast(risk_score as text) from risk_scores order by loan_id");
        Self {
            scores: scores.iter().map(|score| score.parse().expect("a score")).collect(),
            truth: truth.iter().map(|loan| loan.1).collect(),
            outcomes: truth.iter().map(|loan| loan.2).collect(),
        }
    }

    /// By how much the AUC falls short of that of the true probabilities, on all loans.
    fn auc_shortfall(&self) -> f64 {
        let auc = |scores: &[f64]| Metrics::of(scores, &self.outcomes).expect("scores of both outcomes").auc;
        auc(&self.truth) - auc(&self.scores)
    }

    /// The mean distance of score and true probability over ten groups of equal size.
    fn calibration_error(&self) -> f64 {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|one, other| self.scores[*one].total_cmp(&self.scores[*other]));
        let distance = |group: &[usize]| {
            let sum = |values: &[f64]| group.iter().map(|loan| values[*loan]).sum::<f64>();
            (sum(&self.scores) - sum(&self.truth)).abs()
        };
        order.chunks(order.len().div_ceil(10)).map(distance).sum::<f64>() / order.len() as f64
    }
}

/// Holds the scores of several books to the aims, on average, since chance makes a part of either in one book, and none to
/// much more. Prints the worst.
fn reaches(loans: u64, books: u64, auc_within: f64, error_at_most: f64) {
    let found: Vec<(f64, f64)> = (42..42 + books)
        .map(|seed| {
            let scored = Scored::of(loans, seed);
            (scored.auc_shortfall(), scored.calibration_error())
        })
        .collect();
    let mean = |of: fn(&(f64, f64)) -> f64| found.iter().map(of).sum::<f64>() / found.len() as f64;
    let worst = |of: fn(&(f64, f64)) -> f64| found.iter().map(of).fold(f64::MIN, f64::max);
    let (shortfall, error) = (|book: &(f64, f64)| book.0, |book: &(f64, f64)| book.1);
    println!(
        "{loans} loans, {books} books: AUC below the truth's by {:.4} (worst {:.4}), calibration error {:.4} (worst {:.4})",
        mean(shortfall),
        worst(shortfall),
        mean(error),
        worst(error)
    );
    assert!(mean(shortfall) <= auc_within && worst(shortfall) <= 1.25 * auc_within, "AUC: {found:?}");
    assert!(mean(error) <= error_at_most && worst(error) <= 1.25 * error_at_most, "calibration: {found:?}");
}

#[test]
fn scores_of_2_000_loans_come_near_the_truth() {
    reaches(2_000, 20, 0.02, 0.03);
}

#[test]
fn scores_of_10_000_loans_come_near_the_truth() {
    reaches(10_000, 10, 0.01, 0.015);
}

#[test]
fn scores_of_100_000_loans_come_near_the_truth() {
    reaches(100_000, 3, 0.005, 0.01);
}
