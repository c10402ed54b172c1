-- Grain: one row a loan of the shown run. Money is still in minor units;
-- nothing is joined. A loan is live that owes something and whose status does
-- not say that it is closed.
create view stg_loans as
select
    snapshot_id,
    line,
    loan_id,
    borrower_id,
    gender,
    employment_type,
    loan_type,
    payment_history,
    recovery_status,
    outcome,
    collection_method,
    legal_action_taken,
    extra,
    age_years,
    dependents,
    monthly_income_minor,
    loan_amount_minor,
    tenure_months,
    interest_rate_percent,
    collateral_value_minor,
    outstanding_minor,
    overpaid_minor,
    monthly_emi_minor,
    missed_payments,
    days_past_due,
    collection_attempts,
    (select currency_scale from shown_run) as currency_scale,
    case
        when outcome is not null then outcome
        when is_closed then 'refinanced'
        else 'outstanding'
    end as known_outcome,
    case outcome
        when 'fully_recovered' then 0
        when 'partially_recovered' then 1
        when 'written_off' then 1
    end as is_not_recovered,
    outstanding_minor > 0 and not is_closed as is_live
from loan_snapshots
where snapshot_id between (select first_snapshot_id from shown_run)
    and (select last_snapshot_id from shown_run);
