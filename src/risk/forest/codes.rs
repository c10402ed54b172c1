//! The codes of loans as each tree reads them: its own ranks in place of its categories.

use super::tree::Tree;

/// The codes of some loans, row by row, as each tree in turn reads them: itself for a tree without categories.
pub(super) struct CodesForTrees<'a> {
    codes: &'a [u8],
    stride: usize,
    ranked: Vec<u8>,
}

impl<'a> CodesForTrees<'a> {
    pub fn new(codes: &'a [u8], stride: usize) -> Self {
        Self { codes, stride, ranked: Vec::new() }
    }

    pub fn of(&mut self, tree: &Tree) -> &[u8] {
        if tree.orders().is_empty() {
            return self.codes;
        }
        if self.ranked.is_empty() {
            self.ranked.extend_from_slice(self.codes);
        }
        for order in tree.orders() {
            let first = order.feature() as usize;
            let places = self.ranked.iter_mut().skip(first).step_by(self.stride);
            for (place, code) in places.zip(self.codes.iter().skip(first).step_by(self.stride)) {
                *place = order.rank(*code);
            }
        }
        &self.ranked
    }
}
