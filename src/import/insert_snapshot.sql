insert into loan_snapshots (
    run_id, loan_key, details_number, line, outcome, is_closed, overpaid_minor,
    outstanding_minor, missed_payments, days_past_due, collection_attempts
)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
on conflict (loan_key, run_id) do nothing
