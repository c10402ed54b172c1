-- Grain: one row a loan of the shown run: what the file said, the ratios, and
-- what the run decided, in plain columns. is_not_recovered is null where there
-- is no outcome yet.
create view loans as
select
    loan_id,
    borrower_id,
    gender,
    employment_type,
    loan_type,
    payment_history,
    recovery_status,
    known_outcome as outcome,
    collection_method,
    legal_action_taken,
    extra,
    segment,
    risk_band,
    strategy,
    line as file_line,
    age_years,
    dependents,
    monthly_income_minor * 1.0 / currency_scale as monthly_income,
    loan_amount_minor * 1.0 / currency_scale as loan_amount,
    tenure_months,
    interest_rate_percent,
    collateral_value_minor * 1.0 / currency_scale
        as collateral_value,
    outstanding_minor * 1.0 / currency_scale as outstanding,
    overpaid_minor * 1.0 / currency_scale as overpaid,
    monthly_emi_minor * 1.0 / currency_scale as monthly_emi,
    missed_payments,
    days_past_due,
    collection_attempts,
    burden,
    coverage,
    share_owed,
    dpd_bucket,
    risk_score,
    is_not_recovered,
    is_high_risk,
    is_approval_needed,
    is_live
from int_loans_decided;
