select line, column_name, reason, is_row_left_out
from rejects
where run_id = ?1
order by line, column_name, reject_id
limit 20;
