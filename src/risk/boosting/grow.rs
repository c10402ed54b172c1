//! Grows one tree: half of the loans and half of the features, drawn anew, and splits down to a small depth.

use super::params::BoostingValidParams;
use super::pull::Pull;
use super::split::{Bounds, CODES, Place, Split};
use crate::features::Monotone;
use crate::risk::forest::bootstrap::TreeRandom;
use crate::risk::forest::order::Order;
use crate::risk::forest::tally::Tally;
use crate::risk::forest::tree::{Rule, Tree};

/// A leaf holds this share of the curvature of its tree's loans at least, and as much as some twenty loans have.
const LEAST_SHARE: f64 = 0.01;
const LEAST_CURVATURE: f64 = 3.0;

/// The loans that one model learns from, as its trees see them.
pub(super) struct Lessons {
    /// Row by row, a code a feature; a category's are ranks.
    pub codes: Vec<u8>,
    pub is_positive: Vec<bool>,
    /// Which way the risk may go by each feature.
    pub directions: Vec<Monotone>,
    /// How many codes the values of each feature have.
    pub bins: Vec<usize>,
    /// The ranks of the categories.
    pub orders: Vec<Order>,
}

/// What growing a tree needs and the next one can use again.
pub(super) struct Workshop {
    rows: Vec<u32>,
    pulls: Vec<Pull>,
    histograms: Vec<[Pull; CODES]>,
}

/// A place whose loans wait to be split.
struct Waiting {
    place: u32,
    depth: u32,
    start: usize,
    end: usize,
    all: Pull,
    bounds: Bounds,
}

impl Lessons {
    fn features(&self) -> usize {
        self.directions.len()
    }

    fn tally(&self, rows: &[u32]) -> Tally {
        let positives = rows.iter().filter(|row| self.is_positive[**row as usize]).count();
        Tally::new(rows.len() as u32, positives as u32)
    }
}

impl Workshop {
    pub fn new(lessons: &Lessons) -> Self {
        Self {
            rows: Vec::with_capacity(lessons.is_positive.len()),
            pulls: vec![Pull::default(); lessons.is_positive.len()],
            histograms: vec![[Pull::default(); CODES]; lessons.features()],
        }
    }

    /// The next tree, given what those before it say of each loan; the values of its leaves are steps of log odds.
    ///
    /// `probability` is that of one of the loans. There is no tree where the coin drew no loan.
    pub fn grow(
        &mut self,
        lessons: &Lessons,
        params: &BoostingValidParams,
        probability: impl Fn(usize) -> f64,
        random: &mut TreeRandom,
    ) -> Option<Tree> {
        self.draw(lessons, probability, random);
        let features = draw_features(lessons.features(), random);
        let all = self.rows.iter().fold(Pull::default(), |sum, row| sum + self.pulls[*row as usize]);
        let least_curvature = (LEAST_SHARE * all.curvature()).max(LEAST_CURVATURE);
        let rate = |step: f64| (params.learning_rate * step) as f32;
        if self.rows.is_empty() {
            return None;
        }
        let mut tree = Tree::of_root(lessons.tally(&self.rows), rate(Bounds::NONE.step(all)));
        let end = self.rows.len();
        let mut waiting = vec![Waiting { place: 0, depth: 0, start: 0, end, all, bounds: Bounds::NONE }];
        while let Some(spot) = waiting.pop() {
            if spot.depth == params.max_depth || spot.all.curvature() < 2.0 * least_curvature {
                continue;
            }
            let place = Place { all: spot.all, bounds: spot.bounds, least_curvature };
            let Some(split) = self.find(lessons, &features, &place, spot.start..spot.end) else { continue };
            let middle = spot.start + self.part(lessons, spot.start..spot.end, split.rule);
            let ends = [(spot.start, middle), (middle, spot.end)];
            let tallies = ends.map(|(start, end)| lessons.tally(&self.rows[start..end]));
            let child = tree.split(spot.place, split.rule, tallies, split.steps.map(rate));
            let pulls = [split.left, spot.all - split.left];
            let is_against_missing = split.rule.cut as usize + 1 == lessons.bins[split.rule.feature as usize];
            let direction = lessons.directions[split.rule.feature as usize];
            let direction = if is_against_missing { Monotone::None } else { direction };
            let bounds = spot.bounds.of_sides(&split, direction);
            for side in [1, 0] {
                let ((start, end), place) = (ends[side], child + side as u32);
                let (all, bounds) = (pulls[side], bounds[side]);
                waiting.push(Waiting { place, depth: spot.depth + 1, start, end, all, bounds });
            }
        }
        Some(tree.finished(&lessons.orders))
    }

    /// Draws each loan with one chance in two, and finds how it pulls.
    fn draw(&mut self, lessons: &Lessons, probability: impl Fn(usize) -> f64, random: &mut TreeRandom) {
        self.rows.clear();
        for (word, outcomes) in lessons.is_positive.chunks(64).enumerate() {
            let tosses = random.tosses();
            for (bit, is_positive) in outcomes.iter().enumerate() {
                if tosses >> bit & 1 == 1 {
                    let row = word * 64 + bit;
                    self.rows.push(row as u32);
                    self.pulls[row] = Pull::of(probability(row), *is_positive);
                }
            }
        }
    }

    fn find(
        &mut self,
        lessons: &Lessons,
        features: &[u8],
        place: &Place,
        range: std::ops::Range<usize>,
    ) -> Option<Split> {
        let stride = lessons.features();
        let Self { rows, pulls, histograms } = self;
        let histograms = &mut histograms[..features.len()];
        histograms.iter_mut().for_each(|histogram| histogram.fill(Pull::default()));
        for row in &rows[range] {
            let pull = pulls[*row as usize];
            let codes = &lessons.codes[*row as usize * stride..][..stride];
            for (feature, histogram) in features.iter().zip(&mut *histograms) {
                histogram[codes[*feature as usize] as usize] += pull;
            }
        }
        features.iter().zip(histograms).fold(None, |best, (feature, histogram)| {
            let at = *feature as usize;
            place.better(best, *feature, lessons.directions[at], histogram, lessons.bins[at])
        })
    }

    /// Puts the loans that go left before the others; gives how many they are.
    fn part(&mut self, lessons: &Lessons, range: std::ops::Range<usize>, rule: Rule) -> usize {
        let stride = lessons.features();
        let rows = &mut self.rows[range];
        let mut left = 0;
        for place in 0..rows.len() {
            if rule.goes_left(lessons.codes[rows[place] as usize * stride + rule.feature as usize]) {
                rows.swap(left, place);
                left += 1;
            }
        }
        left
    }
}

/// Half of the features, rounded up, in ascending order.
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
