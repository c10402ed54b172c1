select
    attribute, group_name, loans, flagged, share_flagged,
    share_flagged_lower_95, share_flagged_upper_95
from fairness_to_collect_by_run
where run_id = ?1
order by attribute desc, position;
