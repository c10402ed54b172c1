select
    position, segment, loans, live_loans, outstanding, average_income,
    average_loan_amount, average_burden, average_missed_payments,
    average_days_past_due, loans_with_outcome, loans_not_recovered,
    share_not_recovered, average_risk_score
from segment_summary_by_run
where run_id = ?1
order by position;
