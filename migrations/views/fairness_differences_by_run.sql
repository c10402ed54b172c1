-- Grain: one row an attribute and measure of a run: the two groups of
-- borrowers that are furthest apart in it, over loans with an outcome. The
-- interval speaks of all pairs of groups at once. All is null where too few
-- loans tell it. calibration_gap is the share not recovered less the mean
-- score: where it is higher, the scores are kinder. A screen, not a verdict.
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
