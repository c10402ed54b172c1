//! Whether a difference between groups of loans is significant: Fisher's exact test at 5 % divided by the number of pairs
//! (Bonferroni) for shares, and the median test (Mood 1950) for medians. Loans of one borrower are not independent, so counts
//! are reduced to the effective number of independent loans (Kish 1965).

use rayon::prelude::*;

use crate::db::ShownRun;
use crate::error::Result;

const LEVEL: f64 = 0.05;

/// Enough tosses of a coin to add no variance.
const TOSSES: u64 = 1_000_000_000;

/// Equal probabilities of two tables may differ by rounding.
const ROUNDING: f64 = 1.0 + 1e-7;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub having: u64,
    pub of: u64,
}

impl Count {
    pub fn new(having: i64, of: i64) -> Self {
        Self { having: having.max(0) as u64, of: of.max(0) as u64 }
    }

    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.having as f64 / self.of as f64 }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Chance {
    /// Independent loans for each loan of the book: 1 if no borrower has two.
    independent: f64,
}

impl Chance {
    /// As the run stored it.
    pub(crate) fn of_run(run: ShownRun<'_>) -> Result<Self> {
        let query = "select independent_share from run_summaries where run_id = ?1";
        Ok(Self { independent: run.query_row(query, |row| row.get(0))? })
    }

    /// `borrowers` has one key a loan.
    pub(crate) fn of_borrowers(borrowers: &[u64]) -> Self {
        let mut keys = borrowers.to_vec();
        keys.par_sort_unstable();
        let squares: usize = keys.chunk_by(|one, other| one == other).map(|loans| loans.len().pow(2)).sum();
        Self { independent: if keys.is_empty() { 1.0 } else { keys.len() as f64 / squares as f64 } }
    }

    pub(crate) fn independent_share(&self) -> f64 {
        self.independent
    }

    /// For a book with one loan a borrower.
    pub fn of_single_loans() -> Self {
        Self { independent: 1.0 }
    }

    pub(crate) fn differ(&self, one: Count, other: Count, pairs: usize) -> bool {
        is_beyond_chance(self.thinned(one), self.thinned(other), pairs)
    }

    /// Whether one of two kinds has significantly more loans than the other, among this many pairs; under the null hypothesis a
    /// fair coin sorts the loans.
    pub(crate) fn is_more(&self, one: i64, other: i64, pairs: usize) -> bool {
        let coin = Count { having: TOSSES / 2, of: TOSSES };
        one > other && is_beyond_chance(self.thinned(Count::new(one, one + other)), coin, pairs)
    }

    pub(crate) fn furthest_apart(&self, groups: &[Count]) -> Option<(usize, usize)> {
        let known: Vec<usize> = (0..groups.len()).filter(|place| groups[*place].of > 0).collect();
        let pairs = known.len() * known.len().saturating_sub(1) / 2;
        let mut furthest: Option<(f64, (usize, usize))> = None;
        for (place, one) in known.iter().enumerate() {
            for other in &known[place + 1..] {
                let apart = groups[*one].share() - groups[*other].share();
                let is_further = furthest.is_none_or(|(most, _)| apart.abs() > most);
                if is_further && self.differ(groups[*one], groups[*other], pairs) {
                    furthest = Some((apart.abs(), if apart > 0.0 { (*one, *other) } else { (*other, *one) }));
                }
            }
        }
        furthest.map(|(_, pair)| pair)
    }

    /// The effective number of independent loans.
    fn thinned(&self, count: Count) -> Count {
        if self.independent >= 1.0 {
            return count;
        }
        let of = (count.of as f64 * self.independent).floor();
        Count { having: (of * count.share()).round() as u64, of: of as u64 }
    }
}

fn is_beyond_chance(one: Count, other: Count, pairs: usize) -> bool {
    fisher(one, other) * (pairs.max(1) as f64) < LEVEL
}

/// The two-sided probability of Fisher's exact test (Fisher, Journal of the Royal Statistical Society 98, 1935). The weights of
/// the tables follow from one another, from the likeliest outwards, which avoids factorials and underflow.
fn fisher(one: Count, other: Count) -> f64 {
    let having = one.having + other.having;
    let (first, last) = (having.saturating_sub(other.of), having.min(one.of));
    let [size, rest, all] = [one.of, other.of, having].map(|number| number as f64);
    // The ratio of the probabilities of x + 1 and x in the first group.
    let step = |x: u64| {
        let x = x as f64;
        (size - x) * (all - x) / ((x + 1.0) * (rest - all + x + 1.0))
    };
    let mode = (((size + 1.0) * (all + 1.0) / (size + rest + 2.0)) as u64).clamp(first, last);
    let mut tables = vec![(mode, 1.0)];
    let mut weight = 1.0;
    for x in mode..last {
        weight *= step(x);
        tables.push((x + 1, weight));
        if weight < f64::MIN_POSITIVE {
            break;
        }
    }
    weight = 1.0;
    for x in (first..mode).rev() {
        weight /= step(x);
        tables.push((x, weight));
        if weight < f64::MIN_POSITIVE {
            break;
        }
    }
    let seen = tables.iter().find(|(x, _)| *x == one.having).map_or(0.0, |(_, weight)| *weight);
    let total: f64 = tables.iter().map(|(_, weight)| weight).sum();
    let as_unlikely = tables.iter().map(|(_, weight)| *weight).filter(|weight| *weight <= seen * ROUNDING);
    as_unlikely.sum::<f64>() / total
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(having: u64, of: u64) -> Count {
        Count { having, of }
    }

    #[test]
    fn fishers_test_gives_the_published_probabilities() {
        for (one, other, probability) in [
            // The lady who tastes tea: Fisher, The Design of Experiments (1935), three of four cups right.
            (count(3, 4), count(1, 4), 0.485_714),
            // Agresti, An Introduction to Categorical Data Analysis: four of four.
            (count(4, 4), count(0, 4), 0.028_571),
            // 1 of 10 against 11 of 14: R, fisher.test(matrix(c(1, 9, 11, 3), 2)).
            (count(1, 10), count(11, 14), 0.002_759),
            (count(5, 10), count(5, 10), 1.0),
            (count(0, 0), count(3, 9), 1.0),
            (count(0, 7), count(0, 9), 1.0),
        ] {
            assert!((fisher(one, other) - probability).abs() < 1e-6, "{one:?} {other:?}: {}", fisher(one, other));
            assert!((fisher(other, one) - probability).abs() < 1e-6, "{other:?} {one:?}");
        }
    }

    #[test]
    fn a_million_loans_are_compared_like_ten() {
        assert!(fisher(count(250_000, 500_000), count(250_100, 500_000)) > 0.5);
        assert!(fisher(count(250_000, 500_000), count(255_000, 500_000)) < 1e-9);
        assert!(fisher(count(500_000, 500_000), count(0, 500_000)) < 1e-100);
    }

    #[test]
    fn the_widest_difference_that_chance_does_not_give_is_found_and_no_other() {
        let chance = Chance::of_single_loans();
        // All of two loans is more than anything, and tells nothing.
        let groups = [count(30, 100), count(2, 2), count(60, 100), count(55, 100), count(0, 0)];
        assert_eq!(chance.furthest_apart(&groups), Some((2, 0)));
        // 64.8 % of 54 and 56.4 % of 39.
        assert_eq!(chance.furthest_apart(&[count(35, 54), count(22, 39)]), None);
        assert_eq!(chance.furthest_apart(&[count(9, 9)]), None);
    }

    #[test]
    fn a_difference_picked_among_many_pairs_has_to_be_larger() {
        let chance = Chance::of_single_loans();
        let (one, other) = (count(20, 50), count(32, 50));
        assert!(chance.differ(one, other, 1) && !chance.differ(one, other, 6));
    }

    #[test]
    fn one_kind_is_more_than_another_as_a_fair_coin_says() {
        let chance = Chance::of_single_loans();
        // Of 10 tosses, 9 or more of one kind have a probability of 0.0215, 8 or more of 0.109.
        assert!(chance.is_more(9, 1, 1) && !chance.is_more(9, 1, 3) && !chance.is_more(8, 2, 1));
        assert!(!chance.is_more(1, 9, 1) && !chance.is_more(0, 0, 1) && !chance.is_more(1, 0, 1));
        assert!(chance.is_more(505_000, 495_000, 1) && !chance.is_more(500_500, 499_500, 1));
    }

    #[test]
    fn loans_of_one_borrower_count_as_one() {
        let (one, other) = (count(100, 250), count(135, 250));
        assert!(Chance::of_single_loans().differ(one, other, 1));
        // Fifty borrowers with five loans each: 250 / (50 x 25).
        let five_each: Vec<u64> = (0..250).map(|loan| loan % 50).collect();
        let chance = Chance::of_borrowers(&five_each);
        assert_eq!(chance.independent_share(), 0.2);
        assert!(!chance.differ(one, other, 1));
        assert_eq!(Chance::of_borrowers(&[7, 9, 7]).independent_share(), 3.0 / 5.0);
        assert_eq!(Chance::of_borrowers(&[]).independent_share(), 1.0);
    }
}
