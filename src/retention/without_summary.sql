-- Complete runs of earlier versions, whose loans are there, without a summary.
select run_id
from runs
where status = 'complete'
    and first_snapshot_id is not null
    and run_id not in (select run_id from run_summaries)
    and run_id <> ?1
order by run_id
