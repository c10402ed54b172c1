//! Which new centre is the same segment as which old one: each is matched to one other at most, all together as close as
//! possible (what the Hungarian method finds; with so few segments, trying every set of old ones is as quick).

use super::scale::Point;

/// A centre that moved this share of the way to the nearest other old one may be either.
const MOST_MOVED: f64 = 0.5;

pub(super) fn closest(point: &Point, centres: &[Point]) -> usize {
    let mut best = (0, f64::INFINITY);
    for (number, centre) in centres.iter().enumerate() {
        let distance = squared(point, centre);
        if distance < best.1 {
            best = (number, distance);
        }
    }
    best.0
}

/// The old centre that each new one continues, if any.
pub(super) fn continued(old: &[Point], new: &[Point]) -> Vec<Option<usize>> {
    let reach = |this: usize| {
        let others = (0..old.len()).filter(|other| *other != this);
        MOST_MOVED * others.map(|other| distance(&old[this], &old[other])).fold(f64::INFINITY, f64::min)
    };
    // One segment of all loans that now part goes on in none of them.
    let is_parted = old.len() == 1 && new.len() > 1;
    let reach: Vec<f64> = (0..old.len()).map(|this| if is_parted { 0.0 } else { reach(this) }).collect();
    let cost = |new: &Point, old_place: usize| {
        let moved = distance(new, &old[old_place]);
        // Whoever moved too far is new, wherever it went.
        if moved < reach[old_place] { moved / reach[old_place] } else { 1.0 }
    };
    let costs: Vec<Vec<f64>> = new.iter().map(|new| (0..old.len()).map(|place| cost(new, place)).collect()).collect();
    let matched = cheapest(&costs, old.len());
    matched.into_iter().zip(&costs).map(|(place, costs)| place.filter(|place| costs[*place] < 1.0)).collect()
}

/// The column of each row, no two the same, with the least sum of costs; a row without one costs 1.
fn cheapest(costs: &[Vec<f64>], columns: usize) -> Vec<Option<usize>> {
    // For each set of columns that the rows so far have taken: the least sum, and the column of each of them.
    let mut best: Vec<Option<(f64, Vec<Option<usize>>)>> = vec![None; 1 << columns];
    best[0] = Some((0.0, Vec::new()));
    for row in costs {
        let mut next = vec![None; best.len()];
        for (taken, found) in best.iter().enumerate() {
            let Some((sum, places)) = found else { continue };
            let free = (0..columns).filter(|column| taken & (1 << column) == 0);
            for column in free.map(Some).chain([None]) {
                let set = column.map_or(taken, |column| taken | (1 << column));
                let sum = sum + column.map_or(1.0, |column| row[column]);
                let is_better = |(least, _): &(f64, _)| sum < *least;
                if next[set].as_ref().is_none_or(is_better) {
                    next[set] = Some((sum, [places.as_slice(), &[column]].concat()));
                }
            }
        }
        best = next;
    }
    let found = best.into_iter().flatten().min_by(|one, other| one.0.total_cmp(&other.0));
    found.map_or_else(Vec::new, |(_, places)| places)
}

fn distance(one: &Point, other: &Point) -> f64 {
    squared(one, other).sqrt()
}

fn squared(one: &Point, other: &Point) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(places: &[f64]) -> Vec<Point> {
        places.iter().map(|place| [*place, 0.0, 0.0, 0.0, 0.0]).collect()
    }

    #[test]
    fn centres_that_hardly_moved_are_found_again_in_any_order() {
        assert_eq!(continued(&at(&[0.0, 1.0, 5.0]), &at(&[5.5, 0.2, 0.9])), [Some(2), Some(0), Some(1)]);
    }

    #[test]
    fn a_centre_that_moved_half_the_way_to_another_is_new() {
        let old = at(&[0.0, 1.0, 5.0]);
        assert_eq!(continued(&old, &at(&[0.49, 1.0, 5.0])), [Some(0), Some(1), Some(2)]);
        assert_eq!(continued(&old, &at(&[0.5, 1.0, 5.0])), [None, Some(1), Some(2)]);
        assert_eq!(continued(&old, &at(&[0.0, 1.0, 7.5])), [Some(0), Some(1), None]);
    }

    #[test]
    fn all_are_matched_together_not_one_after_the_other() {
        // The first is nearest to the old one that the second needs.
        let costs = vec![vec![0.1, 0.2], vec![0.2, 0.9]];
        assert_eq!(cheapest(&costs, 2), [Some(1), Some(0)]);
        assert_eq!(cheapest(&[vec![0.9, 0.4], vec![0.3, 0.2], vec![0.1, 0.8]], 2), [None, Some(1), Some(0)]);
    }

    #[test]
    fn more_or_fewer_segments_are_new_or_gone() {
        assert_eq!(continued(&at(&[0.0, 4.0]), &at(&[0.1, 2.1, 4.1])), [Some(0), None, Some(1)]);
        assert_eq!(continued(&at(&[0.0, 4.0, 9.0]), &at(&[8.9])), [Some(2)]);
        assert_eq!(continued(&[], &at(&[1.0, 2.0])), [None, None]);
        assert_eq!(continued(&at(&[0.0]), &at(&[3.0])), [Some(0)], "there is no other that it might be");
        assert_eq!(continued(&at(&[0.0]), &at(&[0.0, 3.0])), [None, None], "one that parted");
    }

    #[test]
    fn twelve_segments_match_as_an_exhaustive_search_of_pairs_would() {
        let old: Vec<Point> =
            (0..12).map(|number| [f64::from(number * 7 % 12), f64::from(number), 0.0, 0.0, 0.0]).collect();
        let new: Vec<Point> = old.iter().rev().map(|centre| centre.map(|value| value + 0.1)).collect();
        let expected: Vec<Option<usize>> = (0..12).rev().map(Some).collect();
        assert_eq!(continued(&old, &new), expected);
    }

    #[test]
    fn a_loan_between_two_centres_goes_to_the_first() {
        assert_eq!(closest(&[0.5; 5], &[[0.0; 5], [1.0; 5], [9.0; 5]]), 0);
        assert_eq!(closest(&[0.6; 5], &[[0.0; 5], [1.0; 5], [9.0; 5]]), 1);
    }
}
