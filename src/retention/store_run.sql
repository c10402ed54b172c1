-- The portfolio of the run that the views show, in minor units.
insert into run_summaries (
    run_id, loans, loans_scored, live_loans, closed_loans, written_off_loans,
    high_risk_loans, par30_loans, par90_loans, outstanding_minor, closed_minor,
    written_off_minor, at_risk_minor, high_risk_minor, par30_minor, par90_minor
)
select
    run_id,
    loans,
    loans_scored,
    live_loans,
    closed_loans,
    written_off_loans,
    high_risk_loans,
    par30_loans,
    par90_loans,
    cast(round(outstanding * currency_scale) as integer),
    cast(round(closed_outstanding * currency_scale) as integer),
    cast(round(written_off_outstanding * currency_scale) as integer),
    cast(round(balance_at_risk * currency_scale) as integer),
    cast(round(high_risk_outstanding * currency_scale) as integer),
    cast(round(par30_outstanding * currency_scale) as integer),
    cast(round(par90_outstanding * currency_scale) as integer)
from portfolio
join shown_run using (run_id)
