//! The rule of a split.

use crate::risk::bins::MISSING;

/// How a tree divides the loans at one place, by the code of one feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::risk) struct Rule {
    pub feature: u8,
    pub cut: u8,
    pub is_missing_left: bool,
}

impl Rule {
    #[inline(always)]
    pub fn goes_left(self, code: u8) -> bool {
        if code == MISSING { self.is_missing_left } else { code <= self.cut }
    }
}
