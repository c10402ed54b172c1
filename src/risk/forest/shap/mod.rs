//! What each feature contributes to a loan's score: exact path-dependent TreeSHAP, so base and contributions add up to it.
//!
//! Lundberg, Erion and Lee, arXiv:1802.03888, in the linear-time form of Yu and others, "Linear TreeSHAP", arXiv:2209.08192.

use std::f64::consts::PI;

use linfa::dataset::Records;
use rayon::prelude::*;

use super::Forest;
use super::score::encoded;
use super::tree::{Tree, TreeNode};
use crate::features::FeatureMatrix;
use crate::risk::RiskError;
use crate::risk::error::check_features;

#[cfg(test)]
mod tests;

/// Loans that a thread explains at a time; each tree is prepared anew for them, which costs about as much as one loan.
const LOANS_TOGETHER: usize = 32;

/// Contributions of each feature to the raw (uncalibrated) scores of some loans; all are NaN for a loan that uses no tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    pub base: Vec<f64>,
    pub values: Vec<f64>,
}

impl Forest {
    /// What each feature contributes to the scores of the loans at the given rows.
    ///
    /// `uses` says whether a tree (by its number) has a say in the score of a loan (by its place among `rows`).
    pub fn contributions(
        &self,
        matrix: &FeatureMatrix,
        rows: &[usize],
        uses: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<Contributions, RiskError> {
        check_features(&self.features, matrix.features())?;
        Ok(contributions(&self.trees, &encoded(&self.binning, matrix, rows), matrix.nfeatures(), uses))
    }
}

/// The mean contributions over the trees that each loan uses; `codes` holds one code a feature, loan by loan.
pub(in crate::risk) fn contributions(
    trees: &[Tree],
    codes: &[u8],
    features: usize,
    uses: impl Fn(usize, usize) -> bool + Sync,
) -> Contributions {
    let loans = codes.len() / features;
    let mut all = Contributions { base: vec![0.0; loans], values: vec![0.0; loans * features] };
    let values = all.values.par_chunks_mut(features * LOANS_TOGETHER);
    let chunks = all.base.par_chunks_mut(LOANS_TOGETHER).zip(values).zip(codes.par_chunks(features * LOANS_TOGETHER));
    chunks.enumerate().for_each(|(chunk, ((bases, values), codes))| {
        let mut used = vec![0u32; bases.len()];
        for (number, tree) in trees.iter().enumerate() {
            let steps = steps(tree);
            let add = match steps.iter().map(|step| step.features).max() {
                None | Some(0..=4) => add::<2>,
                Some(5..=8) => add::<4>,
                Some(9..=12) => add::<6>,
                Some(13..=16) => add::<8>,
                Some(17..=32) => add::<16>,
                Some(_) => add::<128>,
            };
            let base = expectation(tree);
            let uses: Vec<bool> = (0..bases.len()).map(|loan| uses(number, chunk * LOANS_TOGETHER + loan)).collect();
            let using = || uses.iter().zip(0..).filter(|(uses, _)| **uses).map(|(_, loan)| loan);
            using().for_each(|loan: usize| (bases[loan], used[loan]) = (bases[loan] + base, used[loan] + 1));
            let loans = codes.chunks(features).zip(values.chunks_mut(features)).zip(uses);
            add(tree, &steps, &mut loans.filter(|(_, uses)| *uses).map(|(loan, _)| loan));
        }
        for ((base, values), used) in bases.iter_mut().zip(values.chunks_mut(features)).zip(used) {
            *base /= f64::from(used);
            values.iter_mut().for_each(|value| *value /= f64::from(used));
        }
    });
    all
}

fn expectation(tree: &Tree) -> f64 {
    let of_place = |place| match tree.at(place) {
        TreeNode::Leaf { value } => value * (tree.cover(place) / tree.cover(0)),
        TreeNode::Split { .. } => 0.0,
    };
    (0..tree.places()).map(of_place).sum()
}

#[derive(Clone, Copy)]
struct Step {
    parent: usize,
    feature: u8,
    /// The place to which the step before it by the same feature led.
    before: Option<usize>,
    /// The product of the shares of training rows that took it and those before it by the same feature.
    share: f64,
    /// Different features on the way to the place.
    features: usize,
}

fn steps(tree: &Tree) -> Vec<Step> {
    let mut steps = vec![Step { parent: 0, feature: 0, before: None, share: 1.0, features: 0 }; tree.places()];
    for parent in 0..tree.places() {
        let TreeNode::Split { rule, left, .. } = tree.at(parent) else { continue };
        let above = std::iter::successors(Some(parent), |place| Some(steps[*place].parent));
        let before = above.take_while(|place| *place > 0).find(|place| steps[*place].feature == rule.feature);
        let features = steps[parent].features + usize::from(before.is_none());
        for place in [left, left + 1] {
            let share = before.map_or(1.0, |before| steps[before].share) * tree.cover(place) / tree.cover(parent);
            steps[place] = Step { parent, feature: rule.feature, before, share, features };
        }
    }
    steps
}

/// Adds what a tree says of some loans, each a code a feature, to a value a feature.
///
/// A leaf of value `v` is worth `v` times the product, over the features on its way, of `z` (1 where the loan passes the
/// feature's tests, else 0) if the feature is known and of the share `p` of training rows if it is not. The Shapley value of
/// a feature is the integral over the chance `t` that each other one is known (Owen, "Multilinear extensions of games",
/// 1972) of `v (z - p)` times the product of `(1 - t) p + t z` over the others: a polynomial, whose integral a few points
/// give exactly, in which all factors are positive, so that nothing cancels. `POINTS` are enough for twice as many features.
fn add<const POINTS: usize>(tree: &Tree, steps: &[Step], loans: &mut dyn Iterator<Item = (&[u8], &mut [f64])>) {
    let (points, weights) = quadrature::<POINTS>();
    let places: Vec<TreeNode> = (0..steps.len()).map(|place| tree.at(place)).collect();
    let factor = |share: f64, passes: f64| points.map(|point| (1.0 - point) * share + point * passes);
    let gain = |share: f64, passes: f64| factor(share, passes).map(|factor| (passes - share) / factor);
    let factors: Vec<[[f64; POINTS]; 2]> = steps.iter().map(|step| [0.0, 1.0].map(|z| factor(step.share, z))).collect();
    let gains: Vec<[[f64; POINTS]; 2]> = steps.iter().map(|step| [0.0, 1.0].map(|z| gain(step.share, z))).collect();
    let mut passes = vec![1; steps.len()];
    // First the products of the factors on the way to each place, then the sums over the leaves below it.
    let mut products = vec![weights; steps.len()];
    for (codes, values) in loans {
        products[0] = weights;
        for (place, at) in places.iter().enumerate() {
            match at {
                TreeNode::Leaf { value } => products[place].iter_mut().for_each(|product| *product *= value),
                TreeNode::Split { rule, left, order } => {
                    let code = codes[rule.feature as usize];
                    let goes_left = rule.goes_left(order.map_or(code, |order| order.rank(code)));
                    let product = std::mem::replace(&mut products[place], [0.0; POINTS]);
                    for (child, goes) in [(*left, goes_left), (left + 1, !goes_left)] {
                        passes[child] = usize::from(goes);
                        products[child] = product;
                        if let Some(before) = steps[child].before {
                            passes[child] &= passes[before];
                            let known = &factors[before][passes[before]];
                            products[child].iter_mut().zip(known).for_each(|(product, factor)| *product /= factor);
                        }
                        let factors = &factors[child][passes[child]];
                        products[child].iter_mut().zip(factors).for_each(|(product, factor)| *product *= factor);
                    }
                }
            }
        }
        for place in (1..steps.len()).rev() {
            let (step, sums) = (steps[place], products[place]);
            let mut gain = gains[place][passes[place]];
            if let Some(before) = step.before {
                gain.iter_mut().zip(&gains[before][passes[before]]).for_each(|(gain, counted)| *gain -= counted);
            }
            values[step.feature as usize] += sums.iter().zip(gain).map(|(sum, gain)| sum * gain).sum::<f64>();
            products[step.parent].iter_mut().zip(sums).for_each(|(all, sum)| *all += sum);
        }
    }
}

/// Points from 0 to 1 and their weights, which sum to 1: Gauss-Legendre, exact up to degree `2 POINTS - 1`.
fn quadrature<const POINTS: usize>() -> ([f64; POINTS], [f64; POINTS]) {
    let count = POINTS as f64;
    let rule: [(f64, f64); POINTS] = std::array::from_fn(|number| {
        let mut root = (PI * (number as f64 + 0.75) / (count + 0.5)).cos();
        let mut slope = 1.0;
        // Newton doubles the true digits at each step, from two or more at the start.
        for _ in 0..6 {
            let value;
            (value, slope) = legendre(POINTS, root);
            root -= value / slope;
        }
        ((1.0 - root) / 2.0, 1.0 / ((1.0 - root * root) * slope * slope))
    });
    (rule.map(|(point, _)| point), rule.map(|(_, weight)| weight))
}

fn legendre(degree: usize, at: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, at);
    for degree in 2..=degree {
        let degree = degree as f64;
        (before, value) = (value, ((2.0 * degree - 1.0) * at * value - (degree - 1.0) * before) / degree);
    }
    (value, degree as f64 * (before - at * value) / (1.0 - at * at))
}
