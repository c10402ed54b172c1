select warning
from run_warnings
where run_id = (select run_id from shown_run)
order by position
