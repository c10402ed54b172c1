select alert, loans, outstanding
from alerts_by_run
where run_id = ?1
order by outstanding desc, alert;
