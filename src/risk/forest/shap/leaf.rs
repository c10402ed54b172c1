//! What one leaf contributes to each feature on its way, for every set of the tests that a loan passes.
//!
//! A leaf has the value `v`, and on the way to it stand tests of some features `k`: a loan passes those of a feature or not
//! (`z = 1` or `0`), and a share `p` of the training rows went on there. Of a set of known features the leaf makes
//! `v` times the product of `z` over the known and `p` over the others. The Shapley value of a feature is the integral, over
//! the chance `t` that each other feature is known, of what knowing it adds (Owen, "Multilinear extensions of games",
//! 1972): `v (z_j - p_j)` times the integral of the product of `(1 - t) p_k + t z_k` over the other features. That is a
//! polynomial in `t`, so that a few points give the integral exactly; all factors are positive, so nothing cancels.

use super::codes::CodeSet;
use super::quadrature::Quadrature;

/// Features of a leaf with a table; the table has two to the power of so many places.
pub(super) const MOST_BITS: usize = 12;
/// Places of the largest table.
pub(super) const MOST_ENTRIES: usize = 1 << MOST_BITS;

/// Places that one byte can tell apart.
pub(super) const BYTE_ENTRIES: usize = 256;

/// All tests of one feature on the way to a leaf.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    pub feature: u8,
    /// The codes that pass.
    pub passing: CodeSet,
    /// The product over the feature's tests of the share of training rows that went on towards the leaf.
    pub share: f64,
}

/// Fills tables of leaves; keeps what one leaf after the other needs.
pub(super) struct LeafTables {
    products: Vec<f64>,
    two: Quadrature,
    four: Quadrature,
    six: Quadrature,
}

impl Default for LeafTables {
    fn default() -> Self {
        let [two, four, six] = [2, 4, 6].map(Quadrature::new);
        Self { products: vec![0.0; MOST_ENTRIES * 6], two, four, six }
    }
}

impl LeafTables {
    /// The contributions to each feature in turn, for each set of passed conditions: bit `k` of the place is condition `k`.
    ///
    /// There are at most [`MOST_BITS`] conditions.
    pub fn of(&mut self, conditions: &[Condition], value: f64) -> Vec<f64> {
        match conditions.len() {
            0..=4 => fill(conditions, value, &self.two, self.products.as_chunks_mut::<2>().0),
            5..=8 => fill(conditions, value, &self.four, self.products.as_chunks_mut::<4>().0),
            _ => fill(conditions, value, &self.six, self.products.as_chunks_mut::<6>().0),
        }
    }
}

/// With so many points, products of up to twice as many conditions but one are integrated exactly.
fn fill<const POINTS: usize>(
    conditions: &[Condition],
    value: f64,
    quadrature: &Quadrature,
    products: &mut [[f64; POINTS]],
) -> Vec<f64> {
    let entries = 1 << conditions.len();
    let point: [f64; POINTS] = std::array::from_fn(|point| quadrature.points[point]);
    products[0] = std::array::from_fn(|point| value * quadrature.weights[point]);
    for (bit, condition) in conditions.iter().enumerate() {
        let failed = point.map(|point| (1.0 - point) * condition.share);
        let (fails, passes) = products.split_at_mut(1 << bit);
        for (fail, pass) in fails.iter_mut().zip(passes) {
            for number in 0..POINTS {
                pass[number] = fail[number] * (failed[number] + point[number]);
                fail[number] *= failed[number];
            }
        }
    }
    let mut table = vec![0.0; entries * conditions.len()];
    for (bit, (column, condition)) in table.chunks_exact_mut(entries).zip(conditions).enumerate() {
        let without = point.map(|point| 1.0 / ((1.0 - point) * condition.share));
        for (column, products) in column.chunks_exact_mut(2 << bit).zip(products.chunks_exact(2 << bit)) {
            let (fails, passes) = column.split_at_mut(1 << bit);
            for ((fail, pass), product) in fails.iter_mut().zip(passes).zip(products) {
                let mut integral = 0.0;
                for number in 0..POINTS {
                    integral += product[number] * without[number];
                }
                *pass = integral * (1.0 - condition.share);
                *fail = -integral * condition.share;
            }
        }
    }
    table
}

/// How many of the first parts, of so many cells each, one byte holds the digits of, and how many places it then tells apart.
/// The digits of the others must fit a second byte.
pub(super) fn low_parts(cells: impl Iterator<Item = usize>) -> (usize, usize) {
    let (mut low, mut line) = (0, 1);
    for cells in cells {
        if line * cells > BYTE_ENTRIES {
            break;
        }
        (low, line) = (low + 1, line * cells);
    }
    (low, line)
}
