select
    attribute, measure, higher_group, lower_group, difference, lower_95,
    upper_95, pairs_compared, is_within_chance
from fairness_differences_by_run
where run_id = ?1
order by attribute desc, position;
