//! The accounts to work first, with the reason and the action for each.

use super::scale::ScoreScale;
use crate::db::ShownRun;
use crate::error::Result;
use crate::format::{self, Style};

/// The room for the accounts in the report, in bytes: enough for 500 with ordinary texts.
pub const REPORT_ROOM: usize = 300_000;

/// The room in the e-mail.
pub const MAIL_ROOM: usize = 20_000;

/// The markup around one account, in bytes, with its numbers.
const MARKUP: usize = 400;

pub struct Account {
    /// The position in the worklist, by which a masked loan can be found.
    pub priority: String,
    pub loan: String,
    /// Empty where the file has none.
    pub borrower: String,
    pub outstanding: String,
    pub days_past_due: String,
    pub score: String,
    pub reasons: String,
    pub action: String,
    pub is_approval_needed: bool,
}

pub fn query(number: usize) -> String {
    format!(
        "\
select
    priority, loan_id, borrower_id, outstanding, days_past_due, risk_score,
    reasons, strategy, is_approval_needed
from worklist_by_run
where run_id = ?1
order by priority
limit {number};
"
    )
}

/// As many accounts as fit into `room` bytes; `is_masked` shows only the ends of ids.
pub fn read(
    shown: ShownRun<'_>,
    query: &str,
    is_masked: bool,
    room: usize,
    scale: ScoreScale,
    style: &Style,
) -> Result<Vec<Account>> {
    let id = |id: String| if is_masked { masked(&id) } else { format::one_line(&id) };
    let text = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| format::NONE.to_owned());
    let accounts: Vec<Account> = shown.rows(query, |row| {
        Ok(Account {
            priority: style.count(row.get("priority")?),
            loan: id(row.get("loan_id")?),
            borrower: row.get::<_, Option<String>>("borrower_id")?.map(id).unwrap_or_default(),
            outstanding: style.money(row.get("outstanding")?),
            days_past_due: style.count(row.get("days_past_due")?),
            score: scale.written(row.get("risk_score")?, 2),
            reasons: reasons(&text(row.get("reasons")?)),
            action: format::one_line(&text(row.get("strategy")?)),
            is_approval_needed: row.get::<_, Option<bool>>("is_approval_needed")? == Some(true),
        })
    })?;
    let mut taken = 0;
    let fits = |account: &Account| {
        taken += account.size();
        taken <= room
    };
    Ok(accounts.into_iter().take_while(fits).collect())
}

impl Account {
    /// On the page, in bytes.
    fn size(&self) -> usize {
        let texts = [&self.loan, &self.borrower, &self.reasons, &self.action];
        MARKUP + texts.iter().map(|text| escaped_size(text)).sum::<usize>()
    }
}

/// The bytes of a text in HTML, which writes some letters as references of five.
fn escaped_size(text: &str) -> usize {
    let size = |letter: char| if "<>&\"'".contains(letter) { 5 } else { letter.len_utf8() };
    text.chars().map(size).sum()
}

/// Each reason is cut to one line: a lender's own feature may have long names and values.
fn reasons(reasons: &str) -> String {
    let lines: Vec<String> = reasons.split("; ").map(format::one_line).collect();
    format::sentence_case(&lines.join("; "))
}

/// The end of an id: enough to recognise it beside its worklist position, too little to identify the loan.
fn masked(id: &str) -> String {
    let letters: Vec<char> = id.chars().map(format::plain).collect();
    let shown = (letters.len() / 3).min(4);
    format!("•••{}", letters[letters.len() - shown..].iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_id_shows_at_most_a_third_of_itself_and_not_how_long_it_was() {
        for (id, shown) in [
            ("", "•••"),
            ("7", "•••"),
            ("L12", "•••2"),
            ("LN_253", "•••53"),
            ("ACC-2026-0001", "•••0001"),
            ("आधार१२३४", "•••३४"),
            ("LN_25\u{202e}3", "•••\u{20}3"),
        ] {
            assert_eq!(masked(id), shown, "{id}");
        }
        assert_eq!(masked(&"9".repeat(70_000)).chars().count(), 7);
    }
}
