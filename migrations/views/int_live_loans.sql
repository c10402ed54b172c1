-- Grain: one row per run and live loan, with the values that alerts need.
create view int_live_loans as
select
    run_id,
    snapshot_id,
    loan_id,
    borrower_id,
    branch,
    officer,
    outstanding_minor * 1.0 / currency_scale as outstanding,
    days_past_due,
    collection_attempts,
    burden,
    coverage,
    is_high_risk,
    is_approval_needed
from int_loans_decided
where is_live;
