//! Permutation importance out of bag, a family of features at a time (Breiman, Machine Learning 45, 2001).
//!
//! Only loans whose way through a tree splits by a shuffled feature walk through it again.

use rayon::prelude::*;

use super::bootstrap::TreeRandom;
use super::score::CodesForTrees;
use super::{Dataset, Fitted, Tree, score};
use crate::risk::RiskError;
use crate::risk::clusters::Clusters;
use crate::risk::error::check_features;

const SHUFFLINGS: usize = 2;
const NORMAL_95: f64 = 1.959_964;

#[derive(Debug, Clone, PartialEq)]
pub struct Importance {
    pub family: String,
    /// By how much the mean squared error of the scores, -1 to 1, rises when nothing is known of the feature.
    pub importance: f64,
    /// Limits that hold it with 95 % for loans such as these, by the standard error of the differences of the loans.
    pub lower_95: f64,
    pub upper_95: f64,
}

struct Sample {
    places: Vec<usize>,
    codes: Vec<u8>,
    stride: usize,
    is_positive: Vec<bool>,
}

struct Ways {
    loans: Vec<u32>,
    leaves: Vec<u32>,
    families: Vec<u64>,
}

#[derive(Clone, Copy, Default)]
struct OutOfBag {
    sum: f64,
    trees: u32,
}

impl OutOfBag {
    fn squared_error(self, sum: f64, is_positive: bool) -> f64 {
        (sum / f64::from(self.trees) - f64::from(u8::from(is_positive))).powi(2)
    }
}

impl Fitted {
    /// How much worse the out-of-bag scores of at most this many known loans, evenly spaced, get when the values of each family
    /// of features are shuffled among them; a line a family, in the order of the matrix.
    ///
    /// `borrowers` are those of the known loans: the limits are of borrowers, whose loans go alike.
    ///
    /// Zero where no tree uses the family. Where fewer than two of the loans have an out-of-bag score, it is zero within
    /// limits of -1 and 1.
    ///
    /// # Errors
    /// [`RiskError::FeatureMismatch`] and [`linfa::Error::MismatchedShapes`] when `book` is not the one fitted on.
    pub fn permutation_importance(
        &self,
        book: &Dataset,
        borrowers: &Clusters,
        seed: u64,
        most_loans: usize,
    ) -> Result<Vec<Importance>, RiskError> {
        check_features(&self.forest.features, book.records.features())?;
        if book.targets.len() != self.out_of_bag.len() {
            return Err(linfa::Error::MismatchedShapes(self.out_of_bag.len(), book.targets.len()).into());
        }
        let families = self.families();
        let sample = self.sample(book, most_loans);
        let marks: Vec<u64> = (0..sample.stride).map(|feature| mark(family_of(&families, feature))).collect();
        let trees = self.forest.trees.par_iter().zip(0..self.forest.trees.len());
        let ways: Vec<Ways> = trees.map(|(tree, number)| self.ways(tree, number, &sample, &marks)).collect();
        let out_of_bag = self.out_of_bag_sums(&ways, &sample);
        let judged: Vec<usize> = (0..sample.places.len()).filter(|loan| out_of_bag[*loan].trees > 0).collect();
        let of_judged = borrowers.picked(&judged.iter().map(|loan| sample.places[*loan]).collect::<Vec<usize>>());
        let importance = |(number, (name, features)): (usize, &(String, Vec<usize>))| {
            let mut rises = vec![0.0; sample.places.len()];
            for shuffling in 0..SHUFFLINGS {
                let mut random = TreeRandom::new(seed, number * SHUFFLINGS + shuffling);
                let codes = sample.shuffled(features, &mut random);
                let sums = self.sums_with(&codes, mark(number), &ways, &out_of_bag, sample.stride);
                for (loan, rise) in rises.iter_mut().enumerate() {
                    let (before, is_positive) = (out_of_bag[loan], sample.is_positive[loan]);
                    let error = |sum| before.squared_error(sum, is_positive);
                    *rise += (error(sums[loan]) - error(before.sum)) / SHUFFLINGS as f64;
                }
            }
            let rises: Vec<f64> = judged.iter().map(|loan| rises[*loan]).collect();
            Importance::of(name.clone(), &rises, &of_judged)
        };
        Ok(families.par_iter().enumerate().map(|(number, family)| importance((number, family))).collect())
    }

    fn families(&self) -> Vec<(String, Vec<usize>)> {
        let mut families: Vec<(String, Vec<usize>)> = Vec::new();
        for (place, feature) in self.forest.features.iter().enumerate() {
            match families.iter_mut().find(|(name, _)| *name == feature.family) {
                Some((_, features)) => features.push(place),
                None => families.push((feature.family.clone(), vec![place])),
            }
        }
        families
    }

    fn sample(&self, book: &Dataset, most_loans: usize) -> Sample {
        let known = self.known_rows.len();
        let loans = known.min(most_loans);
        let places: Vec<usize> =
            (0..loans).map(|loan| (loan as u128 * known as u128 / loans as u128) as usize).collect();
        let rows: Vec<usize> = places.iter().map(|place| self.known_rows[*place] as usize).collect();
        let codes = score::encoded(&self.forest.binning, &book.records, &rows);
        let is_positive = rows.iter().map(|row| book.targets[*row] == Some(true)).collect();
        Sample { places, codes, stride: self.forest.features.len(), is_positive }
    }

    fn ways(&self, tree: &Tree, number: usize, sample: &Sample, marks: &[u64]) -> Ways {
        let is_out = |loan: &u32| self.is_out_of_bag(number, sample.places[*loan as usize]);
        let loans: Vec<u32> = (0..sample.places.len() as u32).filter(is_out).collect();
        let mut leaves = vec![0; sample.places.len()];
        let mut codes = CodesForTrees::new(&sample.codes, sample.stride);
        tree.walk_to_leaves(codes.of(tree), sample.stride, &loans, |loan, leaf| leaves[loan as usize] = leaf);
        Ways { loans, leaves, families: tree.marks_above(marks) }
    }

    fn out_of_bag_sums(&self, ways: &[Ways], sample: &Sample) -> Vec<OutOfBag> {
        let mut sums = vec![OutOfBag::default(); sample.places.len()];
        for (tree, ways) in self.forest.trees.iter().zip(ways) {
            for loan in &ways.loans {
                let of_loan = &mut sums[*loan as usize];
                of_loan.sum += tree.value(ways.leaves[*loan as usize]);
                of_loan.trees += 1;
            }
        }
        sums
    }

    /// The out-of-bag sums with these codes, which differ from the sample's in the features of one family only.
    fn sums_with(&self, codes: &[u8], family: u64, ways: &[Ways], before: &[OutOfBag], stride: usize) -> Vec<f64> {
        let mut sums: Vec<f64> = before.iter().map(|of_loan| of_loan.sum).collect();
        let mut codes = CodesForTrees::new(codes, stride);
        let mut moving = Vec::with_capacity(sums.len());
        for (tree, ways) in self.forest.trees.iter().zip(ways) {
            let leaf = |loan: u32| ways.leaves[loan as usize];
            moving.clear();
            moving.extend(ways.loans.iter().copied().filter(|loan| ways.families[leaf(*loan) as usize] & family != 0));
            if !moving.is_empty() {
                let codes = codes.of(tree);
                tree.walk(codes, stride, &moving, |loan, value| sums[loan as usize] += value - tree.value(leaf(loan)));
            }
        }
        sums
    }
}

fn family_of(families: &[(String, Vec<usize>)], feature: usize) -> usize {
    families.iter().position(|(_, features)| features.contains(&feature)).expect("each feature is in its family")
}

/// A bit for a family; those beyond 64 share one, so that some loans walk again without need.
fn mark(family: usize) -> u64 {
    1 << (family % 64)
}

impl Sample {
    fn shuffled(&self, features: &[usize], random: &mut TreeRandom) -> Vec<u8> {
        let mut from: Vec<usize> = (0..self.places.len()).collect();
        for place in (1..from.len()).rev() {
            from.swap(place, random.below(place as u32 + 1) as usize);
        }
        let mut codes = self.codes.clone();
        for (loan, from) in from.into_iter().enumerate() {
            for feature in features {
                codes[loan * self.stride + feature] = self.codes[from * self.stride + feature];
            }
        }
        codes
    }
}

impl Importance {
    pub(in crate::risk) fn of(family: String, rises: &[f64], borrowers: &Clusters) -> Self {
        let importance = rises.iter().sum::<f64>() / rises.len().max(1) as f64;
        match borrowers.variance_of_mean(rises.iter().map(|rise| rise - importance)) {
            Some(variance) => {
                let reach = NORMAL_95 * variance.sqrt();
                Self { family, importance, lower_95: importance - reach, upper_95: importance + reach }
            }
            None => Self { family, importance: 0.0, lower_95: -1.0, upper_95: 1.0 },
        }
    }
}
