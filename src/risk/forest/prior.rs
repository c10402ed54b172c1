//! Bags where one outcome is rare: it is drawn more often than its share, and the leaves undo that.
//!
//! Dividing a leaf's odds by the ratio of the rates gives the odds of the book (King and Zeng, Political Analysis 9, 2001).

use super::tally::Tally;

/// The rarer kind is drawn apart where it is less than this share of the rows.
const RARE_BELOW: f64 = 0.10;
/// The share of the draws that it gets at most, and it never gets more draws than it has rows.
const MOST_OF_DRAWS: f64 = 0.15;

pub(super) fn positive_draws(rows: u32, positives: u32, draws: u32) -> Option<u32> {
    let rarer = positives.min(rows - positives);
    if f64::from(rarer) >= RARE_BELOW * f64::from(rows) || draws < 2 {
        return None;
    }
    let by_share = f64::from(rarer) / f64::from(rows) * f64::from(draws);
    let most = f64::from(rarer).min(MOST_OF_DRAWS * f64::from(draws));
    let of_rarer = (by_share.max(most).round() as u32).clamp(1, draws - 1);
    Some(if rarer == positives { of_rarer } else { draws - of_rarer })
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Prior {
    odds_ratio: f64,
}

impl Prior {
    pub fn new(rows: u32, positives: u32, draws: u32, positive_draws: Option<u32>) -> Self {
        let odds = |all: u32, positives: u32| f64::from(positives) / f64::from(all - positives);
        Self { odds_ratio: positive_draws.map_or(1.0, |drawn| odds(rows, positives) / odds(draws, drawn)) }
    }

    /// The probability of a leaf with these rows of the bag; never lower for a higher share, to the last bit,
    /// since each step of it is monotone.
    pub fn value(self, tally: Tally) -> f32 {
        let share = tally.share();
        let odds_against = (1.0 - share) / (share * self.odds_ratio);
        if self.odds_ratio == 1.0 { share as f32 } else { (1.0 / (1.0 + odds_against)) as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_drawn_apart_only_where_one_is_rare() {
        assert_eq!(positive_draws(1000, 100, 1000), None);
        assert_eq!(positive_draws(1000, 900, 1000), None);
        assert_eq!(positive_draws(1000, 50, 1000), Some(50), "no more draws than rows");
        assert_eq!(positive_draws(100_000, 2_000, 20_000), Some(2_000));
        assert_eq!(positive_draws(100_000, 9_000, 20_000), Some(3_000), "no more than their share of the draws");
        assert_eq!(positive_draws(100_000, 98_000, 20_000), Some(18_000), "the rarer kind is the other one");
        assert_eq!(positive_draws(100_000, 1, 2), Some(1));
    }

    #[test]
    fn a_leaf_like_the_bag_gets_the_base_rate_and_pure_ones_stay_pure() {
        let prior = Prior::new(100_000, 2_000, 20_000, Some(2_000));
        assert!((prior.value(Tally::new(200, 20)) - 0.02).abs() < 1e-6);
        assert_eq!([prior.value(Tally::new(9, 0)), prior.value(Tally::new(9, 9))], [0.0, 1.0]);
        // One in two of the bag, at a ninth of the bag's odds to the book's, 49 to 9.
        assert!((prior.value(Tally::new(2, 1)) - 9.0 / 58.0).abs() < 1e-6);
    }

    #[test]
    fn together_drawn_rows_keep_their_share() {
        assert_eq!(Prior::new(10, 5, 10, None).value(Tally::new(4, 1)), 0.25);
    }
}
