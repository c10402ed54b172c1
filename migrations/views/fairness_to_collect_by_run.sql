-- Grain: one row per group of borrowers, by gender or age band, of a run, over
-- its loans still to be collected, where action is taken. The share is null
-- where there are too few loans. A screen, not a verdict.
create view fairness_to_collect_by_run as
select
    groups.run_id,
    groups.attribute,
    groups.position,
    groups.name as group_name,
    groups.loans,
    groups.flagged,
    groups.share as share_flagged,
    groups.lower_95 as share_flagged_lower_95,
    groups.upper_95 as share_flagged_upper_95
from group_actions as groups;
