-- Grain: one row a loan of the shown run: its score, what it means, what to do.
create view risk_scores as
select
    loans.loan_id,
    loans.borrower_id,
    decided.segment,
    case decided.is_high_risk
        when 1 then 'High Risk'
        when 0 then 'Low Risk'
    end as risk_flag,
    decided.risk_band,
    decided.strategy,
    case decided.is_out_of_bag
        when 1 then 'forest, out of bag'
        when 0 then 'forest'
        else 'none'
    end as score_source,
    decided.risk_score,
    loans.outstanding_minor * 1.0 / loans.currency_scale as outstanding,
    decided.risk_score * loans.outstanding_minor / loans.currency_scale
        as balance_at_risk,
    decided.is_high_risk,
    decided.is_approval_needed,
    loans.is_to_be_collected
from stg_loans as loans
join int_loans_decided as decided using (snapshot_id);
