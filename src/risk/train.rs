//! The stage of a run: look whether finished loans are like live ones, audit the features, let the candidates learn, judge
//! them, choose, explain.
//!
//! A book that no model can learn from is no failure: its loans have the policy score, and a sentence says what was lacking.

use super::audit::{self, AuditFinding, AuditedColumn, Treatment};
use super::candidates::{Candidate, Known};
use super::explain::{self, Explanation};
use super::fairness::{self, Groups, Screen};
use super::gate::{self, Case, Decision, LEAST_OF_A_KIND, Source};
use super::policy::PolicyScores;
use super::support::{self, Gap};
use crate::columns::normalised;
use crate::config::{Config, Model, Risk};
use crate::error::Result;
use crate::features::{Book, FEATURES, Feature};
use linfa::dataset::Records;

#[derive(Debug)]
pub struct Judgement {
    pub decision: Decision,
    /// Which candidate the configuration asks for, over the gate.
    pub forced: Option<Source>,
    pub candidates: Vec<Candidate>,
    pub findings: Vec<AuditFinding>,
    pub screens: Vec<Screen>,
    pub explanation: Explanation,
}

impl Judgement {
    pub fn in_use(&self) -> &Candidate {
        let is_used = |candidate: &&Candidate| candidate.model.source() == self.decision.source;
        self.candidates.iter().find(is_used).expect("a source is chosen from the candidates")
    }

    /// Whether each loan's score in use is of a model that did not learn from it, where it might have.
    pub fn is_out_of_sample(&self, book: &Book) -> Vec<bool> {
        let learns = self.decision.source != Source::Policy;
        book.dataset.targets().iter().map(|outcome| learns && outcome.is_some()).collect()
    }

    pub fn scores(&self, source: Source) -> Option<&[f64]> {
        let found = self.candidates.iter().find(|candidate| candidate.model.source() == source)?;
        Some(&found.scores)
    }
}

/// Judges the book. Features that the audit bars are taken out of its matrix. `progress` gets how many of how many steps
/// (mostly trees) are done.
///
/// # Errors
/// [`super::RiskError`] for settings that make no model; a book that makes none is no error.
pub fn judge(
    book: &mut Book,
    policy: PolicyScores,
    config: &Config,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Judgement> {
    let known = Known::of(book, config.seed);
    let groups = Groups::of_loans(book, &known.rows);
    let unlike_live = unlike_live(book, config);
    let findings = audit_features(book, &known, &unlike_live.by_feature, config);
    let thresholds = config.thresholds();
    let mut candidates = Vec::new();
    if can_learn(book, &known, &config.risk) {
        let (forest, (boosting, logistic)) = rayon::join(
            || Candidate::forest(book, &known, &config.risk, &thresholds, config.seed, progress),
            || {
                rayon::join(
                    || Candidate::boosting(book, &known, &thresholds, config.seed),
                    || Candidate::logistic(book, &known, &thresholds),
                )
            },
        );
        candidates.extend([forest?, boosting?, logistic?]);
    }
    let policy = Candidate::of_policy(policy, &known, &thresholds)?;
    let decision = decide(&candidates, &policy, &known, &findings, unlike_live.reason.as_deref(), config)?;
    candidates.push(policy);
    let forced = match config.risk.model {
        Model::Auto => None,
        Model::Forest => Some(Source::Forest),
        Model::Boosting => Some(Source::Boosting),
        Model::Logistic => Some(Source::Logistic),
        Model::Policy => Some(Source::Policy),
    };
    let decision = match forced {
        Some(asked) => decision.overridden(asked),
        None => decision,
    };
    let mut judgement =
        Judgement { decision, forced, candidates, findings, screens: Vec::new(), explanation: Explanation::default() };
    let in_use = judgement.in_use();
    let screens = screens(&groups, &known, &in_use.scores, config.risk.high_risk_from)?;
    let explanation = explain::explain(book, &known, in_use, config)?;
    (judgement.screens, judgement.explanation) = (screens, explanation);
    Ok(judgement)
}

struct UnlikeLive {
    by_feature: Vec<Option<Gap>>,
    reason: Option<String>,
}

/// Looks for values that finished loans do not share with live ones. In a feature of every book these stop all models,
/// because such a feature decides the outcome of a live loan. A feature of the lender's own is only kept out.
fn unlike_live(book: &Book, config: &Config) -> UnlikeLive {
    let features = book.dataset.records().features();
    let mut by_feature = vec![None; features.len()];
    for found in support::unlike(book) {
        by_feature[found.feature] = Some(found.gap);
    }
    let is_own = |name: &str| config.feature.iter().any(|own| own.name == name);
    let pairs = features.iter().zip(&by_feature).filter(|(feature, _)| !is_own(&feature.name));
    let standard: Vec<(&Feature, Gap)> = pairs.filter_map(|(feature, gap)| Some((feature, (*gap)?))).collect();
    UnlikeLive { reason: support::reason(&standard), by_feature }
}

fn audit_features(book: &mut Book, known: &Known, unlike_live: &[Option<Gap>], config: &Config) -> Vec<AuditFinding> {
    let matrix = book.dataset.records();
    let style = config.currency.style(&config.currency.code);
    let own_column = |name: &str| {
        let own = config.feature.iter().find(|own| own.name == name)?;
        Some(own.column.as_str())
    };
    let columns: Vec<AuditedColumn> = matrix
        .features()
        .iter()
        .enumerate()
        .map(|(place, feature)| AuditedColumn {
            subject: &feature.name,
            own_column: own_column(&feature.name),
            kind: &feature.kind,
            values: matrix.column(place),
            style: &style,
        })
        .collect();
    let outcomes: Vec<Option<bool>> = book.dataset.targets().to_vec();
    let mut findings = audit::audit(&columns, &outcomes, &book.id_hashes, &known.borrowers);
    for ((finding, column), gap) in findings.iter_mut().zip(&columns).zip(unlike_live) {
        if let Some(gap) = gap {
            let is_own = column.own_column.is_some();
            finding.treatment = if is_own { Treatment::Barred } else { Treatment::Refused };
            finding.reason = gap.words();
        }
    }
    let is_kept = findings.iter().zip(unlike_live);
    let is_kept: Vec<bool> =
        is_kept.map(|(finding, gap)| finding.treatment != Treatment::Barred && gap.is_none()).collect();
    book.dataset.records.keep(&is_kept);
    let is_forced = |name: &str| config.feature.iter().any(|own| normalised(&own.column) == normalised(name));
    let barred = audit::BARRED.iter().map(|(name, _)| *name).filter(|name| !is_forced(name));
    findings.extend(audit::barred_columns(barred));
    findings
}

fn can_learn(book: &Book, known: &Known, settings: &Risk) -> bool {
    let of_kinds = gate::borrowers_of_kinds(&known.outcomes, &known.borrowers);
    book.dataset.records().nfeatures() > 0
        && known.rows.len() >= settings.min_outcomes
        && of_kinds.into_iter().all(|borrowers| borrowers >= LEAST_OF_A_KIND)
}

fn decide(
    candidates: &[Candidate],
    policy: &Candidate,
    known: &Known,
    findings: &[AuditFinding],
    unlike_live: Option<&str>,
    config: &Config,
) -> Result<Decision> {
    let judged: Vec<(Source, Vec<f64>)> =
        candidates.iter().map(|candidate| (candidate.model.source(), known.pick(&candidate.scores))).collect();
    let contenders: Vec<gate::Candidate> = candidates
        .iter()
        .zip(&judged)
        .filter_map(|(candidate, (source, scores))| {
            let metrics = &candidate.worth.as_ref()?.metrics;
            Some(gate::Candidate { source: *source, scores, metrics })
        })
        .collect();
    let refused = findings.iter().find(|finding| finding.treatment == Treatment::Refused);
    let label_of = |finding: &AuditFinding| label(&finding.subject);
    let warned = findings.iter().filter(|finding| finding.treatment == Treatment::Warned);
    let warned: Vec<String> = warned.map(label_of).collect();
    let is_own = |finding: &&AuditFinding| config.feature.iter().any(|own| own.name == finding.subject);
    let barred = findings.iter().filter(|finding| finding.treatment == Treatment::Barred).filter(is_own);
    let barred: Vec<String> =
        barred.map(|finding| format!("{} was kept out ({})", label_of(finding), finding.reason)).collect();
    let label = refused.map(label_of);
    let policy_scores = known.pick(&policy.scores);
    let calibrated_policy =
        if contenders.is_empty() { policy_scores.clone() } else { known.calibrated(&policy_scores)? };
    Ok(gate::decide(&Case {
        outcomes: &known.outcomes,
        borrowers: &known.borrowers,
        policy_scores: &policy_scores,
        calibrated_policy: &calibrated_policy,
        candidates: &contenders,
        least_outcomes: config.risk.min_outcomes,
        refused_feature: label.as_deref(),
        unlike_live,
        barred_features: &barred,
        warned_features: &warned,
        style: &config.currency.style(&config.currency.code),
        seed: config.seed,
    })?)
}

/// How people call a feature.
fn label(name: &str) -> String {
    let standard = FEATURES.iter().find(|feature| feature.name == name);
    standard.map_or_else(|| name.replace('_', " "), |feature| feature.label.to_owned())
}

fn screens(groups: &[Groups], known: &Known, scores: &[f64], threshold: f64) -> Result<Vec<Screen>> {
    if known.rows.is_empty() {
        return Ok(Vec::new());
    }
    let scores = known.pick(scores);
    let screen = |groups: &Groups| Ok(fairness::screen(groups, &scores, &known.outcomes, &known.borrowers, threshold)?);
    groups.iter().map(screen).collect()
}
