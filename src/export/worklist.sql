select
    priority,
    loan_id,
    borrower_id,
    branch,
    officer,
    segment,
    risk_flag,
    strategy,
    round(risk_score, 4) as risk_score,
    round(outstanding, 4) as outstanding,
    round(balance_at_risk, 2) as balance_at_risk,
    days_past_due,
    missed_payments,
    reasons,
    lowered_by,
    case when is_approval_needed then 'yes' else 'no' end as approval_needed,
    '' as approved_by
from worklist_by_run
where run_id = ?1
order by priority
