with totals as (
    select
        strategy_position as position,
        count(*) as loans,
        sum(outstanding_minor) as outstanding_minor,
        sum(balance_at_risk_minor) as at_risk_minor
    from int_loans_decided
    where run_id = ?1
        and is_live
    group by strategy_position
)

insert into strategy_summaries (
    run_id, position, loans, outstanding_minor, at_risk_minor
)
select
    ?1,
    rules.position,
    coalesce(totals.loans, 0),
    coalesce(totals.outstanding_minor, 0),
    totals.at_risk_minor
from strategy_rules as rules
left join totals using (position)
where rules.run_id = ?1
