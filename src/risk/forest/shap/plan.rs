//! One tree, made ready to explain many loans.

use super::super::tree::{Place, Tree};
use super::codes::CodeSet;
use super::deep::DeepLeaf;
use super::leaf::{Condition, MOST_BITS};
use super::lookup::Lookups;
use super::unit::{Unit, UnitMaker};

/// What explaining takes of a tree; the memory serves one tree after the other.
#[derive(Default)]
pub(super) struct Plan {
    /// The mean of the leaves' values over the training rows.
    pub expectation: f64,
    pub lookups: Lookups,
    /// Leaves with too many features for a table.
    pub deep_leaves: Vec<DeepLeaf>,
    maker: UnitMaker,
}

/// What remains to be done, the last first. There is no recursion, as a stored tree may be deeper than a stack.
enum Task {
    Visit {
        place: usize,
        path: Vec<Condition>,
    },
    /// Merges what the last two visits gave.
    Merge,
}

/// Units of a tree in the making.
struct Planner<'a> {
    maker: &'a mut UnitMaker,
    /// A unit for each visit that waits for its sibling; nothing where it became too large to be merged.
    open: Vec<Option<Unit>>,
    closed: Vec<Unit>,
}

impl Plan {
    /// Makes this the plan of the tree.
    pub fn make(&mut self, tree: &Tree) {
        let mut planner = Planner { maker: &mut self.maker, open: Vec::new(), closed: Vec::new() };
        self.expectation = 0.0;
        self.deep_leaves.clear();
        let mut tasks = vec![Task::Visit { place: 0, path: Vec::new() }];
        while let Some(task) = tasks.pop() {
            let Task::Visit { place, path } = task else {
                planner.merge();
                continue;
            };
            match tree.at(place) {
                Place::Leaf { value } => {
                    self.expectation += value * (tree.cover(place) / tree.cover(0));
                    let has_table = path.len() <= MOST_BITS;
                    planner.open.push(has_table.then(|| planner.maker.leaf(&path, value)));
                    if !has_table {
                        self.deep_leaves.push(DeepLeaf::new(&path, value));
                    }
                }
                Place::Split { rule, left, order } => {
                    let (passing, whole) = (CodeSet::left_of(rule, order), tree.cover(place));
                    let visit = |place, passing| {
                        let share = tree.cover(place) / whole;
                        Task::Visit {
                            place,
                            path: extended(&path, Condition { feature: rule.feature, passing, share }),
                        }
                    };
                    tasks.extend([Task::Merge, visit(left + 1, passing.others()), visit(left, passing)]);
                }
            }
        }
        self.lookups.make(&planner.finish());
    }
}

impl Planner<'_> {
    /// Merges the units of two siblings, or closes both.
    fn merge(&mut self) {
        let right = self.open.pop().flatten();
        let left = self.open.pop().flatten();
        let merged = match (&left, &right) {
            (Some(left), Some(right)) => self.maker.merged(left, right),
            _ => None,
        };
        if merged.is_none() {
            left.into_iter().chain(right).for_each(|unit| self.close(unit));
        }
        self.open.push(merged);
    }

    /// Merges a unit with the one closed before it, which is near it in the tree, or sets it beside that one.
    fn close(&mut self, unit: Unit) {
        let merged = self.closed.last().and_then(|last| self.maker.merged(last, &unit));
        match (merged, self.closed.last_mut()) {
            (Some(merged), Some(last)) => *last = merged,
            _ => self.closed.push(unit),
        }
    }

    fn finish(mut self) -> Vec<Unit> {
        let root = self.open.pop().flatten();
        root.into_iter().for_each(|unit| self.close(unit));
        self.closed
    }
}

/// The path with one more test; features stay in ascending order, and tests of the same feature become one.
fn extended(path: &[Condition], test: Condition) -> Vec<Condition> {
    let mut extended = Vec::with_capacity(path.len() + 1);
    extended.extend_from_slice(path);
    match path.binary_search_by_key(&test.feature, |condition| condition.feature) {
        Ok(place) => {
            extended[place].passing = path[place].passing.and(test.passing);
            extended[place].share *= test.share;
        }
        Err(place) => extended.insert(place, test),
    }
    extended
}
