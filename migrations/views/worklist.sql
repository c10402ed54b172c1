-- Grain: one row a loan of the shown run that is still to be collected, the one
-- with the most money at risk (score x balance; without a score, balance)
-- first.
create view worklist as
select
    row_number() over (
        order by coalesce(risk_score, 1) * outstanding desc, loan_id
    ) as priority,
    loan_id,
    borrower_id,
    segment,
    case is_high_risk
        when 1 then 'High Risk'
        when 0 then 'Low Risk'
    end as risk_flag,
    strategy,
    risk_score,
    outstanding,
    risk_score * outstanding as balance_at_risk,
    days_past_due,
    missed_payments,
    is_approval_needed
from loans
where is_to_be_collected;
