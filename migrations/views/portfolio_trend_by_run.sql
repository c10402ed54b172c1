-- Grain: one row per complete run and month back from it, 0 to 12, that has a
-- run at most three days from the same day of that month: the gross portfolio
-- and its arrears then, and what was collected and lost (written off or settled
-- at a loss) in the month up to it, where the month before has a run too.
-- new_outstanding is what the loans that first came in that month owe at its end,
-- which is less than was disbursed.
create view portfolio_trend_by_run as
with recursive back (months) as (
    select 0
    union all
    select months + 1
    from back
    where months < 12
),

days as (
    select
        runs.run_id,
        back.months,
        min(
            date(runs.as_of_date, (-back.months) || ' months'),
            date(
                runs.as_of_date,
                'start of month',
                (1 - back.months) || ' months',
                '-1 day'
            )
        ) as day
    from runs
    cross join back
    where runs.status = 'complete'
),

found as (
    select
        days.run_id,
        days.months,
        panel.panel_run_id as month_run_id,
        row_number() over (
            partition by days.run_id, days.months
            order by
                abs(julianday(panel.as_of_date) - julianday(days.day)),
                panel.as_of_date
        ) as place
    from days
    join panel_of_run as panel
        on panel.run_id = days.run_id
        and panel.as_of_date
        between date(days.day, '-3 days') and date(days.day, '+3 days')
)

select
    found.run_id,
    found.months as months_back,
    found.month_run_id,
    months.as_of_date,
    sums.live_loans,
    sums.outstanding_minor * 1.0 / months.currency_scale as outstanding,
    sums.par30_minor * 100.0 / nullif(sums.outstanding_minor, 0)
        as par30_percent,
    sums.par90_minor * 100.0 / nullif(sums.outstanding_minor, 0)
        as par90_percent,
    cash.collected_at_least,
    cash.collected,
    (
        select
            sum(moves.opening_minor) * 1.0 / months.currency_scale
        from transition_sums as moves
        where moves.run_id = found.month_run_id
            and moves.state_to in ('written_off', 'partially_recovered')
    ) as lost,
    (
        select
            sum(moves.closing_minor) * 1.0 / months.currency_scale
        from transition_sums as moves
        where moves.run_id = found.month_run_id
            and moves.state_from = 'new'
    ) as new_outstanding
from found
join runs as months on months.run_id = found.month_run_id
join run_summaries as sums on sums.run_id = found.month_run_id
left join cash_collected_by_run as cash on cash.run_id = found.month_run_id
where found.place = 1;
