insert into strategy_summaries (
    run_id, position, loans, outstanding_minor, at_risk_minor
)
select
    run_id,
    position,
    loans,
    cast(round(outstanding * currency_scale) as integer),
    cast(round(balance_at_risk * currency_scale) as integer)
from shown_run
cross join strategy_summary
