-- Grain: one row a loan of the shown run: what the file said, the ratios, and
-- what the run decided, in plain columns.
create view loans as
select
    loans.loan_id,
    loans.borrower_id,
    loans.gender,
    loans.employment_type,
    loans.loan_type,
    loans.payment_history,
    loans.recovery_status,
    loans.known_outcome as outcome,
    loans.collection_method,
    loans.legal_action_taken,
    loans.extra,
    decided.segment,
    decided.risk_band,
    decided.strategy,
    loans.line as file_line,
    loans.age_years,
    loans.dependents,
    loans.monthly_income_minor * 1.0 / loans.currency_scale as monthly_income,
    loans.loan_amount_minor * 1.0 / loans.currency_scale as loan_amount,
    loans.tenure_months,
    loans.interest_rate_percent,
    loans.collateral_value_minor * 1.0 / loans.currency_scale
        as collateral_value,
    loans.outstanding_minor * 1.0 / loans.currency_scale as outstanding,
    loans.monthly_emi_minor * 1.0 / loans.currency_scale as monthly_emi,
    loans.missed_payments,
    loans.days_past_due,
    loans.collection_attempts,
    ratios.burden,
    ratios.coverage,
    ratios.share_owed,
    ratios.dpd_bucket,
    decided.risk_score,
    decided.is_high_risk,
    loans.is_to_be_collected
from stg_loans as loans
join int_loan_ratios_computed as ratios using (snapshot_id)
join int_loans_decided as decided using (snapshot_id);
