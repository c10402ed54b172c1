-- Grain: one row per group of borrowers, by gender or age band, of a run, over
-- its loans with an outcome. A share is null where there are too few. A screen,
-- not a verdict.
create view fairness_screen_by_run as
select
    groups.run_id,
    groups.attribute,
    groups.position,
    groups.name as group_name,
    groups.loans,
    groups.not_recovered,
    groups.flagged,
    groups.measures ->> '$.share_flagged.share.value' as share_flagged,
    groups.measures ->> '$.share_flagged.share.lower' as share_flagged_lower_95,
    groups.measures ->> '$.share_flagged.share.upper' as share_flagged_upper_95,
    groups.measures ->> '$.true_positive_rate.share.value'
        as true_positive_rate,
    groups.measures ->> '$.true_positive_rate.share.lower'
        as true_positive_rate_lower_95,
    groups.measures ->> '$.true_positive_rate.share.upper'
        as true_positive_rate_upper_95,
    groups.measures ->> '$.false_positive_rate.share.value'
        as false_positive_rate,
    groups.measures ->> '$.false_positive_rate.share.lower'
        as false_positive_rate_lower_95,
    groups.measures ->> '$.false_positive_rate.share.upper'
        as false_positive_rate_upper_95,
    groups.measures ->> '$.observed_share.share.value' as share_not_recovered,
    groups.measures ->> '$.observed_share.share.lower'
        as share_not_recovered_lower_95,
    groups.measures ->> '$.observed_share.share.upper'
        as share_not_recovered_upper_95,
    groups.measures ->> '$.mean_score' as mean_score
from fairness_groups as groups;
