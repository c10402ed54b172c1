-- Grain: one row per complete run, with the run that its month is measured
-- from: of those whose loans are kept, the one nearest to the same day a month
-- before, at most three days off; null where there is none, since a longer or
-- shorter period would not be a month. month_before is that same day; a month
-- has its last day where it is shorter.
create view period_pairs as
with days as (
    select
        run_id,
        as_of_date,
        min(
            date(as_of_date, '-1 month'),
            date(as_of_date, 'start of month', '-1 day')
        ) as month_before
    from runs
    where status = 'complete'
),

candidates as (
    select
        days.run_id,
        panel.panel_run_id as start_run_id,
        panel.as_of_date as start_date,
        row_number() over (
            partition by days.run_id
            order by
                abs(
                    julianday(panel.as_of_date) - julianday(days.month_before)
                ),
                panel.as_of_date
        ) as place
    from days
    join panel_of_run as panel
        on panel.run_id = days.run_id
        and panel.has_loans
        and panel.as_of_date between date(days.month_before, '-3 days')
        and date(days.month_before, '+3 days')
)

select
    days.run_id,
    candidates.start_run_id,
    cast(
        julianday(days.as_of_date) - julianday(candidates.start_date) as integer
    ) as days,
    days.month_before
from days
left join candidates
    on candidates.run_id = days.run_id
    and candidates.place = 1;
