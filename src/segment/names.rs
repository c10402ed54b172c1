//! Names for segments, from their own centres: never from cluster numbers, which change from seed to seed.
//!
//! Four clusters get the four names of the public method, all four always, in the one arrangement out of twenty-four that
//! fits the centres best. Any other number gets names made of what sets each cluster apart.

use crate::features::{FEATURES, position};

/// What a name of the public method says of a segment, each trait from -1 (lowest of the clusters) to 1 (highest).
struct Archetype {
    name: &'static str,
    traits: [Option<f64>; 4],
}

/// Traits in order: income, loan amount, burden, arrears.
const ARCHETYPES: [Archetype; 4] = [
    Archetype { name: "High Income, Low Default Risk", traits: [Some(1.0), None, None, Some(-1.0)] },
    Archetype { name: "Moderate Income, Medium Risk", traits: [Some(0.0), None, Some(-0.5), Some(0.0)] },
    Archetype { name: "Moderate Income, High Loan Burden", traits: [Some(0.0), None, Some(1.0), None] },
    Archetype { name: "High Loan, Higher Default Risk", traits: [None, Some(1.0), None, Some(1.0)] },
];

/// A cluster whose traits all lie nearer to the mean than this many standard deviations is an average one.
const AVERAGE_WITHIN: f64 = 0.25;

/// Features that say the same thing; a name takes one of a family.
const FAMILIES: [&[&str]; 8] = [
    &["monthly_income"],
    &["loan_amount", "outstanding", "monthly_emi"],
    &["days_past_due", "missed_payments"],
    &["burden"],
    &["collateral_value"],
    &["interest_rate_percent"],
    &["tenure_months"],
    &["age_years"],
];

/// Names every cluster. `profiles` are mean standardised features, `sizes` loans a cluster.
///
/// Gives (cluster, name) in the order in which segments are shown: the public method's for four, else by size.
pub fn name(profiles: &[Vec<Option<f64>>], sizes: &[usize]) -> Vec<(usize, String)> {
    if profiles.len() == ARCHETYPES.len() { by_archetype(profiles) } else { by_difference(profiles, sizes) }
}

fn by_archetype(profiles: &[Vec<Option<f64>>]) -> Vec<(usize, String)> {
    let traits = relative_traits(profiles);
    let mismatch = |cluster: usize, archetype: &Archetype| -> f64 {
        let pairs = traits[cluster].iter().zip(&archetype.traits);
        pairs.filter_map(|(is, wanted)| wanted.map(|wanted| (is - wanted).powi(2))).sum()
    };
    // Arrangements are tried in an order that depends on the centres, so that a tie does not fall to a cluster's number.
    let mut clusters: Vec<usize> = (0..profiles.len()).collect();
    clusters.sort_by(|one, other| {
        let pairs = traits[*one].iter().zip(&traits[*other]);
        pairs.map(|(one, other)| other.total_cmp(one)).find(|order| order.is_ne()).unwrap_or(one.cmp(other))
    });
    let mut best: Option<(f64, Vec<usize>)> = None;
    for arrangement in permutations(&clusters) {
        let total: f64 = arrangement.iter().zip(&ARCHETYPES).map(|(cluster, name)| mismatch(*cluster, name)).sum();
        if best.as_ref().is_none_or(|(least, _)| total < *least) {
            best = Some((total, arrangement));
        }
    }
    let arrangement = best.expect("four clusters have arrangements").1;
    arrangement.into_iter().zip(&ARCHETYPES).map(|(cluster, archetype)| (cluster, archetype.name.to_owned())).collect()
}

/// Income, loan amount, burden and arrears of each cluster, from -1 (lowest of all) to 1 (highest).
fn relative_traits(profiles: &[Vec<Option<f64>>]) -> Vec<[f64; 4]> {
    let mean_of = |profile: &[Option<f64>], names: &[&str]| -> f64 {
        let known: Vec<f64> = names.iter().filter_map(|name| profile[position(name)]).collect();
        if known.is_empty() { 0.0 } else { known.iter().sum::<f64>() / known.len() as f64 }
    };
    let sources: [&[&str]; 4] =
        [&["monthly_income"], &["loan_amount"], &["burden"], &["missed_payments", "days_past_due"]];
    let mut traits = vec![[0.0; 4]; profiles.len()];
    for (index, names) in sources.iter().enumerate() {
        let values: Vec<f64> = profiles.iter().map(|profile| mean_of(profile, names)).collect();
        let lowest = values.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (cluster, value) in values.into_iter().enumerate() {
            let is_spread = highest - lowest > 1e-9;
            traits[cluster][index] = if is_spread { 2.0 * (value - lowest) / (highest - lowest) - 1.0 } else { 0.0 };
        }
    }
    traits
}

fn permutations(items: &[usize]) -> Vec<Vec<usize>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (index, first) in items.iter().enumerate() {
        let rest: Vec<usize> = items.iter().enumerate().filter(|(at, _)| *at != index).map(|(_, item)| *item).collect();
        for tail in permutations(&rest) {
            all.push([&[*first], tail.as_slice()].concat());
        }
    }
    all
}

fn by_difference(profiles: &[Vec<Option<f64>>], sizes: &[usize]) -> Vec<(usize, String)> {
    if profiles.len() == 1 {
        return vec![(0, "All borrowers".to_owned())];
    }
    let distinctions: Vec<Vec<String>> = profiles.iter().map(|profile| distinctions(profile)).collect();
    let mut clusters: Vec<usize> = (0..profiles.len()).collect();
    clusters.sort_by(|one, other| {
        sizes[*other].cmp(&sizes[*one]).then_with(|| distinctions[*one].cmp(&distinctions[*other]))
    });
    let mut named: Vec<(usize, String)> = Vec::new();
    for cluster in clusters {
        let parts = &distinctions[cluster];
        let is_free = |name: &String| named.iter().all(|(_, taken)| taken != name);
        let lengths = parts.len().min(2)..=parts.len();
        let candidates = lengths.map(|length| sentence(&parts[..length]));
        let numbered = (2..).map(|number| format!("{} ({number})", sentence(&parts[..parts.len().min(2)])));
        let name = candidates.chain(numbered).find(is_free).expect("numbers do not end");
        named.push((cluster, name));
    }
    named
}

/// "high income", "low days past due": what sets a cluster apart, the strongest first, one of a family.
fn distinctions(profile: &[Option<f64>]) -> Vec<String> {
    let strongest = |family: &[&str]| {
        let known = family.iter().filter_map(|name| profile[position(name)].map(|value| (position(name), value)));
        known.max_by(|one, other| one.1.abs().total_cmp(&other.1.abs()))
    };
    let mut found: Vec<(usize, f64)> = FAMILIES.iter().filter_map(|family| strongest(family)).collect();
    found.retain(|(_, value)| value.abs() >= AVERAGE_WITHIN);
    found.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()).then(one.0.cmp(&other.0)));
    let words = |(feature, value): (usize, f64)| {
        format!("{} {}", if value > 0.0 { "high" } else { "low" }, FEATURES[feature].label)
    };
    found.into_iter().map(words).collect()
}

fn sentence(parts: &[String]) -> String {
    if parts.is_empty() {
        return "Average borrowers".to_owned();
    }
    let text = parts.join(", ");
    text[..1].to_uppercase() + &text[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(values: &[(&str, f64)]) -> Vec<Option<f64>> {
        let mut profile = vec![Some(0.0); FEATURES.len()];
        values.iter().for_each(|(name, value)| profile[position(name)] = Some(*value));
        profile
    }

    fn four() -> Vec<Vec<Option<f64>>> {
        vec![
            profile(&[("monthly_income", 0.1), ("burden", 1.5), ("missed_payments", 0.2)]),
            profile(&[("loan_amount", 1.4), ("missed_payments", 1.2), ("days_past_due", 1.3), ("burden", 0.3)]),
            profile(&[("monthly_income", 1.6), ("missed_payments", -0.8), ("burden", -0.9)]),
            profile(&[("monthly_income", -0.2), ("burden", -0.3), ("loan_amount", -0.6)]),
        ]
    }

    #[test]
    fn four_clusters_get_the_four_names_each_where_it_fits() {
        let named = name(&four(), &[1, 1, 1, 1]);
        let clusters: Vec<usize> = named.iter().map(|(cluster, _)| *cluster).collect();
        assert_eq!(clusters, [2, 3, 0, 1]);
    }

    #[test]
    fn names_do_not_depend_on_the_numbers_of_the_clusters() {
        let profiles = four();
        let expected = name(&profiles, &[1; 4]).into_iter().map(|(cluster, name)| (profiles[cluster].clone(), name));
        let expected: Vec<_> = expected.collect();
        for order in permutations(&[0, 1, 2, 3]) {
            let shuffled: Vec<_> = order.iter().map(|cluster| profiles[*cluster].clone()).collect();
            let named: Vec<_> =
                name(&shuffled, &[1; 4]).into_iter().map(|(at, name)| (shuffled[at].clone(), name)).collect();
            assert_eq!(named, expected);
        }
    }

    #[test]
    fn four_clusters_that_are_all_alike_still_get_four_names() {
        let named = name(&vec![profile(&[]); 4], &[5, 5, 5, 5]);
        let names: std::collections::BTreeSet<_> = named.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names.len(), 4);
    }

    #[test]
    fn other_numbers_are_named_for_what_sets_them_apart() {
        let profiles = [
            profile(&[("monthly_income", 1.2), ("days_past_due", -0.9), ("missed_payments", -0.8)]),
            profile(&[("days_past_due", 1.1), ("missed_payments", 1.0), ("burden", 0.6)]),
            profile(&[]),
        ];
        let names: Vec<String> = name(&profiles, &[10, 20, 30]).into_iter().map(|(_, name)| name).collect();
        let expected = ["Average borrowers", "High days past due, high loan burden", "High income, low days past due"];
        assert_eq!(names, expected);
    }

    #[test]
    fn two_clusters_never_share_a_name() {
        let names = name(&vec![profile(&[("burden", 1.0)]); 3], &[1, 1, 1]);
        let distinct: std::collections::BTreeSet<_> = names.iter().map(|(_, name)| name).collect();
        assert_eq!(distinct.len(), 3);
    }
}
