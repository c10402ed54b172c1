-- Grain: one row per complete run and branch, officer or product (dimension), where
-- the file has such a column with at most 200 values; group_name is null for loans
-- without one. Figures are of live loans. lower_95 and upper_95 are the ends of the
-- interval of par30_loans_percent. verdict says whether it is worse or better than
-- elsewhere by more than chance, which allows for a look every week; null where
-- there are too few loans. collected and forward_percent (the part of the balance
-- at the start that fell into a later bucket or was lost) are of the month since
-- start_run_id, for the group that a loan was in at its start; null without one.
-- collected is at least that, or about, as cash_collected says.
create view portfolio_by_group_by_run as
select
    sums.run_id,
    sums.position,
    sums.dimension,
    sums.group_name,
    sums.verdict,
    sums.live_loans,
    sums.outstanding_minor * 1.0 / runs.currency_scale as outstanding,
    sums.par30_loans,
    sums.par30_loans * 100.0 / nullif(sums.live_loans, 0)
        as par30_loans_percent,
    sums.lower_95 * 100 as lower_95_percent,
    sums.upper_95 * 100 as upper_95_percent,
    (sum(sums.par30_loans) over by_dimension - sums.par30_loans) * 100.0
    / nullif(sum(sums.live_loans) over by_dimension - sums.live_loans, 0)
        as par30_loans_percent_elsewhere,
    sums.par30_minor * 1.0 / runs.currency_scale as par30_outstanding,
    sums.par30_minor * 100.0 / nullif(sums.outstanding_minor, 0)
        as par30_percent,
    sums.par90_loans,
    sums.par90_minor * 1.0 / runs.currency_scale as par90_outstanding,
    sums.par90_minor * 100.0 / nullif(sums.outstanding_minor, 0)
        as par90_percent,
    sums.start_run_id,
    before.par30_minor * 100.0 / nullif(before.outstanding_minor, 0)
        as par30_percent_before,
    sums.opening_minor * 1.0 / runs.currency_scale as opening,
    sums.forward_minor * 100.0 / nullif(sums.opening_minor, 0)
        as forward_percent,
    sums.cash_minor * 1.0 / runs.currency_scale as collected
from group_summaries as sums
join runs using (run_id)
left join group_summaries as before
    on before.run_id = sums.start_run_id
    and before.dimension = sums.dimension
    and before.group_name is sums.group_name
where runs.status = 'complete'
window by_dimension as (partition by sums.run_id, sums.dimension);
