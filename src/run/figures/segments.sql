insert into segment_summaries (
    run_id, position, loans, live_loans, loans_with_outcome,
    loans_not_recovered, outstanding_minor, average_income_minor,
    average_loan_amount_minor, average_burden, average_missed_payments,
    average_days_past_due, average_risk_score
)
select
    ?1,
    segment_position,
    count(*),
    count(*) filter (where is_live),
    count(is_not_recovered),
    coalesce(sum(is_not_recovered), 0),
    coalesce(sum(outstanding_minor) filter (where is_live), 0),
    avg(monthly_income_minor),
    avg(loan_amount_minor),
    avg(burden),
    avg(missed_payments),
    avg(days_past_due),
    avg(risk_score)
from int_loans_decided
where run_id = ?1
    and segment_position is not null
group by segment_position
