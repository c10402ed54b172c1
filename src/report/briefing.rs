//! The briefing: what the report's first screens and the e-mail say alike. What is the state, what changed, what to worry
//! about, and whom to call, as finished values.

use super::ReportSettings;
use super::alerts::{self, Alert};
use super::arrears::{self, Arrears};
use super::changes::Changes;
use super::figures::{self, Figure};
use super::first_loans::{self, Account};
use super::model::candidates::{self, Candidate};
use super::model::card::Card;
use super::model::trust::Trust;
use super::portfolio::{self, Portfolio};
use super::quality::{self, Run};
use super::scale::ScoreScale;
use super::strategies::Work;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, share};

/// What a manager with two minutes reads.
#[derive(Debug)]
pub struct Briefing {
    pub lender: String,
    /// The day that the run describes, as it reads.
    pub as_of: String,
    pub headline: Headline,
    pub figures: Vec<Figure>,
    /// At most seven, those with the most money first.
    pub alerts: Vec<Alert>,
    /// What is to be known of the alerts: that they overlap, and whether there are smaller ones.
    pub alerts_caption: String,
    pub accounts: Vec<Account>,
    /// What the scores of the accounts are.
    pub scale: ScoreScale,
    /// Of how many loans these are the first, or why there are none.
    pub accounts_caption: String,
    /// The balance by days past due, where anything is owed.
    pub arrears: Option<Arrears>,
    /// Whether the scores may be acted on, and why.
    pub trust: Trust,
    /// The number that matters most, in few words: for a subject.
    pub in_short: String,
}

/// Which columns of the accounts hold anything.
impl Briefing {
    pub fn has_scores(&self) -> bool {
        self.accounts.iter().any(|account| account.score != format::NONE)
    }

    pub fn has_reasons(&self) -> bool {
        self.accounts.iter().any(|account| account.reasons != format::NONE)
    }
}

/// The state of the book, whether its scores may be trusted, and whether its data are complete.
#[derive(Debug)]
pub struct Headline {
    pub state: String,
    pub scores: String,
    pub data: String,
    /// What changed since the run before, where there was one.
    pub change: Option<String>,
}

/// What the briefing is made from, read once for all of the report.
pub(super) struct Basis {
    pub book: Portfolio,
    pub changes: Option<Changes>,
    pub run: Run,
    pub card: Card,
    pub candidates: Vec<Candidate>,
}

impl Basis {
    pub fn read(shown: ShownRun<'_>, style: &Style) -> Result<Self> {
        Ok(Self {
            book: Portfolio::read(shown)?,
            changes: Changes::read(shown)?,
            run: quality::run(shown)?,
            card: Card::read(shown, style)?,
            candidates: candidates::read(shown)?,
        })
    }

    pub fn in_use(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.is_in_use)
    }
}

impl Briefing {
    pub(super) fn read(shown: ShownRun<'_>, settings: &ReportSettings, basis: &Basis) -> Result<Self> {
        let style = &settings.style;
        let Basis { book, run, .. } = basis;
        let changes = basis.changes.as_ref();
        let trust = Trust::of(&run.decision, basis.in_use(), &basis.card);
        let scale = ScoreScale::of(run.decision.is_by_policy());
        let query = first_loans::query(settings.first_loans);
        let accounts = first_loans::read(shown, &query, settings.mask, settings.accounts_room, scale, style)?;
        let (alerts, smaller) = alerts::read(shown, book, changes, run, trust.is_caution, style)?;
        Ok(Self {
            lender: settings.lender.clone(),
            as_of: format::date(&book.as_of_date),
            headline: Headline {
                state: state(shown, book, style)?,
                scores: format!("{}.", trust.heading),
                data: data(run, style),
                change: changes.and_then(|changes| changes.sentence(style)),
            },
            figures: figures::figures(book, changes, style),
            alerts,
            alerts_caption: alerts_caption(smaller),
            accounts_caption: Work::read(shown)?.caption(accounts.len(), style),
            accounts,
            scale,
            arrears: arrears::read(shown, changes.map(|changes| changes.since.as_str()), style)?,
            in_short: in_short(book, &trust, style),
            trust,
        })
    }
}

/// The state of the book: how many loans are live, what they owe, and how late.
fn state(shown: ShownRun<'_>, book: &Portfolio, style: &Style) -> Result<String> {
    let held = format!("On {} the book held {}", format::date(&book.as_of_date), style.loans(book.loans));
    let ended = book.ended(style);
    if book.live_loans == 0 {
        let Some(ended) = ended.filter(|_| book.closed_outstanding + book.written_off_outstanding > 0.0) else {
            return Ok(format!("{held}; nothing is owed."));
        };
        let advice = portfolio::how_to_collect(shown)?.map_or_else(String::new, |advice| format!(" {advice}"));
        return Ok(format!("{held}, and none is live: {ended}.{advice}"));
    }
    let late = match book.par30.loans {
        0 => "none".to_owned(),
        _ => share(book.par30.percent.unwrap_or(0.0) / 100.0),
    };
    let owed = format!("{}; {late} of that is more than 30 days past due.", style.money(book.outstanding));
    Ok(match (ended, book.live_loans) {
        (None, _) => format!("{held} owing {owed}"),
        (Some(ended), 1) => format!("{held}. 1 is live and owes {owed} {ended}."),
        (Some(ended), live) => format!("{held}. {} are live and owe {owed} {ended}.", style.count(live)),
    })
}

/// Whether all of the file is in these figures.
fn data(run: &Run, style: &Style) -> String {
    let (read, left_out) = (run.lines_read.unwrap_or(0), run.rows_rejected.unwrap_or(0));
    let skipped = run.lines_skipped.unwrap_or(0);
    let were = |lines: i64| if lines == 1 { "was" } else { "were" };
    let mut lines = match (left_out, read) {
        (0, 1) => "The one loan of the file was loaded".to_owned(),
        (0, read) if skipped > 0 => format!("{} lines of the file were loaded as loans", style.count(read)),
        (0, read) => format!("All {} lines of the file were loaded", style.count(read)),
        (left_out, read) => {
            format!("{} of {} lines of the file {} left out", style.count(left_out), style.count(read), were(left_out))
        }
    };
    if skipped > 0 {
        let verb = were(skipped);
        lines += &match skipped {
            1 => format!("; 1 line that is no loan {verb} skipped"),
            skipped => format!("; {} lines that are no loans {verb} skipped", style.count(skipped)),
        };
    }
    // What was left out is counted among the problems too.
    match run.values_unreadable {
        0 => format!("{lines}."),
        1 => format!("{lines}; 1 unreadable value is taken as missing."),
        values => format!("{lines}; {} unreadable values are taken as missing.", style.count(values)),
    }
}

fn alerts_caption(smaller: usize) -> String {
    let more = match smaller {
        0 => String::new(),
        1 => " A smaller one is in the view alerts.".to_owned(),
        smaller => format!(" {smaller} smaller ones are in the view alerts."),
    };
    format!("The most money first; a loan may be in several.{more}")
}

/// What a likelihood expects not to come back, where there is one to rely on; else what is late.
fn in_short(book: &Portfolio, trust: &Trust, style: &Style) -> String {
    match book.at_risk {
        _ if book.live_loans == 0 => "no live loan".to_owned(),
        Some(at_risk) if !trust.is_caution => {
            format!("{} at risk of {} outstanding", style.short_money(at_risk), style.short_money(book.outstanding))
        }
        _ => format!(
            "{} more than 30 days past due of {} outstanding",
            style.short_money(book.par30.outstanding),
            style.short_money(book.outstanding)
        ),
    }
}
