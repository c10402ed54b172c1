-- Grain: one row a run whose loans were removed and whose figures are missing.
select runs.run_id
from runs
left join run_summaries using (run_id)
where runs.loans_removed_at is not null
    and run_summaries.run_id is null
order by runs.run_id
