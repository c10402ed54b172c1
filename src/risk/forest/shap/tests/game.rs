//! Shapley values by their definition, set by set, and trees made up to hold the exact method against it.

use super::super::super::order::StoredOrder;
use super::super::super::tests::Dice;
use super::super::super::tree::{StoredNode, StoredTree, Tree, TreeNode};
use crate::features::{Feature, FeatureMatrix, Kind};
use crate::risk::bins::{Binning, MISSING};

/// Codes that the values of a made-up feature have.
const VALUES: usize = 12;

/// What the tree makes of a loan of which only some features are known, a bit each: where a feature is known, the loan goes
/// its way, and where it is not, both ways count, each by its training rows.
pub fn worth(tree: &Tree, codes: &[u8], known: usize, place: usize) -> f64 {
    match tree.at(place) {
        TreeNode::Leaf { value } => value,
        TreeNode::Split { rule, left, order } => {
            if known >> rule.feature & 1 == 0 {
                let weighed = [left, left + 1].map(|child| tree.cover(child) * worth(tree, codes, known, child));
                return (weighed[0] + weighed[1]) / (tree.cover(left) + tree.cover(left + 1));
            }
            let code = codes[rule.feature as usize];
            let rank = order.map_or(code, |order| order.rank(code));
            let goes_left = if code == MISSING { rule.is_missing_left } else { rank <= rule.cut };
            worth(tree, codes, known, if goes_left { left } else { left + 1 })
        }
    }
}

/// The Shapley value of each feature: for every set of others, what knowing it adds, by the share of orders in which just
/// this set is known before it.
pub fn shapley(tree: &Tree, codes: &[u8]) -> Vec<f64> {
    let features = codes.len();
    let factorial = |number: usize| (1..=number).map(|factor| factor as f64).product::<f64>();
    let worths: Vec<f64> = (0..1 << features).map(|known| worth(tree, codes, known, 0)).collect();
    let of_feature = |feature: usize| {
        let without = (0..worths.len()).filter(|known| known >> feature & 1 == 0);
        let added = without.map(|known| {
            let size = known.count_ones() as usize;
            let share_of_orders = factorial(size) * factorial(features - size - 1) / factorial(features);
            share_of_orders * (worths[known | 1 << feature] - worths[known])
        });
        added.sum()
    };
    (0..features).map(of_feature).collect()
}

pub fn leaf(total: u32, value: f32) -> StoredNode {
    StoredNode::Leaf { positives: 0, total, value }
}

pub fn split(feature: u8, cut: u8, is_missing_left: bool) -> StoredNode {
    StoredNode::Split { feature, cut, is_missing_left }
}

/// A tree of these places, from the root on, left before right; of its features, those with ranks are categories.
pub fn tree_of(nodes: Vec<StoredNode>, features: usize, orders: Vec<StoredOrder>) -> Tree {
    let is_category = |feature: usize| orders.iter().any(|order| order.feature as usize == feature);
    let levels = || Kind::Category((0..VALUES).map(|level| level.to_string()).collect());
    let kind = |feature: usize| if is_category(feature) { levels() } else { Kind::Number };
    let known = (0..features).map(|feature| Feature { kind: kind(feature), ..Feature::number("made up") });
    let binning = Binning::learn(&FeatureMatrix::new(known.collect(), vec![vec![]; features]), &[]);
    Tree::from_stored(&StoredTree { nodes, orders: orders.clone() }, &binning, is_category, |_| true).unwrap()
}

/// Trees and loans drawn at random.
pub struct Maker(Dice);

impl Maker {
    pub fn new(seed: u64) -> Self {
        Self(Dice::new(seed))
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.0.share() * bound as f32) as usize
    }

    /// A tree of at most this many splits on a path, by features drawn again and again, which may contradict each other.
    pub fn tree(&mut self, depth: usize, features: usize, orders: Vec<StoredOrder>) -> Tree {
        let mut nodes = vec![];
        self.grow(depth, features, &mut nodes);
        tree_of(nodes, features, orders)
    }

    fn grow(&mut self, depth: usize, features: usize, nodes: &mut Vec<StoredNode>) {
        if depth == 0 || self.below(8) == 0 {
            nodes.push(leaf(1 + self.below(50) as u32, self.0.share()));
            return;
        }
        nodes.push(split(self.below(features) as u8, self.below(VALUES - 1) as u8, self.below(2) == 0));
        self.grow(depth - 1, features, nodes);
        self.grow(depth - 1, features, nodes);
    }

    /// A tree that asks for each feature once on its longest way, so that its leaves have 1, 2, 3 and more features.
    pub fn chain(&mut self, features: usize) -> Tree {
        let mut nodes = vec![];
        for feature in 0..features {
            nodes.push(split(feature as u8, self.below(VALUES - 1) as u8, self.below(2) == 0));
            nodes.push(leaf(1 + self.below(3) as u32, self.0.share()));
        }
        nodes.push(leaf(1, self.0.share()));
        tree_of(nodes, features, vec![])
    }

    /// All levels of a category in some order.
    pub fn ranks(&mut self, feature: u8) -> StoredOrder {
        let mut ranks: Vec<u8> = (0..VALUES as u8).collect();
        for last in (1..VALUES).rev() {
            ranks.swap(last, self.below(last + 1));
        }
        StoredOrder { feature, ranks }
    }

    /// Loans, of each feature the code of a value or, one in five, that of missing.
    pub fn loans(&mut self, loans: usize, features: usize) -> Vec<Vec<u8>> {
        let mut code = || if self.below(5) == 0 { MISSING } else { self.below(VALUES) as u8 };
        (0..loans).map(|_| (0..features).map(|_| code()).collect()).collect()
    }
}
