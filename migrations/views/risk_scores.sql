-- Grain: one row a loan of the shown run: its score, what it means, what to do.
create view risk_scores as
select
    loan_id,
    borrower_id,
    segment,
    case is_high_risk
        when 1 then 'High Risk'
        when 0 then 'Low Risk'
    end as risk_flag,
    risk_band,
    strategy,
    case is_out_of_bag
        when 1 then 'forest, out of bag'
        when 0 then 'forest'
        else 'none'
    end as score_source,
    risk_score,
    outstanding_minor * 1.0 / currency_scale as outstanding,
    risk_score * outstanding_minor / currency_scale
        as balance_at_risk,
    is_high_risk,
    is_approval_needed,
    is_to_be_collected
from int_loans_decided;
