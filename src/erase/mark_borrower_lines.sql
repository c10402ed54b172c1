insert or ignore into temp.erased_lines (run_id, line)
select run_id, line
from rejects
where borrower_id = ?1
