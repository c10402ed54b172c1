-- Grain: one row per complete run, with the run that its month is measured
-- from: of those whose loans are kept, the one nearest to the same day a month
-- before, at most three days off; null where there is none, since a longer or
-- shorter period would not be a month. A month has its last day where it is
-- shorter. Of several runs of a day, the latest before this one counts.
create view period_pairs as
with days as (
    select
        run_id,
        as_of_date,
        currency_code,
        currency_scale,
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
        earlier.run_id as start_run_id,
        row_number() over (
            partition by days.run_id
            order by
                abs(
                    julianday(earlier.as_of_date) - julianday(days.month_before)
                ),
                earlier.as_of_date,
                earlier.run_id desc
        ) as place
    from days
    join runs as earlier
        on earlier.status = 'complete'
        and earlier.first_snapshot_id is not null
        and earlier.run_id < days.run_id
        and earlier.currency_code = days.currency_code
        and earlier.currency_scale = days.currency_scale
        and earlier.as_of_date between date(days.month_before, '-3 days')
        and date(days.month_before, '+3 days')
)

select
    days.run_id,
    candidates.start_run_id
from days
left join candidates
    on candidates.run_id = days.run_id
    and candidates.place = 1;
