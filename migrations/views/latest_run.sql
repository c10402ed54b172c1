-- Grain: one row at most, the run that the public views show: the latest
-- complete one when they were made, which every run does anew.
create view latest_run as
select *
from runs
where run_id = :latest;
