//! How a tree divides the loans at one place, by the code of one feature.

use crate::risk::bins::MISSING;

/// How a tree divides the loans at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::risk) struct Rule {
    pub feature: u8,
    /// Codes up to this one go left.
    pub cut: u8,
    pub is_missing_left: bool,
}

impl Rule {
    /// Whether a loan with this code goes left.
    #[inline(always)]
    pub fn goes_left(self, code: u8) -> bool {
        if code == MISSING { self.is_missing_left } else { code <= self.cut }
    }
}
