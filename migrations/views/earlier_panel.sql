-- Grain: one row per complete run and earlier as-of date in its currency, with
-- the run of that date that counts for it: the last one before it.
create view earlier_panel as
select
    run_id,
    earlier_run_id,
    earlier_date,
    has_loans
from (
    select
        runs.run_id,
        earlier.run_id as earlier_run_id,
        earlier.as_of_date as earlier_date,
        earlier.first_snapshot_id is not null as has_loans,
        row_number() over (
            partition by runs.run_id, earlier.as_of_date
            order by earlier.place desc
        ) as nth_of_day
    from runs
    join runs as earlier
        on earlier.status = 'complete'
        and earlier.place < runs.place
        and earlier.as_of_date < runs.as_of_date
        and earlier.currency_code = runs.currency_code
        and earlier.currency_scale = runs.currency_scale
    where runs.status = 'complete'
)
where nth_of_day = 1;
