-- Grain: one row per run and live loan that needs work; strategy_summary counts
-- the others. Loans are worked by priority, which stays when a borrower is
-- erased. reasons and lowered_by say in words what raises and lowers the score,
-- for the first loans only.
create view worklist_by_run as
select
    run_id,
    worklist_place as priority,
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
    is_approval_needed,
    branch,
    officer
from int_loans_decided
left join score_reasons using (snapshot_id)
where worklist_place is not null;
