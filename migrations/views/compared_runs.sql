-- Grain: one row per complete run, with the run that it is compared with: the
-- last complete one that describes an earlier day in the same currency, also if
-- it was made later; null where there is none.
create view compared_runs as
select
    runs.run_id,
    (
        select earlier.run_id
        from runs as earlier
        where earlier.status = 'complete'
            and earlier.as_of_date < runs.as_of_date
            and earlier.currency_code = runs.currency_code
            and earlier.currency_scale = runs.currency_scale
        order by earlier.as_of_date desc, earlier.place desc
        limit 1
    ) as compared_run_id
from runs
where runs.status = 'complete';
