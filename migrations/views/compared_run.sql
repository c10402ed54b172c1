-- Grain: one row at most, the run that the shown one is compared with: the last
-- complete one before it that describes an earlier day in the same currency.
create view compared_run as
select runs.*
from runs
join shown_run
    on runs.run_id < shown_run.run_id
    and runs.as_of_date < shown_run.as_of_date
    and runs.currency_code = shown_run.currency_code
    and runs.currency_scale = shown_run.currency_scale
where runs.status = 'complete'
order by runs.as_of_date desc, runs.run_id desc
limit 1;
