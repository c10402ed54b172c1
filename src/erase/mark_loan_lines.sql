insert or ignore into temp.erased_lines (run_id, line)
select run_id, line
from loan_snapshots
where snapshot_id in (select snapshot_id from temp.erased_loans)
