-- Grain: one row at most, the run that the latest one is compared with.
create view compared_run as
select *
from runs
where run_id = (
    select compared_run_id
    from compared_runs
    where run_id = :latest
);
