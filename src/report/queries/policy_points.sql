select measure, lower_bound, points, next_points
from policy_points
where run_id = (select run_id from shown_run)
order by position;
