//! A forest together with its bags, so that a loan that it learned from can be explained by the trees that did not see it.

use super::bootstrap::InBag;
use super::shap::Contributions;
use super::{Dataset, Forest};
use crate::risk::RiskError;

#[derive(Debug, Clone)]
pub struct Fitted {
    pub forest: Forest,
    /// For each loan of the book, the mean over the trees that did not draw it, 0 to 1; `None` for a loan without outcome, or
    /// that every tree drew (practically none with 100 trees).
    pub out_of_bag: Vec<Option<f64>>,
    /// The loans with a known outcome, as rows of the book, ascending.
    pub(super) known_rows: Vec<u32>,
    pub(super) bags: Vec<InBag>,
}

impl Fitted {
    pub fn is_out_of_bag(&self, tree: usize, known_row: usize) -> bool {
        assert!(known_row < self.known_rows.len(), "a place among the known loans");
        !self.bags[tree].contains(known_row)
    }

    /// What each feature adds to the raw scores of the loans at these rows of the book: of a loan that the forest learned
    /// from, by the trees that did not draw it, as its score is.
    pub fn contributions(&self, book: &Dataset, rows: &[usize]) -> Result<Contributions, RiskError> {
        // A loan that every tree drew has no trees of its own; all of them explain it as well as any.
        let known = |row: &usize| {
            self.out_of_bag[*row]?;
            self.known_rows.binary_search(&(*row as u32)).ok()
        };
        let places: Vec<Option<usize>> = rows.iter().map(known).collect();
        let uses = |tree: usize, loan: usize| places[loan].is_none_or(|place| self.is_out_of_bag(tree, place));
        self.forest.contributions(&book.records, rows, uses)
    }
}
