//! The briefing, which the report's first screens and the e-mail share: the state of the book, what changed, what to worry
//! about, and whom to call.

use super::ReportSettings;
use super::alerts::{self, Alert};
use super::arrears::{self, Arrears};
use super::changes::Changes;
use super::figures::{self, KeyFigure};
use super::first_loans::{self, Account};
use super::model::candidates::{self, Candidate};
use super::model::card::Card;
use super::model::trust::Trust;
use super::month;
use super::portfolio::{self, Portfolio};
use super::quality::{self, RunFacts};
use super::scale::ScoreScale;
use super::strategies::Work;
use super::trend::Sparks;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style, share};

const TO_COME: &str = "With the next weekly file, this report also says what changed; with five, where loans moved in a month and \
                       what was collected; with about 17, how many of the loans that fell behind caught up.";

pub struct Briefing {
    pub lender: String,
    pub as_of: String,
    pub headline: Headline,
    pub figures: Vec<KeyFigure>,
    /// At most seven, largest amounts first.
    pub alerts: Vec<Alert>,
    pub alerts_caption: String,
    pub accounts: Vec<Account>,
    pub scale: ScoreScale,
    /// How many loans there are to work, or why there are none.
    pub accounts_caption: String,
    /// `None` where nothing is owed.
    pub arrears: Option<Arrears>,
    pub trust: Trust,
    /// The number that matters most, for the subject of a mail.
    pub in_short: String,
}

pub struct Headline {
    pub state: String,
    pub scores: String,
    pub data: String,
    /// Since the run before.
    pub change: Option<String>,
    /// What the last month moved and brought in, or, of a first file, what later ones will add.
    pub month: Option<String>,
}

/// What the briefing and the rest of the report are made from, read once.
pub(super) struct ReportData {
    pub book: Portfolio,
    pub changes: Option<Changes>,
    pub run: RunFacts,
    pub card: Card,
    pub candidates: Vec<Candidate>,
}

impl ReportData {
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
    pub fn has_scores(&self) -> bool {
        self.accounts.iter().any(|account| account.score != format::NONE)
    }

    pub fn has_reasons(&self) -> bool {
        self.accounts.iter().any(|account| account.reasons != format::NONE)
    }

    pub(super) fn read(shown: ShownRun<'_>, settings: &ReportSettings, data: &ReportData) -> Result<Self> {
        let style = &settings.style;
        let ReportData { book, run, .. } = data;
        let changes = data.changes.as_ref();
        let trust = Trust::of(&run.decision, data.in_use(), &data.card);
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
                data: completeness(run, style),
                change: changes.and_then(|changes| changes.sentence(style)),
                month: match changes {
                    None => Some(TO_COME.to_owned()),
                    Some(_) => month::in_short(shown, style)?,
                },
            },
            figures: figures::figures(book, changes, Sparks::read(shown)?, style),
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

fn completeness(run: &RunFacts, style: &Style) -> String {
    let (read, left_out) = (run.lines_read.unwrap_or(0), run.rows_rejected.unwrap_or(0));
    let skipped = run.lines_skipped.unwrap_or(0);
    let mut lines = match (left_out, read) {
        (0, 1) => "The one loan in the file was loaded".to_owned(),
        (0, read) if skipped > 0 => format!("{} lines of the file were loaded as loans", style.count(read)),
        (0, read) => format!("All {} lines of the file were loaded", style.count(read)),
        (left_out, read) => {
            let were = if left_out == 1 { "was" } else { "were" };
            format!("{} of {} lines of the file {were} left out", style.count(left_out), style.count(read))
        }
    };
    lines += &match skipped {
        0 => String::new(),
        1 => "; 1 line that is not a loan was skipped".to_owned(),
        skipped => format!("; {} lines that are not loans were skipped", style.count(skipped)),
    };
    // What was left out is counted among the problems too.
    match run.values_unreadable {
        0 => format!("{lines}."),
        1 => format!("{lines}; 1 unreadable value counts as missing."),
        values => format!("{lines}; {} unreadable values count as missing.", style.count(values)),
    }
}

fn alerts_caption(smaller: usize) -> String {
    let more = match smaller {
        0 => String::new(),
        1 => " 1 smaller alert is in the view alerts.".to_owned(),
        smaller => format!(" {smaller} smaller alerts are in the view alerts."),
    };
    format!("Largest amounts first; a loan can be in more than one.{more}")
}

/// The balance at risk where the scores can be relied on, else what is late.
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
