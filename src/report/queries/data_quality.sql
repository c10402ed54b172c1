select position, column_name, loans, filled, missing, values_unreadable
from data_quality_by_run
where run_id = ?1
order by position;
