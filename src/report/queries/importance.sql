select position, feature, importance, lower_95, upper_95
from feature_importance_by_run
where run_id = ?1
order by position
limit 15;
