//! The tables of a tree, and the look-ups of many loans in them.
//!
//! A loan's place in a table is a sum over its codes, feature by feature, and each such sum is a few steps. Bytes hold it,
//! so that one comparison serves 16 loans at a time; the larger tables take two bytes, made from one each.

use super::leaf::{BYTE_ENTRIES, low_parts};
use super::unit::{PartView, Unit};

/// Loans that are looked up together.
pub(super) const BLOCK: usize = 512;
/// Loans whose places are kept in registers while all steps are made.
const LANES: usize = 64;
const WORD_ENTRIES: usize = super::leaf::MOST_ENTRIES;
/// Tables that are looked up in one pass over the loans.
const TOGETHER: usize = 4;

/// Codes of a block of loans for one feature.
pub(super) type Codes = [u8; BLOCK];
/// Contributions to one feature for a block of loans.
pub(super) type Sums = [f64; BLOCK];

/// All tables of one tree, ready for look-ups.
#[derive(Default)]
pub(super) struct Lookups {
    byte_places: Vec<Program>,
    word_places: Vec<WordProgram>,
    byte_columns: Vec<Column>,
    word_columns: Vec<Column>,
    /// One table after the other, and at the end as much as the largest window needs.
    tables: Vec<f64>,
}

/// One feature's contributions in one unit.
struct Column {
    feature: u8,
    /// Which of the programs gives the place.
    program: usize,
    /// Where its table begins.
    start: usize,
}

/// How the codes of a loan make a byte.
struct Program {
    base: u8,
    steps: Vec<Jump>,
}

/// A code of `from` or more adds this, in bytes that wrap.
struct Jump {
    feature: u8,
    from: u8,
    added: u8,
}

/// How the codes of a loan make a place beyond a byte: `low + high * line`.
struct WordProgram {
    low: Program,
    high: Program,
    line: u16,
}

/// The places of a block of loans in all tables of a tree.
#[derive(Default)]
pub(super) struct Places {
    bytes: Vec<[u8; BLOCK]>,
    words: Vec<[u16; BLOCK]>,
}

impl Lookups {
    /// Makes these the look-ups of the units, in the memory of those before.
    pub fn make(&mut self, units: &[Unit]) {
        let Self { byte_places, word_places, byte_columns, word_columns, tables } = self;
        byte_places.clear();
        word_places.clear();
        byte_columns.clear();
        word_columns.clear();
        tables.clear();
        units.iter().for_each(|unit| self.add(unit));
        self.byte_columns.sort_by_key(|column| column.feature);
        self.word_columns.sort_by_key(|column| column.feature);
        self.tables.resize(self.tables.len() + WORD_ENTRIES, 0.0);
    }

    fn add(&mut self, unit: &Unit) {
        let parts: Vec<PartView> = unit.parts().collect();
        let (low, line) = low_parts(parts.iter().map(|part| part.cells));
        let is_byte = low == parts.len();
        let (columns, program) = match is_byte {
            true => (&mut self.byte_columns, self.byte_places.len()),
            false => (&mut self.word_columns, self.word_places.len()),
        };
        for part in &parts {
            columns.push(Column { feature: part.feature, program, start: self.tables.len() });
            self.tables.extend_from_slice(part.column);
        }
        let (low, high) = (Program::of(&parts[..low]), Program::of(&parts[low..]));
        match is_byte {
            true => self.byte_places.push(low),
            false => self.word_places.push(WordProgram { low, high, line: line as u16 }),
        }
    }

    /// Finds the places of so many loans, whose codes are given by feature.
    pub fn find_places(&self, codes: &[Codes], loans: usize, places: &mut Places) {
        places.bytes.resize(self.byte_places.len().max(places.bytes.len()), [0; BLOCK]);
        places.words.resize(self.word_places.len().max(places.words.len()), [0; BLOCK]);
        for (program, places) in self.byte_places.iter().zip(&mut places.bytes) {
            program.run(codes, loans, places);
        }
        let [mut low, mut high] = [[0; BLOCK]; 2];
        for (program, places) in self.word_places.iter().zip(&mut places.words) {
            program.low.run(codes, loans, &mut low);
            program.high.run(codes, loans, &mut high);
            for ((place, low), high) in places.iter_mut().zip(&low).zip(&high) {
                *place = u16::from(*low).wrapping_add(u16::from(*high).wrapping_mul(program.line));
            }
        }
    }

    /// Adds up what all units contribute to each feature that they have, and gives it to `visit`.
    pub fn sum(&self, places: &Places, loans: usize, mut visit: impl FnMut(u8, &Sums)) {
        let mut columns = (&self.byte_columns[..], &self.word_columns[..]);
        let first = |columns: &[Column]| columns.first().map(|column| column.feature);
        while let Some(feature) = [first(columns.0), first(columns.1)].into_iter().flatten().min() {
            let mut sums = [0.0; BLOCK];
            let (bytes, words);
            (bytes, columns.0) = split_feature(columns.0, feature);
            (words, columns.1) = split_feature(columns.1, feature);
            self.sum_columns::<u8, BYTE_ENTRIES>(bytes, &places.bytes, loans, &mut sums);
            self.sum_columns::<u16, WORD_ENTRIES>(words, &places.words, loans, &mut sums);
            visit(feature, &sums);
        }
    }

    fn sum_columns<P: Copy + Into<usize>, const ENTRIES: usize>(
        &self,
        columns: &[Column],
        places: &[[P; BLOCK]],
        loans: usize,
        sums: &mut Sums,
    ) {
        let (fours, rest) = columns.as_chunks::<TOGETHER>();
        for four in fours {
            self.sum_together::<P, ENTRIES, TOGETHER>(four.each_ref(), places, loans, sums);
        }
        match rest {
            [one, two, three] => self.sum_together::<P, ENTRIES, 3>([one, two, three], places, loans, sums),
            [one, two] => self.sum_together::<P, ENTRIES, 2>([one, two], places, loans, sums),
            [one] => self.sum_together::<P, ENTRIES, 1>([one], places, loans, sums),
            _ => {}
        }
    }

    /// Each table is seen through a window as wide as a place can tell apart, so that no look-up needs a check.
    #[inline(always)]
    fn sum_together<P: Copy + Into<usize>, const ENTRIES: usize, const N: usize>(
        &self,
        columns: [&Column; N],
        places: &[[P; BLOCK]],
        loans: usize,
        sums: &mut Sums,
    ) {
        let places = columns.map(|column| &places[column.program]);
        let windows = columns.map(|column| {
            self.tables[column.start..].first_chunk::<ENTRIES>().expect("the tables end with room for a window")
        });
        for loan in 0..loans.min(BLOCK) {
            let mut sum = sums[loan];
            for number in 0..N {
                sum += windows[number][places[number][loan].into() % ENTRIES];
            }
            sums[loan] = sum;
        }
    }
}

fn split_feature(columns: &[Column], feature: u8) -> (&[Column], &[Column]) {
    columns.split_at(columns.partition_point(|column| column.feature <= feature))
}

impl Program {
    fn of(parts: &[PartView]) -> Self {
        let (mut base, mut steps, mut stride) = (0, Vec::new(), 1);
        for part in parts {
            let place = |cell: u8| (cell as usize * stride) as u8;
            base += place(part.steps[0].cell);
            steps.extend(part.steps.windows(2).map(|pair| Jump {
                feature: part.feature,
                from: pair[1].from,
                added: place(pair[1].cell).wrapping_sub(place(pair[0].cell)),
            }));
            stride *= part.cells;
        }
        Self { base, steps }
    }

    fn run(&self, codes: &[Codes], loans: usize, places: &mut [u8; BLOCK]) {
        let lanes = places.as_chunks_mut::<LANES>().0.iter_mut().take(loans.div_ceil(LANES));
        for (number, places) in lanes.enumerate() {
            let mut sums = [self.base; LANES];
            for Jump { feature, from, added } in &self.steps {
                let codes = &codes[*feature as usize].as_chunks::<LANES>().0[number];
                for (sum, code) in sums.iter_mut().zip(codes) {
                    let mask = 0u8.wrapping_sub(u8::from(code >= from));
                    *sum = sum.wrapping_add(added & mask);
                }
            }
            *places = sums;
        }
    }
}
