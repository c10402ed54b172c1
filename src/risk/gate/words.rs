//! The gate's decision in words: one plain sentence for a credit manager, and one about each model for those who know the
//! measures.

use super::{Case, Decision, Finding, LEAST_OF_A_KIND, Source, TOO_GOOD_AUC, Test, Verdict, borrowers_of_kinds};
use crate::format::fixed;
use crate::risk::evaluate::Interval;

/// How each decision begins.
const THE_SCORES_ARE: &str = "The scores are ";
/// What everybody is measured against in the plain sentences.
const SAME_RISK: &str = "the same risk for every loan";
const POLICY_POINTS: &str = "the policy points";
const CALIBRATED_POINTS: &str = "the policy points turned into likelihoods";

impl Source {
    /// How the database and the command line call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Boosting => "boosting",
            Self::Logistic => "logistic",
            Self::Policy => "policy",
        }
    }

    /// How people call it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Forest => "the random forest",
            Self::Boosting => "gradient boosting",
            Self::Logistic => "the logistic regression",
            Self::Policy => POLICY_POINTS,
        }
    }
}

/// Why no model can be judged, if the outcomes are too few: the end of a sentence.
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

/// Why there is no candidate where outcomes are enough: the end of a sentence.
pub(super) fn no_candidate(case: &Case) -> String {
    let rest = "no column that a model may see tells the loans apart";
    match case.barred_features {
        [] => format!("{rest}: all values are missing, or the same for all"),
        barred => format!("{rest}: {}, and all other values are missing, or the same for all", barred.join("; ")),
    }
}

/// Why no model may be trusted, if one is too good to be true: the end of a sentence.
pub(super) fn too_good(case: &Case) -> Option<String> {
    if let Some(feature) = case.refused_feature {
        return Some(format!(
            "{feature} alone all but decides the outcomes: it seems to be written down after them, or they are made from it; give it as it \
             stood before"
        ));
    }
    let candidate = case.candidates.iter().find(|candidate| candidate.metrics.auc_low >= TOO_GOOD_AUC)?;
    Some(format!(
        "{} tells the outcomes apart almost without fail ({}), which no honest data allow: a column seems to be written \
         down after the outcome",
        candidate.source.words(),
        times_right(candidate.metrics.auc)
    ))
}

/// The sentence where no model is used.
pub(super) fn policy_because(reason: &str) -> String {
    format!("{THE_SCORES_ARE}the policy points, because {reason}.")
}

/// Why none passed: the end of a sentence.
pub(super) fn none_better(case: &Case, findings: &[Finding]) -> String {
    let (by_chance, others): (Vec<&Finding>, Vec<&Finding>) =
        findings.iter().partition(|finding| matches!(finding.failed, Some(Test::Chance) | None));
    let mut reasons: Vec<String> = others.into_iter().map(shortfall).collect();
    if !by_chance.is_empty() {
        reasons.insert(0, no_better_than_chance(&by_chance));
    }
    let who = if findings.len() == 1 { "the model was not" } else { "no model was" };
    format!(
        "{who} shown to do better on {} finished loans: {}",
        case.style.count(case.outcomes.len() as i64),
        reasons.join("; ")
    )
}

/// How the models did that were not shown to beat chance.
fn no_better_than_chance(findings: &[&Finding]) -> String {
    let each: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} times with {}", times(finding.auc.value), finding.source.words()))
        .collect();
    let all = match &each[..] {
        [names @ .., last] if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        _ => each.concat(),
    };
    format!(
        "of 100 pairs of a loan that was fully recovered and one that was not, the latter had the higher score {all}; chance \
         alone gives 50, and may well give these"
    )
}

/// What a model lacked that was shown to beat chance, in plain words.
fn shortfall(finding: &Finding) -> String {
    let who = finding.source.words();
    match finding.failed {
        Some(Test::Chance) | None => no_better_than_chance(&[finding]),
        Some(Test::BaseRate) => no_closer(finding, finding.better_than_base, SAME_RISK),
        Some(Test::Policy) => no_closer(finding, finding.better_than_policy, POLICY_POINTS),
        Some(Test::CalibratedPolicy) if finding.better_than_calibrated_policy.value > 0.0 => {
            let points = times(finding.auc.value - finding.auc_over_policy.value);
            format!("{who} {}, and {POLICY_POINTS} did so {points} times", put_above(finding.auc.value))
        }
        Some(Test::CalibratedPolicy) => no_closer(finding, finding.better_than_calibrated_policy, CALIBRATED_POINTS),
    }
}

fn no_closer(finding: &Finding, difference: Interval, rival: &str) -> String {
    let who = finding.source.words();
    if difference.value > 0.0 {
        let percent = percent_smaller(finding, difference);
        return format!("{who} came {percent} closer to what happened than {rival}, which may be chance");
    }
    format!("{who} came no closer to what happened than {rival}")
}

/// The sentence where a model is used.
pub(super) fn model_because(case: &Case, findings: &[Finding], champion: usize) -> String {
    let finding = &findings[champion];
    let others = findings.iter().filter(|other| other.source != finding.source && other.failed.is_none());
    let other = others.min_by(|one, other| one.brier.total_cmp(&other.brier));
    let beside = other.map_or(String::new(), |other| {
        let (percent, who) = (100.0 * (other.brier - finding.brier) / other.brier, other.source.words());
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
        finding.source.words(),
        case.style.count(case.outcomes.len() as i64),
        put_above(finding.auc.value),
        percent_smaller(finding, finding.better_than_calibrated_policy),
        percent_smaller(finding, finding.better_than_base),
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

/// The sentence where somebody decided over the gate.
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

/// The verdict on a candidate; `refusal` is what forbids every model.
pub(super) fn verdict(finding: &Finding, is_accepted: bool, refusal: &Option<String>) -> Verdict {
    let Finding { source, auc, brier, better_than_base, better_than_policy, auc_over_policy, failed, .. } = *finding;
    let better_than_calibrated_policy = finding.better_than_calibrated_policy;
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
    Verdict {
        source,
        is_accepted,
        sentence,
        auc,
        brier,
        better_than_base,
        better_than_policy,
        better_than_calibrated_policy,
        auc_over_policy,
    }
}

/// What an AUC means, after the name of a model.
fn put_above(auc: f64) -> String {
    format!("ranked the loan that was not fully recovered above the one that was, {} times in 100", times(auc))
}

fn times_right(auc: f64) -> String {
    format!("right {} times in 100", times(auc))
}

/// An AUC as so many times in 100; rounding never makes it certain.
fn times(auc: f64) -> String {
    let rounded = format!("{:.0}", 100.0 * auc);
    if rounded == "100" && auc < 1.0 { "more than 99".to_owned() } else { rounded }
}

/// By how much the model's mean error is smaller than the rival's, in percent of the rival's.
fn percent_smaller(finding: &Finding, difference: Interval) -> String {
    let percent = 100.0 * difference.value / (finding.brier + difference.value);
    if percent < 0.95 { format!("{percent:.1}%") } else { format!("{percent:.0}%") }
}

/// A difference to a rival's score, on the side where it lies: no score is below another by less than nothing.
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
    fn a_difference_is_told_on_the_side_where_it_lies() {
        let told = |value: f64| {
            let difference = Interval { value, lower: value - 0.01, upper: value + 0.02 };
            beside(["below", "above"], "policy score", difference, 4)
        };
        assert_eq!(told(0.003), "below that of the policy score by 0.0030 (-0.0070 to 0.0230)");
        assert_eq!(told(-0.003), "above that of the policy score by 0.0030 (-0.0170 to 0.0130)");
    }
}
