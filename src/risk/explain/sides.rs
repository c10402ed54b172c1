//! Whether a loan's value agrees with a reason, so that no reason goes against the direction of its feature.
//!
//! A model may say that collateral of 125 % of the balance raises the risk; such a contribution becomes part of the rest.

use std::collections::BTreeMap;

use crate::features::{Book, Feature, Monotone};

#[derive(Debug)]
struct Directed<'a> {
    values: &'a [f32],
    sign: f32,
    safest: f32,
    median: f32,
    riskiest: f32,
}

#[derive(Debug, Default)]
pub struct Sides<'a>(BTreeMap<String, Directed<'a>>);

impl<'a> Sides<'a> {
    pub fn of(features: &[Feature], book: &'a Book) -> Self {
        let live: Vec<usize> = (0..book.loans()).filter(|row| book.to_collect[*row] > 0.0).collect();
        let mut sides = BTreeMap::new();
        for feature in features {
            let sign = match feature.monotone {
                Monotone::Up => 1.0,
                Monotone::Down => -1.0,
                Monotone::None => continue,
            };
            // All forms of a feature have its direction; it alone is spoken of.
            let Some((_, values)) = book.dataset.records().known(&feature.family) else { continue };
            if !sides.contains_key(&feature.family)
                && let Some(directed) = Directed::of(values, sign, &live)
            {
                sides.insert(feature.family.clone(), directed);
            }
        }
        Self(sides)
    }

    /// Whether a reason of this sign agrees with the loan's value: what raises the risk is no safer than the median and not
    /// the safest, what lowers it no riskier and not the riskiest.
    pub fn bear_out(&self, family: &str, loan: usize, is_raising: bool) -> bool {
        let Some(directed) = self.0.get(family) else { return true };
        let risk = directed.values[loan] * directed.sign;
        if risk.is_nan() {
            return true;
        }
        if is_raising {
            risk >= directed.median && risk > directed.safest
        } else {
            risk <= directed.median && risk < directed.riskiest
        }
    }

    pub fn is_riskier_than_most(&self, family: &str, loan: usize) -> bool {
        self.0.get(family).is_some_and(|directed| directed.values[loan] * directed.sign > directed.median)
    }
}

impl<'a> Directed<'a> {
    fn of(values: &'a [f32], sign: f32, live: &[usize]) -> Option<Self> {
        let mut known: Vec<f32> = live.iter().map(|row| values[*row]).filter(|value| !value.is_nan()).collect();
        known.sort_unstable_by(f32::total_cmp);
        let (least, most) = (*known.first()?, *known.last()?);
        let median = known[known.len() / 2] * sign;
        let (safest, riskiest) = if sign > 0.0 { (least, most) } else { (-most, -least) };
        Some(Self { values, sign, safest, median, riskiest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(values: &[f32], monotone: Monotone) -> Sides<'_> {
        let sign = if monotone == Monotone::Up { 1.0 } else { -1.0 };
        let live: Vec<usize> = (0..values.len()).collect();
        let directed = Directed::of(values, sign, &live).unwrap();
        Sides([("coverage".to_owned(), directed)].into())
    }

    #[test]
    fn what_most_loans_fall_short_of_raises_no_risk() {
        let values = [0.0, 0.5, 1.0, 1.25, 2.0, f32::NAN];
        let sides = sides(&values, Monotone::Down);
        let raises: Vec<bool> = (0..6).map(|loan| sides.bear_out("coverage", loan, true)).collect();
        let lowers: Vec<bool> = (0..6).map(|loan| sides.bear_out("coverage", loan, false)).collect();
        assert_eq!(raises, [true, true, true, false, false, true]);
        assert_eq!(lowers, [false, false, true, true, true, true]);
        assert!(sides.is_riskier_than_most("coverage", 1) && !sides.is_riskier_than_most("coverage", 2));
        assert!(sides.bear_out("age_years", 0, true), "without a direction, the model's word counts");
    }

    #[test]
    fn nobody_who_is_current_has_a_risk_from_it_though_most_are() {
        let sides = sides(&[0.0, 0.0, 0.0, 5.0, 40.0], Monotone::Up);
        assert!(!sides.bear_out("coverage", 0, true) && sides.bear_out("coverage", 0, false));
        assert!(sides.bear_out("coverage", 3, true) && !sides.bear_out("coverage", 3, false));
    }
}
