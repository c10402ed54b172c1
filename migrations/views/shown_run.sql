-- Grain: one row at most, the run that the public views show: the latest
-- complete one.
create view shown_run as
select *
from runs
where run_id = (select max(run_id) from runs where status = 'complete');
