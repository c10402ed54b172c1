-- Complete runs before a day, but for this one, that still have their loans.
select run_id
from runs
where status = 'complete'
    and loans_removed_at is null
    and as_of_date < ?1
    and run_id <> ?2
order by run_id
