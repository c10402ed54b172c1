//! Folds: which loans with a known outcome are held back together.
//!
//! Dealt by seed and id, each kind of outcome apart, all loans of a borrower into one fold: neither the order of the file nor any
//! other column matters. The front of the same order is a fair sample of the book.

use std::cmp::Reverse;

use linfa::dataset::Records;
use ndarray::Array1;
use rand_xoshiro::SplitMix64;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use super::RiskError;
use super::clusters::Clusters;
use super::forest::Dataset;

const OPEN: u8 = u8::MAX;
const MOST_FOLDS: usize = OPEN as usize;

/// A kind of outcome that is rarer than one in this many of a sample is drawn up to that share, if there are enough.
const RARE_PART: usize = 4;

#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    pub loans: Vec<usize>,
    /// What to add to log odds learnt from these loans, so that they hold for the book (King and Zeng, "Logistic Regression in
    /// Rare Events Data", Political Analysis 9, 2001: prior correction).
    pub shift: f64,
}

/// Stratified folds (Kohavi, IJCAI 1995) of the loans with a known outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folds {
    of_loan: Vec<u8>,
    /// The loans with an outcome in the order in which they were dealt: those fully recovered, then those not.
    dealt: [Vec<u32>; 2],
    folds: usize,
}

impl Folds {
    /// Deals the loans with a known outcome, each of a borrower of its own, into this many folds; each gets as many of each kind
    /// of outcome as any other, give or take one, and as many loans in all.
    ///
    /// `outcomes` and `id_hashes` have one place a loan; a hash must follow from the loan's id alone.
    pub fn new(outcomes: &Array1<Option<bool>>, id_hashes: &[u64], seed: u64, folds: usize) -> Self {
        Self::by_borrower(outcomes, id_hashes, &Clusters::single(outcomes.iter().flatten().count()), seed, folds)
    }

    /// The same where some of these loans are of one borrower: `clusters` has one place a loan with a known outcome. Folds are as
    /// equal as whole borrowers can make them.
    pub fn by_borrower(
        outcomes: &Array1<Option<bool>>,
        id_hashes: &[u64],
        clusters: &Clusters,
        seed: u64,
        folds: usize,
    ) -> Self {
        assert_eq!(outcomes.len(), id_hashes.len(), "one hash a loan");
        assert!((2..=MOST_FOLDS).contains(&folds), "from 2 to {MOST_FOLDS} folds");
        let dealt = [false, true].map(|kind| dealing_order(outcomes, id_hashes, seed, kind));
        let mut table = Table { of_loan: vec![OPEN; outcomes.len()], counts: vec![[0; 2]; folds] };
        if !clusters.is_single() {
            table.deal_borrowers(outcomes, clusters, &dealt);
        }
        for (kind, loans) in dealt.iter().enumerate() {
            for loan in loans {
                if table.of_loan[*loan as usize] == OPEN {
                    let fold = table.fold_with_fewest(kind);
                    table.put(*loan, kind, fold);
                }
            }
        }
        Self { of_loan: table.of_loan, dealt, folds }
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

    pub fn folds(&self) -> usize {
        self.folds
    }

    pub fn loans(&self) -> usize {
        self.of_loan.len()
    }

    pub fn fold_of(&self, loan: usize) -> Option<u8> {
        Some(self.of_loan[loan]).filter(|fold| *fold != OPEN)
    }

    pub fn known(&self) -> impl Iterator<Item = (usize, u8)> + '_ {
        let of_loan = self.of_loan.iter().copied().enumerate();
        of_loan.filter(|(_, fold)| *fold != OPEN)
    }

    pub(super) fn of_loans(&self) -> Vec<Option<u8>> {
        (0..self.loans()).map(|loan| self.fold_of(loan)).collect()
    }

    /// At most this many of the loans with a known outcome: the first that were dealt of each kind, at least one of each. The
    /// kinds have the proportion that they have in the book, but where one is rare, all of it is drawn, up to a quarter of
    /// the sample: its few loans say what separates the kinds. All of them, where they are no more.
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

struct Table {
    of_loan: Vec<u8>,
    counts: Vec<[usize; 2]>,
}

impl Table {
    fn deal_borrowers(&mut self, outcomes: &Array1<Option<bool>>, clusters: &Clusters, dealt: &[Vec<u32>; 2]) {
        let known: Vec<u32> = (0..outcomes.len() as u32).filter(|loan| outcomes[*loan as usize].is_some()).collect();
        let mut turn = vec![0; outcomes.len()];
        dealt.iter().flatten().zip(0..).for_each(|(loan, place)| turn[*loan as usize] = place);
        let members = clusters.members(|_| true);
        let mut several: Vec<(Reverse<usize>, u32, Vec<u32>)> = (0..members.count())
            .map(|borrower| members.of(borrower))
            .filter(|loans| loans.len() > 1)
            .map(|loans| loans.iter().map(|place| known[*place as usize]).collect::<Vec<u32>>())
            .map(|loans| {
                let first = loans.iter().map(|loan| turn[*loan as usize]).min().unwrap_or(0);
                (Reverse(loans.len()), first, loans)
            })
            .collect();
        several.par_sort_unstable();
        let totals = [0, 1].map(|kind| dealt[kind].len().max(1) as f64);
        for (_, _, loans) in several {
            let kind_of = |loan: &u32| usize::from(outcomes[*loan as usize] == Some(true));
            let bad = loans.iter().filter(|loan| kind_of(loan) == 1).count();
            let brings = [(loans.len() - bad) as f64, bad as f64];
            let there = |counts: &[usize; 2]| -> f64 {
                (0..2).map(|kind| counts[kind] as f64 * brings[kind] / totals[kind]).sum()
            };
            let by_room = |one: &usize, other: &usize| {
                let [one, other] = [one, other].map(|fold| &self.counts[*fold]);
                there(one).total_cmp(&there(other)).then(one.iter().sum::<usize>().cmp(&other.iter().sum()))
            };
            let fold = (0..self.counts.len()).min_by(by_room).unwrap_or(0);
            loans.iter().for_each(|loan| self.put(*loan, kind_of(loan), fold));
        }
    }

    fn fold_with_fewest(&self, kind: usize) -> usize {
        let size = |fold: &usize| (self.counts[*fold][kind], self.counts[*fold].iter().sum::<usize>());
        (0..self.counts.len()).min_by_key(size).unwrap_or(0)
    }

    fn put(&mut self, loan: u32, kind: usize, fold: usize) {
        self.of_loan[loan as usize] = fold as u8;
        self.counts[fold][kind] += 1;
    }
}

/// The loans of one kind of outcome by their seeded number; loans whose ids give one number keep the order of the book.
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
mod tests;
