select warning
from run_warnings
where run_id = ?1
order by position
