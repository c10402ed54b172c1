//! What is dealt where: even folds, whole borrowers, and nothing that moves a loan.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn counts(folds: &Folds, outcomes: &[Option<bool>], kind: Option<bool>) -> Vec<usize> {
    let is_counted = |loan: usize| kind.is_none() || outcomes[loan] == kind;
    let count = |fold| folds.known().filter(|(loan, of)| usize::from(*of) == fold && is_counted(*loan)).count();
    (0..folds.folds()).map(count).collect()
}

fn spread(counts: &[usize]) -> usize {
    counts.iter().max().unwrap() - counts.iter().min().unwrap()
}

/// Books of loans with different ids, open ones among them.
fn book() -> impl Strategy<Value = Vec<(u64, Option<bool>)>> {
    prop::collection::btree_map(any::<u64>(), any::<Option<bool>>(), 0..120)
        .prop_map(|loans| loans.into_iter().collect())
}

fn deal(loans: &[(u64, Option<bool>)], seed: u64, folds: usize) -> Folds {
    let (hashes, outcomes): (Vec<u64>, Vec<Option<bool>>) = loans.iter().copied().unzip();
    Folds::new(&Array1::from(outcomes), &hashes, seed, folds)
}

#[test]
fn another_seed_deals_otherwise() {
    let loans: Vec<(u64, Option<bool>)> = (0..100).map(|loan| (loan, Some(loan % 3 == 0))).collect();
    assert_eq!(deal(&loans, 1, 5), deal(&loans, 1, 5));
    assert_ne!(deal(&loans, 1, 5), deal(&loans, 2, 5));
}

#[test]
fn a_sample_keeps_the_share_of_each_kind_and_fills_no_fold_more_than_another() {
    let loans: Vec<(u64, Option<bool>)> = (0..1000).map(|loan| (loan, Some(loan % 4 == 0))).collect();
    let folds = deal(&loans, 1, 5);
    let sample = folds.sample(100).loans;
    assert_eq!(sample.len(), 100);
    assert_eq!(sample.iter().filter(|loan| **loan % 4 == 0).count(), 25);
    let in_fold = |fold| sample.iter().filter(|loan| folds.fold_of(**loan) == Some(fold)).count();
    assert!((0..5).map(in_fold).all(|count| (18..=22).contains(&count)));
    assert_eq!(folds.sample(2).loans.len(), 2);
    assert_eq!(folds.sample(1000).loans, (0..1000).collect::<Vec<_>>());
}

#[test]
fn all_of_a_rare_kind_is_drawn_and_the_shift_says_by_how_much_too_often() {
    let loans: Vec<(u64, Option<bool>)> = (0..10_000).map(|loan| (loan, Some(loan % 100 == 0))).collect();
    let Drawn { loans: sample, shift } = deal(&loans, 1, 5).sample(1000);
    assert_eq!(sample.iter().filter(|loan| **loan % 100 == 0).count(), 100);
    // One in 99 of the book, one in nine of the sample.
    assert!((shift - (9.0_f64 / 99.0).ln()).abs() < 1e-12, "{shift}");
    let of_most = deal(&loans, 1, 5).sample(200);
    assert_eq!(of_most.loans.iter().filter(|loan| **loan % 100 == 0).count(), 50, "a quarter at most");
    assert_eq!(deal(&loans, 1, 5).sample(10_000).shift, 0.0);
}

proptest! {
    #[test]
    fn folds_hold_as_many_of_each_kind_give_or_take_one(loans in book(), seed: u64, folds in 2usize..12) {
        let dealt = deal(&loans, seed, folds);
        let outcomes: Vec<Option<bool>> = loans.iter().map(|loan| loan.1).collect();
        for kind in [Some(true), Some(false), None] {
            prop_assert!(spread(&counts(&dealt, &outcomes, kind)) <= 1);
        }
        for (loan, outcome) in outcomes.iter().enumerate() {
            prop_assert_eq!(dealt.fold_of(loan).is_some(), outcome.is_some());
        }
    }

    #[test]
    fn the_order_of_the_book_and_its_open_loans_move_no_loan(loans in book(), seed: u64, shuffle: u64) {
        let fold_of_each = |loans: &[(u64, Option<bool>)]| -> BTreeMap<u64, Option<u8>> {
            let dealt = deal(loans, seed, 5);
            loans.iter().enumerate().map(|(loan, (hash, _))| (*hash, dealt.fold_of(loan))).collect()
        };
        let before = fold_of_each(&loans);
        let mut shuffled = loans.clone();
        shuffled.sort_by_key(|loan| loan.0.wrapping_mul(shuffle | 1));
        prop_assert_eq!(&fold_of_each(&shuffled), &before);
        shuffled.retain(|loan| loan.1.is_some());
        let known: BTreeMap<u64, Option<u8>> = before.into_iter().filter(|loan| loan.1.is_some()).collect();
        prop_assert_eq!(fold_of_each(&shuffled), known);
    }

    #[test]
    fn a_borrower_comes_whole_into_one_fold_and_folds_stay_even(
        loans in book(), seed: u64, borrowers in 1u64..60, shuffle: u64
    ) {
        let borrower = |hash: u64| hash % borrowers;
        let deal_by_borrower = |loans: &[(u64, Option<bool>)]| {
            let known: Vec<u64> = loans.iter().filter(|loan| loan.1.is_some()).map(|loan| borrower(loan.0)).collect();
            let (hashes, outcomes): (Vec<u64>, Vec<Option<bool>>) = loans.iter().copied().unzip();
            let folds = Folds::by_borrower(&Array1::from(outcomes), &hashes, &Clusters::of(&known), seed, 5);
            let fold_of = |(loan, (hash, _)): (usize, &(u64, Option<bool>))| (*hash, folds.fold_of(loan));
            loans.iter().enumerate().map(fold_of).collect::<BTreeMap<u64, Option<u8>>>()
        };
        let folds = deal_by_borrower(&loans);
        let mut of_borrower = BTreeMap::new();
        let mut sizes = [0usize; 5];
        for (hash, fold) in folds.iter().filter_map(|(hash, fold)| Some((hash, (*fold)?))) {
            prop_assert_eq!(*of_borrower.entry(borrower(*hash)).or_insert(fold), fold);
            sizes[usize::from(fold)] += 1;
        }
        let most = of_borrower.keys().map(|key| {
            loans.iter().filter(|loan| loan.1.is_some() && borrower(loan.0) == *key).count()
        });
        let most = most.max().unwrap_or(1);
        prop_assert!(spread(&sizes) <= 2 * most + 1, "{:?} with at most {} a borrower", sizes, most);
        let mut shuffled = loans.clone();
        shuffled.sort_by_key(|loan| loan.0.wrapping_mul(shuffle | 1));
        prop_assert_eq!(deal_by_borrower(&shuffled), folds);
    }

    #[test]
    fn a_sample_holds_both_kinds_and_never_an_open_loan(loans in book(), seed: u64, most in 2usize..40) {
        let dealt = deal(&loans, seed, 5);
        let sample = dealt.sample(most).loans;
        let known = loans.iter().filter(|loan| loan.1.is_some()).count();
        prop_assert_eq!(sample.len(), known.min(most));
        prop_assert!(sample.windows(2).all(|pair| pair[0] < pair[1]));
        for kind in [Some(true), Some(false)] {
            let is_in_book = loans.iter().any(|loan| loan.1 == kind);
            prop_assert_eq!(sample.iter().any(|loan| loans[*loan].1 == kind), is_in_book);
        }
    }
}
