-- Grain: one row a segment of the shown run. Averages are of all its loans and
-- leave missing values out; outstanding is the balance of the live ones.
create view segment_summary as
select
    segment_position as position,
    max(segment) as segment,
    count(*) as loans,
    count(is_not_recovered) as loans_with_outcome,
    coalesce(sum(is_not_recovered), 0) as loans_not_recovered,
    count(*) filter (where is_live) as live_loans,
    coalesce(sum(outstanding_minor) filter (where is_live), 0) * 1.0
        / max(currency_scale) as outstanding,
    avg(monthly_income_minor) / max(currency_scale) as average_income,
    avg(loan_amount_minor) / max(currency_scale) as average_loan_amount,
    avg(burden) as average_burden,
    avg(missed_payments) as average_missed_payments,
    avg(days_past_due) as average_days_past_due,
    avg(is_not_recovered) as share_not_recovered,
    avg(risk_score) as average_risk_score
from int_loans_decided
group by segment_position;
