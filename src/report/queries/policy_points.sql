select measure, lower_bound, points, next_points
from policy_points
where run_id = ?1
order by position;
