//! One grown tree, laid out for walking many loans through it.
//!
//! Children stand side by side and after their parent, so that a step is one load, one comparison and one addition, and
//! a walk always ends. A leaf points at itself, so that a lane of loans can step together until the last has arrived.

use serde::{Deserialize, Serialize};

use super::tally::Tally;
use crate::risk::RiskError;

/// Loans that walk together: enough to hide the time that each step waits for memory.
const LANES: usize = 8;

/// How a tree divides the loans at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    pub feature: u8,
    /// Codes up to this one go left.
    pub cut: u8,
    pub is_missing_left: bool,
}

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

/// A tree: where each loan ends, and how many training rows, how many of them positive, were at each place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    nodes: Vec<Node>,
    tallies: Vec<Tally>,
}

/// A tree as it is stored: its places from the root on, left before right.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) enum StoredNode {
    Leaf { positives: u32, total: u32 },
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

impl Rule {
    /// Whether a loan with this code goes left: the same comparison as the one that walks a finished tree.
    #[inline(always)]
    pub fn goes_left(self, code: u8) -> bool {
        Node::split(self, 0).next(code) == 0
    }
}

impl Tree {
    /// A tree of one leaf.
    pub fn of_root(tally: Tally) -> Self {
        Self { nodes: vec![Node::leaf(0)], tallies: vec![tally] }
    }

    /// Makes a leaf into a split; gives the place of the left child, after which the right one stands.
    pub fn split(&mut self, place: u32, rule: Rule, left: Tally, right: Tally) -> u32 {
        let child = self.nodes.len() as u32;
        self.nodes[place as usize] = Node::split(rule, child);
        self.nodes.extend([Node::leaf(child), Node::leaf(child + 1)]);
        self.tallies.extend([left, right]);
        child
    }

    fn is_leaf(&self, place: usize) -> bool {
        self.nodes[place].child as usize == place
    }

    /// Calls `visit` with each of the rows and the share of positives in the leaf where it ends.
    ///
    /// `codes` holds `stride` codes a row, one a feature.
    pub fn walk(&self, codes: &[u8], stride: usize, rows: &[u32], mut visit: impl FnMut(u32, f64)) {
        let (lanes, rest) = rows.as_chunks::<LANES>();
        for lane in lanes {
            for (row, leaf) in lane.iter().zip(self.walk_lane(codes, stride, lane)) {
                visit(*row, self.tallies[leaf as usize].share());
            }
        }
        for row in rest {
            let [leaf] = self.walk_lane(codes, stride, &[*row]);
            visit(*row, self.tallies[leaf as usize].share());
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

    /// Each split's feature, with the fall in Gini impurity times rows that it brought in training.
    pub fn gains(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let splits = (0..self.nodes.len()).filter(|place| !self.is_leaf(*place));
        splits.map(|place| {
            let child = self.nodes[place].child as usize;
            let fall =
                self.tallies[place].impurity() - self.tallies[child].impurity() - self.tallies[child + 1].impurity();
            (self.nodes[place].feature as usize, fall)
        })
    }

    pub fn to_stored(&self) -> Vec<StoredNode> {
        let mut stored = Vec::with_capacity(self.nodes.len());
        let mut waiting = vec![0];
        while let Some(place) = waiting.pop() {
            if self.is_leaf(place) {
                let (total, positives) = (self.tallies[place].total(), self.tallies[place].positives());
                stored.push(StoredNode::Leaf { positives, total });
                continue;
            }
            let Rule { feature, cut, is_missing_left } = self.nodes[place].rule();
            stored.push(StoredNode::Split { feature, cut, is_missing_left });
            let child = self.nodes[place].child as usize;
            waiting.extend([child + 1, child]);
        }
        stored
    }

    /// # Errors
    /// [`RiskError::DamagedModel`] when the places do not make one whole tree over so many features.
    pub fn from_stored(stored: &[StoredNode], features: usize) -> Result<Self, RiskError> {
        let mut tree = Self::of_root(Tally::default());
        let mut waiting = vec![0];
        let mut rest = stored.iter();
        while let Some(place) = waiting.pop() {
            match *rest.next().ok_or(RiskError::DamagedModel("a tree ends early"))? {
                StoredNode::Leaf { positives, total } => {
                    if total == 0 || positives > total {
                        return Err(RiskError::DamagedModel("a leaf with impossible counts"));
                    }
                    tree.tallies[place as usize] = Tally::new(total, positives);
                }
                StoredNode::Split { feature, cut, is_missing_left } => {
                    if feature as usize >= features || cut == u8::MAX {
                        return Err(RiskError::DamagedModel("a split outside the features or their bins"));
                    }
                    let rule = Rule { feature, cut, is_missing_left };
                    let child = tree.split(place, rule, Tally::default(), Tally::default());
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

    /// Gives each split the sum of its children, which stand after it.
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
