-- Grain: one row per run and loan, and all that a model may see of it. Own
-- features, which the configuration adds, are in own_feature_values. An
-- allow-list: gender, and whatever is written after the outcome (collection
-- attempts and method, legal action, recovery status), is not here.
create view loan_features_by_run as
select
    run_id,
    snapshot_id,
    loan_id,
    age_years,
    monthly_income_minor * 1.0 / currency_scale as monthly_income,
    loan_amount_minor * 1.0 / currency_scale as loan_amount,
    tenure_months,
    interest_rate_percent,
    collateral_value_minor * 1.0 / currency_scale
        as collateral_value,
    outstanding_minor * 1.0 / currency_scale as outstanding,
    monthly_emi_minor * 1.0 / currency_scale as monthly_emi,
    missed_payments,
    days_past_due,
    burden,
    coverage,
    share_owed,
    missed_share,
    dpd_bucket,
    is_secured
from int_loan_ratios;
