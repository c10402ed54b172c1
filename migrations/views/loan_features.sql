-- Grain: one row a loan of the shown run, and all that a model may see of it.
-- An allow-list: gender, and whatever is written after the outcome (collection
-- attempts and method, legal action, recovery status), is not here.
create view loan_features as
select
    loans.snapshot_id,
    loans.loan_id,
    loans.age_years,
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
    ratios.burden,
    ratios.coverage,
    ratios.share_owed,
    ratios.missed_share,
    ratios.dpd_bucket,
    ratios.is_secured
from stg_loans as loans
join int_loan_ratios_computed as ratios using (snapshot_id);
