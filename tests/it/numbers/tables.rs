//! Each number in a table of the report is in a result of the section's own queries.

use std::collections::BTreeSet;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::{tokens, two_weeks, words};

/// What a query gives: every number, and every number within a text.
struct Answer {
    values: Vec<f64>,
    written: BTreeSet<String>,
}

impl Answer {
    fn of(db: &Connection, query: &str) -> Self {
        let mut statement = db.prepare(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        let columns = statement.column_count();
        let mut answer = Self { values: Vec::new(), written: BTreeSet::new() };
        let mut by_column: Vec<Vec<f64>> = vec![Vec::new(); columns];
        let mut rows = statement.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            let mut in_row = Vec::new();
            for (place, kept) in by_column.iter_mut().enumerate() {
                match row.get::<_, Value>(place).expect("a value") {
                    Value::Integer(number) => in_row.push((place, number as f64)),
                    Value::Real(number) => in_row.push((place, number)),
                    Value::Text(text) => answer.written.extend(tokens(&text)),
                    _ => {}
                }
                kept.extend(in_row.last().filter(|(column, _)| *column == place).map(|(_, value)| *value));
            }
            // Of a row, what one number is of another, and of the others together.
            for (_, part) in &in_row {
                answer.values.push(*part);
                answer.values.extend(
                    in_row.iter().map(|(_, whole)| part / whole).filter(|share| share.is_finite() && *share <= 1.0),
                );
            }
        }
        // Of a column, what each number is of all.
        for column in by_column {
            let sum: f64 = column.iter().sum();
            answer.values.extend(column.iter().map(|part| part / sum).filter(|share| share.is_finite()));
        }
        answer
    }
}

/// The ends of the columns of scores.
const ENDS: [f64; 21] = {
    let mut ends = [0.0; 21];
    let mut place = 0;
    while place < 21 {
        ends[place] = place as f64 / 20.0;
        place += 1;
    }
    ends
};

/// Whether a number as it is written is one of the values, as far as it is written: whole, rounded, in percent or in lakh.
fn is_one_of(token: &str, unit: &str, values: &[f64]) -> bool {
    let plain = token.replace(',', "");
    let Ok(number) = plain.parse::<f64>() else { return false };
    let decimals = plain.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let scale = if unit.starts_with('%') {
        0.01
    } else if unit.starts_with(" L") {
        1e5
    } else if unit.starts_with(" Cr") {
        1e7
    } else {
        1.0
    };
    let half = 0.5 * 0.1_f64.powf(decimals as f64) * scale;
    values.iter().any(|value| (value.abs() - number * scale).abs() <= half * 1.000_001 + 1e-9)
}

/// The text after a number; for the first of two, as in “36 to 49%”, the text after the second.
fn unit_of(rest: &str) -> &str {
    let second =
        rest.strip_prefix(" to ").map(|next| next.trim_start_matches(|letter: char| !matches!(letter, '%' | ' ')));
    second.filter(|unit| unit.starts_with('%')).unwrap_or(rest)
}

/// A query as the report reads it, to be asked further.
fn read(query: &str) -> String {
    let path = format!("{}/src/report/queries/{query}.sql", env!("CARGO_MANIFEST_DIR"));
    let query = std::fs::read_to_string(path).expect("a query of the report").replace("?1", "2");
    format!("({})", query.trim_end().trim_end_matches(';'))
}

/// What the tables show that are reckoned further than their queries, reckoned here in SQL.
fn further(caption: &str) -> Option<String> {
    let quantiles = |measure: &str| {
        format!(
            "with known as (
                 select iif(is_not_recovered is null, 'none', outcome) as grouped, {measure} as value
                 from loans where {measure} is not null
             ), placed as (
                 select grouped, value, row_number() over (partition by grouped order by value) as place,
                     count(*) over (partition by grouped) as loans
                 from known
             )
             select max(loans), min(value) filter (where place >= 0.05 * loans),
                 min(value) filter (where place >= 0.25 * loans), min(value) filter (where place >= 0.5 * loans),
                 min(value) filter (where place >= 0.75 * loans), min(value) filter (where place >= 0.95 * loans)
             from placed group by grouped"
        )
    };
    let shown = |group: &str| format!("select count(*) from {} group by {group}", read("points"));
    let asked = [
        ("Loans by loan amount", format!("select bar * width, (bar + 1) * width, loans from {}", read("amounts"))),
        ("against monthly income, by outcome", shown("outcome")),
        ("against monthly income, by segment", shown("segment")),
        ("Missed payments by recovery status", quantiles("missed_payments")),
        ("Monthly income by outcome", quantiles("monthly_income")),
        ("Loan amount by outcome", quantiles("loan_amount")),
        (
            "Share not recovered by score",
            "select count(*), avg(risk_score), avg(is_not_recovered) from loans
             where risk_score is not null and is_not_recovered is not null
             group by min(cast(risk_score * 10 as integer), 9)"
                .to_owned(),
        ),
        (
            "at each threshold",
            "with at as (
                 select cast(substr(metric, instr(metric, '@') + 1) as real) as score,
                     sum(value) filter (where metric like 'true_pos%') as warned,
                     sum(value) filter (where metric like 'false_pos%') as alarms,
                     sum(value) filter (where metric like 'false_neg%') as missed
                 from model_metrics join models using (model_id)
                 where run_id = 2 and is_in_use and metric like '%@%'
                 group by 1
             )
             select score, warned + alarms, warned, alarms, missed, warned / (warned + missed),
                 warned / (warned + alarms)
             from at"
                .to_owned(),
        ),
    ];
    let found = asked.into_iter().find(|(words, _)| caption.contains(words));
    found.map(|(_, query)| query)
}

#[test]
fn every_number_in_a_table_of_the_report_is_one_that_its_queries_give() {
    let dir = two_weeks();
    let db = dir.db();
    let report = dir.report();
    let (mut checked, mut tables) = (0, 0);
    for section in report.split("<section").skip(1) {
        let queries = section.split("<code>").skip(1).filter_map(|rest| rest.split_once("</code>"));
        let queries: Vec<String> =
            queries.map(|(query, _)| plain_query(query)).filter(|query| query.contains("select")).collect();
        let mut answers: Vec<Answer> = queries.iter().map(|query| Answer::of(&db, query)).collect();
        answers.push(Answer::of(&db, "select outstanding from portfolio"));
        answers.push(Answer::of(&db, "select * from strategy_summary"));
        answers.push(Answer::of(&db, "select round(outstanding) - round(outstanding_before) from arrears_summary"));
        answers.push(Answer::of(&db, "select 1 - avg(is_not_recovered) from loans group by payment_history"));
        let values: Vec<f64> = answers.iter().flat_map(|answer| answer.values.iter().copied()).collect();
        let written: BTreeSet<&String> = answers.iter().flat_map(|answer| &answer.written).collect();
        for table in section.split("<table").skip(1).filter_map(|rest| rest.split_once("</table>")) {
            let caption = table.0.split("</caption>").next().unwrap_or_default();
            let further = further(caption).map(|query| Answer::of(&db, &query).values);
            let values = further.as_ref().unwrap_or(&values);
            tables += 1;
            let body = table.0.split_once("<tbody>").expect("a body").1;
            for cell in body.split("<t").filter_map(|cell| cell.split_once('>')).map(|(_, text)| words(text)) {
                let mut rest = cell.as_str();
                while let Some(start) = rest.find(|letter: char| letter.is_ascii_digit()) {
                    let piece = &rest[start..];
                    let end = piece
                        .find(|letter: char| !letter.is_ascii_digit() && letter != ',' && letter != '.')
                        .unwrap_or(piece.len());
                    let token = piece[..end].trim_matches([',', '.']);
                    let is_end =
                        ["by risk score", "Share not recovered by score"].iter().any(|words| caption.contains(words))
                            && is_one_of(token, "", &ENDS);
                    let is_known = is_end
                        || written.contains(&token.to_owned())
                        || is_one_of(token, unit_of(&piece[end..]), values);
                    assert!(is_known, "{token} in “{cell}” of “{caption}” is in no query of its section");
                    checked += 1;
                    rest = &piece[end..];
                }
            }
        }
    }
    assert!(checked > 400 && tables > 12, "{checked} numbers in {tables} tables");
}

/// A query as it was before it became a part of the page.
fn plain_query(html: &str) -> String {
    [("&#38;", "&"), ("&#39;", "'"), ("&#34;", "\""), ("&#60;", "<"), ("&#62;", ">")]
        .iter()
        .fold(html.to_owned(), |text, (code, letter)| text.replace(code, letter))
}
