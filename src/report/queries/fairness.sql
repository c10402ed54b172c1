select
    attribute, group_name, loans, not_recovered, share_flagged,
    share_flagged_lower_95, share_flagged_upper_95, true_positive_rate,
    true_positive_rate_lower_95, true_positive_rate_upper_95,
    false_positive_rate, false_positive_rate_lower_95,
    false_positive_rate_upper_95, share_not_recovered,
    share_not_recovered_lower_95, share_not_recovered_upper_95, mean_score
from fairness_screen_by_run
where run_id = ?1
order by attribute desc, position;
