//! A leaf with so many features on its way that a table of all their combinations would be too large.
//!
//! Its contributions are computed loan by loan, from the same integral as those of the tables (`leaf`).

use super::leaf::Condition;
use super::lookup::{BLOCK, Codes, Sums};
use super::quadrature::Quadrature;

/// A leaf of many features.
pub(super) struct DeepLeaf {
    conditions: Vec<Condition>,
    value: f64,
    quadrature: Quadrature,
}

impl DeepLeaf {
    pub fn new(conditions: &[Condition], value: f64) -> Self {
        Self { conditions: conditions.to_vec(), value, quadrature: Quadrature::new(conditions.len().div_ceil(2)) }
    }

    /// Computes what the leaf contributes to each of its features for so many loans, and gives it to `visit`.
    pub fn sum(&self, codes: &[Codes], loans: usize, mut visit: impl FnMut(u8, &Sums)) {
        let passes: Vec<[bool; BLOCK]> = self.conditions.iter().map(|condition| passes(condition, codes)).collect();
        let mut sums = vec![[0.0; BLOCK]; self.conditions.len()];
        for (point, weight) in self.quadrature.points.iter().zip(&self.quadrature.weights) {
            // What a condition brings into the product when it fails, and when it passes.
            let factors = |share: f64| [(1.0 - point) * share, (1.0 - point) * share + point];
            let mut products = [self.value * weight; BLOCK];
            for (condition, passes) in self.conditions.iter().zip(&passes) {
                let factors = factors(condition.share);
                for (product, pass) in products.iter_mut().zip(passes).take(loans) {
                    *product *= factors[usize::from(*pass)];
                }
            }
            for ((condition, passes), sums) in self.conditions.iter().zip(&passes).zip(&mut sums) {
                let [fail, pass] = factors(condition.share);
                let instead = [-condition.share / fail, (1.0 - condition.share) / pass];
                for ((sum, product), pass) in sums.iter_mut().zip(&products).zip(passes).take(loans) {
                    *sum += product * instead[usize::from(*pass)];
                }
            }
        }
        for (condition, sums) in self.conditions.iter().zip(&sums) {
            visit(condition.feature, sums);
        }
    }
}

fn passes(condition: &Condition, codes: &[Codes]) -> [bool; BLOCK] {
    codes[condition.feature as usize].map(|code| condition.passing.has(code))
}
