select
    attribute, group_name, loans, flagged, share_flagged,
    share_flagged_lower_95, share_flagged_upper_95
from fairness_to_collect
order by attribute desc, position;
