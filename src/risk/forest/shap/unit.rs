//! Some leaves of a tree, and a table of what they contribute for every way in which a loan can meet their tests.
//!
//! What a leaf contributes to the features on its way depends only on which of its tests the loan passes, all tests of one
//! feature taken together (Yang, "Fast TreeSHAP", 2021, arXiv:2109.09847). So does what several leaves contribute: each
//! feature falls into a few cells of codes that none of the leaves tells apart, and the cells of a loan, one a feature, are
//! the digits of a number in a mixed radix, which is a place in the table. Leaves near each other share most tests, so that
//! a table for several is little larger than one for each, and a loan needs one look-up in place of several.

use super::leaf::{BYTE_ENTRIES, Condition, LeafTables, MOST_BITS, MOST_ENTRIES, low_parts};

/// Two units are merged where the loans that make it worth while are no more than this: the look-ups saved for each loan
/// against those that making the table takes. A constant, so that the bits do not depend on the other loans.
const WORTH_LOANS: usize = 1500;

/// Leaves with one table. There may be none of them, and then no features.
pub(super) struct Unit {
    parts: Vec<Part>,
    steps: Vec<Step>,
    entries: usize,
    table: Vec<f64>,
}

/// One feature of a unit.
#[derive(Debug, Clone, Copy)]
struct Part {
    feature: u8,
    cells: usize,
    /// The end of its steps, which begin where those of the part before it end.
    steps_end: usize,
}

/// From this code on, up to the next step, a loan is in this cell. The first step of a part is from 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub from: u8,
    pub cell: u8,
}

/// A feature of a unit, seen from outside: the digit that it adds to a place, and its contributions, one a place.
pub(super) struct PartView<'a> {
    pub feature: u8,
    pub cells: usize,
    pub steps: &'a [Step],
    pub column: &'a [f64],
}

/// Makes units; keeps what one after the other needs.
pub(super) struct UnitMaker {
    leaves: LeafTables,
    /// For each place of a merged table, the place in each of the two that are merged.
    places: [Vec<u16>; 2],
}

/// How the features of two units go together.
struct Union {
    parts: Vec<Part>,
    steps: Vec<Step>,
    /// The cell in each unit, for the cells of each part in turn; 0 where the unit does not have the feature.
    pairs: Vec<[u8; 2]>,
    /// For each part, which part of each unit it is.
    sources: Vec<[Option<usize>; 2]>,
    entries: usize,
}

impl Default for UnitMaker {
    fn default() -> Self {
        Self { leaves: LeafTables::default(), places: [0, 1].map(|_| vec![0; MOST_ENTRIES]) }
    }
}

impl UnitMaker {
    /// A leaf with its conditions in ascending order of features, at most [`MOST_BITS`].
    pub fn leaf(&mut self, conditions: &[Condition], value: f64) -> Unit {
        let table = self.leaves.of(conditions, value);
        let (mut parts, mut steps) = (Vec::with_capacity(conditions.len()), Vec::with_capacity(4 * conditions.len()));
        for condition in conditions {
            let step = |from: u8| Step { from, cell: u8::from(condition.passing.has(from)) };
            steps.push(step(0));
            steps.extend(condition.passing.changes().map(step));
            parts.push(Part { feature: condition.feature, cells: 2, steps_end: steps.len() });
        }
        Unit { parts, steps, entries: 1 << conditions.len(), table }
    }

    /// The unit of the leaves of both, where it is worth its table.
    pub fn merged(&mut self, one: &Unit, other: &Unit) -> Option<Unit> {
        let units = [one, other];
        let union = Union::of(units)?;
        for (side, places) in self.places.iter_mut().enumerate() {
            union.fill_places(units[side], side, places);
        }
        let [ones, others] = [0, 1].map(|side| &self.places[side][..union.entries]);
        let mut table = Vec::with_capacity(union.entries * union.parts.len());
        for source in &union.sources {
            let columns = [0, 1].map(|side| source[side].map(|part| units[side].column(part)));
            match columns {
                [Some(one), Some(other)] => {
                    let places = ones.iter().zip(others);
                    table
                        .extend(places.map(|(place, other_place)| one[*place as usize] + other[*other_place as usize]));
                }
                [Some(one), None] => table.extend(ones.iter().map(|place| one[*place as usize])),
                [None, Some(other)] => table.extend(others.iter().map(|place| other[*place as usize])),
                [None, None] => unreachable!("a feature of the union is a feature of one"),
            }
        }
        Some(Unit { parts: union.parts, steps: union.steps, entries: union.entries, table })
    }
}

impl Unit {
    /// The features, the digit of the first counting fastest.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = PartView<'_>> {
        self.parts.iter().enumerate().map(|(number, part)| PartView {
            feature: part.feature,
            cells: part.cells,
            steps: self.steps_of(number),
            column: self.column(number),
        })
    }

    fn steps_of(&self, part: usize) -> &[Step] {
        let start = if part == 0 { 0 } else { self.parts[part - 1].steps_end };
        &self.steps[start..self.parts[part].steps_end]
    }

    fn column(&self, part: usize) -> &[f64] {
        &self.table[part * self.entries..][..self.entries]
    }
}

impl Union {
    /// Nothing where the table would have more places than are worth while, or than a look-up can find.
    fn of(units: [&Unit; 2]) -> Option<Self> {
        let most = most_entries(units);
        let steps = Vec::with_capacity(units[0].steps.len() + units[1].steps.len());
        let (parts, sources) = (Vec::with_capacity(MOST_BITS), Vec::with_capacity(MOST_BITS));
        let mut union = Self { parts, steps, pairs: Vec::with_capacity(32), sources, entries: 1 };
        let mut next = [0, 0];
        loop {
            let features = [0, 1].map(|side| units[side].parts.get(next[side]).map(|part| part.feature));
            let Some(feature) = features.into_iter().flatten().min() else {
                return union.fits_two_bytes().then_some(union);
            };
            let source = [0, 1].map(|side| (features[side] == Some(feature)).then_some(next[side]));
            let steps = [0, 1].map(|side| source[side].map_or(&NOWHERE[..], |part| units[side].steps_of(part)));
            let cells = union.overlay(steps);
            union.entries *= cells;
            if union.entries > most {
                return None;
            }
            union.parts.push(Part { feature, cells, steps_end: union.steps.len() });
            union.sources.push(source);
            next = [0, 1].map(|side| next[side] + usize::from(source[side].is_some()));
        }
    }

    /// Whether the digits of a place fit the two bytes of a look-up. Where a feature has more than 128 cells they may not,
    /// though the places are few: with 2, 150 and 2 cells the first byte holds only the 2, and 300 are left for the other.
    fn fits_two_bytes(&self) -> bool {
        let (_, line) = low_parts(self.parts.iter().map(|part| part.cells));
        self.entries <= line * BYTE_ENTRIES
    }

    /// Adds the steps of both, with a cell for each pair of cells that occurs; gives the number of cells.
    fn overlay(&mut self, steps: [&[Step]; 2]) -> usize {
        let first_pair = self.pairs.len();
        let [mut ones, mut others] = steps.map(|steps| steps.iter().peekable());
        let mut pair = [0, 0];
        let mut last_cell = None;
        while let Some(from) = [ones.peek(), others.peek()].into_iter().flatten().map(|step| step.from).min() {
            for (cell, steps) in pair.iter_mut().zip([&mut ones, &mut others]) {
                if let Some(step) = steps.next_if(|step| step.from == from) {
                    *cell = step.cell;
                }
            }
            let known = self.pairs[first_pair..].iter().position(|known| *known == pair);
            let cell = known.unwrap_or(self.pairs.len() - first_pair);
            if known.is_none() {
                self.pairs.push(pair);
            }
            if last_cell != Some(cell) {
                self.steps.push(Step { from, cell: cell as u8 });
            }
            last_cell = Some(cell);
        }
        self.pairs.len() - first_pair
    }

    /// Writes, for each place of the merged table, the place in the table of the unit on this side.
    fn fill_places(&self, unit: &Unit, side: usize, places: &mut [u16]) {
        places[0] = 0;
        let (mut known, mut stride) = (1, 1);
        let mut pairs = &self.pairs[..];
        for (part, source) in self.parts.iter().zip(&self.sources) {
            let cells;
            (cells, pairs) = pairs.split_at(part.cells);
            let distance = |cell: &[u8; 2]| u16::from(cell[side]) * stride;
            // The first cell comes last, as it changes the places that the others are made from.
            let (firsts, rest) = places.split_at_mut(known);
            for (cell, grown) in cells[1..].iter().zip(rest.chunks_exact_mut(known)) {
                let distance = distance(cell);
                grown.iter_mut().zip(&*firsts).for_each(|(grown, first)| *grown = first + distance);
            }
            let distance = distance(&cells[0]);
            firsts.iter_mut().for_each(|first| *first += distance);
            known *= part.cells;
            stride *= source[side].map_or(1, |part| unit.parts[part].cells as u16);
        }
    }
}

/// The steps of a feature that a unit does not have.
const NOWHERE: [Step; 1] = [Step { from: 0, cell: 0 }];

/// The most places that the table of both may have: making it takes a look-up for each place and feature of each, and saves
/// one look-up a loan for each feature that both have.
fn most_entries(units: [&Unit; 2]) -> usize {
    let [ones, others] = units.map(|unit| &unit.parts);
    let shared = ones.iter().filter(|part| others.iter().any(|other| other.feature == part.feature)).count();
    (WORTH_LOANS * shared / (ones.len() + others.len()).max(1)).min(MOST_ENTRIES)
}
