//! Grows one tree on its bootstrap.
//!
//! The rows of the bag are copied once, codes and counts together, and parted at each split into the two ends of a second
//! buffer, so that the rows of a place are always adjacent in memory: deep in the tree they fit the innermost cache.

use super::bootstrap::{Draws, InBag, TreeRandom};
use super::order::Order;
use super::params::UsedParams;
use super::prior::Prior;
use super::rule::Rule;
use super::split::{Row, Search, Split, SplitFinder};
use super::tally::Tally;
use super::tree::Tree;
use crate::features::Monotone;
pub(super) struct TrainingRows<'a, const WIDTH: usize> {
    pub codes: &'a [[u8; WIDTH]],
    pub is_positive: &'a [bool],
    pub directions: Vec<Monotone>,
    pub categories: Vec<(u8, usize)>,
    pub draws: Draws,
    pub prior: Prior,
}

pub(super) struct TreeGrower<const WIDTH: usize> {
    times_drawn: Vec<u32>,
    /// Places at an even depth have their rows in the first, those at an odd depth in the second.
    buffers: [Vec<Row<WIDTH>>; 2],
    features: Vec<u8>,
    finder: SplitFinder,
}

struct Waiting {
    place: u32,
    depth: u32,
    start: usize,
    end: usize,
    all: Tally,
}

impl Waiting {
    fn is_final(&self, params: &UsedParams) -> bool {
        let is_too_small = self.all.total() / 2 < params.min_leaf;
        self.all.is_pure() || self.depth == params.max_depth || is_too_small
    }
}

impl<const WIDTH: usize> TreeGrower<WIDTH> {
    pub fn new(rows: &TrainingRows<WIDTH>, params: &UsedParams) -> Self {
        Self {
            times_drawn: vec![0; rows.codes.len()],
            buffers: [Vec::new(), Vec::new()],
            features: Vec::new(),
            finder: SplitFinder::new(params.min_leaf, rows.directions.clone()),
        }
    }

    pub fn grow(&mut self, rows: &TrainingRows<WIDTH>, params: &UsedParams, number: usize) -> (Tree, InBag) {
        let mut random = TreeRandom::new(params.seed, number);
        let bag = InBag::draw(&mut random, &rows.draws, &mut self.times_drawn);
        let all = self.fill_bag(rows, &bag);
        let orders = self.rank_categories(rows);
        self.features = (0..rows.directions.len()).map(|feature| feature as u8).collect();
        let mut tree = Tree::of_root(all, rows.prior.value(all));
        let end = self.buffers[0].len();
        let mut waiting = vec![Waiting { place: 0, depth: 0, start: 0, end, all }];
        while let Some(spot) = waiting.pop() {
            if spot.is_final(params) {
                continue;
            }
            let Some(split) = self.find_split(&spot, params, &mut random) else { continue };
            let middle = self.part(&spot, split.rule);
            let tallies = [split.left, spot.all - split.left];
            let shares = tallies.map(|tally| rows.prior.value(tally));
            let child = tree.split(spot.place, split.rule, tallies, shares);
            let depth = spot.depth + 1;
            let ends = [(spot.start, middle), (middle, spot.end)];
            for side in [1, 0] {
                let (start, end) = ends[side];
                let place = child + side as u32;
                waiting.push(Waiting { place, depth, start, end, all: tallies[side] });
            }
        }
        tree.keep_directions(&rows.directions, rows.prior);
        (tree.finished(&orders), bag)
    }

    fn fill_bag(&mut self, rows: &TrainingRows<WIDTH>, bag: &InBag) -> Tally {
        let Self { times_drawn, buffers: [buffer, other], .. } = self;
        buffer.clear();
        buffer.extend(bag.rows().filter_map(|row| {
            let times = std::mem::take(&mut times_drawn[row]);
            let positives = if rows.is_positive[row] { times } else { 0 };
            (times > 0).then(|| Row { codes: rows.codes[row], tally: Tally::new(times, positives) })
        }));
        other.resize(buffer.len().max(other.len()), Row { codes: [0; WIDTH], tally: Tally::default() });
        buffer.iter().fold(Tally::default(), |sum, row| sum + row.tally)
    }

    fn rank_categories(&mut self, rows: &TrainingRows<WIDTH>) -> Vec<Order> {
        let bag = &mut self.buffers[0];
        let rank = |(feature, levels): &(u8, usize)| {
            let at = *feature as usize;
            let order = Order::learn(*feature, *levels, bag.iter().map(|row| (row.codes[at], row.tally)));
            bag.iter_mut().for_each(|row| row.codes[at] = order.rank(row.codes[at]));
            order
        };
        rows.categories.iter().map(rank).collect()
    }

    fn find_split(&mut self, spot: &Waiting, params: &UsedParams, random: &mut TreeRandom) -> Option<Split> {
        let rows = &self.buffers[spot.depth as usize % 2][spot.start..spot.end];
        let mut drawn = 0;
        while drawn < self.features.len() {
            let end = self.features.len().min(drawn + params.features_per_split as usize);
            for place in drawn..end {
                let other = place + random.below((self.features.len() - place) as u32) as usize;
                self.features.swap(place, other);
            }
            self.features[drawn..end].sort_unstable();
            let Search { best, are_all_constant, .. } = self.finder.find(rows, spot.all, &self.features[drawn..end]);
            if !are_all_constant {
                return best;
            }
            drawn = end;
        }
        None
    }

    /// Copies the rows of a place into the other buffer, left ones from the start, right ones from the end.
    ///
    /// Every row is written to both ends and the wrong one is overwritten by the next: no branch to predict.
    fn part(&mut self, spot: &Waiting, rule: Rule) -> usize {
        let [even, odd] = &mut self.buffers;
        let (from, to) = if spot.depth.is_multiple_of(2) { (even, odd) } else { (odd, even) };
        let (from, to) = (&from[spot.start..spot.end], &mut to[spot.start..spot.end]);
        let (mut left, mut right) = (0, to.len());
        for row in from {
            let is_left = rule.goes_left(row.codes[rule.feature as usize]);
            to[left] = *row;
            to[right - 1] = *row;
            left += usize::from(is_left);
            right -= usize::from(!is_left);
        }
        spot.start + left
    }
}
