-- Grain: one row a strategy rule of the shown run, with the live loans under it;
-- rules that no loan fell under are there with zero. The worklist names the
-- loans of the rules that are on it.
create view strategy_summary as
with totals as (
    select
        strategy_position as position,
        count(*) as loans,
        sum(outstanding_minor) as outstanding_minor,
        sum(balance_at_risk_minor) as at_risk_minor
    from int_loans_decided
    where is_live
    group by strategy_position
)

select
    rules.position,
    rules.strategy,
    rules.band as risk_band,
    rules.least_days_past_due,
    coalesce(totals.loans, 0) as loans,
    coalesce(totals.outstanding_minor, 0) * 1.0 / shown_run.currency_scale
        as outstanding,
    totals.at_risk_minor / shown_run.currency_scale as balance_at_risk,
    rules.is_approval_needed,
    rules.is_on_worklist
from shown_run
join strategy_rules as rules using (run_id)
left join totals using (position);
