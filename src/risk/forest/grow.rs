//! Grows one tree on its bootstrap.
//!
//! The rows of the bag are copied once, codes and counts together, and parted at each split into the two ends of a second
//! buffer, so that the rows of a place always stand side by side in memory: deep in the tree they fit the innermost cache.

use super::bootstrap::{InBag, TreeRandom};
use super::params::UsedParams;
use super::split::{Row, Search, Split, SplitFinder};
use super::tally::Tally;
use super::tree::{Rule, Tree};

/// The training rows: their codes, and whether each is positive.
pub(super) struct TrainingRows<'a, const WIDTH: usize> {
    pub codes: &'a [[u8; WIDTH]],
    pub is_positive: &'a [bool],
    pub features: usize,
}

/// What growing a tree needs and the next one can use again.
pub(super) struct Workshop<const WIDTH: usize> {
    times_drawn: Vec<u32>,
    /// Places at an even depth have their rows in the first, those at an odd depth in the second.
    buffers: [Vec<Row<WIDTH>>; 2],
    features: Vec<u8>,
    finder: SplitFinder,
}

/// A place whose rows wait to be split.
struct Waiting {
    place: u32,
    depth: u32,
    start: usize,
    end: usize,
    all: Tally,
}

impl<const WIDTH: usize> Workshop<WIDTH> {
    pub fn new(rows: usize, params: &UsedParams) -> Self {
        Self {
            times_drawn: vec![0; rows],
            buffers: [Vec::new(), Vec::new()],
            features: Vec::new(),
            finder: SplitFinder::new(params.min_leaf),
        }
    }

    /// Grows the tree of this number, and says which rows it saw.
    pub fn grow(&mut self, rows: &TrainingRows<WIDTH>, params: &UsedParams, number: usize) -> (Tree, InBag) {
        let mut random = TreeRandom::new(params.seed, number);
        let bag = InBag::draw(&mut random, params.rows_per_tree, &mut self.times_drawn);
        let all = self.fill_bag(rows, &bag);
        self.features = (0..rows.features).map(|feature| feature as u8).collect();
        let mut tree = Tree::of_root(all);
        let mut waiting = vec![Waiting { place: 0, depth: 0, start: 0, end: self.buffers[0].len(), all }];
        while let Some(spot) = waiting.pop() {
            let is_final =
                spot.all.is_pure() || spot.depth == params.max_depth || spot.all.total() / 2 < params.min_leaf;
            if is_final {
                continue;
            }
            let Some(split) = self.find_split(&spot, params, &mut random) else { continue };
            let middle = self.part(&spot, split.rule);
            let (left, right) = (split.left, spot.all - split.left);
            let child = tree.split(spot.place, split.rule, left, right);
            let depth = spot.depth + 1;
            waiting.push(Waiting { place: child + 1, depth, start: middle, end: spot.end, all: right });
            waiting.push(Waiting { place: child, depth, start: spot.start, end: middle, all: left });
        }
        (tree, bag)
    }

    fn fill_bag(&mut self, rows: &TrainingRows<WIDTH>, bag: &InBag) -> Tally {
        let Self { times_drawn, buffers: [buffer, other], .. } = self;
        buffer.clear();
        buffer.extend(bag.rows().map(|row| {
            let times = std::mem::take(&mut times_drawn[row]);
            let positives = if rows.is_positive[row] { times } else { 0 };
            Row { codes: rows.codes[row], tally: Tally::new(times, positives) }
        }));
        other.resize(buffer.len().max(other.len()), Row { codes: [0; WIDTH], tally: Tally::default() });
        buffer.iter().fold(Tally::default(), |sum, row| sum + row.tally)
    }

    /// Draws features until one tells rows apart, and gives the best split among those last drawn.
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
