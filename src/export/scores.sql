select
    loan_id,
    borrower_id,
    segment,
    risk_score,
    risk_flag,
    risk_band,
    strategy,
    score_source,
    outstanding,
    round(balance_at_risk, 2) as balance_at_risk,
    case when is_live then 'yes' else 'no' end as live
from risk_scores_by_run
where run_id = ?1
order by loan_id
