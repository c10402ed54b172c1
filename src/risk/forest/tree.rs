//! One grown tree, laid out for walking many loans through it.
//!
//! Children are adjacent and after their parent, so that a step is one load, one comparison and one addition, and
//! a walk always ends. A leaf points at itself, so that a lane of loans can step together until the last has arrived.

use serde::{Deserialize, Serialize};

use super::monotone::{self, Leaf, Region};
use super::order::{Order, StoredOrder};
use super::prior::Prior;
use super::rule::Rule;
use super::tally::Tally;
use crate::features::Monotone;
use crate::risk::RiskError;
use crate::risk::bins::Binning;

/// Loans that walk together: enough to hide the time that each step waits for memory.
const LANES: usize = 8;

/// A place in a tree: eight bytes, so that eight share a cache line.
///
/// Missing has the highest code and so goes right; where it should go left, one is added to code and cut, which wraps
/// the code of missing round to zero and leaves the order of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Node {
    /// The left child, or the place itself where it is a leaf; the right child follows the left.
    child: u32,
    feature: u8,
    shift: u8,
    cut: u8,
}

/// A tree: where each loan ends, what it has as its probability there, and how many training rows, how many of them
/// positive, were at each place.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::risk) struct Tree {
    nodes: Vec<Node>,
    tallies: Vec<Tally>,
    /// Of leaves; 0 at a split.
    values: Vec<f32>,
    orders: Vec<Order>,
}

pub(super) enum TreeNode<'a> {
    Leaf {
        value: f64,
    },
    /// The right child follows the left.
    Split {
        rule: Rule,
        left: usize,
        order: Option<&'a Order>,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::risk) struct StoredTree {
    pub nodes: Vec<StoredNode>,
    pub orders: Vec<StoredOrder>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(in crate::risk) enum StoredNode {
    Leaf { positives: u32, total: u32, value: f32 },
    Split { feature: u8, cut: u8, is_missing_left: bool },
}

impl Node {
    fn leaf(place: u32) -> Self {
        Self { child: place, feature: 0, shift: 0, cut: u8::MAX }
    }

    fn split(rule: Rule, child: u32) -> Self {
        let shift = u8::from(rule.is_missing_left);
        Self { child, feature: rule.feature, shift, cut: rule.cut.saturating_add(shift) }
    }

    fn rule(self) -> Rule {
        Rule { feature: self.feature, cut: self.cut - self.shift, is_missing_left: self.shift == 1 }
    }

    #[inline(always)]
    fn next(self, code: u8) -> u32 {
        self.child + u32::from(code.wrapping_add(self.shift) > self.cut)
    }
}

impl Tree {
    pub fn of_root(tally: Tally, value: f32) -> Self {
        Self { nodes: vec![Node::leaf(0)], tallies: vec![tally], values: vec![value], orders: Vec::new() }
    }

    pub fn split(&mut self, place: u32, rule: Rule, tallies: [Tally; 2], values: [f32; 2]) -> u32 {
        let child = self.nodes.len() as u32;
        self.nodes[place as usize] = Node::split(rule, child);
        self.values[place as usize] = 0.0;
        self.nodes.extend([Node::leaf(child), Node::leaf(child + 1)]);
        self.tallies.extend(tallies);
        self.values.extend(values);
        child
    }

    pub(super) fn keep_directions(&mut self, directions: &[Monotone], prior: Prior) {
        let is_bound = |place: usize| directions[self.nodes[place].feature as usize] != Monotone::None;
        if !(0..self.nodes.len()).any(|place| !self.is_leaf(place) && is_bound(place)) {
            return;
        }
        let mut leaves = Vec::with_capacity(self.leaves());
        let mut waiting = vec![(0, Region::whole(directions.len()))];
        while let Some((place, region)) = waiting.pop() {
            if self.is_leaf(place) {
                leaves.push(Leaf { place: place as u32, region, tally: self.tallies[place] });
                continue;
            }
            let rule = self.nodes[place].rule();
            let child = self.nodes[place].child as usize;
            let [left, right] = region.parted(rule);
            let sides = [(child, left), (child + 1, right)];
            // The side to which none of the other can rise comes first.
            match directions[rule.feature as usize] {
                Monotone::Down => waiting.extend(sides),
                Monotone::Up | Monotone::None => waiting.extend(sides.into_iter().rev()),
            }
        }
        let values = monotone::values(&leaves, directions, prior);
        for (leaf, value) in leaves.iter().zip(values) {
            self.values[leaf.place as usize] = value;
        }
    }

    /// The finished tree: each split whose leaves all have one value made into a leaf, and of the orders only those of the
    /// features that are left.
    pub fn finished(self, orders: &[Order]) -> Self {
        let mut says_one_value: Vec<bool> = (0..self.nodes.len()).map(|place| self.is_leaf(place)).collect();
        let mut values = self.values;
        for place in (0..self.nodes.len()).rev() {
            let child = self.nodes[place].child as usize;
            if child != place
                && says_one_value[child]
                && says_one_value[child + 1]
                && values[child] == values[child + 1]
            {
                says_one_value[place] = true;
                values[place] = values[child];
            }
        }
        let mut tree = Self::of_root(self.tallies[0], values[0]);
        let mut waiting = vec![(0, 0)];
        while let Some((old, new)) = waiting.pop() {
            if says_one_value[old] {
                continue;
            }
            let child = self.nodes[old].child as usize;
            let pair = [child, child + 1];
            let place =
                tree.split(new, self.nodes[old].rule(), pair.map(|at| self.tallies[at]), pair.map(|at| values[at]));
            waiting.extend([(child + 1, place + 1), (child, place)]);
        }
        let is_used = |order: &&Order| tree.splits_by(order.feature() as usize);
        tree.orders = orders.iter().filter(is_used).cloned().collect();
        tree
    }

    pub fn orders(&self) -> &[Order] {
        &self.orders
    }

    pub fn leaves(&self) -> usize {
        self.nodes.len().div_ceil(2)
    }

    pub fn value(&self, place: u32) -> f64 {
        f64::from(self.values[place as usize])
    }

    pub(super) fn at(&self, place: usize) -> TreeNode<'_> {
        if self.is_leaf(place) {
            return TreeNode::Leaf { value: f64::from(self.values[place]) };
        }
        let rule = self.nodes[place].rule();
        let order = self.orders.iter().find(|order| order.feature() == rule.feature);
        TreeNode::Split { rule, left: self.nodes[place].child as usize, order }
    }

    /// Splits and leaves; children come after their parent.
    pub fn places(&self) -> usize {
        self.nodes.len()
    }

    /// Training rows that came to this place, a row counted as often as it was drawn.
    pub fn cover(&self, place: usize) -> f64 {
        f64::from(self.tallies[place].total())
    }

    fn splits_by(&self, feature: usize) -> bool {
        (0..self.nodes.len()).any(|place| !self.is_leaf(place) && self.nodes[place].feature as usize == feature)
    }

    /// For each place, the marks of the features by which the way to it is split, joined; `marks` has one a feature.
    pub fn marks_above(&self, marks: &[u64]) -> Vec<u64> {
        let mut above = vec![0; self.nodes.len()];
        for place in 0..self.nodes.len() {
            if !self.is_leaf(place) {
                let Node { child, feature, .. } = self.nodes[place];
                let joined = above[place] | marks[feature as usize];
                above[child as usize..=child as usize + 1].fill(joined);
            }
        }
        above
    }

    fn is_leaf(&self, place: usize) -> bool {
        self.nodes[place].child as usize == place
    }

    /// Calls `visit` with each of the rows and the value of the leaf where it ends.
    ///
    /// `codes` holds `stride` codes a row, one a feature, as [`CodesForTrees`](super::score::CodesForTrees) gives them.
    #[inline]
    pub fn walk(&self, codes: &[u8], stride: usize, rows: &[u32], mut visit: impl FnMut(u32, f64)) {
        self.walk_to_leaves(codes, stride, rows, |row, leaf| visit(row, self.value(leaf)));
    }

    #[inline]
    pub fn walk_to_leaves(&self, codes: &[u8], stride: usize, rows: &[u32], mut visit: impl FnMut(u32, u32)) {
        let (lanes, rest) = rows.as_chunks::<LANES>();
        for lane in lanes {
            for (row, leaf) in lane.iter().zip(self.walk_lane(codes, stride, lane)) {
                visit(*row, leaf);
            }
        }
        for row in rest {
            let [leaf] = self.walk_lane(codes, stride, &[*row]);
            visit(*row, leaf);
        }
    }

    #[inline(always)]
    fn walk_lane<const N: usize>(&self, codes: &[u8], stride: usize, rows: &[u32; N]) -> [u32; N] {
        let mut places = [0u32; N];
        loop {
            let mut moved = 0;
            for (place, row) in places.iter_mut().zip(rows) {
                let node = self.nodes[*place as usize];
                let next = node.next(codes[*row as usize * stride + node.feature as usize]);
                moved |= next ^ *place;
                *place = next;
            }
            if moved == 0 {
                return places;
            }
        }
    }

    pub fn to_stored(&self, binning: &Binning) -> StoredTree {
        let mut nodes = Vec::with_capacity(self.nodes.len());
        let mut waiting = vec![0];
        while let Some(place) = waiting.pop() {
            if self.is_leaf(place) {
                let (tally, value) = (self.tallies[place], self.values[place]);
                nodes.push(StoredNode::Leaf { positives: tally.positives(), total: tally.total(), value });
                continue;
            }
            let Rule { feature, cut, is_missing_left } = self.nodes[place].rule();
            nodes.push(StoredNode::Split { feature, cut, is_missing_left });
            let child = self.nodes[place].child as usize;
            waiting.extend([child + 1, child]);
        }
        let levels = |order: &Order| binning.bins(order.feature() as usize);
        StoredTree { nodes, orders: self.orders.iter().map(|order| order.to_stored(levels(order))).collect() }
    }

    /// # Errors
    /// [`RiskError::DamagedModel`] when the places do not make one whole tree over the binned features, a leaf's value is
    /// none that `is_value` knows, or the orders are not those of some of the features that `is_category` names.
    pub fn from_stored(
        stored: &StoredTree,
        binning: &Binning,
        is_category: impl Fn(usize) -> bool,
        is_value: impl Fn(f32) -> bool,
    ) -> Result<Self, RiskError> {
        let mut tree = Self::of_nodes(&stored.nodes, binning.features(), is_value)?;
        let is_ascending = stored.orders.windows(2).all(|pair| pair[0].feature < pair[1].feature);
        if !is_ascending || !stored.orders.iter().all(|order| is_category(order.feature as usize)) {
            return Err(RiskError::DamagedModel("ranks for what is not a category"));
        }
        let order = |stored: &StoredOrder| Order::from_stored(stored, binning.bins(stored.feature as usize));
        tree.orders = stored.orders.iter().map(order).collect::<Result<_, _>>()?;
        Ok(tree)
    }

    fn of_nodes(nodes: &[StoredNode], features: usize, is_value: impl Fn(f32) -> bool) -> Result<Self, RiskError> {
        let mut tree = Self::of_root(Tally::default(), 0.0);
        let mut waiting = vec![0];
        let mut rest = nodes.iter();
        while let Some(place) = waiting.pop() {
            match *rest.next().ok_or(RiskError::DamagedModel("a tree ends early"))? {
                StoredNode::Leaf { positives, total, value } => {
                    if total == 0 || positives > total {
                        return Err(RiskError::DamagedModel("a leaf with impossible counts"));
                    }
                    if !is_value(value) {
                        return Err(RiskError::DamagedModel("a leaf whose value cannot be"));
                    }
                    tree.tallies[place as usize] = Tally::new(total, positives);
                    tree.values[place as usize] = value;
                }
                StoredNode::Split { feature, cut, is_missing_left } => {
                    if feature as usize >= features || cut == u8::MAX {
                        return Err(RiskError::DamagedModel("a split outside the features or their bins"));
                    }
                    let rule = Rule { feature, cut, is_missing_left };
                    let child = tree.split(place, rule, [Tally::default(); 2], [0.0; 2]);
                    waiting.extend([child + 1, child]);
                }
            }
        }
        if rest.next().is_some() {
            return Err(RiskError::DamagedModel("a tree goes on after its end"));
        }
        tree.add_up()?;
        Ok(tree)
    }

    fn add_up(&mut self) -> Result<(), RiskError> {
        for place in (0..self.nodes.len()).rev() {
            if self.is_leaf(place) {
                continue;
            }
            let child = self.nodes[place].child as usize;
            self.tallies[place] = self.tallies[child]
                .checked_add(self.tallies[child + 1])
                .ok_or(RiskError::DamagedModel("a tree with more rows than can be"))?;
        }
        Ok(())
    }
}
