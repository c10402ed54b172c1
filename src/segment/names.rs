//! Names for segments, from their own values, since cluster numbers change with the seed. Four clusters get the four names of
//! the public method where these are true of the book (`method`); otherwise each gets as many distinctive values as make its
//! name unique.

use super::method;
use super::profile::{BURDEN, DAYS, INCOME, LOAN, MISSED, Profile};
use super::words::phrases;
use crate::chance::Chance;
use crate::format::Style;

/// A trait within this many standard deviations of the mean of the book is not distinctive.
const AVERAGE_WITHIN: f64 = 0.25;

/// A name has more values only where another would be the same.
const MOST_VALUES: usize = 2;

const ALL_ALIKE: &str = "All loans alike";

/// Traits that mean the same: a name takes the stronger first, the other last.
const FAMILIES: [&[usize]; 4] = [&[INCOME], &[LOAN], &[BURDEN], &[DAYS, MISSED]];

/// The first two clusters with the same values in words.
pub(super) fn alike(profiles: &[Profile], style: &Style) -> Option<(usize, usize)> {
    let words: Vec<_> = profiles.iter().map(|profile| phrases(profile, style)).collect();
    let mut pairs = (0..words.len()).flat_map(|one| (one + 1..words.len()).map(move |other| (one, other)));
    pairs.find(|(one, other)| words[*one] == words[*other])
}

/// Names the clusters, of which no two are [`alike`]: (cluster, name) in the order of the public method, or else by size.
pub(super) fn name(profiles: &[Profile], chance: &Chance, style: &Style) -> Vec<(usize, String)> {
    if profiles.len() == 1 {
        return vec![(0, ALL_ALIKE.to_owned())];
    }
    method::names(profiles, chance).unwrap_or_else(|| by_values(profiles, style))
}

fn by_values(profiles: &[Profile], style: &Style) -> Vec<(usize, String)> {
    let words: Vec<_> = profiles.iter().map(|profile| phrases(profile, style)).collect();
    let orders: Vec<Vec<usize>> = profiles.iter().map(by_distinction).collect();
    let mut lengths: Vec<usize> = profiles.iter().map(distinctive_values).collect();
    let name = |cluster: usize, length: usize| {
        let parts = orders[cluster].iter().filter_map(|place| words[cluster][*place].as_deref());
        super::words::name(&parts.take(length).collect::<Vec<_>>())
    };
    loop {
        let names: Vec<String> = (0..profiles.len()).map(|cluster| name(cluster, lengths[cluster])).collect();
        let is_shared = |cluster: &usize| names.iter().filter(|name| **name == names[*cluster]).count() > 1;
        let longer: Vec<usize> = (0..names.len())
            .filter(|cluster| is_shared(cluster) && lengths[*cluster] < orders[*cluster].len())
            .collect();
        if longer.is_empty() {
            let mut named: Vec<(usize, String)> = names.into_iter().enumerate().collect();
            named.sort_by(|(one, one_name), (other, other_name)| {
                profiles[*other].loans.cmp(&profiles[*one].loans).then_with(|| one_name.cmp(other_name))
            });
            return named;
        }
        longer.into_iter().for_each(|cluster| lengths[cluster] += 1);
    }
}

fn strength(profile: &Profile, place: usize) -> f64 {
    profile.traits[place].map_or(-1.0, |known| known.standardised.abs())
}

/// The traits for a name, most distinctive first; the weaker of a family after all others.
fn by_distinction(profile: &Profile) -> Vec<usize> {
    let strongest_first = |places: &mut Vec<usize>| {
        places.sort_by(|one, other| strength(profile, *other).total_cmp(&strength(profile, *one)).then(one.cmp(other)));
    };
    let (mut first, mut last) = (Vec::new(), Vec::new());
    for family in FAMILIES {
        let mut known: Vec<usize> = family.iter().copied().filter(|place| profile.traits[*place].is_some()).collect();
        strongest_first(&mut known);
        let mut known = known.into_iter();
        first.extend(known.next());
        last.extend(known);
    }
    strongest_first(&mut first);
    first.extend(last);
    first
}

fn distinctive_values(profile: &Profile) -> usize {
    let far = FAMILIES.iter().filter(|family| family.iter().any(|place| strength(profile, *place) >= AVERAGE_WITHIN));
    far.count().clamp(1, MOST_VALUES)
}
