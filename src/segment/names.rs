//! Names for segments, from their own values, since cluster numbers change with the seed. Four clusters get the four names of
//! the public method where these are true of the book (`method`); otherwise each gets as many distinctive values as make its
//! name unique. A name stays from run to run as long as it is true.

use super::method;
use super::profile::{BURDEN, DAYS, INCOME, LOAN, MISSED, Profile};
use super::words::{self, phrase, phrases};
use crate::chance::Chance;
use crate::format::Style;

/// A trait within this many standard deviations of the mean of the book is not distinctive.
const AVERAGE_WITHIN: f64 = 0.25;

/// A name has more values only where another would be the same.
const MOST_VALUES: usize = 2;

/// A value in a name is kept while that of the loans is no further from it than this share of it.
const TRUE_WITHIN: f64 = 0.1;

const ALL_ALIKE: &str = "All loans alike";

/// Traits that mean the same: a name takes the stronger first, the other last.
const FAMILIES: [&[usize]; 4] = [&[INCOME], &[LOAN], &[BURDEN], &[DAYS, MISSED]];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Name {
    Whole(String),
    /// Traits by position and what the name says of each, in its order.
    Values(Vec<(usize, f64)>),
}

impl Name {
    pub(super) fn text(&self, style: &Style) -> String {
        match self {
            Self::Whole(text) => text.clone(),
            Self::Values(values) => {
                let parts: Vec<String> = values.iter().map(|(place, value)| phrase(*place, *value, style)).collect();
                words::name(&parts)
            }
        }
    }

    fn whole(&self) -> Option<&str> {
        if let Self::Whole(text) = self { Some(text) } else { None }
    }
}

/// The first two clusters with the same values in words.
pub(super) fn alike(profiles: &[Profile], style: &Style) -> Option<(usize, usize)> {
    let words: Vec<_> = profiles.iter().map(|profile| phrases(profile, style)).collect();
    let mut pairs = (0..words.len()).flat_map(|one| (one + 1..words.len()).map(move |other| (one, other)));
    pairs.find(|(one, other)| words[*one] == words[*other])
}

/// Whether each name of an earlier run is still true of the loans of its cluster.
pub(super) fn borne_out(names: &[Option<&Name>], profiles: &[Profile]) -> Vec<bool> {
    let whole: Vec<Option<&str>> = names.iter().map(|name| name.and_then(Name::whole)).collect();
    let method_holds = method::still_hold(&whole, profiles);
    let is_true = |(name, profile): (&Option<&Name>, &Profile)| match name {
        None => false,
        Some(Name::Whole(text)) if text == ALL_ALIKE => profiles.len() == 1,
        Some(Name::Whole(_)) => method_holds,
        Some(Name::Values(values)) => profiles.len() > 1 && are_true(values, profile),
    };
    names.iter().zip(profiles).map(is_true).collect()
}

fn are_true(stated: &[(usize, f64)], profile: &Profile) -> bool {
    let now = words::values(profile);
    let is_true = |(place, value): &(usize, f64)| {
        let known = profile.traits[*place].filter(|_| now[*place].is_some());
        known.is_some_and(|known| {
            now[*place] == Some(*value) || (words::exact(&known, *place) - value).abs() <= TRUE_WITHIN * value.abs()
        })
    };
    stated.iter().all(is_true)
}

/// Names the clusters that have no name yet; `None` where names would be the same, which cannot be where none is given and no
/// two clusters are [`alike`].
pub(super) fn name(profiles: &[Profile], given: &[Option<Name>], chance: &Chance, style: &Style) -> Option<Vec<Name>> {
    if profiles.len() == 1 {
        return Some(vec![Name::Whole(ALL_ALIKE.to_owned())]);
    }
    if given.iter().all(Option::is_none)
        && let Some(names) = method::names(profiles, chance)
    {
        return Some(names.into_iter().map(|name| Name::Whole(name.to_owned())).collect());
    }
    by_values(profiles, given, style)
}

fn by_values(profiles: &[Profile], given: &[Option<Name>], style: &Style) -> Option<Vec<Name>> {
    let values: Vec<_> = profiles.iter().map(words::values).collect();
    let orders: Vec<Vec<usize>> = profiles.iter().map(by_distinction).collect();
    let mut lengths: Vec<usize> = profiles.iter().map(distinctive_values).collect();
    let name = |cluster: usize, length: usize| {
        let known = orders[cluster].iter().filter_map(|place| Some((*place, values[cluster][*place]?)));
        given[cluster].clone().unwrap_or_else(|| Name::Values(known.take(length).collect()))
    };
    loop {
        let names: Vec<Name> = (0..profiles.len()).map(|cluster| name(cluster, lengths[cluster])).collect();
        let texts: Vec<String> = names.iter().map(|name| name.text(style)).collect();
        let is_shared = |cluster: &usize| texts.iter().filter(|text| **text == texts[*cluster]).count() > 1;
        let shared: Vec<usize> = (0..names.len()).filter(is_shared).collect();
        if shared.is_empty() {
            return Some(names);
        }
        let can_grow = |cluster: &usize| given[*cluster].is_none() && lengths[*cluster] < orders[*cluster].len();
        let longer: Vec<usize> = shared.into_iter().filter(can_grow).collect();
        if longer.is_empty() {
            return None;
        }
        longer.into_iter().for_each(|cluster| lengths[cluster] += 1);
    }
}

/// The clusters in the order of the public method, or else by size.
pub(super) fn in_order(profiles: &[Profile], names: &[String]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..profiles.len()).collect();
    order.sort_by_key(|cluster| {
        (method::order(&names[*cluster]), std::cmp::Reverse(profiles[*cluster].loans), &names[*cluster])
    });
    order
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
