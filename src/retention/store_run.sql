-- The portfolio of the run that the views show, in minor units.
insert into run_summaries (
    run_id, loans, loans_scored, loans_to_collect, high_risk_loans, par30_loans,
    par90_loans, outstanding_minor, to_collect_minor, at_risk_minor,
    high_risk_minor, par30_minor, par90_minor
)
select
    run_id,
    loans,
    loans_scored,
    loans_to_collect,
    high_risk_loans,
    par30_loans,
    par90_loans,
    cast(round(outstanding * currency_scale) as integer),
    cast(round(outstanding_to_collect * currency_scale) as integer),
    cast(round(balance_at_risk * currency_scale) as integer),
    cast(round(high_risk_outstanding * currency_scale) as integer),
    cast(round(par30_outstanding * currency_scale) as integer),
    cast(round(par90_outstanding * currency_scale) as integer)
from portfolio
join shown_run using (run_id)
