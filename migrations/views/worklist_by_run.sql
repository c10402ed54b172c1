-- Grain: one row per run and live loan that needs work, in the order of
-- int_loans_decided; strategy_summary counts the others. reasons and lowered_by
-- say in words what raises and lowers the score, for the first loans only.
create view worklist_by_run as
select
    run_id,
    row_number() over (
        partition by run_id
        order by worklist_weight desc, outstanding_minor desc, loan_id
    ) as priority,
    loan_id,
    borrower_id,
    segment,
    case is_high_risk
        when 1 then 'High Risk'
        when 0 then 'Low Risk'
    end as risk_flag,
    strategy,
    score_reasons.raised_by as reasons,
    score_reasons.lowered_by,
    risk_score,
    outstanding_minor * 1.0 / currency_scale as outstanding,
    balance_at_risk_minor / currency_scale as balance_at_risk,
    days_past_due,
    missed_payments,
    is_approval_needed
from int_loans_decided
left join score_reasons using (snapshot_id)
where is_on_worklist;
