//! Gauss-Legendre quadrature from 0 to 1: exact for polynomials, which is all that the Shapley values of a tree need.

use std::f64::consts::PI;

/// Points between 0 and 1, and the weight of each; the weights sum to 1.
pub(super) struct Quadrature {
    pub points: Vec<f64>,
    pub weights: Vec<f64>,
}

impl Quadrature {
    /// The rule of so many points (at least 1), exact up to degree `2 count - 1`.
    ///
    /// The points are the roots of the Legendre polynomial of that degree, by Newton's method from a first guess by cosines.
    pub fn new(count: usize) -> Self {
        let (mut points, mut weights) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for number in 0..count {
            let mut root = (PI * (number as f64 + 0.75) / (count as f64 + 0.5)).cos();
            let mut slope = 1.0;
            // Newton doubles the true digits at each step, from two or more at the start.
            for _ in 0..6 {
                let value;
                (value, slope) = legendre(count, root);
                root -= value / slope;
            }
            points.push((1.0 - root) / 2.0);
            weights.push(1.0 / ((1.0 - root * root) * slope * slope));
        }
        Self { points, weights }
    }
}

/// The Legendre polynomial of this degree (at least 1) and its slope, inside -1 to 1.
fn legendre(degree: usize, at: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, at);
    for degree in 2..=degree {
        let degree = degree as f64;
        (before, value) = (value, ((2.0 * degree - 1.0) * at * value - (degree - 1.0) * before) / degree);
    }
    (value, degree as f64 * (before - at * value) / (1.0 - at * at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_up_to_the_promised_degree_are_integrated_exactly() {
        for count in [1, 2, 3, 4, 5, 8, 20, 128] {
            let rule = Quadrature::new(count);
            for power in 0..2 * count {
                let pairs = rule.points.iter().zip(&rule.weights);
                let found: f64 = pairs.map(|(point, weight)| weight * point.powi(power as i32)).sum();
                assert!((found - 1.0 / (power + 1) as f64).abs() < 1e-14, "{count} points, power {power}: {found}");
            }
        }
    }

    #[test]
    fn two_points_are_those_of_the_textbook() {
        let rule = Quadrature::new(2);
        let distance = 1.0 / 12f64.sqrt();
        assert!((rule.points[0] - (0.5 - distance)).abs() < 1e-15 && (rule.points[1] - (0.5 + distance)).abs() < 1e-15);
        assert!(rule.weights.iter().all(|weight| (weight - 0.5).abs() < 1e-15));
    }
}
