-- Grain: one row per attribute and measure of a run: the two groups of
-- borrowers that are furthest apart in it, over loans with an outcome. The
-- interval covers all pairs of groups at once. Values are null where there are
-- too few loans. calibration_gap is the share not recovered less the mean
-- score: where it is higher, the scores are too low. A screen, not a verdict.
create view fairness_differences_by_run as
select
    differences.run_id,
    differences.attribute,
    differences.position,
    differences.measure,
    differences.higher as higher_group,
    differences.lower as lower_group,
    differences.difference,
    differences.lower_95,
    differences.upper_95,
    differences.pairs as pairs_compared,
    differences.includes_zero as is_within_chance
from group_differences as differences;
