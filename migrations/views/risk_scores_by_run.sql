-- Grain: one row per run and loan: its score, what it means, what to do; band
-- and strategy are null where the loan is not live. score_source names the
-- candidate in use: where it is 'policy', risk_score is points in hundredths, a
-- rank and not a probability, and there is no balance at risk. is_out_of_sample:
-- the outcome is known, but the model was not trained on the loan. The scores
-- of all candidates follow.
create view risk_scores_by_run as
select
    run_id,
    loan_id,
    borrower_id,
    segment,
    case is_high_risk
        when 1 then 'High Risk'
        when 0 then 'Low Risk'
    end as risk_flag,
    risk_band,
    strategy,
    case
        when score_source = 'forest' and is_out_of_sample
            then 'forest, out of bag'
        else score_source
    end as score_source,
    risk_score,
    policy_score,
    logistic_score,
    boosting_score,
    forest_score,
    outstanding_minor * 1.0 / currency_scale as outstanding,
    balance_at_risk_minor / currency_scale as balance_at_risk,
    is_high_risk,
    is_out_of_sample,
    is_approval_needed,
    is_live
from int_loans_decided;
