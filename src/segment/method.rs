//! The four names of the public method, used only where every word is true of the book.

use super::profile::{BURDEN, DAYS, INCOME, LOAN, MISSED, Profile, Trait};
use crate::chance::{Chance, Count};

const NAMES: [&str; 4] = [
    "High Income, Low Default Risk",
    "Moderate Income, Medium Risk",
    "Moderate Income, High Loan Burden",
    "High Loan, Higher Default Risk",
];

/// "High" is this many times as much as the others.
const MUCH_MORE: f64 = 1.2;

/// A name that was given before is kept down to this, so that it does not come and go from week to week.
const STILL_MORE: f64 = 1.1;

/// Two means differ by more than chance from this many standard errors: three pairs at 1 % (Bonferroni).
const SURE_ERRORS: f64 = 2.94;

/// The name of each cluster; `None` unless there are four clusters for which all words hold.
pub(super) fn names(profiles: &[Profile], chance: &Chance) -> Option<Vec<&'static str>> {
    if profiles.len() != NAMES.len() {
        return None;
    }
    let fitting: Vec<[usize; 4]> =
        arrangements().filter(|places| holds(&places.map(|place| &profiles[place]), Some(chance))).collect();
    // If they hold for two arrangements, the names are ambiguous.
    let [places] = fitting.as_slice() else { return None };
    let mut names = vec![""; NAMES.len()];
    places.iter().zip(NAMES).for_each(|(cluster, name)| names[*cluster] = name);
    Some(names)
}

/// Whether all words still hold where the names were given earlier. That the differences are more than chance was shown then;
/// now the figures must agree.
pub(super) fn still_hold(names: &[Option<&str>], profiles: &[Profile]) -> bool {
    let cluster = |name: &&str| names.iter().position(|given| given.as_ref() == Some(name));
    let places: Vec<&Profile> = NAMES.iter().filter_map(cluster).map(|place| &profiles[place]).collect();
    profiles.len() == NAMES.len() && places.try_into().is_ok_and(|places: [&Profile; 4]| holds(&places, None))
}

/// The position of a name in the order of the method; another name comes after all of them.
pub(super) fn order(name: &str) -> usize {
    NAMES.iter().position(|known| *known == name).unwrap_or(NAMES.len())
}

fn arrangements() -> impl Iterator<Item = [usize; 4]> {
    let all = (0..256).map(|code| [code >> 6, (code >> 4) & 3, (code >> 2) & 3, code & 3]);
    all.filter(|places| (0..4).all(|cluster| places.contains(&cluster)))
}

/// With `beyond`, the differences must be more than chance, too.
fn holds([rich, medium, burdened, risky]: &[&Profile; 4], beyond: Option<&Chance>) -> bool {
    let all = [*rich, *medium, *burdened, *risky];
    let has_arrears = all.iter().all(|profile| profile.traits[MISSED].is_some() || profile.traits[DAYS].is_some());
    has_arrears
        && is_much_higher(rich, &[medium, burdened, risky], INCOME, beyond.is_some())
        && is_much_higher(burdened, &[rich, medium, risky], BURDEN, beyond.is_some())
        && is_much_higher(risky, &[medium], LOAN, beyond.is_some())
        && risk_rises(rich, medium, risky, burdened, beyond)
}

/// Whether the mean of a trait is much higher than in each of the others, and beyond chance where that is asked for.
fn is_much_higher(one: &Profile, others: &[&Profile], place: usize, beyond_chance: bool) -> bool {
    // The values of the whole book have a standard deviation of 1; those of a cluster have less.
    let errors = |one: &Trait, other: &Trait| {
        (one.standardised - other.standardised) / (1.0 / one.known as f64 + 1.0 / other.known as f64).sqrt()
    };
    let is_higher = |one: &Trait, other: &Trait| {
        let times = if beyond_chance { MUCH_MORE } else { STILL_MORE };
        one.mean >= times * other.mean && (!beyond_chance || errors(one, other) >= SURE_ERRORS)
    };
    others
        .iter()
        .all(|other| one.traits[place].zip(other.traits[place]).is_some_and(|(one, other)| is_higher(&one, &other)))
}

/// Whether risk rises from low to medium to higher, with the fourth between the ends. Risk is the share not recovered, or the
/// share that is late where no loan has an outcome.
fn risk_rises(low: &Profile, medium: &Profile, higher: &Profile, fourth: &Profile, beyond: Option<&Chance>) -> bool {
    let all = [low, medium, higher, fourth];
    let has_outcomes = all.iter().any(|profile| profile.not_recovered.of > 0);
    let risks: [Count; 4] = all.map(|profile| if has_outcomes { profile.not_recovered } else { profile.late });
    let [low, medium, higher, fourth] = risks;
    let is_over = |one: Count, other: Count| {
        one.share() > other.share() && beyond.is_none_or(|chance| chance.differ(one, other, 1))
    };
    // Both steps must hold, so no correction for two tests is needed.
    is_over(medium, low)
        && is_over(higher, medium)
        && (low.share()..=higher.share()).contains(&fourth.share())
        && fourth.of > 0
}
