//! The gate's decision in words: one plain sentence for a credit manager, and one about each model for those who know the
//! measures.

use super::{
    CandidateResult, Case, Decision, LEAST_OF_A_KIND, Source, TOO_GOOD_AUC, Test, Verdict, borrowers_of_kinds,
};
use crate::format::{fixed, list};
use crate::risk::evaluate::Interval;

const THE_SCORES_ARE: &str = "The scores are ";
const SAME_RISK: &str = "the same risk for every loan";
const POLICY_POINTS: &str = "the policy points";
const CALIBRATED_POINTS: &str = "the policy points turned into probabilities";

impl Source {
    pub fn name(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Boosting => "boosting",
            Self::Logistic => "logistic",
            Self::Policy => "policy",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Self::Forest => "the random forest",
            Self::Boosting => "gradient boosting",
            Self::Logistic => "the logistic regression",
            Self::Policy => POLICY_POINTS,
        }
    }
}

pub(super) fn too_few(case: &Case) -> Option<String> {
    let known = case.outcomes.len();
    let not_recovered = case.outcomes.iter().filter(|outcome| **outcome).count();
    let recovered = known - not_recovered;
    if known == 0 {
        return Some("no loan has a known outcome to learn from".to_owned());
    }
    if known < case.least_outcomes {
        let verb = if known == 1 { "loan has" } else { "loans have" };
        return Some(format!(
            "only {} {verb} a known outcome and a model needs {}",
            case.style.count(known as i64),
            case.style.count(case.least_outcomes as i64)
        ));
    }
    if recovered.min(not_recovered) < LEAST_OF_A_KIND {
        return Some(format!(
            "of the {} loans with a known outcome {} were fully recovered and {} were not, and a model needs \
             {LEAST_OF_A_KIND} of each",
            case.style.count(known as i64),
            case.style.count(recovered as i64),
            case.style.count(not_recovered as i64)
        ));
    }
    let [of_recovered, of_not_recovered] = borrowers_of_kinds(case.outcomes, case.borrowers);
    (of_recovered.min(of_not_recovered) < LEAST_OF_A_KIND).then(|| {
        format!(
            "the {} loans that were fully recovered are of {of_recovered} borrowers and the {} that were not of \
             {of_not_recovered}, and a model needs {LEAST_OF_A_KIND} borrowers of each",
            case.style.count(recovered as i64),
            case.style.count(not_recovered as i64)
        )
    })
}

pub(super) fn no_candidate(case: &Case) -> String {
    let rest = "no column that a model may use distinguishes the loans";
    match case.barred_features {
        [] => format!("{rest}: all values are missing, or the same for all"),
        barred => format!("{rest}: {}, and all other values are missing, or the same for all", barred.join("; ")),
    }
}

pub(super) fn too_good(case: &Case) -> Option<String> {
    if let Some(feature) = case.refused_feature {
        return Some(format!(
            "{feature} alone all but decides the outcomes: it seems to have been written down after them, or they are derived from it; give \
             it as it was before them"
        ));
    }
    let candidate = case.candidates.iter().find(|candidate| candidate.metrics.auc_low >= TOO_GOOD_AUC)?;
    Some(format!(
        "{} separates the outcomes almost perfectly ({}), which honest data do not allow: a column seems to have been \
         written down after the outcome",
        candidate.source.words(),
        times_right(candidate.metrics.auc)
    ))
}

pub(super) fn policy_because(reason: &str) -> String {
    format!("{THE_SCORES_ARE}the policy points, because {reason}.")
}

pub(super) fn none_better(case: &Case, results: &[CandidateResult]) -> String {
    let (by_chance, others): (Vec<&CandidateResult>, Vec<&CandidateResult>) =
        results.iter().partition(|result| matches!(result.failed, Some(Test::Chance) | None));
    let mut reasons: Vec<String> = others.into_iter().map(shortfall).collect();
    if !by_chance.is_empty() {
        reasons.insert(0, no_better_than_chance(&by_chance));
    }
    let who = if results.len() == 1 { "the model was not" } else { "no model was" };
    format!(
        "{who} shown to do better on {} finished loans: {}",
        case.style.count(case.outcomes.len() as i64),
        reasons.join("; ")
    )
}

fn no_better_than_chance(results: &[&CandidateResult]) -> String {
    let each: Vec<String> = results
        .iter()
        .map(|result| format!("{} ranked {} right", result.source.words(), times(result.auc.value)))
        .collect();
    format!(
        "of 100 pairs of a loan that was fully recovered and one that was not, {}; chance alone ranks 50 right, and may \
         explain the difference",
        list(&each)
    )
}

fn shortfall(result: &CandidateResult) -> String {
    let who = result.source.words();
    match result.failed {
        Some(Test::Chance) | None => no_better_than_chance(&[result]),
        Some(Test::BaseRate) => no_closer(result, result.better_than_base, SAME_RISK),
        Some(Test::Policy) => no_closer(result, result.better_than_policy, POLICY_POINTS),
        Some(Test::CalibratedPolicy) if result.better_than_calibrated_policy.value > 0.0 => {
            let points = times(result.auc.value - result.auc_over_policy.value);
            format!("{who} {}, and {POLICY_POINTS} did so {points} times", put_above(result.auc.value))
        }
        Some(Test::CalibratedPolicy) => no_closer(result, result.better_than_calibrated_policy, CALIBRATED_POINTS),
    }
}

fn no_closer(result: &CandidateResult, difference: Interval, rival: &str) -> String {
    let who = result.source.words();
    if difference.value > 0.0 {
        let percent = percent_smaller(result, difference);
        return format!("{who} came {percent} closer to what happened than {rival}, which may be chance");
    }
    format!("{who} came no closer to what happened than {rival}")
}

pub(super) fn model_because(case: &Case, results: &[CandidateResult], champion: usize) -> String {
    let result = &results[champion];
    let others = results.iter().filter(|other| other.source != result.source && other.failed.is_none());
    let other = others.min_by(|one, other| one.brier.total_cmp(&other.brier));
    let beside = other.map_or(String::new(), |other| {
        let (percent, who) = (100.0 * (other.brier - result.brier) / other.brier, other.source.words());
        if percent >= 0.5 {
            format!(" and {percent:.0}% closer than {who}")
        } else if percent < 0.0 {
            format!(", and as close as {who}, which is less simple, but for what may be chance")
        } else {
            format!(", and about as close as {who}")
        }
    });
    format!(
        "{THE_SCORES_ARE}those of {}, because on {} finished loans that it had not seen it {} (chance alone: 50), and came \
         {} closer to what happened than {CALIBRATED_POINTS}, {} closer than {SAME_RISK}{beside}{}.",
        result.source.words(),
        case.style.count(case.outcomes.len() as i64),
        put_above(result.auc.value),
        percent_smaller(result, result.better_than_calibrated_policy),
        percent_smaller(result, result.better_than_base),
        but_warned(case),
    )
}

/// What makes the scores doubtful all the same: the end of a sentence, empty where nothing does.
fn but_warned(case: &Case) -> String {
    let [names @ .., last] = case.warned_features else { return String::new() };
    let (names, was) = match names {
        [] => (last.clone(), "was"),
        names => (format!("{} and {last}", names.join(", ")), "were"),
    };
    format!(
        "; but {names} may have been written down after the outcome, so rely on the scores only if you know that {names} {was} \
         known before"
    )
}

pub(super) fn overridden(decision: &Decision, asked: Source, exists: bool) -> String {
    let gate = format!("{}{}", decision.sentence[..1].to_lowercase(), &decision.sentence[1..]);
    if !exists {
        return format!(
            "{} was asked for (model = {}), but there is no such model of this book: {gate}",
            capitalised(asked.words()),
            asked.name()
        );
    }
    if asked == decision.chosen {
        return format!("As asked for (model = {}), and as the gate would have it: {gate}", asked.name());
    }
    format!(
        "The scores are those of {}, because they were asked for (model = {}); left to the gate, they would be {}",
        asked.words(),
        asked.name(),
        decision.sentence.strip_prefix(THE_SCORES_ARE).unwrap_or(&decision.sentence)
    )
}

pub(super) fn verdict(result: &CandidateResult, is_accepted: bool, refusal: &Option<String>) -> Verdict {
    let CandidateResult { source, auc, brier, better_than_base, better_than_policy, auc_over_policy, failed, .. } =
        *result;
    let better_than_calibrated_policy = result.better_than_calibrated_policy;
    let outcome = match (refusal, failed) {
        (Some(reason), _) => format!("refused with all models, because {reason}"),
        (None, None) => "accepted".to_owned(),
        (None, Some(Test::Chance)) => "refused: the lower end of the interval of its AUC is not above 0.5".to_owned(),
        (None, Some(Test::BaseRate)) => {
            "refused: its Brier score is not shown to be below that of the base rate".to_owned()
        }
        (None, Some(Test::Policy)) => {
            "refused: its Brier score is not shown to be below that of the policy score".to_owned()
        }
        (None, Some(Test::CalibratedPolicy)) => {
            "refused: its Brier score is not below that of the calibrated policy score, or its AUC is below that of the \
             policy score by more than a standard error"
                .to_owned()
        }
    };
    let sentence = format!(
        "{}: {outcome}; AUC {}, {}; Brier score {brier:.4}, {}, {} and {} (95% intervals: DeLong, paired bootstrap).",
        capitalised(source.words()),
        ends(auc, 3),
        beside(["over", "under"], "policy score", auc_over_policy, 3),
        beside(["below", "above"], "base rate", better_than_base, 4),
        beside(["below", "above"], "policy score", better_than_policy, 4),
        beside(["below", "above"], "calibrated policy score", better_than_calibrated_policy, 4),
    );
    Verdict { is_accepted, sentence, result: *result }
}

fn put_above(auc: f64) -> String {
    format!("ranked the loan that was not fully recovered above the one that was, {} times in 100", times(auc))
}

fn times_right(auc: f64) -> String {
    format!("right {} times in 100", times(auc))
}

/// An AUC as a number of times in 100; rounding never makes it certain.
fn times(auc: f64) -> String {
    let rounded = format!("{:.0}", 100.0 * auc);
    if rounded == "100" && auc < 1.0 { "more than 99".to_owned() } else { rounded }
}

/// By how much the model's mean error is smaller than that of the other score, in percent of it.
fn percent_smaller(result: &CandidateResult, difference: Interval) -> String {
    let percent = 100.0 * difference.value / (result.brier + difference.value);
    if percent < 0.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// A difference to another score, on the side where it lies: no score is below another by less than nothing.
fn beside([more, less]: [&str; 2], rival: &str, difference: Interval, places: usize) -> String {
    let Interval { value, lower, upper } = difference;
    let (side, difference) =
        if value < 0.0 { (less, Interval { value: -value, lower: -upper, upper: -lower }) } else { (more, difference) };
    format!("{side} that of the {rival} by {}", ends(difference, places))
}

fn ends(interval: Interval, places: usize) -> String {
    let Interval { value, lower, upper } = interval;
    let [value, lower, upper] = [value, lower, upper].map(|end| fixed(end, places));
    format!("{value} ({lower} to {upper})")
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_stated_on_the_side_where_it_lies() {
        let stated = |value: f64| {
            let difference = Interval { value, lower: value - 0.01, upper: value + 0.02 };
            beside(["below", "above"], "policy score", difference, 4)
        };
        assert_eq!(stated(0.003), "below that of the policy score by 0.0030 (-0.0070 to 0.0230)");
        assert_eq!(stated(-0.003), "above that of the policy score by 0.0030 (-0.0170 to 0.0130)");
    }
}
