-- Grain: one row a run and live loan that people have something to do
-- about, the one with the most money at risk (score x balance; without a score,
-- balance) first; strategy_summary counts the others. Points are no likelihood
-- to multiply: where they are the score, the most points come first, and of
-- loans with equally many whole points the largest balance, so that a large loan
-- that is hardly late does not displace a small one that is about to be lost.
-- reasons and lowered_by say in words what raises and what lowers the score; only
-- the loans at the head of the list have them.
create view worklist_by_run as
with to_work as (
    select
        *,
        outstanding_minor * 1.0 / currency_scale as outstanding
    from int_loans_decided
    where is_on_worklist
)

select
    run_id,
    row_number() over (
        partition by run_id
        order by
            case
                when score_source is 'policy'
                    then round(risk_score * 100)
                else coalesce(risk_score, 1) * outstanding
            end desc,
            outstanding desc,
            loan_id
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
    outstanding,
    balance_at_risk_minor / currency_scale as balance_at_risk,
    days_past_due,
    missed_payments,
    is_approval_needed
from to_work
left join score_reasons using (snapshot_id);
