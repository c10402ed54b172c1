//! The content of the message: the report's briefing as text and as HTML, the report, and the worklist if configured. It loads
//! nothing from the network and stays small: accounts are few, and texts from the file or the settings are cut.

use askama::Template;

use crate::config::Config;
use crate::db::ShownRun;
use crate::error::Result;
use crate::export;
use crate::report::{self, Briefing};

/// The most accounts in the message; the report may list more.
const MOST_ACCOUNTS: usize = 15;

#[derive(Debug)]
pub struct Content {
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub attachments: Vec<AttachedFile>,
}

#[derive(Debug)]
pub struct AttachedFile {
    pub name: &'static str,
    pub kind: &'static str,
    pub bytes: Vec<u8>,
}

#[derive(Template)]
#[template(path = "mail/report.html")]
struct Html<'a> {
    subject: &'a str,
    briefing: &'a Briefing,
    is_masked: bool,
    closing: &'a str,
}

#[derive(Template)]
#[template(path = "mail/report.txt")]
struct Text<'a> {
    briefing: &'a Briefing,
    is_masked: bool,
    closing: &'a str,
}

pub fn content(shown: ShownRun<'_>, config: &Config) -> Result<Content> {
    let mut settings = report::ReportSettings::of(shown, config)?;
    settings.mask |= config.mail.mask;
    let is_masked = settings.mask;
    let page = report::render(shown, &settings)?;
    settings.first_loans = settings.first_loans.min(MOST_ACCOUNTS);
    settings.accounts_room = report::MAIL_ROOM;
    let briefing = report::brief(shown, &settings)?;
    let mut attachments =
        vec![AttachedFile { name: "report.html", kind: "text/html; charset=utf-8", bytes: page.into_bytes() }];
    if config.mail.attach_worklist {
        let mut bytes = Vec::new();
        export::worklist(shown, &mut bytes)?;
        attachments.push(AttachedFile { name: "worklist.csv", kind: "text/csv; charset=utf-8", bytes });
    }
    let closing = if config.mail.attach_worklist {
        "Attached: the full report, which opens in any browser, and the whole worklist as CSV. A person decides: nothing \
         here has been sent to a borrower or filed."
    } else {
        "Attached: the full report, which opens in any browser. The whole worklist is in worklist.csv, on the machine that \
         made it. A person decides: nothing here has been sent to a borrower or filed."
    };
    let subject = format!("{}: {} ({})", briefing.lender, briefing.in_short, briefing.as_of).replace('\u{a0}', " ");
    let html = Html { subject: &subject, briefing: &briefing, is_masked, closing }.render()?;
    let text = Text { briefing: &briefing, is_masked, closing }.render()?;
    Ok(Content { subject, text, html: Some(html), attachments })
}
