-- The runs that something is erased from, and how many loans of each.
select run_id, count(snapshot_id) as loans
from (
    select run_id, snapshot_id
    from loan_snapshots
    where snapshot_id in (select snapshot_id from temp.erased_loans)
    union all
    select rejects.run_id, null
    from rejects
    join temp.erased_lines using (run_id, line)
)
group by run_id
