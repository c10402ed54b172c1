//! A trait of a cluster in words, with its value rounded, so that names stay the same from week to week and nearly equal
//! clusters read the same.

use super::profile::{BURDEN, DAYS, INCOME, LOAN, MISSED, Profile, Trait};
use crate::format::{Style, whole_share};

/// What a name may say of each trait, as precisely as it says it; `None` where it says nothing.
pub(super) fn values(profile: &Profile) -> [Option<f64>; 5] {
    let mean = |place: usize| profile.traits[place].map(|known| known.mean);
    let mut values = [None; 5];
    values[INCOME] = mean(INCOME).map(two_figures);
    values[LOAN] = mean(LOAN).map(two_figures);
    values[BURDEN] = mean(BURDEN).map(|share| (share * 100.0).round() / 100.0);
    let arrears = |is_used: fn(&Trait) -> bool| {
        [MISSED, DAYS].map(|place| profile.traits[place].filter(is_used).map(|arrears| arrears.median.round().max(0.0)))
    };
    [values[MISSED], values[DAYS]] = arrears(sets_apart);
    if values.iter().all(Option::is_none) {
        [values[MISSED], values[DAYS]] = arrears(|_| true);
    }
    values
}

/// The value from which [`values`] takes that of a trait, unrounded.
pub(super) fn exact(known: &Trait, place: usize) -> f64 {
    if [MISSED, DAYS].contains(&place) { known.median } else { known.mean }
}

/// "Not late" does not describe a cluster that has more arrears than the book.
fn sets_apart(arrears: &Trait) -> bool {
    arrears.median > 0.0 || arrears.standardised < 0.0
}

/// In the order of the traits.
pub(super) fn phrases(profile: &Profile, style: &Style) -> [Option<String>; 5] {
    let values = values(profile);
    std::array::from_fn(|place| values[place].map(|value| phrase(place, value, style)))
}

/// "income 24,000", "not late".
pub(super) fn phrase(place: usize, value: f64, style: &Style) -> String {
    match place {
        INCOME => format!("income {}", style.amount(value)),
        LOAN => format!("loan {}", style.amount(value)),
        BURDEN => format!("EMI {} of income", whole_share(value)),
        MISSED => missed(value, style),
        _ => late(value, style),
    }
}

/// "Income 24,000, EMI 52% of it".
pub(super) fn name(parts: &[String]) -> String {
    let text = parts.join(", ");
    let text = if text.starts_with("income") { text.replace("of income", "of it") } else { text };
    crate::format::sentence_case(&text)
}

fn missed(payments: f64, style: &Style) -> String {
    match payments {
        none if none <= 0.0 => "no missed payments".to_owned(),
        1.0 => "1 missed payment".to_owned(),
        payments => format!("{} missed payments", style.amount(payments)),
    }
}

fn late(days: f64, style: &Style) -> String {
    match days {
        none if none <= 0.0 => "not late".to_owned(),
        1.0 => "1 day late".to_owned(),
        days => format!("{} days late", style.amount(days)),
    }
}

fn two_figures(value: f64) -> f64 {
    if value == 0.0 {
        return 0.0;
    }
    let step = 10_f64.powf(value.abs().log10().floor() - 1.0);
    // Dividing by a power of ten keeps a whole number whole, where multiplying by its inverse would not.
    if step >= 1.0 { (value / step).round() * step } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_a_person_says_them() {
        let style = Style::of_currency("INR");
        assert_eq!(
            [0.0, 1.0, 2.0, 12.0].map(|payments| missed(payments, &style)).join("; "),
            "no missed payments; 1 missed payment; 2 missed payments; 12 missed payments"
        );
        assert_eq!(
            [0.0, 1.0, 45.0, 1_234.0].map(|days| late(days, &style)).join("; "),
            "not late; 1 day late; 45 days late; 1,234 days late"
        );
        assert_eq!(
            [0.0, 7.4, 24_444.0, 156_000.0, 99_600.0].map(|value| style.amount(two_figures(value))).join(" "),
            "0 7 24,000 1,60,000 1,00,000"
        );
    }

    #[test]
    fn not_late_is_said_only_of_those_that_are_less_late_than_the_book() {
        let style = Style::of_currency("INR");
        let said = |median: f64, standardised: f64, income: bool| {
            let mut traits = [None; 5];
            traits[DAYS] = Some(Trait { mean: 5.0, median, standardised, known: 198 });
            traits[INCOME] = income.then_some(Trait { mean: 9.0, median: 9.0, standardised: 0.1, known: 198 });
            let none = crate::chance::Count::default();
            let profile = Profile { loans: 198, traits, not_recovered: none, late: none };
            values(&profile)[DAYS].map(|days| phrase(DAYS, days, &style))
        };
        assert_eq!(said(0.0, -0.6, true).as_deref(), Some("not late"));
        assert_eq!(said(0.0, 0.4, true), None);
        assert_eq!(said(0.0, 0.4, false).as_deref(), Some("not late"), "nothing else is known");
        assert_eq!(said(31.0, 0.4, true).as_deref(), Some("31 days late"));
    }

    #[test]
    fn a_burden_beside_the_income_does_not_repeat_it() {
        assert_eq!(name(&["income 24,000", "EMI 52% of income"].map(str::to_owned)), "Income 24,000, EMI 52% of it");
        assert_eq!(name(&["EMI 52% of income", "45 days late"].map(str::to_owned)), "EMI 52% of income, 45 days late");
    }
}
