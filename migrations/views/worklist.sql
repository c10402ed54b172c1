-- Grain: one row a loan of the shown run that is still to be collected, the one
-- with the most money at risk (score x balance; without a score, balance) first.
create view worklist as
select
    row_number() over (
        order by
            coalesce(decided.risk_score, 1) * loans.outstanding_minor desc,
            loans.loan_id
    ) as priority,
    loans.loan_id,
    loans.borrower_id,
    decided.segment,
    case decided.is_high_risk
        when 1 then 'High Risk'
        when 0 then 'Low Risk'
    end as risk_flag,
    decided.strategy,
    decided.risk_score,
    loans.outstanding_minor * 1.0 / loans.currency_scale as outstanding,
    decided.risk_score * loans.outstanding_minor / loans.currency_scale
        as balance_at_risk,
    loans.days_past_due,
    loans.missed_payments,
    decided.is_approval_needed
from stg_loans as loans
join int_loans_decided as decided using (snapshot_id)
where loans.is_to_be_collected;
