//! Folds: which of the loans with a known outcome are held back together when a model is judged out of sample.
//!
//! Loans are dealt like cards, each kind of outcome apart, in the order of a number that follows from the loan's id and the
//! seed alone. So a loan's fold depends neither on the order of the file nor on any other column, and every candidate that
//! is given the same folds is judged on the same loans. The front of the same order is also a fair sample of the book.

use linfa::dataset::Records;
use ndarray::Array1;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use super::RiskError;
use super::forest::{Contributions, Dataset};

/// The fold of a loan without outcome, in memory.
const OPEN: u8 = u8::MAX;
/// Folds are numbered in a byte.
const MOST_FOLDS: usize = OPEN as usize;

/// A kind of outcome that is rarer than one in so many of a sample is drawn as often as that, if there are as many.
const RARE_PART: usize = 4;

/// Some of the loans with a known outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// In the order of the book.
    pub loans: Vec<usize>,
    /// What to add to log odds learnt from these loans, so that they speak of the book (King and Zeng, "Logistic Regression in
    /// Rare Events Data", Political Analysis 9, 2001: prior correction).
    pub shift: f64,
}

/// Stratified folds (Kohavi, IJCAI 1995) of the loans with a known outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    /// A fold a loan of the book, [`OPEN`] where there is no outcome.
    of_loan: Vec<u8>,
    /// The loans with an outcome in the order in which they were dealt: those fully recovered, then those not.
    dealt: [Vec<u32>; 2],
    folds: usize,
}

impl Folds {
    /// Deals the loans with a known outcome into so many folds; each gets as many of each kind of outcome as any other, give
    /// or take one, and as many loans in all.
    ///
    /// `outcomes` and `id_hashes` have one place a loan; a hash must follow from the loan's id alone.
    ///
    /// # Panics
    /// When hashes are not as many as outcomes, or folds not from 2 to 255: mistakes in the program, not in the data.
    pub fn new(outcomes: &Array1<Option<bool>>, id_hashes: &[u64], seed: u64, folds: usize) -> Self {
        assert_eq!(outcomes.len(), id_hashes.len(), "one hash a loan");
        assert!((2..=MOST_FOLDS).contains(&folds), "from 2 to {MOST_FOLDS} folds");
        let dealt = [false, true].map(|kind| dealing_order(outcomes, id_hashes, seed, kind));
        let mut of_loan = vec![OPEN; outcomes.len()];
        // The second kind goes on where the first left off, so that the folds are equally large in all.
        for (card, loan) in dealt.iter().flatten().enumerate() {
            of_loan[*loan as usize] = (card % folds) as u8;
        }
        Self { of_loan, dealt, folds }
    }

    /// Whether a model can be fitted to the book out of sample with these folds.
    ///
    /// # Errors
    /// [`RiskError::NoOutcomes`], [`RiskError::OneOutcome`], [`RiskError::NoFeatures`];
    /// [`linfa::Error::MismatchedShapes`] when outcomes or folds are not as many as loans.
    pub(super) fn check(&self, book: &Dataset) -> Result<(), RiskError> {
        let loans = book.records.nsamples();
        if book.records.nfeatures() == 0 {
            return Err(RiskError::NoFeatures);
        }
        for found in [book.targets.len(), self.loans()] {
            if found != loans {
                return Err(linfa::Error::MismatchedShapes(loans, found).into());
            }
        }
        let known = book.targets.iter().flatten().count();
        match book.targets.iter().flatten().filter(|is_positive| **is_positive).count() {
            _ if known == 0 => Err(RiskError::NoOutcomes),
            0 => Err(RiskError::OneOutcome { loans: known, outcome: "fully recovered" }),
            positives if positives == known => {
                Err(RiskError::OneOutcome { loans: known, outcome: "not fully recovered" })
            }
            _ => Ok(()),
        }
    }

    /// How many folds there are.
    pub fn folds(&self) -> usize {
        self.folds
    }

    /// Loans of the book, with or without outcome.
    pub fn loans(&self) -> usize {
        self.of_loan.len()
    }

    /// The fold of a loan, below [`Folds::folds`]; `None` where its outcome is not known.
    ///
    /// # Panics
    /// When there is no such loan.
    pub fn fold_of(&self, loan: usize) -> Option<u8> {
        Some(self.of_loan[loan]).filter(|fold| *fold != OPEN)
    }

    /// The loans with a known outcome and their folds, in the order of the book.
    pub fn known(&self) -> impl Iterator<Item = (usize, u8)> + '_ {
        let of_loan = self.of_loan.iter().copied().enumerate();
        of_loan.filter(|(_, fold)| *fold != OPEN)
    }

    /// The loans of one fold, in the order of the book.
    pub fn loans_of(&self, fold: u8) -> impl Iterator<Item = usize> + '_ {
        self.known().filter(move |(_, found)| *found == fold).map(|(loan, _)| loan)
    }

    /// At most so many of the loans with a known outcome: the first that were dealt of each kind, at least one of each. The
    /// kinds have the proportion that they have in the book, but where one is rare, all of it is drawn, up to a quarter of
    /// the sample: its few loans say what tells the kinds apart. All of them, where they are no more.
    pub fn sample(&self, most: usize) -> Drawn {
        let [recovered, not_recovered] = self.dealt.each_ref().map(Vec::len);
        let known = recovered + not_recovered;
        if known <= most {
            return Drawn { loans: self.known().map(|(loan, _)| loan).collect(), shift: 0.0 };
        }
        let rarer = recovered.min(not_recovered);
        let by_share = (most as f64 * rarer as f64 / known as f64).round() as usize;
        let of_rarer = by_share.max(rarer.min(most / RARE_PART)).max(usize::from(rarer > 0)).min(rarer);
        let of_other = most.saturating_sub(of_rarer).max(1);
        let taken = if recovered < not_recovered { [of_rarer, of_other] } else { [of_other, of_rarer] };
        let drawn = self.dealt.iter().zip(taken).flat_map(|(dealt, taken)| &dealt[..taken]);
        let mut loans: Vec<usize> = drawn.map(|loan| *loan as usize).collect();
        loans.sort_unstable();
        let log_odds = |[recovered, not_recovered]: [usize; 2]| (not_recovered as f64 / recovered as f64).ln();
        let shift = if rarer == 0 { 0.0 } else { log_odds([recovered, not_recovered]) - log_odds(taken) };
        Drawn { loans, shift }
    }
}

/// The models that held a fold back, and which loans of the book each of them speaks of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeldBack<M> {
    /// One a fold.
    pub models: Vec<M>,
    /// For each loan of the book that was learnt from, its fold.
    pub fold_learnt: Vec<Option<u8>>,
}

impl<M> HeldBack<M> {
    /// The places among `rows`, which are rows of the book, of the loans that each model speaks of: of those that were not
    /// learnt from, the whole model. Models that speak of none are left out.
    fn by_model<'a>(&'a self, whole: &'a M, rows: &[usize]) -> Vec<(&'a M, Vec<usize>)> {
        let places = |fold: Option<u8>| {
            let is_of_fold = |place: &usize| self.fold_learnt[rows[*place]] == fold;
            (0..rows.len()).filter(is_of_fold).collect::<Vec<_>>()
        };
        let of_folds = self.models.iter().enumerate().map(|(fold, model)| (model, places(Some(fold as u8))));
        of_folds.chain([(whole, places(None))]).filter(|(_, places)| !places.is_empty()).collect()
    }

    /// What each of so many features adds to the log odds of the loans at these rows of the book, each by the model that the
    /// loan has its score from. `explain` gives that of some rows of the book by one model.
    ///
    /// # Errors
    /// Those of `explain`.
    pub fn contributions(
        &self,
        whole: &M,
        rows: &[usize],
        features: usize,
        explain: impl Fn(&M, &[usize]) -> Result<Contributions, RiskError>,
    ) -> Result<Contributions, RiskError> {
        let mut all = Contributions { base: vec![0.0; rows.len()], values: vec![0.0; rows.len() * features] };
        for (model, places) in self.by_model(whole, rows) {
            let loans: Vec<usize> = places.iter().map(|place| rows[*place]).collect();
            let found = explain(model, &loans)?;
            for (number, place) in places.into_iter().enumerate() {
                all.base[place] = found.base[number];
                let values = &found.values[number * features..][..features];
                all.values[place * features..][..features].copy_from_slice(values);
            }
        }
        Ok(all)
    }

    /// The scores of the loans of a matrix, each by the model that the loan at the same place of `rows`, a row of the book,
    /// has its own score from. `score` gives those of some rows of the matrix by one model.
    ///
    /// # Errors
    /// Those of `score`.
    pub fn score_as(
        &self,
        whole: &M,
        rows: &[usize],
        score: impl Fn(&M, &[usize]) -> Result<Vec<f64>, RiskError>,
    ) -> Result<Vec<f64>, RiskError> {
        let mut all = vec![0.0; rows.len()];
        for (model, places) in self.by_model(whole, rows) {
            for (place, score) in places.iter().zip(score(model, &places)?) {
                all[*place] = score;
            }
        }
        Ok(all)
    }
}

/// The loans of one kind of outcome by their seeded number; loans whose ids give one number stand in the order of the book.
fn dealing_order(outcomes: &Array1<Option<bool>>, id_hashes: &[u64], seed: u64, kind: bool) -> Vec<u32> {
    let of_seed = SplitMix64::from_seed(seed.to_le_bytes()).next_u64();
    let number = |hash: u64| SplitMix64::from_seed((hash ^ of_seed).to_le_bytes()).next_u64();
    let loans = outcomes.iter().zip(id_hashes).enumerate();
    let of_kind = loans.filter(|(_, (outcome, _))| **outcome == Some(kind));
    let mut order: Vec<(u64, u32)> = of_kind.map(|(loan, (_, hash))| (number(*hash), loan as u32)).collect();
    order.par_sort_unstable();
    order.into_iter().map(|(_, loan)| loan).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counts(folds: &Folds, outcomes: &[Option<bool>], kind: Option<bool>) -> Vec<usize> {
        let is_counted = |loan: usize| kind.is_none() || outcomes[loan] == kind;
        let count = |fold| folds.loans_of(fold as u8).filter(|loan| is_counted(*loan)).count();
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
}
