-- Grain: one row, the whole book of the shown run. outstanding is the gross
-- portfolio: the balance of all live loans; PAR30 and PAR90 are parts of it. The
-- other loans are counted beside it, with the balance that the file still shows:
-- written off, or closed for another reason (also those that owe nothing). The
-- balance at risk is score x balance over live loans: the balance expected on
-- loans that will not be fully recovered. Part of it may still come back. It is
-- null where the score is points.
create view portfolio as
with sums as (
    select
        count(*) as loans,
        count(*) filter (where is_live) as live_loans,
        sum(outstanding_minor) filter (where is_live) as outstanding_minor,
        count(*) filter (where not is_live and known_outcome <> 'written_off')
            as closed_loans,
        sum(outstanding_minor)
            filter (where not is_live and known_outcome <> 'written_off')
            as closed_minor,
        count(*) filter (where not is_live and known_outcome = 'written_off')
            as written_off_loans,
        sum(outstanding_minor)
            filter (where not is_live and known_outcome = 'written_off')
            as written_off_minor,
        sum(balance_at_risk_minor)
            filter (where is_live) as at_risk_minor,
        count(*) filter (where is_high_risk and is_live)
            as high_risk_loans,
        sum(outstanding_minor)
            filter (where is_high_risk and is_live)
            as high_risk_minor,
        count(risk_score) as loans_scored,
        count(*) filter (where is_live and days_past_due > 30)
            as par30_loans,
        sum(outstanding_minor) filter (where is_live and days_past_due > 30)
            as par30_minor,
        count(*) filter (where is_live and days_past_due > 90)
            as par90_loans,
        sum(outstanding_minor) filter (where is_live and days_past_due > 90)
            as par90_minor
    from int_loans_decided
)

select
    shown_run.run_id,
    shown_run.as_of_date,
    shown_run.currency_code,
    sums.loans,
    sums.loans_scored,
    sums.live_loans,
    coalesce(sums.outstanding_minor, 0) * 1.0 / shown_run.currency_scale
        as outstanding,
    sums.closed_loans,
    coalesce(sums.closed_minor, 0) * 1.0 / shown_run.currency_scale
        as closed_outstanding,
    sums.written_off_loans,
    coalesce(sums.written_off_minor, 0) * 1.0 / shown_run.currency_scale
        as written_off_outstanding,
    sums.at_risk_minor / shown_run.currency_scale as balance_at_risk,
    sums.high_risk_loans,
    coalesce(sums.high_risk_minor, 0) * 1.0 / shown_run.currency_scale
        as high_risk_outstanding,
    sums.par30_loans,
    coalesce(sums.par30_minor, 0) * 1.0 / shown_run.currency_scale
        as par30_outstanding,
    coalesce(sums.par30_minor, 0) * 100.0 / nullif(sums.outstanding_minor, 0)
        as par30_percent,
    sums.par90_loans,
    coalesce(sums.par90_minor, 0) * 1.0 / shown_run.currency_scale
        as par90_outstanding,
    coalesce(sums.par90_minor, 0) * 100.0 / nullif(sums.outstanding_minor, 0)
        as par90_percent
from shown_run
cross join sums;
