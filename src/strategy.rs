//! The lender's rules applied: a score and days past due give an action. Nothing here takes legal action; a rule may require a
//! named approver.

use crate::config::{Bound, Condition, FULL_POINTS, Strategy, conditions};
use crate::features::Book;

/// What to do about the loans of a book, and in which order.
#[derive(Debug)]
pub struct Plan {
    /// The position of the rule of each loan.
    pub rules: Vec<usize>,
    /// The live loans that need work, the first to work first.
    pub worklist: Vec<usize>,
}

/// The worklist goes by the money at risk (score × balance) or, where the scores are points, by whole points, and of loans with
/// equally many the largest balance comes first, so that a large loan that is barely late does not displace a small one that is
/// about to be lost.
pub fn plan(book: &Book, scores: &[f64], are_points: bool, policy: &[Strategy]) -> Plan {
    let conditions = conditions(policy);
    let rule = |row: usize| choose(scores[row], book.days_past_due[row], &conditions);
    let rules: Vec<usize> = (0..book.loans()).map(rule).collect();
    let owed = |row: usize| book.to_collect[row];
    let weight = |row: usize| if are_points { (scores[row] * FULL_POINTS).round() } else { scores[row] * owed(row) };
    let mut worklist: Vec<usize> = book.live().filter(|row| policy[rules[*row]].on_worklist).collect();
    worklist.sort_unstable_by(|one, other| {
        let by_weight = weight(*other).total_cmp(&weight(*one));
        by_weight.then(owed(*other).total_cmp(&owed(*one))).then(one.cmp(other))
    });
    Plan { rules, worklist }
}

/// The first rule whose condition the loan meets.
///
/// # Panics
/// When there is no rule; a checked configuration has one.
fn choose(score: f64, days_past_due: i64, conditions: &[Condition]) -> usize {
    let last = conditions.len().checked_sub(1).expect("at least one rule");
    conditions.iter().position(|condition| condition.holds(score, days_past_due)).unwrap_or(last)
}

/// A bound with two decimals, or as many as it has.
fn written(score: f64) -> String {
    let short = format!("{score:.2}");
    if short.parse() == Ok(score) { short } else { score.to_string() }
}

/// The loans of each rule in words: "over 0.75, 31 days late or more", "0.50 and over, not late", "under 0.50", without what
/// earlier rules take entirely.
pub fn bands(conditions: &[Condition]) -> Vec<String> {
    let band = |(position, condition): (usize, &Condition)| {
        let earlier = &conditions[..position];
        let taken_from = earlier.iter().filter(|rule| rule.takes_days_of(*condition)).filter_map(|rule| rule.bound);
        let upper = taken_from.reduce(|lowest, bound| if lowest.is_within(bound) { lowest } else { bound });
        let later_days = earlier
            .iter()
            .filter(|rule| rule.takes_scores_of(*condition) && !rule.takes_days_of(*condition))
            .map(|rule| rule.least_days_past_due - 1);
        let days = days_in_words(condition.least_days_past_due, later_days.min());
        match (scores_in_words(condition.bound, upper), days) {
            (Some(scores), Some(days)) => format!("{scores}, {days}"),
            (Some(words), None) | (None, Some(words)) => words,
            (None, None) => "every score".to_owned(),
        }
    };
    conditions.iter().enumerate().map(band).collect()
}

fn scores_in_words(lower: Option<Bound>, upper: Option<Bound>) -> Option<String> {
    Some(match (lower, upper) {
        (None, None) => return None,
        (None, Some(above)) if above.is_included => format!("under {}", written(above.score)),
        (None, Some(above)) => format!("up to {}", written(above.score)),
        (Some(bound), None) if bound.is_included => format!("{} and over", written(bound.score)),
        (Some(bound), None) => format!("over {}", written(bound.score)),
        (Some(bound), Some(above)) => {
            let from = if bound.is_included { "" } else { "over " };
            let to = if above.is_included { "under " } else { "" };
            format!("{from}{} to {to}{}", written(bound.score), written(above.score))
        }
    })
}

fn days_in_words(least: i64, most: Option<i64>) -> Option<String> {
    let days = |days: i64| if days == 1 { "1 day".to_owned() } else { format!("{days} days") };
    Some(match (least, most) {
        (0, None) => return None,
        (0, Some(0)) => "not late".to_owned(),
        (0, Some(most)) => format!("up to {} late", days(most)),
        (least, None) => format!("{} late or more", days(least)),
        (least, Some(most)) if least == most => format!("{} late", days(least)),
        (least, Some(most)) => format!("{least} to {} late", days(most)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, conditions};

    fn conditions_of(text: &str) -> Vec<Condition> {
        conditions(&Config::parse(text).unwrap().strategy)
    }

    fn condition(score: f64, is_included: bool, least_days_past_due: i64) -> Condition {
        Condition { bound: Some(Bound { score, is_included }), least_days_past_due }
    }

    const REST: Condition = Condition { bound: None, least_days_past_due: 0 };

    #[test]
    fn the_middle_band_takes_both_its_ends() {
        let conditions = conditions_of("");
        for (score, rule) in
            [(1.0, 0), (0.75_f64.next_up(), 0), (0.75, 1), (0.6, 1), (0.5, 1), (0.5_f64.next_down(), 3), (0.0, 3)]
        {
            assert_eq!(choose(score, 31, &conditions), rule, "{score}");
        }
    }

    #[test]
    fn by_default_no_legal_notice_goes_out_under_31_days_and_no_settlement_offer_at_0() {
        let conditions = conditions_of("");
        for (score, days, rule) in [
            (0.9, 31, 0),
            (0.9, 30, 1),
            (0.9, 1, 1),
            (0.9, 0, 2),
            (0.9, -40, 2),
            (0.6, 200, 1),
            (0.6, 0, 2),
            (0.4, 200, 3),
            (0.4, 31, 3),
            (0.4, 30, 4),
            (0.4, 0, 4),
        ] {
            assert_eq!(choose(score, days, &conditions), rule, "{score} {days}");
        }
    }

    #[test]
    fn no_loan_gets_a_rule_whose_condition_it_misses_nor_one_after_the_first_that_it_meets() {
        let policies = [
            "",
            "[[strategy]]\nname = \"a\"\nfrom_days_past_due = 91\n[[strategy]]\nname = \"b\"\nabove = 0.3\n\
             from_days_past_due = 5\n[[strategy]]\nname = \"c\"\nfrom = 0.8\n[[strategy]]\nname = \"d\"",
        ];
        for policy in policies {
            let conditions = conditions_of(policy);
            for (score, days) in
                (0..=100).flat_map(|score| (-2..=120).map(move |days| (f64::from(score) / 100.0, days)))
            {
                let chosen = choose(score, days, &conditions);
                let rule = conditions[chosen];
                assert!(days.max(0) >= rule.least_days_past_due, "{score} {days}");
                assert!(rule.bound.is_none_or(|bound| score >= bound.score), "{score} {days}");
                let is_met = |rule: &Condition| rule.holds(score, days);
                assert!(!conditions[..chosen].iter().any(is_met), "{score} {days}");
            }
        }
    }

    #[test]
    fn bands_say_which_ends_they_take() {
        let mixed = [condition(0.9, true, 0), condition(0.4, false, 0), REST];
        assert_eq!(bands(&mixed), ["0.90 and over", "over 0.40 to under 0.90", "up to 0.40"]);
        assert_eq!(bands(&[REST]), ["every score"]);
        assert_eq!(bands(&[condition(0.755, false, 0), REST]), ["over 0.755", "up to 0.755"]);
    }

    #[test]
    fn bands_say_how_late_a_loan_must_be() {
        assert_eq!(
            bands(&conditions_of("")),
            [
                "over 0.75, 31 days late or more",
                "0.50 and over, 1 day late or more",
                "0.50 and over, not late",
                "under 0.50, 31 days late or more",
                "under 0.50, up to 30 days late"
            ]
        );
        let by_days = |least_days_past_due| Condition { bound: None, least_days_past_due };
        assert_eq!(
            bands(&[by_days(91), by_days(90), by_days(31), by_days(1), REST]),
            ["91 days late or more", "90 days late", "31 to 89 days late", "1 to 30 days late", "not late"]
        );
        // The first rule leaves to the others what is less late; the second leaves its own bound to the third, however late.
        let mixed = [condition(0.7, true, 31), condition(0.5, false, 2), condition(0.5, true, 0), REST];
        assert_eq!(
            bands(&mixed),
            ["0.70 and over, 31 days late or more", "over 0.50, 2 days late or more", "0.50 and over", "under 0.50"]
        );
        assert_eq!(bands(&[by_days(2), REST]), ["2 days late or more", "up to 1 day late"]);
    }
}
