//! Small books in a database that is built as a run builds it, without a run.

use rusqlite::{Connection, params};

use crate::chance::Chance;
use crate::db;
use crate::format::Style;
use crate::report::ReportSettings;
use crate::run::store_figures;

/// What a test's book has beyond the three required columns.
#[derive(Clone, Copy)]
pub enum Content {
    Required,
    Scored { auc_lower: f64, brier: f64 },
}

pub const GOOD: Content = Content::Scored { auc_lower: 0.7, brier: 0.2 };

pub fn settings() -> ReportSettings {
    ReportSettings {
        lender: "Hill & Dale".to_owned(),
        first_loans: 25,
        accounts_room: 300_000,
        mask: false,
        style: Style::of_currency("INR"),
    }
}

pub fn empty_run(loans: i64) -> Connection {
    let connection = db::open_scratch().unwrap();
    connection
        .execute(
            "insert into runs (
                 run_id, status, score_source, gate_reason, as_of_date, input_name, input_sha256, config_sha256, program_version,
                 currency_code, currency_scale, seed, lines_read, loans_loaded, rows_rejected, first_snapshot_id, last_snapshot_id,
                 started_at, finished_at
             ) values (
                 7, 'complete', 'policy', 'The scores are the policy points, because no loan has a known outcome to learn from.',
                 '2026-01-31', 'book.csv', 'aaa', 'bbb', '0.1.0', 'INR', 100, 42, ?1, ?1, 0, 1, ?1,
                 '2026-02-01T03:04:05Z', '2026-02-01T03:04:06Z'
             )",
            [loans],
        )
        .unwrap();
    connection
        .execute_batch(
            "insert into strategy_rules (
                 rule_id, run_id, position, strategy, band, lower_score, least_days_past_due, is_approval_needed, is_on_worklist
             ) values
             (1, 7, 1, 'Legal notice', 'over 0.75', 0.75, 0, 1, 1),
             (2, 7, 2, 'Settlement', '0.50 to 0.75', 0.5, 0, 0, 1),
             (3, 7, 3, 'Reminders', 'under 0.50', null, 0, 0, 1)",
        )
        .unwrap();
    connection
}

/// Stores the figures of the run anew, and lets the public views show it.
pub fn sum_up(connection: &Connection) {
    db::create_views(connection).unwrap();
    connection
        .execute_batch(
            "delete from run_summaries; delete from segment_summaries; delete from strategy_summaries;
             delete from arrears_summaries; delete from movement_summaries",
        )
        .unwrap();
    store_figures(connection, 7, &Chance::of_single_loans()).unwrap();
}

/// A book of the given size, the same each time: loan `n` owes `n` hundred, every third is late.
pub fn book(loans: i64, content: Content) -> Connection {
    let connection = empty_run(loans);
    let transaction = connection.unchecked_transaction().unwrap();
    for loan in 1..=loans {
        insert_loan(&transaction, loan, content);
    }
    if let Content::Scored { auc_lower, brier } = content {
        insert_model(&transaction, auc_lower, brier);
        for loan in 1..=loans {
            insert_score(&transaction, loan);
        }
    } else {
        transaction
            .execute(
                "insert into decisions (snapshot_id, rule_id, risk_score, policy_score, is_high_risk, is_out_of_sample)
                 select snapshot_id, 3, 0.2, 0.2, 0, 1 from loan_snapshots",
                [],
            )
            .unwrap();
    }
    let worklist = "update decisions
         set worklist_place = listed.place
         from (
             select snapshot_id, row_number() over (order by outstanding_minor desc) as place
             from loan_snapshots
             where is_live
         ) as listed
         where listed.snapshot_id = decisions.snapshot_id";
    transaction.execute(worklist, []).unwrap();
    transaction.commit().unwrap();
    connection
}

fn insert_loan(connection: &Connection, loan: i64, content: Content) {
    let late = if loan % 3 == 0 { 40 + loan % 100 } else { 0 };
    let borrower = (!matches!(content, Content::Required)).then(|| format!("B{loan}"));
    connection
        .execute(
            "insert into loan_register (loan_key, loan_id, borrower_id) values (?1, 'L' || ?1, ?2)",
            (loan, borrower),
        )
        .unwrap();
    connection.execute("insert into loan_details (loan_key, details_number) values (?1, 1)", [loan]).unwrap();
    connection
        .prepare_cached(
            "insert into loan_snapshots (
                 snapshot_id, run_id, line, loan_key, details_number, outstanding_minor, days_past_due
             )
             values (?1, 7, ?1 + 1, ?1, 1, ?1 * 10000, ?2)",
        )
        .unwrap()
        .execute([loan, late])
        .unwrap();
    if matches!(content, Content::Required) {
        return;
    }
    let outcome = ["outstanding", "fully_recovered", "written_off", "partially_recovered"][(loan % 4) as usize];
    connection
        .prepare_cached(
            "update loan_snapshots
             set outcome = ?2, is_closed = ?2 in ('fully_recovered', 'written_off'), missed_payments = ?1 % 7
             where snapshot_id = ?1",
        )
        .unwrap()
        .execute(params![loan, outcome])
        .unwrap();
    connection
        .prepare_cached(
            "update loan_details
             set recovery_status = ?2, payment_history = ?3, monthly_income_minor = 2000000 + ?1 % 977 * 1000,
                 loan_amount_minor = 5000000 + ?1 % 499 * 100000, monthly_emi_minor = 500000
             where loan_key = ?1",
        )
        .unwrap()
        .execute(params![loan, outcome, if loan % 3 == 0 { "Delayed" } else { "On-Time" }])
        .unwrap();
}

fn insert_model(connection: &Connection, auc_lower: f64, brier: f64) {
    connection
        .execute_batch(
            "insert into models (
                 model_id, run_id, kind, version, parameters, feature_names, trained_loans, content, is_in_use, is_accepted,
                 verdict, calibration
             ) values (1, 7, 'forest', 1, '{}', '[]', 30, x'00', 1, 1, '', '{}');
             insert into segments (segment_id, run_id, position, name, learnt_centre, centre)
             values (1, 7, 1, 'Even', '{}', '{}'), (2, 7, 2, 'Odd', '{}', '{}');
             update runs set score_source = 'forest', gate_reason = null;
             insert into model_metrics (model_id, metric, value)
             values (1, 'brier_base_rate', 0.25), (1, 'log_loss', 0.6), (1, 'ks', 0.3), (1, 'true_positives@0.50', 11),
                    (1, 'false_positives@0.50', 12), (1, 'true_negatives@0.50', 13), (1, 'false_negatives@0.50', 14),
                    (1, 'loans', 50), (1, 'not_recovered', 25)",
        )
        .unwrap();
    connection
        .execute(
            "insert into model_metrics (model_id, metric, value, lower_95, upper_95)
             values (1, 'auc', 0.75, ?1, 0.8), (1, 'brier', ?2, null, null)",
            [auc_lower, brier],
        )
        .unwrap();
}

fn insert_score(connection: &Connection, loan: i64) {
    let score = (loan % 100) as f64 / 100.0;
    let rule = if score > 0.75 {
        1
    } else if score >= 0.5 {
        2
    } else {
        3
    };
    connection
        .prepare_cached(
            "insert into decisions (
                 snapshot_id, segment_id, rule_id, risk_score, forest_score, is_high_risk, is_out_of_sample
             ) values (?1, 1 + ?1 % 2, ?2, ?3, ?3, ?4, 1)",
        )
        .unwrap()
        .execute(params![loan, rule, score, score >= 0.5])
        .unwrap();
}
