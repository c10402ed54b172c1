//! Names for segments, from their own numbers: never from cluster numbers, which change from seed to seed.
//!
//! Four clusters get the four names of the public method where these hold in the book's own numbers (`method`). Otherwise
//! each gets the values that set it apart: as many as it takes until no other has the same name.

use super::method;
use super::profile::{BURDEN, DAYS, INCOME, LOAN, MISSED, Profile};
use super::words::{self, phrases};
use crate::chance::Chance;
use crate::format::Style;

/// A trait nearer to the mean of the book than this many standard deviations does not set a cluster apart.
const AVERAGE_WITHIN: f64 = 0.25;

/// A name has so many values, and more only where it takes them to tell it from another.
const MOST_VALUES: usize = 2;

/// The name where there is nothing to tell loans apart by.
const ALL_ALIKE: &str = "All loans alike";

/// Traits that say the same thing: a name takes the stronger, and the other only at last.
const FAMILIES: [&[usize]; 4] = [&[INCOME], &[LOAN], &[BURDEN], &[DAYS, MISSED]];

/// The first two clusters that no name can tell from each other, since all their values read the same.
pub(super) fn alike(profiles: &[Profile], style: &Style) -> Option<(usize, usize)> {
    let told: Vec<_> = profiles.iter().map(|profile| phrases(profile, style)).collect();
    let mut pairs = (0..told.len()).flat_map(|one| (one + 1..told.len()).map(move |other| (one, other)));
    pairs.find(|(one, other)| told[*one] == told[*other])
}

/// Names every cluster, of which no two are [`alike`].
///
/// Gives (cluster, name) in the order in which segments are shown: the public method's for its names, else by size.
pub(super) fn name(profiles: &[Profile], chance: &Chance, style: &Style) -> Vec<(usize, String)> {
    if profiles.len() == 1 {
        return vec![(0, ALL_ALIKE.to_owned())];
    }
    method::names(profiles, chance).unwrap_or_else(|| by_values(profiles, style))
}

fn by_values(profiles: &[Profile], style: &Style) -> Vec<(usize, String)> {
    let told: Vec<_> = profiles.iter().map(|profile| phrases(profile, style)).collect();
    let orders: Vec<Vec<usize>> = profiles.iter().map(by_distinction).collect();
    let mut lengths: Vec<usize> = profiles.iter().map(values_that_tell).collect();
    let name = |cluster: usize, length: usize| {
        let parts = orders[cluster].iter().filter_map(|place| told[cluster][*place].as_deref());
        words::name(&parts.take(length).collect::<Vec<_>>())
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
    profile.traits[place].map_or(-1.0, |told| told.standardised.abs())
}

/// The traits that a name may speak of, the most distinguishing first; the weaker of a family after all others.
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

fn values_that_tell(profile: &Profile) -> usize {
    let far = FAMILIES.iter().filter(|family| family.iter().any(|place| strength(profile, *place) >= AVERAGE_WITHIN));
    far.count().clamp(1, MOST_VALUES)
}
