//! Grows one tree: all loans or some of them, half of the features, drawn anew, and splits down to a small depth.
//!
//! The sums by code of the larger side of a split are those of its parent less those of the smaller side, so that about half of
//! the loans are added up at each depth. Sums are of whole numbers, so this changes no bit.

use std::ops::Range;

use super::gradient::Gradient;
use super::params::Steps;
use super::split::{Bounds, CODES, Split, SplitNode};
use crate::features::Monotone;
use crate::risk::forest::bootstrap::TreeRandom;
use crate::risk::forest::order::Order;
use crate::risk::forest::rule::Rule;
use crate::risk::forest::tally::Tally;
use crate::risk::forest::tree::Tree;

/// A leaf holds this share of the curvature of its tree's loans at least, and as much as some twenty loans have.
const LEAST_SHARE: f64 = 0.01;
const LEAST_CURVATURE: f64 = 3.0;

pub(super) struct Labelled {
    pub codes: Vec<u8>,
    pub is_positive: Vec<bool>,
    pub directions: Vec<Monotone>,
    /// How many codes the values of each feature have.
    pub bins: Vec<usize>,
    pub orders: Vec<Order>,
}

type Histogram = Vec<[Gradient; CODES]>;

pub(super) struct TreeGrower {
    /// The loans drawn; at the end, those of a leaf side by side.
    rows: Vec<u32>,
    left_out: Vec<u32>,
    gradients: Vec<Gradient>,
    leaves: Vec<Leaf>,
    spare: Vec<Histogram>,
}

struct Leaf {
    range: Range<usize>,
    step: f64,
}

struct Waiting {
    place: u32,
    depth: u32,
    range: Range<usize>,
    all: Gradient,
    bounds: Bounds,
    step: f32,
    histogram: Option<Histogram>,
}

impl Labelled {
    fn features(&self) -> usize {
        self.directions.len()
    }

    fn tally(&self, rows: &[u32]) -> Tally {
        let positives = rows.iter().filter(|row| self.is_positive[**row as usize]).count();
        Tally::new(rows.len() as u32, positives as u32)
    }
}

impl TreeGrower {
    pub fn new(labelled: &Labelled) -> Self {
        Self {
            rows: Vec::with_capacity(labelled.is_positive.len()),
            left_out: Vec::new(),
            gradients: vec![Gradient::default(); labelled.is_positive.len()],
            leaves: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// The next tree, given what those before it say of each loan; the values of its leaves are steps of log odds.
    ///
    /// `probability` is that of one of the loans. There is no tree where no loan was drawn.
    pub fn grow(
        &mut self,
        labelled: &Labelled,
        steps: &Steps,
        probability: impl Fn(usize) -> f64,
        random: &mut TreeRandom,
    ) -> Option<Tree> {
        self.draw(labelled, steps.halvings, probability, random);
        let features = draw_features(labelled.features(), random);
        let all = self.rows.iter().fold(Gradient::default(), |sum, row| sum + self.gradients[*row as usize]);
        let least_curvature = (LEAST_SHARE * all.curvature()).max(LEAST_CURVATURE);
        let rate = |step: f64| (steps.learning_rate * step) as f32;
        self.leaves.clear();
        if self.rows.is_empty() {
            return None;
        }
        let step = rate(Bounds::NONE.step(all));
        let mut tree = Tree::of_root(labelled.tally(&self.rows), step);
        let range = 0..self.rows.len();
        let histogram = Some(self.histogram(labelled, &features, range.clone()));
        let mut waiting = vec![Waiting { place: 0, depth: 0, range, all, bounds: Bounds::NONE, step, histogram }];
        while let Some(mut spot) = waiting.pop() {
            let place = SplitNode { all: spot.all, bounds: spot.bounds, least_curvature };
            let histogram = spot.histogram.take();
            let found = histogram.as_ref().and_then(|histogram| find(labelled, &features, &place, histogram));
            let Some(split) = found else {
                self.spare.extend(histogram);
                self.leaves.push(Leaf { range: spot.range, step: f64::from(spot.step) });
                continue;
            };
            let middle = spot.range.start + self.part(labelled, spot.range.clone(), split.rule);
            let ranges = [spot.range.start..middle, middle..spot.range.end];
            let tallies = ranges.clone().map(|range| labelled.tally(&self.rows[range]));
            let child = tree.split(spot.place, split.rule, tallies, split.steps.map(rate));
            let gradients = [split.left, spot.all - split.left];
            let is_against_missing = split.rule.cut as usize + 1 == labelled.bins[split.rule.feature as usize];
            let direction = labelled.directions[split.rule.feature as usize];
            let direction = if is_against_missing { Monotone::None } else { direction };
            let bounds = spot.bounds.of_sides(&split, direction);
            let depth = spot.depth + 1;
            let may_split =
                gradients.map(|gradient| depth < steps.max_depth && gradient.curvature() >= 2.0 * least_curvature);
            let mut histograms = self.of_sides(labelled, &features, &ranges, may_split, histogram);
            for side in [1, 0] {
                let (range, histogram) = (ranges[side].clone(), histograms[side].take());
                let (all, bounds, step) = (gradients[side], bounds[side], rate(split.steps[side]));
                waiting.push(Waiting { place: child + side as u32, depth, range, all, bounds, step, histogram });
            }
        }
        Some(tree.finished(&labelled.orders))
    }

    pub fn steps_of_drawn(&self, mut note: impl FnMut(u32, f64)) {
        for leaf in &self.leaves {
            self.rows[leaf.range.clone()].iter().for_each(|row| note(*row, leaf.step));
        }
    }

    pub fn left_out(&self) -> &[u32] {
        &self.left_out
    }

    fn draw(
        &mut self,
        labelled: &Labelled,
        halvings: u32,
        probability: impl Fn(usize) -> f64,
        random: &mut TreeRandom,
    ) {
        self.rows.clear();
        self.left_out.clear();
        for (word, outcomes) in labelled.is_positive.chunks(64).enumerate() {
            let drawn = (0..halvings).fold(u64::MAX, |drawn, _| drawn & random.bits());
            for (bit, is_positive) in outcomes.iter().enumerate() {
                let row = word * 64 + bit;
                if drawn >> bit & 1 == 1 {
                    self.rows.push(row as u32);
                    self.gradients[row] = Gradient::of(probability(row), *is_positive);
                } else {
                    self.left_out.push(row as u32);
                }
            }
        }
    }

    fn histogram(&mut self, labelled: &Labelled, features: &[u8], range: Range<usize>) -> Histogram {
        let mut histogram = self.spare.pop().unwrap_or_default();
        histogram.clear();
        histogram.resize(features.len(), [Gradient::default(); CODES]);
        let stride = labelled.features();
        for row in &self.rows[range] {
            let gradient = self.gradients[*row as usize];
            let codes = &labelled.codes[*row as usize * stride..][..stride];
            for (feature, sums) in features.iter().zip(&mut histogram) {
                sums[codes[*feature as usize] as usize] += gradient;
            }
        }
        histogram
    }

    fn of_sides(
        &mut self,
        labelled: &Labelled,
        features: &[u8],
        ranges: &[Range<usize>; 2],
        may_split: [bool; 2],
        of_both: Option<Histogram>,
    ) -> [Option<Histogram>; 2] {
        let (smaller, larger) = if ranges[0].len() <= ranges[1].len() { (0, 1) } else { (1, 0) };
        let mut sides = [None, None];
        if may_split[smaller] || may_split[larger] {
            sides[smaller] = Some(self.histogram(labelled, features, ranges[smaller].clone()));
        }
        if let (true, Some(mut rest), Some(taken)) = (may_split[larger], of_both, &sides[smaller]) {
            for (rest, taken) in rest.iter_mut().flatten().zip(taken.iter().flatten()) {
                *rest = *rest - *taken;
            }
            sides[larger] = Some(rest);
        }
        if !may_split[smaller] {
            self.spare.extend(sides[smaller].take());
        }
        sides
    }

    fn part(&mut self, labelled: &Labelled, range: Range<usize>, rule: Rule) -> usize {
        let stride = labelled.features();
        let rows = &mut self.rows[range];
        let mut left = 0;
        for place in 0..rows.len() {
            if rule.goes_left(labelled.codes[rows[place] as usize * stride + rule.feature as usize]) {
                rows.swap(left, place);
                left += 1;
            }
        }
        left
    }
}

fn find(labelled: &Labelled, features: &[u8], place: &SplitNode, histogram: &Histogram) -> Option<Split> {
    features.iter().zip(histogram).fold(None, |best, (feature, sums)| {
        let at = *feature as usize;
        place.better(best, *feature, labelled.directions[at], sums, labelled.bins[at])
    })
}

fn draw_features(features: usize, random: &mut TreeRandom) -> Vec<u8> {
    let mut all: Vec<u8> = (0..features).map(|feature| feature as u8).collect();
    let drawn = features.div_ceil(2);
    for place in 0..drawn {
        let other = place + random.below((features - place) as u32) as usize;
        all.swap(place, other);
    }
    all.truncate(drawn);
    all.sort_unstable();
    all
}
