//! The split whose sides, each moved by its own ridge-penalised Newton step, lower the log loss most.
//!
//! Of equal splits the first feature of the matrix wins, then the lower cut.

use super::gradient::Gradient;
use crate::features::Monotone;
use crate::risk::bins::MISSING;
use crate::risk::forest::rule::Rule;

pub(super) const CODES: usize = 256;
/// Added to the curvature of every leaf: as much as some thirty loans have, so that few loans make small steps.
const PENALTY: f64 = 5.0;
/// A split that lowers the loss by less than this is noise of the arithmetic.
const LEAST_GAIN: f64 = 1e-9;

/// Between which steps a place must stay, so that no leaf goes against the direction of a split above it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub low: f64,
    pub high: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    pub rule: Rule,
    pub left: Gradient,
    pub steps: [f64; 2],
    gain: f64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct SplitNode {
    pub all: Gradient,
    pub bounds: Bounds,
    pub least_curvature: f64,
}

impl Bounds {
    pub const NONE: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    #[inline(always)]
    pub fn step(self, gradient: Gradient) -> f64 {
        (-gradient.gradient() / (gradient.curvature() + PENALTY)).clamp(self.low, self.high)
    }

    pub fn of_sides(self, split: &Split, direction: Monotone) -> [Self; 2] {
        let middle = (split.steps[0] + split.steps[1]) / 2.0;
        let (below, above) = (Self { high: middle, ..self }, Self { low: middle, ..self });
        match direction {
            Monotone::None => [self, self],
            Monotone::Up => [below, above],
            Monotone::Down => [above, below],
        }
    }
}

#[inline(always)]
fn fall(gradient: Gradient, step: f64) -> f64 {
    -step * (2.0 * gradient.gradient() + (gradient.curvature() + PENALTY) * step)
}

impl SplitNode {
    /// The better of `best` and the best split by this feature, whose loans are in `histogram` by code; its values have so
    /// many codes.
    pub fn better(
        &self,
        best: Option<Split>,
        feature: u8,
        direction: Monotone,
        histogram: &[Gradient; CODES],
        bins: usize,
    ) -> Option<Split> {
        let missing = histogram[MISSING as usize];
        let before = fall(self.all, self.bounds.step(self.all));
        let mut best = best;
        let mut consider = |left: Gradient, cut: u8, is_missing_left: bool, direction: Monotone| {
            let right = self.all - left;
            if left.curvature() < self.least_curvature || right.curvature() < self.least_curvature {
                return;
            }
            let steps = [self.bounds.step(left), self.bounds.step(right)];
            let is_against = match direction {
                Monotone::None => false,
                Monotone::Up => steps[0] > steps[1],
                Monotone::Down => steps[0] < steps[1],
            };
            let gain = fall(left, steps[0]) + fall(right, steps[1]) - before;
            if !is_against && gain > best.map_or(LEAST_GAIN, |best| best.gain) {
                best = Some(Split { rule: Rule { feature, cut, is_missing_left }, left, steps, gain });
            }
        };
        let mut left = Gradient::default();
        for cut in 0..bins as u8 - 1 {
            let here = histogram[cut as usize];
            if here.is_nothing() {
                continue;
            }
            left += here;
            consider(left, cut, false, direction);
            if !missing.is_nothing() {
                consider(left + missing, cut, true, direction);
            }
        }
        if !missing.is_nothing() {
            consider(self.all - missing, bins as u8 - 1, false, Monotone::None);
        }
        best
    }
}
