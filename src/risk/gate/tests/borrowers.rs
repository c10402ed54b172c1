//! Loans of one borrower count once.

use super::*;

#[test]
fn what_five_loans_of_a_borrower_say_counts_once() {
    // A score that learnt by heart which borrower pays would need more borrowers to be believed.
    let borrowers = 60;
    let keys: Vec<u64> = (0..borrowers * 5).map(|loan| loan / 5).collect();
    let (fates, noise) = (numbers(21, borrowers as usize), numbers(22, borrowers as usize));
    let outcomes: Vec<bool> = keys.iter().map(|key| fates[*key as usize] < 0.5).collect();
    let truth: Vec<f64> = keys
        .iter()
        .map(|key| {
            let nudge = if fates[*key as usize] < 0.5 { 0.03 } else { -0.03 };
            0.5 + nudge + 0.5 * (noise[*key as usize] - 0.5)
        })
        .collect();
    let metrics = |of: &Clusters| crate::risk::evaluate::Ranked::by_borrower(&truth, &outcomes, of).unwrap().metrics();
    let policy_scores = vec![0.9; outcomes.len()];
    let decide_by = |of: &Clusters| {
        let candidates = [Candidate { source: Source::Logistic, scores: &truth, metrics: &metrics(of) }];
        decide(&case(&outcomes, of, &policy_scores, &candidates)).unwrap()
    };
    let (by_loan, by_borrower) = (decide_by(&Clusters::single(outcomes.len())), decide_by(&Clusters::of(&keys)));
    assert_eq!((by_loan.source, by_borrower.source), (Source::Logistic, Source::Policy), "{:?}", by_borrower.verdicts);
    let width = |decision: &Decision| {
        let Interval { lower, upper, .. } = decision.verdicts[0].result.better_than_policy;
        upper - lower
    };
    assert!((width(&by_borrower) / width(&by_loan) - 5f64.sqrt()).abs() < 0.3);
}

#[test]
fn few_borrowers_refuse_any_model_however_many_loans_they_have() {
    let keys: Vec<u64> = (0..200).map(|loan| loan / 20).collect();
    let outcomes: Vec<bool> = keys.iter().map(|key| *key < 4).collect();
    let policy_scores = vec![0.5; 200];
    let sentence = decide(&case(&outcomes, &Clusters::of(&keys), &policy_scores, &[])).unwrap().sentence;
    let words = "the 120 loans that were fully recovered are of 6 borrowers and the 80 that were not of 4, and a model needs 10 borrowers";
    assert!(sentence.contains(words), "{sentence}");
}
