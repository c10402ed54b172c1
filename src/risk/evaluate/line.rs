//! Logistic regression on one variable, by Newton's method: the line that calibration is measured and made with.

use rayon::prelude::*;

use crate::risk::clusters::Clusters;

/// Loans whose sums are made together. The sums of the chunks are then added in their order, so that the bits do not depend
/// on the number of threads.
const SUMMED_TOGETHER: usize = 4096;
const MOST_STEPS: usize = 50;
const MOST_HALVINGS: usize = 20;
/// A step that promises less log likelihood a loan than this is the last: what is left after it is its square.
const LEAST_GAIN: f64 = 1e-9;
/// Nearer than this to a certain and right answer for every loan, the variable separates the outcomes.
const LEAST_SURPRISE: f64 = 1e-6;

/// `log odds = intercept + slope * x`, with the variance of the slope that the curvature of the likelihood gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::risk) struct Line {
    pub intercept: f64,
    pub slope: f64,
    pub variance_of_slope: f64,
}

impl Line {
    /// The variance of the slope where loans of one borrower go alike (the sandwich of Liang and Zeger, Biometrika 73, 1986);
    /// `None` of fewer than two borrowers.
    pub fn variance_by_borrower(&self, x: &[f64], targets: &[f64], borrowers: &Clusters) -> Option<f64> {
        let sums = Sums::of(x, targets, self.intercept, self.slope);
        let ([constant, mixed, _], determinant) = (sums.curvature, sums.determinant()?);
        let moves = x.iter().zip(targets).map(|(x, target)| {
            let error = target - probability(self.intercept + self.slope * x);
            (constant * x - mixed) / determinant * error * targets.len() as f64
        });
        borrowers.variance_of_mean(moves)
    }
}

pub(in crate::risk) fn variance_of_shift_by_borrower(
    x: &[f64],
    targets: &[f64],
    shift: f64,
    borrowers: &Clusters,
) -> Option<f64> {
    let curvature = Sums::of(x, targets, shift, 1.0).curvature[0];
    let errors = x.iter().zip(targets).map(|(x, target)| target - probability(shift + x));
    borrowers.variance_of_mean(errors.map(|error| error / curvature * targets.len() as f64))
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    likelihood: f64,
    gradient: [f64; 2],
    curvature: [f64; 3],
}

impl Sums {
    fn add(&mut self, x: f64, target: f64, intercept: f64, slope: f64) {
        let log_odds = intercept + slope * x;
        let small = (-log_odds.abs()).exp();
        let probability = if log_odds >= 0.0 { 1.0 / (1.0 + small) } else { small / (1.0 + small) };
        self.likelihood += target * log_odds - log_odds.max(0.0) - small.ln_1p();
        let error = target - probability;
        // Not p (1 - p), which is lost to rounding where p is near 1.
        let weight = small / ((1.0 + small) * (1.0 + small));
        self.gradient = [self.gradient[0] + error, self.gradient[1] + error * x];
        let [constant, mixed, squared] = self.curvature;
        self.curvature = [constant + weight, mixed + weight * x, squared + weight * x * x];
    }

    fn of(x: &[f64], targets: &[f64], intercept: f64, slope: f64) -> Self {
        debug_assert_eq!(x.len(), targets.len(), "a target for each value");
        let of_chunk = |(x, targets): (&[f64], &[f64])| {
            let mut sums = Self::default();
            x.iter().zip(targets).for_each(|(x, target)| sums.add(*x, *target, intercept, slope));
            sums
        };
        let chunks = x.par_chunks(SUMMED_TOGETHER).zip(targets.par_chunks(SUMMED_TOGETHER));
        let chunks: Vec<Self> = chunks.map(of_chunk).collect();
        chunks.into_iter().fold(Self::default(), Self::plus)
    }

    fn plus(self, other: Self) -> Self {
        Self {
            likelihood: self.likelihood + other.likelihood,
            gradient: std::array::from_fn(|place| self.gradient[place] + other.gradient[place]),
            curvature: std::array::from_fn(|place| self.curvature[place] + other.curvature[place]),
        }
    }

    fn determinant(&self) -> Option<f64> {
        let [constant, mixed, squared] = self.curvature;
        let determinant = constant * squared - mixed * mixed;
        (determinant > 1e-10 * constant * squared && constant > 0.0).then_some(determinant)
    }

    fn step(&self) -> Option<[f64; 2]> {
        let ([constant, mixed, squared], [first, second]) = (self.curvature, self.gradient);
        let determinant = self.determinant()?;
        Some([(squared * first - mixed * second) / determinant, (constant * second - mixed * first) / determinant])
    }
}

/// The most likely line through targets from 0 to 1, looked for from `start`: intercept and slope.
///
/// `None` where there is none: `x` is all the same, or separates the targets.
pub(in crate::risk) fn fit(x: &[f64], targets: &[f64], start: (f64, f64)) -> Option<Line> {
    let sums_at = |intercept: f64, slope: f64| Sums::of(x, targets, intercept, slope);
    let (mut intercept, mut slope) = start;
    let mut sums = sums_at(intercept, slope);
    for _ in 0..MOST_STEPS {
        let [along_intercept, along_slope] = sums.step()?;
        let gain = sums.gradient[0] * along_intercept + sums.gradient[1] * along_slope;
        if gain <= LEAST_GAIN * x.len() as f64 {
            let determinant = sums.determinant()?;
            (intercept, slope) = (intercept + along_intercept, slope + along_slope);
            return Some(Line { intercept, slope, variance_of_slope: sums.curvature[0] / determinant });
        }
        let mut length = 1.0;
        let longer = (0..MOST_HALVINGS).find_map(|_| {
            let at = (intercept + length * along_intercept, slope + length * along_slope);
            let there = sums_at(at.0, at.1);
            length /= 2.0;
            (there.likelihood > sums.likelihood).then_some((at, there))
        });
        ((intercept, slope), sums) = longer?;
        if -sums.likelihood < LEAST_SURPRISE * x.len() as f64 {
            return None;
        }
    }
    None
}

/// The most likely shift of given log odds, and its variance: `log odds = shift + x`, the slope being 1.
///
/// `None` where no shift is the most likely one: all targets are 0, or all are 1.
pub(in crate::risk) fn fit_shift(x: &[f64], targets: &[f64]) -> Option<(f64, f64)> {
    let mut shift = 0.0;
    let mut sums = Sums::of(x, targets, shift, 1.0);
    for _ in 0..MOST_STEPS {
        let curvature = sums.curvature[0];
        let step = sums.gradient[0] / curvature;
        if !step.is_finite() {
            return None;
        }
        if sums.gradient[0] * step <= LEAST_GAIN * x.len() as f64 {
            return Some((shift + step, 1.0 / curvature));
        }
        let mut length = 1.0;
        let longer = (0..MOST_HALVINGS).find_map(|_| {
            let at = shift + length * step;
            let there = Sums::of(x, targets, at, 1.0);
            length /= 2.0;
            (there.likelihood > sums.likelihood).then_some((at, there))
        });
        (shift, sums) = longer?;
        if -sums.likelihood < LEAST_SURPRISE * x.len() as f64 {
            return None;
        }
    }
    None
}

pub(in crate::risk) fn log_odds(probability: f64, clip: f64) -> f64 {
    let probability = probability.clamp(clip, 1.0 - clip);
    (probability / (1.0 - probability)).ln()
}

pub(in crate::risk) fn probability(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

pub(in crate::risk) fn log_loss(log_odds: &[f64], outcomes: &[bool]) -> f64 {
    let loss = |(log_odds, is_positive): (&f64, &bool)| {
        let against = if *is_positive { -log_odds } else { *log_odds };
        against.max(0.0) + (-against.abs()).exp().ln_1p()
    };
    log_odds.iter().zip(outcomes).map(loss).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_give_their_own_log_odds() {
        // A line through two points fits both: 1 of 4 at 0 and 6 of 8 at 2.
        let x: Vec<f64> = [[0.0; 4].as_slice(), [2.0; 8].as_slice()].concat();
        let targets = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        for start in [(0.0, 0.0), (0.0, 1.0), (-2.0, 3.0)] {
            let line = fit(&x, &targets, start).unwrap();
            assert!((line.intercept - (1.0f64 / 3.0).ln()).abs() < 1e-6, "{line:?}");
            assert!((line.slope - 3.0f64.ln()).abs() < 1e-6, "{line:?}");
            // The variance of log odds is 1 / successes + 1 / failures.
            let of_difference = 1.0 + 1.0 / 3.0 + 1.0 / 6.0 + 1.0 / 2.0;
            assert!((line.variance_of_slope - of_difference / 4.0).abs() < 1e-5, "{line:?}");
        }
    }

    #[test]
    fn a_shift_moves_log_odds_to_the_share_that_came_about() {
        // All were given 0.2, and 4 of 10 came about.
        let x = [log_odds(0.2, 1e-6); 10];
        let targets = [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let (shift, variance) = fit_shift(&x, &targets).unwrap();
        assert!((shift - (log_odds(0.4, 1e-6) - log_odds(0.2, 1e-6))).abs() < 1e-6, "{shift}");
        assert!((variance - 1.0 / (10.0 * 0.4 * 0.6)).abs() < 1e-5, "{variance}");
        assert_eq!(fit_shift(&x, &[1.0; 10]), None);
        // What separates the targets still has a shift: the mean of the probabilities is the share.
        let (shift, _) = fit_shift(&[-2.0, -1.0, 1.0, 2.0], &[0.0, 0.0, 1.0, 1.0]).unwrap();
        assert!(shift.abs() < 1e-9, "{shift}");
    }

    #[test]
    fn what_has_no_most_likely_line_gets_none() {
        assert_eq!(fit(&[0.3; 6], &[0.0, 1.0, 0.0, 1.0, 1.0, 0.0], (0.0, 1.0)), None);
        assert_eq!(fit(&[-2.0, -1.0, 1.0, 2.0], &[0.0, 0.0, 1.0, 1.0], (0.0, 0.0)), None);
    }
}
