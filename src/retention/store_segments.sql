insert into segment_summaries (
    run_id, position, loans, outstanding_minor, average_income_minor,
    average_loan_amount_minor, average_burden, average_missed_payments,
    average_days_past_due, share_not_recovered, average_risk_score
)
select
    run_id,
    position,
    loans,
    cast(round(outstanding * currency_scale) as integer),
    cast(round(average_income * currency_scale) as integer),
    cast(round(average_loan_amount * currency_scale) as integer),
    average_burden,
    average_missed_payments,
    average_days_past_due,
    share_not_recovered,
    average_risk_score
from shown_run
cross join segment_summary
where position is not null
