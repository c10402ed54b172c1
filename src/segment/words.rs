//! A trait of a cluster in words, with its value: rounded, so that a name stays the same from week to week while the cluster
//! does, and so that clusters which differ by less read the same.

use super::profile::{BURDEN, DAYS, INCOME, LOAN, MISSED, Profile};
use crate::format::{Style, fixed, whole_share};

/// Fewer days on average are those of a few loans that are late among many that are not.
const HARDLY_LATE: f64 = 3.0;

/// What the name of a cluster may say of each trait, in the order of the traits.
pub(super) fn phrases(profile: &Profile, style: &Style) -> [Option<String>; 5] {
    let mean = |place: usize| profile.traits[place].map(|told| told.mean);
    let amount = |value: f64| style.amount(two_figures(value));
    let mut phrases = [const { None }; 5];
    phrases[INCOME] = mean(INCOME).map(|income| format!("income {}", amount(income)));
    phrases[LOAN] = mean(LOAN).map(|loan| format!("loan {}", amount(loan)));
    phrases[BURDEN] = mean(BURDEN).map(|share| format!("EMI {} of income", whole_share(share)));
    phrases[MISSED] = mean(MISSED).map(missed);
    phrases[DAYS] = mean(DAYS).map(|days| late(days, style));
    phrases
}

/// The parts of a name as one text: "Income 24,000, EMI 52% of it".
pub(super) fn name(parts: &[&str]) -> String {
    let text = parts.join(", ");
    let text = if parts.first().is_some_and(|first| first.starts_with("income")) {
        text.replace("of income", "of it")
    } else {
        text
    };
    crate::format::sentence_case(&text)
}

fn missed(payments: f64) -> String {
    match payments {
        none if none <= 0.0 => "no missed payments".to_owned(),
        few if few < 0.05 => "hardly a missed payment".to_owned(),
        one if (one - 1.0).abs() < 0.05 => "1 missed payment".to_owned(),
        payments => {
            let text = fixed(payments, 1);
            format!("{} missed payments", text.strip_suffix(".0").unwrap_or(&text))
        }
    }
}

fn late(days: f64, style: &Style) -> String {
    match days {
        none if none <= 0.0 => "not late".to_owned(),
        // Most loans of such a cluster are current.
        few if few < HARDLY_LATE => "hardly late".to_owned(),
        days => format!("{} days late", style.amount(days)),
    }
}

/// A number rounded to two figures.
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
            [0.0, 0.01, 1.0, 2.04, 12.34].map(missed).join("; "),
            "no missed payments; hardly a missed payment; 1 missed payment; 2 missed payments; 12.3 missed payments"
        );
        assert_eq!(
            [-3.0, 0.2, 2.9, 45.4, 1_234.0].map(|days| late(days, &style)).join("; "),
            "not late; hardly late; hardly late; 45 days late; 1,234 days late"
        );
        assert_eq!(
            [0.0, 7.4, 24_444.0, 156_000.0, 99_600.0].map(|value| style.amount(two_figures(value))).join(" "),
            "0 7 24,000 1,60,000 1,00,000"
        );
    }

    #[test]
    fn a_burden_beside_the_income_does_not_repeat_it() {
        assert_eq!(name(&["income 24,000", "EMI 52% of income"]), "Income 24,000, EMI 52% of it");
        assert_eq!(name(&["EMI 52% of income", "45 days late"]), "EMI 52% of income, 45 days late");
    }
}
