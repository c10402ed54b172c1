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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Count;
    use crate::segment::profile::Trait;

    /// A cluster with these mean incomes and median days past due.
    fn profile(income: f64, days: f64) -> Profile {
        let known = |mean: f64| Some(Trait { mean, median: mean, standardised: days / 100.0 - 0.5, known: 50 });
        let mut traits = [None; 5];
        (traits[INCOME], traits[DAYS]) = (known(income), known(days));
        Profile { loans: 50, traits, not_recovered: Count::default(), late: Count::default() }
    }

    fn is_true(name: &Name, profiles: &[Profile]) -> bool {
        let mut names = vec![None; profiles.len()];
        names[0] = Some(name);
        borne_out(&names, profiles)[0]
    }

    #[test]
    fn a_name_is_true_while_its_values_differ_by_a_tenth_at_most() {
        let name = Name::Values(vec![(INCOME, 50_000.0), (DAYS, 100.0)]);
        for (income, days, expected) in [
            (50_000.0, 100.0, true),
            (54_900.0, 91.0, true),
            (55_100.0, 100.0, false),
            (44_900.0, 100.0, false),
            (50_000.0, 111.0, false),
        ] {
            let profiles = [profile(income, days), profile(9_000.0, 0.0)];
            assert_eq!(is_true(&name, &profiles), expected, "{income} {days}");
        }
        let without = Profile { traits: [None; 5], ..profile(0.0, 0.0) };
        assert!(!is_true(&name, &[without, profile(9_000.0, 0.0)]), "nothing is known of it");
    }

    #[test]
    fn not_late_is_true_of_no_loans_that_are_later_than_the_book() {
        let name = Name::Values(vec![(DAYS, 0.0)]);
        let others = profile(9_000.0, 90.0);
        assert!(is_true(&name, &[profile(5_000.0, 0.0), others.clone()]));
        assert!(!is_true(&name, &[profile(5_000.0, 1.0), others.clone()]));
        let mut later = profile(5_000.0, 0.0);
        later.traits[DAYS] = later.traits[DAYS].map(|days| Trait { standardised: 0.4, ..days });
        assert!(!is_true(&name, &[later, others]));
    }

    #[test]
    fn names_for_all_loans_or_for_four_segments_are_true_of_no_other_number() {
        let two = [profile(5_000.0, 0.0), profile(9_000.0, 90.0)];
        let all = Name::Whole(ALL_ALIKE.to_owned());
        assert!(is_true(&all, &two[..1]) && !is_true(&all, &two));
        assert!(!is_true(&Name::Whole("High Income, Low Default Risk".to_owned()), &two));
    }

    #[test]
    fn a_new_name_differs_from_those_that_stay() {
        let style = Style::of_currency("INR");
        let profiles = [profile(50_000.0, 100.0), profile(51_000.0, 0.0)];
        let chance = Chance::of_single_loans();
        let given = [None, Some(Name::Values(vec![(INCOME, 50_000.0)]))];
        let names = name(&profiles, &given, &chance, &style).unwrap();
        let texts: Vec<String> = names.iter().map(|name| name.text(&style)).collect();
        assert_eq!(texts[1], "Income 50,000");
        assert!(texts[0].contains("100 days late"), "{texts:?}");
        let same = [profile(50_000.0, 0.0), profile(50_000.0, 0.0)];
        let given = [None, name(&same, &[None, given[1].clone()], &chance, &style).map(|names| names[0].clone())];
        assert_eq!(name(&same, &given, &chance, &style), None, "nothing tells them apart");
    }
}
