//! Which models the gate accepts, and the sentence for each decision.

use std::sync::LazyLock;

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

use super::*;

mod borrowers;

/// A book with known truth: outcomes, the true probabilities, and scores that mix these with others.
struct Book {
    outcomes: Vec<bool>,
    truth: Vec<f64>,
}

static STYLE: LazyLock<Style> = LazyLock::new(|| Style::of_currency("USD"));

fn numbers(seed: u64, count: usize) -> Vec<f64> {
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed);
    (0..count).map(|_| random.next_u64() as f64 / u64::MAX as f64).collect()
}

/// A case in which the points are as they are calibrated, and nothing rules a model out.
fn case<'a>(
    outcomes: &'a [bool],
    borrowers: &'a Clusters,
    policy_scores: &'a [f64],
    candidates: &'a [Candidate<'a>],
) -> Case<'a> {
    Case {
        outcomes,
        borrowers,
        policy_scores,
        calibrated_policy: policy_scores,
        candidates,
        least_outcomes: 50,
        refused_feature: None,
        unlike_live: None,
        barred_features: &[],
        warned_features: &[],
        style: &STYLE,
        seed: 42,
    }
}

impl Book {
    fn of(loans: usize) -> Self {
        let truth: Vec<f64> = numbers(1, loans).iter().map(|number| 0.05 + 0.9 * number).collect();
        let outcomes = numbers(2, loans).iter().zip(&truth).map(|(number, truth)| number < truth).collect();
        Self { outcomes, truth }
    }

    /// Scores that mix this share of the truth with the average.
    fn knowing(&self, share: f64) -> Vec<f64> {
        self.truth.iter().map(|truth| 0.5 + share * (truth - 0.5)).collect()
    }

    fn decide(&self, policy: &[f64], models: &[(Source, Vec<f64>)]) -> Decision {
        self.decide_with(policy, models, 50, None)
    }

    fn decide_with(
        &self,
        policy_scores: &[f64],
        models: &[(Source, Vec<f64>)],
        least_outcomes: usize,
        refused_feature: Option<&str>,
    ) -> Decision {
        let measured: Vec<Metrics> =
            models.iter().map(|(_, scores)| Metrics::of(scores, &self.outcomes).unwrap()).collect();
        let candidates: Vec<Candidate> = models
            .iter()
            .zip(&measured)
            .map(|((source, scores), metrics)| Candidate { source: *source, scores, metrics })
            .collect();
        let outcomes = &self.outcomes;
        decide(&Case {
            least_outcomes,
            refused_feature,
            ..case(outcomes, &Clusters::single(outcomes.len()), policy_scores, &candidates)
        })
        .unwrap()
    }
}

#[test]
fn a_model_that_knows_more_than_the_rules_is_used() {
    let book = Book::of(1_500);
    let decision = book.decide(&book.knowing(0.3), &[(Source::Forest, book.knowing(1.0))]);
    assert_eq!((decision.source, decision.chosen), (Source::Forest, Source::Forest));
    let verdict = &decision.verdicts[0];
    assert!(
        verdict.is_accepted
            && verdict.result.better_than_base.lower > 0.0
            && verdict.result.better_than_policy.lower > 0.0
    );
    let brier = |scores: &[f64]| Metrics::of(scores, &book.outcomes).unwrap().brier;
    let difference = brier(&book.knowing(0.3)) - brier(&book.knowing(1.0));
    assert!((verdict.result.better_than_policy.value - difference).abs() < 1e-12);
    assert!(
        decision.sentence.starts_with("The scores are those of the random forest, because on 1,500 finished loans")
    );
    assert!(verdict.sentence.starts_with("The random forest: accepted; AUC 0.8"), "{}", verdict.sentence);
}

#[test]
fn a_model_that_knows_nothing_is_refused() {
    let book = Book::of(1_500);
    let guesses = numbers(9, 1_500).iter().map(|number| 0.4 + 0.2 * number).collect();
    let decision = book.decide(&book.knowing(0.3), &[(Source::Forest, guesses)]);
    assert_eq!(decision.source, Source::Policy);
    assert!(!decision.verdicts[0].is_accepted);
    assert!(
        decision.sentence.contains("chance alone ranks 50 right, and may explain the difference"),
        "{}",
        decision.sentence
    );
}

#[test]
fn a_model_that_knows_no_more_than_the_rules_is_refused() {
    let book = Book::of(1_500);
    let decision = book.decide(&book.knowing(1.0), &[(Source::Forest, book.knowing(0.9))]);
    assert_eq!(decision.source, Source::Policy);
    assert!(decision.verdicts[0].result.better_than_base.lower > 0.0);
    assert!(decision.sentence.contains("no closer to what happened than the policy points"), "{}", decision.sentence);
}

#[test]
fn a_model_that_beats_the_points_by_their_scale_alone_is_refused() {
    let book = Book::of(1_500);
    let metrics_of = |scores: &[f64]| Metrics::of(scores, &book.outcomes).unwrap();
    let too_high: Vec<f64> = book.truth.iter().map(|truth| 0.9 + 0.1 * truth).collect();
    let blurred = |(truth, noise): (&f64, &f64)| 0.5 + 0.3 * (truth - 0.5) + 0.5 * (noise - 0.5);
    let scores: Vec<f64> = book.truth.iter().zip(&numbers(6, 1_500)).map(blurred).collect();
    let metrics = metrics_of(&scores);
    let candidates = [Candidate { source: Source::Forest, scores: &scores, metrics: &metrics }];
    let decision = decide(&Case {
        calibrated_policy: &book.truth,
        ..case(&book.outcomes, &Clusters::single(1_500), &too_high, &candidates)
    })
    .unwrap();
    let verdict = &decision.verdicts[0];
    assert!(verdict.result.better_than_policy.lower > 0.0 && verdict.result.better_than_calibrated_policy.upper < 0.0);
    assert_eq!(decision.source, Source::Policy);
    assert!(decision.sentence.contains("than the policy points turned into probabilities"), "{}", decision.sentence);
}

#[test]
fn a_feature_that_may_have_been_written_after_the_outcome_is_named_beside_a_model_that_uses_it() {
    let book = Book::of(1_500);
    let scores = book.knowing(1.0);
    let metrics = Metrics::of(&scores, &book.outcomes).unwrap();
    let candidates = [Candidate { source: Source::Forest, scores: &scores, metrics: &metrics }];
    let sentence = |warned_features: &[String]| {
        let policy_scores = book.knowing(0.3);
        decide(&Case { warned_features, ..case(&book.outcomes, &Clusters::single(1_500), &policy_scores, &candidates) })
            .unwrap()
            .sentence
    };
    assert!(!sentence(&[]).contains("but"));
    let names = ["attempts", "visits"].map(str::to_owned);
    assert!(sentence(&names[..1]).ends_with("rely on the scores only if you know that attempts was known before."));
    assert!(sentence(&names).contains("; but attempts and visits may have been written down after the outcome"));
}

#[test]
fn the_simpler_model_is_used_where_the_other_is_better_by_chance_only() {
    let book = Book::of(1_500);
    let noise = numbers(5, 1_500);
    let nearly = |scale: f64| -> Vec<f64> {
        let noisy = |(truth, noise): (f64, &f64)| (truth + scale * (noise - 0.5)).clamp(0.0, 1.0);
        book.knowing(1.0).into_iter().zip(&noise).map(noisy).collect()
    };
    let blurred = |(truth, noise): (&f64, &f64)| 0.5 + 0.2 * (truth - 0.5) + 0.5 * (noise - 0.5);
    let points: Vec<f64> = book.truth.iter().zip(&numbers(7, 1_500)).map(blurred).collect();
    let between = |simple: Source, scale: f64, complex: Source| {
        let decision = book.decide(&points, &[(complex, book.knowing(1.0)), (simple, nearly(scale))]);
        assert!(decision.verdicts.iter().all(|verdict| verdict.is_accepted), "{:?}", decision.verdicts);
        assert!(decision.verdicts[1].result.brier > decision.verdicts[0].result.brier);
        decision
    };
    for (simple, complex) in
        [(Source::Logistic, Source::Boosting), (Source::Boosting, Source::Forest), (Source::Logistic, Source::Forest)]
    {
        let by_chance = between(simple, 0.15, complex);
        assert_eq!(by_chance.source, simple);
        let words = format!("as close as {}, which is less simple, but for what may be chance", complex.words());
        assert!(by_chance.sentence.contains(&words), "{}", by_chance.sentence);
        let clearly = between(simple, 0.25, complex);
        assert_eq!(clearly.source, complex);
        assert!(clearly.sentence.contains(&format!("closer than {}", simple.words())), "{}", clearly.sentence);
    }
    // The simpler one needs no allowance where it is the better one.
    let forest_behind = book.decide(&points, &[(Source::Forest, nearly(0.15)), (Source::Logistic, book.knowing(1.0))]);
    assert_eq!(forest_behind.source, Source::Logistic);
    assert!(forest_behind.sentence.contains("about as close as the random forest"), "{}", forest_behind.sentence);
}

#[test]
fn no_model_is_used_where_live_loans_are_not_like_finished_ones() {
    let book = Book::of(1_500);
    let scores = book.knowing(1.0);
    let metrics = Metrics::of(&scores, &book.outcomes).unwrap();
    let candidates = [Candidate { source: Source::Forest, scores: &scores, metrics: &metrics }];
    let policy_scores = book.knowing(0.3);
    let reason = "finished loans show no days past due, and live loans do";
    let decision = decide(&Case {
        unlike_live: Some(reason),
        ..case(&book.outcomes, &Clusters::single(1_500), &policy_scores, &candidates)
    })
    .unwrap();
    assert_eq!(decision.source, Source::Policy);
    assert!(!decision.verdicts[0].is_accepted && decision.verdicts[0].sentence.contains(reason));
    assert_eq!(decision.sentence, format!("The scores are the policy points, because {reason}."));
}

#[test]
fn too_few_outcomes_refuse_any_model() {
    let book = Book::of(40);
    let decision = book.decide(&book.knowing(0.1), &[(Source::Forest, book.knowing(1.0))]);
    assert_eq!(decision.source, Source::Policy);
    assert!(!decision.verdicts[0].is_accepted);
    assert_eq!(
        decision.sentence,
        "The scores are the policy points, because only 40 loans have a known outcome and a model needs 50."
    );
    let sentence = |outcomes: Vec<bool>| {
        let policy_scores = vec![0.5; outcomes.len()];
        decide(&case(&outcomes, &Clusters::single(outcomes.len()), &policy_scores, &[])).unwrap().sentence
    };
    assert!(sentence(Vec::new()).contains("no loan has a known outcome"));
    assert!(sentence(vec![true; 1]).contains("only 1 loan has"));
    assert!(sentence((0..200).map(|loan| loan < 9).collect()).contains("191 were fully recovered and 9 were not"));
}

#[test]
fn what_is_too_good_to_be_true_is_not_believed() {
    let book = Book::of(1_500);
    let almost_certain: Vec<f64> = book.outcomes.iter().map(|outcome| if *outcome { 0.99 } else { 0.01 }).collect();
    let decision =
        book.decide(&book.knowing(0.3), &[(Source::Forest, almost_certain), (Source::Logistic, book.knowing(1.0))]);
    assert_eq!(decision.source, Source::Policy);
    assert!(decision.verdicts.iter().all(|verdict| !verdict.is_accepted));
    assert!(decision.sentence.contains("almost perfectly"), "{}", decision.sentence);
    let models = [(Source::Forest, book.knowing(1.0))];
    let decision = book.decide_with(&book.knowing(0.3), &models, 50, Some("Closure_Code"));
    assert_eq!(decision.source, Source::Policy);
    assert!(decision.sentence.contains("because Closure_Code alone"), "{}", decision.sentence);
}

#[test]
fn a_choice_that_overrides_the_gate_is_stated() {
    let book = Book::of(1_500);
    let decision = book.decide(&book.knowing(0.3), &[(Source::Forest, book.knowing(1.0))]);
    let policy = decision.clone().overridden(Source::Policy);
    assert_eq!((policy.source, policy.chosen), (Source::Policy, Source::Forest));
    assert!(policy.sentence.contains("(model = policy); left to the gate, they would be those of the random forest"));
    assert!(policy.verdicts[0].is_accepted);
    let same = decision.clone().overridden(Source::Forest);
    assert_eq!(same.source, Source::Forest);
    assert!(same.sentence.starts_with("As asked for (model = forest), and as the gate would have it: the scores"));
    let absent = decision.overridden(Source::Logistic);
    assert_eq!((absent.source, absent.chosen), (Source::Policy, Source::Forest));
    assert!(absent.sentence.contains("there is no such model"), "{}", absent.sentence);
}

#[test]
fn plain_sentences_are_one_sentence_without_jargon() {
    let book = Book::of(1_500);
    let all = [(Source::Forest, book.knowing(0.9)), (Source::Logistic, book.knowing(1.0))];
    for policy in [0.2, 1.0] {
        let decision = book.decide(&book.knowing(policy), &all);
        for decision in [decision.clone(), decision.overridden(Source::Logistic)] {
            let sentence = decision.sentence;
            assert!(sentence.ends_with('.') && !sentence.contains(". "), "{sentence}");
            for word in ["Brier", "AUC", "bootstrap", "interval", "NaN"] {
                assert!(!sentence.contains(word), "{word} in {sentence}");
            }
        }
    }
}

#[test]
fn scores_of_other_loans_are_refused() {
    let book = Book::of(100);
    let metrics = Metrics::of(&book.truth, &book.outcomes).unwrap();
    let candidates = [Candidate { source: Source::Forest, scores: &book.truth, metrics: &metrics }];
    let of = |policy_scores: &[f64]| {
        let outcomes = &book.outcomes;
        decide(&case(outcomes, &Clusters::single(outcomes.len()), policy_scores, &candidates)).unwrap_err()
    };
    assert!(matches!(of(&book.truth[1..]), RiskError::Lengths { scores: 99, outcomes: 100 }));
    assert!(matches!(of(&[1.5; 100]), RiskError::NotProbability { position: 1, .. }));
}

#[test]
fn a_model_that_orders_loans_worse_than_the_points_is_refused_however_close_it_comes() {
    let book = Book::of(1_500);
    let scores = book.knowing(0.9);
    // Points in the right order that a bad curve took far from the outcomes.
    let points: Vec<f64> =
        book.truth.iter().zip(&book.outcomes).map(|(truth, is)| truth + if *is { 0.03 } else { 0.0 }).collect();
    let far = vec![0.5; points.len()];
    let low: Vec<f64> = points.iter().map(|score| score / 8.0).collect();
    let metrics = Metrics::of(&scores, &book.outcomes).unwrap();
    let candidates = [Candidate { source: Source::Forest, scores: &scores, metrics: &metrics }];
    let decision =
        decide(&Case { calibrated_policy: &far, ..case(&book.outcomes, &Clusters::single(1_500), &low, &candidates) })
            .unwrap();
    assert!(decision.verdicts[0].result.better_than_calibrated_policy.lower > 0.0);
    assert_eq!(decision.source, Source::Policy);
    assert!(decision.sentence.contains("and the policy points did so"), "{}", decision.sentence);
}

#[test]
fn a_book_whose_only_telling_column_was_kept_out_says_so() {
    let outcomes: Vec<bool> = (0..200).map(|loan| loan % 2 == 0).collect();
    let policy_scores = vec![0.5; 200];
    let sentence = |barred_features: &[String]| {
        decide(&Case { barred_features, ..case(&outcomes, &Clusters::single(outcomes.len()), &policy_scores, &[]) })
            .unwrap()
            .sentence
    };
    assert!(sentence(&[]).ends_with("distinguishes the loans: all values are missing, or the same for all."));
    let barred = ["branch was kept out (it has 300 different texts)".to_owned()];
    assert!(
        sentence(&barred).contains("loans: branch was kept out (it has 300 different texts), and all other values")
    );
}
