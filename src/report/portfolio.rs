//! The whole book: its key figures, the money by strategy, and the loans to work first.

use rusqlite::{Connection, Row};

use super::format::{self, amount, compact, count, loans, ratio, share};
use super::table::Table;
use crate::error::Result;

pub const PORTFOLIO: &str = include_str!("queries/portfolio.sql");
pub const STRATEGIES: &str = include_str!("queries/strategies.sql");
const FIRST_LOANS: &str = include_str!("queries/first_loans.sql");

/// The view `portfolio`.
#[derive(Debug, Clone)]
pub struct Portfolio {
    pub as_of_date: String,
    pub currency: String,
    pub loans: i64,
    pub loans_scored: i64,
    pub loans_to_collect: i64,
    pub high_risk_loans: i64,
    pub outstanding: f64,
    pub to_collect: f64,
    pub at_risk: Option<f64>,
    pub high_risk_outstanding: f64,
    pub par30: OverDue,
    pub par90: OverDue,
}

/// The balance of the loans over a number of days past due.
#[derive(Debug, Clone)]
pub struct OverDue {
    pub loans: i64,
    pub outstanding: f64,
    pub percent: Option<f64>,
}

impl Portfolio {
    /// Reads the one row.
    ///
    /// # Errors
    /// Those of the database; there is no row where there is no complete run.
    pub fn read(connection: &Connection) -> Result<Self> {
        let over_due = |row: &Row<'_>, name: &str| -> rusqlite::Result<OverDue> {
            Ok(OverDue {
                loans: row.get(format!("{name}_loans").as_str())?,
                outstanding: row.get(format!("{name}_outstanding").as_str())?,
                percent: row.get(format!("{name}_percent").as_str())?,
            })
        };
        Ok(connection.query_row(PORTFOLIO, [], |row| {
            Ok(Self {
                as_of_date: row.get("as_of_date")?,
                currency: row.get("currency_code")?,
                loans: row.get("loans")?,
                loans_scored: row.get("loans_scored")?,
                loans_to_collect: row.get("loans_to_collect")?,
                high_risk_loans: row.get("high_risk_loans")?,
                outstanding: row.get("outstanding")?,
                to_collect: row.get("outstanding_to_collect")?,
                at_risk: row.get("balance_at_risk")?,
                high_risk_outstanding: row.get("high_risk_outstanding")?,
                par30: over_due(row, "par30")?,
                par90: over_due(row, "par90")?,
            })
        })?)
    }

    /// The currency and an amount in full.
    pub fn money(&self, value: f64) -> String {
        format!("{}\u{a0}{}", self.currency, amount(value))
    }

    /// The state of the book in one sentence.
    pub fn headline(&self) -> String {
        let owed = format!("On {} the book held {}", format::date(&self.as_of_date), loans(self.loans));
        if self.outstanding <= 0.0 {
            return format!("{owed}; nothing is owed.");
        }
        let late = self.par30.percent.unwrap_or(0.0) / 100.0;
        let collect = match self.loans_to_collect {
            0 => "none of it is still to be collected".to_owned(),
            number => format!(
                "{} {} still to be collected on {}",
                self.money(self.to_collect),
                if (self.to_collect - self.outstanding).abs() < 0.5 { "(all of it) is" } else { "is" },
                loans(number)
            ),
        };
        format!(
            "{owed} owing {}; {} of that is more than 30 days past due, and {collect}.",
            self.money(self.outstanding),
            share(late),
        )
    }

    /// The key figures. Where points by rule are in use, the score is no likelihood, and what it weighs no forecast.
    pub fn cards(&self, is_by_policy: bool) -> Vec<Card> {
        let short = |value: f64| format!("{}\u{a0}{}", self.currency, compact(value));
        let card = |label, value, detail| Card { label, value, detail };
        let at_risk = match self.at_risk {
            Some(at_risk) => card(
                "Balance at risk",
                short(at_risk),
                format!(
                    "{}: {}; {} of what is to collect",
                    self.money(at_risk),
                    if is_by_policy {
                        "points × balance, which orders the work and is no forecast"
                    } else {
                        "score × balance, the balance expected on loans that will not be fully recovered; part of it may \
                         still come back"
                    },
                    share(ratio(at_risk, self.to_collect))
                ),
            ),
            None => card("Balance at risk", format::NONE.to_owned(), self.no_figure().to_owned()),
        };
        let high_risk = if self.loans_scored > 0 && self.loans_to_collect > 0 {
            card(
                "High Risk loans to collect",
                count(self.high_risk_loans),
                format!(
                    "of {} still to collect; they owe {}",
                    count(self.loans_to_collect),
                    self.money(self.high_risk_outstanding)
                ),
            )
        } else {
            card("High Risk loans to collect", format::NONE.to_owned(), self.no_figure().to_owned())
        };
        vec![
            card(
                "Outstanding",
                short(self.outstanding),
                format!("{} on {}", self.money(self.outstanding), loans(self.loans)),
            ),
            card(
                "Still to collect",
                short(self.to_collect),
                format!("{} on {}", self.money(self.to_collect), loans(self.loans_to_collect)),
            ),
            at_risk,
            self.over_due_card("PAR30", &self.par30),
            self.over_due_card("PAR90", &self.par90),
            high_risk,
        ]
    }

    /// Why there is no figure that weighs the loans to collect by their scores.
    fn no_figure(&self) -> &'static str {
        if self.loans_to_collect == 0 { "no loan is still to be collected" } else { "not known: there are no scores" }
    }

    fn over_due_card(&self, label: &'static str, over_due: &OverDue) -> Card {
        let value = over_due.percent.map_or_else(|| format::NONE.to_owned(), |percent| share(percent / 100.0));
        let detail = format!(
            "{} ÷ {}; {} of {} loans",
            self.money(over_due.outstanding),
            self.money(self.outstanding),
            count(over_due.loans),
            count(self.loans)
        );
        Card { label, value, detail }
    }
}

/// One key figure.
#[derive(Debug)]
pub struct Card {
    pub label: &'static str,
    pub value: String,
    pub detail: String,
}

/// The loans still to be collected that fall under one rule.
#[derive(Debug)]
pub struct StrategyRow {
    pub name: String,
    pub band: String,
    pub loans: String,
    pub loans_share: String,
    pub balance: String,
    pub balance_share: String,
    pub at_risk: String,
    /// Width of the bar, in percent of the longest that there can be.
    pub width: String,
    pub is_approval_needed: bool,
}

/// Reads the strategies, in the order of the rules.
///
/// # Errors
/// Those of the database.
pub fn strategies(connection: &Connection, portfolio: &Portfolio) -> Result<Vec<StrategyRow>> {
    let mut statement = connection.prepare(STRATEGIES)?;
    let rows = statement.query_map([], |row| {
        let number: i64 = row.get("loans")?;
        let balance: f64 = row.get("outstanding")?;
        let part = ratio(balance, portfolio.to_collect);
        Ok(StrategyRow {
            name: row.get("strategy")?,
            band: row.get("risk_band")?,
            loans: count(number),
            loans_share: share(ratio(number as f64, portfolio.loans_to_collect as f64)),
            balance: amount(balance),
            balance_share: share(part),
            at_risk: format::amount_or_none(row.get("balance_at_risk")?),
            width: format!("{:.1}", part * 100.0),
            is_approval_needed: row.get("is_approval_needed")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The query behind the first loans, for as many as the lender wants.
pub fn first_loans_query(number: usize) -> String {
    FIRST_LOANS.replacen("limit 25", &format!("limit {number}"), 1)
}

/// Columns of the first loans.
const SEGMENT: usize = 7;
const WHY: usize = 8;

/// Reads the loans to work first.
///
/// # Errors
/// Those of the database.
pub fn first_loans(connection: &Connection, query: &str, portfolio: &Portfolio) -> Result<Table> {
    let mut statement = connection.prepare(query)?;
    let rows = statement.query_map([], |row| {
        let strategy: Option<String> = row.get("strategy")?;
        let reasons: Option<String> = row.get("reasons")?;
        let approval: Option<bool> = row.get("is_approval_needed")?;
        Ok(vec![
            count(row.get("priority")?),
            row.get("loan_id")?,
            row.get::<_, Option<String>>("borrower_id")?.unwrap_or_else(|| format::NONE.to_owned()),
            amount(row.get("outstanding")?),
            count(row.get("days_past_due")?),
            row.get::<_, Option<i64>>("missed_payments")?.map_or_else(|| format::NONE.to_owned(), count),
            format::decimal(row.get("risk_score")?, 2),
            row.get::<_, Option<String>>("segment")?.unwrap_or_else(|| format::NONE.to_owned()),
            reasons.filter(|reasons| !reasons.is_empty()).unwrap_or_else(|| format::NONE.to_owned()),
            strategy.unwrap_or_else(|| format::NONE.to_owned()),
            if approval == Some(true) { "needed" } else { format::NONE }.to_owned(),
        ])
    })?;
    let mut rows: Vec<Vec<String>> = rows.collect::<rusqlite::Result<_>>()?;
    // Reasons say more of a loan than its segment, and paper has no room for both; the worklist has both.
    if rows.iter().any(|row| row[WHY] != format::NONE) {
        rows.iter_mut().for_each(|row| format::NONE.clone_into(&mut row[SEGMENT]));
    }
    let caption = format!(
        "The first {} of {} still to be collected; amounts in {}",
        count(rows.len() as i64),
        loans(portfolio.loans_to_collect),
        portfolio.currency
    );
    let labels = [
        "#No.",
        "Loan",
        "Borrower",
        "#Outstanding",
        "#DPD",
        "#Missed",
        "#Score",
        "Segment",
        "Why",
        "Strategy",
        "Approver",
    ];
    Ok(Table::new(caption, &labels, rows).without_empty_columns())
}
